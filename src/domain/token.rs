//! What goes into links: signed link tokens that work for years, and confirmation tokens that
//! are stored as a hash only.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{digest, hmac};
use thiserror::Error;
use uuid::Uuid;

use super::email_address::EmailAddress;
use super::ids::{DeliveryId, FreshLinkId, HubId, NoticeId, SignUpId, SubscriptionId};
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
    password: hmac::Key,
    hub: hmac::Key,
    hub_secret: hmac::Key,
    sealing: hmac::Key,
    webhook: hmac::Key,
    click: hmac::Key,
    open: hmac::Key,
    return_address: hmac::Key,
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
            password: key("paperround password link v1"),
            hub: key("paperround hub v1"),
            hub_secret: key("paperround hub secret v1"),
            sealing: key("paperround sealing v1"),
            webhook: key("paperround webhook v1"),
            click: key("paperround click v1"),
            open: key("paperround open v1"),
            return_address: key("paperround return address v1"),
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

    /// Tells this secret from others, and nothing else about it.
    pub fn mark(&self) -> String {
        mark_of(self.newest())
    }

    /// Whether a mark is that of this secret or of one before it.
    pub fn knows(&self, mark: &str) -> bool {
        self.generations.iter().any(|keys| mark_of(keys) == mark)
    }

    /// The keys in use.
    fn newest(&self) -> &Generation {
        &self.generations[0]
    }

    /// Signs a link: 42 bytes in base64url, unforgeable (HMAC-SHA256 cut to 128 bits).
    pub fn sign(&self, link: &Link) -> String {
        let mut bytes = [0; BODY_LEN + MAC_LEN];
        (bytes[0], bytes[1]) = (link.purpose.byte(), KEY_GENERATION);
        bytes[2..18].copy_from_slice(link.subscription.0.as_bytes());
        let delivery = link.delivery.map_or(0, |delivery| delivery.0);
        bytes[18..BODY_LEN].copy_from_slice(&delivery.to_be_bytes());
        let mac = hmac::sign(&self.newest().link, &bytes[..BODY_LEN]);
        bytes[BODY_LEN..].copy_from_slice(&mac.as_ref()[..MAC_LEN]);
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

    /// The token of a link with which an operator chooses a password, made from the id of the notice that
    /// brings it, for the same reason; the newest first.
    pub fn password_tokens(&self, notice: NoticeId) -> impl Iterator<Item = String> {
        let secrets = self.generations.iter();
        secrets.map(move |keys| token_of(&keys.password, notice.0))
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

    /// What links that are counted are signed with, the newest first.
    pub(super) fn click_keys(&self) -> impl Iterator<Item = &hmac::Key> {
        self.generations.iter().map(|keys| &keys.click)
    }

    /// What the pictures of mails whose opens are counted are signed with, the newest first.
    pub(super) fn open_keys(&self) -> impl Iterator<Item = &hmac::Key> {
        self.generations.iter().map(|keys| &keys.open)
    }

    /// What the addresses are signed with to which reports come back, the newest first.
    pub(super) fn return_keys(&self) -> impl Iterator<Item = &hmac::Key> {
        self.generations.iter().map(|keys| &keys.return_address)
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

/// 48 bits of what cannot be turned back.
fn mark_of(keys: &Generation) -> String {
    let mac = hmac::sign(&keys.sealing, b"paperround mark of the secret");
    URL_SAFE_NO_PAD.encode(&mac.as_ref()[..6])
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
