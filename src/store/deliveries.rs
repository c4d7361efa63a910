//! The ledger: a row for each issue and reader. How the engine works on it is in `claims`.

use sqlx::FromRow;
use uuid::Uuid;

use super::lists::{Texts, json};
use super::{StoreError, Tx, micros, on};
use crate::domain::clock::Time;
use crate::domain::ids::{DeliveryId, IssueId, PublicationId, SubscriberId, SubscriptionId};
use crate::domain::slug::Slug;

mod audience;

pub use audience::any_reader;

/// The readers of a digest, and a part of them in the order of their subscriptions.
#[derive(Debug, Clone)]
pub struct Audience {
    pub publication: PublicationId,
    pub digest: Slug,
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

/// A statement about the subscriptions `s` of an audience: `$1` is its publication, `$2` and `$3`
/// where the part begins and ends, `$4` the digest and `$5` whether it is the first. Only where several
/// digests were chosen is the list searched: that is dear over a million rows.
macro_rules! of_audience {
    ($head:literal, $tail:literal) => {
        concat!(
            $head,
            " WHERE s.publication_id = $1 AND s.state = 'confirmed' AND s.id > $2 AND s.id <= $3
                AND (s.digest_key = $4 OR ($5 = 1 AND s.digest_key = '')
                    OR (s.digest_key LIKE '%,%'
                        AND (',' || s.digest_key || ',') LIKE ('%,' || $4 || ',%'))) ",
            $tail
        )
    };
}
pub(super) use of_audience;

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

/// Not kept, a statement is planned for the values at hand. PostgreSQL's plan for any publication is one for a
/// large one, and would read all readers for the twenty of a small one beside it. Its setting
/// `plan_cache_mode` is no way: it has the checks of foreign keys planned anew for each row.
const KEEPS_PLAN: bool = false;

/// The choices that a part of the audience made.
pub async fn audience_choices(tx: &mut Tx, audience: &Audience) -> Result<Vec<Choice>, StoreError> {
    let found = on!(tx, |conn| sqlx::query_as(of_audience!(
        "SELECT DISTINCT s.topic_key, COALESCE(s.language, '') AS language
             FROM subscriptions s",
        "ORDER BY topic_key, language"
    ))
    .persistent(KEEPS_PLAN)
    .bind(audience.publication.0)
    .bind(audience.after.0)
    .bind(audience.last())
    .bind(audience.digest.as_str())
    .bind(i64::from(audience.is_first))
    .fetch_all(conn)
    .await)?;
    Ok(found)
}

/// Fills the ledger of an issue for a part of its audience in one statement: a row for each
/// confirmed reader, due with their wave where there are waves; skipped with its reason where the
/// reader's choice has no edition, the wave is missed, the reader takes a pause or the address is
/// suppressed. Returns the number of rows.
pub async fn fill(
    tx: &mut Tx,
    issue: IssueId,
    audience: &Audience,
    due_at: Time,
) -> Result<u64, StoreError> {
    let rows = on!(&mut *tx, |conn| {
        sqlx::query(of_audience!(
            "INSERT INTO deliveries (issue_id, subscription_id, edition_id, state, reason,
                    next_attempt_at)
                 SELECT $6, s.id, c.edition_id,
                    CASE WHEN c.edition_id IS NULL OR r.suppressed_at IS NOT NULL
                        OR w.reason IS NOT NULL OR s.paused_until > COALESCE(w.due_at, $7)
                        THEN 'skipped' ELSE 'pending' END,
                    CASE WHEN r.suppressed_at IS NOT NULL THEN 'suppressed'
                        WHEN s.paused_until > COALESCE(w.due_at, $7) THEN 'paused' ELSE COALESCE(c.reason, w.reason) END,
                    COALESCE(w.due_at, $7)
                 FROM subscriptions s
                 JOIN subscribers r ON r.id = s.subscriber_id
                 LEFT JOIN edition_choices c ON c.issue_id = $6 AND c.topic_key = s.topic_key
                    AND c.language = COALESCE(s.language, '')
                 LEFT JOIN issue_waves w ON w.issue_id = $6
                    AND w.timezone = COALESCE(s.timezone, '')",
            "ORDER BY s.id ON CONFLICT (subscription_id, issue_id) DO NOTHING"
        ))
        .persistent(KEEPS_PLAN)
        .bind(audience.publication.0)
        .bind(audience.after.0)
        .bind(audience.last())
        .bind(audience.digest.as_str())
        .bind(i64::from(audience.is_first))
        .bind(issue.0)
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

/// From how many rows on a ledger changes what PostgreSQL has to know of all of them.
const MANY: i64 = 1000;

/// Lets PostgreSQL see the size of a freshly filled ledger; without it, each claim is planned as a
/// scan of all rows. Nothing to do for a short one, nor on SQLite.
pub async fn analyse(tx: &mut Tx, issue: IssueId) -> Result<(), StoreError> {
    if let Tx::Postgres(inner) = tx {
        let sql = "SELECT recipients FROM issues WHERE id = $1";
        let rows: Option<i64> = sqlx::query_scalar(sql)
            .bind(issue.0)
            .fetch_optional(&mut **inner)
            .await?;
        if rows.unwrap_or_default() < MANY {
            return Ok(());
        }
        sqlx::query("ANALYZE deliveries")
            .execute(&mut **inner)
            .await?;
    }
    Ok(())
}

/// Whether an issue's ledger has a row for a subscription.
pub async fn is_listed(
    tx: &mut Tx,
    issue: IssueId,
    subscription: SubscriptionId,
) -> Result<bool, StoreError> {
    let found: Option<i64> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE subscription_id = $1 AND issue_id = $2"
    )
    .bind(subscription.0)
    .bind(issue.0)
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
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
    unskip_for(tx, id, "unsubscribed").await
}

/// Skips what is still to go out before a pause ends.
pub async fn skip_paused(tx: &mut Tx, id: SubscriptionId, until: Time) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET state = 'skipped', reason = 'paused'
         WHERE subscription_id = $1 AND state IN ('pending', 'deferred') AND next_attempt_at < $2
            AND id NOT IN (SELECT delivery_id FROM begun)"
    )
    .bind(id.0)
    .bind(micros(until))
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows)
}

/// Has that sent after all, for issues that are still going out.
pub async fn unskip_paused(tx: &mut Tx, id: SubscriptionId) -> Result<u64, StoreError> {
    unskip_for(tx, id, "paused").await
}

async fn unskip_for(tx: &mut Tx, id: SubscriptionId, reason: &str) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET state = 'pending', reason = NULL
         WHERE subscription_id = $1 AND state = 'skipped' AND reason = $2
            AND edition_id IS NOT NULL
            AND issue_id IN (SELECT i.id FROM issues i WHERE i.state IN ('sending', 'paused'))"
    )
    .bind(id.0)
    .bind(reason)
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
/// line; nothing is while sending is held.
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
            AND NOT EXISTS (SELECT 1 FROM sending_holds)
         ORDER BY next_attempt_at, id LIMIT 1"
    )
    .bind(issue.0)
    .bind(micros(now))
    .bind(node)
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}

/// Whose delivery it is, and of which issue.
#[derive(Debug, Clone)]
pub struct Whose {
    pub id: DeliveryId,
    pub issue: IssueId,
    pub publication: PublicationId,
    pub publication_slug: String,
    pub subscription: SubscriptionId,
    pub subscriber: SubscriberId,
}

const WHOSE: Texts = Texts {
    sqlite: "SELECT d.id, d.issue_id, p.id, p.slug, s.id, s.subscriber_id
        FROM json_each($1) AS j CROSS JOIN deliveries d ON d.id = j.value
        JOIN subscriptions s ON s.id = d.subscription_id
        JOIN publications p ON p.id = s.publication_id WHERE d.state = 'failed'",
    postgres: "SELECT d.id, d.issue_id, p.id, p.slug, s.id, s.subscriber_id
        FROM json_array_elements_text($1::json) AS j (value)
        JOIN deliveries d ON d.id = CAST(j.value AS bigint)
        JOIN subscriptions s ON s.id = d.subscription_id
        JOIN publications p ON p.id = s.publication_id WHERE d.state = 'failed'",
};

/// Whose deliveries these are, of those that have failed.
pub async fn whose(tx: &mut Tx, ids: &[DeliveryId]) -> Result<Vec<Whose>, StoreError> {
    let statement = WHOSE.on(tx);
    let rows: Vec<(i64, Uuid, Uuid, String, Uuid, Uuid)> =
        on!(tx, |conn| sqlx::query_as(statement)
            .bind(json(ids)?)
            .fetch_all(conn)
            .await)?;
    let whose = |row: (i64, Uuid, Uuid, String, Uuid, Uuid)| Whose {
        id: DeliveryId(row.0),
        issue: IssueId(row.1),
        publication: PublicationId(row.2),
        publication_slug: row.3,
        subscription: SubscriptionId(row.4),
        subscriber: SubscriberId(row.5),
    };
    Ok(rows.into_iter().map(whose).collect())
}
