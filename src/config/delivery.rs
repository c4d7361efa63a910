//! `[delivery]`

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

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
    /// `[[delivery.domain]]`
    pub domain: Vec<DomainRule>,
}

/// What a domain of readers bears.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainRule {
    pub name: String,
    /// Mails on their way at a time, on each node; 0 = no limit.
    #[serde(default)]
    pub connections: usize,
    /// Mails, over all nodes; 0 = no limit.
    #[serde(default)]
    pub per_second: f64,
}

impl DomainRule {
    /// The name as addresses have it: lower case, in A-labels.
    pub fn ascii(&self) -> Option<String> {
        let name = idna::domain_to_ascii(self.name.trim()).ok()?;
        name.contains('.').then_some(name)
    }
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            on_unknown_outcome: OnUnknown::Resend,
            retry_for: Duration::from_secs(24 * 60 * 60),
            shutdown_seconds: 25,
            domain: Vec::new(),
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
        for rule in &self.domain {
            let field = |key: &str| format!("delivery.domain {:?}: {key}", rule.name);
            if rule.ascii().is_none() {
                let text = "must be a domain such as example.org";
                problems.push(Problem::new(field("name"), text));
            }
            if !(0.0..=1e6).contains(&rule.per_second) {
                let text = "must be 0 (no limit) to 1000000";
                problems.push(Problem::new(field("per_second"), text));
            }
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
