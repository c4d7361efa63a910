//! How many mails of issues came back.

use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::IssueId;

/// Mails of an issue that came back: each counts once, for the worst that is known of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow, Serialize)]
pub struct Counts {
    pub hard: i64,
    pub soft: i64,
    pub complaints: i64,
}

/// Mails of an issue that came back.
pub async fn counts(tx: &mut Tx, issue: IssueId) -> Result<Counts, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(
        "SELECT COUNT(DISTINCT CASE WHEN kind = 'hard' THEN delivery_id END) AS hard,
            COUNT(DISTINCT CASE WHEN kind = 'soft' THEN delivery_id END)
                - COUNT(DISTINCT CASE WHEN kind = 'soft' AND EXISTS (SELECT 1 FROM bounces h
                    WHERE h.issue_id = b.issue_id AND h.kind = 'hard'
                        AND h.delivery_id = b.delivery_id) THEN delivery_id END) AS soft,
            COUNT(DISTINCT CASE WHEN kind = 'complaint' THEN delivery_id END) AS complaints
         FROM bounces b WHERE issue_id = $1"
    )
    .bind(issue.0)
    .fetch_one(conn)
    .await)?)
}

/// How an issue fares of which something came back.
#[derive(Debug, Clone, FromRow)]
pub struct Rate {
    pub issue: Uuid,
    pub publication: Uuid,
    /// As in `ledger/daily`.
    pub name: String,
    pub recipients: i64,
    pub bounced: i64,
    pub complained: i64,
}

/// Issues of which something came back after a time, with all that did.
pub async fn rates(tx: &mut Tx, after: Time) -> Result<Vec<Rate>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(
        "SELECT i.id AS issue, p.id AS publication, p.slug || '/' || d.slug AS name, i.recipients,
            COUNT(DISTINCT CASE WHEN b.kind IN ('hard', 'soft') THEN b.delivery_id END) AS bounced,
            COUNT(DISTINCT CASE WHEN b.kind = 'complaint' THEN b.delivery_id END) AS complained
         FROM (SELECT DISTINCT issue_id FROM bounces
                WHERE received_at > $1 AND issue_id IS NOT NULL) n
            JOIN issues i ON i.id = n.issue_id JOIN digests d ON d.id = i.digest_id
            JOIN publications p ON p.id = i.publication_id
            JOIN bounces b ON b.issue_id = i.id
         GROUP BY i.id, p.id, p.slug, d.slug, i.recipients ORDER BY i.id"
    )
    .bind(after)
    .fetch_all(conn)
    .await)?)
}
