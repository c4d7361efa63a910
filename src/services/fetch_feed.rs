//! Asks a feed for news and takes in what it has.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use thiserror::Error;
use url::Url;

use super::Deps;
use super::ingest_article::{Incoming, IngestError, Ingested, Intake};
use crate::domain::article::ArticleContent;
use crate::domain::clock::Time;
use crate::domain::feed::{Feed, next_fetch};
use crate::domain::ids::FeedId;
use crate::domain::job::Job;
use crate::feeds::fetch::{FetchError, Fetched, Validators};
use crate::feeds::parse::{ParseError, parse};
use crate::feeds::{ParsedEntry, ParsedFeed};
use crate::store::{StoreError, feeds};

/// How long a feed that is being asked is left alone by others.
const TAKEN_FOR: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// What a fetch brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The server said that nothing had changed.
    pub not_modified: bool,
    pub added: u32,
    pub updated: u32,
    pub unchanged: u32,
    /// Items without a title or an address.
    pub dropped: u32,
}

/// Why a fetch brought nothing.
#[derive(Debug, Error)]
pub enum FeedError {
    #[error("there is no such feed")]
    Unknown,
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Parse(#[from] ParseError),
    #[error("the feed could not be read: {0}")]
    Crashed(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes the feeds that are due and enqueues a job for each. Of several nodes one gets a feed.
pub async fn enqueue_due(deps: &Deps) -> Result<usize, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let due = feeds::due(&mut tx, now, 100).await?;
    drop(tx);
    let mut taken = 0;
    for feed in due {
        let mut tx = deps.store.begin().await?;
        if !feeds::take(&mut tx, feed, now, now + TAKEN_FOR).await? {
            continue;
        }
        let job = Job::FetchFeed { feed };
        deps.push(&mut tx, &job).await?;
        tx.commit().await?;
        deps.wake(&job);
        taken += 1;
    }
    Ok(taken)
}

/// Fetches a feed now and takes its articles in.
pub async fn fetch(deps: &Deps, id: FeedId) -> Result<Report, FeedError> {
    let mut tx = deps.store.read().await?;
    let feed = feeds::find(&mut tx, id).await?.ok_or(FeedError::Unknown)?;
    drop(tx);
    match bring(deps, &feed).await {
        Ok(report) => {
            tracing::info!(feed = %id, added = report.added, updated = report.updated, "feed fetched");
            Ok(report)
        }
        Err(FeedError::Store(error)) => Err(error.into()),
        Err(error) => {
            note_failure(deps, &feed, &error).await?;
            Err(error)
        }
    }
}

async fn bring(deps: &Deps, feed: &Feed) -> Result<Report, FeedError> {
    let validators = Validators {
        etag: feed.etag.clone(),
        last_modified: feed.last_modified.clone(),
    };
    match deps
        .fetcher
        .fetch(&feed.url, &validators, deps.now())
        .await?
    {
        Fetched::NotModified { .. } => {
            let etag = validators.etag.as_deref();
            let last_modified = validators.last_modified.as_deref();
            note_success(deps, feed, None, etag, last_modified).await?;
            Ok(Report {
                not_modified: true,
                ..Report::default()
            })
        }
        Fetched::Body {
            bytes,
            final_url,
            etag,
            last_modified,
        } => {
            let parsed = tokio::task::spawn_blocking(move || parse_at(&bytes, final_url.as_str()))
                .await
                .map_err(|panic| FeedError::Crashed(panic.to_string()))??;
            let report = take_in(deps, feed, &parsed).await?;
            note_success(
                deps,
                feed,
                parsed.title.as_deref(),
                etag.as_deref(),
                last_modified.as_deref(),
            )
            .await?;
            Ok(report)
        }
    }
}

fn parse_at(bytes: &[u8], url: &str) -> Result<ParsedFeed, ParseError> {
    parse(bytes, Url::parse(url).ok().as_ref())
}

async fn take_in(deps: &Deps, feed: &Feed, parsed: &ParsedFeed) -> Result<Report, FeedError> {
    let mut tx = deps.store.begin().await?;
    let mut intake = Intake::open(deps, &mut tx, feed.publication, Some(feed.id)).await?;
    let shared = shared_pages(&parsed.entries);
    let mut entries: Vec<&ParsedEntry> = parsed.entries.iter().collect();
    // The latest first: where an article comes twice, its last word counts.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated_at.or(entry.published_at)));
    let mut report = Report::default();
    for entry in entries {
        let incoming = Incoming {
            shares_page: shared.contains(entry.url.as_str()),
            ..incoming(feed, entry)
        };
        match intake.take(&mut tx, &incoming).await {
            Ok(Ingested::Added(_)) => report.added += 1,
            Ok(Ingested::Updated(_)) => report.updated += 1,
            Ok(Ingested::Unchanged(_)) => report.unchanged += 1,
            Err(IngestError::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::debug!(feed = %feed.id, item = %entry.id, %error, "item dropped");
                report.dropped += 1;
            }
        }
    }
    tx.commit().await?;
    Ok(report)
}

/// Addresses that items with different ids and titles have in common, such as that of a live page.
fn shared_pages(entries: &[ParsedEntry]) -> HashSet<&str> {
    let mut first: HashMap<&str, &ParsedEntry> = HashMap::new();
    let mut shared = HashSet::new();
    for entry in entries.iter().filter(|entry| !entry.url.is_empty()) {
        let other = first.entry(&entry.url).or_insert(entry);
        if other.id != entry.id && other.title != entry.title {
            shared.insert(entry.url.as_str());
        }
    }
    shared
}

fn incoming(feed: &Feed, entry: &ParsedEntry) -> Incoming {
    Incoming {
        content: ArticleContent {
            title: entry.title.clone(),
            url: entry.url.clone(),
            summary_html: entry.summary_html.clone(),
            summary_text: entry.summary_text.clone(),
            authors: entry.authors.clone(),
            image_url: entry.image_url.clone(),
            image_alt: entry.image_alt.clone(),
            language: entry.language.clone(),
            published_at: entry.published_at,
            updated_at: entry.updated_at,
            words: entry.words,
        },
        guid: Some(entry.id.clone()).filter(|id| !id.is_empty()),
        topics: feed.topics_for(&entry.categories),
        categories: entry.categories.clone(),
        ..Incoming::default()
    }
}

async fn note_success(
    deps: &Deps,
    feed: &Feed,
    title: Option<&str>,
    etag: Option<&str>,
    last_modified: Option<&str>,
) -> Result<(), StoreError> {
    let next_fetch_at = next_time(deps, feed, 0, None);
    let fetched = feeds::Fetched {
        title,
        etag,
        last_modified,
        error: None,
        failures: 0,
        next_fetch_at,
    };
    save(deps, feed.id, &fetched).await
}

async fn note_failure(deps: &Deps, feed: &Feed, error: &FeedError) -> Result<(), StoreError> {
    let retry_after = match error {
        FeedError::Fetch(FetchError::Status { retry_after, .. }) => *retry_after,
        _ => None,
    };
    let failures = feed.failures.saturating_add(1);
    let text = error.to_string();
    tracing::warn!(feed = %feed.id, failures, error = %text, "feed failed");
    let fetched = feeds::Fetched {
        title: None,
        etag: feed.etag.as_deref(),
        last_modified: feed.last_modified.as_deref(),
        error: Some(&text),
        failures,
        next_fetch_at: next_time(deps, feed, failures, retry_after),
    };
    save(deps, feed.id, &fetched).await
}

fn next_time(deps: &Deps, feed: &Feed, failures: u32, retry_after: Option<Duration>) -> Time {
    next_fetch(
        deps.now(),
        feed.every,
        failures,
        retry_after,
        deps.random.fraction(),
    )
}

async fn save(deps: &Deps, id: FeedId, fetched: &feeds::Fetched<'_>) -> Result<(), StoreError> {
    let mut tx = deps.store.begin().await?;
    feeds::record(&mut tx, id, fetched, deps.now()).await?;
    tx.commit().await
}
