//! How feeds are shown: `feed list` and `feed show`.

use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::context;
use super::output::{Output, Row};
use crate::domain::clock::Time;
use crate::domain::feed::Feed;
use crate::domain::hub::{Hub, HubState};
use crate::domain::ids::FeedId;
use crate::domain::slug::Slug;
use crate::feeds::parse::MAX_ENTRIES;
use crate::services::Deps;
use crate::services::output::feeds::FeedOutput;
use crate::services::output::{Slugs, slugs};
use crate::store::feeds::{self, hubs};

pub(super) fn as_json(slugs: &Slugs, f: &Feed, hub: Option<&Hub>, now: Time) -> Value {
    let publication = slugs.get(&f.publication).map_or("", String::as_str);
    json!(FeedOutput::new(publication, f, hub, now))
}

/// How it stands with a hub.
fn promise(hub: &Hub, now: Time) -> String {
    match hub.state(now) {
        HubState::Verified => format!("until {}", when(hub.verified_until)),
        state => state.to_string(),
    }
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

/// How often a feed is asked at present.
fn pace(feed: &Feed, hub: Option<&Hub>, now: Time) -> String {
    let usual = every(feed);
    match hub.map(|hub| hub.pace(feed.every, now)) {
        Some(slower) if slower > feed.every => {
            format!("{usual}, {} while its hub tells of news", span(slower))
        }
        _ => usual,
    }
}

/// What is wrong with a feed or its hub, or may be.
fn trouble(feed: &Feed, hub: Option<&Hub>, now: Time) -> String {
    if let Some(error) = &feed.last_error {
        return error.clone();
    }
    if let Some(error) = hub.and_then(|hub| hub.last_error.as_ref()) {
        return format!("hub: {error}");
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
    let found = hubs::list(&mut tx).await?;
    let slugs = slugs(&mut tx).await?;
    let hub_of = |id: FeedId| found.iter().find(|hub| hub.feed == Some(id));
    let rows: Vec<Row> = feeds::list(&mut tx, of)
        .await?
        .iter()
        .map(|feed| row(&slugs, feed, hub_of(feed.id), now))
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
        "hub (utc)",
        "trouble",
    ];
    out.list(&head, &rows, empty)
}

fn row(slugs: &Slugs, feed: &Feed, hub: Option<&Hub>, now: Time) -> Row {
    Row {
        json: as_json(slugs, feed, hub, now),
        cells: vec![
            feed.id.to_string(),
            feed.title.clone().unwrap_or_default(),
            feed.url.clone(),
            feed.state.to_string(),
            every(feed),
            when(feed.last_fetched_at),
            feed.health.last_added.to_string(),
            when(feed.health.last_new_at),
            hub.map(|hub| promise(hub, now)).unwrap_or_default(),
            trouble(feed, hub, now),
        ],
    }
}

pub(super) async fn show(deps: &Deps, id: FeedId, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let found = feeds::find(&mut tx, id).await?;
    let feed =
        found.ok_or_else(|| anyhow!("there is no feed {id}; `paperround feed list` shows them"))?;
    let hub = hubs::of_feed(&mut tx, id).await?;
    let slugs = slugs(&mut tx).await?;
    let now = deps.now();
    let mut fields = settings(&feed);
    fields.push(("asked every", pace(&feed, hub.as_ref(), now)));
    fields.extend(health(&feed));
    fields.extend(hub.iter().flat_map(|hub| hub_fields(hub, now)));
    fields.push(("trouble", trouble(&feed, hub.as_ref(), now)));
    let lines: Vec<String> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<13} {value}"))
        .collect();
    out.result(
        &as_json(&slugs, &feed, hub.as_ref(), now),
        &lines.join("\n"),
    )
}

/// A line of `feed show`; an empty one is left out.
type Field = (&'static str, String);

fn settings(feed: &Feed) -> Vec<Field> {
    let topics: Vec<&str> = feed.topics.iter().map(Slug::as_str).collect();
    let mapping: Vec<String> = feed
        .mapping
        .iter()
        .map(|(category, topic)| format!("{category}={topic}"))
        .collect();
    let categories: Vec<String> = feed
        .categories
        .iter()
        .map(|category| format!("{} ({})", category.name, category.items))
        .collect();
    let pages = if feed.article_pages { "yes" } else { "no" };
    vec![
        ("title", feed.title.clone().unwrap_or_default()),
        ("url", feed.url.clone()),
        ("state", feed.state.to_string()),
        ("topics", topics.join(", ")),
        ("mapping", mapping.join(", ")),
        ("categories", categories.join(", ")),
        ("article pages", pages.to_owned()),
    ]
}

fn health(feed: &Feed) -> Vec<Field> {
    let rhythm = feed.health.rhythm.map(|rhythm| {
        format!(
            "something new every {}; quiet after {}",
            span(rhythm.gap),
            span(rhythm.quiet_after)
        )
    });
    let moved = feed.moved.as_ref().map(|(to, seen)| {
        format!("to {to}, found {seen} times; its address changes with the third")
    });
    let left_out = match feed.health.left_out {
        0 => String::new(),
        count => format!("{count} items after the first {MAX_ENTRIES}"),
    };
    vec![
        ("fetched", when(feed.last_fetched_at)),
        ("last success", when(feed.health.last_ok_at)),
        ("next fetch", when(Some(feed.next_fetch_at))),
        ("new last time", feed.health.last_added.to_string()),
        ("not read", left_out),
        ("newest item", when(feed.health.last_new_at)),
        ("rhythm", rhythm.unwrap_or_default()),
        ("moves", moved.unwrap_or_default()),
        ("failures", feed.failures.to_string()),
    ]
}

fn hub_fields(hub: &Hub, now: Time) -> Vec<Field> {
    let missed = match hub.missed {
        0 => String::new(),
        count => format!("news of {count} fetches in a row"),
    };
    vec![
        ("hub", format!("{}, {}", hub.url, promise(hub, now))),
        ("asked again", when(Some(hub.next_ask_at))),
        ("last push", when(hub.last_push_at)),
        ("not pushed", missed),
    ]
}
