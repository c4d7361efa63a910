//! Subscriptions: a subscriber's place in a publication.

use chrono_tz::Tz;
use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, micros, moment, on, read};
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::ids::{PublicationId, SubscriberId, SubscriptionId};
use crate::domain::publication::TopicChoice;
use crate::domain::subscription::{LeaveReason, SignUp, Subscription};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    subscriber_id: Uuid,
    publication_id: Uuid,
    state: String,
    topic_key: String,
    digest_key: String,
    language: Option<String>,
    timezone: Option<String>,
    created_at: Time,
    confirmed_at: Option<Time>,
    unsubscribed_at: Option<Time>,
    paused_until: Option<i64>,
}

impl TryFrom<Row> for Subscription {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: SubscriptionId(row.id),
            subscriber: SubscriberId(row.subscriber_id),
            publication: PublicationId(row.publication_id),
            state: read("subscriptions", "state", row.id, &row.state)?,
            topics: TopicChoice::from_key(&row.topic_key),
            digests: DigestChoice::from_key(&row.digest_key),
            language: row.language,
            // A zone that is known no more is as good as none, as it is for the waves.
            timezone: row.timezone.and_then(|name| name.parse().ok()),
            created_at: row.created_at,
            confirmed_at: row.confirmed_at,
            unsubscribed_at: row.unsubscribed_at,
            paused_until: row.paused_until.map(moment),
        })
    }
}

/// The subscription of a subscriber to a publication, made as pending where there is none.
pub async fn find_or_insert(
    tx: &mut Tx,
    new_id: SubscriptionId,
    subscriber: SubscriberId,
    publication: PublicationId,
    now: Time,
) -> Result<Subscription, StoreError> {
    let row = on!(tx, |conn| {
        sqlx::query_as::<_, Row>(
        "INSERT INTO subscriptions (id, subscriber_id, publication_id, state, topic_key, created_at)
         VALUES ($1, $2, $3, 'pending', '', $4)
         ON CONFLICT (subscriber_id, publication_id) DO UPDATE SET state = subscriptions.state
         RETURNING *"
    )
    .bind(new_id.0)
    .bind(subscriber.0)
    .bind(publication.0)
    .bind(now)
    .fetch_one(conn)
    .await
    })?;
    row.try_into()
}

/// Finds a subscription by id.
pub async fn find(tx: &mut Tx, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM subscriptions WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Subscription::try_from).transpose()
}

/// Finds the subscription of a subscriber to a publication.
pub async fn find_by_subscriber(
    tx: &mut Tx,
    subscriber: SubscriberId,
    publication: PublicationId,
) -> Result<Option<Subscription>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM subscriptions WHERE subscriber_id = $1 AND publication_id = $2"
    )
    .bind(subscriber.0)
    .bind(publication.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Subscription::try_from).transpose()
}

/// All subscriptions of a subscriber, the oldest first.
pub async fn of_subscriber(
    tx: &mut Tx,
    subscriber: SubscriberId,
) -> Result<Vec<Subscription>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM subscriptions WHERE subscriber_id = $1 ORDER BY created_at, id"
    )
    .bind(subscriber.0)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Subscription::try_from).collect()
}

/// The language that a reader told.
pub async fn language(tx: &mut Tx, id: SubscriptionId) -> Result<Option<String>, StoreError> {
    let language = on!(tx, |conn| sqlx::query_scalar(
        "SELECT language FROM subscriptions WHERE id = $1"
    )
    .bind(id.0)
    .fetch_one(conn)
    .await)?;
    Ok(language)
}

/// Confirms a subscription with the choices of the sign-up.
pub async fn confirm(tx: &mut Tx, sign_up: &SignUp, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE subscriptions SET state = 'confirmed', topic_key = $2, digest_key = $3,
            language = COALESCE($4, language), source = COALESCE($5, source),
            confirmed_at = CASE WHEN state = 'confirmed' THEN confirmed_at ELSE $6 END,
            unsubscribed_at = NULL, leave_reason = NULL, paused_until = NULL,
            timezone = COALESCE((SELECT u.timezone FROM sign_ups u WHERE u.id = $7), timezone)
         WHERE id = $1"
    )
    .bind(sign_up.subscription.0)
    .bind(sign_up.topics.key())
    .bind(sign_up.digests.key())
    .bind(&sign_up.language)
    .bind(&sign_up.source)
    .bind(now)
    .bind(sign_up.id.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Changes what a reader gets; `None` leaves the language as it is.
pub async fn set_choices(
    tx: &mut Tx,
    id: SubscriptionId,
    topics: &TopicChoice,
    digests: &DigestChoice,
    language: Option<&str>,
) -> Result<(), StoreError> {
    on!(tx, |conn| {
        sqlx::query(
        "UPDATE subscriptions SET topic_key = $2, digest_key = $3, language = COALESCE($4, language)
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(topics.key())
    .bind(digests.key())
    .bind(language)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Keeps the time zone that a reader chose, or forgets it.
pub async fn set_timezone(
    tx: &mut Tx,
    id: SubscriptionId,
    timezone: Option<Tz>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE subscriptions SET timezone = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(timezone.map(Tz::name))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Sends nothing until a time, or ends such a pause.
pub async fn set_pause(
    tx: &mut Tx,
    id: SubscriptionId,
    until: Option<Time>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE subscriptions SET paused_until = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(until.map(micros))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Ends a subscription; false where it had ended before.
pub async fn leave(
    tx: &mut Tx,
    id: SubscriptionId,
    reason: LeaveReason,
    now: Time,
) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| {
        sqlx::query(
        "UPDATE subscriptions SET state = 'unsubscribed', unsubscribed_at = $2, leave_reason = $3
         WHERE id = $1 AND state <> 'unsubscribed'"
    )
    .bind(id.0)
    .bind(now)
    .bind(reason.as_str())
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(changed > 0)
}

/// Takes leaving back, for a subscription that had been confirmed; false where there is nothing
/// to take back.
pub async fn restore(tx: &mut Tx, id: SubscriptionId) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| {
        sqlx::query(
        "UPDATE subscriptions SET state = 'confirmed', unsubscribed_at = NULL, leave_reason = NULL
         WHERE id = $1 AND state = 'unsubscribed' AND confirmed_at IS NOT NULL"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(changed > 0)
}

/// How many subscriptions of a publication are in each state: confirmed, pending, unsubscribed.
pub async fn count(tx: &mut Tx, publication: PublicationId) -> Result<(i64, i64, i64), StoreError> {
    let counts: (i64, i64, i64) = on!(tx, |conn| {
        sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM subscriptions WHERE publication_id = $1 AND state = 'confirmed'),
            (SELECT COUNT(*) FROM subscriptions WHERE publication_id = $1 AND state = 'pending'),
            (SELECT COUNT(*) FROM subscriptions WHERE publication_id = $1 AND state = 'unsubscribed')"
    )
    .bind(publication.0)
    .fetch_one(conn)
    .await
    })?;
    Ok(counts)
}
