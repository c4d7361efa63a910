//! Whether sending is held. Statements that claim what is to be sent look at the row themselves, so that
//! nothing goes out of a copy whatever else runs on it.

use sqlx::FromRow;

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::hold::Hold;

#[derive(FromRow)]
struct Row {
    backup_at: Time,
    restored_at: Option<Time>,
    key_mark: String,
}

impl From<Row> for Hold {
    fn from(row: Row) -> Self {
        Self {
            backup_at: row.backup_at,
            restored_at: row.restored_at,
            key_mark: row.key_mark,
        }
    }
}

/// The hold; `None` where mail goes out.
pub async fn find(tx: &mut Tx) -> Result<Option<Hold>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT backup_at, restored_at, key_mark FROM sending_holds"
    )
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(Hold::from))
}

/// The same, which nobody else lifts until the transaction ends.
pub async fn find_locked(tx: &mut Tx) -> Result<Option<Hold>, StoreError> {
    // A write takes the row's lock on one database and needs none on the other.
    on!(&mut *tx, |conn| sqlx::query(
        "UPDATE sending_holds SET backup_at = backup_at"
    )
    .execute(conn)
    .await
    .map(drop))?;
    find(tx).await
}

/// Holds sending.
pub async fn set(tx: &mut Tx, hold: &Hold) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO sending_holds (id, backup_at, restored_at, key_mark) VALUES (1, $1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET backup_at = excluded.backup_at,
            restored_at = excluded.restored_at, key_mark = excluded.key_mark"
    )
    .bind(hold.backup_at)
    .bind(hold.restored_at)
    .bind(&hold.key_mark)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Holds sending in tables that have no rows and no keys yet.
pub async fn set_first(tx: &mut Tx, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO sending_holds (id, backup_at, restored_at, key_mark) VALUES (1, $1, $1, '')"
    )
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Lets mail go out.
pub async fn lift(tx: &mut Tx) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query("DELETE FROM sending_holds")
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
