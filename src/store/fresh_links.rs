//! Links that were asked for by mail, found again by the hash of their token.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::fresh_link::FreshLink;
use crate::domain::ids::{FreshLinkId, SubscriberId, SubscriptionId};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    purpose: String,
    subscriber_id: Uuid,
    subscription_id: Uuid,
    email: Option<String>,
    language: Option<String>,
    created_at: Time,
    expires_at: Time,
    used_at: Option<Time>,
}

impl TryFrom<Row> for FreshLink {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let email = row.email.as_deref();
        Ok(Self {
            id: FreshLinkId(row.id),
            purpose: read("fresh_links", "purpose", row.id, &row.purpose)?,
            subscriber: SubscriberId(row.subscriber_id),
            subscription: SubscriptionId(row.subscription_id),
            email: email
                .map(|email| read("fresh_links", "email", row.id, email))
                .transpose()?,
            language: row.language,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        })
    }
}

/// Keeps a link with the hash of its token.
pub async fn insert(tx: &mut Tx, link: &FreshLink, token_hash: &[u8]) -> Result<(), StoreError> {
    on!(tx, |conn| {
        sqlx::query(
        "INSERT INTO fresh_links (id, purpose, subscriber_id, subscription_id, email, token_hash,
            language, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    )
    .bind(link.id.0)
    .bind(link.purpose.as_str())
    .bind(link.subscriber.0)
    .bind(link.subscription.0)
    .bind(link.email.as_ref().map(EmailAddress::as_str))
    .bind(token_hash)
    .bind(&link.language)
    .bind(link.created_at)
    .bind(link.expires_at)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Finds a link by id.
pub async fn find(tx: &mut Tx, id: FreshLinkId) -> Result<Option<FreshLink>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM fresh_links WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(FreshLink::try_from).transpose()
}

/// The hash of a link's token.
pub async fn token_hash(tx: &mut Tx, id: FreshLinkId) -> Result<Vec<u8>, StoreError> {
    let hash = on!(tx, |conn| sqlx::query_scalar(
        "SELECT token_hash FROM fresh_links WHERE id = $1"
    )
    .bind(id.0)
    .fetch_one(conn)
    .await)?;
    Ok(hash)
}

/// Finds a link by the hash of its token.
pub async fn find_by_token(
    tx: &mut Tx,
    token_hash: &[u8],
) -> Result<Option<FreshLink>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM fresh_links WHERE token_hash = $1"
    )
    .bind(token_hash)
    .fetch_optional(conn)
    .await)?;
    row.map(FreshLink::try_from).transpose()
}

/// All links of a subscriber that are kept, the oldest first.
pub async fn of_subscriber(
    tx: &mut Tx,
    subscriber: SubscriberId,
) -> Result<Vec<FreshLink>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM fresh_links WHERE subscriber_id = $1 ORDER BY id"
    )
    .bind(subscriber.0)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(FreshLink::try_from).collect()
}

/// Ends the links of a subscriber that are open, but for those by which a change is taken back.
pub async fn close(tx: &mut Tx, subscriber: SubscriberId, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE fresh_links SET used_at = $2
         WHERE subscriber_id = $1 AND used_at IS NULL AND purpose <> 'old-address'"
    )
    .bind(subscriber.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Forgets links that ended before `before`, with the mails that brought them.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    on!(&mut *tx, |conn| sqlx::query(
        "DELETE FROM notices WHERE link_id IN (SELECT id FROM fresh_links WHERE expires_at < $1)"
    )
    .bind(before)
    .execute(conn)
    .await
    .map(drop))?;
    on!(tx, |conn| sqlx::query(
        "DELETE FROM fresh_links WHERE expires_at < $1"
    )
    .bind(before)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
