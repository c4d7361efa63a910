//! The file of an import and its rejected rows, in pieces; what each transaction made; and forgetting
//! all of that.

use uuid::Uuid;

use crate::domain::clock::Time;
use crate::domain::ids::{ImportId, SubscriptionId};
use crate::domain::import::Import;
use crate::store::{StoreError, Tx, on};

/// What a piece is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    File,
    Rejected,
}

impl PartKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Rejected => "rejected",
        }
    }
}

/// Keeps a piece; one that is there already is replaced.
pub async fn insert(
    tx: &mut Tx,
    id: ImportId,
    kind: PartKind,
    number: i64,
    bytes: &[u8],
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO import_parts (import_id, kind, number, bytes) VALUES ($1, $2, $3, $4)
         ON CONFLICT (import_id, kind, number) DO UPDATE SET bytes = excluded.bytes"
    )
    .bind(id.0)
    .bind(kind.as_str())
    .bind(number)
    .bind(bytes)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// A piece; `None` behind the last.
pub async fn find(
    tx: &mut Tx,
    id: ImportId,
    kind: PartKind,
    number: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let bytes = on!(tx, |conn| sqlx::query_scalar(
        "SELECT bytes FROM import_parts WHERE import_id = $1 AND kind = $2 AND number = $3"
    )
    .bind(id.0)
    .bind(kind.as_str())
    .bind(number)
    .fetch_optional(conn)
    .await)?;
    Ok(bytes)
}

/// Whether there is any piece of a kind.
pub async fn any(tx: &mut Tx, id: ImportId, kind: PartKind) -> Result<bool, StoreError> {
    let found: Option<i64> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT number FROM import_parts WHERE import_id = $1 AND kind = $2 LIMIT 1"
    )
    .bind(id.0)
    .bind(kind.as_str())
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}

/// Takes the pieces of a kind away.
pub async fn remove(tx: &mut Tx, id: ImportId, kind: PartKind) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM import_parts WHERE import_id = $1 AND kind = $2"
    )
    .bind(id.0)
    .bind(kind.as_str())
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Notes the subscriptions that a transaction has made.
pub async fn insert_batch(
    tx: &mut Tx,
    id: ImportId,
    made: &[SubscriptionId],
) -> Result<(), StoreError> {
    let bytes: Vec<u8> = made.iter().flat_map(|id| id.0.into_bytes()).collect();
    on!(tx, |conn| sqlx::query(
        "INSERT INTO import_batches (import_id, number, subscriptions)
         SELECT $1, COALESCE(MAX(number), 0) + 1, $2 FROM import_batches WHERE import_id = $1"
    )
    .bind(id.0)
    .bind(bytes)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// A batch that is left, with its number.
pub async fn next_batch(
    tx: &mut Tx,
    id: ImportId,
) -> Result<Option<(i64, Vec<SubscriptionId>)>, StoreError> {
    let row: Option<(i64, Vec<u8>)> = on!(tx, |conn| sqlx::query_as(
        "SELECT number, subscriptions FROM import_batches WHERE import_id = $1
         ORDER BY number LIMIT 1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    let ids = |bytes: Vec<u8>| {
        let chunks = bytes.chunks_exact(16);
        let ids = chunks.filter_map(|chunk| Uuid::from_slice(chunk).ok());
        ids.map(SubscriptionId).collect()
    };
    Ok(row.map(|(number, bytes)| (number, ids(bytes))))
}

/// How many bytes of ids are left, 16 for each subscription.
pub async fn batch_ids(tx: &mut Tx, id: ImportId) -> Result<u64, StoreError> {
    let bytes: i64 = on!(tx, |conn| sqlx::query_scalar(
        "SELECT CAST(COALESCE(SUM(LENGTH(subscriptions)), 0) AS BIGINT)
         FROM import_batches WHERE import_id = $1"
    )
    .bind(id.0)
    .fetch_one(conn)
    .await)?;
    Ok(u64::try_from(bytes / 16).unwrap_or(0))
}

/// Keeps what is left of a batch, or takes it away where nothing is.
pub async fn shorten_batch(
    tx: &mut Tx,
    id: ImportId,
    number: i64,
    rest: &[SubscriptionId],
) -> Result<(), StoreError> {
    let bytes: Vec<u8> = rest.iter().flat_map(|id| id.0.into_bytes()).collect();
    if rest.is_empty() {
        on!(tx, |conn| sqlx::query(
            "DELETE FROM import_batches WHERE import_id = $1 AND number = $2"
        )
        .bind(id.0)
        .bind(number)
        .execute(conn)
        .await
        .map(drop))?;
    } else {
        on!(tx, |conn| sqlx::query(
            "UPDATE import_batches SET subscriptions = $3 WHERE import_id = $1 AND number = $2"
        )
        .bind(id.0)
        .bind(number)
        .bind(bytes)
        .execute(conn)
        .await
        .map(drop))?;
    }
    Ok(())
}

/// What of imports is forgotten: everything before a time.
#[derive(Debug, Clone, Copy)]
pub struct Before {
    /// Files that were never imported, with their imports.
    pub open: Time,
    /// Rejected rows, and files of imports that failed.
    pub parts: Time,
    /// Imports, and with them the way to undo them.
    pub imports: Time,
}

/// The imports `i` to forget altogether: `$1` where nothing was imported, `$2` the others.
macro_rules! forgotten {
    () => {
        "SELECT i.id FROM imports i WHERE (i.started_at IS NULL AND i.changed_at < $1
            AND i.state IN ('uploading', 'uploaded', 'checked', 'failed'))
            OR (i.changed_at < $2 AND (i.state NOT IN ('checking', 'importing', 'undoing')
                OR i.origin = 'command line'))"
    };
}

/// Forgets imports and parts of them.
pub async fn prune(tx: &mut Tx, before: Before) -> Result<(), StoreError> {
    on!(&mut *tx, |conn| sqlx::query(
        "DELETE FROM import_parts WHERE import_id IN (SELECT id FROM imports
            WHERE changed_at < $1 AND state IN ('finished', 'failed', 'undone'))"
    )
    .bind(before.parts)
    .execute(conn)
    .await
    .map(drop))?;
    on!(&mut *tx, |conn| sqlx::query(
        "UPDATE imports SET rejected = '[]' WHERE rejected <> '[]' AND changed_at < $1
            AND state IN ('finished', 'failed', 'undone')"
    )
    .bind(before.parts)
    .execute(conn)
    .await
    .map(drop))?;
    for statement in [
        concat!(
            "DELETE FROM import_parts WHERE import_id IN (",
            forgotten!(),
            ")"
        ),
        concat!(
            "DELETE FROM import_batches WHERE import_id IN (",
            forgotten!(),
            ")"
        ),
        concat!("DELETE FROM imports WHERE id IN (", forgotten!(), ")"),
    ] {
        on!(&mut *tx, |conn| sqlx::query(statement)
            .bind(before.open)
            .bind(before.imports)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Takes an import away of which nothing was imported.
pub async fn discard(tx: &mut Tx, import: &Import) -> Result<bool, StoreError> {
    on!(&mut *tx, |conn| sqlx::query(
        "DELETE FROM import_parts WHERE import_id = $1"
    )
    .bind(import.id.0)
    .execute(conn)
    .await
    .map(drop))?;
    let gone = on!(tx, |conn| sqlx::query(
        "DELETE FROM imports WHERE id = $1 AND state = $2 AND started_at IS NULL"
    )
    .bind(import.id.0)
    .bind(import.state.as_str())
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(gone > 0)
}
