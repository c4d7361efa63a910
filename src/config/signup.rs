//! `[signup]`

use serde::Deserialize;

use super::Problem;

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
}

impl Default for SignUp {
    fn default() -> Self {
        Self {
            per_address_per_day: 1,
            per_ip_per_hour: 20,
            per_domain_per_hour: 0,
            per_hour: 0,
            pending_days: 7,
        }
    }
}

impl SignUp {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if !(1..=365).contains(&self.pending_days) {
            problems.push(Problem::new("signup.pending_days", "must be 1 to 365"));
        }
    }
}
