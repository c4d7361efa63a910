//! Webhooks: where programs elsewhere are told of events.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, unsigned};
use crate::domain::clock::Time;
use crate::domain::ids::{PublicationId, WebhookId};
use crate::domain::webhook::{EventChoice, SecretMark, Webhook};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    publication_id: Option<Uuid>,
    url: String,
    events: String,
    with_addresses: bool,
    secret_number: i64,
    secret_hash: Vec<u8>,
    old_secret_hash: Option<Vec<u8>>,
    old_secret_until: Option<Time>,
    created_at: Time,
    failing_since: Option<Time>,
    disabled_at: Option<Time>,
    disabled_reason: Option<String>,
}

impl From<Row> for Webhook {
    fn from(row: Row) -> Self {
        Self {
            id: WebhookId(row.id),
            publication: row.publication_id.map(PublicationId),
            url: row.url,
            events: EventChoice::from_key(&row.events),
            with_addresses: row.with_addresses,
            secret: SecretMark {
                number: unsigned(row.secret_number),
                hash: row.secret_hash,
                old: row.old_secret_hash.zip(row.old_secret_until),
            },
            created_at: row.created_at,
            failing_since: row.failing_since,
            disabled_at: row.disabled_at,
            disabled_reason: row.disabled_reason,
        }
    }
}

/// Adds a webhook.
pub async fn insert(tx: &mut Tx, webhook: &Webhook) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO webhooks (id, publication_id, url, events, with_addresses, secret_number,
            secret_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(webhook.id.0)
    .bind(webhook.publication.map(Uuid::from))
    .bind(&webhook.url)
    .bind(webhook.events.key())
    .bind(webhook.with_addresses)
    .bind(i64::from(webhook.secret.number))
    .bind(&webhook.secret.hash)
    .bind(webhook.created_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Writes what operators may change of a webhook.
pub async fn update(tx: &mut Tx, webhook: &Webhook) -> Result<(), StoreError> {
    let (old_hash, old_until) = webhook.secret.old.clone().unzip();
    on!(tx, |conn| sqlx::query(
        "UPDATE webhooks SET url = $2, events = $3, with_addresses = $4, secret_number = $5,
            secret_hash = $6, old_secret_hash = $7, old_secret_until = $8, failing_since = $9,
            disabled_at = $10, disabled_reason = $11
         WHERE id = $1"
    )
    .bind(webhook.id.0)
    .bind(&webhook.url)
    .bind(webhook.events.key())
    .bind(webhook.with_addresses)
    .bind(i64::from(webhook.secret.number))
    .bind(&webhook.secret.hash)
    .bind(old_hash)
    .bind(old_until)
    .bind(webhook.failing_since)
    .bind(webhook.disabled_at)
    .bind(&webhook.disabled_reason)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Finds a webhook.
pub async fn find(tx: &mut Tx, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM webhooks WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(Webhook::from))
}

/// Finds a webhook, and keeps others from changing it until the transaction ends.
pub async fn find_locked(tx: &mut Tx, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "UPDATE webhooks SET url = url WHERE id = $1 RETURNING *"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(Webhook::from))
}

/// All webhooks, the oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<Webhook>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM webhooks ORDER BY created_at, id"
    )
    .fetch_all(conn)
    .await)?;
    Ok(rows.into_iter().map(Webhook::from).collect())
}

/// Those that are told of events at present.
pub async fn listening(tx: &mut Tx) -> Result<Vec<Webhook>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM webhooks WHERE disabled_at IS NULL"
    )
    .fetch_all(conn)
    .await)?;
    Ok(rows.into_iter().map(Webhook::from).collect())
}

/// Those with a call that is due; none while sending is held.
pub async fn due(tx: &mut Tx, now: Time) -> Result<Vec<WebhookId>, StoreError> {
    let ids: Vec<Uuid> = on!(tx, |conn| {
        sqlx::query_scalar(
        "SELECT id FROM webhooks WHERE disabled_at IS NULL AND NOT EXISTS (SELECT 1 FROM sending_holds) AND EXISTS (
            SELECT 1 FROM webhook_calls c WHERE c.webhook_id = webhooks.id
                AND c.state = 'pending' AND c.next_attempt_at <= $1)"
    )
    .bind(now)
    .fetch_all(conn)
    .await
    })?;
    Ok(ids.into_iter().map(WebhookId).collect())
}

/// Removes a webhook with its calls.
pub async fn remove(tx: &mut Tx, id: WebhookId) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM webhook_calls WHERE webhook_id = $1",
        "DELETE FROM webhooks WHERE id = $1",
    ] {
        on!(&mut *tx, |conn| sqlx::query(statement)
            .bind(id.0)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}
