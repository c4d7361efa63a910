//! What operators look at first.

use super::Row;
use crate::domain::ids::DigestId;
use crate::domain::issue::Issue;
use crate::store::{StoreError, Tx, on};

/// Issues that are going out or stopped on their way, the oldest first.
pub async fn under_way(tx: &mut Tx) -> Result<Vec<Issue>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM issues WHERE state IN ('composing', 'sending')
         UNION ALL SELECT * FROM issues WHERE state = 'paused'
         ORDER BY planned_at, id"
    )
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Issue::try_from).collect()
}

/// The latest issue of a digest, whatever became of it.
pub async fn latest_of(tx: &mut Tx, digest: DigestId) -> Result<Option<Issue>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM issues WHERE digest_id = $1 ORDER BY planned_at DESC, id DESC LIMIT 1"
    )
    .bind(digest.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Issue::try_from).transpose()
}
