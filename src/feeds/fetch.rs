//! Getting a feed: a conditional GET with limits on size, time and where it may lead.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, redirect};
use thiserror::Error;
use url::Url;

use super::guard;
use crate::domain::article::check_url;
use crate::domain::clock::Time;

const MAX_REDIRECTS: usize = 5;
/// A server that cannot be reached should not use up the time that a slow one may need.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("Paperround/", env!("CARGO_PKG_VERSION"));
const ACCEPT: &str = "application/rss+xml, application/atom+xml, application/feed+json, \
    application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1";

/// What a fetch may cost, and where it may go.
#[derive(Debug, Clone, Copy)]
pub struct FetchLimits {
    /// The most bytes of a body, counted after decompression.
    pub max_bytes: usize,
    /// The most time for everything: names, redirects and the whole body.
    pub timeout: Duration,
    /// Whether addresses that are not public may be fetched.
    pub allow_private_addresses: bool,
}

/// What the server said of the version that we have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// What came of a fetch that went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The version that we have is the present one.
    NotModified {
        etag: Option<String>,
        last_modified: Option<String>,
    },
    Body {
        bytes: Vec<u8>,
        /// Where redirects led: the base of relative links.
        final_url: Url,
        etag: Option<String>,
        last_modified: Option<String>,
    },
}

/// Why a feed could not be fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    #[error("{0:?} is not an address that can be fetched (http:// or https://, no user name)")]
    BadUrl(String),
    #[error(
        "{host} is a {kind} address; set feeds.allow_private_addresses to fetch from your own network"
    )]
    PrivateAddress { host: String, kind: &'static str },
    #[error("the name {host} cannot be resolved: {reason}")]
    Dns { host: String, reason: String },
    #[error("cannot connect to {host}: {reason}")]
    Connect { host: String, reason: String },
    #[error("no secure connection to {host}: {reason}")]
    Tls { host: String, reason: String },
    #[error("no complete answer within {} seconds (feeds.timeout_seconds)", .0.as_secs_f64())]
    Timeout(Duration),
    #[error("the answer is larger than {max} bytes (feeds.max_bytes)")]
    TooLarge { max: usize },
    #[error("more than {MAX_REDIRECTS} redirects")]
    TooManyRedirects,
    #[error("the server redirects without saying where to")]
    BadRedirect,
    #[error("the server answers {status}")]
    Status {
        status: u16,
        retry_after: Option<Duration>,
    },
    #[error("the server says that the feed is gone for good (410)")]
    Gone,
    #[error("the answer broke off or cannot be read: {0}")]
    Body(String),
}

/// Why no fetcher could be made.
#[derive(Debug, Error)]
#[error("cannot set up the HTTP client: {0}")]
pub struct SetupError(String);

/// Fetches feeds; cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    limits: FetchLimits,
}

impl Fetcher {
    /// Prepares a client. Installs the process's TLS provider unless there is one.
    pub fn new(limits: FetchLimits) -> Result<Self, SetupError> {
        // Fails only where a provider is installed, which then is the one to use.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let resolver = GuardedResolver {
            allow_private: limits.allow_private_addresses,
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            // A proxy would resolve names behind the guard's back.
            .no_proxy()
            .referer(false)
            .dns_resolver(Arc::new(resolver))
            .connect_timeout(CONNECT_TIMEOUT.min(limits.timeout))
            // Feeds are asked minutes apart; idle connections would only cost both sides.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| SetupError(reason(&error)))?;
        Ok(Self { client, limits })
    }

    /// Gets the feed at `url` unless it is still the version of `validators`; `now` is needed to
    /// understand a Retry-After that names a date.
    pub async fn fetch(
        &self,
        url: &str,
        validators: &Validators,
        now: Time,
    ) -> Result<Fetched, FetchError> {
        let work = self.follow(url, validators, now);
        tokio::time::timeout(self.limits.timeout, work)
            .await
            .unwrap_or(Err(FetchError::Timeout(self.limits.timeout)))
    }

    async fn follow(
        &self,
        url: &str,
        validators: &Validators,
        now: Time,
    ) -> Result<Fetched, FetchError> {
        let mut url = check_url(url).map_err(|_| FetchError::BadUrl(url.to_owned()))?;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.request(&url, validators).await?;
            let status = response.status();
            tracing::debug!(host = host(&url), status = status.as_u16(), "asked a feed");
            match status {
                StatusCode::NOT_MODIFIED => return Ok(not_modified(&response, validators)),
                StatusCode::GONE => return Err(FetchError::Gone),
                _ if is_redirect(status) => url = target(&url, &response)?,
                _ if status.is_success() => return self.read(response, url).await,
                _ => {
                    return Err(FetchError::Status {
                        status: status.as_u16(),
                        retry_after: retry_after(response.headers(), now),
                    });
                }
            }
        }
        Err(FetchError::TooManyRedirects)
    }

    async fn request(&self, url: &Url, validators: &Validators) -> Result<Response, FetchError> {
        // The client asks the resolver for names only; literal addresses are checked here.
        if !self.limits.allow_private_addresses
            && let Some(kind) = guard::literal(url).and_then(guard::refusal)
        {
            return Err(FetchError::PrivateAddress {
                host: host(url).to_owned(),
                kind,
            });
        }
        let mut request = self.client.get(url.clone());
        let conditions = [
            (header::IF_NONE_MATCH, &validators.etag),
            (header::IF_MODIFIED_SINCE, &validators.last_modified),
        ];
        for (name, value) in conditions {
            // What a header cannot hold never came from one.
            if let Some(value) = value.as_ref().and_then(|v| HeaderValue::from_str(v).ok()) {
                request = request.header(name, value);
            }
        }
        request
            .send()
            .await
            .map_err(|error| self.explain(&error, url))
    }

    async fn read(&self, mut response: Response, final_url: Url) -> Result<Fetched, FetchError> {
        let max = self.limits.max_bytes;
        let too_large = FetchError::TooLarge { max };
        let announced = response.content_length().unwrap_or(0);
        if usize::try_from(announced).map_or(true, |length| length > max) {
            return Err(too_large);
        }
        let etag = header_text(response.headers(), &header::ETAG);
        let last_modified = header_text(response.headers(), &header::LAST_MODIFIED);
        let mut bytes = Vec::new();
        // Chunks come decompressed, so a small body that swells is stopped at the same size.
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.explain(&error, &final_url))?
        {
            if bytes.len() + chunk.len() > max {
                return Err(too_large);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched::Body {
            bytes,
            final_url,
            etag,
            last_modified,
        })
    }

    /// Says what an error of the client means.
    fn explain(&self, error: &reqwest::Error, url: &Url) -> FetchError {
        let host = host(url).to_owned();
        if let Some(refused) = find_source::<Refused>(error) {
            return FetchError::PrivateAddress {
                host,
                kind: refused.0,
            };
        }
        let reason = reason(error);
        if error.is_timeout() {
            FetchError::Timeout(if error.is_connect() {
                CONNECT_TIMEOUT.min(self.limits.timeout)
            } else {
                self.limits.timeout
            })
        } else if error.is_dns() {
            FetchError::Dns { host, reason }
        } else if is_tls(error) {
            FetchError::Tls { host, reason }
        } else if error.is_connect() {
            FetchError::Connect { host, reason }
        } else {
            FetchError::Body(reason)
        }
    }
}

/// Resolves names to public addresses only. The connection goes to an address that was checked:
/// nothing is resolved a second time.
struct GuardedResolver {
    allow_private: bool,
}

/// A name whose addresses are all refused.
#[derive(Debug, Error)]
#[error("{0} address")]
struct Refused(&'static str);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(admit(found.collect(), allow_private)?)
        })
    }
}

/// The addresses that may be used, if there are any.
fn admit(found: Vec<SocketAddr>, allow_private: bool) -> Result<Addrs, Refused> {
    if allow_private {
        return Ok(Box::new(found.into_iter()));
    }
    let refusal = found
        .iter()
        .find_map(|address| guard::refusal(address.ip()));
    let public: Vec<SocketAddr> = found
        .into_iter()
        .filter(|address| guard::refusal(address.ip()).is_none())
        .collect();
    match refusal {
        Some(kind) if public.is_empty() => Err(Refused(kind)),
        _ => Ok(Box::new(public.into_iter())),
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads, under the same rules as the first address.
fn target(from: &Url, response: &Response) -> Result<Url, FetchError> {
    let location = header_text(response.headers(), &header::LOCATION);
    let location = location.ok_or(FetchError::BadRedirect)?;
    let joined = from
        .join(&location)
        .map_err(|_| FetchError::BadUrl(location.clone()))?;
    check_url(joined.as_str()).map_err(|_| FetchError::BadUrl(location))
}

/// A server may leave out what has not changed.
fn not_modified(response: &Response, had: &Validators) -> Fetched {
    let headers = response.headers();
    Fetched::NotModified {
        etag: header_text(headers, &header::ETAG).or_else(|| had.etag.clone()),
        last_modified: header_text(headers, &header::LAST_MODIFIED)
            .or_else(|| had.last_modified.clone()),
    }
}

fn header_text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty() && value.len() <= 2000).then(|| value.to_owned())
}

/// How long the server wants to be left alone: seconds or a date.
fn retry_after(headers: &HeaderMap, now: Time) -> Option<Duration> {
    let value = header_text(headers, &header::RETRY_AFTER)?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(&value).ok()?;
    Some((date.to_utc() - now).to_std().unwrap_or_default())
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// The innermost cause says what happened; the layers around it only that it did.
pub(super) fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

pub(super) fn find_source<'e, E: std::error::Error + 'static>(
    error: &'e (dyn std::error::Error + 'static),
) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(present) = next {
        if let Some(found) = present.downcast_ref::<E>() {
            return Some(found);
        }
        next = present.source();
    }
    None
}

/// I/O errors hide what they wrap from `source`, so TLS errors are looked for inside them as well.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut wrapped = find_source::<std::io::Error>(error);
    while let Some(inner) = wrapped.and_then(std::io::Error::get_ref) {
        if inner.is::<rustls::Error>() {
            return true;
        }
        wrapped = inner.downcast_ref();
    }
    find_source::<rustls::Error>(error).is_some()
}

#[cfg(test)]
mod tests;
