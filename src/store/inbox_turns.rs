//! How many confirmation mails an inbox has had of late, whoever asked for them.

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;

/// Takes one of the `limit` mails that an inbox may get between `after` and `now`; false where it
/// has had them. The row is locked until the commit, so that two nodes do not take the same one.
pub async fn take(
    tx: &mut Tx,
    inbox: &[u8],
    after: Time,
    now: Time,
    limit: i64,
) -> Result<bool, StoreError> {
    let taken = on!(tx, |conn| sqlx::query(
        "INSERT INTO inbox_turns (inbox, since_at, mails) VALUES ($1, $3, 1)
         ON CONFLICT (inbox) DO UPDATE SET
            mails = CASE WHEN inbox_turns.since_at <= $2 THEN 1 ELSE inbox_turns.mails + 1 END,
            since_at = CASE WHEN inbox_turns.since_at <= $2 THEN $3 ELSE inbox_turns.since_at END
         WHERE inbox_turns.since_at <= $2 OR inbox_turns.mails < $4"
    )
    .bind(inbox)
    .bind(after)
    .bind(now)
    .bind(limit)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(taken > 0)
}

/// Forgets turns that began before `before`.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM inbox_turns WHERE since_at < $1"
    )
    .bind(before)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
