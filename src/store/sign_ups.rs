//! Requests to subscribe, found again by the hash of their confirmation token.

use chrono_tz::Tz;
use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
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
    network: Option<String>,
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
            network: row.network,
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
            source, created_at, expires_at, network)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
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
    .bind(&sign_up.network)
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

/// The hash of a request's token.
pub async fn token_hash(tx: &mut Tx, id: SignUpId) -> Result<Vec<u8>, StoreError> {
    let hash = on!(tx, |conn| sqlx::query_scalar(
        "SELECT token_hash FROM sign_ups WHERE id = $1"
    )
    .bind(id.0)
    .fetch_one(conn)
    .await)?;
    Ok(hash)
}

/// The time zone that a request told.
pub async fn timezone(tx: &mut Tx, id: SignUpId) -> Result<Option<Tz>, StoreError> {
    let name: Option<String> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT timezone FROM sign_ups WHERE id = $1"
    )
    .bind(id.0)
    .fetch_one(conn)
    .await)?;
    Ok(name.and_then(|name| name.parse().ok()))
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

/// Requests made between two times whose readers are to be reminded: asked by mail, and neither
/// answered, nor asked again since, nor reminded before.
pub async fn to_remind(
    tx: &mut Tx,
    (from, to): (Time, Time),
    now: Time,
    limit: i64,
) -> Result<Vec<(SignUpId, EmailAddress)>, StoreError> {
    let rows: Vec<(Uuid, String)> = on!(tx, |conn| sqlx::query_as(
        "SELECT u.id, r.email FROM sign_ups u JOIN subscriptions s ON s.id = u.subscription_id
            JOIN subscribers r ON r.id = s.subscriber_id
            JOIN publications p ON p.id = s.publication_id
         WHERE u.used_at IS NULL AND u.created_at > $1 AND u.created_at <= $2 AND u.expires_at > $3
            AND s.state = 'pending' AND r.suppressed_at IS NULL AND p.archived_at IS NULL
            AND EXISTS (SELECT 1 FROM notices n
                WHERE n.sign_up_id = u.id AND n.kind = 'confirmation' AND n.state = 'sent')
            AND NOT EXISTS (SELECT 1 FROM sign_ups o JOIN notices n ON n.sign_up_id = o.id
                WHERE o.subscription_id = u.subscription_id AND n.kind = 'reminder')
            AND NOT EXISTS (SELECT 1 FROM sign_ups o
                WHERE o.subscription_id = u.subscription_id AND o.created_at > u.created_at)
         ORDER BY u.created_at LIMIT $4"
    )
    .bind(from)
    .bind(to)
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    rows.into_iter()
        .map(|(id, email)| Ok((SignUpId(id), read("subscribers", "email", id, &email)?)))
        .collect()
}

/// All requests for a subscription that are kept, the oldest first.
pub async fn of_subscription(tx: &mut Tx, id: SubscriptionId) -> Result<Vec<SignUp>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM sign_ups WHERE subscription_id = $1 ORDER BY created_at, id"
    )
    .bind(id.0)
    .fetch_all(conn)
    .await)?;
    Ok(rows.into_iter().map(SignUp::from).collect())
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
