//! Subscribers: one row per address.

pub mod browse;

use sqlx::FromRow;
use uuid::Uuid;

use super::lists::Texts;
use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{PublicationId, SubscriberId};
use crate::domain::subscriber::Subscriber;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    email: String,
    name: Option<String>,
    suppressed_at: Option<Time>,
    erased_at: Option<Time>,
    merged_into: Option<Uuid>,
}

impl TryFrom<Row> for Subscriber {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: SubscriberId(row.id),
            email: read("subscribers", "email", row.id, &row.email)?,
            name: row.name,
            suppressed_at: row.suppressed_at,
            erased_at: row.erased_at,
            merged_into: row.merged_into.map(SubscriberId),
        })
    }
}

/// The subscriber of an address, made with `new_id` where there is none.
pub async fn find_or_insert(
    tx: &mut Tx,
    email: &EmailAddress,
    new_id: SubscriberId,
    now: Time,
) -> Result<SubscriberId, StoreError> {
    // The update changes nothing; it makes RETURNING answer for an existing row as well, and
    // locks that row, so that two requests for one address wait for each other.
    let id: Uuid = on!(tx, |conn| sqlx::query_scalar(
        "INSERT INTO subscribers (id, email, email_key, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (email_key) DO UPDATE SET email_key = excluded.email_key
         RETURNING id"
    )
    .bind(new_id.0)
    .bind(email.as_str())
    .bind(email.key())
    .bind(now)
    .fetch_one(conn)
    .await)?;
    Ok(SubscriberId(id))
}

/// Finds a subscriber by id.
pub async fn find(tx: &mut Tx, id: SubscriberId) -> Result<Option<Subscriber>, StoreError> {
    let row = on!(tx, |conn| {
        sqlx::query_as::<_, Row>(
        "SELECT id, email, name, suppressed_at, erased_at, merged_into FROM subscribers WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await
    })?;
    row.map(Subscriber::try_from).transpose()
}

/// Finds a subscriber by address.
pub async fn find_by_email(
    tx: &mut Tx,
    email: &EmailAddress,
) -> Result<Option<Subscriber>, StoreError> {
    let row = on!(tx, |conn| {
        sqlx::query_as::<_, Row>(
        "SELECT id, email, name, suppressed_at, erased_at, merged_into FROM subscribers WHERE email_key = $1"
    )
    .bind(email.key())
    .fetch_optional(conn)
    .await
    })?;
    row.map(Subscriber::try_from).transpose()
}

/// Sets the name that the reader gave.
pub async fn set_name(tx: &mut Tx, id: SubscriberId, name: &str) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE subscribers SET name = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(name)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Gives a subscriber another address.
pub async fn set_email(
    tx: &mut Tx,
    id: SubscriberId,
    email: &EmailAddress,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE subscribers SET email = $2, email_key = $3 WHERE id = $1"
    )
    .bind(id.0)
    .bind(email.as_str())
    .bind(email.key())
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Those whose places a subscriber has taken over.
pub async fn absorbed(tx: &mut Tx, id: SubscriberId) -> Result<Vec<SubscriberId>, StoreError> {
    let ids: Vec<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM subscribers WHERE merged_into = $1 ORDER BY id"
    )
    .bind(id.0)
    .fetch_all(conn)
    .await)?;
    Ok(ids.into_iter().map(SubscriberId).collect())
}

/// Whom to look for: addresses that begin so, or those of a domain, and of one publication only
/// where it is given.
#[derive(Debug, Clone)]
pub struct Search<'a> {
    /// In lower case; a domain begins with `@`.
    pub text: &'a str,
    pub publication: Option<PublicationId>,
    /// In lower case; the addresses behind this one, in the order of the database.
    pub after: &'a str,
    pub limit: i64,
}

/// A subscriber with one of their places, if there is any.
#[derive(Debug, Clone, FromRow)]
pub struct Found {
    pub id: Uuid,
    pub email: String,
    pub name: Option<String>,
    pub suppressed_at: Option<Time>,
    pub publication: Option<String>,
    pub state: Option<String>,
}

macro_rules! search {
    ($matches:literal) => {
        concat!(
            "SELECT r.id, r.email, r.name, r.suppressed_at, p.slug AS publication, s.state
             FROM (SELECT id, email, email_key, name, suppressed_at FROM subscribers r
                WHERE ",
            $matches,
            " AND erased_at IS NULL AND merged_into IS NULL
                    AND email_key > $2
                    AND ($3 = 0 OR EXISTS (SELECT 1 FROM subscriptions s
                        WHERE s.subscriber_id = r.id AND s.publication_id = $4))
                ORDER BY email_key LIMIT $5) r
             LEFT JOIN subscriptions s ON s.subscriber_id = r.id
             LEFT JOIN publications p ON p.id = s.publication_id
             ORDER BY r.email_key, p.slug"
        )
    };
}

/// As a range, which the index knows.
const BY_START: Texts = Texts {
    sqlite: search!("email_key >= $1 AND email_key < $1 || char(1114111)"),
    postgres: search!("email_key >= $1 AND email_key < $1 || chr(1114111)"),
};

/// What all addresses that begin so are less than.
pub(super) fn past_start(start: &str) -> String {
    format!("{start}{}", char::MAX)
}

const BY_DOMAIN: Texts = Texts {
    sqlite: search!("substr(email_key, -length($1)) = $1"),
    postgres: search!("right(email_key, length($1)) = $1"),
};

/// The first subscribers that match, in the order of their addresses, each place in a row.
pub async fn search(tx: &mut Tx, search: &Search<'_>) -> Result<Vec<Found>, StoreError> {
    let by_domain = search.text.starts_with('@');
    let texts = if by_domain { BY_DOMAIN } else { BY_START };
    let statement = texts.on(tx);
    let rows = on!(tx, |conn| sqlx::query_as(statement)
        .bind(search.text)
        .bind(search.after)
        .bind(i64::from(search.publication.is_some()))
        .bind(search.publication.map_or(Uuid::nil(), |id| id.0))
        .bind(search.limit)
        .fetch_all(conn)
        .await)?;
    Ok(rows)
}
