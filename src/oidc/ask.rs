//! What the service is asked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::JwkSet;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::{Metadata, Provider, ProviderError};
use crate::domain::flight::Flight;

/// More than any of its answers has.
const MOST_BYTES: usize = 256 * 1024;
/// What is told of an answer that says no.
const MOST_TOLD: usize = 300;

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

impl Provider {
    /// What the service says of itself; it must be the one that the settings name (Discovery, 4.3).
    pub(super) async fn metadata(&self) -> Result<Metadata, ProviderError> {
        let issuer = self.config.issuer.as_str();
        let url = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let found: Metadata = self.ask(&url, self.client.get(&url)).await?;
        if found.issuer != issuer {
            let reason = format!(
                "it calls itself {:?}, and oidc.issuer is {issuer:?}",
                found.issuer
            );
            return Err(ProviderError::Answer { url, reason });
        }
        Ok(found)
    }

    /// The keys that it signs with.
    pub(super) async fn keys(&self, metadata: &Metadata) -> Result<JwkSet, ProviderError> {
        let url = metadata.jwks_uri.as_str();
        self.ask(url, self.client.get(url)).await
    }

    /// The ID token for a code (Core, 3.1.3).
    pub(super) async fn token(
        &self,
        metadata: &Metadata,
        code: &str,
        flight: &Flight,
    ) -> Result<String, ProviderError> {
        let url = metadata.token_endpoint.as_str();
        let request = self.redemption(metadata, code, flight);
        let tokens: Tokens = self.ask(url, request).await?;
        Ok(tokens.id_token)
    }

    fn redemption(&self, metadata: &Metadata, code: &str, flight: &Flight) -> RequestBuilder {
        let config = &self.config;
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &config.back_url)
            .append_pair("code_verifier", &flight.verifier);
        let mut request = self
            .client
            .post(metadata.token_endpoint.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let secret = config.client_secret.expose_secret();
        if metadata.takes_basic() {
            let pair = format!("{}:{}", encoded(&config.client_id), encoded(secret));
            request = request.header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair)));
        } else {
            form.append_pair("client_id", &config.client_id)
                .append_pair("client_secret", secret);
        }
        request.body(form.finish())
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        url: &str,
        request: RequestBuilder,
    ) -> Result<T, ProviderError> {
        let unreachable = |error: reqwest::Error| ProviderError::Unreachable {
            url: url.to_owned(),
            // The addresses within may hold codes.
            reason: error.without_url().to_string(),
        };
        let answer = request.header(ACCEPT, "application/json").send().await;
        let answer = answer.map_err(unreachable)?;
        let status = answer.status();
        let body = read(answer).await.map_err(unreachable)?;
        if !status.is_success() {
            let text = String::from_utf8_lossy(&body);
            return Err(ProviderError::Refused {
                url: url.to_owned(),
                status: status.as_u16(),
                text: text.chars().take(MOST_TOLD).collect(),
            });
        }
        serde_json::from_slice(&body).map_err(|error| ProviderError::Answer {
            url: url.to_owned(),
            reason: error.to_string(),
        })
    }
}

impl Metadata {
    /// The usual way to prove oneself, unless the service names others only (Core, 9).
    fn takes_basic(&self) -> bool {
        let named = self.token_endpoint_auth_methods_supported.as_ref();
        named.is_none_or(|ways| ways.iter().any(|way| way == "client_secret_basic"))
    }
}

/// As the standard has it within Basic (RFC 6749, 2.3.1).
fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// The body, cut where it is too long: what is cut does not parse.
async fn read(mut answer: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_BYTES {
            break;
        }
    }
    Ok(body)
}
