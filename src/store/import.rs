//! Readers brought along from elsewhere, some thousand rows to a statement.
//!
//! `$1` is always the list of rows, opened as the table `j`.

mod rows;

use std::time::Duration;

use sqlx::FromRow;
use uuid::Uuid;

pub use rows::{Confirmed, Evidence, Leaving, List, NewReader, Origin, Request};

use super::lists::{Texts, json};
use super::{Store, StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::ids::{PublicationId, SubscriptionId};
use crate::domain::subscription::SubscriptionState;

/// The same statement around a table `j` that each database opens in its own way. `jsonb_each` hands a row
/// over as it was parsed, where `json_each` would write it out as text for each of its fields to be read in.
macro_rules! over {
    ($head:expr, sqlite $columns:literal, postgres $types:literal, $tail:literal) => {
        Texts {
            sqlite: concat!(
                $head,
                "(SELECT ",
                $columns,
                " FROM jsonb_each($1)) AS j ",
                $tail
            ),
            postgres: concat!(
                $head,
                "json_to_recordset($1::json) AS j (",
                $types,
                ") ",
                $tail
            ),
        }
    };
}

const EXISTING: Texts = Texts {
    // CROSS JOIN keeps the order: from the list to the tables, never through a whole publication.
    sqlite: "SELECT r.email_key, s.id, s.state FROM json_each($1) AS j
        CROSS JOIN subscribers r ON r.email_key = j.value
        CROSS JOIN subscriptions s ON s.subscriber_id = r.id AND s.publication_id = $2",
    postgres: "SELECT r.email_key, s.id, s.state
        FROM json_array_elements_text($1::json) AS j (value)
        JOIN subscribers r ON r.email_key = j.value
        JOIN subscriptions s ON s.subscriber_id = r.id AND s.publication_id = $2",
};

const INSERT_SUBSCRIBERS: Texts = over!(
    "INSERT INTO subscribers (id, email, email_key, name, created_at)
     SELECT j.subscriber, j.email, j.email_key, j.name, $2 FROM ",
    sqlite "unhex(value ->> 'subscriber') AS subscriber, value ->> 'email' AS email,
        value ->> 'email_key' AS email_key, value ->> 'name' AS name",
    postgres "subscriber uuid, email text, email_key text, name text",
    "WHERE true ON CONFLICT (email_key) DO NOTHING"
);

/// A subscription for each row, of the subscriber that the text names.
macro_rules! subscriptions {
    ($subscriber:literal, $tail:literal) => {
        over!(
            concat!(
                "INSERT INTO subscriptions (id, subscriber_id, publication_id, state, topic_key,
                    digest_key, language, created_at, confirmed_at, unsubscribed_at, leave_reason)
                 SELECT j.subscription, ", $subscriber, ", $2, j.state, j.topic_key, j.digest_key,
                    j.language, $3, j.confirmed_at,
                    CASE WHEN j.state = 'unsubscribed' THEN $3 END,
                    CASE WHEN j.state = 'unsubscribed' THEN 'import' END
                 FROM "
            ),
            sqlite "unhex(value ->> 'subscription') AS subscription,
                unhex(value ->> 'subscriber') AS subscriber, value ->> 'email_key' AS email_key,
                value ->> 'state' AS state, value ->> 'topic_key' AS topic_key,
                value ->> 'digest_key' AS digest_key, value ->> 'language' AS language,
                value ->> 'confirmed_at' AS confirmed_at",
            postgres "subscription uuid, subscriber uuid, email_key text, state text, topic_key text,
                digest_key text, language text, confirmed_at timestamptz",
            $tail
        )
    };
}

/// By the address and not by the new id: another process may have been first with the subscriber.
const INSERT_SUBSCRIPTIONS: Texts = subscriptions!(
    "r.id",
    "JOIN subscribers r ON r.email_key = j.email_key WHERE true
     ON CONFLICT (subscriber_id, publication_id) DO NOTHING"
);

/// The same of readers who have just been made.
const INSERT_SUBSCRIPTIONS_OF_NEW: Texts = subscriptions!("j.subscriber", "");

const CONFIRM_PENDING: Texts = over!(
    "UPDATE subscriptions SET state = 'confirmed', topic_key = j.topic_key,
        digest_key = j.digest_key, language = COALESCE(j.language, subscriptions.language), confirmed_at = j.confirmed_at
     FROM ",
    sqlite "unhex(value ->> 'subscription') AS subscription, value ->> 'topic_key' AS topic_key,
        value ->> 'digest_key' AS digest_key, value ->> 'language' AS language,
        value ->> 'confirmed_at' AS confirmed_at",
    postgres "subscription uuid, topic_key text, digest_key text, language text,
        confirmed_at timestamptz",
    "WHERE subscriptions.id = j.subscription AND subscriptions.state = 'pending'"
);

const LEAVE_PENDING: Texts = over!(
    "UPDATE subscriptions SET state = 'unsubscribed', unsubscribed_at = $2, leave_reason = 'import'
     FROM ",
    sqlite "unhex(value ->> 'subscription') AS subscription",
    postgres "subscription uuid",
    "WHERE subscriptions.id = j.subscription AND subscriptions.state = 'pending'"
);

const DROP_NOTICES: Texts = over!(
    "UPDATE notices SET state = 'failed', reply = 'settled by an import'
     WHERE state = 'pending' AND sign_up_id IN (SELECT u.id FROM ",
    sqlite "unhex(value ->> 'subscription') AS subscription",
    postgres "subscription uuid",
    "JOIN sign_ups u ON u.subscription_id = j.subscription)"
);

/// Evidence for each row.
macro_rules! consents {
    ($tail:literal) => {
        over!(
            "INSERT INTO consents (subscription_id, kind, at, text_version, network, source, detail)
             SELECT j.subscription, j.kind, j.at, CASE WHEN j.kind = 'confirmed' THEN $2 END,
                j.network, $3, j.detail
             FROM ",
            sqlite "unhex(value ->> 'subscription') AS subscription, value ->> 'kind' AS kind,
                value ->> 'at' AS at, value ->> 'network' AS network, value ->> 'detail' AS detail",
            postgres "subscription uuid, kind text, at timestamptz, network text, detail text",
            $tail
        )
    };
}

/// Of the subscriptions that are there.
const INSERT_CONSENTS: Texts = consents!("JOIN subscriptions s ON s.id = j.subscription");

/// Of subscriptions that have just been made.
const INSERT_CONSENTS_OF_NEW: Texts = consents!("");

const INSERT_SIGN_UPS: Texts = over!(
    "INSERT INTO sign_ups (id, subscription_id, token_hash, name, topic_key, digest_key, language,
        created_at, expires_at)
     SELECT j.sign_up, s.id, j.token_hash, j.name, j.topic_key, j.digest_key, j.language,
        j.created_at, j.expires_at FROM ",
    sqlite "unhex(value ->> 'sign_up') AS sign_up, unhex(value ->> 'subscription') AS subscription,
        unhex(substr(value ->> 'token_hash', 3)) AS token_hash, value ->> 'name' AS name,
        value ->> 'topic_key' AS topic_key, value ->> 'digest_key' AS digest_key,
        value ->> 'language' AS language, value ->> 'created_at' AS created_at,
        value ->> 'expires_at' AS expires_at",
    postgres "sign_up uuid, subscription uuid, token_hash bytea, name text, topic_key text,
        digest_key text, language text, created_at timestamptz, expires_at timestamptz",
    "JOIN subscriptions s ON s.id = j.subscription"
);

const INSERT_NOTICES: Texts = over!(
    "INSERT INTO notices (id, kind, sign_up_id, state, next_attempt_at, created_at)
     SELECT j.notice, 'confirmation', u.id, 'pending', u.created_at, $2 FROM ",
    sqlite "unhex(value ->> 'notice') AS notice, unhex(value ->> 'sign_up') AS sign_up",
    postgres "notice uuid, sign_up uuid",
    "JOIN sign_ups u ON u.id = j.sign_up"
);

#[derive(FromRow)]
struct ExistingRow {
    email_key: String,
    id: Uuid,
    state: String,
}

/// The subscriptions to a publication that these addresses have, given in lookup form.
pub async fn existing(
    tx: &mut Tx,
    publication: PublicationId,
    keys: &[&str],
) -> Result<Vec<(String, SubscriptionId, SubscriptionState)>, StoreError> {
    let statement = EXISTING.on(tx);
    let rows = on!(tx, |conn| sqlx::query_as::<_, ExistingRow>(statement)
        .bind(json(keys)?)
        .bind(publication.0)
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|row| {
            let state = read("subscriptions", "state", row.id, &row.state)?;
            Ok((row.email_key, SubscriptionId(row.id), state))
        })
        .collect()
}

/// Adds subscriptions, and their subscribers where the address is new; whether all of them are.
pub async fn insert(
    tx: &mut Tx,
    publication: PublicationId,
    readers: &List<NewReader<'_>>,
    now: Time,
) -> Result<bool, StoreError> {
    let made = insert_subscribers(tx, readers, now).await?;
    insert_subscriptions(tx, &INSERT_SUBSCRIPTIONS, publication, readers, now).await?;
    Ok(made == readers.len() as u64)
}

/// The same where all addresses are new. False where one is not: undo the transaction then.
pub async fn insert_if_new(
    tx: &mut Tx,
    publication: PublicationId,
    readers: &List<NewReader<'_>>,
    now: Time,
) -> Result<bool, StoreError> {
    let made = insert_subscribers(tx, readers, now).await?;
    if made != readers.len() as u64 {
        return Ok(false);
    }
    let statement = &INSERT_SUBSCRIPTIONS_OF_NEW;
    insert_subscriptions(tx, statement, publication, readers, now).await?;
    Ok(true)
}

/// Returns how many are new.
async fn insert_subscribers(
    tx: &mut Tx,
    readers: &List<NewReader<'_>>,
    now: Time,
) -> Result<u64, StoreError> {
    let statement = INSERT_SUBSCRIBERS.on(tx);
    let made = on!(tx, |conn| sqlx::query(statement)
        .bind(&readers.json)
        .bind(now)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(made)
}

async fn insert_subscriptions(
    tx: &mut Tx,
    statement: &Texts,
    publication: PublicationId,
    readers: &List<NewReader<'_>>,
    now: Time,
) -> Result<(), StoreError> {
    let statement = statement.on(tx);
    on!(tx, |conn| sqlx::query(statement)
        .bind(&readers.json)
        .bind(publication.0)
        .bind(now)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Confirms pending subscriptions with the choices of their rows. Confirmation mails that have
/// not gone out stay unsent.
pub async fn confirm_pending(tx: &mut Tx, rows: &List<Confirmed<'_>>) -> Result<(), StoreError> {
    let statement = CONFIRM_PENDING.on(tx);
    on!(&mut *tx, |conn| sqlx::query(statement)
        .bind(&rows.json)
        .execute(conn)
        .await
        .map(drop))?;
    drop_notices(tx, &rows.json).await
}

/// Records pending readers as having left. Confirmation mails that have not gone out stay unsent.
pub async fn leave_pending(tx: &mut Tx, rows: &List<Leaving>, now: Time) -> Result<(), StoreError> {
    let statement = LEAVE_PENDING.on(tx);
    on!(&mut *tx, |conn| sqlx::query(statement)
        .bind(&rows.json)
        .bind(now)
        .execute(conn)
        .await
        .map(drop))?;
    drop_notices(tx, &rows.json).await
}

async fn drop_notices(tx: &mut Tx, list: &str) -> Result<(), StoreError> {
    let statement = DROP_NOTICES.on(tx);
    on!(tx, |conn| sqlx::query(statement)
        .bind(list)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Writes evidence down, of subscriptions that are there.
pub async fn append_consents(
    tx: &mut Tx,
    rows: &List<Evidence<'_>>,
    origin: Origin<'_>,
) -> Result<(), StoreError> {
    append(tx, &INSERT_CONSENTS, rows, origin).await
}

/// The same of subscriptions that this transaction has made.
pub async fn append_consents_of_new(
    tx: &mut Tx,
    rows: &List<Evidence<'_>>,
    origin: Origin<'_>,
) -> Result<(), StoreError> {
    append(tx, &INSERT_CONSENTS_OF_NEW, rows, origin).await
}

async fn append(
    tx: &mut Tx,
    statement: &Texts,
    rows: &List<Evidence<'_>>,
    origin: Origin<'_>,
) -> Result<(), StoreError> {
    let statement = statement.on(tx);
    on!(tx, |conn| sqlx::query(statement)
        .bind(&rows.json)
        .bind(origin.text_version)
        .bind(origin.source)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Keeps requests to confirm, and the notices that ask.
pub async fn insert_requests(
    tx: &mut Tx,
    rows: &List<Request<'_>>,
    now: Time,
) -> Result<(), StoreError> {
    let statement = INSERT_SIGN_UPS.on(tx);
    on!(&mut *tx, |conn| sqlx::query(statement)
        .bind(&rows.json)
        .execute(conn)
        .await
        .map(drop))?;
    let statement = INSERT_NOTICES.on(tx);
    on!(tx, |conn| sqlx::query(statement)
        .bind(&rows.json)
        .bind(now)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

impl Store {
    /// How long a long row of transactions should pause between two of them, so that others get
    /// their turn. SQLite's one write lock is not handed out in order: a writer that waits looks
    /// again after 25 ms and more.
    pub fn breather(&self) -> Duration {
        match self {
            Self::Sqlite(_) => Duration::from_millis(25),
            Self::Postgres(_) => Duration::ZERO,
        }
    }

    /// Lets PostgreSQL see the size of tables that have just grown; nothing to do on SQLite.
    pub async fn analyse_readers(&self) -> Result<(), StoreError> {
        if let Self::Postgres(pool) = self {
            for statement in ["ANALYZE subscribers", "ANALYZE subscriptions"] {
                sqlx::query(statement).execute(pool).await?;
            }
        }
        Ok(())
    }
}
