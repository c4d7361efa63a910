//! What a fetch leaves behind in the feed's row: how it went, its rhythm, and when to ask again.

use std::time::Duration;

use super::super::Deps;
use super::super::websub::{self, Seen};
use super::FeedError;
use crate::domain::clock::Time;
use crate::domain::feed::{
    Feed, FeedState, Health, MOVED_FOR_GOOD, count_categories, host_of, next_fetch,
};
use crate::domain::rhythm::Rhythm;
use crate::feeds::ParsedFeed;
use crate::feeds::fetch::FetchError;
use crate::store::feeds::hubs;
use crate::store::{StoreError, Tx, feeds};

/// What a fetch that went well has learnt.
pub(super) struct Learnt<'a> {
    /// `None`: nothing has changed.
    pub parsed: Option<&'a ParsedFeed>,
    pub hub: Seen<'a>,
    pub added: u32,
    pub etag: Option<&'a str>,
    pub last_modified: Option<&'a str>,
    pub moved_to: Option<&'a str>,
}

/// Records a fetch that went well.
pub(super) async fn success(
    deps: &Deps,
    feed: &Feed,
    learnt: Learnt<'_>,
) -> Result<(), StoreError> {
    let now = deps.now();
    let health = health_after(feed, &learnt, now);
    let every = feed.interval(&health, now);
    let moved = feed.moved_after(learnt.moved_to);
    let mut tx = deps.store.begin().await?;
    let hub = websub::tend(deps, &mut tx, feed, learnt.hub).await?;
    if let Some(hub) = hub.as_ref().filter(|hub| hub.is_verified(now))
        && learnt.added > 0
    {
        hubs::missed(&mut tx, hub.id).await?;
    }
    let categories = learnt.parsed.map(|parsed| {
        let entries = parsed.entries.iter();
        count_categories(entries.map(|entry| entry.categories.as_slice()))
    });
    let pace = hub.map_or(every, |hub| hub.pace(every, now));
    let fetched = feeds::Fetched {
        title: learnt.parsed.and_then(|parsed| parsed.title.as_deref()),
        etag: learnt.etag,
        last_modified: learnt.last_modified,
        error: None,
        failures: 0,
        next_fetch_at: next_fetch(now, pace, 0, None, deps.random.fraction()),
        every,
        health,
        moved: moved.clone(),
        categories: categories.as_deref(),
    };
    feeds::record(&mut tx, feed.id, &fetched, now).await?;
    if let Some((target, seen)) = moved
        && seen >= MOVED_FOR_GOOD
    {
        follow_move(&mut tx, feed, &target, now).await?;
    }
    free(deps, &mut tx, feed, now).await?;
    tx.commit().await
}

/// The feed is elsewhere from now on, unless the publication has that feed already.
async fn follow_move(tx: &mut Tx, feed: &Feed, target: &str, now: Time) -> Result<(), StoreError> {
    if let Some(other) = feeds::find_by_url(tx, feed.publication, target).await? {
        let reason = format!("moved for good to {target}, which is connected as {other}");
        tracing::warn!(feed = %feed.id, %other, "feed stopped: it moved to a feed that is connected");
        hubs::part(tx, feed.id, now).await?;
        return feeds::stop(tx, feed.id, FeedState::Gone, &reason).await;
    }
    tracing::info!(feed = %feed.id, "feed moved for good");
    feeds::set_url(tx, feed.id, target, true).await
}

fn health_after(feed: &Feed, learnt: &Learnt<'_>, now: Time) -> Health {
    let before = feed.health;
    let dates: Vec<Time> = learnt.parsed.into_iter().flat_map(dates).collect();
    let has_news = learnt.added > 0;
    let seen = learnt
        .parsed
        .and_then(|parsed| newest(parsed, learnt.added, now));
    let last_new_at = seen.max(before.last_new_at);
    let learnt_rhythm = || {
        let since = (now - before.last_new_at?).to_std().ok()?;
        Some(Rhythm::learnt(before.rhythm, since, learnt.added))
    };
    let rhythm = Rhythm::of(dates, now)
        .or_else(|| has_news.then(learnt_rhythm).flatten())
        .or(before.rhythm);
    Health {
        rhythm,
        last_ok_at: Some(now),
        last_new_at,
        last_added: learnt.added,
        left_out: learnt.parsed.map_or(before.left_out, |parsed| {
            u32::try_from(parsed.left_out).unwrap_or(u32::MAX)
        }),
    }
}

/// The date of the newest item; where none has a date, new items are of now.
pub(super) fn newest(parsed: &ParsedFeed, added: u32, now: Time) -> Option<Time> {
    let newest = dates(parsed).filter(|date| *date <= now).max();
    newest.or_else(|| (added > 0).then_some(now))
}

fn dates(parsed: &ParsedFeed) -> impl Iterator<Item = Time> {
    let entries = parsed.entries.iter();
    entries.filter_map(|entry| entry.published_at.or(entry.updated_at))
}

/// Records a fetch that failed.
pub(super) async fn failure(deps: &Deps, feed: &Feed, error: &FeedError) -> Result<(), StoreError> {
    let now = deps.now();
    let failures = feed.failures.saturating_add(1);
    let text = error.to_string();
    tracing::warn!(feed = %feed.id, failures, error = %text, "feed failed");
    let fetched = feeds::Fetched {
        title: None,
        etag: feed.etag.as_deref(),
        last_modified: feed.last_modified.as_deref(),
        error: Some(&text),
        failures,
        next_fetch_at: next_fetch(
            now,
            feed.every,
            failures,
            retry_after(error),
            deps.random.fraction(),
        ),
        every: feed.every,
        health: Health {
            last_added: 0,
            ..feed.health
        },
        moved: None,
        categories: None,
    };
    let mut tx = deps.store.begin().await?;
    feeds::record(&mut tx, feed.id, &fetched, now).await?;
    if matches!(error, FeedError::Fetch(FetchError::Gone)) {
        hubs::part(&mut tx, feed.id, now).await?;
        feeds::stop(&mut tx, feed.id, FeedState::Gone, &text).await?;
    }
    free(deps, &mut tx, feed, now).await?;
    tx.commit().await
}

fn retry_after(error: &FeedError) -> Option<Duration> {
    match error {
        FeedError::Fetch(FetchError::Status { retry_after, .. }) => *retry_after,
        _ => None,
    }
}

/// The feed's host may be asked again after a moment.
async fn free(deps: &Deps, tx: &mut Tx, feed: &Feed, now: Time) -> Result<(), StoreError> {
    let gap = chrono::TimeDelta::from_std(deps.fetcher.host_gap()).unwrap_or_default();
    feeds::free_host(tx, &host_of(&feed.url), now + gap).await
}
