//! The ledger: a row for each issue and reader. How the engine works on it is in `claims`.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, digests, micros, on};
use crate::domain::clock::Time;
use crate::domain::ids::{DigestId, IssueId, PublicationId, SubscriptionId};

/// The readers of a digest, and a part of them in the order of their subscriptions.
#[derive(Debug, Clone, Copy)]
pub struct Audience {
    pub publication: PublicationId,
    pub digest: DigestId,
    /// Whether those belong to it who chose no digest.
    pub is_first: bool,
    pub after: SubscriptionId,
    /// The last of the part; all that come after `after` where there is none.
    pub until: Option<SubscriptionId>,
}

/// The highest id there can be.
const LAST: Uuid = Uuid::max();

impl Audience {
    pub(super) fn last(&self) -> Uuid {
        self.until.map_or(LAST, |until| until.0)
    }
}

/// Whether a digest has a confirmed reader: one who chose it, or where it is the first one who
/// chose none.
pub async fn any_reader(
    tx: &mut Tx,
    publication: PublicationId,
    digest: DigestId,
) -> Result<bool, StoreError> {
    // Asked for the next digest that anyone chose, PostgreSQL has to go by the index; asked for
    // this one, it may expect to meet a reader soon, and reads all where there is none.
    let next: Option<Uuid> = on!(&mut *tx, |conn| sqlx::query_scalar(
        "SELECT digest_id FROM subscriptions
         WHERE publication_id = $1 AND state = 'confirmed' AND digest_id >= $2
         ORDER BY digest_id LIMIT 1"
    )
    .bind(publication.0)
    .bind(digest.0)
    .fetch_optional(conn)
    .await)?;
    if next == Some(digest.0) {
        return Ok(true);
    }
    if digests::first(tx, publication).await? != Some(digest) {
        return Ok(false);
    }
    let found: Option<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM subscriptions
         WHERE publication_id = $1 AND state = 'confirmed' AND digest_id IS NULL LIMIT 1"
    )
    .bind(publication.0)
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}

/// The last subscription of a part of `size`; `None` where no more than that are left.
pub async fn part_end(
    tx: &mut Tx,
    audience: &Audience,
    size: i64,
) -> Result<Option<SubscriptionId>, StoreError> {
    let id: Option<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM subscriptions
         WHERE publication_id = $1 AND state = 'confirmed' AND id > $2
         ORDER BY id LIMIT 1 OFFSET $3"
    )
    .bind(audience.publication.0)
    .bind(audience.after.0)
    .bind(size)
    .fetch_optional(conn)
    .await)?;
    Ok(id.map(SubscriptionId))
}

/// What readers chose that decides which edition they get.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, FromRow)]
pub struct Choice {
    pub topic_key: String,
    /// As the reader or the import told it; empty for none.
    pub language: String,
}

/// The choices that a part of the audience made.
pub async fn audience_choices(tx: &mut Tx, audience: &Audience) -> Result<Vec<Choice>, StoreError> {
    let found = on!(tx, |conn| sqlx::query_as(
        "SELECT DISTINCT topic_key, COALESCE(language, '') AS language FROM subscriptions
         WHERE publication_id = $1 AND state = 'confirmed' AND id > $2 AND id <= $3
            AND (digest_id = $4 OR ($5 = 1 AND digest_id IS NULL))
         ORDER BY topic_key, language"
    )
    .bind(audience.publication.0)
    .bind(audience.after.0)
    .bind(audience.last())
    .bind(audience.digest.0)
    .bind(i64::from(audience.is_first))
    .fetch_all(conn)
    .await)?;
    Ok(found)
}

/// Fills the ledger of an issue for a part of its audience in one statement: a row for each
/// confirmed reader, due with their wave where there are waves; skipped with its reason where the
/// reader's choice has no edition, the wave is missed or the address is suppressed. Returns the number of rows.
pub async fn fill(
    tx: &mut Tx,
    issue: IssueId,
    audience: &Audience,
    due_at: Time,
) -> Result<u64, StoreError> {
    let rows = on!(&mut *tx, |conn| {
        sqlx::query(
        "INSERT INTO deliveries (issue_id, subscription_id, edition_id, state, reason, next_attempt_at)
         SELECT $1, s.id, c.edition_id,
            CASE WHEN c.edition_id IS NULL OR r.suppressed_at IS NOT NULL OR w.reason IS NOT NULL
                THEN 'skipped' ELSE 'pending' END,
            CASE WHEN r.suppressed_at IS NOT NULL THEN 'suppressed'
                ELSE COALESCE(c.reason, w.reason) END,
            COALESCE(w.due_at, $7)
         FROM subscriptions s
         JOIN subscribers r ON r.id = s.subscriber_id
         LEFT JOIN edition_choices c ON c.issue_id = $1 AND c.topic_key = s.topic_key
            AND c.language = COALESCE(s.language, '')
         LEFT JOIN issue_waves w ON w.issue_id = $1 AND w.timezone = COALESCE(s.timezone, '')
         WHERE s.publication_id = $2 AND s.state = 'confirmed' AND s.id > $3 AND s.id <= $4
            AND (s.digest_id = $5 OR ($6 = 1 AND s.digest_id IS NULL))
         ORDER BY s.id
         ON CONFLICT (subscription_id, issue_id) DO NOTHING"
    )
    .bind(issue.0)
    .bind(audience.publication.0)
    .bind(audience.after.0)
    .bind(audience.last())
    .bind(audience.digest.0)
    .bind(i64::from(audience.is_first))
    .bind(micros(due_at))
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    on!(tx, |conn| sqlx::query(
        "UPDATE issues SET recipients = recipients + $2 WHERE id = $1"
    )
    .bind(issue.0)
    .bind(i64::try_from(rows).unwrap_or(i64::MAX))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(rows)
}

/// Whether a part was filled with readers of whom it is not known which edition they get, or why
/// none. Never on SQLite, where nobody else writes while the part is filled.
pub async fn any_undecided(
    tx: &mut Tx,
    issue: IssueId,
    audience: &Audience,
) -> Result<bool, StoreError> {
    let Tx::Postgres(inner) = tx else {
        return Ok(false);
    };
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE issue_id = $1 AND state = 'skipped' AND reason IS NULL
            AND subscription_id > $2 AND subscription_id <= $3 LIMIT 1",
    )
    .bind(issue.0)
    .bind(audience.after.0)
    .bind(audience.last())
    .fetch_optional(&mut **inner)
    .await?;
    Ok(found.is_some())
}

/// Lets PostgreSQL see the size of a freshly filled ledger; without it, each claim is planned as a
/// scan of all rows. Nothing to do on SQLite.
pub async fn analyse(tx: &mut Tx) -> Result<(), StoreError> {
    if let Tx::Postgres(inner) = tx {
        sqlx::query("ANALYZE deliveries")
            .execute(&mut **inner)
            .await?;
    }
    Ok(())
}

/// Skips what is still to go out to a subscription that was left, also where it is claimed and its
/// mail is not begun: the claimer finds out when it puts the mail down as begun.
pub async fn skip_open(tx: &mut Tx, id: SubscriptionId) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET state = 'skipped', reason = 'unsubscribed'
         WHERE subscription_id = $1 AND state IN ('pending', 'deferred')
            AND id NOT IN (SELECT delivery_id FROM begun)"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows)
}

/// Skips up to `limit` of what waits of a cancelled issue; what is on the line comes to its own end.
pub async fn skip_cancelled(tx: &mut Tx, issue: IssueId, limit: i64) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET state = 'skipped', reason = 'cancelled'
         WHERE id IN (SELECT d.id FROM deliveries d
            WHERE d.issue_id = $1 AND d.state IN ('pending', 'deferred')
                AND d.id NOT IN (SELECT delivery_id FROM begun) LIMIT $2)"
    )
    .bind(issue.0)
    .bind(limit)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows)
}

/// Puts failed deliveries of an issue back to pending, with a first attempt of their own; with
/// `unknown` also those whose outcome was lost.
pub async fn retry_failed(
    tx: &mut Tx,
    issue: IssueId,
    unknown: bool,
    now: Time,
) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET state = 'pending', reason = NULL, first_attempt_at = NULL,
            next_attempt_at = $3,
            repeats = repeats + CASE WHEN state = 'unknown' THEN 1 ELSE 0 END
         WHERE issue_id = $1 AND state IN ('failed', 'skipped', 'unknown')
            AND (state = 'failed' OR (state = 'unknown' AND $2 = 1))"
    )
    .bind(issue.0)
    .bind(i64::from(unknown))
    .bind(micros(now))
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows)
}

/// Takes that back, for issues that are still going out.
pub async fn unskip(tx: &mut Tx, id: SubscriptionId) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET state = 'pending', reason = NULL
         WHERE subscription_id = $1 AND state = 'skipped' AND reason = 'unsubscribed'
            AND issue_id IN (SELECT i.id FROM issues i WHERE i.state IN ('sending', 'paused'))"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows)
}

/// Whether the outcome of any delivery of an issue is open.
pub async fn any_open(tx: &mut Tx, issue: IssueId) -> Result<bool, StoreError> {
    let found: Option<i64> = on!(tx, |conn| {
        sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE issue_id = $1 AND state IN ('pending', 'deferred') LIMIT 1"
    )
    .bind(issue.0)
    .fetch_optional(conn)
    .await
    })?;
    Ok(found.is_some())
}

/// Whether anything of an issue is due now that no other node has claimed and that is not on the
/// line.
pub async fn any_due(
    tx: &mut Tx,
    issue: IssueId,
    node: &str,
    now: Time,
) -> Result<bool, StoreError> {
    let found: Option<i64> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE issue_id = $1 AND state IN ('pending', 'deferred')
            AND next_attempt_at <= $2
            AND id NOT IN (SELECT delivery_id FROM claimed WHERE node <> $3)
            AND id NOT IN (SELECT delivery_id FROM begun)
         ORDER BY next_attempt_at, id LIMIT 1"
    )
    .bind(issue.0)
    .bind(micros(now))
    .bind(node)
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}
