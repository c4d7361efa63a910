//! One issue to one subscription: its states, the replies of mail servers, and the retry rule.

use std::time::Duration;

use super::clock::Time;

named_states! {
    /// Where a delivery stands.
    DeliveryState {
        Pending => "pending",
        Sending => "sending",
        Sent => "sent",
        Deferred => "deferred",
        Failed => "failed",
        Skipped => "skipped",
        Unknown => "unknown",
    }
}

named_states! {
    /// What to do with a mail whose outcome was lost with the connection or the process.
    OnUnknown {
        Resend => "resend",
        Hold => "hold",
    }
}

/// A mail server's answer (RFC 5321, 4.2; enhanced codes RFC 3463).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub enhanced: Option<String>,
    pub text: String,
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// How one attempt to hand over a mail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took the mail (2xx after the final dot).
    Accepted(Reply),
    /// The server refused for now (4xx).
    Deferred(Reply),
    /// The server refused for good (5xx).
    Refused(Reply),
    /// The connection failed before the final dot was written: the server has no mail.
    NotBegun(String),
    /// The connection failed after the final dot was written: the server may have the mail.
    Unknown(String),
}

/// Whom a temporary refusal (4xx) concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// This reader's mailbox, or a first try that is turned away on principle (greylisting).
    Reader,
    /// How fast we send to the reader's domain.
    Domain,
    /// How fast we send through the relay, or the relay itself.
    Relay,
}

/// What a temporary refusal is about. Replies about rate or policy (RFC 3463, 3.8: X.7.x; Gmail's
/// 4.7.28 and its kin) say nothing about the reader, and 421 nothing about the domain.
pub fn concern(reply: &Reply) -> Concern {
    let text = reply.text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["greylist", "graylist", "grey-list", "gray-list"]) {
        return Concern::Reader;
    }
    let is_policy = reply
        .enhanced
        .as_deref()
        .is_some_and(|code| code.starts_with("4.7."));
    let is_pace = says(&["too many", "rate limit", "throttl", "too fast", "slow down"]);
    match reply.code {
        421 => Concern::Relay,
        _ if is_policy || is_pace => Concern::Domain,
        _ => Concern::Reader,
    }
}

/// Whether a refusal for good, said before the message, is about us rather than about the reader:
/// servers tell at RCPT what they think of HELO, of the sender and of relaying.
pub fn is_about_us(reply: &Reply) -> bool {
    let text = reply.text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is_policy = reply
        .enhanced
        .as_deref()
        .is_some_and(|code| code.starts_with("5.7.") || code.starts_with("5.5."));
    reply.code == 504
        || is_policy
        || says(&[
            "relay access denied",
            "relaying denied",
            "not permitted to relay",
            "helo command",
        ])
}

/// Waits before each further attempt at a digest mail: minutes first, then at least half an
/// hour apart (RFC 5321, 4.5.4.1).
const DELIVERY_WAITS: [u64; 6] = [60, 5 * 60, 30 * 60, 60 * 60, 2 * 60 * 60, 3 * 60 * 60];
/// The same for notices, which somebody is waiting for.
const NOTICE_WAITS: [u64; 6] = [15, 60, 5 * 60, 15 * 60, 30 * 60, 60 * 60];

/// The wait after a refusal that is not about the reader: flat, and no mark against them.
const PACE_WAIT: u64 = 60;

/// When to try again after a refusal about our pace, within the same bounds.
pub fn after_pace(
    first_attempt_at: Time,
    now: Time,
    retry_for: Duration,
    jitter: f64,
) -> Option<Time> {
    within(PACE_WAIT, first_attempt_at, now, retry_for, jitter)
}

/// Which waits apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Delivery,
    Notice,
}

/// When to try again after `attempts` attempts, or `None` when `retry_for` since the first one is
/// over. `jitter` in 0..1 spreads the wait by up to a fifth.
pub fn next_attempt(
    lane: Lane,
    attempts: u32,
    first_attempt_at: Time,
    now: Time,
    retry_for: Duration,
    jitter: f64,
) -> Option<Time> {
    let waits = match lane {
        Lane::Delivery => &DELIVERY_WAITS,
        Lane::Notice => &NOTICE_WAITS,
    };
    let index = (attempts.max(1) as usize - 1).min(waits.len() - 1);
    within(waits[index], first_attempt_at, now, retry_for, jitter)
}

fn within(
    seconds: u64,
    first_attempt_at: Time,
    now: Time,
    retry_for: Duration,
    jitter: f64,
) -> Option<Time> {
    let wait = Duration::from_secs(seconds).mul_f64(1.0 + 0.2 * jitter.clamp(0.0, 1.0));
    let next = now + chrono::Duration::from_std(wait).ok()?;
    let last = first_attempt_at + chrono::Duration::from_std(retry_for).ok()?;
    (next <= last).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_whom_it_concerns() {
        let concern = |code, enhanced: Option<&str>, text: &str| {
            concern(&Reply {
                code,
                enhanced: enhanced.map(str::to_owned),
                text: text.to_owned(),
            })
        };
        for (code, enhanced, text, expected) in [
            (452, Some("4.2.2"), "4.2.2 mailbox full", Concern::Reader),
            (450, None, "try again", Concern::Reader),
            (
                451,
                Some("4.7.1"),
                "4.7.1 Greylisted, come back",
                Concern::Reader,
            ),
            (450, Some("4.7.28"), "4.7.28 unusual rate", Concern::Domain),
            (451, None, "too many messages from you", Concern::Domain),
            (421, Some("4.7.0"), "4.7.0 closing", Concern::Relay),
            (421, None, "too many connections", Concern::Relay),
        ] {
            assert_eq!(concern(code, enhanced, text), expected, "{text}");
        }
    }

    #[test]
    fn a_refusal_for_good_may_be_about_us() {
        let about = |code, enhanced: Option<&str>, text: &str| {
            is_about_us(&Reply {
                code,
                enhanced: enhanced.map(str::to_owned),
                text: text.to_owned(),
            })
        };
        assert!(about(
            504,
            Some("5.5.2"),
            "5.5.2 <localhost>: Helo command rejected"
        ));
        assert!(about(
            554,
            Some("5.7.1"),
            "5.7.1 <a@b.example>: Relay access denied"
        ));
        assert!(about(550, None, "relaying denied"));
        assert!(!about(550, Some("5.1.1"), "5.1.1 no such user"));
        assert!(!about(552, Some("5.2.2"), "5.2.2 mailbox full"));
        assert!(!about(550, None, "no such user here"));
    }

    #[test]
    fn waits_grow_and_end() {
        let start: Time = "2026-01-01T00:00:00Z".parse().unwrap();
        let day = Duration::from_secs(86_400);
        let mut now = start;
        let mut waits = Vec::new();
        for attempts in 1..100 {
            let Some(next) = next_attempt(Lane::Delivery, attempts, start, now, day, 0.5) else {
                break;
            };
            waits.push((next - now).num_minutes());
            now = next;
        }
        assert_eq!(&waits[..4], &[1, 5, 33, 66]);
        assert!(waits.iter().skip(2).all(|w| *w >= 30));
        assert!(now <= start + chrono::Duration::hours(24) && waits.len() < 20);
    }
}
