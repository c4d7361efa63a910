//! How feeds are shown: `feed list` and `feed show`.

use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::context;
use super::output::{Output, Row};
use crate::domain::clock::Time;
use crate::domain::feed::Feed;
use crate::domain::ids::FeedId;
use crate::domain::slug::Slug;
use crate::services::Deps;
use crate::store::feeds;

pub(super) fn as_json(f: &Feed, now: Time) -> Value {
    let rhythm = f.health.rhythm;
    json!({
        "id": f.id, "url": f.url, "title": f.title, "state": f.state,
        "every_seconds": f.every.as_secs(), "adaptive": f.adaptive,
        "article_pages": f.article_pages, "topics": f.topics, "mapping": f.mapping,
        "next_fetch_at": f.next_fetch_at, "last_fetched_at": f.last_fetched_at,
        "last_error": f.last_error, "failures": f.failures,
        "last_ok_at": f.health.last_ok_at, "last_new_at": f.health.last_new_at,
        "last_added": f.health.last_added,
        "usual_gap_seconds": rhythm.map(|r| r.gap.as_secs()),
        "quiet_after_seconds": rhythm.map(|r| r.quiet_after.as_secs()),
        "quiet": f.quiet_for(now).is_some(),
        "moved_to": f.moved.as_ref().map(|(to, _)| to),
    })
}

/// A span as people say it: the largest unit that leaves a number above one.
fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn when(at: Option<Time>) -> String {
    at.map_or("never".to_owned(), |t| t.format("%F %R").to_string())
}

fn every(feed: &Feed) -> String {
    let how = if feed.adaptive { " (auto)" } else { "" };
    format!("{}{how}", span(feed.every))
}

/// What is wrong with a feed, or may be.
fn trouble(feed: &Feed, now: Time) -> String {
    if let Some(error) = &feed.last_error {
        return error.clone();
    }
    match (feed.quiet_for(now), feed.health.rhythm) {
        (Some(silent), Some(rhythm)) => format!(
            "quiet for {}, usually something new every {}",
            span(silent),
            span(rhythm.gap)
        ),
        _ => String::new(),
    }
}

pub(super) async fn list(deps: &Deps, publication: Option<&str>, out: &Output) -> Result<()> {
    let of = match publication {
        Some(slug) => Some(context::publication(deps, slug).await?.id),
        None => None,
    };
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let rows: Vec<Row> = feeds::list(&mut tx, of)
        .await?
        .iter()
        .map(|feed| Row {
            json: as_json(feed, now),
            cells: vec![
                feed.id.to_string(),
                feed.title.clone().unwrap_or_default(),
                feed.url.clone(),
                feed.state.to_string(),
                every(feed),
                when(feed.last_fetched_at),
                feed.health.last_added.to_string(),
                when(feed.health.last_new_at),
                trouble(feed, now),
            ],
        })
        .collect();
    let empty = "there is no feed yet; `paperround feed add` connects one";
    let head = [
        "id",
        "title",
        "url",
        "state",
        "every",
        "fetched (utc)",
        "new",
        "newest (utc)",
        "trouble",
    ];
    out.list(&head, &rows, empty)
}

pub(super) async fn show(deps: &Deps, id: FeedId, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let found = feeds::find(&mut tx, id).await?;
    let feed =
        found.ok_or_else(|| anyhow!("there is no feed {id}; `paperround feed list` shows them"))?;
    let now = deps.now();
    let topics: Vec<&str> = feed.topics.iter().map(Slug::as_str).collect();
    let mapping: Vec<String> = feed
        .mapping
        .iter()
        .map(|(category, topic)| format!("{category}={topic}"))
        .collect();
    let rhythm = feed.health.rhythm.map(|rhythm| {
        format!(
            "something new every {}; quiet after {}",
            span(rhythm.gap),
            span(rhythm.quiet_after)
        )
    });
    let pages = if feed.article_pages { "yes" } else { "no" };
    let moved = feed.moved.as_ref().map(|(to, seen)| {
        format!("to {to}, found {seen} times; its address changes with the third")
    });
    let fields = [
        ("title", feed.title.clone().unwrap_or_default()),
        ("url", feed.url.clone()),
        ("state", feed.state.to_string()),
        ("topics", topics.join(", ")),
        ("mapping", mapping.join(", ")),
        ("article pages", pages.to_owned()),
        ("asked every", every(&feed)),
        ("fetched", when(feed.last_fetched_at)),
        ("last success", when(feed.health.last_ok_at)),
        ("next fetch", when(Some(feed.next_fetch_at))),
        ("new last time", feed.health.last_added.to_string()),
        ("newest item", when(feed.health.last_new_at)),
        ("rhythm", rhythm.unwrap_or_default()),
        ("moves", moved.unwrap_or_default()),
        ("failures", feed.failures.to_string()),
        ("trouble", trouble(&feed, now)),
    ];
    let lines: Vec<String> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<13} {value}"))
        .collect();
    out.result(&as_json(&feed, now), &lines.join("\n"))
}
