//! The ledger as operators read it: who got an issue, who did not, and with what reply.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, moment, on, read, unsigned};
use crate::domain::clock::Time;
use crate::domain::delivery::DeliveryState;
use crate::domain::ids::{DeliveryId, IssueId, SubscriptionId};

mod browse;
mod sums;

pub use browse::{Browse, browse};
pub use sums::{MOST as MOST_SUMMED, deferred_addresses, replies};

/// One line of the ledger.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: DeliveryId,
    pub subscription: SubscriptionId,
    pub email: String,
    pub state: DeliveryState,
    pub reason: Option<String>,
    pub attempts: u32,
    pub repeats: u32,
    /// Code and text of the last answer.
    pub reply: Option<String>,
    /// The relay that gave it.
    pub relay: Option<String>,
    pub first_attempt_at: Option<Time>,
    pub next_attempt_at: Option<Time>,
    pub sent_at: Option<Time>,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    subscription_id: Uuid,
    email: String,
    state: String,
    reason: Option<String>,
    attempts: i64,
    repeats: i64,
    reply_code: Option<i64>,
    reply_text: Option<String>,
    relay: Option<String>,
    first_attempt_at: Option<i64>,
    next_attempt_at: i64,
    sent_at: Option<i64>,
}

/// A line of one reader: what became of an issue for them.
#[derive(Debug, Clone)]
pub struct Received {
    pub issue: IssueId,
    /// The slug of its digest.
    pub digest: String,
    pub number: Option<i64>,
    pub planned_at: Time,
    pub line: Line,
}

#[derive(FromRow)]
struct ReceivedRow {
    #[sqlx(flatten)]
    line: Row,
    issue_id: Uuid,
    digest: String,
    number: Option<i64>,
    planned_at: Time,
}

/// All lines of a subscription, in the order in which they were written.
pub async fn of_subscription(tx: &mut Tx, id: SubscriptionId) -> Result<Vec<Received>, StoreError> {
    let rows = on!(tx, |conn| {
        sqlx::query_as::<_, ReceivedRow>(
        "SELECT d.id, d.subscription_id, r.email, d.reason, d.attempts, d.repeats, d.reply_code, d.reply_text, d.relay,
            d.first_attempt_at, d.next_attempt_at, d.sent_at,
            CASE WHEN d.state IN ('pending', 'deferred') AND d.id IN (SELECT delivery_id FROM claimed)
                THEN 'sending' ELSE d.state END AS state,
            d.issue_id, g.slug AS digest, i.number, i.planned_at
         FROM deliveries d
         JOIN subscriptions s ON s.id = d.subscription_id
         JOIN subscribers r ON r.id = s.subscriber_id
         JOIN issues i ON i.id = d.issue_id
         JOIN digests g ON g.id = i.digest_id
         WHERE d.subscription_id = $1 ORDER BY d.id"
    )
    .bind(id.0)
    .fetch_all(conn)
    .await
    })?;
    let received = |row: ReceivedRow| {
        Ok(Received {
            issue: IssueId(row.issue_id),
            digest: row.digest,
            number: row.number,
            planned_at: row.planned_at,
            line: line(row.line)?,
        })
    };
    rows.into_iter().map(received).collect()
}

/// A page of the ledger after the delivery `after`, in its order; of one state where it is given.
pub async fn page(
    tx: &mut Tx,
    issue: IssueId,
    state: Option<DeliveryState>,
    after: DeliveryId,
    limit: i64,
) -> Result<Vec<Line>, StoreError> {
    let rows = on!(tx, |conn| {
        sqlx::query_as::<_, Row>(
        "SELECT * FROM (SELECT d.id, d.subscription_id, r.email, d.reason, d.attempts, d.repeats, d.reply_code, d.reply_text,
            d.relay,
            d.first_attempt_at, d.next_attempt_at, d.sent_at,
            CASE WHEN d.state IN ('pending', 'deferred') AND d.id IN (SELECT delivery_id FROM claimed)
                THEN 'sending' ELSE d.state END AS state
         FROM deliveries d
         JOIN subscriptions s ON s.id = d.subscription_id
         JOIN subscribers r ON r.id = s.subscriber_id
         WHERE d.issue_id = $1 AND d.id > $2) l
         WHERE $3 = '' OR l.state = $3 ORDER BY l.id LIMIT $4"
    )
    .bind(issue.0)
    .bind(after.0)
    .bind(state.map_or("", DeliveryState::as_str))
    .bind(limit)
    .fetch_all(conn)
    .await
    })?;
    rows.into_iter().map(line).collect()
}

fn line(row: Row) -> Result<Line, StoreError> {
    let state: DeliveryState = read("deliveries", "state", row.id, &row.state)?;
    let open = matches!(state, DeliveryState::Pending | DeliveryState::Deferred);
    Ok(Line {
        id: DeliveryId(row.id),
        subscription: SubscriptionId(row.subscription_id),
        email: row.email,
        state,
        reason: row.reason,
        attempts: unsigned(row.attempts),
        repeats: unsigned(row.repeats),
        reply: row
            .reply_code
            .map(|code| format!("{code} {}", row.reply_text.unwrap_or_default())),
        relay: row.relay,
        first_attempt_at: row.first_attempt_at.map(moment),
        next_attempt_at: open.then_some(moment(row.next_attempt_at)),
        sent_at: row.sent_at.map(moment),
    })
}
