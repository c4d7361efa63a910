//! The editions of an issue: one for each choice of topics among its readers.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on};
use crate::domain::ids::{EditionId, IssueId};
use crate::domain::issue::Edition;

/// Keeps a rendered edition, where there is none for the choice yet.
pub async fn insert(
    tx: &mut Tx,
    issue: IssueId,
    topic_key: &str,
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
    .bind(topic_key)
    .bind(articles)
    .bind(&edition.subject)
    .bind(&edition.text)
    .bind(&edition.html)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The topic choices for which an issue has an edition.
pub async fn keys(tx: &mut Tx, issue: IssueId) -> Result<Vec<String>, StoreError> {
    let keys = on!(tx, |conn| sqlx::query_scalar(
        "SELECT topic_key FROM editions WHERE issue_id = $1"
    )
    .bind(issue.0)
    .fetch_all(conn)
    .await)?;
    Ok(keys)
}

#[derive(FromRow)]
struct EditionRow {
    id: Uuid,
    subject: String,
    text_body: String,
    html_body: String,
}

/// The edition of an issue for a topic choice.
pub async fn of_choice(
    tx: &mut Tx,
    issue: IssueId,
    topic_key: &str,
) -> Result<Option<Edition>, StoreError> {
    let row = on!(tx, |conn| {
        sqlx::query_as::<_, EditionRow>(
        "SELECT id, subject, text_body, html_body FROM editions WHERE issue_id = $1 AND topic_key = $2"
    )
    .bind(issue.0)
    .bind(topic_key)
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
