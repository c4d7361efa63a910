//! Looks at an address that an operator gives: is it a feed, or a page that offers some?

use thiserror::Error;
use url::Url;

use super::Deps;
use crate::feeds::discover::{Offer, offers};
use crate::feeds::fetch::{FetchError, Fetched, Validators};
use crate::feeds::parse::{ParseError, parse};

/// Links of a page that are looked at, where it declares no feed.
const MOST_LOOKS: usize = 5;

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// The address is a feed, or its page offers just one.
    Feed {
        url: String,
        title: Option<String>,
        /// Whether a page led there.
        by_page: bool,
    },
    /// A page offers several: somebody has to choose.
    Several(Vec<Offer>),
    /// Nobody answers now, which says nothing of the feed.
    Unreachable(FetchError),
}

/// Why there can be no feed.
#[derive(Debug, Error)]
pub enum DiscoverError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("{url} is a page, and it offers no feed; give the address of the feed itself")]
    NoOffer { url: String },
    #[error("{url} offers a feed at {offered}, which is none: {reason}")]
    BadOffer {
        url: String,
        offered: String,
        reason: String,
    },
    #[error("{url}: {reason}")]
    NotAFeed { url: String, reason: ParseError },
    #[error("the answer could not be read: {0}")]
    Crashed(String),
}

/// What an address turned out to be.
enum Seen {
    Feed { title: Option<String> },
    Page { bytes: Vec<u8>, at: Url },
    Other(ParseError),
}

/// Looks at an address.
pub async fn discover(deps: &Deps, url: &str) -> Result<Found, DiscoverError> {
    let (bytes, at) = match look(deps, url).await {
        Ok(Seen::Feed { title }) => {
            return Ok(Found::Feed {
                url: url.to_owned(),
                title,
                by_page: false,
            });
        }
        Ok(Seen::Page { bytes, at }) => (bytes, at),
        Ok(Seen::Other(reason)) => {
            let url = url.to_owned();
            return Err(DiscoverError::NotAFeed { url, reason });
        }
        Err(DiscoverError::Fetch(error)) if is_passing(&error) => {
            return Ok(Found::Unreachable(error));
        }
        Err(error) => return Err(error),
    };
    let found = offers(&bytes, &at);
    let mut declared = found.declared;
    if declared.iter().any(|offer| !offer.comments) {
        declared.retain(|offer| !offer.comments);
    }
    match declared.as_slice() {
        [] => among_links(deps, url, found.linked).await,
        [only] => the_only(deps, url, only).await,
        _ => Ok(Found::Several(declared)),
    }
}

/// The one feed that a page declares; it has to be one.
async fn the_only(deps: &Deps, page: &str, offer: &Offer) -> Result<Found, DiscoverError> {
    let bad = |reason: String| DiscoverError::BadOffer {
        url: page.to_owned(),
        offered: offer.url.clone(),
        reason,
    };
    match look(deps, &offer.url).await {
        Ok(Seen::Feed { title }) => Ok(Found::Feed {
            url: offer.url.clone(),
            title,
            by_page: true,
        }),
        Ok(Seen::Page { .. }) => Err(bad("it is a page".to_owned())),
        Ok(Seen::Other(reason)) => Err(bad(reason.to_string())),
        Err(error) => Err(bad(error.to_string())),
    }
}

/// What a page links to and looks like a feed; only what is one counts.
async fn among_links(deps: &Deps, page: &str, linked: Vec<Offer>) -> Result<Found, DiscoverError> {
    let mut feeds = Vec::new();
    for offer in linked.into_iter().take(MOST_LOOKS) {
        if let Ok(Seen::Feed { title }) = look(deps, &offer.url).await {
            feeds.push(Offer {
                title: title.or(offer.title),
                ..offer
            });
        }
    }
    match feeds.pop() {
        None => Err(DiscoverError::NoOffer {
            url: page.to_owned(),
        }),
        Some(only) if feeds.is_empty() => Ok(Found::Feed {
            url: only.url,
            title: only.title,
            by_page: true,
        }),
        Some(last) => {
            feeds.push(last);
            Ok(Found::Several(feeds))
        }
    }
}

/// Whether another time may go better.
fn is_passing(error: &FetchError) -> bool {
    match error {
        FetchError::BadUrl(_)
        | FetchError::PrivateAddress { .. }
        | FetchError::TooManyRedirects
        | FetchError::BadRedirect
        | FetchError::TooLarge { .. }
        | FetchError::Gone => false,
        FetchError::Status { status, .. } => *status != 404,
        FetchError::Dns { .. }
        | FetchError::Connect { .. }
        | FetchError::Tls { .. }
        | FetchError::Timeout(_)
        | FetchError::Body(_) => true,
    }
}

async fn look(deps: &Deps, url: &str) -> Result<Seen, DiscoverError> {
    let none = Validators::default();
    let fetched = deps.fetcher.fetch(url, &none, deps.now()).await?;
    let Fetched::Body {
        bytes, final_url, ..
    } = fetched
    else {
        return Err(FetchError::Body("304 to no condition".to_owned()).into());
    };
    let parsing = tokio::task::spawn_blocking(move || match parse(&bytes, Some(&final_url)) {
        Ok(feed) => Seen::Feed { title: feed.title },
        Err(ParseError::HtmlPage { .. }) => Seen::Page {
            bytes,
            at: final_url,
        },
        Err(error) => Seen::Other(error),
    });
    parsing
        .await
        .map_err(|panic| DiscoverError::Crashed(panic.to_string()))
}
