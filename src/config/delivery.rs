//! `[delivery]`

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::Problem;
use crate::domain::delivery::OnUnknown;
use crate::domain::feed::parse_span;

/// How mails are sent and tried again.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// What to do with a mail whose outcome was lost.
    #[serde(deserialize_with = "on_unknown")]
    pub on_unknown_outcome: OnUnknown,
    /// How long a refused mail is tried again.
    #[serde(deserialize_with = "span")]
    pub retry_for: Duration,
    /// How long a stop waits for what is in flight.
    pub shutdown_seconds: u64,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            on_unknown_outcome: OnUnknown::Resend,
            retry_for: Duration::from_secs(24 * 60 * 60),
            shutdown_seconds: 25,
        }
    }
}

impl Delivery {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.shutdown_seconds == 0 || self.shutdown_seconds > 600 {
            problems.push(Problem::new(
                "delivery.shutdown_seconds",
                "must be 1 to 600",
            ));
        }
    }
}

fn on_unknown<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OnUnknown, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse_span(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}
