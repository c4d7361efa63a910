//! Reading what comes back: bounces, complaints, automatic answers.

mod addresses;
mod arf;
mod auto_reply;
mod dsn;
mod failed;
mod fields;
pub mod hooks;
pub mod mailbox;
mod original;
mod parts;
mod plain;
mod sns;
mod text;
mod trace;
mod wish;

use crate::domain::bounce::{Reason, Report, ReportKind};
use original::Original;
use parts::Mail;

pub use trace::return_path;

/// How much of a message is read; what is behind it is left out.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;

/// What a message that came back says. Whatever it is, there is an answer.
pub fn read(message: &[u8]) -> Report {
    let message = &message[..message.len().min(MOST_BYTES)];
    let mail = Mail::read(message);
    let text = mail.text();
    if let Some((report, original)) = sns::read(&text) {
        return completed(report, &mail, &original);
    }
    let (told, behind) = text::divided(&text);
    let attached = Original::attached(&mail);
    let original = match behind {
        Some(behind) if attached.fields.is_empty() => behind,
        _ => attached,
    };
    let report = arf::read(&mail, &original)
        .or_else(|| dsn::read(&mail, told))
        .or_else(|| {
            let is_answer = auto_reply::is_titled(&mail);
            (!is_answer)
                .then(|| plain::read(&mail, message, told))
                .flatten()
        })
        .or_else(|| auto_reply::read(&mail))
        .unwrap_or_else(|| Report::new(ReportKind::Other, Reason::Undetermined));
    let mut report = completed(report, &mail, &original);
    let may_wish = matches!(report.kind, ReportKind::Other | ReportKind::AutoReply);
    report.wants_to_leave = may_wish && wish::read(&mail, told);
    report
}

/// Adds what does not depend on the kind.
fn completed(mut report: Report, mail: &Mail<'_>, original: &Original) -> Report {
    report.sent_to = addresses::sent_to(&mail.fields);
    report.message_id = original.message_id();
    report.unsubscribe = original.unsubscribe();
    let is_failure = matches!(report.kind, ReportKind::Hard | ReportKind::Soft);
    if is_failure && report.recipient.is_none() {
        report.recipient = original.recipient().map(str::to_owned);
    }
    if report.kind == ReportKind::AutoReply {
        // It answers the mail itself, and names it so.
        report.message_id = answered(mail);
    }
    report
}

/// The Message-ID that an answer names.
fn answered(mail: &Mail<'_>) -> Option<String> {
    let id = mail.fields.get("in-reply-to")?;
    let id = id.split('<').nth(1)?.split('>').next()?;
    (!id.is_empty() && id.len() <= 500).then(|| id.to_owned())
}
