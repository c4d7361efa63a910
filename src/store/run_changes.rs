//! What operators have changed about single runs.

use super::{StoreError, Tx, micros, on};
use crate::domain::clock::Time;
use crate::domain::ids::DigestId;
use crate::domain::run::RunChange;

/// Keeps others from planning the digest, and from changing its runs, until the transaction ends.
pub async fn lock(tx: &mut Tx, digest: DigestId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE schedules SET cron = cron WHERE digest_id = $1"
    )
    .bind(digest.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Keeps a change in place of what was known of its run; one that changes nothing is forgotten.
pub async fn put(tx: &mut Tx, digest: DigestId, change: &RunChange) -> Result<(), StoreError> {
    if change.is_none() {
        return forget(tx, digest, change.slot).await;
    }
    on!(tx, |conn| sqlx::query(
        "INSERT INTO run_changes (digest_id, slot_at, run_at, left_out) VALUES ($1, $2, $3, $4)
         ON CONFLICT (digest_id, slot_at) DO UPDATE SET run_at = excluded.run_at,
            left_out = excluded.left_out"
    )
    .bind(digest.0)
    .bind(micros(change.slot))
    .bind(micros(change.at))
    .bind(i64::from(change.left_out))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

async fn forget(tx: &mut Tx, digest: DigestId, slot: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM run_changes WHERE digest_id = $1 AND slot_at = $2"
    )
    .bind(digest.0)
    .bind(micros(slot))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets the changes of runs that are still to come: their schedule is another one.
pub async fn forget_after(tx: &mut Tx, digest: DigestId, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM run_changes WHERE digest_id = $1 AND (slot_at > $2 OR run_at > $2)"
    )
    .bind(digest.0)
    .bind(micros(now))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets the changes of runs that were before a time.
pub async fn forget_before(tx: &mut Tx, digest: DigestId, before: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM run_changes WHERE digest_id = $1 AND slot_at < $2 AND run_at < $2"
    )
    .bind(digest.0)
    .bind(micros(before))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
