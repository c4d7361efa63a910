//! Suppressed addresses, found by a keyed hash, and what they stop.

use std::collections::HashSet;

use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::lists::{Texts, json};
use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::SubscriberId;
use crate::domain::suppression::{EmailHash, Suppression};

/// The same statement around the list of both databases.
macro_rules! with_list {
    ($head:literal, $tail:literal) => {
        Texts {
            sqlite: concat!($head, "(SELECT value FROM json_each($1))", $tail),
            postgres: concat!($head, "(SELECT json_array_elements_text($1::json))", $tail),
        }
    };
}

const KNOWN: Texts = Texts {
    sqlite: "SELECT email_hash FROM suppressions
        WHERE email_hash IN (SELECT unhex(value) FROM json_each($1))",
    postgres: "SELECT email_hash FROM suppressions
        WHERE email_hash IN (SELECT decode(json_array_elements_text($1::json), 'hex'))",
};

const INSERT: Texts = Texts {
    sqlite: "INSERT INTO suppressions (email_hash, email, reason, source, created_at)
        SELECT unhex(value ->> 'hash'), value ->> 'email', value ->> 'reason', value ->> 'source', $2
        FROM json_each($1) WHERE true
        ON CONFLICT (email_hash) DO UPDATE SET email = NULL
        WHERE excluded.reason = 'erased' AND suppressions.email IS NOT NULL",
    postgres: "INSERT INTO suppressions (email_hash, email, reason, source, created_at)
        SELECT decode(hash, 'hex'), email, reason, source, $2
        FROM json_to_recordset($1::json) AS j (hash text, email text, reason text, source text)
        ON CONFLICT (email_hash) DO UPDATE SET email = NULL
        WHERE excluded.reason = 'erased' AND suppressions.email IS NOT NULL",
};

const MARK: Texts = with_list!(
    "UPDATE subscribers SET suppressed_at = $2 WHERE suppressed_at IS NULL AND email_key IN ",
    ""
);

/// What was claimed and not begun goes too: no mail of it is on its way.
const SKIP_OPEN: Texts = with_list!(
    "UPDATE deliveries SET state = 'skipped', reason = 'suppressed'
     WHERE subscription_id IN (SELECT s.id FROM subscriptions s
            JOIN subscribers r ON r.id = s.subscriber_id WHERE r.email_key IN ",
    ") AND state IN ('pending', 'deferred') AND id NOT IN (SELECT delivery_id FROM begun)"
);

/// PostgreSQL's name for the lock below: any number that nothing else uses.
const LOCK: i64 = 0x7061_7065_7272_0001;

/// Keeps new suppressions out until the transaction ends, so that an address cannot be looked up
/// as free and suppressed before its subscriber is there to be marked. Not needed on SQLite,
/// which has one writer.
pub async fn hold_off(tx: &mut Tx) -> Result<(), StoreError> {
    lock(tx, "SELECT pg_advisory_xact_lock_shared($1)").await
}

/// Waits until nobody holds suppressions off, and keeps the others waiting.
pub async fn lock_out(tx: &mut Tx) -> Result<(), StoreError> {
    lock(tx, "SELECT pg_advisory_xact_lock($1)").await
}

async fn lock(tx: &mut Tx, statement: &'static str) -> Result<(), StoreError> {
    if let Tx::Postgres(inner) = tx {
        sqlx::query(statement)
            .bind(LOCK)
            .execute(&mut **inner)
            .await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Row {
    email_hash: Vec<u8>,
    email: Option<String>,
    reason: String,
    source: Option<String>,
    created_at: Time,
}

fn hash(bytes: &[u8]) -> Result<EmailHash, StoreError> {
    let bytes = bytes.try_into().map_err(|_| StoreError::Corrupt {
        table: "suppressions",
        column: "email_hash",
        id: format!("{bytes:02x?}"),
    })?;
    Ok(EmailHash(bytes))
}

impl TryFrom<Row> for Suppression {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let email_hash = hash(&row.email_hash)?;
        Ok(Self {
            email_hash,
            email: row
                .email
                .map(|email| read("suppressions", "email", email_hash, &email))
                .transpose()?,
            reason: read("suppressions", "reason", email_hash, &row.reason)?,
            source: row.source,
            created_at: row.created_at,
        })
    }
}

/// Finds a suppression by the hash of its address.
pub async fn find(tx: &mut Tx, hash: EmailHash) -> Result<Option<Suppression>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM suppressions WHERE email_hash = $1"
    )
    .bind(&hash.0[..])
    .fetch_optional(conn)
    .await)?;
    row.map(Suppression::try_from).transpose()
}

/// Those of the hashes that are suppressed.
pub async fn known(tx: &mut Tx, hashes: &[EmailHash]) -> Result<HashSet<EmailHash>, StoreError> {
    let list: Vec<String> = hashes.iter().map(ToString::to_string).collect();
    let statement = KNOWN.on(tx);
    let found: Vec<Vec<u8>> = on!(tx, |conn| sqlx::query_scalar(statement)
        .bind(json(&list)?)
        .fetch_all(conn)
        .await)?;
    found.iter().map(|bytes| hash(bytes)).collect()
}

#[derive(Serialize)]
struct New<'a> {
    hash: String,
    email: Option<&'a str>,
    reason: &'static str,
    source: Option<&'a str>,
}

/// Adds suppressions, each hash once; returns how many are new. One that is there already stays
/// as it is, reason included, except that an erasure takes the address away: who complained and is
/// erased then has still complained.
pub async fn insert(tx: &mut Tx, rows: &[Suppression], now: Time) -> Result<u64, StoreError> {
    let rows: Vec<New<'_>> = rows
        .iter()
        .map(|s| New {
            hash: s.email_hash.to_string(),
            email: s.email.as_ref().map(EmailAddress::as_str),
            reason: s.reason.as_str(),
            source: s.source.as_deref(),
        })
        .collect();
    let statement = INSERT.on(tx);
    let added = on!(tx, |conn| sqlx::query(statement)
        .bind(json(&rows)?)
        .bind(now)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(added)
}

/// Marks the subscribers of suppressed addresses, given in lookup form.
pub async fn mark(tx: &mut Tx, keys: &[String], now: Time) -> Result<u64, StoreError> {
    let statement = MARK.on(tx);
    let rows = on!(tx, |conn| sqlx::query(statement)
        .bind(json(keys)?)
        .bind(now)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows)
}

/// Skips what is still to go out to these addresses, given in lookup form.
pub async fn skip_open(tx: &mut Tx, keys: &[String]) -> Result<u64, StoreError> {
    let statement = SKIP_OPEN.on(tx);
    let rows = on!(tx, |conn| sqlx::query(statement)
        .bind(json(keys)?)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows)
}

/// The next subscribers that are not marked, in the order of their ids.
pub async fn unmarked(
    tx: &mut Tx,
    after: SubscriberId,
    limit: i64,
) -> Result<Vec<(SubscriberId, EmailAddress)>, StoreError> {
    let rows: Vec<(Uuid, String)> = on!(tx, |conn| sqlx::query_as(
        "SELECT id, email FROM subscribers WHERE id > $1 AND suppressed_at IS NULL
         ORDER BY id LIMIT $2"
    )
    .bind(after.0)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    rows.into_iter()
        .map(|(id, email)| Ok((SubscriberId(id), read("subscribers", "email", id, &email)?)))
        .collect()
}

/// Moves an erasure to its last time: what was asked for before it is void.
pub async fn renew_erased(tx: &mut Tx, hash: EmailHash, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE suppressions SET created_at = $2 WHERE email_hash = $1 AND reason = 'erased'"
    )
    .bind(&hash.0[..])
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Ends a suppression and clears its subscriber's mark; false where there was none.
pub async fn remove(
    tx: &mut Tx,
    hash: EmailHash,
    email: &EmailAddress,
) -> Result<bool, StoreError> {
    let removed = remove_hash(tx, hash).await?;
    on!(tx, |conn| sqlx::query(
        "UPDATE subscribers SET suppressed_at = NULL WHERE email_key = $1"
    )
    .bind(email.key())
    .execute(conn)
    .await
    .map(drop))?;
    Ok(removed)
}

/// Ends a suppression of which no address is known; false where there was none.
pub async fn remove_hash(tx: &mut Tx, hash: EmailHash) -> Result<bool, StoreError> {
    let removed = on!(tx, |conn| sqlx::query(
        "DELETE FROM suppressions WHERE email_hash = $1"
    )
    .bind(&hash.0[..])
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(removed > 0)
}

/// The latest suppressions, newest first.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Suppression>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM suppressions ORDER BY created_at DESC, email_hash LIMIT $1"
    )
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Suppression::try_from).collect()
}

/// Suppressions in the order of their hashes, after one.
pub async fn page(
    tx: &mut Tx,
    after: Option<EmailHash>,
    limit: i64,
) -> Result<Vec<Suppression>, StoreError> {
    // The empty hash comes before all others.
    let after = after.map(|hash| hash.0.to_vec()).unwrap_or_default();
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM suppressions WHERE email_hash > $1 ORDER BY email_hash LIMIT $2"
    )
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Suppression::try_from).collect()
}
