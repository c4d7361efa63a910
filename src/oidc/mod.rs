//! Signing in with a service elsewhere: OpenID Connect Core 1.0, the authorization code flow with PKCE
//! (RFC 7636).

mod ask;
mod claims;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::JwkSet;
use reqwest::{Client, redirect};
use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::Mutex;
use url::Url;

use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::flight::Flight;

/// For a whole answer of the service.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long what the service says of itself is believed.
const FRESH: Duration = Duration::from_hours(1);
/// How soon its keys are asked for again, where one is missing.
const KEYS_AGAIN: Duration = Duration::from_mins(1);

/// What the service knows us by.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: SecretString,
    /// What the button calls it.
    pub name: String,
    /// Where browsers are sent back to.
    pub back_url: String,
}

/// Why nobody is let in by it.
#[derive(Debug, Error)]
pub enum ProviderError {
    #[error("cannot ask {url}: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("{url} answers {status}: {text}")]
    Refused {
        url: String,
        status: u16,
        text: String,
    },
    #[error("{url} answers with something else than was expected: {reason}")]
    Answer { url: String, reason: String },
    #[error("the token is not in order: {0}")]
    Token(&'static str),
    #[error("the token tells no address that the service vouches for")]
    NoAddress,
}

/// The service; clones share what is known of it.
#[derive(Debug, Clone)]
pub struct Provider {
    config: Arc<ProviderConfig>,
    client: Client,
    known: Arc<Mutex<Option<Known>>>,
}

/// What the service says of itself (OpenID Connect Discovery 1.0).
#[derive(Debug, Clone, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Debug, Clone)]
struct Known {
    metadata: Metadata,
    keys: JwkSet,
    read_at: Instant,
    keys_at: Instant,
}

impl Provider {
    /// Prepares a client; nothing is asked before somebody signs in.
    pub fn new(config: ProviderConfig) -> Result<Self, reqwest::Error> {
        // Fails only where a provider is installed, which then is the one to use.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("Paperround/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            config: Arc::new(config),
            client,
            known: Arc::default(),
        })
    }

    /// What the button calls it.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Where the browser is to go (Core, 3.1.2.1).
    pub async fn departure(&self, flight: &Flight) -> Result<Url, ProviderError> {
        let known = self.known(None).await?;
        let mut url = known.metadata.authorization_endpoint;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("scope", "openid email")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.config.back_url)
            .append_pair("state", &flight.state)
            .append_pair("nonce", &flight.nonce)
            .append_pair("code_challenge", &flight.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Whether an answer names another service as its sender (RFC 9207).
    pub fn is_from(&self, issuer: Option<&str>) -> bool {
        issuer.is_none_or(|issuer| issuer == self.config.issuer)
    }

    /// The address of whoever came back with a code; the service vouches for it.
    pub async fn redeem(
        &self,
        code: &str,
        flight: &Flight,
        now: Time,
    ) -> Result<EmailAddress, ProviderError> {
        let known = self.known(None).await?;
        let token = self.token(&known.metadata, code, flight).await?;
        let key = claims::key_id(&token)?;
        let known = self.known(key.as_deref()).await?;
        let claims = claims::verified(&token, &known.keys)?;
        claims.check(&self.config, &flight.nonce, now)?;
        claims.address().ok_or(ProviderError::NoAddress)
    }

    /// What is known of the service, asked for where that is too old or lacks a key.
    async fn known(&self, key: Option<&str>) -> Result<Known, ProviderError> {
        let mut kept = self.known.lock().await;
        let fresh = kept.take_if(|known| known.read_at.elapsed() < FRESH);
        let mut known = match fresh {
            Some(known) => known,
            None => self.discover().await?,
        };
        let is_missing = key.is_some_and(|key| known.keys.find(key).is_none());
        if is_missing && known.keys_at.elapsed() >= KEYS_AGAIN {
            known.keys = self.keys(&known.metadata).await?;
            known.keys_at = now_monotonic();
        }
        *kept = Some(known.clone());
        Ok(known)
    }

    async fn discover(&self) -> Result<Known, ProviderError> {
        let metadata = self.metadata().await?;
        let keys = self.keys(&metadata).await?;
        let now = now_monotonic();
        Ok(Known {
            metadata,
            keys,
            read_at: now,
            // Keys that are a moment old may be asked for again once.
            keys_at: now.checked_sub(KEYS_AGAIN).unwrap_or(now),
        })
    }
}

fn now_monotonic() -> Instant {
    Instant::now()
}
