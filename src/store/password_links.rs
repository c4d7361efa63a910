//! Links with which a password is chosen, found by the hash of their token.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::OperatorId;
use crate::domain::operator::PasswordLink;

#[derive(FromRow)]
struct Row {
    operator_id: Option<Uuid>,
    created_at: Time,
    expires_at: Time,
    used_at: Option<Time>,
}

impl From<Row> for PasswordLink {
    fn from(row: Row) -> Self {
        Self {
            operator: row.operator_id.map(OperatorId),
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        }
    }
}

/// Keeps a link under the hash of its token.
pub async fn insert(tx: &mut Tx, link: &PasswordLink, hash: &[u8]) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO password_links (token_hash, operator_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4)"
    )
    .bind(hash)
    .bind(link.operator.map(|id| id.0))
    .bind(link.created_at)
    .bind(link.expires_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Finds a link, whether or not it is open.
pub async fn find(tx: &mut Tx, hash: &[u8]) -> Result<Option<PasswordLink>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT operator_id, created_at, expires_at, used_at FROM password_links
         WHERE token_hash = $1"
    )
    .bind(hash)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(PasswordLink::from))
}

/// Uses a link up; false where it was used or has ended.
pub async fn take(tx: &mut Tx, hash: &[u8], now: Time) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE password_links SET used_at = $2
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2"
    )
    .bind(hash)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Ends the open links of an operator.
pub async fn close(tx: &mut Tx, operator: OperatorId, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE password_links SET used_at = $2 WHERE operator_id = $1 AND used_at IS NULL"
    )
    .bind(operator.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets links that ended before `before`.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM password_links WHERE expires_at < $1"
    )
    .bind(before)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
