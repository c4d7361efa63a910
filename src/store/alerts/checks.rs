//! What may be wrong, as the rows tell it.

use sqlx::FromRow;
use uuid::Uuid;

use super::super::nodes::alive_since;
use super::super::{StoreError, Tx, micros, on};
use crate::domain::clock::Time;

/// A digest whose issue is missing, or was left out.
#[derive(Debug, Clone, FromRow)]
pub struct Missing {
    pub digest: Uuid,
    pub publication: Uuid,
    /// As in `ledger/daily`.
    pub name: String,
    pub planned_at: Time,
    /// Why, where an issue says so.
    pub reason: Option<String>,
}

/// Digests whose run was due before a time and has not been planned.
pub async fn unplanned(tx: &mut Tx, before: Time) -> Result<Vec<Missing>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as(
        "SELECT d.id AS digest, p.id AS publication, p.slug || '/' || d.slug AS name,
            s.next_run_at AS planned_at, NULL AS reason
         FROM schedules s JOIN digests d ON d.id = s.digest_id
            JOIN publications p ON p.id = d.publication_id
         WHERE s.next_run_at < $1 AND d.paused_at IS NULL AND p.archived_at IS NULL
            AND s.cron <> ''
         ORDER BY s.next_run_at"
    )
    .bind(before)
    .fetch_all(conn)
    .await)?;
    Ok(rows)
}

/// Issues that were to be on their way before a time: planned and not begun, or begun and not to be
/// composed.
pub async fn stuck(tx: &mut Tx, before: Time) -> Result<Vec<Missing>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as(
        "SELECT d.id AS digest, p.id AS publication, p.slug || '/' || d.slug AS name,
            i.planned_at AS planned_at, i.trouble AS reason
         FROM issues i JOIN digests d ON d.id = i.digest_id
            JOIN publications p ON p.id = i.publication_id
         WHERE i.planned_at < $1
            AND (i.state = 'planned' OR (i.state = 'composing' AND i.trouble IS NOT NULL))
         ORDER BY i.planned_at"
    )
    .bind(before)
    .fetch_all(conn)
    .await)?;
    Ok(rows)
}

/// Digests whose latest issue was skipped, after a time.
pub async fn skipped(tx: &mut Tx, after: Time) -> Result<Vec<Missing>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as(
        "SELECT d.id AS digest, p.id AS publication, p.slug || '/' || d.slug AS name,
            i.planned_at AS planned_at, i.reason AS reason
         FROM issues i JOIN digests d ON d.id = i.digest_id
            JOIN publications p ON p.id = i.publication_id
         WHERE i.state = 'skipped' AND i.finished_at > $1 AND d.paused_at IS NULL
            AND p.archived_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM issues l WHERE l.digest_id = i.digest_id
                AND l.planned_at > i.planned_at AND l.state <> 'planned')
         ORDER BY i.planned_at"
    )
    .bind(after)
    .fetch_all(conn)
    .await)?;
    Ok(rows)
}

/// An issue that has paused itself.
#[derive(Debug, Clone, FromRow)]
pub struct Failing {
    pub issue: Uuid,
    pub publication: Uuid,
    pub name: String,
    pub reason: String,
}

/// Issues that have paused themselves.
pub async fn failing(tx: &mut Tx) -> Result<Vec<Failing>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as(
        "SELECT i.id AS issue, p.id AS publication, p.slug || '/' || d.slug AS name,
            i.reason AS reason
         FROM issues i JOIN digests d ON d.id = i.digest_id
            JOIN publications p ON p.id = i.publication_id
         WHERE i.state = 'paused' AND i.reason IS NOT NULL ORDER BY i.planned_at"
    )
    .fetch_all(conn)
    .await)?;
    Ok(rows)
}

/// A feed that gives nothing any more.
#[derive(Debug, Clone, FromRow)]
pub struct Dead {
    pub feed: Uuid,
    pub publication: Uuid,
    pub slug: String,
    pub url: String,
    pub state: String,
    pub failures: i64,
    pub last_error: Option<String>,
}

/// Feeds that are gone, or have failed so often in a row.
pub async fn dead(tx: &mut Tx, failures: u32) -> Result<Vec<Dead>, StoreError> {
    let rows = on!(tx, |conn| {
        sqlx::query_as(
        "SELECT f.id AS feed, p.id AS publication, p.slug, f.url, f.state, f.failures, f.last_error
         FROM feeds f JOIN publications p ON p.id = f.publication_id
         WHERE (f.state = 'gone' OR (f.state = 'active' AND f.failures >= $1))
            AND p.archived_at IS NULL
         ORDER BY f.id"
    )
    .bind(i64::from(failures))
    .fetch_all(conn)
    .await
    })?;
    Ok(rows)
}

/// The oldest due time of what waits, and how much that is, by what it is.
#[derive(Debug, Clone, FromRow)]
pub struct Late {
    pub what: String,
    pub count: i64,
}

/// What was due before a time and still waits: sign-ups, notices, calls of webhooks.
pub async fn late(tx: &mut Tx, before: Time) -> Result<Vec<Late>, StoreError> {
    let rows = on!(tx, |conn| {
        sqlx::query_as(
        "SELECT 'sign-ups' AS what, COUNT(*) AS count FROM arrivals WHERE due_at < $1
         UNION ALL
         SELECT 'notices', COUNT(*) FROM notices
            WHERE state = 'pending' AND next_attempt_at < $1 AND alert_mail_id IS NULL
         UNION ALL
         SELECT 'webhook calls', COUNT(*) FROM webhook_calls c JOIN webhooks w ON w.id = c.webhook_id
            WHERE c.state = 'pending' AND c.next_attempt_at < $1 AND w.disabled_at IS NULL"
    )
    .bind(before)
    .fetch_all(conn)
    .await
    })?;
    Ok(rows)
}

/// Issues with mails that were due before a time, while no process is at work on any mail.
pub async fn idle(tx: &mut Tx, before: Time, now: Time) -> Result<Vec<Failing>, StoreError> {
    let rows = on!(tx, |conn| {
        sqlx::query_as(
        "SELECT i.id AS issue, p.id AS publication, p.slug || '/' || d.slug AS name, '' AS reason
         FROM issues i JOIN digests d ON d.id = i.digest_id
            JOIN publications p ON p.id = i.publication_id
         WHERE i.state = 'sending'
            AND EXISTS (SELECT 1 FROM deliveries r WHERE r.issue_id = i.id
                AND r.state IN ('pending', 'deferred') AND r.next_attempt_at < $1)
            AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.mails <> '[]'
                AND c.node IN (SELECT name FROM nodes WHERE seen_at > $2))
         ORDER BY i.planned_at"
    )
    .bind(micros(before))
    .bind(alive_since(now))
    .fetch_all(conn)
    .await
    })?;
    Ok(rows)
}
