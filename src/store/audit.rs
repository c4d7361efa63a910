//! The audit log: added to, never changed.

use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::audit::{Actor, Change, Entry, Kind};
use crate::domain::clock::Time;
use crate::domain::ids::PublicationId;

#[derive(FromRow)]
struct Row {
    id: i64,
    at: Time,
    actor_kind: String,
    actor_name: String,
    verb: String,
    kind: String,
    object: String,
    publication_id: Option<Uuid>,
    before_json: Option<String>,
    after_json: Option<String>,
}

impl TryFrom<Row> for Entry {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let value = |column, text: Option<String>| -> Result<Option<Value>, StoreError> {
            text.map(|text| read("audit_entries", column, row.id, &text))
                .transpose()
        };
        Ok(Self {
            id: row.id,
            at: row.at,
            actor: read("audit_entries", "actor_kind", row.id, &row.actor_kind)?,
            kind: read("audit_entries", "kind", row.id, &row.kind)?,
            before: value("before_json", row.before_json)?,
            after: value("after_json", row.after_json)?,
            actor_name: row.actor_name,
            verb: row.verb,
            object: row.object,
            publication: row.publication_id.map(PublicationId),
        })
    }
}

/// Adds a change.
pub async fn append(
    tx: &mut Tx,
    actor: &Actor,
    change: &Change,
    now: Time,
) -> Result<(), StoreError> {
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    on!(tx, |conn| {
        sqlx::query(
            "INSERT INTO audit_entries (at, actor_kind, actor_id, actor_name, verb, kind, object,
            publication_id, before_json, after_json)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(now)
        .bind(actor.kind().as_str())
        .bind(actor.id())
        .bind(actor.name())
        .bind(change.verb)
        .bind(change.kind.as_str())
        .bind(&change.object)
        .bind(change.publication.map(|id| id.0))
        .bind(text(&change.before))
        .bind(text(&change.after))
        .execute(conn)
        .await
        .map(drop)
    })?;
    Ok(())
}

/// Which entries to read.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// An operator's address, a token's name, or `command line`.
    pub actor: Option<String>,
    pub kind: Option<Kind>,
    pub publication: Option<PublicationId>,
    /// Entries older than this one.
    pub before: Option<i64>,
}

/// The latest entries that pass, the newest first.
pub async fn page(tx: &mut Tx, filter: &Filter, limit: i64) -> Result<Vec<Entry>, StoreError> {
    let rows = on!(tx, |conn| {
        sqlx::query_as::<_, Row>(
            "SELECT id, at, actor_kind, actor_name, verb, kind, object, publication_id,
            before_json, after_json
         FROM audit_entries
         WHERE id < $1 AND ($2 = '' OR actor_name = $2) AND ($3 = '' OR kind = $3)
            AND ($4 = 0 OR publication_id = $5)
         ORDER BY id DESC LIMIT $6",
        )
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(filter.actor.as_deref().unwrap_or_default())
        .bind(filter.kind.map_or("", Kind::as_str))
        .bind(i64::from(filter.publication.is_some()))
        .bind(filter.publication.map_or(Uuid::nil(), |id| id.0))
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// When something was done last, and what stands with it.
pub async fn latest_of(tx: &mut Tx, verb: &str) -> Result<Option<(Time, Value)>, StoreError> {
    let row: Option<(Time, Option<String>)> = on!(tx, |conn| sqlx::query_as(
        "SELECT at, after_json FROM audit_entries WHERE verb = $1 ORDER BY id DESC LIMIT 1"
    )
    .bind(verb)
    .fetch_optional(conn)
    .await)?;
    let value = |text: Option<String>| text.and_then(|text| text.parse().ok());
    Ok(row.map(|(at, text)| (at, value(text).unwrap_or_default())))
}

/// The names of all who stand in the log.
pub async fn actors(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(
        "WITH RECURSIVE names (name) AS (
            SELECT MIN(actor_name) FROM audit_entries
            UNION ALL
            SELECT (SELECT MIN(actor_name) FROM audit_entries WHERE actor_name > names.name)
            FROM names WHERE names.name IS NOT NULL)
         SELECT name FROM names WHERE name IS NOT NULL"
    )
    .fetch_all(conn)
    .await)?)
}
