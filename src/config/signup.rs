//! `[signup]`

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer};

use super::Problem;
use crate::domain::feed::parse_span;

/// The limits of the sign-up form; 0 means no limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignUp {
    /// Confirmation mails to one address in 24 hours.
    pub per_address_per_day: u32,
    /// Sign-ups from one network address in an hour.
    pub per_ip_per_hour: u32,
    /// Confirmation mails to one domain in an hour, over all nodes.
    pub per_domain_per_hour: u32,
    /// Confirmation mails in an hour, over all nodes.
    pub per_hour: u32,
    /// Days that a confirmation link lives.
    pub pending_days: u32,
    /// How long after a sign-up its reader is reminded, once; `None`, written as "off", means never.
    #[serde(deserialize_with = "off_or_span")]
    pub reminder_after: Option<TimeDelta>,
}

impl Default for SignUp {
    fn default() -> Self {
        Self {
            per_address_per_day: 1,
            per_ip_per_hour: 20,
            per_domain_per_hour: 0,
            per_hour: 0,
            pending_days: 7,
            reminder_after: None,
        }
    }
}

impl SignUp {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if !(1..=365).contains(&self.pending_days) {
            problems.push(Problem::new("signup.pending_days", "must be 1 to 365"));
        }
        let life = TimeDelta::days(self.pending_days.into());
        if self.reminder_after.is_some_and(|after| after >= life) {
            let text = "must be \"off\" or shorter than pending_days";
            problems.push(Problem::new("signup.reminder_after", text));
        }
    }

    /// The setting as it is written.
    pub(super) fn reminder_text(&self) -> String {
        self.reminder_after.map_or_else(
            || "off".to_owned(),
            |after| format!("{}s", after.num_seconds()),
        )
    }
}

fn off_or_span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<TimeDelta>, D::Error> {
    let text = String::deserialize(from)?;
    if text == "off" {
        return Ok(None);
    }
    let span = parse_span(&text).map_err(|error| {
        serde::de::Error::custom(format!("{error}; or \"off\" for no reminder"))
    })?;
    TimeDelta::from_std(span)
        .map(Some)
        .map_err(serde::de::Error::custom)
}
