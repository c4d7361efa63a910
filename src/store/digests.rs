//! Digests and their schedules.

use sqlx::FromRow;
use uuid::Uuid;

use super::lists::json;
use super::{StoreError, Tx, moment, on, read, unsigned};
use crate::domain::clock::Time;
use crate::domain::digest::{Digest, Rules};
use crate::domain::ids::{DigestId, PublicationId, TopicId};
use crate::domain::look::Design;
use crate::domain::run::RunChange;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    publication_id: Uuid,
    slug: String,
    name: String,
    timezone: String,
    max_items: i64,
    min_items: i64,
    selection_window: String,
    paused_at: Option<Time>,
    created_at: Time,
    cron: Option<String>,
    next_run_at: Option<Time>,
    look_at: Option<Time>,
    since_at: Option<Time>,
    changes: Option<String>,
    topics: Option<String>,
    rules: String,
    design: Option<String>,
}

impl TryFrom<Row> for Digest {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let table = "digests";
        let mut topics = Vec::new();
        for slug in row
            .topics
            .as_deref()
            .unwrap_or_default()
            .split(',')
            .filter(|s| !s.is_empty())
        {
            topics.push(read("topics", "slug", row.id, slug)?);
        }
        Ok(Self {
            id: DigestId(row.id),
            publication: PublicationId(row.publication_id),
            slug: read(table, "slug", row.id, &row.slug)?,
            name: row.name,
            timezone: read(table, "timezone", row.id, &row.timezone)?,
            max_items: unsigned(row.max_items),
            min_items: unsigned(row.min_items),
            window: read(table, "selection_window", row.id, &row.selection_window)?,
            topics,
            rules: rules(row.id, &row.rules)?,
            design: row
                .design
                .map(|word| read(table, "design", row.id, &word))
                .transpose()?,
            paused_at: row.paused_at,
            // A digest that waits for news has a schedule to be looked at, but no runs.
            next_run_at: row.next_run_at.filter(|_| row.cron.as_deref() != Some("")),
            look_at: row.look_at.or(row.next_run_at),
            since_at: row.since_at,
            changes: changes(row.id, row.changes.as_deref().unwrap_or_default())?,
            cron: row.cron.filter(|cron| !cron.is_empty()),
            created_at: row.created_at,
        })
    }
}

/// Reads `slot:run:left out` with commas between them.
fn changes(id: Uuid, text: &str) -> Result<Vec<RunChange>, StoreError> {
    let corrupt = || StoreError::Corrupt {
        table: "run_changes",
        column: "slot_at",
        id: id.to_string(),
    };
    let change = |text: &str| {
        let numbers: Result<Vec<i64>, _> = text.split(':').map(str::parse).collect();
        match numbers.as_deref() {
            Ok([slot, at, left_out]) => Ok(RunChange {
                slot: moment(*slot),
                at: moment(*at),
                left_out: *left_out != 0,
            }),
            _ => Err(corrupt()),
        }
    };
    let all = text.split(',').filter(|change| !change.is_empty());
    all.map(change).collect()
}

fn rules(id: Uuid, text: &str) -> Result<Rules, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt {
        table: "digests",
        column: "rules",
        id: id.to_string(),
    })
}

macro_rules! select_digests {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.publication_id, d.slug, d.name, d.timezone, d.max_items, d.min_items,
                d.selection_window, d.rules, d.design, d.paused_at, d.created_at, s.cron, s.next_run_at,
                s.look_at, s.since_at,
                (SELECT string_agg(CAST(c.slot_at AS TEXT) || ':' || CAST(c.run_at AS TEXT) || ':'
                        || CAST(c.left_out AS TEXT), ',' ORDER BY c.slot_at)
                 FROM run_changes c WHERE c.digest_id = d.id) AS changes,
                (SELECT string_agg(t.slug, ',' ORDER BY t.slug) FROM digest_topics x JOIN topics t ON t.id = x.topic_id
                 WHERE x.digest_id = d.id) AS topics
             FROM digests d LEFT JOIN schedules s ON s.digest_id = d.id ",
            $rest
        )
    };
}

/// Adds a digest with its schedule; `Conflict` where the publication has one of that slug.
pub async fn insert(tx: &mut Tx, digest: &Digest, topics: &[TopicId]) -> Result<(), StoreError> {
    let d = digest;
    on!(tx, |conn| sqlx::query(
        "INSERT INTO digests (id, publication_id, slug, name, timezone, max_items, min_items,
            selection_window, created_at, rules, design)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    )
    .bind(d.id.0)
    .bind(d.publication.0)
    .bind(d.slug.as_str())
    .bind(&d.name)
    .bind(d.timezone.name())
    .bind(i64::from(d.max_items))
    .bind(i64::from(d.min_items))
    .bind(d.window.as_str())
    .bind(d.created_at)
    .bind(json(&d.rules)?)
    .bind(d.design.map(Design::as_str))
    .execute(conn)
    .await
    .map(drop))?;
    set_topics(tx, d.id, topics).await?;
    set_schedule(tx, d).await
}

/// Changes a digest and its schedule.
pub async fn update(tx: &mut Tx, digest: &Digest, topics: &[TopicId]) -> Result<(), StoreError> {
    let d = digest;
    on!(tx, |conn| sqlx::query(
        "UPDATE digests SET name = $2, timezone = $3, max_items = $4, min_items = $5,
            selection_window = $6, rules = $7, design = $8
         WHERE id = $1"
    )
    .bind(d.id.0)
    .bind(&d.name)
    .bind(d.timezone.name())
    .bind(i64::from(d.max_items))
    .bind(i64::from(d.min_items))
    .bind(d.window.as_str())
    .bind(json(&d.rules)?)
    .bind(d.design.map(Design::as_str))
    .execute(conn)
    .await
    .map(drop))?;
    set_topics(tx, d.id, topics).await?;
    set_schedule(tx, d).await
}

async fn set_topics(tx: &mut Tx, id: DigestId, topics: &[TopicId]) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM digest_topics WHERE digest_id = $1"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(drop))?;
    for topic in topics {
        on!(tx, |conn| sqlx::query(
            "INSERT INTO digest_topics (digest_id, topic_id) VALUES ($1, $2)"
        )
        .bind(id.0)
        .bind(topic.0)
        .execute(conn)
        .await
        .map(drop))?;
    }
    Ok(())
}

async fn set_schedule(tx: &mut Tx, d: &Digest) -> Result<(), StoreError> {
    let Some(next) = d.next_run_at.or(d.look_at) else {
        return on!(tx, |conn| sqlx::query(
            "DELETE FROM schedules WHERE digest_id = $1"
        )
        .bind(d.id.0)
        .execute(conn)
        .await
        .map(drop))
        .map_err(StoreError::from);
    };
    on!(tx, |conn| sqlx::query(
        "INSERT INTO schedules (digest_id, cron, next_run_at, look_at, since_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (digest_id) DO UPDATE SET cron = excluded.cron,
            next_run_at = excluded.next_run_at, look_at = excluded.look_at,
            since_at = excluded.since_at"
    )
    .bind(d.id.0)
    .bind(d.cron.as_deref().unwrap_or_default())
    .bind(next)
    .bind(d.look_at)
    .bind(d.since_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// What the editor wrote for the next issue alone.
pub async fn next_intro(tx: &mut Tx, id: DigestId) -> Result<Option<String>, StoreError> {
    let text = on!(tx, |conn| sqlx::query_scalar(
        "SELECT next_intro FROM digests WHERE id = $1"
    )
    .bind(id.0)
    .fetch_one(conn)
    .await)?;
    Ok(text)
}

/// Keeps that, or forgets it once it is used.
pub async fn set_next_intro(
    tx: &mut Tx,
    id: DigestId,
    text: Option<&str>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE digests SET next_intro = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(text)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Finds a digest by id.
pub async fn find(tx: &mut Tx, id: DigestId) -> Result<Option<Digest>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(select_digests!(
        "WHERE d.id = $1"
    ))
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Digest::try_from).transpose()
}

/// Finds a digest of a publication by its slug.
pub async fn find_by_slug(
    tx: &mut Tx,
    publication: PublicationId,
    slug: &str,
) -> Result<Option<Digest>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(select_digests!(
        "WHERE d.publication_id = $1 AND d.slug = $2"
    ))
    .bind(publication.0)
    .bind(slug)
    .fetch_optional(conn)
    .await)?;
    row.map(Digest::try_from).transpose()
}

/// The digests of a publication in the order in which they were made: the first is the default.
pub async fn list(tx: &mut Tx, publication: PublicationId) -> Result<Vec<Digest>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(select_digests!(
        "WHERE d.publication_id = $1 ORDER BY d.created_at, d.id"
    ))
    .bind(publication.0)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Digest::try_from).collect()
}

/// The first digest of a publication, to which those belong who chose none.
pub async fn first(
    tx: &mut Tx,
    publication: PublicationId,
) -> Result<Option<DigestId>, StoreError> {
    let id: Option<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM digests WHERE publication_id = $1 ORDER BY created_at, id LIMIT 1"
    )
    .bind(publication.0)
    .fetch_optional(conn)
    .await)?;
    Ok(id.map(DigestId))
}

/// Digests whose time has come.
pub async fn due(tx: &mut Tx, now: Time) -> Result<Vec<Digest>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(select_digests!(
        "JOIN publications p ON p.id = d.publication_id
         WHERE COALESCE(s.look_at, s.next_run_at) <= $1 AND d.paused_at IS NULL
            AND p.archived_at IS NULL
         ORDER BY s.next_run_at"
    ))
    .bind(now)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Digest::try_from).collect()
}

/// Moves a schedule on: from the run and look that the digest was read with to the next ones. False
/// where another node was first.
pub async fn advance(
    tx: &mut Tx,
    digest: &Digest,
    next_run_at: Time,
    look_at: Time,
) -> Result<bool, StoreError> {
    let d = digest;
    let changed = on!(tx, |conn| {
        sqlx::query(
        "UPDATE schedules SET next_run_at = $4, look_at = $5, since_at = COALESCE(since_at, next_run_at)
         WHERE digest_id = $1 AND next_run_at = COALESCE($2, next_run_at)
            AND COALESCE(look_at, next_run_at) = $3"
    )
    .bind(d.id.0)
    .bind(d.next_run_at)
    .bind(d.look_at)
    .bind(next_run_at)
    .bind(look_at)
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(changed > 0)
}

/// Notes that what a digest had before a time is not missing: it was paused.
pub async fn set_since(tx: &mut Tx, id: DigestId, since_at: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE schedules SET since_at = $2 WHERE digest_id = $1"
    )
    .bind(id.0)
    .bind(since_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Gives the next number of a digest's issues.
pub async fn take_number(tx: &mut Tx, id: DigestId) -> Result<i64, StoreError> {
    let number = on!(tx, |conn| sqlx::query_scalar(
        "UPDATE digests SET last_number = last_number + 1 WHERE id = $1 RETURNING last_number"
    )
    .bind(id.0)
    .fetch_one(conn)
    .await)?;
    Ok(number)
}

/// Pauses a digest at a time, or resumes it.
pub async fn set_paused(
    tx: &mut Tx,
    id: DigestId,
    paused_at: Option<Time>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE digests SET paused_at = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(paused_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
