//! Delivery reports with fields for programs (RFC 3464, RFC 6522).

use memchr::memmem;

use super::addresses;
use super::fields::{Fields, next_line};
use super::parts::Mail;
use super::text;
use crate::domain::bounce::diagnosis::{better_status, status_in};
use crate::domain::bounce::{Reason, Report, ReportKind};

const KINDS: &[&str] = &["message/delivery-status", "message/global-delivery-status"];

/// How many groups of fields are looked at.
const MOST_GROUPS: usize = 200;

/// How far into a message fields are looked for that stand in no part of their own.
const MOST_SEARCHED: usize = 256 * 1024;

/// What a delivery report says; `None` where the message has no such fields.
pub(super) fn read(mail: &Mail<'_>, told: &str) -> Option<Report> {
    let parts = mail.parts.iter().filter(|part| part.is(KINDS));
    let found: Vec<Fields> = parts.flat_map(|part| recipients(&part.bytes())).collect();
    of_recipients(&found, told)
}

/// The same of a report whose parts went astray, as when it was sent on inside another mail.
pub(super) fn in_text(message: &[u8], told: &str) -> Option<Report> {
    let message = &message[..message.len().min(MOST_SEARCHED)];
    let at = memmem::find(message, b"\nFinal-Recipient:")?;
    let before = message[..at].strip_suffix(b"\r").unwrap_or(&message[..at]);
    // The fields of a recipient may begin with others.
    let start = memmem::rfind(before, b"\n\n").or(memmem::rfind(before, b"\r\n\r\n"));
    of_recipients(&recipients(&message[start.unwrap_or(at)..]), told)
}

fn of_recipients(recipients: &[Fields], told: &str) -> Option<Report> {
    let first = |wanted: Action| recipients.iter().find(|r| Action::of(r) == wanted);
    if let Some(failed) = first(Action::Failed) {
        return Some(failure(failed, told));
    }
    let (fields, kind, reason) = match first(Action::Delayed) {
        Some(delayed) => (delayed, ReportKind::Soft, Reason::Delayed),
        None => (
            first(Action::Delivered)?,
            ReportKind::Other,
            Reason::Delivered,
        ),
    };
    Some(Report {
        recipient: recipient(fields),
        status: fields.get("status").and_then(status_of),
        diagnostic: diagnostic(fields),
        ..Report::new(kind, reason)
    })
}

fn failure(fields: &Fields, told: &str) -> Report {
    let said = diagnostic(fields).unwrap_or_default();
    let status = fields.get("status").and_then(status_of);
    let recipient = recipient(fields);
    let about = recipient.as_deref().map(|r| text::about(told, r));
    let near = about.as_deref().unwrap_or(told);
    let in_words = status_in(&said).or_else(|| status_in(near));
    let status = better_status(status.as_deref(), in_words).map(str::to_owned);
    let found = text::reason(status.as_deref(), &said, near, told);
    let is_weak = matches!(
        found,
        Reason::Undetermined | Reason::Refused | Reason::System
    );
    let reason = categorised(fields).filter(|_| is_weak).unwrap_or(found);
    let original = fields
        .get("original-recipient")
        .and_then(addresses::of_field);
    Report {
        original_recipient: original
            .filter(|o| Some(*o) != recipient.as_deref())
            .map(str::to_owned),
        recipient,
        status,
        diagnostic: Some(said).filter(|said| !said.is_empty()),
        ..Report::new(reason.failure(), reason)
    }
}

/// What PowerMTA, which knows at which step it was refused, makes of it.
fn categorised(fields: &Fields) -> Option<Reason> {
    Some(match fields.get("x-powermta-bouncecategory")? {
        "bad-mailbox" => Reason::MailboxUnknown,
        "bad-domain" => Reason::DomainUnknown,
        "inactive-mailbox" => Reason::MailboxDisabled,
        "quota-issues" => Reason::MailboxFull,
        "message-expired" => Reason::Expired,
        "spam-related" => Reason::Spam,
        "policy-related" => Reason::Policy,
        "relaying-issues" => Reason::Relaying,
        "content-related" | "virus-related" => Reason::Content,
        "bad-connection" | "no-answer-from-host" | "routing-errors" => Reason::Network,
        _ => return None,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Failed,
    Delayed,
    Delivered,
}

impl Action {
    fn of(fields: &Fields) -> Self {
        let action = fields
            .get("action")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let is_success = fields
            .get("status")
            .is_some_and(|status| status.trim().starts_with('2'));
        match action
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or_default()
        {
            "delayed" | "delay" => Self::Delayed,
            "delivered" | "relayed" | "expanded" | "deliverable" => Self::Delivered,
            "" if is_success => Self::Delivered,
            _ => Self::Failed,
        }
    }
}

/// The groups of fields that are about a recipient. Some write no empty line between groups, some
/// one within them.
fn recipients(body: &[u8]) -> Vec<Fields> {
    let mut groups: Vec<Fields> = Vec::new();
    let mut rest = body;
    while !rest.is_empty() && groups.len() < MOST_GROUPS {
        let start = rest.iter().position(|b| !b.is_ascii_whitespace());
        rest = &rest[start.unwrap_or(rest.len())..];
        let (fields, behind) = Fields::read(rest);
        // A line that is no field would be read for ever.
        rest = if behind.len() == rest.len() {
            next_line(rest).map_or(&b""[..], |(_, behind)| behind)
        } else {
            behind
        };
        for group in fields.divided("final-recipient") {
            let is_recipient = group.has_any(&["final-recipient", "original-recipient", "action"]);
            let is_full = groups.last().is_none_or(|last| {
                is_recipient && (last.has_any(&["action"]) == group.has_any(&["action"]))
            });
            match groups.last_mut() {
                Some(last) if !is_full => last.append(group),
                _ if is_recipient => groups.push(group),
                _ => {}
            }
        }
    }
    groups
}

fn recipient(fields: &Fields) -> Option<String> {
    let names = [
        "final-recipient",
        "original-recipient",
        "x-actual-recipient",
    ];
    let found = names
        .iter()
        .filter_map(|name| fields.get(name))
        .find_map(addresses::of_field);
    found.map(str::to_owned)
}

fn diagnostic(fields: &Fields) -> Option<String> {
    let value = fields.get("diagnostic-code")?;
    let said = match value.split_once(';') {
        Some((kind, said)) if kind.len() < 20 && !kind.contains(' ') => said,
        _ => value,
    };
    let said = text::one_line(said);
    (!said.is_empty()).then_some(said)
}

fn status_of(value: &str) -> Option<String> {
    let status = value
        .split(|c: char| c.is_whitespace() || c == '(')
        .next()?;
    let is_code = status.split('.').count() == 3
        && status
            .split('.')
            .all(|n| !n.is_empty() && n.len() <= 3 && n.bytes().all(|b| b.is_ascii_digit()));
    is_code.then(|| status.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> Vec<Option<String>> {
        recipients(body.as_bytes()).iter().map(recipient).collect()
    }

    #[test]
    fn groups_are_told_apart_with_and_without_empty_lines() {
        let one =
            |a: &str| format!("Final-Recipient: rfc822; {a}\nAction: failed\nStatus: 5.1.1\n");
        let (a, b) = (one("a@x.example"), one("b@x.example"));
        let both = [
            Some("a@x.example".to_owned()),
            Some("b@x.example".to_owned()),
        ];
        assert_eq!(names(&format!("Reporting-MTA: dns; x\n\n{a}\n{b}")), both);
        assert_eq!(names(&format!("Reporting-MTA: dns; x\n{a}{b}")), both);
        assert_eq!(names(&format!("{a}\n\n\n{b}")), both);
    }

    #[test]
    fn a_group_may_be_torn() {
        let groups = recipients(
            b"Final-Recipient: rfc822; a@x.example\n\nAction: failed\n\nStatus: 5.1.1\n",
        );
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].get("status"), Some("5.1.1"));
    }

    #[test]
    fn the_status_may_have_words_behind_it() {
        assert_eq!(status_of("5.1.1 (user unknown)").as_deref(), Some("5.1.1"));
        assert_eq!(status_of("5.1").as_deref(), None);
        assert_eq!(status_of("").as_deref(), None);
    }
}
