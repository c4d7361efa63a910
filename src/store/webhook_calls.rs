//! Events, and the calls that tell webhooks of them.

use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::lists::{Texts, json};
use super::nodes::alive_since;
use super::{StoreError, Tx, on, read, unsigned};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{
    PublicationId, SubscriberId, WebhookCallId, WebhookEventId, WebhookId, first_of,
};
use crate::domain::webhook::{Call, Event};

mod log;

pub use log::{Outcome, Tally, Wanted, log, record, replay, replay_failed, tallies};

const INSERT_EVENTS: Texts = Texts {
    sqlite:
        "INSERT INTO webhook_events (id, kind, publication_id, subscriber_id, happened_at, data)
        SELECT unhex(value ->> 'id'), value ->> 'kind', unhex(value ->> 'publication'),
            unhex(value ->> 'subscriber'), $2, value ->> 'data' FROM json_each($1)",
    postgres:
        "INSERT INTO webhook_events (id, kind, publication_id, subscriber_id, happened_at, data)
        SELECT id, kind, publication, subscriber, $2, data FROM json_to_recordset($1::json)
            AS j (id uuid, kind text, publication uuid, subscriber uuid, data text)",
};
const INSERT_CALLS: Texts = Texts {
    sqlite: "INSERT INTO webhook_calls (id, webhook_id, event_id, state, next_attempt_at)
        SELECT unhex(value ->> 'id'), unhex(value ->> 'webhook'), unhex(value ->> 'event'),
            'pending', $2 FROM json_each($1)",
    postgres: "INSERT INTO webhook_calls (id, webhook_id, event_id, state, next_attempt_at)
        SELECT id, webhook, event, 'pending', $2 FROM json_to_recordset($1::json)
            AS j (id uuid, webhook uuid, event uuid)",
};

#[derive(Serialize)]
struct EventRow {
    id: String,
    kind: &'static str,
    publication: Option<String>,
    subscriber: Option<String>,
    data: String,
}

#[derive(Serialize)]
struct CallRow {
    id: String,
    webhook: String,
    event: String,
}

fn hex(id: impl Into<Uuid>) -> String {
    id.into().simple().to_string()
}

/// A call that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewCall {
    pub id: WebhookCallId,
    pub webhook: WebhookId,
    pub event: WebhookEventId,
}

/// Keeps events of one time, and a call for each webhook that is told.
pub async fn insert(
    tx: &mut Tx,
    events: &[Event],
    calls: &[NewCall],
    now: Time,
) -> Result<(), StoreError> {
    let events: Vec<EventRow> = events
        .iter()
        .map(|event| EventRow {
            id: hex(event.id),
            kind: event.kind.as_str(),
            publication: event.publication.map(hex),
            subscriber: event.subscriber.map(hex),
            data: event.data.to_string(),
        })
        .collect();
    let calls: Vec<CallRow> = calls
        .iter()
        .map(|call| CallRow {
            id: hex(call.id),
            webhook: hex(call.webhook),
            event: hex(call.event),
        })
        .collect();
    for (statement, list) in [
        (INSERT_EVENTS.on(tx), json(&events)?),
        (INSERT_CALLS.on(tx), json(&calls)?),
    ] {
        on!(&mut *tx, |conn| sqlx::query(statement)
            .bind(list)
            .bind(now)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    webhook_id: Uuid,
    event_id: Uuid,
    state: String,
    attempts: i64,
    next_attempt_at: Time,
    tried_at: Option<Time>,
    status: Option<i64>,
    reply: Option<String>,
    trouble: Option<String>,
    kind: String,
    publication_id: Option<Uuid>,
    subscriber_id: Option<Uuid>,
    happened_at: Time,
    data: String,
}

impl TryFrom<Row> for Call {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let event = Event {
            id: WebhookEventId(row.event_id),
            kind: read("webhook_events", "kind", row.event_id, &row.kind)?,
            publication: row.publication_id.map(PublicationId),
            subscriber: row.subscriber_id.map(SubscriberId),
            at: row.happened_at,
            data: read("webhook_events", "data", row.event_id, &row.data)?,
        };
        Ok(Self {
            id: WebhookCallId(row.id),
            webhook: WebhookId(row.webhook_id),
            event,
            state: read("webhook_calls", "state", row.id, &row.state)?,
            attempts: unsigned(row.attempts),
            next_attempt_at: row.next_attempt_at,
            tried_at: row.tried_at,
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            reply: row.reply,
            trouble: row.trouble,
        })
    }
}

/// Calls as they are read, with their events.
macro_rules! calls {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.webhook_id, c.event_id, c.state, c.attempts, c.next_attempt_at,
                c.tried_at, c.status, c.reply, c.trouble, e.kind, e.publication_id,
                e.subscriber_id, e.happened_at, e.data
             FROM webhook_calls c JOIN webhook_events e ON e.id = c.event_id ",
            $rest
        )
    };
}
use calls;

/// Claims calls of a webhook that are due, the oldest first; each counts as an attempt from now on. None
/// while sending is held.
pub async fn claim(
    tx: &mut Tx,
    webhook: WebhookId,
    node: &str,
    now: Time,
    limit: i64,
) -> Result<Vec<Call>, StoreError> {
    let lock = match tx {
        Tx::Sqlite(_) => CLAIM.sqlite,
        Tx::Postgres(_) => CLAIM.postgres,
    };
    let ids: Vec<Uuid> = on!(&mut *tx, |conn| sqlx::query_scalar(lock)
        .bind(webhook.0)
        .bind(now)
        .bind(limit)
        .bind(node)
        .fetch_all(conn)
        .await)?;
    let mut calls = Vec::with_capacity(ids.len());
    for id in ids {
        calls.extend(find(tx, WebhookCallId(id)).await?);
    }
    calls.sort_by_key(|call| call.id);
    Ok(calls)
}

const CLAIM: Texts = Texts {
    sqlite: "UPDATE webhook_calls SET state = 'sending', claimed_by = $4, attempts = attempts + 1
        WHERE id IN (SELECT id FROM webhook_calls WHERE webhook_id = $1 AND state = 'pending'
            AND next_attempt_at <= $2 AND NOT EXISTS (SELECT 1 FROM sending_holds)
            ORDER BY next_attempt_at, id LIMIT $3)
        RETURNING id",
    postgres: "UPDATE webhook_calls SET state = 'sending', claimed_by = $4, attempts = attempts + 1
        WHERE id IN (SELECT id FROM webhook_calls WHERE webhook_id = $1 AND state = 'pending'
            AND next_attempt_at <= $2 AND NOT EXISTS (SELECT 1 FROM sending_holds)
            ORDER BY next_attempt_at, id LIMIT $3
            FOR UPDATE SKIP LOCKED)
        RETURNING id",
};

/// Finds a call.
pub async fn find(tx: &mut Tx, id: WebhookCallId) -> Result<Option<Call>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(calls!(
        "WHERE c.id = $1"
    ))
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Call::try_from).transpose()
}

/// The address that belongs to an event: that of now, wherever its reader went; none of who was
/// erased or forgotten.
pub async fn address(tx: &mut Tx, id: SubscriberId) -> Result<Option<EmailAddress>, StoreError> {
    let email: Option<String> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT COALESCE(m.email, r.email) FROM subscribers r
            LEFT JOIN subscribers m ON m.id = r.merged_into
         WHERE r.id = $1 AND r.erased_at IS NULL AND m.erased_at IS NULL"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    email
        .map(|email| read("subscribers", "email", id, &email))
        .transpose()
}

/// Ends the open calls of a webhook that is disabled.
pub async fn fail_open(tx: &mut Tx, webhook: WebhookId, trouble: &str) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE webhook_calls SET state = 'failed', trouble = $2
         WHERE webhook_id = $1 AND state = 'pending'"
    )
    .bind(webhook.0)
    .bind(trouble)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Gives up calls that were written down before a time and are still to be made; they can be made again
/// by hand.
pub async fn give_up(tx: &mut Tx, before: Time, trouble: &str) -> Result<u64, StoreError> {
    let given_up = on!(tx, |conn| sqlx::query(
        "UPDATE webhook_calls SET state = 'failed', trouble = $2, claimed_by = NULL
         WHERE state IN ('pending', 'sending') AND id < $1"
    )
    .bind(first_of(before))
    .bind(trouble)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(given_up)
}

/// Frees calls claimed by nodes that are gone: made again, since nobody can say whether they were,
/// under the same id.
pub async fn release_dead(tx: &mut Tx, now: Time) -> Result<u64, StoreError> {
    let freed = on!(tx, |conn| sqlx::query(
        "UPDATE webhook_calls SET state = 'pending', claimed_by = NULL, next_attempt_at = $1
         WHERE state = 'sending' AND claimed_by NOT IN (SELECT name FROM nodes WHERE seen_at > $2)"
    )
    .bind(now)
    .bind(alive_since(now))
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(freed)
}

/// Forgets calls that have ended, made before a time, and events that no call is left of.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    let oldest = first_of(before);
    for statement in [
        "DELETE FROM webhook_calls WHERE id < $1 AND state IN ('sent', 'failed')",
        // A webhook may be removed while an event is written down for it.
        "DELETE FROM webhook_calls WHERE id < $1
            AND NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.id = webhook_calls.webhook_id)",
        "DELETE FROM webhook_events WHERE id < $1
            AND NOT EXISTS (SELECT 1 FROM webhook_calls c WHERE c.event_id = webhook_events.id)",
    ] {
        on!(&mut *tx, |conn| sqlx::query(statement)
            .bind(oldest)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}
