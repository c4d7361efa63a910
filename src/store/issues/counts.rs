//! The ledger of an issue, summed up.

use sqlx::FromRow;

use crate::domain::ids::IssueId;
use crate::domain::issue::Counts;
use crate::store::{StoreError, Tx, on};

#[derive(Debug, Default, FromRow)]
struct Row {
    recipients: i64,
    failed: i64,
    skipped: i64,
    unknown: i64,
    pending: i64,
    deferred: i64,
    claimed_pending: i64,
    claimed_deferred: i64,
}

/// Sums up the ledger of an issue. Each state is counted in the small index that has it, each of which is
/// gone through once; what was sent, most of a ledger, is in none and is what is left of the recipients.
pub async fn counts(tx: &mut Tx, id: IssueId) -> Result<Counts, StoreError> {
    let row: Option<Row> = on!(tx, |conn| {
        sqlx::query_as(
            "SELECT i.recipients, ended.failed, ended.skipped, ended.unknown, due.pending, due.deferred,
                begun.pending AS claimed_pending, begun.deferred AS claimed_deferred
             FROM issues i
             CROSS JOIN (SELECT COUNT(*) FILTER (WHERE state = 'failed') AS failed,
                    COUNT(*) FILTER (WHERE state = 'skipped') AS skipped,
                    COUNT(*) FILTER (WHERE state = 'unknown') AS unknown
                FROM deliveries
                WHERE issue_id = $1 AND state IN ('failed', 'skipped', 'unknown')) ended
             CROSS JOIN (SELECT COUNT(*) FILTER (WHERE state = 'pending') AS pending,
                    COUNT(*) FILTER (WHERE state = 'deferred') AS deferred
                FROM deliveries
                WHERE issue_id = $1 AND state IN ('pending', 'deferred')) due
             CROSS JOIN (SELECT COUNT(*) FILTER (WHERE d.state = 'pending') AS pending,
                    COUNT(*) FILTER (WHERE d.state = 'deferred') AS deferred
                FROM claimed c JOIN deliveries d ON d.id = c.delivery_id
                WHERE d.issue_id = $1 AND d.state IN ('pending', 'deferred')) begun
             WHERE i.id = $1",
        )
        .bind(id.0)
        .fetch_optional(conn)
        .await
    })?;
    let row = row.unwrap_or_default();
    let claimed = row.claimed_pending + row.claimed_deferred;
    let ended = row.failed + row.skipped + row.unknown;
    Ok(Counts {
        recipients: row.recipients,
        pending: row.pending - row.claimed_pending,
        sending: claimed,
        sent: row.recipients - row.pending - row.deferred - ended,
        deferred: row.deferred - row.claimed_deferred,
        failed: row.failed,
        skipped: row.skipped,
        unknown: row.unknown,
    })
}
