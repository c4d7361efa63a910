//! Issues and their frozen articles.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::digest::Words;
use crate::domain::ids::{DigestId, IssueId, PublicationId, SubscriptionId};
use crate::domain::issue::{Issue, IssueState};

mod browse;
mod counts;
mod overview;
mod planning;

pub use browse::{Filter, between, page};
pub use counts::counts;
pub use overview::{latest_of, under_way};
pub use planning::{
    Frozen, approve, freeze, is_taken, last_frozen, lately, next_number, release_articles,
    set_reason, set_slot, set_words,
};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    digest_id: Uuid,
    publication_id: Uuid,
    number: Option<i64>,
    state: String,
    reason: Option<String>,
    trouble: Option<String>,
    audience: Option<i64>,
    filled_at: Option<Time>,
    subject: Option<String>,
    intro: String,
    outro: String,
    notice: String,
    notice_label: String,
    planned_at: Time,
    slot_at: Option<Time>,
    started_at: Option<Time>,
    finished_at: Option<Time>,
}

impl TryFrom<Row> for Issue {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: IssueId(row.id),
            digest: DigestId(row.digest_id),
            publication: PublicationId(row.publication_id),
            number: row.number,
            state: read("issues", "state", row.id, &row.state)?,
            reason: row.reason,
            trouble: row.trouble,
            audience: row.audience,
            is_filled: row.filled_at.is_some(),
            words: Words {
                subject: row.subject,
                intro: row.intro,
                outro: row.outro,
                notice: row.notice,
                notice_label: row.notice_label,
            },
            planned_at: row.planned_at,
            slot_at: row.slot_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

/// Plans an issue; `Conflict` where the digest has one at that time.
pub async fn insert(
    tx: &mut Tx,
    id: IssueId,
    digest: DigestId,
    publication: PublicationId,
    planned_at: Time,
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO issues (id, digest_id, publication_id, state, planned_at, created_at)
         VALUES ($1, $2, $3, 'planned', $4, $5)"
    )
    .bind(id.0)
    .bind(digest.0)
    .bind(publication.0)
    .bind(planned_at)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Moves an issue from one state to the next; false where it was not in `from`.
pub async fn advance(
    tx: &mut Tx,
    id: IssueId,
    from: IssueState,
    to: IssueState,
    now: Time,
) -> Result<bool, StoreError> {
    let started = (to == IssueState::Sending).then_some(now);
    let finished = to.is_final().then_some(now);
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE issues SET state = $3, started_at = COALESCE(started_at, $4), finished_at = $5,
            summed_at = NULL, refusals_at = NULL, drawn_at = NULL
         WHERE id = $1 AND state = $2"
    )
    .bind(id.0)
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(started)
    .bind(finished)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// The last subscription that the ledger of an issue has been filled to; nil before the first.
pub async fn filled_to(tx: &mut Tx, id: IssueId) -> Result<SubscriptionId, StoreError> {
    let at: Uuid = on!(tx, |conn| sqlx::query_scalar(
        "SELECT filled_to FROM issues WHERE id = $1"
    )
    .bind(id.0)
    .fetch_one(conn)
    .await)?;
    Ok(SubscriptionId(at))
}

/// Notes that the ledger is filled from one subscription to another, or to its end; false where
/// somebody else was faster.
pub async fn fill_to(
    tx: &mut Tx,
    id: IssueId,
    from: SubscriptionId,
    to: Option<SubscriptionId>,
    now: Time,
) -> Result<bool, StoreError> {
    let whole_at = to.is_none().then_some(now);
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE issues SET filled_to = $3, filled_at = $4
         WHERE id = $1 AND filled_to = $2 AND filled_at IS NULL"
    )
    .bind(id.0)
    .bind(from.0)
    .bind(to.unwrap_or(from).0)
    .bind(whole_at)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Ends a planned issue without sending, and says why.
pub async fn skip(tx: &mut Tx, id: IssueId, reason: &str, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE issues SET state = 'skipped', reason = $2, finished_at = $3
         WHERE id = $1 AND state IN ('planned', 'composing')"
    )
    .bind(id.0)
    .bind(reason)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Notes what keeps an issue from going out, or that it is over.
pub async fn set_trouble(
    tx: &mut Tx,
    id: IssueId,
    trouble: Option<&str>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE issues SET trouble = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(trouble)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Finds an issue by id.
pub async fn find(tx: &mut Tx, id: IssueId) -> Result<Option<Issue>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM issues WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Issue::try_from).transpose()
}

/// Finds an issue by id, and keeps others from changing it until the transaction ends.
pub async fn find_locked(tx: &mut Tx, id: IssueId) -> Result<Option<Issue>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "UPDATE issues SET state = state WHERE id = $1 RETURNING *"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Issue::try_from).transpose()
}

/// Finds an issue by its digest's slug and its number.
pub async fn find_by_number(
    tx: &mut Tx,
    publication: PublicationId,
    digest: &str,
    number: i64,
) -> Result<Option<Issue>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT i.* FROM issues i JOIN digests d ON d.id = i.digest_id
         WHERE i.publication_id = $1 AND d.slug = $2 AND i.number = $3"
    )
    .bind(publication.0)
    .bind(digest)
    .bind(number)
    .fetch_optional(conn)
    .await)?;
    row.map(Issue::try_from).transpose()
}

/// Issues in a state that were planned for now or earlier.
pub async fn in_state(tx: &mut Tx, state: IssueState, now: Time) -> Result<Vec<Issue>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM issues WHERE state = $1 AND planned_at <= $2 ORDER BY planned_at, id"
    )
    .bind(state.as_str())
    .bind(now)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Issue::try_from).collect()
}

/// Issues that were made before a time and are neither over nor merely planned.
pub async fn open_since_before(tx: &mut Tx, before: Time) -> Result<Vec<Issue>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM issues
         WHERE state IN ('composing', 'sending', 'paused', 'awaiting approval') AND created_at < $1
         ORDER BY planned_at, id"
    )
    .bind(before)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Issue::try_from).collect()
}

/// Issues that were cancelled since a time.
pub async fn cancelled_since(tx: &mut Tx, since: Time) -> Result<Vec<IssueId>, StoreError> {
    let ids: Vec<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM issues WHERE state = 'cancelled' AND finished_at > $1"
    )
    .bind(since)
    .fetch_all(conn)
    .await)?;
    Ok(ids.into_iter().map(IssueId).collect())
}

/// Issues of a publication (or all), the latest first.
pub async fn list(
    tx: &mut Tx,
    publication: Option<PublicationId>,
    limit: i64,
) -> Result<Vec<Issue>, StoreError> {
    let rows = match publication {
        Some(id) => on!(tx, |conn| {
            sqlx::query_as::<_, Row>(
            "SELECT * FROM issues WHERE publication_id = $1 ORDER BY planned_at DESC, id DESC LIMIT $2"
        )
        .bind(id.0)
        .bind(limit)
        .fetch_all(conn)
        .await
        })?,
        None => on!(tx, |conn| sqlx::query_as::<_, Row>(
            "SELECT * FROM issues ORDER BY planned_at DESC, id DESC LIMIT $1"
        )
        .bind(limit)
        .fetch_all(conn)
        .await)?,
    };
    rows.into_iter().map(Issue::try_from).collect()
}

/// The latest issue of some digests of which every row is in the ledger, sent or being sent, planned
/// after a time.
pub async fn latest_whole(
    tx: &mut Tx,
    digests: &[DigestId],
    after: Time,
) -> Result<Option<IssueId>, StoreError> {
    let mut latest: Option<(Time, Uuid)> = None;
    for digest in digests {
        let found: Option<(Time, Uuid)> = on!(&mut *tx, |conn| sqlx::query_as(
            "SELECT planned_at, id FROM issues
             WHERE digest_id = $1 AND planned_at > $2 AND filled_at IS NOT NULL
                AND number IS NOT NULL AND state IN ('sending', 'sent', 'sent with failures')
             ORDER BY planned_at DESC LIMIT 1"
        )
        .bind(digest.0)
        .bind(after)
        .fetch_optional(conn)
        .await)?;
        latest = latest.max(found);
    }
    Ok(latest.map(|(_, id)| IssueId(id)))
}

/// A published issue as the archive lists it.
#[derive(Debug, Clone, FromRow)]
pub struct Published {
    pub digest_slug: String,
    pub digest_name: String,
    pub number: i64,
    pub subject: String,
    pub planned_at: Time,
}

/// Issues that went out, the latest first, by the subject of the edition with all topics.
pub async fn published(
    tx: &mut Tx,
    publication: PublicationId,
    limit: i64,
) -> Result<Vec<Published>, StoreError> {
    published_behind(tx, publication, 0, limit).await
}

/// The same without the latest, of which so many are left out.
pub async fn published_behind(
    tx: &mut Tx,
    publication: PublicationId,
    left_out: i64,
    limit: i64,
) -> Result<Vec<Published>, StoreError> {
    let rows = on!(tx, |conn| {
        sqlx::query_as::<_, Published>(
        "SELECT d.slug AS digest_slug, d.name AS digest_name, i.number AS number, e.subject AS subject,
            COALESCE(i.slot_at, i.planned_at) AS planned_at
         FROM issues i JOIN digests d ON d.id = i.digest_id
         JOIN editions e ON e.issue_id = i.id AND e.topic_key = ''
         WHERE i.publication_id = $1 AND i.number IS NOT NULL
            AND i.state IN ('sending', 'paused', 'sent', 'sent with failures')
         ORDER BY i.planned_at DESC, i.id DESC LIMIT $2 OFFSET $3"
    )
    .bind(publication.0)
    .bind(limit)
    .bind(left_out)
    .fetch_all(conn)
    .await
    })?;
    Ok(rows)
}
