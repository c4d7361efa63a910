//! What mail providers tell of bounces, complaints and readers who leave by calling us (webhooks).

mod brevo;
mod mailgun;
mod postmark;
mod sendgrid;
mod ses;
mod sparkpost;

use serde_json::Value;
use thiserror::Error;

use super::addresses::first;
use super::text;
use crate::domain::bounce::{Reason, Report, ReportKind};
use crate::domain::bounced::MailProvider;

/// What a call says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// What became of mails; of those that arrived, nothing.
    Reports(Vec<Report>),
    /// Amazon asks whether its calls are wanted: yes, where this address is visited.
    Visit(String),
}

/// Why a call was not understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HookError {
    #[error("this is no JSON: {0}")]
    Form(String),
    #[error("this is no webhook of {0}")]
    Other(MailProvider),
    #[error("the address that Amazon wants visited is not one of Amazon's: nothing was done")]
    Elsewhere,
}

/// Reads the body of a call.
pub fn read(provider: MailProvider, body: &[u8]) -> Result<Told, HookError> {
    let told: Value = serde_json::from_slice(body).map_err(|e| HookError::Form(e.to_string()))?;
    let reports = match provider {
        MailProvider::Ses => return ses::read(&told),
        MailProvider::Postmark => postmark::read(&told),
        MailProvider::SendGrid => sendgrid::read(&told),
        MailProvider::Mailgun => mailgun::read(&told),
        MailProvider::SparkPost => sparkpost::read(&told),
        MailProvider::Brevo => brevo::read(&told),
    };
    reports.map(Told::Reports).ok_or(HookError::Other(provider))
}

/// The events of a call that may bring one or several.
fn events(told: &Value) -> &[Value] {
    match told.as_array() {
        Some(events) => events,
        None => std::slice::from_ref(told),
    }
}

/// A failure. What the server said decides whether the mailbox is to blame, where it can be told; else
/// the provider's word does, whether it has given up for good.
fn failure(is_final: bool, status: Option<&str>, said: &str) -> Report {
    let said = text::one_line(said);
    let reason = text::reason(status, &said, "", "");
    let kind = match reason {
        _ if !is_final => ReportKind::Soft,
        Reason::Undetermined => ReportKind::Hard,
        found => found.failure(),
    };
    Report {
        status: status.map(text::one_line).filter(|s| !s.is_empty()),
        diagnostic: Some(said).filter(|said| !said.is_empty()),
        ..Report::new(kind, reason)
    }
}

fn complaint() -> Report {
    Report::new(ReportKind::Complaint, Reason::Feedback)
}

/// A reader left at the provider, which sends them nothing more.
fn wish() -> Report {
    Report {
        wants_to_leave: true,
        ..Report::new(ReportKind::Other, Reason::Undetermined)
    }
}

/// A report with whom it is about.
fn about(report: Report, recipient: &Value, message_id: &Value) -> Report {
    let id = message_id.as_str().unwrap_or_default();
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    Report {
        recipient: recipient.as_str().and_then(first).map(str::to_owned),
        message_id: Some(id.to_owned()).filter(|id| (1..=500).contains(&id.len())),
        ..report
    }
}

/// The first of some texts that is there.
fn either<'a>(texts: &[&'a Value]) -> &'a str {
    let mut texts = texts.iter().filter_map(|text| text.as_str());
    texts
        .find(|text| !text.trim().is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
