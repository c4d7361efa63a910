//! Reads articles' pages for what their feed leaves out: picture, description, and the address that
//! the page gives itself.

use std::time::Duration;

use chrono::TimeDelta;

use super::Deps;
use crate::domain::article::{check_url, url_key, without_tracking};
use crate::domain::feed::Feed;
use crate::domain::story;
use crate::feeds::fetch::FetchError;
use crate::feeds::page::{PageFacts, facts};
use crate::feeds::sanitize::summary_html;
use crate::store::articles::{self, Additions, Identity, Unread};
use crate::store::{StoreError, Tx};

/// Pages that one fetch of a feed may lead to; the rest waits for the next.
const MOST_PAGES: i64 = 10;
/// When no further page is begun.
const LONG_ENOUGH: Duration = Duration::from_mins(1);
/// Older articles are let be.
const FRESH: TimeDelta = TimeDelta::days(2);
/// Titles of one story have at least this share of their words in common.
const ALIKE: f64 = 0.5;

/// Reads the pages of a feed's new articles, one after the other. Returns how many were read.
pub async fn read_pages(deps: &Deps, feed: &Feed) -> Result<u32, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let unread = articles::unread_pages(&mut tx, feed.id, now - FRESH, MOST_PAGES).await?;
    drop(tx);
    let began = tokio::time::Instant::now();
    let mut read = 0;
    for article in unread {
        if began.elapsed() > LONG_ENOUGH {
            break;
        }
        let facts = match deps.fetcher.fetch_page(&article.url, now).await {
            Ok((bytes, at)) => {
                let parsing = tokio::task::spawn_blocking(move || facts(&bytes, &at));
                parsing.await.unwrap_or_default()
            }
            Err(FetchError::Dns { .. } | FetchError::Connect { .. } | FetchError::Timeout(_)) => {
                // The host is in trouble; another time.
                break;
            }
            Err(error) => {
                tracing::debug!(article = %article.id(), %error, "page not read");
                PageFacts::default()
            }
        };
        take_over(deps, feed, &article, facts).await?;
        read += 1;
    }
    Ok(read)
}

async fn take_over(
    deps: &Deps,
    feed: &Feed,
    article: &Unread,
    facts: PageFacts,
) -> Result<(), StoreError> {
    let canonical = facts
        .canonical
        .as_deref()
        .and_then(|url| check_url(url).ok());
    let canonical = canonical.map(without_tracking);
    let escaped = facts.description.as_deref().map(paragraph);
    let additions = Additions {
        image_url: facts.image_url.as_deref(),
        image_alt: facts.image_alt.as_deref(),
        summary_html: escaped.as_deref(),
        summary_text: facts.description.as_deref(),
        url: canonical.as_ref().map(url::Url::as_str),
    };
    let mut tx = deps.store.begin().await?;
    let key = canonical.as_ref().map(url_key);
    let other = match &key {
        Some(key) if *key != article.url_key => same_story(&mut tx, feed, article, key).await?,
        _ => Named::Nobody,
    };
    match other {
        Named::Same(other) => articles::merge(&mut tx, article.id(), other).await?,
        // A page that claims the address of another story is not believed.
        Named::Another => {
            let additions = Additions {
                url: None,
                ..additions
            };
            articles::add_from_page(&mut tx, article.id(), &additions, deps.now()).await?;
        }
        Named::Nobody => {
            articles::add_from_page(&mut tx, article.id(), &additions, deps.now()).await?;
            if let Some(key) = &key {
                articles::add_url(&mut tx, article.id(), feed.publication, key).await?;
            }
        }
    }
    tx.commit().await
}

/// Whose address a page gives itself.
enum Named {
    Nobody,
    Same(crate::domain::ids::ArticleId),
    Another,
}

async fn same_story(
    tx: &mut Tx,
    feed: &Feed,
    article: &Unread,
    key: &str,
) -> Result<Named, StoreError> {
    let identity = Identity {
        publication: feed.publication,
        feed: None,
        guid: None,
        url_key: key,
    };
    let Some(known) = articles::find_known(tx, &identity).await? else {
        return Ok(Named::Nobody);
    };
    let other = known.id();
    if other == article.id() {
        return Ok(Named::Nobody);
    }
    let mine = articles::title_and_use(tx, article.id()).await?;
    let theirs = articles::title_and_use(tx, other).await?;
    let (Some((_, is_used)), Some((title, _))) = (mine, theirs) else {
        return Ok(Named::Another);
    };
    let alike = story::likeness(&article.title, &title).is_some_and(|share| share >= ALIKE);
    Ok(if alike && !is_used {
        Named::Same(other)
    } else {
        Named::Another
    })
}

/// Plain text as the HTML of a summary.
fn paragraph(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            _ => escaped.push(c),
        }
    }
    summary_html(&escaped, None)
}
