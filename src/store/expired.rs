//! Sign-ups whose link has ended, and readers of whom nothing else is known: found and removed.

use sqlx::FromRow;
use uuid::Uuid;

use super::lists::{Texts, json, with_ids};
use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::{PublicationId, SignUpId, SubscriberId, SubscriptionId};

const REMOVE_NOTICES: Texts = with_ids!("DELETE FROM notices WHERE sign_up_id IN ", "");
const REMOVE_SIGN_UPS: Texts = with_ids!("DELETE FROM sign_ups WHERE id IN ", "");
/// Changes nothing: whoever is at these rows is waited for, so that the next statements see what they
/// did.
const LOCK_SUBSCRIBERS: Texts = with_ids!(
    "UPDATE subscribers SET email_key = email_key WHERE id IN ",
    ""
);
const LOCK_SUBSCRIPTIONS: Texts =
    with_ids!("UPDATE subscriptions SET state = state WHERE id IN ", "");
const REMOVE_CONSENTS: Texts = with_ids!(
    "DELETE FROM consents WHERE subscription_id IN (
        SELECT s.id FROM subscriptions s WHERE s.id IN ",
    " AND s.state = 'pending' AND s.confirmed_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM sign_ups u WHERE u.subscription_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM fresh_links f WHERE f.subscription_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.subscription_id = s.id))"
);
const REMOVE_SUBSCRIPTIONS: Texts = with_ids!(
    "DELETE FROM subscriptions WHERE id IN ",
    " AND state = 'pending' AND confirmed_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM sign_ups u WHERE u.subscription_id = subscriptions.id)
        AND NOT EXISTS (SELECT 1 FROM fresh_links f WHERE f.subscription_id = subscriptions.id)
        AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.subscription_id = subscriptions.id)"
);
const REMOVE_SUBSCRIBERS: Texts = with_ids!(
    "DELETE FROM subscribers WHERE id IN ",
    " AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.subscriber_id = subscribers.id)
        AND NOT EXISTS (SELECT 1 FROM fresh_links f WHERE f.subscriber_id = subscribers.id)
        AND NOT EXISTS (SELECT 1 FROM address_changes a WHERE a.subscriber_id = subscribers.id)
        AND NOT EXISTS (SELECT 1 FROM subscribers m WHERE m.merged_into = subscribers.id)"
);

/// A sign-up whose link has ended.
#[derive(Debug, Clone)]
pub struct Expired {
    pub sign_up: SignUpId,
    pub subscription: SubscriptionId,
    pub subscriber: SubscriberId,
    pub publication: PublicationId,
    pub email: String,
    pub name: Option<String>,
    pub topic_key: String,
    pub digest_key: String,
    pub language: Option<String>,
    pub timezone: Option<String>,
    pub source: Option<String>,
    /// Its reader has neither confirmed, by another link, nor refused all mail.
    pub is_undecided: bool,
    /// A mail with its links may have gone out.
    pub was_asked: bool,
}

#[derive(FromRow)]
struct Row {
    sign_up: Uuid,
    subscription: Uuid,
    subscriber: Uuid,
    publication: Uuid,
    email: String,
    name: Option<String>,
    topic_key: String,
    digest_key: String,
    language: Option<String>,
    timezone: Option<String>,
    source: Option<String>,
    is_undecided: bool,
    was_asked: bool,
}

impl From<Row> for Expired {
    fn from(row: Row) -> Self {
        Self {
            sign_up: SignUpId(row.sign_up),
            subscription: SubscriptionId(row.subscription),
            subscriber: SubscriberId(row.subscriber),
            publication: PublicationId(row.publication),
            email: row.email,
            name: row.name,
            topic_key: row.topic_key,
            digest_key: row.digest_key,
            language: row.language,
            timezone: row.timezone,
            source: row.source,
            is_undecided: row.is_undecided,
            was_asked: row.was_asked,
        }
    }
}

/// Sign-ups with what is known of their readers.
macro_rules! sign_ups {
    ($tail:literal) => {
        concat!(
            "SELECT u.id AS sign_up, s.id AS subscription, r.id AS subscriber,
                s.publication_id AS publication, r.email, u.name, u.topic_key, u.digest_key,
                u.language, u.timezone, u.source,
                s.state = 'pending' AND r.suppressed_at IS NULL AS is_undecided,
                EXISTS (SELECT 1 FROM notices n
                    WHERE n.sign_up_id = u.id AND n.state <> 'pending') AS was_asked
             FROM sign_ups u JOIN subscriptions s ON s.id = u.subscription_id
                JOIN subscribers r ON r.id = s.subscriber_id WHERE ",
            $tail
        )
    };
}

const OF_SUBSCRIPTIONS: Texts = Texts {
    sqlite: sign_ups!("u.subscription_id IN (SELECT unhex(value) FROM json_each($1))"),
    postgres: sign_ups!(
        "u.subscription_id IN (SELECT CAST(json_array_elements_text($1::json) AS uuid))"
    ),
};

/// The oldest sign-ups whose link ended unused.
pub async fn find(tx: &mut Tx, now: Time, limit: i64) -> Result<Vec<Expired>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(sign_ups!(
        "u.used_at IS NULL AND u.expires_at <= $1 ORDER BY u.created_at LIMIT $2"
    ))
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    Ok(rows.into_iter().map(Expired::from).collect())
}

/// All sign-ups of subscriptions that are to go.
pub async fn of_subscriptions(
    tx: &mut Tx,
    ids: &[SubscriptionId],
) -> Result<Vec<Expired>, StoreError> {
    let list: Vec<String> = ids.iter().map(|id| id.0.simple().to_string()).collect();
    let statement = OF_SUBSCRIPTIONS.on(tx);
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(statement)
        .bind(json(&list)?)
        .fetch_all(conn)
        .await)?;
    Ok(rows.into_iter().map(Expired::from).collect())
}

async fn with(tx: &mut Tx, statement: &Texts, ids: &[Uuid]) -> Result<(), StoreError> {
    let list: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
    let statement = statement.on(tx);
    on!(tx, |conn| sqlx::query(statement)
        .bind(json(&list)?)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Removes sign-ups with their notices.
pub async fn remove(tx: &mut Tx, sign_ups: &[SignUpId]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = sign_ups.iter().map(|id| id.0).collect();
    with(tx, &REMOVE_NOTICES, &ids).await?;
    with(tx, &REMOVE_SIGN_UPS, &ids).await
}

/// Removes those of the subscriptions that were never confirmed and have no sign-up left, with
/// their evidence, and those of the subscribers that have no subscription left.
pub async fn remove_readers(
    tx: &mut Tx,
    subscriptions: &[SubscriptionId],
    subscribers: &[SubscriberId],
) -> Result<(), StoreError> {
    let subscriptions: Vec<Uuid> = subscriptions.iter().map(|id| id.0).collect();
    let subscribers: Vec<Uuid> = subscribers.iter().map(|id| id.0).collect();
    with(tx, &LOCK_SUBSCRIBERS, &subscribers).await?;
    with(tx, &LOCK_SUBSCRIPTIONS, &subscriptions).await?;
    with(tx, &REMOVE_CONSENTS, &subscriptions).await?;
    with(tx, &REMOVE_SUBSCRIPTIONS, &subscriptions).await?;
    with(tx, &REMOVE_SUBSCRIBERS, &subscribers).await
}
