//! `[alerts]`

use serde::Deserialize;

use super::Problem;
use crate::domain::email_address::EmailAddress;
use crate::domain::publication::Mailbox;

/// Who is told of trouble, and what counts as such; 0 turns a check off.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alerts {
    pub to: Vec<String>,
    /// The sender; empty for that of the oldest publication.
    pub from: String,
    /// How late a planned issue may be.
    pub digest_late_minutes: u32,
    /// Whether a digest without enough news is worth an alert.
    pub digest_empty: bool,
    /// Failures of a feed in a row.
    pub feed_failures: u32,
    /// How long a relay may be out of order.
    pub relay_down_minutes: u32,
    /// Of a hundred mails of an issue: from so many failures on it pauses itself.
    pub failure_percent: u32,
    /// Mails of an issue that must have ended before failures, bounces and complaints count.
    pub failure_minimum: u32,
    /// Of a hundred mails of an issue, those that came back: from then on it pauses itself.
    pub bounce_percent: f64,
    /// The same for readers who complained.
    pub complaint_percent: f64,
    /// How long what is due may wait.
    pub queue_late_minutes: u32,
    /// How long a mail waits for what else may come.
    pub collect_minutes: u32,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            to: Vec::new(),
            from: String::new(),
            digest_late_minutes: 15,
            digest_empty: true,
            feed_failures: 8,
            relay_down_minutes: 5,
            failure_percent: 10,
            failure_minimum: 200,
            bounce_percent: 5.0,
            complaint_percent: 0.3,
            queue_late_minutes: 30,
            collect_minutes: 2,
        }
    }
}

impl Alerts {
    /// The addresses that are told.
    pub fn recipients(&self) -> Vec<EmailAddress> {
        let parsed = self.to.iter().map(|address| address.parse());
        parsed.filter_map(Result::ok).collect()
    }

    /// The sender, where one is set.
    pub fn sender(&self) -> Option<Mailbox> {
        self.from.parse().ok()
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        for address in &self.to {
            if let Err(error) = address.parse::<EmailAddress>() {
                problems.push(Problem::new("alerts.to", format!("{address:?}: {error}")));
            }
        }
        if !self.from.is_empty()
            && let Err(error) = self.from.parse::<Mailbox>()
        {
            problems.push(Problem::new("alerts.from", error.to_string()));
        }
        if self.failure_percent > 100 {
            problems.push(Problem::new("alerts.failure_percent", "must be 0 to 100"));
        }
        for (field, percent) in [
            ("alerts.bounce_percent", self.bounce_percent),
            ("alerts.complaint_percent", self.complaint_percent),
        ] {
            if !(0.0..=100.0).contains(&percent) {
                problems.push(Problem::new(field, "must be 0 to 100"));
            }
        }
        if self.failure_percent > 0 && self.failure_minimum == 0 {
            problems.push(Problem::new("alerts.failure_minimum", "must be at least 1"));
        }
        for (field, minutes) in [
            ("alerts.digest_late_minutes", self.digest_late_minutes),
            ("alerts.relay_down_minutes", self.relay_down_minutes),
            ("alerts.queue_late_minutes", self.queue_late_minutes),
            ("alerts.collect_minutes", self.collect_minutes),
        ] {
            if minutes > 10_080 {
                problems.push(Problem::new(field, "must be 0 to 10080, which is a week"));
            }
        }
    }
}
