//! Asking a hub: a form by POST, under the same limits and guard as a fetch.

use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Response, StatusCode};
use thiserror::Error;
use url::{Url, form_urlencoded};

use super::{FetchError, Fetcher, MAX_REDIRECTS, host, retry_after, target};
use crate::domain::article::check_url;
use crate::domain::clock::Time;
use crate::feeds::sanitize::{plain_line, shorten_line};

/// What is read of a hub's explanation.
const MOST_WORDS: usize = 2000;
const MOST_SHOWN: usize = 200;
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// Why a hub could not be asked.
#[derive(Debug, Error)]
pub enum AskError {
    #[error(transparent)]
    Unreachable(#[from] FetchError),
    #[error("it answers {status}{said}")]
    Refused {
        status: u16,
        /// What it says of that, with a colon in front.
        said: String,
        retry_after: Option<Duration>,
    },
    #[error("it leads from https to http")]
    Downgrade,
}

impl AskError {
    /// How long the hub wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl Fetcher {
    /// Sends a form to a hub; where it names another (307, 308), to that one. A hub that is named
    /// without TLS is tried with it first.
    pub async fn ask_hub(
        &self,
        url: &str,
        form: &[(&str, &str)],
        now: Time,
    ) -> Result<(), AskError> {
        let given = check_url(url).map_err(|_| FetchError::BadUrl(url.to_owned()))?;
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        if let Some(secure) = with_tls(&given) {
            match self.post(secure, &body, now).await {
                Err(AskError::Unreachable(FetchError::Connect { .. } | FetchError::Tls { .. })) => {
                }
                answer => return answer,
            }
        }
        self.post(given, &body, now).await
    }

    async fn post(&self, mut url: Url, body: &str, now: Time) -> Result<(), AskError> {
        let mut left = self.limits.timeout;
        for _ in 0..=MAX_REDIRECTS {
            // Waiting for one's turn is no fault of the server.
            let turn = self.turns.take(host(&url)).await;
            let began = Instant::now();
            let step = tokio::time::timeout(left, self.post_once(&url, body, now)).await;
            drop(turn);
            left = left.saturating_sub(began.elapsed());
            match step.map_err(|_| FetchError::Timeout(self.limits.timeout))?? {
                None => return Ok(()),
                Some(next) if url.scheme() == "https" && next.scheme() == "http" => {
                    return Err(AskError::Downgrade);
                }
                Some(next) => url = next,
            }
        }
        Err(FetchError::TooManyRedirects.into())
    }

    /// Returns where else to ask.
    async fn post_once(&self, url: &Url, body: &str, now: Time) -> Result<Option<Url>, AskError> {
        self.check_literal(url)?;
        let request = self.client.post(url.clone());
        let sent = request.header(CONTENT_TYPE, FORM).body(body.to_owned());
        let response = sent
            .send()
            .await
            .map_err(|error| self.explain(&error, url))?;
        match response.status() {
            status if status.is_success() => Ok(None),
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {
                Ok(Some(target(url, &response)?))
            }
            status => Err(AskError::Refused {
                status: status.as_u16(),
                retry_after: retry_after(response.headers(), now),
                said: said(response).await,
            }),
        }
    }
}

/// The same hub with TLS, where it is named without and at no port of its own.
fn with_tls(url: &Url) -> Option<Url> {
    let has_name = matches!(url.host(), Some(url::Host::Domain(_)));
    if url.scheme() != "http" || url.port().is_some() || !has_name {
        return None;
    }
    let mut secure = url.clone();
    secure.set_scheme("https").ok()?;
    Some(secure)
}

/// What a hub says of its refusal.
async fn said(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= MOST_WORDS {
            bytes.truncate(MOST_WORDS);
            break;
        }
    }
    let line = plain_line(&String::from_utf8_lossy(&bytes));
    match shorten_line(&line, MOST_SHOWN) {
        words if words.is_empty() => words,
        words => format!(": {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_is_asked_with_tls_where_it_may_have_it() {
        let secure = |url: &str| with_tls(&Url::parse(url).unwrap()).map(|url| url.to_string());
        let hub = secure("http://hub.example/a?b");
        assert_eq!(hub.as_deref(), Some("https://hub.example/a?b"));
        assert_eq!(secure("https://hub.example/"), None);
        assert_eq!(secure("http://hub.example:8080/"), None);
        assert_eq!(secure("http://192.0.2.1/"), None);
    }
}
