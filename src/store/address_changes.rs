//! Where a reader's mail went before, and since when it goes elsewhere.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::SubscriberId;

/// One change of address.
#[derive(Debug, Clone)]
pub struct AddressChange {
    pub id: Uuid,
    pub old: EmailAddress,
    pub new: EmailAddress,
    /// Truncated.
    pub network: Option<String>,
    pub changed_at: Time,
    pub undone_at: Option<Time>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    old_email: String,
    new_email: String,
    network: Option<String>,
    changed_at: Time,
    undone_at: Option<Time>,
}

impl TryFrom<Row> for AddressChange {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            old: read("address_changes", "old_email", row.id, &row.old_email)?,
            new: read("address_changes", "new_email", row.id, &row.new_email)?,
            network: row.network,
            changed_at: row.changed_at,
            undone_at: row.undone_at,
        })
    }
}

/// Keeps a change.
pub async fn insert(
    tx: &mut Tx,
    subscriber: SubscriberId,
    change: &AddressChange,
) -> Result<(), StoreError> {
    on!(tx, |conn| {
        sqlx::query(
        "INSERT INTO address_changes (id, subscriber_id, old_email, new_email, network, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(change.id)
    .bind(subscriber.0)
    .bind(change.old.as_str())
    .bind(change.new.as_str())
    .bind(&change.network)
    .bind(change.changed_at)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// All changes of a subscriber, the oldest first.
pub async fn of_subscriber(
    tx: &mut Tx,
    subscriber: SubscriberId,
) -> Result<Vec<AddressChange>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT id, old_email, new_email, network, changed_at, undone_at FROM address_changes
         WHERE subscriber_id = $1 ORDER BY changed_at, id"
    )
    .bind(subscriber.0)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(AddressChange::try_from).collect()
}

/// Writes down that a change was taken back.
pub async fn undone(tx: &mut Tx, id: Uuid, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE address_changes SET undone_at = $2 WHERE id = $1"
    )
    .bind(id)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
