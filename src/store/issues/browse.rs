//! Looking through issues, a page at a time.

use uuid::Uuid;

use super::Row;
use crate::domain::clock::Time;
use crate::domain::ids::{DigestId, PublicationId};
use crate::domain::issue::{Issue, IssueState};
use crate::store::{StoreError, Tx, on};

/// Which issues to list; what is not set does not narrow the list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub publication: Option<PublicationId>,
    pub digest: Option<DigestId>,
    pub state: Option<IssueState>,
    /// Where the page before ended: when its last issue was planned for, and its id.
    pub after: Option<(Time, Uuid)>,
}

/// A page of issues, those planned last first.
pub async fn page(tx: &mut Tx, filter: &Filter, limit: i64) -> Result<Vec<Issue>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM issues
         WHERE ($1 IS NULL OR publication_id = $1) AND ($2 IS NULL OR digest_id = $2)
            AND ($3 IS NULL OR state = $3) AND ($4 IS NULL OR (planned_at, id) < ($4, $5))
         ORDER BY planned_at DESC, id DESC LIMIT $6"
    )
    .bind(filter.publication.map(|id| id.0))
    .bind(filter.digest.map(|id| id.0))
    .bind(filter.state.map(IssueState::as_str))
    .bind(filter.after.map(|(at, _)| at))
    .bind(filter.after.map(|(_, id)| id))
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Issue::try_from).collect()
}

/// Issues that were planned for a time from one to before another, the first ones first.
pub async fn between(
    tx: &mut Tx,
    from: Time,
    to: Time,
    limit: i64,
) -> Result<Vec<Issue>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM issues WHERE planned_at >= $1 AND planned_at < $2
         ORDER BY planned_at, id LIMIT $3"
    )
    .bind(from)
    .bind(to)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Issue::try_from).collect()
}
