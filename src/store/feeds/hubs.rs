//! The hubs of feeds: what each was asked, and what it has promised.

use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx, on, unsigned};
use crate::domain::clock::Time;
use crate::domain::hub::Hub;
use crate::domain::ids::{FeedId, HubId};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    feed_id: Option<Uuid>,
    hub_url: String,
    topic_url: String,
    callback_base: String,
    asked_at: Option<Time>,
    verified_until: Option<Time>,
    next_ask_at: Time,
    last_push_at: Option<Time>,
    missed: i64,
    failures: i64,
    last_error: Option<String>,
}

impl From<Row> for Hub {
    fn from(row: Row) -> Self {
        Self {
            id: HubId(row.id),
            feed: row.feed_id.map(FeedId),
            url: row.hub_url,
            topic: row.topic_url,
            base: row.callback_base,
            asked_at: row.asked_at,
            verified_until: row.verified_until,
            next_ask_at: row.next_ask_at,
            last_push_at: row.last_push_at,
            missed: unsigned(row.missed),
            failures: unsigned(row.failures),
            last_error: row.last_error,
        }
    }
}

/// Adds the hub of a feed that has none; where another writer was first, its row is kept.
pub async fn insert(tx: &mut Tx, hub: &Hub, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO feed_hubs (id, feed_id, hub_url, topic_url, next_ask_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (feed_id) DO NOTHING"
    )
    .bind(hub.id.0)
    .bind(hub.feed.map(|feed| feed.0))
    .bind(&hub.url)
    .bind(&hub.topic)
    .bind(hub.next_ask_at)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Finds a hub by id.
pub async fn find(tx: &mut Tx, id: HubId) -> Result<Option<Hub>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(
        "SELECT * FROM feed_hubs WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(Hub::from))
}

/// The hub of a feed.
pub async fn of_feed(tx: &mut Tx, feed: FeedId) -> Result<Option<Hub>, StoreError> {
    let row: Option<Row> = on!(tx, |conn| sqlx::query_as(
        "SELECT * FROM feed_hubs WHERE feed_id = $1"
    )
    .bind(feed.0)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(Hub::from))
}

/// The hubs of all feeds.
pub async fn list(tx: &mut Tx) -> Result<Vec<Hub>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(
        "SELECT * FROM feed_hubs WHERE feed_id IS NOT NULL"
    )
    .fetch_all(conn)
    .await)?;
    Ok(rows.into_iter().map(Hub::from).collect())
}

/// Hubs that are due to be asked, and their addresses.
pub async fn due(tx: &mut Tx, now: Time, limit: i64) -> Result<Vec<(HubId, String)>, StoreError> {
    let found: Vec<(Uuid, String)> = on!(tx, |conn| {
        sqlx::query_as(
        "SELECT id, hub_url FROM feed_hubs WHERE next_ask_at <= $1 ORDER BY next_ask_at LIMIT $2"
    )
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await
    })?;
    let hubs = found.into_iter();
    Ok(hubs.map(|(id, url)| (HubId(id), url)).collect())
}

/// Takes a due hub by moving its next time; false where another node was first.
pub async fn take(tx: &mut Tx, id: HubId, now: Time, until: Time) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE feed_hubs SET next_ask_at = $3 WHERE id = $1 AND next_ask_at <= $2"
    )
    .bind(id.0)
    .bind(now)
    .bind(until)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Writes down that a hub is about to be asked. What it promised for another public address is worth
/// nothing any more.
pub async fn begin_ask(tx: &mut Tx, hub: &Hub, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feed_hubs SET asked_at = $2, next_ask_at = $3, failures = $4, last_error = $5,
            verified_until = CASE WHEN callback_base = $6 THEN verified_until END,
            callback_base = $6
         WHERE id = $1"
    )
    .bind(hub.id.0)
    .bind(now)
    .bind(hub.next_ask_at)
    .bind(i64::from(hub.failures))
    .bind(&hub.last_error)
    .bind(&hub.base)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Records that asking at `asked_at` has failed, unless the hub has answered meanwhile.
pub async fn ask_failed(
    tx: &mut Tx,
    id: HubId,
    asked_at: Time,
    error: &str,
    next_ask_at: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feed_hubs SET asked_at = NULL, failures = failures + 1, last_error = $3,
            next_ask_at = $4
         WHERE id = $1 AND asked_at = $2"
    )
    .bind(id.0)
    .bind(asked_at)
    .bind(error)
    .bind(next_ask_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The hub has promised to tell of news.
pub async fn verified(
    tx: &mut Tx,
    id: HubId,
    until: Time,
    next_ask_at: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feed_hubs SET asked_at = NULL, verified_until = $2, next_ask_at = $3, failures = 0,
            last_error = NULL, missed = 0
         WHERE id = $1 AND feed_id IS NOT NULL"
    )
    .bind(id.0)
    .bind(until)
    .bind(next_ask_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The hub will not tell of news.
pub async fn denied(
    tx: &mut Tx,
    id: HubId,
    error: &str,
    next_ask_at: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feed_hubs SET asked_at = NULL, verified_until = NULL, failures = failures + 1,
            last_error = $2, next_ask_at = $3
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(error)
    .bind(next_ask_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// A push has come; `trouble` says what was wrong with it.
pub async fn pushed(
    tx: &mut Tx,
    id: HubId,
    trouble: Option<&str>,
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feed_hubs SET last_error = $2,
            last_push_at = CASE WHEN $2 IS NULL THEN $3 ELSE last_push_at END,
            missed = CASE WHEN $2 IS NULL THEN 0 ELSE missed END
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(trouble)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// A fetch has found news that the hub had not told.
pub async fn missed(tx: &mut Tx, id: HubId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feed_hubs SET missed = missed + 1 WHERE id = $1"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Lets a hub be asked at once.
pub async fn make_due(tx: &mut Tx, id: HubId, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feed_hubs SET next_ask_at = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Parts a feed from its hub. One that has promised something is to be told so, at once.
pub async fn part(tx: &mut Tx, feed: FeedId, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM feed_hubs
         WHERE feed_id = $1 AND (verified_until IS NULL OR verified_until <= $2)"
    )
    .bind(feed.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    on!(tx, |conn| sqlx::query(
        "UPDATE feed_hubs SET feed_id = NULL, asked_at = NULL, failures = 0, last_error = NULL,
            next_ask_at = $2
         WHERE feed_id = $1"
    )
    .bind(feed.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets a hub.
pub async fn remove(tx: &mut Tx, id: HubId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM feed_hubs WHERE id = $1"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
