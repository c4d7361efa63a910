//! What came back about mails, and whose they were.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read, unsigned};
use crate::domain::bounce::{Reason, ReportKind};
use crate::domain::bounced::{BounceSource, is_about_mailbox};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{
    BounceId, DeliveryId, IssueId, NoticeId, PublicationId, SubscriberId, SubscriptionId,
};

mod refusals;
mod sums;

pub use refusals::{Refused, looked_through, refused, unlooked};
pub use sums::{Counts, Day, Rate, by_day, by_domain, counts, rates, reasons};

/// Whose mail a report is about.
#[derive(Debug, Clone)]
pub struct About {
    pub publication: PublicationId,
    pub subscription: SubscriptionId,
    pub subscriber: SubscriberId,
    /// Of the subscriber now.
    pub email: EmailAddress,
    /// The mail, where it was one of an issue.
    pub delivery: Option<DeliveryId>,
    pub issue: Option<IssueId>,
    /// When the mail went out, where that is known.
    pub sent_at: Option<Time>,
    /// Of who was erased, or is somebody else by now, nothing is left to act on.
    pub is_gone: bool,
}

#[derive(FromRow)]
struct AboutRow {
    publication_id: Uuid,
    subscription_id: Uuid,
    subscriber_id: Uuid,
    email: String,
    is_gone: bool,
    delivery_id: Option<i64>,
    issue_id: Option<Uuid>,
    sent_at: Option<i64>,
}

impl TryFrom<AboutRow> for About {
    type Error = StoreError;

    fn try_from(row: AboutRow) -> Result<Self, StoreError> {
        let id = row.subscriber_id;
        Ok(Self {
            publication: PublicationId(row.publication_id),
            subscription: SubscriptionId(row.subscription_id),
            subscriber: SubscriberId(id),
            email: read("subscribers", "email", id, &row.email)?,
            delivery: row.delivery_id.map(DeliveryId),
            issue: row.issue_id.map(IssueId),
            sent_at: row.sent_at.map(super::moment),
            is_gone: row.is_gone,
        })
    }
}

/// The statement for [`About`] with the tables between its rows and where it begins.
macro_rules! about {
    ($mail:literal, $from:literal) => {
        concat!(
            "SELECT s.publication_id, s.id AS subscription_id, r.id AS subscriber_id, r.email,
                (r.erased_at IS NOT NULL OR r.merged_into IS NOT NULL) AS is_gone, ",
            $mail,
            " FROM ",
            $from
        )
    };
}

async fn about(
    tx: &mut Tx,
    statement: &'static str,
    id: Uuid,
) -> Result<Option<About>, StoreError> {
    let row: Option<AboutRow> = on!(tx, |conn| sqlx::query_as(statement)
        .bind(id)
        .fetch_optional(conn)
        .await)?;
    row.map(About::try_from).transpose()
}

/// Whose mail of an issue it is.
pub async fn about_delivery(tx: &mut Tx, id: DeliveryId) -> Result<Option<About>, StoreError> {
    let row: Option<AboutRow> = on!(tx, |conn| sqlx::query_as(about!(
        "d.id AS delivery_id, d.issue_id, COALESCE(d.sent_at, d.first_attempt_at) AS sent_at",
        "deliveries d JOIN subscriptions s ON s.id = d.subscription_id
            JOIN subscribers r ON r.id = s.subscriber_id WHERE d.id = $1"
    ))
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(About::try_from).transpose()
}

/// Whose place in a publication it is.
pub async fn about_subscription(
    tx: &mut Tx,
    id: SubscriptionId,
) -> Result<Option<About>, StoreError> {
    const STATEMENT: &str = about!(
        "CAST(NULL AS BIGINT) AS delivery_id, CAST(NULL AS UUID) AS issue_id, CAST(NULL AS BIGINT) AS sent_at",
        "subscriptions s JOIN subscribers r ON r.id = s.subscriber_id WHERE s.id = $1"
    );
    about(tx, STATEMENT, id.0).await
}

/// Whose notice it is; `None` for one that goes to operators.
pub async fn about_notice(tx: &mut Tx, id: NoticeId) -> Result<Option<About>, StoreError> {
    const STATEMENT: &str = about!(
        "CAST(NULL AS BIGINT) AS delivery_id, CAST(NULL AS UUID) AS issue_id, CAST(NULL AS BIGINT) AS sent_at",
        "notices n LEFT JOIN sign_ups u ON u.id = n.sign_up_id
            LEFT JOIN fresh_links f ON f.id = n.link_id
            JOIN subscriptions s ON s.id = COALESCE(u.subscription_id, f.subscription_id)
            JOIN subscribers r ON r.id = s.subscriber_id WHERE n.id = $1"
    );
    about(tx, STATEMENT, id.0).await
}

/// One report about one mail.
#[derive(Debug, Clone)]
pub struct Bounce {
    pub id: BounceId,
    /// Made from what it says.
    pub key: Vec<u8>,
    pub kind: ReportKind,
    pub reason: Reason,
    pub status: Option<String>,
    pub diagnostic: Option<String>,
    pub source: BounceSource,
    pub received_at: Time,
}

/// Keeps a report; false where it is there already.
pub async fn insert(tx: &mut Tx, bounce: &Bounce, about: &About) -> Result<bool, StoreError> {
    let added = on!(tx, |conn| {
        sqlx::query(
        "INSERT INTO bounces (id, report_key, kind, reason, about_mailbox, status, diagnostic, source,
            publication_id, subscription_id, subscriber_id, delivery_id, issue_id, domain, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (report_key) DO NOTHING"
    )
    .bind(bounce.id.0)
    .bind(&bounce.key)
    .bind(bounce.kind.as_str())
    .bind(bounce.reason.as_str())
    .bind(is_about_mailbox(bounce.reason))
    .bind(&bounce.status)
    .bind(&bounce.diagnostic)
    .bind(bounce.source.as_str())
    .bind(about.publication.0)
    .bind(about.subscription.0)
    .bind(about.subscriber.0)
    .bind(about.delivery.map(|id| id.0))
    .bind(about.issue.map(|id| id.0))
    .bind(about.email.domain())
    .bind(bounce.received_at)
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(added > 0)
}

/// How many mails to a subscriber have bounced softly since a time, for a reason of their mailbox.
pub async fn soft_mails(
    tx: &mut Tx,
    subscriber: SubscriberId,
    since: Time,
) -> Result<u32, StoreError> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(
        "SELECT COUNT(DISTINCT delivery_id) FROM bounces
         WHERE subscriber_id = $1 AND received_at > $2 AND kind = 'soft' AND about_mailbox = $3"
    )
    .bind(subscriber.0)
    .bind(since)
    .bind(true)
    .fetch_one(conn)
    .await)?;
    Ok(unsigned(count))
}

/// A report as it is shown.
#[derive(Debug, Clone)]
pub struct Known {
    pub kind: ReportKind,
    pub reason: Reason,
    pub status: Option<String>,
    pub diagnostic: Option<String>,
    pub source: BounceSource,
    pub delivery: Option<DeliveryId>,
    pub issue: Option<IssueId>,
    pub received_at: Time,
}

#[derive(FromRow)]
struct KnownRow {
    id: Uuid,
    kind: String,
    reason: String,
    status: Option<String>,
    diagnostic: Option<String>,
    source: String,
    delivery_id: Option<i64>,
    issue_id: Option<Uuid>,
    received_at: Time,
}

impl TryFrom<KnownRow> for Known {
    type Error = StoreError;

    fn try_from(row: KnownRow) -> Result<Self, StoreError> {
        Ok(Self {
            kind: read("bounces", "kind", row.id, &row.kind)?,
            reason: read("bounces", "reason", row.id, &row.reason)?,
            status: row.status,
            diagnostic: row.diagnostic,
            source: read("bounces", "source", row.id, &row.source)?,
            delivery: row.delivery_id.map(DeliveryId),
            issue: row.issue_id.map(IssueId),
            received_at: row.received_at,
        })
    }
}

/// All that came back of a subscription's mails, the oldest first.
pub async fn of_subscription(tx: &mut Tx, id: SubscriptionId) -> Result<Vec<Known>, StoreError> {
    let rows: Vec<KnownRow> = on!(tx, |conn| {
        sqlx::query_as(
        "SELECT id, kind, reason, status, diagnostic, source, delivery_id, issue_id, received_at
         FROM bounces WHERE subscription_id = $1 ORDER BY received_at, id"
    )
    .bind(id.0)
    .fetch_all(conn)
    .await
    })?;
    rows.into_iter().map(Known::try_from).collect()
}
