//! Looking through readers, a page at a time: in the order of their addresses where these are looked
//! for, else the newest first. A filter that few readers pass is not searched to the end: a page says
//! how far it has looked.

use std::time::{Duration, Instant};

use sqlx::FromRow;
use uuid::Uuid;

use super::past_start;
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::ids::{PublicationId, SubscriberId, SubscriptionId};
use crate::domain::publication::TopicChoice;
use crate::domain::slug::Slug;
use crate::domain::subscriber::ReaderState;
use crate::domain::subscription::SubscriptionState;
use crate::store::{StoreError, Tx, on, publications, read};

/// Which readers to list; what is not set does not narrow the list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// How the address begins, in lookup form.
    pub start: Option<String>,
    pub publication: Option<PublicationId>,
    pub state: Option<ReaderState>,
    /// Readers who get this topic of the publication, chosen by name or with all others.
    pub topic: Option<Slug>,
}

impl Filter {
    /// Whether the list is in the order of addresses.
    pub fn is_by_address(&self) -> bool {
        self.start.is_some() || self.state == Some(ReaderState::Suppressed)
    }

    fn topic(&self) -> &str {
        self.topic.as_ref().map_or("", Slug::as_str)
    }

    /// 0 where it does not matter, 1 for suppressed readers, 2 for all others.
    fn suppressed(&self) -> i64 {
        match self.state {
            None => 0,
            Some(ReaderState::Suppressed) => 1,
            Some(_) => 2,
        }
    }

    fn state(&self) -> Option<SubscriptionState> {
        self.state.and_then(ReaderState::subscription)
    }
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In lookup form; of no meaning where the order is not that of addresses.
    pub address: String,
    pub subscription: SubscriptionId,
}

/// How much is looked through for one page.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Rows at a time.
    pub block: i64,
    /// When no other block is begun.
    pub patience: Duration,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            block: 5_000,
            patience: Duration::from_millis(120),
        }
    }
}

/// A reader's place in a publication.
#[derive(Debug, Clone)]
pub struct Listed {
    pub subscriber: SubscriberId,
    pub subscription: SubscriptionId,
    pub publication: PublicationId,
    pub email: String,
    /// In lookup form.
    pub email_key: String,
    pub name: Option<String>,
    pub state: ReaderState,
    pub topics: TopicChoice,
    pub digests: DigestChoice,
    pub language: Option<String>,
    pub created_at: Time,
    pub confirmed_at: Option<Time>,
}

/// A page of readers.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub readers: Vec<Listed>,
    /// Where to go on; `None` at the end.
    pub next: Option<Place>,
}

#[derive(FromRow)]
struct Row {
    subscriber_id: Uuid,
    id: Uuid,
    publication_id: Uuid,
    email: String,
    email_key: String,
    name: Option<String>,
    suppressed_at: Option<Time>,
    state: String,
    topic_key: String,
    digest_key: String,
    language: Option<String>,
    created_at: Time,
    confirmed_at: Option<Time>,
}

impl TryFrom<Row> for Listed {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = read("subscriptions", "state", row.id, &row.state)?;
        Ok(Self {
            subscriber: SubscriberId(row.subscriber_id),
            subscription: SubscriptionId(row.id),
            publication: PublicationId(row.publication_id),
            email: row.email,
            email_key: row.email_key,
            name: row.name,
            state: ReaderState::of(state, row.suppressed_at.is_some()),
            topics: TopicChoice::from_key(&row.topic_key),
            digests: DigestChoice::from_key(&row.digest_key),
            language: row.language,
            created_at: row.created_at,
            confirmed_at: row.confirmed_at,
        })
    }
}

/// A statement for rows of a list: `$1` the topic, `$2` whether suppressed, `$3` how many. CROSS JOIN
/// keeps SQLite to the order of the tables.
macro_rules! listed {
    ($tables:expr, $range:literal) => {
        concat!(
            "SELECT s.subscriber_id, s.id, s.publication_id, r.email, r.email_key, r.name,
                r.suppressed_at, s.state, s.topic_key, s.digest_key, s.language, s.created_at,
                s.confirmed_at FROM ",
            $tables,
            " AND r.erased_at IS NULL AND r.merged_into IS NULL
                AND ($2 = 0 OR ($2 = 1) = (r.suppressed_at IS NOT NULL))
                AND ($1 = '' OR (s.state <> 'pending'
                    AND (s.topic_key = '' OR (',' || s.topic_key || ',') LIKE ('%,' || $1 || ',%')))) ",
            $range,
            " LIMIT $3"
        )
    };
}

/// A page of readers after a place.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<&Place>,
    limit: usize,
    effort: Effort,
) -> Result<Page, StoreError> {
    let began = Instant::now();
    let mut page = Page {
        readers: Vec::new(),
        next: after.cloned(),
    };
    loop {
        let wanted = limit - page.readers.len();
        let at = page.next.take();
        let block = if filter.is_by_address() {
            by_address(tx, filter, at, wanted, effort.block).await?
        } else {
            newest(tx, filter, at, wanted, effort.block).await?
        };
        page.readers.extend(block.readers);
        page.next = block.next;
        let is_full = page.readers.len() >= limit;
        if is_full || page.next.is_none() || began.elapsed() >= effort.patience {
            return Ok(page);
        }
    }
}

/// Cuts rows of which one more than wanted was asked for; else the block's end is where to go on.
fn cut(mut readers: Vec<Listed>, wanted: usize, end: Option<Place>) -> Page {
    if readers.len() <= wanted {
        return Page { readers, next: end };
    }
    readers.truncate(wanted);
    let place = |last: &Listed| Place {
        address: last.email_key.clone(),
        subscription: last.subscription,
    };
    let next = readers.last().map(place);
    Page { readers, next }
}

fn one_more(wanted: usize) -> i64 {
    i64::try_from(wanted.saturating_add(1)).unwrap_or(i64::MAX)
}

/// The rows of a range of addresses, from `$4` and the subscription `$6` on to `$5`. Of suppressed
/// readers there is an index of their own, which is found by its words.
macro_rules! in_range {
    ($also:literal) => {
        listed!(
            concat!(
                "subscribers r CROSS JOIN subscriptions s
                 WHERE s.subscriber_id = r.id AND r.email_key >= $4 AND r.email_key < $5
                    AND (r.email_key, s.id) > ($4, $6)
                    AND ($7 IS NULL OR s.publication_id = $7) AND ($8 IS NULL OR s.state = $8)",
                $also
            ),
            "ORDER BY r.email_key, s.id"
        )
    };
}

async fn by_address(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<Place>,
    wanted: usize,
    block: i64,
) -> Result<Page, StoreError> {
    let start = filter.start.clone().unwrap_or_default();
    let past = past_start(&start);
    let from = after.unwrap_or(Place {
        address: start,
        subscription: SubscriptionId(Uuid::nil()),
    });
    let suppressed = filter.suppressed();
    let statement = if suppressed == 1 {
        "SELECT email_key FROM subscribers
         WHERE suppressed_at IS NOT NULL AND email_key >= $1 AND email_key < $2
         ORDER BY email_key LIMIT 1 OFFSET $3"
    } else {
        "SELECT email_key FROM subscribers WHERE email_key >= $1 AND email_key < $2
         ORDER BY email_key LIMIT 1 OFFSET $3"
    };
    let end: Option<String> = on!(&mut *tx, |conn| sqlx::query_scalar(statement)
        .bind(&from.address)
        .bind(&past)
        .bind(block)
        .fetch_optional(conn)
        .await)?;
    let statement = if suppressed == 1 {
        in_range!(" AND r.suppressed_at IS NOT NULL")
    } else {
        in_range!("")
    };
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(statement)
        .bind(filter.topic())
        .bind(suppressed)
        .bind(one_more(wanted))
        .bind(&from.address)
        .bind(end.as_ref().unwrap_or(&past))
        .bind(from.subscription.0)
        .bind(filter.publication.map(|id| id.0))
        .bind(filter.state().map(SubscriptionState::as_str))
        .fetch_all(conn)
        .await)?;
    let readers: Result<Vec<Listed>, StoreError> = rows.into_iter().map(Listed::try_from).collect();
    let end = end.map(|address| Place {
        address,
        subscription: SubscriptionId(Uuid::nil()),
    });
    Ok(cut(readers?, wanted, end))
}

/// A part of the subscriptions that an index holds in their order.
type Lane = Option<(PublicationId, SubscriptionState)>;

async fn newest(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<Place>,
    wanted: usize,
    block: i64,
) -> Result<Page, StoreError> {
    let before = after.map_or(Uuid::max(), |place| place.subscription.0);
    let (mut readers, mut floor) = (Vec::new(), None);
    for lane in lanes(tx, filter).await? {
        let end = end_of(tx, lane, before, block).await?;
        let rows = rows_of(tx, filter, lane, (before, end), wanted).await?;
        let last = rows.last().filter(|_| rows.len() > wanted);
        // What lies behind the end of one lane may not come before the rest of another.
        floor = floor.max(last.map(|last| last.subscription.0).or(end));
        readers.extend(rows);
    }
    readers.retain(|reader: &Listed| floor.is_none_or(|floor| reader.subscription.0 >= floor));
    readers.sort_by_key(|reader| std::cmp::Reverse(reader.subscription));
    let end = floor.map(|id| Place {
        address: String::new(),
        subscription: SubscriptionId(id),
    });
    Ok(cut(readers, wanted, end))
}

async fn lanes(tx: &mut Tx, filter: &Filter) -> Result<Vec<Lane>, StoreError> {
    use SubscriptionState::{Confirmed, Pending, Unsubscribed};
    let state = filter.state();
    let publications = match (filter.publication, state) {
        (None, None) => return Ok(vec![None]),
        (Some(id), _) => vec![id],
        (None, Some(_)) => publications::list(tx).await?.iter().map(|p| p.id).collect(),
    };
    let states = match state {
        Some(state) => vec![state],
        None => vec![Confirmed, Pending, Unsubscribed],
    };
    let lane = |id: PublicationId| states.iter().map(move |&state| Some((id, state)));
    Ok(publications.into_iter().flat_map(lane).collect())
}

/// The last subscription of a block; `None` where there are no more than that.
async fn end_of(
    tx: &mut Tx,
    lane: Lane,
    before: Uuid,
    block: i64,
) -> Result<Option<Uuid>, StoreError> {
    let id = match lane {
        None => on!(tx, |conn| sqlx::query_scalar(
            "SELECT id FROM subscriptions WHERE id < $1 ORDER BY id DESC LIMIT 1 OFFSET $2"
        )
        .bind(before)
        .bind(block)
        .fetch_optional(conn)
        .await)?,
        Some((publication, state)) => on!(tx, |conn| sqlx::query_scalar(
            "SELECT id FROM subscriptions WHERE publication_id = $1 AND state = $2 AND id < $3
             ORDER BY id DESC LIMIT 1 OFFSET $4"
        )
        .bind(publication.0)
        .bind(state.as_str())
        .bind(before)
        .bind(block)
        .fetch_optional(conn)
        .await)?,
    };
    Ok(id)
}

async fn rows_of(
    tx: &mut Tx,
    filter: &Filter,
    lane: Lane,
    (before, end): (Uuid, Option<Uuid>),
    wanted: usize,
) -> Result<Vec<Listed>, StoreError> {
    let statement = match lane {
        None => listed!(
            "subscriptions s CROSS JOIN subscribers r
             WHERE r.id = s.subscriber_id AND s.id < $4 AND s.id >= $5",
            "ORDER BY s.id DESC"
        ),
        Some(_) => listed!(
            "subscriptions s CROSS JOIN subscribers r
             WHERE r.id = s.subscriber_id AND s.id < $4 AND s.id >= $5
                AND s.publication_id = $6 AND s.state = $7",
            "ORDER BY s.id DESC"
        ),
    };
    let rows = on!(tx, |conn| {
        let mut query = sqlx::query_as::<_, Row>(statement)
            .bind(filter.topic())
            .bind(filter.suppressed())
            .bind(one_more(wanted))
            .bind(before)
            .bind(end.unwrap_or(Uuid::nil()));
        if let Some((publication, state)) = lane {
            query = query.bind(publication.0).bind(state.as_str());
        }
        query.fetch_all(conn).await
    })?;
    rows.into_iter().map(Listed::try_from).collect()
}
