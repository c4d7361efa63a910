//! Getting a feed: a conditional GET with limits on size, time and where it may lead.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, redirect};
use thiserror::Error;
use url::Url;

use super::guard;
use super::turns::Turns;
use crate::domain::article::check_url;
use crate::domain::clock::Time;

mod ask;
mod outcome;
pub(in crate::feeds) mod resolver;

pub use ask::AskError;
pub use outcome::{FetchError, FetchLimits, Fetched, Validators};
use resolver::{GuardedResolver, Refused};

const MAX_REDIRECTS: usize = 5;
/// A server that cannot be reached should not use up the time that a slow one may need.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The head of a page is in its beginning.
const MAX_PAGE: usize = 512 * 1024;
const USER_AGENT: &str = concat!("Paperround/", env!("CARGO_PKG_VERSION"));
const ACCEPT: &str = "application/rss+xml, application/atom+xml, application/feed+json, \
    application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1";

/// Why no fetcher could be made.
#[derive(Debug, Error)]
#[error("cannot set up the HTTP client: {0}")]
pub struct SetupError(String);

impl SetupError {
    pub(super) fn new(error: &reqwest::Error) -> Self {
        Self(reason(error))
    }
}

/// Fetches feeds; cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    limits: FetchLimits,
    turns: Turns,
}

/// What one request came to.
enum Step {
    Redirect { to: Url, for_good: bool },
    Done(Box<Fetched>),
}

/// What is asked for, beside the address.
struct Wanted<'a> {
    validators: &'a Validators,
    now: Time,
    /// Whether a body that is too large is cut rather than refused, and at which size.
    cut_at: Option<usize>,
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
            .map_err(|error| SetupError::new(&error))?;
        Ok(Self {
            client,
            turns: Turns::new(limits.host_gap),
            limits,
        })
    }

    /// How long a host is left alone between two requests.
    pub fn host_gap(&self) -> Duration {
        self.limits.host_gap
    }

    /// The most bytes of a feed, wherever it comes from.
    pub fn max_bytes(&self) -> usize {
        self.limits.max_bytes
    }

    /// Whether addresses that are not public may be asked.
    pub fn allows_private_addresses(&self) -> bool {
        self.limits.allow_private_addresses
    }

    /// Gets the feed at `url` unless it is still the version of `validators`; `now` is needed to
    /// understand a Retry-After that names a date.
    pub async fn fetch(
        &self,
        url: &str,
        validators: &Validators,
        now: Time,
    ) -> Result<Fetched, FetchError> {
        let wanted = Wanted {
            validators,
            now,
            cut_at: None,
        };
        self.follow(url, &wanted).await
    }

    /// Gets the beginning of a page of the web.
    pub async fn fetch_page(&self, url: &str, now: Time) -> Result<(Vec<u8>, Url), FetchError> {
        let wanted = Wanted {
            validators: &Validators::default(),
            now,
            cut_at: Some(MAX_PAGE.min(self.limits.max_bytes)),
        };
        match self.follow(url, &wanted).await? {
            Fetched::Body {
                bytes, final_url, ..
            } => Ok((bytes, final_url)),
            Fetched::NotModified { .. } => Err(FetchError::Body("304 to no condition".to_owned())),
        }
    }

    async fn follow(&self, url: &str, wanted: &Wanted<'_>) -> Result<Fetched, FetchError> {
        let mut url = check_url(url).map_err(|_| FetchError::BadUrl(url.to_owned()))?;
        let mut left = self.limits.timeout;
        let mut moved_to = None;
        let mut for_good_so_far = true;
        for _ in 0..=MAX_REDIRECTS {
            // Waiting for one's turn is no fault of the server.
            let turn = self.turns.take(host(&url)).await;
            let began = Instant::now();
            let step = tokio::time::timeout(left, self.step(&url, wanted)).await;
            drop(turn);
            left = left.saturating_sub(began.elapsed());
            match step.map_err(|_| FetchError::Timeout(self.limits.timeout))?? {
                Step::Done(fetched) => return Ok(fetched.after_move(moved_to)),
                Step::Redirect { to, for_good } => {
                    for_good_so_far &= for_good;
                    if for_good_so_far {
                        moved_to = Some(to.clone());
                    }
                    url = to;
                }
            }
        }
        Err(FetchError::TooManyRedirects)
    }

    async fn step(&self, url: &Url, wanted: &Wanted<'_>) -> Result<Step, FetchError> {
        let response = self.request(url, wanted.validators).await?;
        let status = response.status();
        tracing::debug!(host = host(url), status = status.as_u16(), "asked a host");
        match status {
            StatusCode::NOT_MODIFIED => Ok(Step::Done(Box::new(not_modified(
                &response,
                wanted.validators,
            )))),
            StatusCode::GONE => Err(FetchError::Gone),
            _ if is_redirect(status) => Ok(Step::Redirect {
                to: target(url, &response)?,
                for_good: matches!(status.as_u16(), 301 | 308),
            }),
            _ if status.is_success() => self
                .read(response, url.clone(), wanted.cut_at)
                .await
                .map(|read| Step::Done(Box::new(read))),
            _ => Err(FetchError::Status {
                status: status.as_u16(),
                retry_after: retry_after(response.headers(), wanted.now),
            }),
        }
    }

    /// The client asks the resolver for names only; literal addresses are checked here.
    fn check_literal(&self, url: &Url) -> Result<(), FetchError> {
        let refusal = guard::literal(url).and_then(guard::refusal);
        match refusal.filter(|_| !self.limits.allow_private_addresses) {
            Some(kind) => Err(FetchError::PrivateAddress {
                host: host(url).to_owned(),
                kind,
            }),
            None => Ok(()),
        }
    }

    async fn request(&self, url: &Url, validators: &Validators) -> Result<Response, FetchError> {
        self.check_literal(url)?;
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

    async fn read(
        &self,
        mut response: Response,
        final_url: Url,
        cut_at: Option<usize>,
    ) -> Result<Fetched, FetchError> {
        let max = cut_at.unwrap_or(self.limits.max_bytes);
        let too_large = FetchError::TooLarge { max };
        let announced = response.content_length().unwrap_or(0);
        let is_large = usize::try_from(announced).map_or(true, |length| length > max);
        if is_large && cut_at.is_none() {
            return Err(too_large);
        }
        let etag = header_text(response.headers(), &header::ETAG);
        let last_modified = header_text(response.headers(), &header::LAST_MODIFIED);
        let content_type = header_text(response.headers(), &header::CONTENT_TYPE);
        let links = response.headers().get_all(header::LINK).iter();
        let links = links.filter_map(|link| link.to_str().ok().map(str::to_owned));
        let links: Vec<String> = links.take(20).collect();
        let mut bytes = Vec::new();
        // Chunks come decompressed, so a small body that swells is stopped at the same size.
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.explain(&error, &final_url))?
        {
            if bytes.len() + chunk.len() > max {
                if cut_at.is_none() {
                    return Err(too_large);
                }
                bytes.extend_from_slice(&chunk[..max - bytes.len()]);
                break;
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched::Body {
            bytes,
            final_url,
            etag,
            last_modified,
            moved_to: None,
            links,
            content_type,
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
        moved_to: None,
    }
}

fn header_text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty() && value.len() <= 2000).then(|| value.to_owned())
}

/// How long the server wants to be left alone: seconds or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Time) -> Option<Duration> {
    let value = header_text(headers, &header::RETRY_AFTER)?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(&value).ok()?;
    Some((date.to_utc() - now).to_std().unwrap_or_default())
}

pub(super) fn host(url: &Url) -> &str {
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
pub(super) fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
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
