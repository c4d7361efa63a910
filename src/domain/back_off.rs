//! How long failed attempts to sign in keep the next one waiting.

use chrono::TimeDelta;

use super::clock::Time;

/// Failures that cost nothing: people mistype.
const FREE: u32 = 5;
const FIRST: TimeDelta = TimeDelta::seconds(2);
/// Never a lock: whoever knows the password gets in after this time at the latest.
const LONGEST: TimeDelta = TimeDelta::minutes(15);
/// Failures are forgotten after so long without another.
pub const FORGOTTEN: TimeDelta = TimeDelta::hours(24);

/// What is known of an account or a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    pub failures: u32,
    /// No other attempt before this time.
    pub open_at: Time,
}

impl Attempts {
    /// How long the next attempt has to wait, where it has to.
    pub fn wait(self, now: Time) -> Option<TimeDelta> {
        (now < self.open_at).then(|| self.open_at - now)
    }

    /// After one more failure.
    #[must_use]
    pub fn failed(self, now: Time) -> Self {
        let old = now >= self.open_at + FORGOTTEN;
        let failures = if old {
            1
        } else {
            self.failures.saturating_add(1)
        };
        Self {
            failures,
            open_at: now + delay(failures),
        }
    }
}

/// 2, 4, 8 seconds and so on, after some that are free.
fn delay(failures: u32) -> TimeDelta {
    let beyond = failures.saturating_sub(FREE);
    if beyond == 0 {
        return TimeDelta::zero();
    }
    let grown = FIRST * 2_i32.pow((beyond - 1).min(20));
    grown.min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_bound_and_are_forgotten() {
        let start: Time = "2026-03-02T08:00:00Z".parse().unwrap();
        let mut attempts = Attempts {
            failures: 0,
            open_at: start,
        };
        for _ in 0..5 {
            attempts = attempts.failed(start);
            assert_eq!(attempts.wait(start), None);
        }
        attempts = attempts.failed(start);
        assert_eq!(attempts.wait(start), Some(TimeDelta::seconds(2)));
        assert_eq!(attempts.wait(start + TimeDelta::seconds(2)), None);
        assert_eq!(
            attempts.failed(start).wait(start),
            Some(TimeDelta::seconds(4))
        );
        for _ in 0..100 {
            attempts = attempts.failed(start);
        }
        assert_eq!(attempts.wait(start), Some(LONGEST));
        let later = start + LONGEST + FORGOTTEN;
        assert_eq!(attempts.failed(later).wait(later), None);
    }
}
