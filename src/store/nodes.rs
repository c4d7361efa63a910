//! Running processes. A claim is void when its node has not been seen for a while.

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;

/// A node not seen for this long is taken for dead and its claims for void.
pub fn alive_since(now: Time) -> Time {
    now - chrono::Duration::seconds(10)
}

/// Says that a node is alive.
pub async fn seen(tx: &mut Tx, name: &str, roles: &str, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO nodes (name, roles, started_at, seen_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at"
    )
    .bind(name)
    .bind(roles)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Removes a node that stops in good order.
pub async fn gone(tx: &mut Tx, name: &str) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query("DELETE FROM nodes WHERE name = $1")
        .bind(name)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Removes nodes that were not seen for a day.
pub async fn prune(tx: &mut Tx, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM nodes WHERE seen_at < $1"
    )
    .bind(now - chrono::Duration::days(1))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Whether other processes that serve are alive.
pub async fn has_others(tx: &mut Tx, name: &str, now: Time) -> Result<bool, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(
        "SELECT COUNT(*) FROM nodes WHERE seen_at > $1 AND name <> $2"
    )
    .bind(alive_since(now))
    .bind(name)
    .fetch_one(conn)
    .await)?;
    Ok(count > 0)
}

/// How many processes that send are alive.
pub async fn workers(tx: &mut Tx, now: Time) -> Result<i64, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(
        "SELECT COUNT(*) FROM nodes WHERE seen_at > $1 AND roles LIKE '%worker%'"
    )
    .bind(alive_since(now))
    .fetch_one(conn)
    .await)?;
    Ok(count)
}
