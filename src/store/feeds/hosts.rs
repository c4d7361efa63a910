//! Hosts that are being asked: one request at a time to each, over all nodes.

use super::super::{StoreError, Tx, on};
use crate::domain::clock::Time;

/// Claims a host until a time; false where it is being asked or was asked just now.
pub async fn claim_host(
    tx: &mut Tx,
    host: &str,
    now: Time,
    until: Time,
) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "INSERT INTO feed_hosts (host, free_at) VALUES ($1, $3)
         ON CONFLICT (host) DO UPDATE SET free_at = $3 WHERE feed_hosts.free_at <= $2"
    )
    .bind(host)
    .bind(now)
    .bind(until)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Says when a host may be asked again.
pub async fn free_host(tx: &mut Tx, host: &str, at: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO feed_hosts (host, free_at) VALUES ($1, $2)
         ON CONFLICT (host) DO UPDATE SET free_at = $2"
    )
    .bind(host)
    .bind(at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
