//! Who works on a delivery.
//!
//! What a process has claimed stands in its row of `claims`, and just before a mail goes over the
//! line, its delivery is put down in `in_flight` (see `results`). What is claimed and not begun has
//! not been sent; what is begun and not recorded may have been. The delivery's own row is written
//! with the result, once.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::lists::json;
use super::nodes::alive_since;
use super::results::as_micros;
use super::{StoreError, Tx, micros, moment, on, postgres, read, sqlite, unsigned};
use crate::domain::clock::Time;
use crate::domain::delivery::{DeliveryState, OnUnknown};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DeliveryId, EditionId, IssueId, SubscriptionId};

/// `DUE_DELIVERIES` of either database with its values.
macro_rules! due {
    ($query:ident, $statement:expr, $issue:expr, $node:expr, $held:expr, $now:expr, $after:expr, $limit:expr) => {
        sqlx::$query($statement)
            .bind($issue.0)
            .bind(micros($now))
            .bind(micros($after.0))
            .bind($after.1.0)
            .bind($limit)
            .bind($node)
            .bind($held)
    };
}

/// A claimed delivery with all that is needed to send it.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub id: DeliveryId,
    pub subscription: SubscriptionId,
    pub edition: EditionId,
    pub email: EmailAddress,
    pub name: Option<String>,
    pub confirmed_at: Option<Time>,
    pub source: Option<String>,
    pub attempts: u32,
    pub first_attempt_at: Option<Time>,
}

/// A place in the order in which the deliveries of an issue fall due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub Time, pub DeliveryId);

impl Position {
    /// Before every delivery.
    pub const START: Self = Self(Time::UNIX_EPOCH, DeliveryId(0));
}

/// What a claim brought.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub rows: Vec<Claimed>,
    /// Where the next claim goes on; `None` where nothing more is due.
    pub next: Option<Position>,
}

/// A row of PostgreSQL, or an element of SQLite's list.
#[derive(FromRow, Deserialize)]
struct ClaimedRow {
    id: i64,
    subscription_id: Uuid,
    edition_id: Option<Uuid>,
    email: String,
    name: Option<String>,
    confirmed_at: Option<Time>,
    source: Option<String>,
    reachable: i64,
    attempts: i64,
    first_attempt_at: Option<i64>,
    next_attempt_at: i64,
}

/// Lets a node begin to claim; it has nothing yet.
pub async fn open(tx: &mut Tx, node: &str) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO claims (node, mails) VALUES ($1, '[]')
         ON CONFLICT (node) DO UPDATE SET mails = excluded.mails"
    )
    .bind(node)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// A node that claims, and what it has already.
#[derive(Debug, Clone, Copy)]
pub struct Claimer<'a> {
    pub node: &'a str,
    pub held: &'a [DeliveryId],
}

/// Claims up to `limit` due deliveries of an issue that is being sent, after `after` in their
/// order, beside what the claimer has; readers who left meanwhile are skipped. Going on from the last
/// place spares the search through what was claimed before. Refused with `ClaimsLost` where the
/// node was taken for dead.
pub async fn claim(
    tx: &mut Tx,
    issue: IssueId,
    claimer: Claimer<'_>,
    now: Time,
    after: Position,
    limit: i64,
) -> Result<Batch, StoreError> {
    let mut ids: Vec<i64> = claimer.held.iter().map(|id| id.0).collect();
    let found = due(tx, issue, claimer.node, &json(&ids)?, now, after, limit).await?;
    let next = match found.last() {
        Some(last) if i64::try_from(found.len()) == Ok(limit) => {
            Some(Position(moment(last.next_attempt_at), DeliveryId(last.id)))
        }
        _ => None,
    };
    let (reachable, gone): (Vec<_>, Vec<_>) = found.into_iter().partition(|row| row.reachable != 0);
    if !gone.is_empty() {
        let gone: Vec<i64> = gone.iter().map(|row| row.id).collect();
        skip(tx, &json(&gone)?).await?;
    }
    if !reachable.is_empty() {
        ids.extend(reachable.iter().map(|row| row.id));
        list(tx, claimer.node, &ids).await?;
    }
    let rows = reachable
        .into_iter()
        .map(claimed)
        .collect::<Result<_, _>>()?;
    Ok(Batch { rows, next })
}

/// The next due deliveries, in their order.
async fn due(
    tx: &mut Tx,
    issue: IssueId,
    node: &str,
    held: &str,
    now: Time,
    after: Position,
    limit: i64,
) -> Result<Vec<ClaimedRow>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => {
            let rows = due!(
                query_scalar,
                sqlite::DUE_DELIVERIES,
                issue,
                node,
                held,
                now,
                after,
                limit
            );
            let rows: String = rows.fetch_one(&mut **tx).await?;
            let mut rows: Vec<ClaimedRow> = serde_json::from_str(&rows)
                .map_err(|error| StoreError::Database(sqlx::Error::Decode(error.into())))?;
            rows.sort_unstable_by_key(|row| (row.next_attempt_at, row.id));
            Ok(rows)
        }
        Tx::Postgres(tx) => {
            // Apart, so that the next statement sees what the claimer before has committed.
            sqlx::query(postgres::CLAIM_LOCK).execute(&mut **tx).await?;
            let rows = due!(
                query_as,
                postgres::DUE_DELIVERIES,
                issue,
                node,
                held,
                now,
                after,
                limit
            );
            Ok(rows.fetch_all(&mut **tx).await?)
        }
    }
}

/// Writes down what the claimer has left; the others are free, or open again for all to see.
pub async fn keep(tx: &mut Tx, claimer: Claimer<'_>) -> Result<(), StoreError> {
    let ids: Vec<i64> = claimer.held.iter().map(|id| id.0).collect();
    list(tx, claimer.node, &ids).await
}

async fn list(tx: &mut Tx, node: &str, ids: &[i64]) -> Result<(), StoreError> {
    let written = on!(tx, |conn| sqlx::query(
        "UPDATE claims SET mails = $2 WHERE node = $1"
    )
    .bind(node)
    .bind(json(ids)?)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if written == 0 {
        return Err(StoreError::ClaimsLost);
    }
    Ok(())
}

fn claimed(row: ClaimedRow) -> Result<Claimed, StoreError> {
    let edition = row.edition_id.ok_or_else(|| StoreError::Corrupt {
        table: "deliveries",
        column: "edition_id",
        id: row.id.to_string(),
    })?;
    Ok(Claimed {
        id: DeliveryId(row.id),
        subscription: SubscriptionId(row.subscription_id),
        edition: EditionId(edition),
        email: read("subscribers", "email", row.id, &row.email)?,
        name: row.name,
        confirmed_at: row.confirmed_at,
        source: row.source,
        attempts: unsigned(row.attempts),
        first_attempt_at: row.first_attempt_at.map(moment),
    })
}

async fn skip(tx: &mut Tx, ids: &str) -> Result<(), StoreError> {
    let statement = match tx {
        Tx::Sqlite(_) => sqlite::SKIP_DELIVERIES,
        Tx::Postgres(_) => postgres::SKIP_DELIVERIES,
    };
    on!(tx, |conn| sqlx::query(statement)
        .bind(ids)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// A claim whose delivery falls due again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HandBack {
    pub id: DeliveryId,
    #[serde(serialize_with = "as_micros")]
    pub next: Time,
}

/// Gives deliveries a later time whose mails were not begun. They are free for others once the
/// node's list is written again.
pub async fn hand_back(tx: &mut Tx, given: &[HandBack]) -> Result<(), StoreError> {
    let statement = match tx {
        Tx::Sqlite(_) => sqlite::HAND_BACK_DELIVERIES,
        Tx::Postgres(_) => postgres::HAND_BACK_DELIVERIES,
    };
    on!(tx, |conn| sqlx::query(statement)
        .bind(json(given)?)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Frees what nodes that are gone had claimed; for what they had begun the outcome is unknown and
/// `policy` decides. Returns the numbers of nodes and of such mails.
pub async fn release_dead(
    tx: &mut Tx,
    policy: OnUnknown,
    now: Time,
) -> Result<(u64, u64), StoreError> {
    let nodes: Vec<String> = on!(&mut *tx, |conn| sqlx::query_scalar(
        "SELECT c.node FROM (SELECT node FROM claims UNION SELECT node FROM in_flight) c
         WHERE c.node NOT IN (SELECT name FROM nodes WHERE seen_at > $1)"
    )
    .bind(alive_since(now))
    .fetch_all(conn)
    .await)?;
    let mut unknown = 0;
    for node in &nodes {
        unknown += release_node(tx, node, policy, now).await?;
    }
    Ok((nodes.len() as u64, unknown))
}

/// Frees all that a node had claimed, in the same way; returns for how many mails the outcome is
/// unknown.
pub async fn release_node(
    tx: &mut Tx,
    node: &str,
    policy: OnUnknown,
    now: Time,
) -> Result<u64, StoreError> {
    let state = match policy {
        OnUnknown::Resend => DeliveryState::Pending,
        OnUnknown::Hold => DeliveryState::Unknown,
    };
    let unknown = on!(&mut *tx, |conn| {
        sqlx::query(
            "UPDATE deliveries SET state = $2, attempts = attempts + 1,
                first_attempt_at = COALESCE(first_attempt_at, b.at),
                reason = 'the process stopped while the mail was on its way',
                repeats = repeats + $3, next_attempt_at = $4
             FROM begun b
             WHERE b.node = $1 AND deliveries.id = b.delivery_id AND state IN ('pending', 'deferred')",
        )
        .bind(node)
        .bind(state.as_str())
        .bind(i64::from(policy == OnUnknown::Resend))
        .bind(micros(now))
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    for table in [
        "DELETE FROM claims WHERE node = $1",
        "DELETE FROM in_flight WHERE node = $1",
    ] {
        on!(&mut *tx, |conn| sqlx::query(table)
            .bind(node)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(unknown)
}

/// Whether a node claims, or has something on the line.
pub async fn any_held(tx: &mut Tx, node: &str) -> Result<bool, StoreError> {
    let found: Option<String> = on!(tx, |conn| {
        sqlx::query_scalar(
        "SELECT node FROM claims WHERE node = $1 UNION SELECT node FROM in_flight WHERE node = $1"
    )
    .bind(node)
    .fetch_optional(conn)
    .await
    })?;
    Ok(found.is_some())
}

/// How many mails of an issue are on their way at this moment.
pub async fn in_flight(tx: &mut Tx, issue: IssueId) -> Result<i64, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(
        "SELECT COUNT(*) FROM begun b JOIN deliveries d ON d.id = b.delivery_id
         WHERE d.issue_id = $1 AND d.state IN ('pending', 'deferred')"
    )
    .bind(issue.0)
    .fetch_one(conn)
    .await)?;
    Ok(count)
}
