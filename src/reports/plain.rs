//! Bounces written for people: qmail, Exim, old sendmail, and all who never heard of RFC 3464.
//!
//! What they have in common: a program sends them, the text names the address and the server's words,
//! and what came back stands behind a line that says so.

use super::addresses::first;
use super::dsn;
use super::failed::recipient;
use super::parts::Mail;
use super::text::{self, about, one_line, words_of_server};
use crate::domain::bounce::diagnosis::status_in;
use crate::domain::bounce::{Reason, Report, ReportKind};

/// Parts of the subjects of bounces, in lower case.
const SUBJECTS: &[&str] = &[
    "undeliver",
    "returned mail",
    "returned to sender",
    "returning message",
    "mail delivery",
    "delivery fail",
    "delivery status",
    "delivery report",
    "delivery error",
    "delivery problem",
    "delivery notif",
    "delivery has",
    "delivery unsuccessful",
    "failure notice",
    "failure notif",
    "failed mail",
    "mail failure",
    "message failure",
    "mail system error",
    "message could not",
    "could not be delivered",
    "could not deliver",
    "couldn't be delivered",
    "couldn't deliver",
    "not be delivered",
    "cannot be delivered",
    "non-deliver",
    "nondeliver",
    "undeliv",
    "user unknown",
    "unknown user",
    "unknown address",
    "mail error",
    "mail status",
    "message status",
    "delivery delayed",
    "mail rejected",
    "message rejected",
    "rejected mail",
    "bounced",
    "bounce message",
    "could not send message",
    "warning: message",
    "delayed mail",
    "delayed:",
    "unable to deliver",
    "failed delivery",
    "unzustellbar",
    "nicht zugestellt",
    "nicht zustellbar",
    "zustellung fehlgeschlagen",
    "non remis",
    "échec de",
    "non délivr",
    "impossible de remettre",
    "no se puede entregar",
    "no entregado",
    "no se pudo entregar",
    "mancata consegna",
    "non recapitabile",
    "mancato recapito",
    "não entregue",
    "não foi entregue",
    "falha na entrega",
    "onbestelbaar",
    "kunde inte levereras",
    "配信不能",
    "送信エラー",
    "配信エラー",
    "送信失敗",
    "未达",
    "退信",
    "投递失败",
    "系统退信",
];

/// Local parts of programs that send bounces, without dots and dashes.
const DAEMONS: &[&str] = &[
    "mailerdaemon",
    "postmaster",
    "maildaemon",
    "maildeliverysystem",
    "maildelivery",
    "mailsystem",
    "mailadmin",
    "mailadministrator",
    "mdaemon",
    "daemon",
    "bounce",
    "bounces",
    "noreplybounce",
];

/// What a text says that came back; `None` where it is no bounce.
pub(super) fn read(mail: &Mail<'_>, message: &[u8], whole: &str) -> Option<Report> {
    let failed = mail.fields.get("x-failed-recipients").and_then(first);
    let subject = mail
        .fields
        .decoded("subject")
        .unwrap_or_default()
        .to_lowercase();
    let is_titled = SUBJECTS.iter().any(|part| subject.contains(part));
    let is_from_program = is_from_program(mail);
    if failed.is_none() && !is_titled && !is_from_program {
        return None;
    }
    if is_titled && let Some(report) = dsn::in_text(message, whole) {
        return Some(report);
    }
    let found = failed.map(str::to_owned).or_else(|| recipient(mail, whole));
    let said = found
        .as_deref()
        .map_or_else(|| whole.to_owned(), |r| about(whole, r));
    let words = words_of_server(&said)
        .or_else(|| words_of_server(whole))
        .or_else(|| text::in_transcript(message, found.as_deref()?));
    let status = words
        .as_deref()
        .and_then(status_in)
        .or_else(|| status_in(whole));
    let said_by_server = words.as_deref().unwrap_or_default();
    let reason = text::reason(status, said_by_server, &said, whole);
    let is_weak = matches!(reason, Reason::Undetermined | Reason::Refused);
    if failed.is_none() && !(is_titled && is_from_program) && (is_weak || found.is_none()) {
        return None;
    }
    let report = Report {
        recipient: found,
        status: status.map(str::to_owned),
        diagnostic: words.or_else(|| Some(one_line(&said)).filter(|line| !line.is_empty())),
        ..Report::new(reason.failure(), reason)
    };
    if is_delay(&subject, whole) {
        return Some(Report {
            kind: ReportKind::Soft,
            reason: Reason::Delayed,
            ..report
        });
    }
    Some(report)
}

/// A notice that a server still tries.
fn is_delay(subject: &str, text: &str) -> bool {
    let told: String = text.chars().take(3000).collect::<String>().to_lowercase();
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_tried = [
        "will continue for some time",
        "not yet been delivered",
        "will continue to try",
        "will be retried",
        "will retry",
        "will keep trying",
        "do not need to resend",
        "still being retried",
        "delivery is delayed",
        "delivery incomplete",
    ];
    let is_titled = ["delay", "warning", "still being retried"]
        .iter()
        .any(|word| subject.contains(word));
    is_titled && is_tried.iter().any(|words| told.contains(words))
}

/// Whether a program for mail sent it: nobody else writes without a return path or under such a name.
fn is_from_program(mail: &Mail<'_>) -> bool {
    let is_daemon = |value: &str| {
        let value = value.to_lowercase();
        let local = first(&value).and_then(|a| a.split('@').next());
        let name: String = local
            .unwrap_or(&value)
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect();
        DAEMONS.contains(&name.as_str())
            || value.contains("mailer-daemon")
            || value.contains("mail delivery")
    };
    let has_no_return_path = mail
        .fields
        .get("return-path")
        .is_some_and(|v| v.trim() == "<>");
    has_no_return_path
        || mail
            .fields
            .get("from")
            .is_some_and(|v| v.trim() == "<>" || is_daemon(v))
        || mail.fields.get("return-path").is_some_and(is_daemon)
        || mail.fields.get("sender").is_some_and(is_daemon)
}
