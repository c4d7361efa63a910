//! How often the pictures of issues were loaded. An issue has a row where its mails carry one.

use sqlx::FromRow;

use super::{StoreError, Tx, on};
use crate::domain::ids::IssueId;
use crate::domain::opens::Loaded;

/// How often the picture of an issue was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Opens {
    /// By whomever, as often as it was.
    pub loaded: i64,
    /// Without programs, repetitions and mailbox providers.
    pub counted: i64,
    /// By mailbox providers for their readers.
    pub by_providers: i64,
}

/// Says that the mails of an issue carry the picture.
pub async fn begin(tx: &mut Tx, issue: IssueId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO opens (issue_id, loaded, counted, by_providers) VALUES ($1, 0, 0, 0)
         ON CONFLICT (issue_id) DO NOTHING"
    )
    .bind(issue.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Counts that the picture of an issue was loaded.
pub async fn count(tx: &mut Tx, issue: IssueId, by: Loaded) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE opens SET loaded = loaded + 1, counted = counted + $2,
            by_providers = by_providers + $3
         WHERE issue_id = $1"
    )
    .bind(issue.0)
    .bind(i64::from(by == Loaded::ByReader))
    .bind(i64::from(by == Loaded::ByProvider))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// How often the picture of an issue was loaded; `None` where its mails have none.
pub async fn find(tx: &mut Tx, issue: IssueId) -> Result<Option<Opens>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(
        "SELECT loaded, counted, by_providers FROM opens WHERE issue_id = $1"
    )
    .bind(issue.0)
    .fetch_optional(conn)
    .await)?)
}

/// Whether loads of the picture of an issue count: its mails carry one, and the publication goes on
/// counting.
pub async fn is_counted(tx: &mut Tx, issue: IssueId) -> Result<bool, StoreError> {
    let found: Option<bool> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT p.count_opens FROM opens o JOIN issues i ON i.id = o.issue_id
         JOIN publications p ON p.id = i.publication_id WHERE o.issue_id = $1"
    )
    .bind(issue.0)
    .fetch_optional(conn)
    .await)?;
    Ok(found.unwrap_or(false))
}
