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
    /// How long a host is left alone between two requests.
    pub host_gap_seconds: u64,
    /// Whether hubs are asked to tell of news.
    pub websub: bool,
}

impl Default for Feeds {
    fn default() -> Self {
        Self {
            max_bytes: 5_000_000,
            timeout_seconds: 20,
            allow_private_addresses: false,
            host_gap_seconds: 1,
            websub: true,
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
        if self.host_gap_seconds > 60 {
            problems.push(Problem::new("feeds.host_gap_seconds", "must be 0 to 60"));
        }
    }
}
