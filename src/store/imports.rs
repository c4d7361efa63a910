//! Imports: a row for each, the file as it came, and what each transaction of it made.

pub mod parts;
pub mod undo;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::FromRow;
use uuid::Uuid;

use super::nodes::alive_since;
use super::{StoreError, Tx, on, read};
use crate::domain::audit::Actor;
use crate::domain::clock::Time;
use crate::domain::ids::{ImportId, PublicationId};
use crate::domain::import::{Column, Counts, Import, ImportState, RejectedRow, UndoCounts};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    publication_id: Uuid,
    origin: String,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_name: String,
    file_name: String,
    bytes: i64,
    state: String,
    columns: Option<String>,
    consent: Option<String>,
    counts: String,
    rejected: String,
    undo: String,
    done: i64,
    total: Option<i64>,
    done_to: Option<String>,
    error: Option<String>,
    created_at: Time,
    changed_at: Time,
    started_at: Option<Time>,
    finished_at: Option<Time>,
}

fn number(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn parsed<T: DeserializeOwned>(
    column: &'static str,
    id: Uuid,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt {
        table: "imports",
        column,
        id: id.to_string(),
    })
}

fn json(value: &(impl Serialize + ?Sized)) -> Result<String, StoreError> {
    super::lists::json(value)
}

impl TryFrom<Row> for Import {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let kind = read("imports", "actor_kind", row.id, &row.actor_kind)?;
        let columns: Option<Vec<Column>> = match &row.columns {
            Some(text) => Some(parsed("columns", row.id, text)?),
            None => None,
        };
        Ok(Self {
            id: ImportId(row.id),
            publication: PublicationId(row.publication_id),
            origin: read("imports", "origin", row.id, &row.origin)?,
            actor: Actor::known(kind, row.actor_id, row.actor_name),
            file_name: row.file_name,
            bytes: number(row.bytes),
            state: read("imports", "state", row.id, &row.state)?,
            columns,
            consent: row.consent,
            counts: parsed("counts", row.id, &row.counts)?,
            rejected: parsed("rejected", row.id, &row.rejected)?,
            undo: parsed("undo", row.id, &row.undo)?,
            done: number(row.done),
            total: row.total.map(number),
            done_to: row.done_to,
            error: row.error,
            created_at: row.created_at,
            changed_at: row.changed_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

/// Adds an import; claimed by a node where one works on it at once.
pub async fn insert(tx: &mut Tx, import: &Import, node: Option<&str>) -> Result<(), StoreError> {
    on!(tx, |conn| {
        sqlx::query(
        "INSERT INTO imports (id, publication_id, origin, actor_kind, actor_id, actor_name, file_name,
            bytes, state, consent, counts, rejected, undo, done, claimed_by, created_at, changed_at,
            started_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $15, $16)"
    )
    .bind(import.id.0)
    .bind(import.publication.0)
    .bind(import.origin.as_str())
    .bind(import.actor.kind().as_str())
    .bind(import.actor.id())
    .bind(import.actor.name())
    .bind(&import.file_name)
    .bind(signed(import.bytes))
    .bind(import.state.as_str())
    .bind(&import.consent)
    .bind(json(&import.counts)?)
    .bind(json(&import.rejected)?)
    .bind(json(&import.undo)?)
    .bind(node)
    .bind(import.created_at)
    .bind(import.started_at)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Finds an import by id.
pub async fn find(tx: &mut Tx, id: ImportId) -> Result<Option<Import>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM imports WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Import::try_from).transpose()
}

/// Imports of a publication, the latest first, before one where it is given.
pub async fn page(
    tx: &mut Tx,
    publication: PublicationId,
    before: Option<ImportId>,
    limit: i64,
) -> Result<Vec<Import>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM imports WHERE publication_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    )
    .bind(publication.0)
    .bind(before.map_or(Uuid::max(), |id| id.0))
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Import::try_from).collect()
}

/// What is said of an import before it begins.
#[derive(Debug)]
pub struct Wish<'a> {
    pub columns: Option<&'a [Column]>,
    pub consent: Option<&'a str>,
    /// The process that begins at once.
    pub node: Option<&'a str>,
}

/// Says what the columns are and what readers agreed to, and moves an import that was in one of `from`
/// on; false where it was not.
pub async fn set(
    tx: &mut Tx,
    import: &Import,
    wish: &Wish<'_>,
    to: ImportState,
    now: Time,
) -> Result<bool, StoreError> {
    let columns = wish.columns.map(json).transpose()?;
    let changed = on!(tx, |conn| {
        sqlx::query(
        "UPDATE imports SET columns = $3, consent = $4, state = $5, changed_at = $6, counts = '{}',
            rejected = '[]', error = NULL, done = 0, total = NULL, claimed_by = $7,
            started_at = CASE WHEN $5 = 'importing' THEN $6 END
         WHERE id = $1 AND state = $2"
    )
    .bind(import.id.0)
    .bind(import.state.as_str())
    .bind(columns)
    .bind(wish.consent)
    .bind(to.as_str())
    .bind(now)
    .bind(wish.node)
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(changed > 0)
}

/// The file of an import has come, so large.
pub async fn uploaded(tx: &mut Tx, import: &Import, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE imports SET state = 'uploaded', bytes = $2, changed_at = $3
         WHERE id = $1 AND state = 'uploading'"
    )
    .bind(import.id.0)
    .bind(signed(import.bytes))
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Moves an import that still stands as it was read on; false where it does not.
pub async fn step(
    tx: &mut Tx,
    import: &Import,
    to: ImportState,
    now: Time,
) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE imports SET state = $3, changed_at = $4, done = 0, total = NULL, error = NULL,
            started_at = CASE WHEN $3 = 'importing' THEN $4 ELSE started_at END
         WHERE id = $1 AND state = $2"
    )
    .bind(import.id.0)
    .bind(import.state.as_str())
    .bind(to.as_str())
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// The imports that wait for a process: nobody alive has claimed them, and their file is kept.
pub async fn waiting(tx: &mut Tx, now: Time) -> Result<Vec<ImportId>, StoreError> {
    let ids: Vec<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM imports WHERE state IN ('checking', 'importing', 'undoing')
            AND (origin <> 'command line' OR state = 'undoing')
            AND (claimed_by IS NULL
                OR claimed_by NOT IN (SELECT name FROM nodes WHERE seen_at > $1))
         ORDER BY id"
    )
    .bind(alive_since(now))
    .fetch_all(conn)
    .await)?;
    Ok(ids.into_iter().map(ImportId).collect())
}

/// Claims an import for a node, unless another one that is alive has it; false where nothing is to do.
pub async fn claim(tx: &mut Tx, id: ImportId, node: &str, now: Time) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE imports SET claimed_by = $2
         WHERE id = $1 AND state IN ('checking', 'importing', 'undoing')
            AND (claimed_by IS NULL OR claimed_by = $2
                OR claimed_by NOT IN (SELECT name FROM nodes WHERE seen_at > $3))"
    )
    .bind(id.0)
    .bind(node)
    .bind(alive_since(now))
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Gives an import up, for others to go on with.
pub async fn release(tx: &mut Tx, id: ImportId, node: &str) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE imports SET claimed_by = NULL WHERE id = $1 AND claimed_by = $2"
    )
    .bind(id.0)
    .bind(node)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// How far an import has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    pub counts: &'a Counts,
    pub done: u64,
    pub total: Option<u64>,
    /// The last address that had its turn, in lookup form.
    pub done_to: Option<&'a str>,
}

/// Writes down how far an import has come, which the node must still have claimed.
pub async fn progress(
    tx: &mut Tx,
    id: ImportId,
    node: &str,
    progress: Progress<'_>,
    now: Time,
) -> Result<(), StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE imports SET counts = $3, done = $4, total = $5, done_to = $6, changed_at = $7
         WHERE id = $1 AND claimed_by = $2"
    )
    .bind(id.0)
    .bind(node)
    .bind(json(progress.counts)?)
    .bind(signed(progress.done))
    .bind(progress.total.map(signed))
    .bind(progress.done_to)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    ours(changed)
}

/// Writes down how far an undo has come, which the node must still have claimed.
pub async fn undo_progress(
    tx: &mut Tx,
    id: ImportId,
    node: &str,
    counts: &UndoCounts,
    (done, total): (u64, u64),
    now: Time,
) -> Result<(), StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE imports SET undo = $3, done = $4, total = $5, changed_at = $6
         WHERE id = $1 AND claimed_by = $2"
    )
    .bind(id.0)
    .bind(node)
    .bind(json(counts)?)
    .bind(signed(done))
    .bind(signed(total))
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    ours(changed)
}

/// Whether a row was still claimed.
fn ours(changed: u64) -> Result<(), StoreError> {
    if changed == 0 {
        return Err(StoreError::ClaimsLost);
    }
    Ok(())
}

/// How a piece of work ended.
#[derive(Debug)]
pub struct End<'a> {
    pub state: ImportState,
    pub counts: &'a Counts,
    pub rejected: &'a [RejectedRow],
    pub undo: &'a UndoCounts,
    pub error: Option<&'a str>,
}

/// Ends a piece of work on an import, which the node must still have claimed.
pub async fn end(
    tx: &mut Tx,
    id: ImportId,
    node: &str,
    end: &End<'_>,
    now: Time,
) -> Result<(), StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE imports SET state = $3, counts = $4, rejected = $5, undo = $6, error = $7,
            claimed_by = NULL, done_to = NULL, changed_at = $8,
            finished_at = CASE WHEN $3 IN ('finished', 'failed', 'undone') THEN $8 END
         WHERE id = $1 AND claimed_by = $2"
    )
    .bind(id.0)
    .bind(node)
    .bind(end.state.as_str())
    .bind(json(end.counts)?)
    .bind(json(end.rejected)?)
    .bind(json(end.undo)?)
    .bind(end.error)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    ours(changed)
}
