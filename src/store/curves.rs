//! How fast issues went out: counted in the ledger, and kept.

use sqlx::FromRow;
use uuid::Uuid;

use super::lists::Texts;
use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::{IssueId, PublicationId};
use crate::domain::send_rate::SendRate;

const MICROS: i64 = 1_000_000;

/// Along the readers of the publication, for the reasons of `statistics::LARGEST`.
const PARTS: Texts = Texts {
    // CROSS JOIN keeps SQLite to this order.
    sqlite: "SELECT d.sent_at / $3 AS part, COUNT(*) FROM subscriptions s
        CROSS JOIN deliveries d ON d.subscription_id = s.id AND d.issue_id = $1
        WHERE s.publication_id = $2 AND d.state = 'sent' AND d.sent_at IS NOT NULL
        GROUP BY 1 ORDER BY 1",
    postgres: "SELECT d.sent_at / $3 AS part, COUNT(*) FROM subscriptions s
        JOIN deliveries d ON d.subscription_id = s.id AND d.issue_id = $1
        WHERE s.publication_id = $2 AND d.state = 'sent' AND d.sent_at IS NOT NULL
        GROUP BY 1 ORDER BY 1",
};

/// How many mails of an issue were taken in each part of `grain` seconds since 1970, the earliest first;
/// looks at every reader of its publication.
pub async fn parts(
    tx: &mut Tx,
    issue: IssueId,
    publication: PublicationId,
    grain: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let statement = PARTS.on(tx);
    let parts = on!(tx, |conn| sqlx::query_as(statement)
        .bind(issue.0)
        .bind(publication.0)
        .bind(grain * MICROS)
        .fetch_all(conn)
        .await)?;
    Ok(parts)
}

/// An issue whose curve is to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub issue: IssueId,
    pub publication: PublicationId,
    pub started_at: Option<Time>,
    /// `None` while it goes out.
    pub finished_at: Option<Time>,
}

#[derive(FromRow)]
struct DueRow {
    id: Uuid,
    publication_id: Uuid,
    started_at: Option<Time>,
    finished_at: Option<Time>,
}

impl From<DueRow> for Due {
    fn from(row: DueRow) -> Self {
        Self {
            issue: IssueId(row.id),
            publication: PublicationId(row.publication_id),
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}

/// An issue that has ended before `until` and is not drawn yet, the latest first.
pub async fn undrawn(tx: &mut Tx, until: Time) -> Result<Option<Due>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, DueRow>(
        "SELECT id, publication_id, started_at, finished_at FROM issues
         WHERE finished_at IS NOT NULL AND drawn_at IS NULL AND recipients > 0 AND finished_at < $1
         ORDER BY finished_at DESC LIMIT 1"
    )
    .bind(until)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(Due::from))
}

/// An issue that is going out and whose curve may be drawn anew.
pub async fn outdated(tx: &mut Tx, now: Time) -> Result<Option<Due>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, DueRow>(
        "SELECT i.id, i.publication_id, i.started_at, i.finished_at FROM issues i
         LEFT JOIN issue_curves c ON c.issue_id = i.id
         WHERE i.state = 'sending' AND i.recipients > 0 AND (c.next_at IS NULL OR c.next_at <= $1)
         ORDER BY c.next_at, i.id LIMIT 1"
    )
    .bind(now)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(Due::from))
}

/// Keeps a curve in place of the one before, not to be drawn anew before `next_at`.
pub async fn keep(
    tx: &mut Tx,
    due: &Due,
    curve: &SendRate,
    now: Time,
    next_at: Time,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(curve);
    let text = text.map_err(|e| StoreError::Database(sqlx::Error::Encode(e.into())))?;
    on!(&mut *tx, |conn| sqlx::query(
        "INSERT INTO issue_curves (issue_id, curve, drawn_at, next_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (issue_id) DO UPDATE SET curve = excluded.curve,
            drawn_at = excluded.drawn_at, next_at = excluded.next_at"
    )
    .bind(due.issue.0)
    .bind(text)
    .bind(now)
    .bind(next_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Notes that the curve of an issue that has ended was drawn, unless the issue goes on since it was read.
pub async fn drawn(tx: &mut Tx, due: &Due, now: Time) -> Result<(), StoreError> {
    on!(&mut *tx, |conn| sqlx::query(
        "UPDATE issues SET drawn_at = $2 WHERE id = $1 AND finished_at = $3"
    )
    .bind(due.issue.0)
    .bind(now)
    .bind(due.finished_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The curve that is kept of an issue, and when it was drawn.
pub async fn find(tx: &mut Tx, issue: IssueId) -> Result<Option<(SendRate, Time)>, StoreError> {
    let row: Option<(String, Time)> = on!(tx, |conn| sqlx::query_as(
        "SELECT curve, drawn_at FROM issue_curves WHERE issue_id = $1"
    )
    .bind(issue.0)
    .fetch_optional(conn)
    .await)?;
    // One of another version is drawn by that version.
    Ok(row.and_then(|(text, drawn_at)| Some((serde_json::from_str(&text).ok()?, drawn_at))))
}
