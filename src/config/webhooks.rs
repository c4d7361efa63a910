//! `[webhooks]`

use serde::Deserialize;

use super::Problem;

/// How programs elsewhere are told of events.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// How long a call may take.
    pub timeout_seconds: u64,
    /// Whether webhooks may be on this machine and its network, and without TLS.
    pub allow_private_addresses: bool,
    /// How long calls that have ended are kept.
    pub keep_days: u32,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            timeout_seconds: 15,
            allow_private_addresses: false,
            keep_days: 30,
        }
    }
}

impl Webhooks {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if !(1..=60).contains(&self.timeout_seconds) {
            problems.push(Problem::new("webhooks.timeout_seconds", "must be 1 to 60"));
        }
        // Longer than a call is tried again.
        if !(4..=3650).contains(&self.keep_days) {
            problems.push(Problem::new("webhooks.keep_days", "must be 4 to 3650"));
        }
    }
}
