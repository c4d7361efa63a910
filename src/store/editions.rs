//! The editions of an issue, and which of them readers get by their topics and language.

use sqlx::FromRow;
use uuid::Uuid;

use super::deliveries::Choice;
use super::{StoreError, Tx, on};
use crate::domain::ids::{EditionId, IssueId};
use crate::domain::issue::Edition;

/// Keeps a rendered edition, where there is none of its key yet.
pub async fn insert(
    tx: &mut Tx,
    issue: IssueId,
    key: &str,
    articles: i64,
    edition: &Edition,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO editions (id, issue_id, topic_key, articles, subject, text_body, html_body)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (issue_id, topic_key) DO NOTHING"
    )
    .bind(edition.id.0)
    .bind(issue.0)
    .bind(key)
    .bind(articles)
    .bind(&edition.subject)
    .bind(&edition.text)
    .bind(&edition.html)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The keys of the editions that an issue has.
pub async fn keys(tx: &mut Tx, issue: IssueId) -> Result<Vec<String>, StoreError> {
    let keys = on!(tx, |conn| sqlx::query_scalar(
        "SELECT topic_key FROM editions WHERE issue_id = $1"
    )
    .bind(issue.0)
    .fetch_all(conn)
    .await)?;
    Ok(keys)
}

/// Says which edition readers get who made a choice, or why they get none; what has been said
/// stays.
pub async fn choose(
    tx: &mut Tx,
    issue: IssueId,
    choice: &Choice,
    edition: Result<&str, &str>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO edition_choices (issue_id, topic_key, language, edition_id, reason)
         VALUES ($1, $2, $3, (SELECT id FROM editions WHERE issue_id = $1 AND topic_key = $4), $5)
         ON CONFLICT (issue_id, topic_key, language) DO NOTHING"
    )
    .bind(issue.0)
    .bind(&choice.topic_key)
    .bind(&choice.language)
    .bind(edition.ok())
    .bind(edition.err())
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The choices for which that is known.
pub async fn choices(tx: &mut Tx, issue: IssueId) -> Result<Vec<Choice>, StoreError> {
    let found = on!(tx, |conn| sqlx::query_as(
        "SELECT topic_key, language FROM edition_choices WHERE issue_id = $1"
    )
    .bind(issue.0)
    .fetch_all(conn)
    .await)?;
    Ok(found)
}

#[derive(FromRow)]
struct EditionRow {
    id: Uuid,
    subject: String,
    text_body: String,
    html_body: String,
}

/// The edition of an issue by its key.
pub async fn of_key(tx: &mut Tx, issue: IssueId, key: &str) -> Result<Option<Edition>, StoreError> {
    let row = on!(tx, |conn| {
        sqlx::query_as::<_, EditionRow>(
        "SELECT id, subject, text_body, html_body FROM editions WHERE issue_id = $1 AND topic_key = $2"
    )
    .bind(issue.0)
    .bind(key)
    .fetch_optional(conn)
    .await
    })?;
    Ok(row.map(Edition::from))
}

/// An edition by id.
pub async fn find(tx: &mut Tx, id: EditionId) -> Result<Option<Edition>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, EditionRow>(
        "SELECT id, subject, text_body, html_body FROM editions WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(Edition::from))
}

impl From<EditionRow> for Edition {
    fn from(row: EditionRow) -> Self {
        Self {
            id: EditionId(row.id),
            subject: row.subject,
            text: row.text_body,
            html: row.html_body,
        }
    }
}

/// An edition in a list.
#[derive(Debug, Clone)]
pub struct Summary {
    pub id: EditionId,
    /// Its topics and language, as in `de:energy,markets`; empty for the edition with everything.
    pub key: String,
    pub articles: i64,
    pub subject: String,
}

/// The first editions of an issue, that with everything before the others.
pub async fn list(tx: &mut Tx, issue: IssueId, limit: i64) -> Result<Vec<Summary>, StoreError> {
    let rows: Vec<(Uuid, String, i64, String)> = on!(tx, |conn| sqlx::query_as(
        "SELECT id, topic_key, articles, subject FROM editions
         WHERE issue_id = $1 ORDER BY topic_key LIMIT $2"
    )
    .bind(issue.0)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    let summary = |(id, key, articles, subject)| Summary {
        id: EditionId(id),
        key,
        articles,
        subject,
    };
    Ok(rows.into_iter().map(summary).collect())
}

/// An edition of an issue by its id.
pub async fn of_issue(
    tx: &mut Tx,
    issue: IssueId,
    id: EditionId,
) -> Result<Option<Edition>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, EditionRow>(
        "SELECT id, subject, text_body, html_body FROM editions WHERE id = $1 AND issue_id = $2"
    )
    .bind(id.0)
    .bind(issue.0)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(Edition::from))
}

/// The subject of an issue: that of the edition with everything, where it is composed.
pub async fn subject(tx: &mut Tx, issue: IssueId) -> Result<Option<String>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(
        "SELECT subject FROM editions WHERE issue_id = $1 AND topic_key = ''"
    )
    .bind(issue.0)
    .fetch_optional(conn)
    .await)?)
}
