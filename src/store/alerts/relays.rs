//! Relays that processes find out of order.

use super::super::nodes::alive_since;
use super::super::{StoreError, Tx, on};
use crate::domain::clock::Time;

/// Keeps that a process finds a relay out of order; since when stays as it was.
pub async fn down(
    tx: &mut Tx,
    relay: &str,
    node: &str,
    trouble: &str,
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO relay_troubles (relay, node, since, trouble) VALUES ($1, $2, $3, $4)
         ON CONFLICT (relay, node) DO UPDATE SET trouble = excluded.trouble"
    )
    .bind(relay)
    .bind(node)
    .bind(now)
    .bind(trouble)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets what a process, and those that are gone, have found of a relay.
pub async fn works(tx: &mut Tx, relay: &str, node: &str, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM relay_troubles WHERE relay = $1
            AND (node = $2 OR node NOT IN (SELECT name FROM nodes WHERE seen_at > $3))"
    )
    .bind(relay)
    .bind(node)
    .bind(alive_since(now))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// A relay that is out of order.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RelayTrouble {
    pub relay: String,
    pub node: String,
    pub since: Time,
    pub trouble: String,
}

/// All of them.
pub async fn list(tx: &mut Tx) -> Result<Vec<RelayTrouble>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as(
        "SELECT relay, node, since, trouble FROM relay_troubles ORDER BY relay, since"
    )
    .fetch_all(conn)
    .await)?;
    Ok(rows)
}
