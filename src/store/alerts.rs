//! Alerts: one open row for each thing that is wrong.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::alert::{Alert, AlertLine};
use crate::domain::clock::Time;
use crate::domain::ids::{AlertId, PublicationId};

pub mod checks;
pub mod relays;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    subject: String,
    publication_id: Option<Uuid>,
    summary: String,
    opened_at: Time,
    told_at: Option<Time>,
    reminded_at: Option<Time>,
    acknowledged_at: Option<Time>,
    closed_at: Option<Time>,
}

impl TryFrom<Row> for Alert {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: AlertId(row.id),
            kind: read("alerts", "kind", row.id, &row.kind)?,
            subject: row.subject,
            publication: row.publication_id.map(PublicationId),
            summary: row.summary,
            opened_at: row.opened_at,
            told_at: row.told_at,
            reminded_at: row.reminded_at,
            acknowledged_at: row.acknowledged_at,
            closed_at: row.closed_at,
        })
    }
}

fn alerts(rows: Vec<Row>) -> Result<Vec<Alert>, StoreError> {
    rows.into_iter().map(Alert::try_from).collect()
}

/// Opens an alert; false where one is open on the same thing.
pub async fn open(tx: &mut Tx, alert: &Alert) -> Result<bool, StoreError> {
    let added = on!(tx, |conn| sqlx::query(
        "INSERT INTO alerts (id, kind, subject, publication_id, summary, opened_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
    )
    .bind(alert.id.0)
    .bind(alert.kind.as_str())
    .bind(&alert.subject)
    .bind(alert.publication.map(Uuid::from))
    .bind(&alert.summary)
    .bind(alert.opened_at)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added > 0)
}

/// Closes an alert; false where it is closed.
pub async fn close(tx: &mut Tx, id: AlertId, now: Time) -> Result<bool, StoreError> {
    stamp(
        tx,
        "UPDATE alerts SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL",
        id,
        now,
    )
    .await
}

/// Notes that an operator knows; false where they did, or it is closed.
pub async fn acknowledge(tx: &mut Tx, id: AlertId, now: Time) -> Result<bool, StoreError> {
    stamp(
        tx,
        "UPDATE alerts SET acknowledged_at = $2
         WHERE id = $1 AND closed_at IS NULL AND acknowledged_at IS NULL",
        id,
        now,
    )
    .await
}

/// Notes that a mail tells of it; false where another does.
pub async fn told(tx: &mut Tx, id: AlertId, now: Time) -> Result<bool, StoreError> {
    stamp(
        tx,
        "UPDATE alerts SET told_at = $2 WHERE id = $1 AND told_at IS NULL",
        id,
        now,
    )
    .await
}

/// Notes that a mail says that it is over; false where another does.
pub async fn over_told(tx: &mut Tx, id: AlertId, now: Time) -> Result<bool, StoreError> {
    stamp(
        tx,
        "UPDATE alerts SET over_told_at = $2 WHERE id = $1 AND over_told_at IS NULL",
        id,
        now,
    )
    .await
}

async fn stamp(
    tx: &mut Tx,
    statement: &'static str,
    id: AlertId,
    now: Time,
) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(statement)
        .bind(id.0)
        .bind(now)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Notes that a mail reminds of it; false where another has, after `since`.
pub async fn reminded(
    tx: &mut Tx,
    id: AlertId,
    since: Time,
    now: Time,
) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE alerts SET reminded_at = $3
         WHERE id = $1 AND COALESCE(reminded_at, told_at) <= $2 AND closed_at IS NULL"
    )
    .bind(id.0)
    .bind(since)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Finds an alert.
pub async fn find(tx: &mut Tx, id: AlertId) -> Result<Option<Alert>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM alerts WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Alert::try_from).transpose()
}

/// Those that are open, the oldest first.
pub async fn opened(tx: &mut Tx) -> Result<Vec<Alert>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM alerts WHERE closed_at IS NULL ORDER BY opened_at, id"
    )
    .fetch_all(conn)
    .await)?;
    alerts(rows)
}

/// The latest, closed ones included.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Alert>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM alerts ORDER BY opened_at DESC, id DESC LIMIT $1"
    )
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    alerts(rows)
}

/// Which alerts to list; what is not set does not narrow the list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub publication: Option<PublicationId>,
    /// Closed ones too.
    pub with_closed: bool,
    /// Where the page before ended: when its last alert was opened, and its id.
    pub after: Option<(Time, Uuid)>,
}

/// A page of alerts, those opened last first.
pub async fn page(tx: &mut Tx, filter: &Filter, limit: i64) -> Result<Vec<Alert>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM alerts
         WHERE ($1 IS NULL OR publication_id = $1) AND ($2 OR closed_at IS NULL)
            AND ($3 IS NULL OR (opened_at, id) < ($3, $4))
         ORDER BY opened_at DESC, id DESC LIMIT $5"
    )
    .bind(filter.publication.map(|id| id.0))
    .bind(filter.with_closed)
    .bind(filter.after.map(|(at, _)| at))
    .bind(filter.after.map(|(_, id)| id))
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    alerts(rows)
}

/// Those that a mail has told of and that are over since, which no mail has said yet.
pub async fn over(tx: &mut Tx) -> Result<Vec<Alert>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM alerts
         WHERE closed_at IS NOT NULL AND told_at IS NOT NULL AND over_told_at IS NULL
         ORDER BY closed_at, id"
    )
    .fetch_all(conn)
    .await)?;
    alerts(rows)
}

/// Keeps what a mail says.
pub async fn insert_mail(
    tx: &mut Tx,
    id: Uuid,
    lines: &[AlertLine],
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO alert_mails (id, lines, created_at) VALUES ($1, $2, $3)"
    )
    .bind(id)
    .bind(super::lists::json(lines)?)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// What a mail says, and when it was written.
pub async fn mail(tx: &mut Tx, id: Uuid) -> Result<Option<(Vec<AlertLine>, Time)>, StoreError> {
    let row: Option<(String, Time)> = on!(tx, |conn| sqlx::query_as(
        "SELECT lines, created_at FROM alert_mails WHERE id = $1"
    )
    .bind(id)
    .fetch_optional(conn)
    .await)?;
    let Some((lines, at)) = row else {
        return Ok(None);
    };
    let lines = serde_json::from_str(&lines).map_err(|_| StoreError::Corrupt {
        table: "alert_mails",
        column: "lines",
        id: id.to_string(),
    })?;
    Ok(Some((lines, at)))
}

/// Forgets alerts that were over before a time, and the mails of then.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM alerts WHERE closed_at < $1",
        "DELETE FROM notices WHERE alert_mail_id IN (
            SELECT id FROM alert_mails WHERE created_at < $1)",
        "DELETE FROM alert_mails WHERE created_at < $1",
    ] {
        on!(&mut *tx, |conn| sqlx::query(statement)
            .bind(before)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}
