//! The ledger as the delivery engine writes it: fill, claim, begin, record, release.

use sqlx::FromRow;
use uuid::Uuid;

use super::nodes::alive_since;
use super::{StoreError, Tx, on, postgres, read, sqlite, unsigned};
use crate::domain::clock::Time;
use crate::domain::delivery::{DeliveryState, OnUnknown, Reply};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DeliveryId, DigestId, EditionId, IssueId, SubscriptionId};

/// Who works on a delivery: a process and one of its connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimer {
    pub node: String,
    pub lane: i64,
}

/// A claimed delivery with all that is needed to send it.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub id: DeliveryId,
    pub subscription: SubscriptionId,
    pub edition: EditionId,
    pub email: EmailAddress,
    pub name: Option<String>,
    pub confirmed_at: Option<Time>,
    pub source: Option<String>,
    pub attempts: u32,
    pub first_attempt_at: Option<Time>,
}

/// The topic choices that the audience of a digest made.
pub async fn audience_choices(
    tx: &mut Tx,
    digest: DigestId,
    is_first: bool,
) -> Result<Vec<String>, StoreError> {
    let keys = on!(tx, |conn| sqlx::query_scalar(
        "SELECT DISTINCT s.topic_key FROM subscriptions s
         JOIN digests d ON d.id = $1 AND d.publication_id = s.publication_id
         WHERE s.state = 'confirmed' AND (s.digest_id = $1 OR ($2 = 1 AND s.digest_id IS NULL))
         ORDER BY s.topic_key"
    )
    .bind(digest.0)
    .bind(i64::from(is_first))
    .fetch_all(conn)
    .await)?;
    Ok(keys)
}

/// Fills the ledger of an issue in one statement: a row for each confirmed reader of the digest,
/// skipped with its reason where the reader's topics have no article. Returns the number of rows.
pub async fn fill(
    tx: &mut Tx,
    issue: IssueId,
    digest: DigestId,
    is_first: bool,
    planned_at: Time,
) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| {
        sqlx::query(
        "INSERT INTO deliveries (issue_id, subscription_id, edition_id, state, reason, next_attempt_at)
         SELECT i.id, s.id, e.id,
            CASE WHEN e.id IS NULL THEN 'skipped' ELSE 'pending' END,
            CASE WHEN e.id IS NULL THEN 'no new article in the chosen topics' END,
            $4
         FROM issues i
         JOIN subscriptions s ON s.publication_id = i.publication_id
         LEFT JOIN editions e ON e.issue_id = i.id AND e.topic_key = s.topic_key
         WHERE i.id = $1 AND s.state = 'confirmed'
            AND (s.digest_id = $2 OR ($3 = 1 AND s.digest_id IS NULL))
         ORDER BY s.id
         ON CONFLICT (subscription_id, issue_id) DO NOTHING"
    )
    .bind(issue.0)
    .bind(digest.0)
    .bind(i64::from(is_first))
    .bind(planned_at)
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(rows)
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

#[derive(FromRow)]
struct ClaimedRow {
    id: i64,
    subscription_id: Uuid,
    edition_id: Uuid,
    email: String,
    name: Option<String>,
    confirmed_at: Option<Time>,
    source: Option<String>,
    attempts: i64,
    first_attempt_at: Option<Time>,
}

/// Claims up to `limit` due deliveries of an issue for a lane that holds none. Readers who left
/// meanwhile are skipped here, so that leaving works in the middle of a send.
pub async fn claim(
    tx: &mut Tx,
    issue: IssueId,
    claimer: &Claimer,
    now: Time,
    limit: i64,
) -> Result<Vec<Claimed>, StoreError> {
    let statement = match tx {
        Tx::Sqlite(_) => sqlite::CLAIM_DELIVERIES,
        Tx::Postgres(_) => postgres::CLAIM_DELIVERIES,
    };
    on!(&mut *tx, |conn| sqlx::query(statement)
        .bind(issue.0)
        .bind(now)
        .bind(limit)
        .bind(&claimer.node)
        .bind(claimer.lane)
        .execute(conn)
        .await
        .map(drop))?;
    on!(&mut *tx, |conn| {
        sqlx::query(
        "UPDATE deliveries SET state = 'skipped', reason = 'unsubscribed', claimed_by = NULL, lane = NULL
         WHERE claimed_by = $1 AND lane = $2 AND state = 'sending'
            AND subscription_id IN (SELECT s.id FROM subscriptions s
                WHERE s.id = deliveries.subscription_id AND s.state <> 'confirmed')"
    )
    .bind(&claimer.node)
    .bind(claimer.lane)
    .execute(conn)
    .await
    .map(drop)
    })?;
    let rows = on!(tx, |conn| {
        sqlx::query_as::<_, ClaimedRow>(
        "SELECT d.id, d.subscription_id, d.edition_id, r.email, r.name, s.confirmed_at, s.source,
            d.attempts, d.first_attempt_at
         FROM deliveries d
         JOIN subscriptions s ON s.id = d.subscription_id
         JOIN subscribers r ON r.id = s.subscriber_id
         WHERE d.claimed_by = $1 AND d.lane = $2 AND d.state = 'sending' AND d.begun_at IS NULL
         ORDER BY d.id"
    )
    .bind(&claimer.node)
    .bind(claimer.lane)
    .fetch_all(conn)
    .await
    })?;
    rows.into_iter().map(claimed).collect()
}

fn claimed(row: ClaimedRow) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        id: DeliveryId(row.id),
        subscription: SubscriptionId(row.subscription_id),
        edition: EditionId(row.edition_id),
        email: read("subscribers", "email", row.id, &row.email)?,
        name: row.name,
        confirmed_at: row.confirmed_at,
        source: row.source,
        attempts: unsigned(row.attempts),
        first_attempt_at: row.first_attempt_at,
    })
}

/// Marks a claimed delivery as begun, the last step before its mail goes over the line. False
/// where the claim is no longer ours or the reader left: then nothing may be sent.
pub async fn begin(
    tx: &mut Tx,
    id: DeliveryId,
    claimer: &Claimer,
    now: Time,
) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET begun_at = $4, attempts = attempts + 1,
            first_attempt_at = COALESCE(first_attempt_at, $4)
         WHERE id = $1 AND claimed_by = $2 AND lane = $3 AND state = 'sending' AND begun_at IS NULL
            AND EXISTS (SELECT 1 FROM subscriptions s
                WHERE s.id = deliveries.subscription_id AND s.state = 'confirmed')"
    )
    .bind(id.0)
    .bind(&claimer.node)
    .bind(claimer.lane)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// How an attempt ended, as the ledger keeps it.
#[derive(Debug, Clone)]
pub struct Record {
    pub id: DeliveryId,
    pub state: DeliveryState,
    pub reply: Option<Reply>,
    pub reason: Option<String>,
    pub next_attempt_at: Option<Time>,
    /// Whether the mail may go out a second time because its outcome was lost.
    pub repeated: bool,
}

/// Records how an attempt ended; nothing where the claim is no longer ours.
pub async fn record(
    tx: &mut Tx,
    record: &Record,
    claimer: &Claimer,
    now: Time,
) -> Result<(), StoreError> {
    let reply = record.reply.as_ref();
    let sent_at = (record.state == DeliveryState::Sent).then_some(now);
    on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET state = $4, reply_code = $5, reply_enhanced = $6, reply_text = $7,
            reason = $8, next_attempt_at = COALESCE($9, next_attempt_at), sent_at = $10,
            repeats = repeats + $11, claimed_by = NULL, lane = NULL, begun_at = NULL
         WHERE id = $1 AND claimed_by = $2 AND lane = $3 AND state = 'sending'"
    )
    .bind(record.id.0)
    .bind(&claimer.node)
    .bind(claimer.lane)
    .bind(record.state.as_str())
    .bind(reply.map(|r| i64::from(r.code)))
    .bind(reply.and_then(|r| r.enhanced.clone()))
    .bind(reply.map(|r| r.text.clone()))
    .bind(&record.reason)
    .bind(record.next_attempt_at)
    .bind(sent_at)
    .bind(i64::from(record.repeated))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Gives back what a lane claimed and did not begin.
pub async fn release(tx: &mut Tx, claimer: &Claimer) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET state = CASE WHEN attempts > 0 THEN 'deferred' ELSE 'pending' END,
            claimed_by = NULL, lane = NULL
         WHERE claimed_by = $1 AND lane = $2 AND state = 'sending' AND begun_at IS NULL"
    )
    .bind(&claimer.node)
    .bind(claimer.lane)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Frees what nodes that are gone had claimed: rows whose mail was never begun go back to
/// pending; for the others the outcome is unknown and `policy` decides. Returns both numbers.
pub async fn release_dead(
    tx: &mut Tx,
    policy: OnUnknown,
    now: Time,
) -> Result<(u64, u64), StoreError> {
    let alive = alive_since(now);
    let nodes: Vec<String> = on!(&mut *tx, |conn| sqlx::query_scalar(
        "SELECT DISTINCT claimed_by FROM deliveries
         WHERE state = 'sending' AND claimed_by NOT IN (SELECT name FROM nodes WHERE seen_at > $1)"
    )
    .bind(alive)
    .fetch_all(conn)
    .await)?;
    let mut sums = (0, 0);
    for node in nodes {
        let (idle, unknown) = release_node(tx, &node, policy, now).await?;
        sums = (sums.0 + idle, sums.1 + unknown);
    }
    Ok(sums)
}

/// Frees all that a node had claimed, in the same way.
pub async fn release_node(
    tx: &mut Tx,
    node: &str,
    policy: OnUnknown,
    now: Time,
) -> Result<(u64, u64), StoreError> {
    let idle = on!(&mut *tx, |conn| {
        sqlx::query(
        "UPDATE deliveries SET state = CASE WHEN attempts > 0 THEN 'deferred' ELSE 'pending' END,
            claimed_by = NULL, lane = NULL
         WHERE state = 'sending' AND begun_at IS NULL AND claimed_by = $1"
    )
    .bind(node)
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    let state = match policy {
        OnUnknown::Resend => DeliveryState::Pending,
        OnUnknown::Hold => DeliveryState::Unknown,
    };
    let unknown = on!(tx, |conn| {
        sqlx::query(
        "UPDATE deliveries SET state = $2, reason = 'the process stopped while the mail was on its way',
            repeats = repeats + $3, next_attempt_at = $4, claimed_by = NULL, lane = NULL, begun_at = NULL
         WHERE state = 'sending' AND begun_at IS NOT NULL AND claimed_by = $1"
    )
    .bind(node)
    .bind(state.as_str())
    .bind(i64::from(policy == OnUnknown::Resend))
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok((idle, unknown))
}

/// Whether a node holds any claim.
pub async fn any_held(tx: &mut Tx, node: &str) -> Result<bool, StoreError> {
    let found: Option<i64> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE state = 'sending' AND claimed_by = $1 LIMIT 1"
    )
    .bind(node)
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}

/// Skips what is still to go out to a subscription that was left.
pub async fn skip_open(tx: &mut Tx, id: SubscriptionId) -> Result<u64, StoreError> {
    let rows = on!(tx, |conn| sqlx::query(
        "UPDATE deliveries SET state = 'skipped', reason = 'unsubscribed'
         WHERE subscription_id = $1 AND state IN ('pending', 'deferred')"
    )
    .bind(id.0)
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
            AND issue_id IN (SELECT i.id FROM issues i WHERE i.state = 'sending')"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(rows)
}

/// Whether anything of an issue is due now.
pub async fn any_due(tx: &mut Tx, issue: IssueId, now: Time) -> Result<bool, StoreError> {
    let found: Option<i64> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE issue_id = $1 AND state IN ('pending', 'deferred')
            AND next_attempt_at <= $2 ORDER BY next_attempt_at, id LIMIT 1"
    )
    .bind(issue.0)
    .bind(now)
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}
