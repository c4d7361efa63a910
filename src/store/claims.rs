//! Who works on a delivery.
//!
//! A row is claimed by a process, and one of its connections marks it as begun just before its
//! mail goes over the line (`results`). What is claimed and not begun has not been sent; what is
//! begun and not recorded may have been.

use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::lists::json;
use super::nodes::alive_since;
use super::results::maybe_micros;
use super::{StoreError, Tx, micros, moment, on, postgres, read, sqlite, unsigned};
use crate::domain::clock::Time;
use crate::domain::delivery::{DeliveryState, OnUnknown};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DeliveryId, EditionId, IssueId, SubscriptionId};

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

#[derive(FromRow)]
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

/// Claims up to `limit` due deliveries of an issue that is being sent, after `after` in their
/// order; readers who left meanwhile are skipped. Going on from the last place spares PostgreSQL
/// the search through what was claimed before.
pub async fn claim(
    tx: &mut Tx,
    issue: IssueId,
    node: &str,
    now: Time,
    after: Position,
    limit: i64,
) -> Result<Batch, StoreError> {
    let statement = match tx {
        Tx::Sqlite(_) => sqlite::DUE_DELIVERIES,
        Tx::Postgres(_) => postgres::DUE_DELIVERIES,
    };
    let found = on!(&mut *tx, |conn| sqlx::query_as::<_, ClaimedRow>(statement)
        .bind(issue.0)
        .bind(micros(now))
        .bind(micros(after.0))
        .bind(after.1.0)
        .bind(limit)
        .fetch_all(conn)
        .await)?;
    let next = match found.last() {
        Some(last) if i64::try_from(found.len()) == Ok(limit) => {
            Some(Position(moment(last.next_attempt_at), DeliveryId(last.id)))
        }
        _ => None,
    };
    let (reachable, gone): (Vec<_>, Vec<_>) = found.into_iter().partition(|row| row.reachable != 0);
    let ids = |rows: &[ClaimedRow]| json(&rows.iter().map(|row| row.id).collect::<Vec<_>>());
    if !gone.is_empty() {
        skip(tx, &ids(&gone)?).await?;
    }
    if !reachable.is_empty() {
        let statement = match tx {
            Tx::Sqlite(_) => sqlite::CLAIM_DELIVERIES,
            Tx::Postgres(_) => postgres::CLAIM_DELIVERIES,
        };
        on!(tx, |conn| sqlx::query(statement)
            .bind(ids(&reachable)?)
            .bind(node)
            .execute(conn)
            .await
            .map(drop))?;
    }
    let rows = reachable
        .into_iter()
        .map(claimed)
        .collect::<Result<_, _>>()?;
    Ok(Batch { rows, next })
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

/// A claim that is given up, and when its delivery falls due again where that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HandBack {
    pub id: DeliveryId,
    #[serde(serialize_with = "maybe_micros")]
    pub next: Option<Time>,
}

/// Gives claims back whose mails were not begun.
pub async fn hand_back(tx: &mut Tx, given: &[HandBack], node: &str) -> Result<(), StoreError> {
    let statement = match tx {
        Tx::Sqlite(_) => sqlite::HAND_BACK_DELIVERIES,
        Tx::Postgres(_) => postgres::HAND_BACK_DELIVERIES,
    };
    on!(tx, |conn| sqlx::query(statement)
        .bind(json(given)?)
        .bind(node)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Takes the claims back that were made for an issue and whose mails are not begun.
pub async fn take_back(tx: &mut Tx, issue: IssueId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET claimed_by = NULL,
            state = CASE WHEN attempts > 0 THEN 'deferred' ELSE 'pending' END
         WHERE issue_id = $1 AND state = 'sending' AND begun_at IS NULL"
    )
    .bind(issue.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Frees what nodes that are gone had claimed: rows whose mail was never begun go back to
/// pending; for the others the outcome is unknown and `policy` decides. Returns both numbers.
pub async fn release_dead(
    tx: &mut Tx,
    policy: OnUnknown,
    now: Time,
) -> Result<(u64, u64), StoreError> {
    let alive = alive_since(now);
    let nodes: Vec<String> = on!(&mut *tx, |conn| sqlx::query_scalar(
        "SELECT DISTINCT claimed_by FROM deliveries
         WHERE state = 'sending' AND claimed_by NOT IN (SELECT name FROM nodes WHERE seen_at > $1)"
    )
    .bind(alive)
    .fetch_all(conn)
    .await)?;
    let mut sums = (0, 0);
    for node in nodes {
        let (idle, unknown) = release_node(tx, &node, policy, now).await?;
        sums = (sums.0 + idle, sums.1 + unknown);
    }
    Ok(sums)
}

/// Frees all that a node had claimed, in the same way.
pub async fn release_node(
    tx: &mut Tx,
    node: &str,
    policy: OnUnknown,
    now: Time,
) -> Result<(u64, u64), StoreError> {
    let idle = on!(&mut *tx, |conn| {
        sqlx::query(
            "UPDATE deliveries SET claimed_by = NULL,
                state = CASE WHEN attempts > 0 THEN 'deferred' ELSE 'pending' END
             WHERE state = 'sending' AND begun_at IS NULL AND claimed_by = $1",
        )
        .bind(node)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    let state = match policy {
        OnUnknown::Resend => DeliveryState::Pending,
        OnUnknown::Hold => DeliveryState::Unknown,
    };
    let unknown = on!(tx, |conn| {
        sqlx::query(
            "UPDATE deliveries SET state = $2, claimed_by = NULL, begun_at = NULL,
                reason = 'the process stopped while the mail was on its way',
                repeats = repeats + $3, next_attempt_at = $4
             WHERE state = 'sending' AND begun_at IS NOT NULL AND claimed_by = $1",
        )
        .bind(node)
        .bind(state.as_str())
        .bind(i64::from(policy == OnUnknown::Resend))
        .bind(micros(now))
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok((idle, unknown))
}

/// Whether a node holds any claim.
pub async fn any_held(tx: &mut Tx, node: &str) -> Result<bool, StoreError> {
    let found: Option<i64> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE state = 'sending' AND claimed_by = $1 LIMIT 1"
    )
    .bind(node)
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}

/// How many mails of an issue are on their way at this moment.
pub async fn in_flight(tx: &mut Tx, issue: IssueId) -> Result<i64, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(
        "SELECT COUNT(*) FROM deliveries
         WHERE issue_id = $1 AND state = 'sending' AND begun_at IS NOT NULL"
    )
    .bind(issue.0)
    .fetch_one(conn)
    .await)?;
    Ok(count)
}
