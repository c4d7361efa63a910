//! How fast mail may go: token buckets, and a rate that gives way when a server asks for it.

use std::time::{Duration, Instant};

/// A token bucket: `rate` tokens a second, at most one second's worth in stock.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    rate: f64,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket; `rate` must be more than zero.
    pub fn new(rate: f64, now: Instant) -> Self {
        Self {
            rate,
            tokens: rate.max(1.0),
            at: now,
        }
    }

    /// Changes the rate; what is in stock stays, up to the new size.
    pub fn set_rate(&mut self, rate: f64, now: Instant) {
        self.fill(now);
        self.rate = rate;
        self.tokens = self.tokens.min(rate.max(1.0));
    }

    /// Tokens a second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.rate.max(1.0));
        self.at = now;
    }

    /// Takes a token, or says how long until there is one.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.fill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            Ok(())
        } else {
            let wait = (1.0 - self.tokens) / self.rate;
            Err(Duration::from_secs_f64(wait.min(3600.0)))
        }
    }

    /// Gives a token back.
    pub fn put_back(&mut self) {
        self.tokens += 1.0;
    }

    /// Takes a token that is not there yet: for mail that must not wait, and that slows down what
    /// comes after it.
    pub fn borrow(&mut self, now: Instant) {
        self.fill(now);
        self.tokens -= 1.0;
    }
}

/// Mails of a window after which a rate may be cut.
const LEAST: u32 = 40;
/// A cut waits for this share of refusals: a server that refuses one mail in fifty is not asking
/// us to slow down.
const SHARE: f64 = 0.15;
const WINDOW: Duration = Duration::from_secs(2);
/// Never slower than this, so that a domain that recovers is noticed.
const FLOOR: f64 = 0.5;
/// A limit that has been without refusals for this long is dropped.
const FORGET: Duration = Duration::from_secs(120);

/// A rate that halves while a server refuses mail for its pace, and grows back by a quarter for
/// each quiet window (additive increase would take hours after a deep cut).
#[derive(Debug, Clone)]
pub struct Yielding {
    window_at: Instant,
    accepted: u32,
    refused: u32,
    bucket: Option<Bucket>,
    cut_at: Instant,
}

impl Yielding {
    /// Without a limit.
    pub fn new(now: Instant) -> Self {
        Self {
            window_at: now,
            accepted: 0,
            refused: 0,
            bucket: None,
            cut_at: now,
        }
    }

    /// Takes a token, or says how long to wait; always passes while nobody has complained.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        match &mut self.bucket {
            Some(bucket) => bucket.take(now),
            None => Ok(()),
        }
    }

    /// The rate that is kept to, where one is.
    pub fn rate(&self) -> Option<f64> {
        self.bucket.map(|bucket| bucket.rate())
    }

    /// Notes a mail, and whether it was refused for its pace. True where the rate was cut.
    pub fn note(&mut self, refused: bool, now: Instant) -> bool {
        self.accepted += u32::from(!refused);
        self.refused += u32::from(refused);
        let elapsed = now.saturating_duration_since(self.window_at);
        let all = self.accepted + self.refused;
        let is_pressing = self.refused > 0 && f64::from(self.refused) >= SHARE * f64::from(all);
        // Under a limit few mails pass, so that few have to tell.
        let enough = all >= LEAST || (self.bucket.is_some() && elapsed >= WINDOW);
        let mut cut = false;
        if refused && is_pressing && enough {
            let passed = f64::from(self.accepted) / elapsed.as_secs_f64().max(0.1);
            let base = self
                .bucket
                .map_or(passed, |bucket| bucket.rate().min(passed.max(1.0)));
            self.set_rate((base / 2.0).max(FLOOR), now);
            self.cut_at = now;
            cut = true;
        } else if elapsed >= WINDOW && !is_pressing {
            self.recover(now);
        }
        if cut || elapsed >= WINDOW {
            (self.window_at, self.accepted, self.refused) = (now, 0, 0);
        }
        cut
    }

    fn recover(&mut self, now: Instant) {
        let Some(bucket) = self.bucket else { return };
        if now.saturating_duration_since(self.cut_at) >= FORGET {
            self.bucket = None;
        } else {
            self.set_rate(bucket.rate() * 1.25, now);
        }
    }

    fn set_rate(&mut self, rate: f64, now: Instant) {
        match &mut self.bucket {
            Some(bucket) => bucket.set_rate(rate, now),
            None => self.bucket = Some(Bucket::new(rate, now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_passes_its_rate_and_no_more() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10.0, start);
        let mut passed = 0;
        for tick in 0..1000 {
            let now = start + Duration::from_millis(10 * tick);
            passed += u32::from(bucket.take(now).is_ok());
        }
        assert!((109..=110).contains(&passed), "{passed}");
        let wait = bucket.take(start + Duration::from_secs(10)).unwrap_err();
        assert!(wait <= Duration::from_millis(100));
    }

    #[test]
    fn a_slow_rate_still_passes_one() {
        let start = Instant::now();
        let mut bucket = Bucket::new(0.1, start);
        assert!(bucket.take(start).is_ok());
        assert!(bucket.take(start + Duration::from_secs(9)).is_err());
        assert!(bucket.take(start + Duration::from_secs(11)).is_ok());
    }

    #[test]
    fn a_few_refusals_among_many_cut_nothing() {
        let start = Instant::now();
        let mut pace = Yielding::new(start);
        for n in 0..10_000_u32 {
            let now = start + Duration::from_millis(u64::from(n));
            assert!(!pace.note(n % 50 == 0, now));
        }
        assert_eq!(pace.rate(), None);
    }

    #[test]
    fn a_rate_that_was_cut_recovers_among_a_few_refusals() {
        let start = Instant::now();
        let mut pace = Yielding::new(start);
        let mut now = start;
        for _ in 0..40 {
            now += Duration::from_millis(10);
            pace.note(true, now);
        }
        assert!(pace.rate().is_some());
        for n in 0..20_000 {
            now += Duration::from_millis(10);
            pace.note(n % 50 == 0, now);
        }
        assert_eq!(pace.rate(), None);
    }

    #[test]
    fn a_server_that_complains_gets_less_and_later_all_again() {
        let start = Instant::now();
        let mut pace = Yielding::new(start);
        let mut now = start;
        for n in 0..200 {
            now += Duration::from_millis(10);
            pace.note(n % 2 == 0, now);
        }
        let cut = pace.rate().unwrap();
        assert!(cut < 50.0, "{cut}");
        for _ in 0..130 {
            now += Duration::from_secs(1);
            pace.note(false, now);
        }
        assert_eq!(pace.rate(), None);
    }
}
