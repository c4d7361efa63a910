//! What Amazon SES tells of bounces and complaints, where its notifications (SNS) come by mail.

use serde_json::Value;

use super::addresses::first;
use super::fields::Fields;
use super::original::Original;
use super::text;
use crate::domain::bounce::{Reason, Report, ReportKind};

/// What a notification says, with the header of the mail that it is about; `None` where the text is
/// none.
pub(super) fn read(text: &str) -> Option<(Report, Original)> {
    let text = text.trim_start();
    if !text.starts_with('{') || !text.contains("\"mail\"") {
        return None;
    }
    // Long lines are folded, and no text in JSON has a line end of its own.
    let text: String = text.replace("!\r\n ", "").replace("!\n ", "");
    let text = text.replace(['\r', '\n'], "");
    // A word about leaving stands behind it.
    let mut values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    let told = values.next()?.ok()?;
    let kind = told["notificationType"]
        .as_str()
        .or(told["eventType"].as_str())?;
    let report = match kind {
        "Bounce" => bounce(&told["bounce"]),
        "Complaint" => complaint(&told["complaint"]),
        "Delivery" => Report::new(ReportKind::Other, Reason::Delivered),
        _ => Report::new(ReportKind::Other, Reason::Undetermined),
    };
    let headers = told["mail"]["headers"].as_array();
    let fields = headers.into_iter().flatten().filter_map(|field| {
        let value = field["value"].as_str()?;
        Some((field["name"].as_str()?.to_lowercase(), value.to_owned()))
    });
    let original = Original {
        fields: Fields::of(fields),
    };
    Some((report, original))
}

fn bounce(told: &Value) -> Report {
    let recipient = &told["bouncedRecipients"][0];
    let status = recipient["status"].as_str();
    let said = recipient["diagnosticCode"].as_str().unwrap_or_default();
    let said = text::one_line(said.strip_prefix("smtp;").unwrap_or(said));
    let reason = match text::reason(status, &said, "", "") {
        Reason::Undetermined => match told["bounceSubType"].as_str() {
            Some("NoEmail") => Reason::MailboxUnknown,
            Some("MailboxFull") => Reason::MailboxFull,
            Some("MessageTooLarge") => Reason::MessageTooBig,
            Some("ContentRejected" | "AttachmentRejected") => Reason::Content,
            _ => Reason::Undetermined,
        },
        found => found,
    };
    Report {
        recipient: address(recipient),
        status: status.map(text::one_line),
        diagnostic: Some(said).filter(|said| !said.is_empty()),
        ..Report::new(reason.failure(), reason)
    }
}

fn complaint(told: &Value) -> Report {
    let kind = match told["complaintFeedbackType"].as_str() {
        Some("not-spam" | "auth-failure" | "virus") => ReportKind::Other,
        _ => ReportKind::Complaint,
    };
    Report {
        recipient: address(&told["complainedRecipients"][0]),
        ..Report::new(kind, Reason::Feedback)
    }
}

fn address(recipient: &Value) -> Option<String> {
    first(recipient["emailAddress"].as_str()?).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounce_and_a_complaint_are_read() {
        let mail = r#""mail":{"headers":[{"name":"Message-ID","value":"<17@news.example>"}]}"#;
        let bounce = format!(
            r#"{{"notificationType":"Bounce","bounce":{{"bounceType":"Permanent","bouncedRecipients":[
            {{"emailAddress":"Ada <ada@x.example>","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user!
 unknown"}}]}},{mail}}}

            --
            If you wish to stop"#
        );
        let (report, original) = read(&bounce).unwrap();
        assert_eq!(report.kind, ReportKind::Hard);
        assert_eq!(report.recipient.as_deref(), Some("ada@x.example"));
        assert_eq!(report.diagnostic.as_deref(), Some("550 5.1.1 userunknown"));
        assert_eq!(original.message_id().as_deref(), Some("17@news.example"));
        let complaint = format!(
            r#"{{"eventType":"Complaint","complaint":{{"complainedRecipients":[{{"emailAddress":"ada@x.example"}}]}},{mail}}}"#
        );
        let (report, _) = read(&complaint).unwrap();
        assert_eq!(report.kind, ReportKind::Complaint);
        assert_eq!(report.recipient.as_deref(), Some("ada@x.example"));
        assert!(read(r#"{"mail": 1}"#).is_none());
        assert!(read(r#"{"mail": "#).is_none());
    }
}
