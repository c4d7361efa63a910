//! Failed attempts to sign in, by the keyed hash of an account or a network.

use super::{StoreError, Tx, on, unsigned};
use crate::domain::back_off::Attempts;
use crate::domain::clock::Time;

/// What is known under a name, and nobody else changes it until the transaction ends.
pub async fn locked(tx: &mut Tx, name: &[u8], now: Time) -> Result<Attempts, StoreError> {
    let (failures, open_at): (i64, Time) = on!(tx, |conn| sqlx::query_as(
        "INSERT INTO sign_in_attempts (name, failures, open_at) VALUES ($1, 0, $2)
         ON CONFLICT (name) DO UPDATE SET failures = sign_in_attempts.failures
         RETURNING failures, open_at"
    )
    .bind(name)
    .bind(now)
    .fetch_one(conn)
    .await)?;
    Ok(Attempts {
        failures: unsigned(failures),
        open_at,
    })
}

/// Writes down what is known under a name.
pub async fn set(tx: &mut Tx, name: &[u8], attempts: Attempts) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE sign_in_attempts SET failures = $2, open_at = $3 WHERE name = $1"
    )
    .bind(name)
    .bind(i64::from(attempts.failures))
    .bind(attempts.open_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets the failures under a name.
pub async fn forget(tx: &mut Tx, name: &[u8]) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM sign_in_attempts WHERE name = $1"
    )
    .bind(name)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Takes one failure back: it was none.
pub async fn excuse(tx: &mut Tx, name: &[u8], now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE sign_in_attempts SET failures = failures - 1, open_at = $2
         WHERE name = $1 AND failures > 0"
    )
    .bind(name)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets what nothing was added to since `before`.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM sign_in_attempts WHERE open_at < $1"
    )
    .bind(before)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
