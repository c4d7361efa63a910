//! Requests to subscribe, found again by the hash of their confirmation token.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{SignUpId, SubscriptionId};
use crate::domain::publication::TopicChoice;
use crate::domain::subscription::SignUp;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    subscription_id: Uuid,
    name: Option<String>,
    topic_key: String,
    digest_key: String,
    language: Option<String>,
    source: Option<String>,
    created_at: Time,
    expires_at: Time,
    used_at: Option<Time>,
}

impl From<Row> for SignUp {
    fn from(row: Row) -> Self {
        Self {
            id: SignUpId(row.id),
            subscription: SubscriptionId(row.subscription_id),
            name: row.name,
            topics: TopicChoice::from_key(&row.topic_key),
            digests: DigestChoice::from_key(&row.digest_key),
            language: row.language,
            source: row.source,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        }
    }
}

/// Keeps a request with the hash of its token.
pub async fn insert(tx: &mut Tx, sign_up: &SignUp, token_hash: &[u8]) -> Result<(), StoreError> {
    on!(tx, |conn| {
        sqlx::query(
        "INSERT INTO sign_ups (id, subscription_id, token_hash, name, topic_key, digest_key, language,
            source, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    )
    .bind(sign_up.id.0)
    .bind(sign_up.subscription.0)
    .bind(token_hash)
    .bind(&sign_up.name)
    .bind(sign_up.topics.key())
    .bind(sign_up.digests.key())
    .bind(&sign_up.language)
    .bind(&sign_up.source)
    .bind(sign_up.created_at)
    .bind(sign_up.expires_at)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Keeps the time zone that a request told.
pub async fn set_timezone(tx: &mut Tx, id: SignUpId, timezone: &str) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE sign_ups SET timezone = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(timezone)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Finds a request by the hash of its token.
pub async fn find_by_token(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<SignUp>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM sign_ups WHERE token_hash = $1"
    )
    .bind(token_hash)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(SignUp::from))
}

/// Finds a request by id.
pub async fn find(tx: &mut Tx, id: SignUpId) -> Result<Option<SignUp>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM sign_ups WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(SignUp::from))
}

/// Marks a request as used; false where it was used before.
pub async fn mark_used(tx: &mut Tx, id: SignUpId, now: Time) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE sign_ups SET used_at = $2 WHERE id = $1 AND used_at IS NULL"
    )
    .bind(id.0)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// How many requests for an address since `since` led to a confirmation mail, whichever
/// publication they were for: a victim has one inbox.
pub async fn count_since(
    tx: &mut Tx,
    email: &EmailAddress,
    since: Time,
) -> Result<i64, StoreError> {
    let count = on!(tx, |conn| sqlx::query_scalar(
        "SELECT COUNT(*) FROM subscribers r JOIN subscriptions s ON s.subscriber_id = r.id
            JOIN sign_ups u ON u.subscription_id = s.id
         WHERE r.email_key = $1 AND u.created_at > $2"
    )
    .bind(email.key())
    .bind(since)
    .fetch_one(conn)
    .await)?;
    Ok(count)
}
