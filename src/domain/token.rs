//! What goes into links: signed link tokens that work for years, and confirmation tokens that
//! are stored as a hash only.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{digest, hmac};
use thiserror::Error;
use uuid::Uuid;

use super::email_address::EmailAddress;
use super::ids::{DeliveryId, FreshLinkId, HubId, SignUpId, SubscriptionId};
use super::suppression::EmailHash;

const MAC_LEN: usize = 16;
const BODY_LEN: usize = 1 + 1 + 16 + 8;
/// The one key generation so far; a later one can be told apart by this byte.
const KEY_GENERATION: u8 = 1;

/// What the holder of a link may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Leave, and undo leaving.
    Unsubscribe,
    /// See and change topics and frequency.
    Preferences,
    /// Have no mail sent to the address any more, and undo that.
    NeverMail,
}

impl Purpose {
    fn byte(self) -> u8 {
        match self {
            Self::Unsubscribe => b'u',
            Self::Preferences => b'p',
            Self::NeverMail => b'n',
        }
    }
}

/// The content of a signed link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub purpose: Purpose,
    pub subscription: SubscriptionId,
    /// The mail that carried the link, where it was a digest.
    pub delivery: Option<DeliveryId>,
}

/// The link is not one of ours, was damaged on its way, or was made for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the link is damaged or incomplete")]
pub struct BadLink;

/// The keys derived from the service's secret keys; each use has its own.
#[derive(Clone)]
pub struct Keys {
    /// What is made is made with the first; what was made with any is read.
    generations: Vec<Generation>,
    /// Those under which addresses and networks are kept, made from the oldest secret: they cannot be
    /// renewed, since of an erased address nothing but its hash is left.
    network: hmac::Key,
    suppression: hmac::Key,
    /// These live for minutes, and need not outlive their secret.
    pub(super) stamp: hmac::Key,
    pub(super) challenge: hmac::Key,
}

/// The keys of one secret that what goes out into the world is made with.
#[derive(Clone)]
struct Generation {
    link: hmac::Key,
    confirm: hmac::Key,
    fresh: hmac::Key,
    hub: hmac::Key,
    hub_secret: hmac::Key,
    sealing: hmac::Key,
    webhook: hmac::Key,
}

/// The key for one use.
fn derived(secret: &[u8], label: &str) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let bytes = hmac::sign(&root, label.as_bytes());
    hmac::Key::new(hmac::HMAC_SHA256, bytes.as_ref())
}

impl Generation {
    fn new(secret: &[u8]) -> Self {
        let key = |label| derived(secret, label);
        Self {
            link: key("paperround link v1"),
            confirm: key("paperround confirm v1"),
            fresh: key("paperround fresh link v1"),
            hub: key("paperround hub v1"),
            hub_secret: key("paperround hub secret v1"),
            sealing: key("paperround sealing v1"),
            webhook: key("paperround webhook v1"),
        }
    }
}

impl Keys {
    /// Derives the keys from at least 32 secret bytes.
    pub fn derive(secret: &[u8]) -> Self {
        Self::with_previous(secret, &[])
    }

    /// The same where the secret has taken the place of others, the latest of which comes first.
    pub fn with_previous(secret: &[u8], previous: &[&[u8]]) -> Self {
        let all = std::iter::once(secret).chain(previous.iter().copied());
        let oldest = previous.last().copied().unwrap_or(secret);
        Self {
            generations: all.map(Generation::new).collect(),
            network: derived(oldest, "paperround network v1"),
            suppression: derived(oldest, "paperround suppression v1"),
            stamp: derived(secret, "paperround stamp v1"),
            challenge: derived(secret, "paperround challenge v1"),
        }
    }

    /// The keys in use.
    fn newest(&self) -> &Generation {
        &self.generations[0]
    }

    /// Signs a link: 42 bytes in base64url, unforgeable (HMAC-SHA256 cut to 128 bits).
    pub fn sign(&self, link: &Link) -> String {
        let mut bytes = Vec::with_capacity(BODY_LEN + MAC_LEN);
        bytes.push(link.purpose.byte());
        bytes.push(KEY_GENERATION);
        bytes.extend_from_slice(link.subscription.0.as_bytes());
        bytes.extend_from_slice(&link.delivery.map_or(0, |d| d.0).to_be_bytes());
        let mac = hmac::sign(&self.newest().link, &bytes);
        bytes.extend_from_slice(&mac.as_ref()[..MAC_LEN]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a link that must have been signed for `purpose`.
    pub fn verify(&self, token: &str, purpose: Purpose) -> Result<Link, BadLink> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink)?;
        if bytes.len() != BODY_LEN + MAC_LEN
            || bytes[0] != purpose.byte()
            || bytes[1] != KEY_GENERATION
        {
            return Err(BadLink);
        }
        let (body, mac) = bytes.split_at(BODY_LEN);
        if !self.is_signed(|keys| &keys.link, body, mac) {
            return Err(BadLink);
        }
        let subscription = Uuid::from_slice(&body[2..18]).map_err(|_| BadLink)?;
        let delivery = i64::from_be_bytes(body[18..26].try_into().map_err(|_| BadLink)?);
        Ok(Link {
            purpose,
            subscription: SubscriptionId(subscription),
            delivery: (delivery != 0).then_some(DeliveryId(delivery)),
        })
    }

    /// Whether any of the secrets has signed.
    fn is_signed(&self, key: fn(&Generation) -> &hmac::Key, body: &[u8], mac: &[u8]) -> bool {
        self.generations.iter().any(|keys| {
            let expected = hmac::sign(key(keys), body);
            same(&expected.as_ref()[..MAC_LEN], mac)
        })
    }

    /// The confirmation token of a sign-up: made from its id, so that a mail can be written again
    /// after a crash while the database holds the hash alone.
    pub fn confirm_token(&self, sign_up: SignUpId) -> String {
        token_of(&self.newest().confirm, sign_up.0)
    }

    /// The same for a sign-up whose hash was kept before the secret was replaced.
    pub fn confirm_token_of(&self, sign_up: SignUpId, hash: &[u8]) -> String {
        self.token_with(|keys| &keys.confirm, sign_up.0, hash)
    }

    /// The token of a link that was asked for by mail, made from its id for the same reason.
    pub fn fresh_token(&self, link: FreshLinkId) -> String {
        token_of(&self.newest().fresh, link.0)
    }

    /// The same for a link whose hash was kept before the secret was replaced.
    pub fn fresh_token_of(&self, link: FreshLinkId, hash: &[u8]) -> String {
        self.token_with(|keys| &keys.fresh, link.0, hash)
    }

    fn token_with(&self, key: fn(&Generation) -> &hmac::Key, id: Uuid, hash: &[u8]) -> String {
        let mut tokens = self.generations.iter().map(|keys| token_of(key(keys), id));
        let kept = tokens.find(|token| token_hash(token) == hash);
        kept.unwrap_or_else(|| token_of(key(self.newest()), id))
    }

    /// What makes the address unguessable that a hub is given: 32 bytes in base64url.
    pub fn hub_token(&self, hub: HubId) -> String {
        let mut bytes = hub.0.as_bytes().to_vec();
        let mac = hmac::sign(&self.newest().hub, &bytes);
        bytes.extend_from_slice(&mac.as_ref()[..MAC_LEN]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads such a token.
    pub fn read_hub_token(&self, token: &str) -> Result<HubId, BadLink> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink)?;
        let (id, mac) = bytes.split_at_checked(16).ok_or(BadLink)?;
        if !self.is_signed(|keys| &keys.hub, id, mac) {
            return Err(BadLink);
        }
        Uuid::from_slice(id).map(HubId).map_err(|_| BadLink)
    }

    /// What a hub is asked to sign its pushes with.
    pub fn hub_secret(&self, hub: HubId) -> String {
        token_of(&self.newest().hub_secret, hub.0)
    }

    /// What a hub may sign with: it learns of a new secret when it is asked next.
    pub fn hub_secrets(&self, hub: HubId) -> impl Iterator<Item = String> {
        let secrets = self.generations.iter();
        secrets.map(move |keys| token_of(&keys.hub_secret, hub.0))
    }

    /// What is kept sealed is sealed with the first, and opened with any.
    pub(super) fn sealing(&self) -> impl Iterator<Item = &hmac::Key> {
        self.generations.iter().map(|keys| &keys.sealing)
    }

    /// What the secrets of webhooks are made with, the newest first.
    pub(super) fn webhook_keys(&self) -> impl Iterator<Item = &hmac::Key> {
        self.generations.iter().map(|keys| &keys.webhook)
    }

    /// The keyed hash under which requests from a network, or mails to an inbox or a domain, are
    /// counted without keeping any address.
    pub fn counter_name(&self, counted: &str) -> Vec<u8> {
        hmac::sign(&self.network, counted.as_bytes()).as_ref()[..MAC_LEN].to_vec()
    }

    /// The keyed hash under which an address is suppressed, the same however it is written.
    pub fn email_hash(&self, email: &EmailAddress) -> EmailHash {
        let mac = hmac::sign(&self.suppression, email.key().as_bytes());
        let mut hash = [0; MAC_LEN];
        hash.copy_from_slice(&mac.as_ref()[..MAC_LEN]);
        EmailHash(hash)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

pub(super) fn token_of(key: &hmac::Key, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(key, id.as_bytes()))
}

/// The hash under which a confirmation token is stored (SHA-256).
pub fn token_hash(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes())
        .as_ref()
        .to_vec()
}

/// Compares without telling by its time where the difference lies.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .fold(0, |difference, (x, y)| difference | (x ^ y))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(purpose: Purpose) -> Link {
        Link {
            purpose,
            subscription: SubscriptionId(Uuid::from_u128(7)),
            delivery: Some(DeliveryId(42)),
        }
    }

    #[test]
    fn a_link_opens_only_its_own_door() {
        let keys = Keys::derive(&[1; 32]);
        let token = keys.sign(&link(Purpose::Unsubscribe));
        assert_eq!(
            keys.verify(&token, Purpose::Unsubscribe),
            Ok(link(Purpose::Unsubscribe))
        );
        assert_eq!(keys.verify(&token, Purpose::Preferences), Err(BadLink));
        assert_eq!(
            Keys::derive(&[2; 32]).verify(&token, Purpose::Unsubscribe),
            Err(BadLink)
        );
    }

    #[test]
    fn what_was_made_with_a_secret_outlives_it() {
        let (old, new) = ([1; 32], [2; 32]);
        let before = Keys::derive(&old);
        let after = Keys::with_previous(&new, &[&[3; 32], &old]);
        let token = before.sign(&link(Purpose::Unsubscribe));
        assert!(after.verify(&token, Purpose::Unsubscribe).is_ok());
        assert_eq!(after.verify(&token, Purpose::Preferences), Err(BadLink));
        let made = after.sign(&link(Purpose::Unsubscribe));
        assert!(
            Keys::derive(&new)
                .verify(&made, Purpose::Unsubscribe)
                .is_ok()
        );
        assert_eq!(before.verify(&made, Purpose::Unsubscribe), Err(BadLink));

        let sign_up = SignUpId(Uuid::from_u128(1));
        let kept = token_hash(&before.confirm_token(sign_up));
        assert_eq!(
            after.confirm_token_of(sign_up, &kept),
            before.confirm_token(sign_up)
        );
        assert_ne!(after.confirm_token(sign_up), before.confirm_token(sign_up));
        let fresh = FreshLinkId(Uuid::from_u128(1));
        let kept = token_hash(&after.fresh_token(fresh));
        assert_eq!(after.fresh_token_of(fresh, &kept), after.fresh_token(fresh));

        let ann = "ann@example.org".parse().unwrap();
        assert_eq!(after.email_hash(&ann), before.email_hash(&ann));
        assert_eq!(after.counter_name("x"), before.counter_name("x"));
        let hub = HubId(Uuid::from_u128(1));
        assert_eq!(after.read_hub_token(&before.hub_token(hub)), Ok(hub));
        assert!(
            after
                .hub_secrets(hub)
                .any(|secret| secret == before.hub_secret(hub))
        );
    }

    #[test]
    fn any_changed_character_is_noticed() {
        let keys = Keys::derive(&[1; 32]);
        let token = keys.sign(&link(Purpose::Preferences));
        for i in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(
                keys.verify(&changed, Purpose::Preferences),
                Err(BadLink),
                "at {i}"
            );
        }
        assert_eq!(keys.verify("", Purpose::Preferences), Err(BadLink));
    }

    #[test]
    fn an_address_has_one_hash_for_each_key() {
        let keys = Keys::derive(&[1; 32]);
        let hash = |keys: &Keys, typed: &str| keys.email_hash(&typed.parse().unwrap());
        let ann = hash(&keys, "Ann@Example.org");
        assert_eq!(ann, hash(&keys, "ann@example.ORG"));
        assert_ne!(ann, hash(&keys, "ann@example.com"));
        assert_ne!(ann, hash(&Keys::derive(&[2; 32]), "ann@example.org"));
    }

    #[test]
    fn a_hub_has_an_address_and_a_secret_of_its_own() {
        let (one, two) = (HubId(Uuid::from_u128(1)), HubId(Uuid::from_u128(2)));
        let keys = Keys::derive(&[1; 32]);
        let token = keys.hub_token(one);
        assert_eq!(keys.read_hub_token(&token), Ok(one));
        assert_eq!(Keys::derive(&[2; 32]).read_hub_token(&token), Err(BadLink));
        for wrong in ["", "AAAA", &token[1..], &format!("{token}AAAA")] {
            assert_eq!(keys.read_hub_token(wrong), Err(BadLink), "{wrong}");
        }
        let secret = keys.hub_secret(one);
        assert!(secret.len() < 200, "the bound of WebSub");
        assert_ne!(secret, keys.hub_secret(two));
        assert!(!token.contains(&secret) && !secret.contains(&token));
    }

    #[test]
    fn confirm_tokens_differ_by_sign_up_and_key() {
        let (one, two) = (SignUpId(Uuid::from_u128(1)), SignUpId(Uuid::from_u128(2)));
        let keys = Keys::derive(&[1; 32]);
        assert_ne!(keys.confirm_token(one), keys.confirm_token(two));
        assert_ne!(
            keys.confirm_token(one),
            Keys::derive(&[2; 32]).confirm_token(one)
        );
        assert_eq!(token_hash(&keys.confirm_token(one)).len(), 32);
    }
}
