//! What relays were given in an hour or a day, counted over all nodes.

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;

/// Takes up to `wanted` of what `limit` leaves in a window, and returns how much that is.
pub async fn lease(
    tx: &mut Tx,
    relay: &str,
    span: &str,
    window_at: Time,
    limit: i64,
    wanted: i64,
) -> Result<i64, StoreError> {
    // Touching the row locks it until the commit, so that two nodes do not take the same part.
    let used: i64 = on!(&mut *tx, |conn| sqlx::query_scalar(
        "INSERT INTO relay_budgets (relay, span, window_at, used) VALUES ($1, $2, $3, 0)
         ON CONFLICT (relay, span, window_at) DO UPDATE SET used = relay_budgets.used
         RETURNING used"
    )
    .bind(relay)
    .bind(span)
    .bind(window_at)
    .fetch_one(conn)
    .await)?;
    let granted = wanted.min(limit - used).max(0);
    if granted > 0 {
        add(tx, relay, span, window_at, granted).await?;
    }
    Ok(granted)
}

/// Adds to what was used of a window; a negative number gives a lease back.
pub async fn add(
    tx: &mut Tx,
    relay: &str,
    span: &str,
    window_at: Time,
    number: i64,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE relay_budgets SET used = used + $4
         WHERE relay = $1 AND span = $2 AND window_at = $3"
    )
    .bind(relay)
    .bind(span)
    .bind(window_at)
    .bind(number)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets windows that began before a time.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM relay_budgets WHERE window_at < $1"
    )
    .bind(before)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
