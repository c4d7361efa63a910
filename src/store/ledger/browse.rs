//! The ledger a page at a time, also where it has a million rows. What was sent is in no index of
//! `deliveries`: it is found from the readers, in the order of their subscriptions. What was not is found
//! in the indices that have it, and an address by its beginning.
//!
//! Of a large publication few readers may be in the ledger of a small digest: no more of them are looked
//! through for a page than takes a moment, so that a page may be short and yet have a next one.

use sqlx::FromRow;
use uuid::Uuid;

use super::{Line, Row, line};
use crate::domain::delivery::DeliveryState;
use crate::domain::ids::{DeliveryId, PublicationId, SubscriptionId};
use crate::domain::issue::Issue;
use crate::store::subscribers::past_start;
use crate::store::{StoreError, Tx, on};

/// Readers that are looked through at a time, for each line of a page.
const STRIDE: i64 = 50;
/// How often, for one page.
const MOST_STRIDES: u32 = 5;

/// Which lines to read.
#[derive(Debug, Clone, Default)]
pub struct Browse {
    pub state: Option<DeliveryState>,
    /// The beginning of the address, in lower case; empty for any.
    pub address: String,
    /// Where the last page ended, as it was given; empty for the first page, as is what was not given.
    pub after: String,
}

impl Browse {
    fn word(&self) -> &'static str {
        self.state.map_or("", DeliveryState::as_str)
    }
}

#[derive(FromRow)]
struct Found {
    #[sqlx(flatten)]
    row: Row,
    email_key: String,
    due_at: i64,
}

/// In which order lines are found, and so what a place in it is.
#[derive(Clone, Copy)]
enum Order {
    /// By subscription.
    Readers,
    /// By address.
    Addresses,
    /// By when they are due, and then by row.
    Due,
    /// By row.
    Rows,
}

impl Order {
    fn of(wanted: &Browse) -> Self {
        match wanted.state {
            _ if !wanted.address.is_empty() => Self::Addresses,
            None | Some(DeliveryState::Sent) => Self::Readers,
            Some(DeliveryState::Pending | DeliveryState::Sending | DeliveryState::Deferred) => {
                Self::Due
            }
            Some(DeliveryState::Failed | DeliveryState::Skipped | DeliveryState::Unknown) => {
                Self::Rows
            }
        }
    }

    /// The place of a line.
    fn place(self, found: &Found) -> String {
        match self {
            Self::Readers => found.row.subscription_id.to_string(),
            Self::Addresses => found.email_key.clone(),
            Self::Due => format!("{}_{}", found.due_at, found.row.id),
            Self::Rows => found.row.id.to_string(),
        }
    }
}

macro_rules! lines {
    ($rest:expr) => {
        concat!(
            "SELECT l.* FROM (SELECT d.id, d.subscription_id, r.email, d.reason, d.attempts, d.repeats,
                d.reply_code, d.reply_text, d.relay, d.first_attempt_at, d.next_attempt_at, d.sent_at,
                r.email_key, d.next_attempt_at AS due_at,
                CASE WHEN d.state IN ('pending', 'deferred')
                        AND d.id IN (SELECT delivery_id FROM claimed)
                    THEN 'sending' ELSE d.state END AS state ",
            $rest
        )
    };
}

/// A page of the ledger, and where it ended where there may be more.
pub async fn browse(
    tx: &mut Tx,
    issue: &Issue,
    wanted: &Browse,
    limit: i64,
) -> Result<(Vec<Line>, Option<String>), StoreError> {
    let order = Order::of(wanted);
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut found, mut end) = match order {
        Order::Readers | Order::Addresses => in_strides(tx, issue, wanted, order, limit).await?,
        Order::Due => (due(tx, issue, wanted, limit + 1).await?, None),
        Order::Rows => (rows(tx, issue, wanted, limit + 1).await?, None),
    };
    if found.len() > size {
        found.truncate(size);
        end = found.last().map(|last| order.place(last));
    }
    let lines: Result<Vec<Line>, _> = found.into_iter().map(|found| line(found.row)).collect();
    Ok((lines?, end))
}

/// Looks through readers until there are more lines than a page has, or enough were looked through; with
/// how far, where some are left.
async fn in_strides(
    tx: &mut Tx,
    issue: &Issue,
    wanted: &Browse,
    order: Order,
    limit: i64,
) -> Result<(Vec<Found>, Option<String>), StoreError> {
    let mut found = Vec::new();
    let mut stride = wanted.clone();
    for _ in 0..MOST_STRIDES {
        let had = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let more = limit + 1 - had;
        let end = match order {
            Order::Addresses => {
                let end = address_at(tx, &stride, limit * STRIDE).await?;
                found.extend(of_addresses(tx, issue, &stride, end.as_deref(), more).await?);
                end
            }
            _ => {
                let end = reader_at(tx, issue, &stride, limit * STRIDE).await?;
                found.extend(of_readers(tx, issue, &stride, end, more).await?);
                end.map(|id| id.to_string())
            }
        };
        let Some(end) = end.filter(|_| i64::try_from(found.len()).is_ok_and(|n| n <= limit)) else {
            return Ok((found, None));
        };
        stride.after = end;
    }
    Ok((found, Some(stride.after)))
}

/// The last reader of a stride of so many; `None` where no more are left.
async fn reader_at(
    tx: &mut Tx,
    issue: &Issue,
    stride: &Browse,
    readers: i64,
) -> Result<Option<SubscriptionId>, StoreError> {
    let id: Option<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM subscriptions WHERE publication_id = $1 AND id > $2
         ORDER BY id LIMIT 1 OFFSET $3"
    )
    .bind(issue.publication.0)
    .bind(subscription(&stride.after))
    .bind(readers - 1)
    .fetch_optional(conn)
    .await)?;
    Ok(id.map(SubscriptionId))
}

async fn of_readers(
    tx: &mut Tx,
    issue: &Issue,
    stride: &Browse,
    end: Option<SubscriptionId>,
    limit: i64,
) -> Result<Vec<Found>, StoreError> {
    let PublicationId(publication) = issue.publication;
    Ok(on!(tx, |conn| sqlx::query_as(lines!(
        "FROM subscriptions s
             JOIN deliveries d ON d.subscription_id = s.id AND d.issue_id = $1
             JOIN subscribers r ON r.id = s.subscriber_id
             WHERE s.publication_id = $2 AND s.id > $3 AND s.id <= $4 AND ($5 = '' OR d.state = $5)
             ORDER BY s.id LIMIT $6) l ORDER BY l.subscription_id"
    ))
    .bind(issue.id.0)
    .bind(publication)
    .bind(subscription(&stride.after))
    .bind(end.map_or(Uuid::max(), |end| end.0))
    .bind(stride.word())
    .bind(limit)
    .fetch_all(conn)
    .await)?)
}

fn subscription(place: &str) -> Uuid {
    let id: Result<SubscriptionId, _> = place.parse();
    id.map_or(Uuid::nil(), |id| id.0)
}

/// The last address of a stride of so many; `None` where no more are left.
async fn address_at(
    tx: &mut Tx,
    stride: &Browse,
    readers: i64,
) -> Result<Option<String>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(
        "SELECT email_key FROM subscribers
         WHERE email_key >= $1 AND email_key < $2 AND email_key > $3
         ORDER BY email_key LIMIT 1 OFFSET $4"
    )
    .bind(&stride.address)
    .bind(past_start(&stride.address))
    .bind(&stride.after)
    .bind(readers - 1)
    .fetch_optional(conn)
    .await)?)
}

async fn of_addresses(
    tx: &mut Tx,
    issue: &Issue,
    stride: &Browse,
    end: Option<&str>,
    limit: i64,
) -> Result<Vec<Found>, StoreError> {
    let past = past_start(&stride.address);
    // SQLite follows a CROSS JOIN in its order, and would else begin with all subscriptions.
    Ok(on!(tx, |conn| sqlx::query_as(lines!(
        "FROM subscribers r CROSS JOIN subscriptions s CROSS JOIN deliveries d
             WHERE r.email_key >= $3 AND r.email_key <= $4 AND r.email_key > $5
                AND s.subscriber_id = r.id AND s.publication_id = $2
                AND d.subscription_id = s.id AND d.issue_id = $1) l
             WHERE $6 = '' OR l.state = $6 ORDER BY l.email_key LIMIT $7"
    ))
    .bind(issue.id.0)
    .bind(issue.publication.0)
    .bind(&stride.address)
    .bind(end.unwrap_or(&past))
    .bind(&stride.after)
    .bind(stride.word())
    .bind(limit)
    .fetch_all(conn)
    .await)?)
}

/// What has not ended, in the order in which it is due.
async fn due(
    tx: &mut Tx,
    issue: &Issue,
    wanted: &Browse,
    limit: i64,
) -> Result<Vec<Found>, StoreError> {
    let (due_at, after) = wanted.after.split_once('_').unwrap_or_default();
    let DeliveryId(after) = DeliveryId(after.parse().unwrap_or_default());
    let due_at: i64 = due_at.parse().unwrap_or(i64::MIN);
    // The condition of the index stands in the text, for it to be used.
    Ok(on!(tx, |conn| sqlx::query_as(lines!(
        "FROM deliveries d
             JOIN subscriptions s ON s.id = d.subscription_id
             JOIN subscribers r ON r.id = s.subscriber_id
             WHERE d.issue_id = $1 AND d.state IN ('pending', 'deferred')
                AND (d.next_attempt_at, d.id) > ($2, $3)) l
             WHERE l.state = $4 ORDER BY l.due_at, l.id LIMIT $5"
    ))
    .bind(issue.id.0)
    .bind(due_at)
    .bind(after)
    .bind(wanted.word())
    .bind(limit)
    .fetch_all(conn)
    .await)?)
}

/// What has ended without being sent.
async fn rows(
    tx: &mut Tx,
    issue: &Issue,
    wanted: &Browse,
    limit: i64,
) -> Result<Vec<Found>, StoreError> {
    let DeliveryId(after) = DeliveryId(wanted.after.parse().unwrap_or_default());
    Ok(on!(tx, |conn| sqlx::query_as(lines!(
        "FROM deliveries d
             JOIN subscriptions s ON s.id = d.subscription_id
             JOIN subscribers r ON r.id = s.subscriber_id
             WHERE d.issue_id = $1 AND d.state IN ('failed', 'skipped', 'unknown')
                AND d.state = $2 AND d.id > $3 ORDER BY d.id LIMIT $4) l ORDER BY l.id"
    ))
    .bind(issue.id.0)
    .bind(wanted.word())
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await)?)
}
