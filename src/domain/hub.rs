//! A hub tells of a feed's news as soon as there is some (WebSub), so that nobody has to ask.

use std::time::Duration;

use ring::hmac;

use super::clock::Time;
use super::ids::{FeedId, HubId};

/// How long a hub is asked to tell of news before it is asked again.
pub const LEASE: Duration = Duration::from_hours(10 * 24);
const SHORTEST_LEASE: Duration = Duration::from_mins(1);
const LONGEST_LEASE: Duration = Duration::from_hours(30 * 24);
/// The first wait for a hub that does not do what it was asked.
const FIRST_WAIT: Duration = Duration::from_hours(1);
const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// How much less often a feed is fetched whose hub tells of news.
const SLOWER: u32 = 4;
/// The longest time between two fetches that a hub leads to.
const SLOWEST: Duration = Duration::from_hours(6);
/// Fetches in a row that find what the hub has not told, until it is trusted no more.
const MOST_MISSED: u32 = 2;

named_states! {
    /// How it stands with a feed's hub.
    HubState {
        // It has promised to tell of news.
        Verified => "verified",
        // It was asked, and has not promised yet.
        Asked => "asked",
        // It will be asked, perhaps again.
        Waiting => "waiting",
    }
}

/// The hub of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    pub id: HubId,
    /// `None`: the feed is gone or paused, and the hub is to be told so.
    pub feed: Option<FeedId>,
    pub url: String,
    /// The feed's address as the hub knows it.
    pub topic: String,
    /// The public address that the hub was told last.
    pub base: String,
    /// Since when an answer of the hub is awaited.
    pub asked_at: Option<Time>,
    pub verified_until: Option<Time>,
    pub next_ask_at: Time,
    pub last_push_at: Option<Time>,
    /// Fetches in a row that found what the hub had not told.
    pub missed: u32,
    pub failures: u32,
    pub last_error: Option<String>,
}

impl Hub {
    /// A hub that has not been asked yet; it is due at once.
    pub fn new(id: HubId, feed: FeedId, url: &str, topic: &str, now: Time) -> Self {
        Self {
            id,
            feed: Some(feed),
            url: url.to_owned(),
            topic: topic.to_owned(),
            base: String::new(),
            asked_at: None,
            verified_until: None,
            next_ask_at: now,
            last_push_at: None,
            missed: 0,
            failures: 0,
            last_error: None,
        }
    }

    /// Whether the hub has promised to tell of news.
    pub fn is_verified(&self, now: Time) -> bool {
        self.verified_until.is_some_and(|until| until > now)
    }

    pub fn state(&self, now: Time) -> HubState {
        if self.is_verified(now) {
            HubState::Verified
        } else if self.asked_at.is_some() {
            HubState::Asked
        } else {
            HubState::Waiting
        }
    }

    /// How often the feed is to be fetched that would be fetched every `every` without its hub: less
    /// often, as long as the hub keeps its promise.
    pub fn pace(&self, every: Duration, now: Time) -> Duration {
        if self.is_verified(now) && self.missed < MOST_MISSED {
            every.saturating_mul(SLOWER).min(SLOWEST.max(every))
        } else {
            every
        }
    }
}

/// The lease that a hub grants, within bounds; hubs have to name one.
pub fn lease(seconds: Option<u64>) -> Duration {
    let given = seconds.map_or(LEASE, Duration::from_secs);
    given.clamp(SHORTEST_LEASE, LONGEST_LEASE)
}

/// When to ask again within a lease: well before its end, and not all at the same time.
pub fn renewal(now: Time, lease: Duration, jitter: f64) -> Time {
    now + lease.mul_f64(0.8 - 0.1 * jitter.clamp(0.0, 1.0))
}

/// How long to wait for a hub that has failed so many times in a row, at least as long as it wants.
pub fn wait(failures: u32, retry_after: Option<Duration>) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << failures.min(10));
    doubled
        .max(retry_after.unwrap_or_default())
        .min(LONGEST_WAIT)
}

/// Whether `X-Hub-Signature` shows that a body is from somebody who knows the secret. Compares in
/// constant time.
pub fn is_signed(secret: &str, signature: &str, body: &[u8]) -> bool {
    let Some((method, digits)) = signature.trim().split_once('=') else {
        return false;
    };
    let algorithm = match method.to_ascii_lowercase().as_str() {
        // Most hubs sign with SHA-1; as an HMAC it has not been broken.
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    let key = hmac::Key::new(algorithm, secret.as_bytes());
    from_hex(digits).is_some_and(|tag| hmac::verify(&key, body, &tag).is_ok())
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let nibbles = digits.chars().map(|c| c.to_digit(16));
    let nibbles: Vec<u8> = nibbles
        .map(|nibble| u8::try_from(nibble?).ok())
        .collect::<Option<_>>()?;
    let (pairs, []) = nibbles.as_chunks::<2>() else {
        return None;
    };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn a_signature_counts_only_whole_and_by_a_known_method() {
        // RFC 4231, 4.3, and RFC 2202, 3: the key "Jefe".
        let body = b"what do ya want for nothing?";
        let sha1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
        let sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let sha384 = "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
            8e2240ca5e69e2c78b3239ecfab21649";
        let sha512 = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
            9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
        let signed = |signature: &str| is_signed("Jefe", signature, body);
        for (method, digits) in [
            ("sha1", sha1),
            ("sha256", sha256),
            ("sha384", sha384),
            ("sha512", sha512),
        ] {
            assert!(signed(&format!("{method}={digits}")), "{method}");
            let upper = digits.to_uppercase();
            assert!(signed(&format!("{}={upper}", method.to_uppercase())));
            assert!(!is_signed("jefe", &format!("{method}={digits}"), body));
            assert!(!is_signed("Jefe", &format!("{method}={digits}"), b"else"));
            assert!(!signed(&format!("{method}={}", &digits[2..])), "cut");
            assert!(!signed(&format!("{method}={}", &digits[1..])), "odd");
        }
        for wrong in [
            "",
            "=",
            "sha256",
            "sha256=",
            "sha256=é",
            "md5=00",
            "sha1=zz",
        ] {
            assert!(!signed(wrong), "{wrong}");
        }
        assert!(!signed(&format!("sha1={sha256}")), "another method");
    }

    #[test]
    fn a_lease_is_renewed_before_its_end_and_has_bounds() {
        let now = at("2026-03-02T08:00:00Z");
        let day = Duration::from_hours(24);
        assert_eq!(lease(None), LEASE);
        assert_eq!(lease(Some(86_400)), day);
        assert_eq!(lease(Some(0)), SHORTEST_LEASE);
        assert_eq!(lease(Some(u64::MAX)), LONGEST_LEASE);
        assert_eq!(renewal(now, 10 * day, 0.0), now + 8 * day);
        assert_eq!(renewal(now, 10 * day, 1.0), now + 7 * day);
    }

    #[test]
    fn a_hub_that_fails_is_asked_ever_less_often() {
        let hours = |failures, retry| wait(failures, retry).as_secs() / 3600;
        assert_eq!([hours(0, None), hours(1, None), hours(3, None)], [1, 2, 8]);
        assert_eq!(hours(u32::MAX, None), 24);
        assert_eq!(hours(0, Some(Duration::from_hours(5))), 5);
        assert_eq!(hours(0, Some(Duration::from_hours(99))), 24);
    }

    #[test]
    fn a_feed_is_fetched_less_often_while_its_hub_keeps_its_promise() {
        let now = at("2026-03-02T08:00:00Z");
        let (id, feed) = (HubId(Uuid::from_u128(1)), FeedId(Uuid::from_u128(2)));
        let mut hub = Hub::new(id, feed, "https://hub.example/", "https://x.example/", now);
        let minutes = |hub: &Hub, every| hub.pace(Duration::from_mins(every), now).as_secs() / 60;
        assert_eq!((hub.state(now), minutes(&hub, 15)), (HubState::Waiting, 15));
        hub.asked_at = Some(now);
        assert_eq!(hub.state(now), HubState::Asked);
        hub.verified_until = Some(now + Duration::from_secs(1));
        assert_eq!(
            (hub.state(now), minutes(&hub, 15)),
            (HubState::Verified, 60)
        );
        assert_eq!(minutes(&hub, 120), 360);
        // What is fetched once a day stays so.
        assert_eq!(minutes(&hub, 1440), 1440);
        hub.missed = MOST_MISSED;
        assert_eq!(minutes(&hub, 15), 15);
        hub.missed = 0;
        hub.verified_until = Some(now);
        assert_eq!((hub.state(now), minutes(&hub, 15)), (HubState::Asked, 15));
    }
}
