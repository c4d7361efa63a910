//! How many requests a token may send: a bucket for each that fills again by itself, in this process.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::domain::clock::Time;
use crate::domain::ids::ApiTokenId;

/// What a request costs.
const COST: i64 = 60_000;

/// The requests of all tokens.
#[derive(Debug)]
pub struct Limiter {
    /// 0 means no limit.
    per_minute: u32,
    buckets: Mutex<HashMap<ApiTokenId, Bucket>>,
}

/// What a token has left: a request costs a minute's milliseconds, and each millisecond brings as many
/// units as requests are let through in a minute.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: i64,
    at: Time,
}

impl Limiter {
    /// Lets each token send so many requests in a minute, also all of them at once; 0 for no limit.
    pub fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            buckets: Mutex::default(),
        }
    }

    /// Counts a request; where it is one too many, the seconds until the next may come.
    pub(super) fn take(&self, token: ApiTokenId, now: Time) -> Result<(), u64> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let rate = i64::from(self.per_minute);
        let full = rate * COST;
        let mut buckets = match self.buckets.lock() {
            Ok(buckets) => buckets,
            Err(poisoned) => poisoned.into_inner(),
        };
        // Tokens are few; those of a name that is made anew each time are let go.
        if buckets.len() > 10_000 {
            buckets.retain(|_, bucket| (now - bucket.at).num_seconds() < 60);
        }
        let bucket = buckets.entry(token).or_insert(Bucket {
            left: full,
            at: now,
        });
        let passed = (now - bucket.at).num_milliseconds().clamp(0, 60_000);
        *bucket = Bucket {
            left: full.min(bucket.left + passed * rate),
            at: now,
        };
        if bucket.left >= COST {
            bucket.left -= COST;
            return Ok(());
        }
        let milliseconds = (COST - bucket.left) / rate;
        Err(u64::try_from(milliseconds / 1000).unwrap_or(0).max(1))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_token_has_so_many_at_once_and_one_more_whenever_its_time_has_passed() {
        let limiter = Limiter::new(60);
        let now: Time = "2026-03-02T08:00:00Z".parse().unwrap();
        let [one, other] = [1, 2].map(|n| ApiTokenId(Uuid::from_u128(n)));
        assert!((0..60).all(|_| limiter.take(one, now).is_ok()));
        assert_eq!(limiter.take(one, now), Err(1));
        assert_eq!(limiter.take(other, now), Ok(()));
        let later = now + TimeDelta::seconds(2);
        assert_eq!(
            (0..3).filter(|_| limiter.take(one, later).is_ok()).count(),
            2
        );
        // A clock that is set back gives nothing and takes nothing.
        assert_eq!(limiter.take(one, now), Err(1));
        assert!((0..9).all(|_| Limiter::new(0).take(one, now).is_ok()));
        let slow = Limiter::new(1);
        assert_eq!(slow.take(one, now), Ok(()));
        assert_eq!(slow.take(one, now), Err(60));
    }
}
