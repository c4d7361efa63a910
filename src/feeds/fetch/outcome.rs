//! What a fetch may cost, what came of it, and why nothing did.

use std::time::Duration;

use thiserror::Error;
use url::Url;

use super::MAX_REDIRECTS;

/// What a fetch may cost, and where it may go.
#[derive(Debug, Clone, Copy)]
pub struct FetchLimits {
    /// The most bytes of a body, counted after decompression.
    pub max_bytes: usize,
    /// The most time for everything: names, redirects and the whole body.
    pub timeout: Duration,
    /// Whether addresses that are not public may be fetched.
    pub allow_private_addresses: bool,
    /// How long a host is left alone between two requests.
    pub host_gap: Duration,
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
        moved_to: Option<Url>,
    },
    Body {
        bytes: Vec<u8>,
        /// Where redirects led: the base of relative links.
        final_url: Url,
        etag: Option<String>,
        last_modified: Option<String>,
        /// Where redirects that are meant for good led.
        moved_to: Option<Url>,
        /// The Link fields of the answer.
        links: Vec<String>,
        content_type: Option<String>,
    },
}

impl Fetched {
    /// The same, found where redirects for good led.
    pub(super) fn after_move(mut self, target: Option<Url>) -> Self {
        let (Self::NotModified { moved_to, .. } | Self::Body { moved_to, .. }) = &mut self;
        *moved_to = target;
        self
    }
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
