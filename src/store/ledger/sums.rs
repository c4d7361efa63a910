//! What went wrong with an issue, summed up; no more rows are read than tell the story.

use sqlx::FromRow;

use crate::domain::ids::IssueId;
use crate::store::{StoreError, Tx, on};

/// Rows that a sum is made of.
pub const MOST: i64 = 10_000;

/// What servers said, or why there was no saying, to mails that failed; with how often, of [`MOST`] mails.
pub async fn replies(tx: &mut Tx, issue: IssueId) -> Result<Vec<(String, i64)>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| {
        sqlx::query_as(
            "SELECT reply_code, reply_text, reason, COUNT(*) AS mails
             FROM (SELECT reply_code, reply_text, reason FROM deliveries
                WHERE issue_id = $1 AND state IN ('failed', 'skipped', 'unknown')
                    AND state = 'failed' LIMIT $2) d
             GROUP BY reply_code, reply_text, reason",
        )
        .bind(issue.0)
        .bind(MOST)
        .fetch_all(conn)
        .await
    })?;
    Ok(rows
        .into_iter()
        .map(|row| (row.said(), row.mails))
        .collect())
}

#[derive(FromRow)]
struct Row {
    reply_code: Option<i64>,
    reply_text: Option<String>,
    reason: Option<String>,
    mails: i64,
}

impl Row {
    fn said(&self) -> String {
        let text = self.reply_text.as_deref().unwrap_or_default();
        match self.reply_code {
            Some(code) => format!("{code} {text}"),
            None if text.is_empty() => self.reason.clone().unwrap_or_default(),
            None => text.to_owned(),
        }
    }
}

/// The addresses of mails that are to be tried again, up to [`MOST`].
pub async fn deferred_addresses(tx: &mut Tx, issue: IssueId) -> Result<Vec<String>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(
        "SELECT r.email
         FROM (SELECT subscription_id FROM deliveries
            WHERE issue_id = $1 AND state IN ('pending', 'deferred') AND state = 'deferred'
            LIMIT $2) d
         JOIN subscriptions s ON s.id = d.subscription_id
         JOIN subscribers r ON r.id = s.subscriber_id"
    )
    .bind(issue.0)
    .bind(MOST)
    .fetch_all(conn)
    .await)?)
}
