//! What became of calls, and calls that are made again.

use sqlx::FromRow;
use uuid::Uuid;

use super::{Row, calls};
use crate::domain::clock::Time;
use crate::domain::ids::{WebhookCallId, WebhookId};
use crate::domain::webhook::{Call, CallState};
use crate::store::{StoreError, Tx, on};

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub state: CallState,
    pub next_attempt_at: Option<Time>,
    pub status: Option<u16>,
    pub reply: Option<String>,
    pub trouble: Option<String>,
}

/// Records how an attempt ended; nothing where the claim was lost meanwhile.
pub async fn record(
    tx: &mut Tx,
    id: WebhookCallId,
    node: &str,
    outcome: &Outcome,
    now: Time,
) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE webhook_calls SET state = $3, next_attempt_at = COALESCE($4, next_attempt_at),
            status = $5, reply = $6, trouble = $7, tried_at = $8, claimed_by = NULL
         WHERE id = $1 AND claimed_by = $2"
    )
    .bind(id.0)
    .bind(node)
    .bind(outcome.state.as_str())
    .bind(outcome.next_attempt_at)
    .bind(outcome.status.map(i64::from))
    .bind(&outcome.reply)
    .bind(&outcome.trouble)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Which calls to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Of one webhook, or of all.
    pub webhook: Option<WebhookId>,
    pub state: Option<CallState>,
    /// Those made before this one.
    pub before: Option<WebhookCallId>,
}

/// Calls, the latest first.
pub async fn log(tx: &mut Tx, wanted: &Wanted, limit: i64) -> Result<Vec<Call>, StoreError> {
    let before = wanted.before.map_or(Uuid::max(), |id| id.0);
    let state = wanted.state.map(CallState::as_str);
    let rows = match wanted.webhook {
        Some(webhook) => on!(tx, |conn| sqlx::query_as::<_, Row>(calls!(
            "WHERE c.webhook_id = $1 AND c.id < $2 AND c.state = COALESCE($3, c.state)
             ORDER BY c.id DESC LIMIT $4"
        ))
        .bind(webhook.0)
        .bind(before)
        .bind(state)
        .bind(limit)
        .fetch_all(conn)
        .await)?,
        None => on!(tx, |conn| sqlx::query_as::<_, Row>(calls!(
            "WHERE c.id < $1 AND c.state = COALESCE($2, c.state) ORDER BY c.id DESC LIMIT $3"
        ))
        .bind(before)
        .bind(state)
        .bind(limit)
        .fetch_all(conn)
        .await)?,
    };
    rows.into_iter().map(Call::try_from).collect()
}

/// How many calls of a webhook are in a state.
#[derive(Debug, Clone)]
pub struct Tally {
    pub webhook: WebhookId,
    pub state: String,
    pub count: i64,
}

#[derive(FromRow)]
struct TallyRow {
    webhook_id: Uuid,
    state: String,
    count: i64,
}

/// The calls that are kept, counted by webhook and state.
pub async fn tallies(tx: &mut Tx) -> Result<Vec<Tally>, StoreError> {
    let rows: Vec<TallyRow> = on!(tx, |conn| {
        sqlx::query_as(
        "SELECT webhook_id, state, COUNT(*) AS count FROM webhook_calls GROUP BY webhook_id, state"
    )
    .fetch_all(conn)
    .await
    })?;
    let tally = |row: TallyRow| Tally {
        webhook: WebhookId(row.webhook_id),
        state: row.state,
        count: row.count,
    };
    Ok(rows.into_iter().map(tally).collect())
}

/// Makes a call again that has ended, as a new first attempt; false where it has not.
pub async fn replay(tx: &mut Tx, id: WebhookCallId, now: Time) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE webhook_calls SET state = 'pending', attempts = 0, next_attempt_at = $2
         WHERE id = $1 AND state IN ('sent', 'failed')"
    )
    .bind(id.0)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// The same for all that failed, of one webhook or of all that are told of events at present.
pub async fn replay_failed(
    tx: &mut Tx,
    webhook: Option<WebhookId>,
    now: Time,
) -> Result<u64, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE webhook_calls SET state = 'pending', attempts = 0, next_attempt_at = $2
         WHERE state = 'failed' AND webhook_id IN (
            SELECT id FROM webhooks WHERE disabled_at IS NULL AND id = COALESCE($1, id))"
    )
    .bind(webhook.map(Uuid::from))
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed)
}
