//! Subscribers: one row per address.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::SubscriberId;
use crate::domain::subscriber::Subscriber;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    email: String,
    name: Option<String>,
    suppressed_at: Option<Time>,
}

impl TryFrom<Row> for Subscriber {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: SubscriberId(row.id),
            email: read("subscribers", "email", row.id, &row.email)?,
            name: row.name,
            suppressed_at: row.suppressed_at,
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
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT id, email, name, suppressed_at FROM subscribers WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Subscriber::try_from).transpose()
}

/// Finds a subscriber by address.
pub async fn find_by_email(
    tx: &mut Tx,
    email: &EmailAddress,
) -> Result<Option<Subscriber>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT id, email, name, suppressed_at FROM subscribers WHERE email_key = $1"
    )
    .bind(email.key())
    .fetch_optional(conn)
    .await)?;
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
