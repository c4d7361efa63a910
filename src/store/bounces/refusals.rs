//! Mails that a relay refused for good, which are bounces too.

use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::{DeliveryId, IssueId};

/// A mail that was refused for good.
#[derive(Debug, Clone)]
pub struct Refused {
    pub delivery: DeliveryId,
    pub code: u16,
    pub enhanced: Option<String>,
    pub text: String,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    reply_code: i64,
    reply_enhanced: Option<String>,
    reply_text: Option<String>,
}

/// Issues that have ended before a time and whose refused mails nobody has looked through, the oldest
/// first.
pub async fn unlooked(tx: &mut Tx, before: Time, limit: i64) -> Result<Vec<IssueId>, StoreError> {
    let ids: Vec<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM issues WHERE finished_at < $1 AND finished_at IS NOT NULL
            AND refusals_at IS NULL ORDER BY finished_at LIMIT $2"
    )
    .bind(before)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    Ok(ids.into_iter().map(IssueId).collect())
}

/// Mails of an issue that a relay refused for good, after one of them, in their order.
pub async fn refused(
    tx: &mut Tx,
    issue: IssueId,
    after: DeliveryId,
    limit: i64,
) -> Result<Vec<Refused>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(
        "SELECT id, reply_code, reply_enhanced, reply_text FROM deliveries
         WHERE issue_id = $1 AND state IN ('failed', 'skipped', 'unknown') AND state = 'failed'
            AND reply_code BETWEEN 500 AND 599 AND id > $2
         ORDER BY id LIMIT $3"
    )
    .bind(issue.0)
    .bind(after.0)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    let refused = |row: Row| Refused {
        delivery: DeliveryId(row.id),
        code: u16::try_from(row.reply_code).unwrap_or_default(),
        enhanced: row.reply_enhanced,
        text: row.reply_text.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(refused).collect())
}

/// Notes that an issue's refused mails have been looked through, unless it has gone on meanwhile.
pub async fn looked_through(tx: &mut Tx, issue: IssueId, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE issues SET refusals_at = $2 WHERE id = $1 AND finished_at IS NOT NULL"
    )
    .bind(issue.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
