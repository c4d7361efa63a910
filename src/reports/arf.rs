//! Complaints: a reader told their provider that a mail is unwanted (ARF, RFC 5965).

use super::addresses;
use super::fields::Fields;
use super::original::Original;
use super::parts::Mail;
use crate::domain::bounce::{Reason, Report, ReportKind};

/// What a feedback report says; `None` where the message is none.
pub(super) fn read(mail: &Mail<'_>, original: &Original) -> Option<Report> {
    let Some(fields) = fields(mail) else {
        return without_report(mail, original);
    };
    let kind = fields
        .get("feedback-type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut report = match kind.as_str() {
        // Reports about a mail or a domain that no reader made, or that take a complaint back.
        "not-spam" | "auth-failure" | "dmarc" | "virus" => {
            Report::new(ReportKind::Other, Reason::Feedback)
        }
        // An unknown type is to be read as `other` (RFC 5965, 3.1): somebody does not want the mail.
        _ => Report::new(ReportKind::Complaint, Reason::Feedback),
    };
    report.recipient = recipient(&fields, original);
    Some(report)
}

/// The fields of the report: in a part for them, or in another of a message that is said to be one.
fn fields(mail: &Mail<'_>) -> Option<Fields> {
    if let Some(part) = mail.part("message/feedback-report") {
        return Some(all_fields(&part.bytes()));
    }
    let content_type = mail.fields.get("content-type").unwrap_or_default();
    let is_report = content_type
        .to_ascii_lowercase()
        .contains("feedback-report");
    let parts = mail.parts.iter().filter(|_| is_report);
    parts
        .map(|part| all_fields(&part.bytes()))
        .find(|fields| fields.get("feedback-type").is_some())
}

/// Fields also where empty lines stand between them.
fn all_fields(text: &[u8]) -> Fields {
    const MOST: usize = 64 * 1024;
    let kept: Vec<&[u8]> = text[..text.len().min(MOST)]
        .split(|b| *b == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .collect();
    Fields::read(&kept.join(&b'\n')).0
}

fn recipient(fields: &Fields, original: &Original) -> Option<String> {
    let names = [
        "original-rcpt-to",
        "removal-recipient",
        "original-recipient",
    ];
    let told = names
        .iter()
        .filter_map(|name| fields.get(name))
        .find_map(addresses::of_field);
    told.or_else(|| original.recipient()).map(str::to_owned)
}

/// Outlook.com sends the mail alone, with the reader's address in a field of its own.
fn without_report(mail: &Mail<'_>, original: &Original) -> Option<Report> {
    let is_named = original.fields.has_any(&["x-hmxmroriginalrecipient"]);
    let subject = mail
        .fields
        .decoded("subject")
        .unwrap_or_default()
        .to_lowercase();
    let is_said =
        subject.starts_with("complaint about message from") && !original.fields.is_empty();
    (is_named || is_said).then(|| Report {
        recipient: original.recipient().map(str::to_owned),
        ..Report::new(ReportKind::Complaint, Reason::Feedback)
    })
}
