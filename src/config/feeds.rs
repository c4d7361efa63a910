//! `[feeds]`

use serde::Deserialize;

use super::Problem;

/// The limits of fetching.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Feeds {
    pub max_bytes: usize,
    pub timeout_seconds: u64,
    /// Whether feeds may be fetched from this machine and its network.
    pub allow_private_addresses: bool,
}

impl Default for Feeds {
    fn default() -> Self {
        Self {
            max_bytes: 5_000_000,
            timeout_seconds: 20,
            allow_private_addresses: false,
        }
    }
}

impl Feeds {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if !(1_000..=100_000_000).contains(&self.max_bytes) {
            problems.push(Problem::new("feeds.max_bytes", "must be 1000 to 100000000"));
        }
        if !(1..=300).contains(&self.timeout_seconds) {
            problems.push(Problem::new("feeds.timeout_seconds", "must be 1 to 300"));
        }
    }
}
