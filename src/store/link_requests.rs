//! Links that readers have asked for, until they are taken in.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::fresh_link::{LinkPurpose, LinkRequest};
use crate::domain::ids::{FreshLinkId, PublicationId, SubscriberId};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    purpose: String,
    publication_id: Uuid,
    subscriber_id: Option<Uuid>,
    email: String,
    language: Option<String>,
    asked_at: Time,
}

impl TryFrom<Row> for LinkRequest {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: FreshLinkId(row.id),
            purpose: read("link_requests", "purpose", row.id, &row.purpose)?,
            publication: PublicationId(row.publication_id),
            subscriber: row.subscriber_id.map(SubscriberId),
            email: read("link_requests", "email", row.id, &row.email)?,
            language: row.language,
            asked_at: row.asked_at,
        })
    }
}

/// Keeps a request.
pub async fn insert(tx: &mut Tx, request: &LinkRequest) -> Result<(), StoreError> {
    on!(tx, |conn| {
        sqlx::query(
        "INSERT INTO link_requests (id, purpose, publication_id, subscriber_id, email, email_key,
            language, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(request.id.0)
    .bind(request.purpose.as_str())
    .bind(request.publication.0)
    .bind(request.subscriber.map(|id| id.0))
    .bind(request.email.as_str())
    .bind(request.email.key())
    .bind(&request.language)
    .bind(request.asked_at)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Whether any waits.
pub async fn any(tx: &mut Tx) -> Result<bool, StoreError> {
    let found: Option<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM link_requests LIMIT 1"
    )
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}

/// Where those who come next want to move to.
pub async fn next_moves(tx: &mut Tx, limit: i64) -> Result<Vec<EmailAddress>, StoreError> {
    let rows: Vec<String> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT email FROM link_requests WHERE purpose = $1 ORDER BY id LIMIT $2"
    )
    .bind(LinkPurpose::NewAddress.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    // What cannot be read is dropped when it is taken.
    let emails = rows.into_iter().filter_map(|email| email.parse().ok());
    Ok(emails.collect())
}

/// Takes some out of the table, the oldest first. One that cannot be read is lost: it names
/// something that an earlier version does not know, and its reader can ask again.
pub async fn take(tx: &mut Tx, limit: i64) -> Result<Vec<LinkRequest>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "DELETE FROM link_requests WHERE id IN (
            SELECT id FROM link_requests ORDER BY id LIMIT $1)
         RETURNING id, purpose, publication_id, subscriber_id, email, language, asked_at"
    )
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.id;
        match LinkRequest::try_from(row) {
            Ok(request) => taken.push(request),
            Err(error) => tracing::error!(link = %id, %error, "a request for a link is dropped"),
        }
    }
    taken.sort_by_key(|request| request.id);
    Ok(taken)
}
