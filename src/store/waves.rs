//! Waves: when the readers of each time zone get an issue that goes out at their own time.

use super::deliveries::{Audience, of_audience};
use super::{StoreError, Tx, micros, moment, on};
use crate::domain::clock::Time;
use crate::domain::ids::{IssueId, PublicationId};

/// The time zones of a publication's readers, as far as they are known.
pub async fn zones(tx: &mut Tx, publication: PublicationId) -> Result<Vec<String>, StoreError> {
    let found = on!(tx, |conn| sqlx::query_scalar(
        "SELECT DISTINCT timezone FROM subscriptions
         WHERE publication_id = $1 AND timezone IS NOT NULL AND state = 'confirmed'"
    )
    .bind(publication.0)
    .fetch_all(conn)
    .await)?;
    Ok(found)
}

/// The time zones of a part of an audience; empty for those who told none.
pub async fn audience_zones(tx: &mut Tx, audience: &Audience) -> Result<Vec<String>, StoreError> {
    let found = on!(tx, |conn| sqlx::query_scalar(of_audience!(
        "SELECT DISTINCT COALESCE(s.timezone, '') FROM subscriptions s",
        ""
    ))
    .bind(audience.publication.0)
    .bind(audience.after.0)
    .bind(audience.last())
    .bind(audience.digest.as_str())
    .bind(i64::from(audience.is_first))
    .fetch_all(conn)
    .await)?;
    Ok(found)
}

/// Notes when the readers of a zone get an issue, or why they do not; what has been noted stays.
pub async fn note(
    tx: &mut Tx,
    issue: IssueId,
    timezone: &str,
    due_at: Time,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO issue_waves (issue_id, timezone, due_at, reason) VALUES ($1, $2, $3, $4)
         ON CONFLICT (issue_id, timezone) DO NOTHING"
    )
    .bind(issue.0)
    .bind(timezone)
    .bind(micros(due_at))
    .bind(reason)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// When the next mail of an issue is due that has not gone out.
pub async fn next_due(tx: &mut Tx, issue: IssueId) -> Result<Option<Time>, StoreError> {
    let at: Option<i64> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT next_attempt_at FROM deliveries
         WHERE issue_id = $1 AND state IN ('pending', 'deferred')
         ORDER BY next_attempt_at, id LIMIT 1"
    )
    .bind(issue.0)
    .fetch_optional(conn)
    .await)?;
    Ok(at.map(moment))
}
