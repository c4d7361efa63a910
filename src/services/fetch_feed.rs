//! Asks a feed for news and takes in what it has.

use std::collections::HashSet;
use std::time::Duration;

use metrics::counter;
use thiserror::Error;
use url::Url;

use super::Deps;
use super::read_pages::read_pages;
use super::websub::Seen;
use crate::domain::clock::Time;
use crate::domain::feed::{Feed, FeedState, host_of};
use crate::domain::ids::FeedId;
use crate::domain::job::Job;
use crate::feeds::fetch::{FetchError, Fetched, Validators};
use crate::feeds::hub::{HubOffer, in_named_encoding, offer};
use crate::feeds::parse::{ParseError, parse};
use crate::store::{StoreError, Tx, feeds};

mod record;
mod take_in;

use record::Learnt;
use take_in::take_in;

/// How long a feed that is being asked is left alone by others.
const TAKEN_FOR: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// How long one who asks by hand waits for a host that is being asked.
const PATIENCE: Duration = Duration::from_secs(30);

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
    /// Items beyond the most that are read of a feed.
    pub left_out: usize,
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
    #[error("its server said that the feed is gone; `paperround feed resume` asks again")]
    Gone,
    #[error("the feed could not be read: {0}")]
    Crashed(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes the feeds that are due and enqueues a job for each, at most one of a host at a time. Of
/// several nodes one gets a feed.
pub async fn enqueue_due(deps: &Deps) -> Result<usize, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let due = feeds::due(&mut tx, now, 500).await?;
    drop(tx);
    one_of_each_host(deps, due, now + TAKEN_FOR, feeds::take, |feed| {
        Job::FetchFeed { feed }
    })
    .await
}

/// Enqueues a job for each that `take` gets for this node, at most one of a host at a time.
pub(super) async fn one_of_each_host<I: Copy>(
    deps: &Deps,
    due: Vec<(I, String)>,
    until: Time,
    take: impl AsyncFn(&mut Tx, I, Time, Time) -> Result<bool, StoreError>,
    job: impl Fn(I) -> Job,
) -> Result<usize, StoreError> {
    let now = deps.now();
    let mut taken = 0;
    let mut hosts = HashSet::new();
    for (id, url) in due {
        let host = host_of(&url);
        if !hosts.insert(host.clone()) {
            continue;
        }
        let mut tx = deps.store.begin().await?;
        // What is not committed is undone: one whose host is busy stays due.
        if !feeds::claim_host(&mut tx, &host, now, until).await?
            || !take(&mut tx, id, now, until).await?
        {
            continue;
        }
        let job = job(id);
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
    if feed.state == FeedState::Gone {
        return Err(FeedError::Gone);
    }
    let brought = bring(deps, &feed).await;
    let word = match &brought {
        Ok(report) if report.not_modified => "unchanged",
        Ok(_) => "read",
        Err(_) => "failed",
    };
    counter!("paperround_feed_fetches_total", "outcome" => word).increment(1);
    match brought {
        Ok(report) => {
            let Report {
                added,
                updated,
                left_out,
                ..
            } = report;
            tracing::info!(feed = %id, added, updated, left_out, "feed fetched");
            if feed.article_pages {
                read_pages(deps, &feed).await?;
            }
            Ok(report)
        }
        Err(FeedError::Store(error)) => Err(error.into()),
        Err(error) => {
            record::failure(deps, &feed, &error).await?;
            Err(error)
        }
    }
}

/// The same by hand: waits for its turn at the host, if a worker is asking it.
pub async fn fetch_by_hand(deps: &Deps, id: FeedId) -> Result<Report, FeedError> {
    let mut tx = deps.store.read().await?;
    let feed = feeds::find(&mut tx, id).await?.ok_or(FeedError::Unknown)?;
    drop(tx);
    let host = host_of(&feed.url);
    let began = tokio::time::Instant::now();
    while began.elapsed() < PATIENCE {
        let now = deps.now();
        let mut tx = deps.store.begin().await?;
        let is_free = feeds::claim_host(&mut tx, &host, now, now + TAKEN_FOR).await?;
        tx.commit().await?;
        if is_free {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    fetch(deps, id).await
}

async fn bring(deps: &Deps, feed: &Feed) -> Result<Report, FeedError> {
    let validators = Validators {
        etag: feed.etag.clone(),
        last_modified: feed.last_modified.clone(),
    };
    let asked = deps.fetcher.fetch(&feed.url, &validators, deps.now());
    match asked.await? {
        Fetched::NotModified { moved_to, .. } => {
            let learnt = Learnt {
                parsed: None,
                hub: Seen::Nothing,
                added: 0,
                etag: validators.etag.as_deref(),
                last_modified: validators.last_modified.as_deref(),
                moved_to: moved_to.as_ref().map(Url::as_str),
            };
            record::success(deps, feed, learnt).await?;
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
            moved_to,
            links,
            content_type,
        } => {
            let (parsed, hub) = on_a_thread(move || {
                let bytes = in_named_encoding(bytes, content_type.as_deref());
                let parsed = parse(&bytes, Some(&final_url))?;
                let hub: Option<HubOffer> = offer(&links, &bytes, &final_url);
                Ok((parsed, hub))
            })
            .await?;
            let report = take_in(deps, feed, &parsed).await?;
            let learnt = Learnt {
                parsed: Some(&parsed),
                hub: Seen::Feed(hub.as_ref()),
                added: report.added,
                etag: etag.as_deref(),
                last_modified: last_modified.as_deref(),
                moved_to: moved_to.as_ref().map(Url::as_str),
            };
            record::success(deps, feed, learnt).await?;
            Ok(report)
        }
    }
}

/// Takes in what a hub has pushed of the feed at `topic`, and says what it brought and the date of
/// its newest item.
pub(super) async fn take_push(
    deps: &Deps,
    feed: &Feed,
    body: Vec<u8>,
    content_type: Option<String>,
    topic: &str,
) -> Result<(Report, Option<Time>), FeedError> {
    let base = Url::parse(topic).ok();
    let parsed = on_a_thread(move || {
        let bytes = in_named_encoding(body, content_type.as_deref());
        parse(&bytes, base.as_ref())
    })
    .await?;
    let report = take_in(deps, feed, &parsed).await?;
    let newest = record::newest(&parsed, report.added, deps.now());
    Ok((report, newest))
}

/// Parsing takes its time, and may not cost more than this feed.
async fn on_a_thread<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ParseError> + Send + 'static,
) -> Result<T, FeedError> {
    let done = tokio::task::spawn_blocking(read).await;
    Ok(done.map_err(|panic| FeedError::Crashed(panic.to_string()))??)
}
