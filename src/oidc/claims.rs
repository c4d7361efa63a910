//! The ID token: who signed it, for whom, and what it says (OpenID Connect Core 1.0, 3.1.3.7).

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::{ProviderConfig, ProviderError};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;

/// Signatures with keys that only the service has; never `none`, never with a shared secret.
const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::EdDSA,
];
/// How far the clocks may be apart, in seconds.
const LEEWAY: i64 = 60;
/// How old a token may be that was made for this sign-in, in seconds.
const OLDEST: i64 = 600;

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Verified {
    Truly(bool),
    /// As some services write it.
    Text(String),
}

#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<Verified>,
}

/// The key that a token names.
pub(super) fn key_id(token: &str) -> Result<Option<String>, ProviderError> {
    let header = decode_header(token).map_err(|_| ProviderError::Token("it is no token"))?;
    Ok(header.kid)
}

/// What a token says, if a key of the service has signed it.
pub(super) fn verified(token: &str, keys: &JwkSet) -> Result<Claims, ProviderError> {
    let wrong = ProviderError::Token;
    let header = decode_header(token).map_err(|_| wrong("it is no token"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(wrong("it is signed in a way that is not taken"));
    }
    let key = match &header.kid {
        Some(id) => keys.find(id),
        None => only(keys),
    };
    let key = key.ok_or(wrong(
        "it is signed with a key that the service does not have",
    ))?;
    let key = DecodingKey::from_jwk(key).map_err(|_| wrong("its key cannot be used"))?;
    let mut how = Validation::new(header.alg);
    // Times are compared with our own clock, all else by `check`.
    how.validate_exp = false;
    how.validate_aud = false;
    how.required_spec_claims.clear();
    let decoded = decode::<Claims>(token, &key, &how);
    let decoded = decoded.map_err(|_| wrong("its signature or its form is wrong"))?;
    Ok(decoded.claims)
}

/// The only key that signs.
fn only(keys: &JwkSet) -> Option<&Jwk> {
    let signs = |key: &&Jwk| key.common.public_key_use != Some(PublicKeyUse::Encryption);
    let mut keys = keys.keys.iter().filter(signs);
    keys.next().filter(|_| keys.next().is_none())
}

impl Claims {
    /// Whether it was made by this service, for us, for this sign-in, and now.
    pub(super) fn check(
        &self,
        config: &ProviderConfig,
        nonce: &str,
        now: Time,
    ) -> Result<(), ProviderError> {
        let wrong = |text| Err(ProviderError::Token(text));
        let us = config.client_id.as_str();
        let (is_for_us, is_shared) = match &self.aud {
            Audience::One(one) => (one == us, false),
            Audience::Many(many) => (many.iter().any(|one| one == us), many.len() > 1),
        };
        let is_ours = self.azp.as_deref().map_or(!is_shared, |azp| azp == us);
        let now = now.timestamp();
        if self.iss != config.issuer {
            wrong("another service has made it")
        } else if !is_for_us || !is_ours {
            wrong("it is for another client")
        } else if self.nonce.as_deref() != Some(nonce) {
            wrong("it belongs to another sign-in")
        } else if self.exp + LEEWAY <= now {
            wrong("it has expired")
        } else if self.iat - LEEWAY > now || self.iat + OLDEST < now {
            wrong("it was not made just now; compare the clocks")
        } else {
            Ok(())
        }
    }

    /// The address, if the service vouches for it.
    pub(super) fn address(&self) -> Option<EmailAddress> {
        let is_verified = match &self.email_verified {
            Some(Verified::Truly(truly)) => *truly,
            Some(Verified::Text(text)) => text == "true",
            None => false,
        };
        let email = self.email.as_ref().filter(|_| is_verified)?;
        email.parse().ok()
    }
}
