//! API tokens, found by their hash.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::api_token::ApiToken;
use crate::domain::clock::Time;
use crate::domain::ids::{ApiTokenId, PublicationId};
use crate::domain::operator::sends_by_default;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    role: String,
    /// None where it was made before there was this right.
    may_send: Option<bool>,
    created_at: Time,
    expires_at: Option<Time>,
    last_used_at: Option<Time>,
    revoked_at: Option<Time>,
}

impl Row {
    fn with(self, publications: Vec<PublicationId>) -> Result<ApiToken, StoreError> {
        let role = read("api_tokens", "role", self.id, &self.role)?;
        Ok(ApiToken {
            id: ApiTokenId(self.id),
            role,
            may_send: self.may_send.unwrap_or_else(|| sends_by_default(role)),
            name: self.name,
            publications,
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            revoked_at: self.revoked_at,
        })
    }
}

/// Keeps a token under its hash; `Conflict` where a token of that name is in force.
pub async fn insert(tx: &mut Tx, token: &ApiToken, hash: &[u8]) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO api_tokens (id, name, hash, role, may_send, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(token.id.0)
    .bind(&token.name)
    .bind(hash)
    .bind(token.role.as_str())
    .bind(token.may_send)
    .bind(token.created_at)
    .bind(token.expires_at)
    .execute(conn)
    .await
    .map(drop))?;
    for publication in &token.publications {
        on!(tx, |conn| sqlx::query(
            "INSERT INTO api_token_publications (token_id, publication_id) VALUES ($1, $2)"
        )
        .bind(token.id.0)
        .bind(publication.0)
        .execute(conn)
        .await
        .map(drop))?;
    }
    Ok(())
}

/// Finds a token by its hash, whether or not it is in force.
pub async fn find_by_hash(tx: &mut Tx, hash: &[u8]) -> Result<Option<ApiToken>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM api_tokens WHERE hash = $1"
    )
    .bind(hash)
    .fetch_optional(conn)
    .await)?;
    match row {
        Some(row) => {
            let publications = publications(tx, row.id).await?;
            row.with(publications).map(Some)
        }
        None => Ok(None),
    }
}

/// All tokens, the newest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<ApiToken>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM api_tokens ORDER BY created_at DESC, id DESC"
    )
    .fetch_all(conn)
    .await)?;
    let mut tokens = Vec::with_capacity(rows.len());
    for row in rows {
        let publications = publications(tx, row.id).await?;
        tokens.push(row.with(publications)?);
    }
    Ok(tokens)
}

async fn publications(tx: &mut Tx, token: Uuid) -> Result<Vec<PublicationId>, StoreError> {
    let ids: Vec<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT publication_id FROM api_token_publications WHERE token_id = $1
         ORDER BY publication_id"
    )
    .bind(token)
    .fetch_all(conn)
    .await)?;
    Ok(ids.into_iter().map(PublicationId).collect())
}

/// Puts down that a token was used.
pub async fn used(tx: &mut Tx, id: ApiTokenId, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE api_tokens SET last_used_at = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Ends the token of a name; false where none of that name is in force.
pub async fn revoke(tx: &mut Tx, name: &str, now: Time) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE api_tokens SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL"
    )
    .bind(name)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}
