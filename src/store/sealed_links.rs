//! What old links of forgotten sign-ups still open: readable with the link alone.

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;

/// Keeps what a link opens until a time; a link that is kept already stays as it is.
pub async fn insert(
    tx: &mut Tx,
    token_hash: &[u8],
    sealed: &[u8],
    kept_until: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO sealed_links (token_hash, sealed, kept_until) VALUES ($1, $2, $3)
         ON CONFLICT (token_hash) DO NOTHING"
    )
    .bind(token_hash)
    .bind(sealed)
    .bind(kept_until)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// What a link opens.
pub async fn find(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let found = on!(tx, |conn| sqlx::query_scalar(
        "SELECT sealed FROM sealed_links WHERE token_hash = $1"
    )
    .bind(token_hash)
    .fetch_optional(conn)
    .await)?;
    Ok(found)
}

/// Forgets what is kept no longer.
pub async fn prune(tx: &mut Tx, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM sealed_links WHERE kept_until <= $1"
    )
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
