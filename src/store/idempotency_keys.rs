//! Requests that must not be carried out twice, and what was answered to them.

use sqlx::FromRow;

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::ApiTokenId;

/// A request's key, which is the token's own, and what tells the request from others.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub token: ApiTokenId,
    pub key: &'a str,
    pub fingerprint: &'a [u8],
}

/// An answer as it went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Where to find what was made.
    pub location: Option<String>,
    pub body: String,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub fingerprint: Vec<u8>,
    /// `None` while the request is worked on.
    pub answer: Option<Answer>,
}

#[derive(FromRow)]
struct Row {
    fingerprint: Vec<u8>,
    status: Option<i64>,
    location: Option<String>,
    body: Option<String>,
}

/// Claims a key for a request: one that is new, was last used before `forgotten`, or whose same
/// request has been worked on since before `given_up`. False where it is taken.
pub async fn claim(
    tx: &mut Tx,
    request: Request<'_>,
    now: Time,
    given_up: Time,
    forgotten: Time,
) -> Result<bool, StoreError> {
    let claimed = on!(tx, |conn| sqlx::query(
        "INSERT INTO idempotency_keys (token_id, key, fingerprint, claimed_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (token_id, key) DO UPDATE SET fingerprint = excluded.fingerprint,
            claimed_at = excluded.claimed_at, status = NULL, location = NULL, body = NULL
         WHERE idempotency_keys.claimed_at < $6
            OR (idempotency_keys.status IS NULL AND idempotency_keys.claimed_at < $5
                AND idempotency_keys.fingerprint = excluded.fingerprint)"
    )
    .bind(request.token.0)
    .bind(request.key)
    .bind(request.fingerprint)
    .bind(now)
    .bind(given_up)
    .bind(forgotten)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(claimed > 0)
}

/// What is known of a key.
pub async fn find(tx: &mut Tx, token: ApiTokenId, key: &str) -> Result<Option<Known>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT fingerprint, status, location, body FROM idempotency_keys
         WHERE token_id = $1 AND key = $2"
    )
    .bind(token.0)
    .bind(key)
    .fetch_optional(conn)
    .await)?;
    let Some(row) = row else { return Ok(None) };
    let answer = match (row.status, row.body) {
        (Some(status), Some(body)) => Some(Answer {
            status: u16::try_from(status).map_err(|_| StoreError::Corrupt {
                table: "idempotency_keys",
                column: "status",
                id: key.to_owned(),
            })?,
            location: row.location,
            body,
        }),
        _ => None,
    };
    Ok(Some(Known {
        fingerprint: row.fingerprint,
        answer,
    }))
}

/// Keeps the answer to the request that claimed the key at `claimed_at`; false where another has
/// claimed it since.
pub async fn answer(
    tx: &mut Tx,
    token: ApiTokenId,
    key: &str,
    claimed_at: Time,
    answer: &Answer,
) -> Result<bool, StoreError> {
    let kept = on!(tx, |conn| sqlx::query(
        "UPDATE idempotency_keys SET status = $4, location = $5, body = $6
         WHERE token_id = $1 AND key = $2 AND claimed_at = $3 AND status IS NULL"
    )
    .bind(token.0)
    .bind(key)
    .bind(claimed_at)
    .bind(i64::from(answer.status))
    .bind(&answer.location)
    .bind(&answer.body)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(kept > 0)
}

/// Frees a key whose request came to nothing.
pub async fn release(
    tx: &mut Tx,
    token: ApiTokenId,
    key: &str,
    claimed_at: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM idempotency_keys
         WHERE token_id = $1 AND key = $2 AND claimed_at = $3 AND status IS NULL"
    )
    .bind(token.0)
    .bind(key)
    .bind(claimed_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets what was last used before a time.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM idempotency_keys WHERE claimed_at < $1"
    )
    .bind(before)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
