//! Feeds, their topics and the mapping of their categories.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::FromRow;
use uuid::Uuid;

use super::lists::json;
use super::{StoreError, Tx, on, read, unsigned};
use crate::domain::clock::Time;
use crate::domain::feed::{Feed, FeedCategory, FeedState, Health};
use crate::domain::ids::{FeedId, PublicationId, TopicId};
use crate::domain::rhythm::Rhythm;
use crate::domain::slug::Slug;

mod hosts;
pub mod hubs;
mod settings;

pub use hosts::{claim_host, free_host};
pub use settings::{
    Change, change, fetch_by, find_by_url, forget_version, hold, read_again, set_newest, set_url,
    stop,
};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    publication_id: Uuid,
    url: String,
    title: Option<String>,
    state: String,
    every_seconds: i64,
    adaptive: bool,
    gap_seconds: Option<i64>,
    quiet_after_seconds: Option<i64>,
    last_ok_at: Option<Time>,
    last_new_at: Option<Time>,
    last_added: i64,
    left_out: i64,
    moved_to: Option<String>,
    moved_seen: i64,
    article_pages: bool,
    categories: String,
    etag: Option<String>,
    last_modified: Option<String>,
    next_fetch_at: Time,
    last_fetched_at: Option<Time>,
    last_error: Option<String>,
    failures: i64,
}

/// Adds a feed; `Conflict` where the publication has it.
pub async fn insert(tx: &mut Tx, feed: &Feed, now: Time) -> Result<(), StoreError> {
    let every = count(feed.every);
    on!(tx, |conn| {
        sqlx::query(
        "INSERT INTO feeds (id, publication_id, url, state, every_seconds, next_fetch_at, created_at,
            adaptive, article_pages)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    )
    .bind(feed.id.0)
    .bind(feed.publication.0)
    .bind(&feed.url)
    .bind(feed.state.as_str())
    .bind(every)
    .bind(feed.next_fetch_at)
    .bind(now)
    .bind(feed.adaptive)
    .bind(feed.article_pages)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Gives a feed a topic that all its articles belong to.
pub async fn add_topic(tx: &mut Tx, feed: FeedId, topic: TopicId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO feed_topics (feed_id, topic_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    )
    .bind(feed.0)
    .bind(topic.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Maps a category of the feed to a topic.
pub async fn add_category(
    tx: &mut Tx,
    feed: FeedId,
    category: &str,
    topic: TopicId,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO feed_categories (feed_id, category, topic_id) VALUES ($1, $2, $3)
         ON CONFLICT (feed_id, category) DO UPDATE SET topic_id = excluded.topic_id"
    )
    .bind(feed.0)
    .bind(category)
    .bind(topic.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

async fn complete(tx: &mut Tx, row: Row) -> Result<Feed, StoreError> {
    let topics: Vec<String> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT t.slug FROM feed_topics f JOIN topics t ON t.id = f.topic_id
         WHERE f.feed_id = $1 ORDER BY t.slug"
    )
    .bind(row.id)
    .fetch_all(conn)
    .await)?;
    let categories: Vec<(String, String)> = on!(tx, |conn| sqlx::query_as(
        "SELECT f.category, t.slug FROM feed_categories f JOIN topics t ON t.id = f.topic_id
         WHERE f.feed_id = $1"
    )
    .bind(row.id)
    .fetch_all(conn)
    .await)?;
    let slug = |text: &str| -> Result<Slug, StoreError> { read("topics", "slug", row.id, text) };
    let mut mapping = BTreeMap::new();
    for (category, topic) in &categories {
        mapping.insert(category.clone(), slug(topic)?);
    }
    let rhythm = row.gap_seconds.zip(row.quiet_after_seconds);
    Ok(Feed {
        health: Health {
            rhythm: rhythm.map(|(gap, quiet_after)| Rhythm {
                gap: seconds(gap),
                quiet_after: seconds(quiet_after),
            }),
            last_ok_at: row.last_ok_at,
            last_new_at: row.last_new_at,
            last_added: unsigned(row.last_added),
            left_out: unsigned(row.left_out),
        },
        moved: row.moved_to.map(|to| (to, unsigned(row.moved_seen))),
        article_pages: row.article_pages,
        adaptive: row.adaptive,
        id: FeedId(row.id),
        publication: PublicationId(row.publication_id),
        topics: topics.iter().map(|t| slug(t)).collect::<Result<_, _>>()?,
        mapping,
        state: read("feeds", "state", row.id, &row.state)?,
        // What it uses is learnt anew with each reading.
        categories: serde_json::from_str(&row.categories).unwrap_or_default(),
        url: row.url,
        title: row.title,
        every: seconds(row.every_seconds),
        etag: row.etag,
        last_modified: row.last_modified,
        next_fetch_at: row.next_fetch_at,
        last_fetched_at: row.last_fetched_at,
        last_error: row.last_error,
        failures: unsigned(row.failures),
    })
}

fn seconds(count: i64) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or_default())
}

fn count(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// Finds a feed by id.
pub async fn find(tx: &mut Tx, id: FeedId) -> Result<Option<Feed>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM feeds WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    match row {
        Some(row) => complete(tx, row).await.map(Some),
        None => Ok(None),
    }
}

/// All feeds, oldest first; of one publication where it is given.
pub async fn list(
    tx: &mut Tx,
    publication: Option<PublicationId>,
) -> Result<Vec<Feed>, StoreError> {
    let rows = match publication {
        Some(id) => on!(tx, |conn| sqlx::query_as::<_, Row>(
            "SELECT * FROM feeds WHERE publication_id = $1 ORDER BY created_at, id"
        )
        .bind(id.0)
        .fetch_all(conn)
        .await)?,
        None => on!(tx, |conn| sqlx::query_as::<_, Row>(
            "SELECT * FROM feeds ORDER BY created_at, id"
        )
        .fetch_all(conn)
        .await)?,
    };
    let mut feeds = Vec::with_capacity(rows.len());
    for row in rows {
        feeds.push(complete(tx, row).await?);
    }
    Ok(feeds)
}

/// Feeds that are due to be asked, and their addresses.
pub async fn due(tx: &mut Tx, now: Time, limit: i64) -> Result<Vec<(FeedId, String)>, StoreError> {
    let found: Vec<(Uuid, String)> = on!(tx, |conn| sqlx::query_as(
        "SELECT f.id, f.url FROM feeds f JOIN publications p ON p.id = f.publication_id
         WHERE f.state = 'active' AND f.next_fetch_at <= $1 AND p.archived_at IS NULL
         ORDER BY f.next_fetch_at LIMIT $2"
    )
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    Ok(found
        .into_iter()
        .map(|(id, url)| (FeedId(id), url))
        .collect())
}

/// Takes a due feed by moving its next time; false where another node was first.
pub async fn take(tx: &mut Tx, id: FeedId, now: Time, until: Time) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| {
        sqlx::query(
        "UPDATE feeds SET next_fetch_at = $3 WHERE id = $1 AND state = 'active' AND next_fetch_at <= $2"
    )
    .bind(id.0)
    .bind(now)
    .bind(until)
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(changed > 0)
}

/// What a fetch learnt.
#[derive(Debug, Clone, Default)]
pub struct Fetched<'a> {
    pub title: Option<&'a str>,
    pub etag: Option<&'a str>,
    pub last_modified: Option<&'a str>,
    pub error: Option<&'a str>,
    pub failures: u32,
    pub next_fetch_at: Time,
    pub every: Duration,
    pub health: Health,
    pub moved: Option<(String, u32)>,
    /// `None`: it was not read.
    pub categories: Option<&'a [FeedCategory]>,
}

/// Records a fetch.
pub async fn record(
    tx: &mut Tx,
    id: FeedId,
    fetched: &Fetched<'_>,
    now: Time,
) -> Result<(), StoreError> {
    let health = fetched.health;
    let categories = fetched.categories.map(json).transpose()?;
    on!(tx, |conn| {
        sqlx::query(
        "UPDATE feeds SET title = COALESCE($2, title), etag = $3, last_modified = $4, last_error = $5,
            failures = $6, next_fetch_at = $7, last_fetched_at = $8, every_seconds = $9,
            gap_seconds = $10, quiet_after_seconds = $11, last_ok_at = $12, last_new_at = $13,
            last_added = $14, moved_to = $15, moved_seen = $16, left_out = $17,
            categories = COALESCE($18, categories)
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(fetched.title)
    .bind(fetched.etag)
    .bind(fetched.last_modified)
    .bind(fetched.error)
    .bind(i64::from(fetched.failures))
    .bind(fetched.next_fetch_at)
    .bind(now)
    .bind(count(fetched.every))
    .bind(health.rhythm.map(|rhythm| count(rhythm.gap)))
    .bind(health.rhythm.map(|rhythm| count(rhythm.quiet_after)))
    .bind(health.last_ok_at)
    .bind(health.last_new_at)
    .bind(i64::from(health.last_added))
    .bind(fetched.moved.as_ref().map(|(to, _)| to.as_str()))
    .bind(fetched.moved.as_ref().map_or(0, |(_, seen)| i64::from(*seen)))
    .bind(i64::from(health.left_out))
    .bind(categories)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Pauses or resumes a feed; a resumed feed is due at once.
pub async fn set_state(
    tx: &mut Tx,
    id: FeedId,
    state: FeedState,
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feeds SET state = $2, next_fetch_at = $3 WHERE id = $1"
    )
    .bind(id.0)
    .bind(state.as_str())
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Removes a feed; its articles stay.
pub async fn remove(tx: &mut Tx, id: FeedId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query("DELETE FROM feeds WHERE id = $1")
        .bind(id.0)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
