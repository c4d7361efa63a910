//! Codes for when the device with the second step is lost, kept as hashes.

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::OperatorId;

/// Puts new codes in the place of all that an operator had.
pub async fn replace(
    tx: &mut Tx,
    operator: OperatorId,
    hashes: &[Vec<u8>],
) -> Result<(), StoreError> {
    on!(&mut *tx, |conn| sqlx::query(
        "DELETE FROM recovery_codes WHERE operator_id = $1"
    )
    .bind(operator.0)
    .execute(conn)
    .await
    .map(drop))?;
    for hash in hashes {
        on!(&mut *tx, |conn| sqlx::query(
            "INSERT INTO recovery_codes (operator_id, hash) VALUES ($1, $2)"
        )
        .bind(operator.0)
        .bind(hash)
        .execute(conn)
        .await
        .map(drop))?;
    }
    Ok(())
}

/// Uses a code up; false where it is none of the operator's or was used.
pub async fn take(
    tx: &mut Tx,
    operator: OperatorId,
    hash: &[u8],
    now: Time,
) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE recovery_codes SET used_at = $3
         WHERE operator_id = $1 AND hash = $2 AND used_at IS NULL"
    )
    .bind(operator.0)
    .bind(hash)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// How many codes an operator has left.
pub async fn left(tx: &mut Tx, operator: OperatorId) -> Result<i64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(
        "SELECT COUNT(*) FROM recovery_codes WHERE operator_id = $1 AND used_at IS NULL"
    )
    .bind(operator.0)
    .fetch_one(conn)
    .await)?)
}
