//! `[api]`

use serde::Deserialize;

use super::Problem;

/// The limits of the API for programs.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Api {
    /// Requests that each token may send in a minute, by process; 0 means no limit.
    pub requests_per_minute: u32,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            requests_per_minute: 600,
        }
    }
}

impl Api {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.requests_per_minute > 1_000_000 {
            let text = "must be 0 (no limit) to 1000000";
            problems.push(Problem::new("api.requests_per_minute", text));
        }
    }
}
