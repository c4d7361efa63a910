//! What programs elsewhere are told of, and how they know that it comes from us: after Standard
//! Webhooks (<https://www.standardwebhooks.com>).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;
use url::Url;

use super::article::check_url;
use super::clock::Time;
use super::email_address::EmailAddress;
use super::ids::{PublicationId, SubscriberId, WebhookCallId, WebhookEventId, WebhookId};
use super::token::{Keys, token_hash};

named_states! {
    /// What has happened.
    EventKind {
        Subscribed => "subscriber.subscribed",
        Confirmed => "subscriber.confirmed",
        Unsubscribed => "subscriber.unsubscribed",
        DeliveryFailed => "delivery.failed",
        DeliveryBounced => "delivery.bounced",
        DeliveryComplained => "delivery.complained",
        IssuePlanned => "issue.planned",
        IssueAwaiting => "issue.awaiting_approval",
        IssueComposing => "issue.composing",
        IssueSending => "issue.sending",
        IssuePaused => "issue.paused",
        IssueSent => "issue.sent",
        IssueSentWithFailures => "issue.sent_with_failures",
        IssueSkipped => "issue.skipped",
        IssueCancelled => "issue.cancelled",
        ImportFinished => "import.finished",
        ImportUndone => "import.undone",
        AlertOpened => "alert.opened",
        AlertClosed => "alert.closed",
        // Sent when asked for, whatever was chosen.
        Ping => "ping",
    }
}

named_states! {
    /// Where a call stands.
    CallState {
        Pending => "pending",
        Sending => "sending",
        Sent => "sent",
        Failed => "failed",
    }
}

/// Why no webhook may be at an address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WebhookUrlError {
    #[error("{0:?} is not an address that can be called (https://, no user name)")]
    Form(String),
    #[error(
        "{0:?} has no TLS; only https:// is called, unless webhooks.allow_private_addresses is set"
    )]
    Plain(String),
}

/// Checks where a webhook is to be called; `plain` where TLS may be missing.
pub fn check_webhook_url(text: &str, plain: bool) -> Result<Url, WebhookUrlError> {
    let mut url = check_url(text).map_err(|_| WebhookUrlError::Form(text.to_owned()))?;
    if url.scheme() == "http" && !plain {
        return Err(WebhookUrlError::Plain(text.to_owned()));
    }
    url.set_fragment(None);
    Ok(url)
}

/// `ping` was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("ping is sent when it is asked for, and cannot be chosen")]
pub struct PingError;

/// Which events a webhook is told of; none chosen means all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EventChoice(Vec<EventKind>);

impl EventChoice {
    /// Each once, in the order of their words.
    pub fn new(chosen: impl IntoIterator<Item = EventKind>) -> Result<Self, PingError> {
        let mut kinds: Vec<EventKind> = chosen.into_iter().collect();
        kinds.sort_by_key(|kind| kind.as_str());
        kinds.dedup();
        let can_be_chosen = !kinds.contains(&EventKind::Ping);
        can_be_chosen.then_some(Self(kinds)).ok_or(PingError)
    }

    /// Which they are; none means all.
    pub fn kinds(&self) -> &[EventKind] {
        &self.0
    }

    /// As the database keeps it: words by commas.
    pub fn key(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|kind| kind.as_str()).collect();
        words.join(",")
    }

    /// Reads a key. Words that this version does not know are left out: nothing of that kind happens.
    pub fn from_key(key: &str) -> Self {
        let known = key.split(',').filter_map(|word| word.parse().ok());
        Self::new(known.filter(|kind| *kind != EventKind::Ping)).unwrap_or_default()
    }

    pub fn has(&self, kind: EventKind) -> bool {
        self.0.is_empty() || self.0.contains(&kind)
    }
}

/// Somewhere programs are told of events.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub id: WebhookId,
    /// The only publication of which it is told; `None` for all.
    pub publication: Option<PublicationId>,
    pub url: String,
    pub events: EventChoice,
    /// Whether it gets the addresses of readers.
    pub with_addresses: bool,
    pub secret: SecretMark,
    pub created_at: Time,
    /// The first failure since it last answered well.
    pub failing_since: Option<Time>,
    pub disabled_at: Option<Time>,
    pub disabled_reason: Option<String>,
}

/// Which secret signs: made from the secret key, so that the database holds hashes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretMark {
    /// Counts up with every rotation.
    pub number: u32,
    pub hash: Vec<u8>,
    /// The hash of the one before, and how long it signs along.
    pub old: Option<(Vec<u8>, Time)>,
}

named_states! {
    /// Whether a webhook is called.
    WebhookState {
        Enabled => "enabled",
        // It is called, and has not answered well since.
        Failing => "failing",
        Disabled => "disabled",
    }
}

/// Disabled by an operator.
pub const BY_OPERATOR: &str = "disabled by an operator";

impl Webhook {
    pub fn state(&self) -> WebhookState {
        match (self.disabled_at, self.failing_since) {
            (Some(_), _) => WebhookState::Disabled,
            (None, Some(_)) => WebhookState::Failing,
            (None, None) => WebhookState::Enabled,
        }
    }

    /// Whether it is told of such an event.
    pub fn wants(&self, kind: EventKind, publication: Option<PublicationId>) -> bool {
        let is_near = self.publication.is_none() || self.publication == publication;
        self.disabled_at.is_none() && is_near && self.events.has(kind)
    }

    /// Whether it was disabled because of how it answers.
    pub fn gave_up(&self) -> bool {
        self.disabled_at.is_some() && self.disabled_reason.as_deref() != Some(BY_OPERATOR)
    }
}

/// Something that has happened.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: WebhookEventId,
    pub kind: EventKind,
    pub publication: Option<PublicationId>,
    /// Whose address belongs to it.
    pub subscriber: Option<SubscriberId>,
    pub at: Time,
    pub data: Value,
}

impl Event {
    /// What is sent. The address is looked up when it is: none is ever stored with an event.
    pub fn payload(&self, email: Option<&EmailAddress>) -> String {
        let mut data = self.data.clone();
        if let (Some(email), Some(fields)) = (email, data.as_object_mut()) {
            fields.insert("email".to_owned(), email.as_str().into());
        }
        json!({ "type": self.kind, "timestamp": self.at, "data": data }).to_string()
    }
}

/// One event on its way to one webhook.
#[derive(Debug, Clone)]
pub struct Call {
    pub id: WebhookCallId,
    pub webhook: WebhookId,
    pub event: Event,
    pub state: CallState,
    pub attempts: u32,
    pub next_attempt_at: Time,
    pub tried_at: Option<Time>,
    /// The status of the last answer, and its beginning.
    pub status: Option<u16>,
    pub reply: Option<String>,
    /// Why there was no good answer.
    pub trouble: Option<String>,
}

/// Waits before each further attempt, in seconds: three days and a bit in all.
const WAITS: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// How long a webhook may fail before it is disabled.
pub const FAILS_FOR: chrono::TimeDelta = chrono::TimeDelta::days(5);

/// How long the secret before signs along after a rotation.
pub const ROTATION: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// When to call again after `attempts` attempts, never sooner than was asked for; `None` where it is
/// given up. `jitter` in 0..1 spreads the wait by up to a fifth.
pub fn next_call(
    attempts: u32,
    now: Time,
    retry_after: Option<Duration>,
    jitter: f64,
) -> Option<Time> {
    let wait = WAITS.get(attempts.max(1) as usize - 1)?;
    let wait = Duration::from_secs(*wait).mul_f64(1.0 + 0.2 * jitter.clamp(0.0, 1.0));
    let asked = retry_after.unwrap_or_default();
    let wait = wait.max(asked.min(Duration::from_secs(86_400)));
    Some(now + chrono::TimeDelta::from_std(wait).ok()?)
}

/// What a webhook's calls are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret([u8; 32]);

impl WebhookSecret {
    /// As receivers are told it.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    /// As the database keeps it.
    pub fn hash(&self) -> Vec<u8> {
        token_hash(&self.reveal())
    }

    fn sign(&self, signed: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        format!(
            "v1,{}",
            STANDARD.encode(hmac::sign(&key, signed.as_bytes()))
        )
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// The value of `webhook-signature`: one signature for each secret, by blanks.
pub fn signatures(secrets: &[WebhookSecret], id: WebhookCallId, at: Time, body: &str) -> String {
    let signed = format!("{id}.{}.{body}", at.timestamp());
    let all: Vec<String> = secrets.iter().map(|secret| secret.sign(&signed)).collect();
    all.join(" ")
}

impl Keys {
    /// The secret of a webhook after so many rotations.
    pub fn webhook_secret(&self, id: WebhookId, number: u32) -> WebhookSecret {
        self.webhook_secret_of(id, number, &[])
    }

    /// The same for one whose hash was kept before the secret key was replaced.
    pub fn webhook_secret_of(&self, id: WebhookId, number: u32, hash: &[u8]) -> WebhookSecret {
        let made = |key: &hmac::Key| {
            let mut named = id.0.as_bytes().to_vec();
            named.extend_from_slice(&number.to_be_bytes());
            let mut secret = [0; 32];
            secret.copy_from_slice(hmac::sign(key, &named).as_ref());
            WebhookSecret(secret)
        };
        let mut all: Vec<WebhookSecret> = self.webhook_keys().map(made).collect();
        let kept = all.iter().position(|secret| secret.hash() == hash);
        all.swap_remove(kept.unwrap_or(0))
    }

    /// What signs the calls of a webhook at a time: the newest secret first.
    pub fn webhook_secrets(&self, webhook: &Webhook, now: Time) -> Vec<WebhookSecret> {
        let mark = &webhook.secret;
        let mut secrets = vec![self.webhook_secret_of(webhook.id, mark.number, &mark.hash)];
        if let Some((hash, until)) = &mark.old
            && *until > now
        {
            let number = mark.number.saturating_sub(1);
            secrets.push(self.webhook_secret_of(webhook.id, number, hash));
        }
        secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn signs_as_the_standard_has_it() {
        // The example of the reference libraries (standard-webhooks/libraries).
        let mut key = [0; 32];
        let decoded = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        key[..24].copy_from_slice(&decoded);
        // HMAC pads its key with zeros, so that 24 bytes and eight zeros are the same key.
        let secret = WebhookSecret(key);
        let signed = r#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
        assert_eq!(
            secret.sign(signed),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_secret_is_its_webhooks_own_and_outlives_the_secret_key() {
        let (one, two) = (WebhookId(Uuid::from_u128(1)), WebhookId(Uuid::from_u128(2)));
        let before = Keys::derive(&[1; 32]);
        let secret = before.webhook_secret(one, 1);
        assert_ne!(secret, before.webhook_secret(two, 1));
        assert_ne!(secret, before.webhook_secret(one, 2));
        let after = Keys::with_previous(&[2; 32], &[&[1; 32]]);
        assert_ne!(secret, after.webhook_secret(one, 1));
        assert_eq!(secret, after.webhook_secret_of(one, 1, &secret.hash()));
        assert!(secret.reveal().starts_with("whsec_") && secret.reveal().len() == 50);
        assert!(!format!("{secret:?}").contains(&secret.reveal()[6..]));
    }

    #[test]
    fn waits_grow_for_three_days_and_heed_what_is_asked() {
        let mut now: Time = "2026-01-01T00:00:00Z".parse().unwrap();
        let start = now;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let Some(next) = next_call(attempts, now, None, 0.0) else {
                break;
            };
            assert!(next > now);
            now = next;
        }
        assert_eq!(attempts, 10);
        assert_eq!((now - start).num_hours(), 75);
        let hour = Some(Duration::from_secs(3600));
        let asked = next_call(1, start, hour, 1.0).unwrap();
        assert_eq!((asked - start).num_minutes(), 60);
        let most = next_call(1, start, Some(Duration::from_secs(9_999_999)), 1.0).unwrap();
        assert_eq!((most - start).num_days(), 1);
    }

    #[test]
    fn none_chosen_means_all() {
        let some: EventChoice = EventChoice::from_key("issue.sent,issue.sent,ping,nonsense");
        assert_eq!(some.key(), "issue.sent");
        assert!(some.has(EventKind::IssueSent) && !some.has(EventKind::IssuePaused));
        assert!(EventChoice::from_key("").has(EventKind::IssuePaused));
        assert_eq!(EventChoice::new([EventKind::Ping]), Err(PingError));
    }

    #[test]
    fn only_tls_is_called() {
        let check = |url: &str, plain| check_webhook_url(url, plain).map(String::from);
        let with_tls = check("https://crm.example/in#part", false).unwrap();
        assert_eq!(with_tls, "https://crm.example/in");
        assert!(check("http://crm.example/", false).is_err());
        assert!(check("http://crm.example/", true).is_ok());
        for wrong in [
            "crm.example",
            "ftp://crm.example/",
            "https://a:b@crm.example/",
        ] {
            assert!(check(wrong, true).is_err(), "{wrong}");
        }
    }
}
