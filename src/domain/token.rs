//! What goes into links: signed link tokens that work for years, and confirmation tokens that
//! are stored as a hash only.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{digest, hmac};
use thiserror::Error;
use uuid::Uuid;

use super::email_address::EmailAddress;
use super::ids::{DeliveryId, HubId, SignUpId, SubscriptionId};
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

/// The keys derived from the service's secret key; each use has its own.
#[derive(Clone)]
pub struct Keys {
    link: hmac::Key,
    confirm: hmac::Key,
    network: hmac::Key,
    suppression: hmac::Key,
    hub: hmac::Key,
    hub_secret: hmac::Key,
    pub(super) stamp: hmac::Key,
    pub(super) challenge: hmac::Key,
}

impl Keys {
    /// Derives the keys from at least 32 secret bytes.
    pub fn derive(secret: &[u8]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let key = |label: &str| {
            hmac::Key::new(
                hmac::HMAC_SHA256,
                hmac::sign(&root, label.as_bytes()).as_ref(),
            )
        };
        Self {
            link: key("paperround link v1"),
            confirm: key("paperround confirm v1"),
            network: key("paperround network v1"),
            suppression: key("paperround suppression v1"),
            hub: key("paperround hub v1"),
            hub_secret: key("paperround hub secret v1"),
            stamp: key("paperround stamp v1"),
            challenge: key("paperround challenge v1"),
        }
    }

    /// Signs a link: 42 bytes in base64url, unforgeable (HMAC-SHA256 cut to 128 bits).
    pub fn sign(&self, link: &Link) -> String {
        let mut bytes = Vec::with_capacity(BODY_LEN + MAC_LEN);
        bytes.push(link.purpose.byte());
        bytes.push(KEY_GENERATION);
        bytes.extend_from_slice(link.subscription.0.as_bytes());
        bytes.extend_from_slice(&link.delivery.map_or(0, |d| d.0).to_be_bytes());
        let mac = hmac::sign(&self.link, &bytes);
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
        let expected = hmac::sign(&self.link, body);
        if !same(&expected.as_ref()[..MAC_LEN], mac) {
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

    /// The confirmation token of a sign-up: made from its id, so that a mail can be written again
    /// after a crash while the database holds the hash alone.
    pub fn confirm_token(&self, sign_up: SignUpId) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.confirm, sign_up.0.as_bytes()))
    }

    /// What makes the address unguessable that a hub is given: 32 bytes in base64url.
    pub fn hub_token(&self, hub: HubId) -> String {
        let mut bytes = hub.0.as_bytes().to_vec();
        let mac = hmac::sign(&self.hub, &bytes);
        bytes.extend_from_slice(&mac.as_ref()[..MAC_LEN]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads such a token.
    pub fn read_hub_token(&self, token: &str) -> Result<HubId, BadLink> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink)?;
        let (id, mac) = bytes.split_at_checked(16).ok_or(BadLink)?;
        let expected = hmac::sign(&self.hub, id);
        if !same(&expected.as_ref()[..MAC_LEN], mac) {
            return Err(BadLink);
        }
        Uuid::from_slice(id).map(HubId).map_err(|_| BadLink)
    }

    /// The secret that a hub signs with; made from the id, so that the database holds none.
    pub fn hub_secret(&self, hub: HubId) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.hub_secret, hub.0.as_bytes()))
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
