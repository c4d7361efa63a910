//! Telling a program elsewhere of something: one POST, with limits on time and answer, to public
//! addresses only, and wherever a redirect leads it is not followed.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header;
use reqwest::{Client, Response, redirect};
use thiserror::Error;
use url::Url;

use super::fetch::resolver::{GuardedResolver, Refused};
use super::fetch::{SetupError, find_source, host, is_tls, reason, retry_after};
use super::guard;
use crate::domain::clock::Time;
use crate::domain::webhook::{WebhookUrlError, check_webhook_url};

/// What is read of an answer.
const MOST_BYTES: usize = 1024;
const USER_AGENT: &str = concat!("Paperround/", env!("CARGO_PKG_VERSION"));

/// What a call may cost, and where it may go.
#[derive(Debug, Clone, Copy)]
pub struct CallLimits {
    /// For everything: name, connection, request and answer.
    pub timeout: Duration,
    /// Whether addresses that are not public may be called, and without TLS.
    pub allow_private_addresses: bool,
}

/// Calls programs elsewhere; cheap to clone.
#[derive(Debug, Clone)]
pub struct Caller {
    client: Client,
    limits: CallLimits,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Its beginning, as text.
    pub body: String,
    /// How long the program wants to be left alone.
    pub retry_after: Option<Duration>,
}

impl Answer {
    /// Whether the program has taken what it was told.
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there was no answer.
#[derive(Debug, Error)]
pub enum CallError {
    #[error(transparent)]
    Url(#[from] WebhookUrlError),
    #[error(
        "{host} is a {kind} address; set webhooks.allow_private_addresses to call your own network"
    )]
    PrivateAddress { host: String, kind: &'static str },
    #[error("the name {host} cannot be resolved: {reason}")]
    Dns { host: String, reason: String },
    #[error("no secure connection to {host}: {reason}")]
    Tls { host: String, reason: String },
    #[error("cannot connect to {host}: {reason}")]
    Connect { host: String, reason: String },
    #[error("no answer within {} seconds (webhooks.timeout_seconds)", .0.as_secs_f64())]
    Timeout(Duration),
    #[error("the line broke: {0}")]
    Broken(String),
}

impl Caller {
    /// Prepares a client. Installs the process's TLS provider unless there is one.
    pub fn new(limits: CallLimits) -> Result<Self, SetupError> {
        // Fails only where a provider is installed, which then is the one to use.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let resolver = GuardedResolver {
            allow_private: limits.allow_private_addresses,
        };
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            // A proxy would resolve names behind the guard's back.
            .no_proxy()
            .referer(false)
            .dns_resolver(Arc::new(resolver))
            .connect_timeout(limits.timeout)
            .build()
            .map_err(|error| SetupError::new(&error))?;
        Ok(Self { client, limits })
    }

    /// Whether addresses that are not public may be called, and without TLS.
    pub fn allows_private_addresses(&self) -> bool {
        self.limits.allow_private_addresses
    }

    /// Posts JSON with these header fields.
    pub async fn call(
        &self,
        url: &str,
        fields: &[(&'static str, String)],
        body: String,
        now: Time,
    ) -> Result<Answer, CallError> {
        let url = check_webhook_url(url, self.limits.allow_private_addresses)?;
        let answered = self.post(&url, fields, body, now);
        match tokio::time::timeout(self.limits.timeout, answered).await {
            Ok(answered) => answered,
            Err(_) => Err(CallError::Timeout(self.limits.timeout)),
        }
    }

    async fn post(
        &self,
        url: &Url,
        fields: &[(&'static str, String)],
        body: String,
        now: Time,
    ) -> Result<Answer, CallError> {
        // The client asks the resolver for names only; literal addresses are checked here.
        let refusal = guard::literal(url).and_then(guard::refusal);
        if let Some(kind) = refusal.filter(|_| !self.limits.allow_private_addresses) {
            let host = host(url).to_owned();
            return Err(CallError::PrivateAddress { host, kind });
        }
        let mut request = self.client.post(url.clone());
        request = request.header(header::CONTENT_TYPE, "application/json");
        for (name, value) in fields {
            request = request.header(*name, value);
        }
        let response = request.body(body).send().await;
        let response = response.map_err(|error| self.explain(&error, url))?;
        Ok(Answer {
            status: response.status().as_u16(),
            retry_after: retry_after(response.headers(), now),
            body: beginning(response).await,
        })
    }

    /// Says what an error of the client means.
    fn explain(&self, error: &reqwest::Error, url: &Url) -> CallError {
        let host = host(url).to_owned();
        if let Some(refused) = find_source::<Refused>(error) {
            let kind = refused.0;
            return CallError::PrivateAddress { host, kind };
        }
        let reason = reason(error);
        if error.is_timeout() {
            CallError::Timeout(self.limits.timeout)
        } else if error.is_dns() {
            CallError::Dns { host, reason }
        } else if is_tls(error) {
            CallError::Tls { host, reason }
        } else if error.is_connect() {
            CallError::Connect { host, reason }
        } else {
            CallError::Broken(reason)
        }
    }
}

/// The beginning of an answer, for the log: what comes behind it is not read, and a body that breaks
/// off says no less than it did.
async fn beginning(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= MOST_BYTES {
            bytes.truncate(MOST_BYTES);
            break;
        }
    }
    // PostgreSQL keeps no NUL in a text.
    String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}")
}
