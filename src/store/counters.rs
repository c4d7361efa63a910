//! Counting requests in windows of time, for limits that hold over restarts and nodes.

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;

/// Adds one and gives the count of the window.
pub async fn add(tx: &mut Tx, name: &[u8], window_at: Time) -> Result<i64, StoreError> {
    let count = on!(tx, |conn| sqlx::query_scalar(
        "INSERT INTO counters (name, window_at, count) VALUES ($1, $2, 1)
         ON CONFLICT (name, window_at) DO UPDATE SET count = counters.count + 1
         RETURNING count"
    )
    .bind(name)
    .bind(window_at)
    .fetch_one(conn)
    .await)?;
    Ok(count)
}

/// Forgets windows that began before `before`.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM counters WHERE window_at < $1"
    )
    .bind(before)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
