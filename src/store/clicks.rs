//! How often the links of issues were followed.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on};
use crate::domain::ids::{ArticleId, IssueId};
use crate::domain::links::CountedLink;

/// Counts a step on a link.
pub async fn count(tx: &mut Tx, link: CountedLink, is_counted: bool) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO clicks (issue_id, article_id, followed, counted) VALUES ($1, $2, 1, $3)
         ON CONFLICT (issue_id, article_id) DO UPDATE
         SET followed = clicks.followed + 1, counted = clicks.counted + excluded.counted"
    )
    .bind(link.issue.0)
    .bind(link.article.0)
    .bind(i64::from(is_counted))
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// How often the link to an article was followed in an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clicks {
    pub article: ArticleId,
    pub title: String,
    /// By whomever, as often as it was.
    pub followed: i64,
    /// Without programs and repetitions.
    pub counted: i64,
}

#[derive(FromRow)]
struct Row {
    article_id: Uuid,
    title: String,
    followed: i64,
    counted: i64,
}

/// The links of an issue that were followed, the most counted first.
pub async fn of_issue(tx: &mut Tx, issue: IssueId) -> Result<Vec<Clicks>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT c.article_id, a.title, c.followed, c.counted
         FROM clicks c JOIN articles a ON a.id = c.article_id
         WHERE c.issue_id = $1 ORDER BY c.counted DESC, c.followed DESC, c.article_id"
    )
    .bind(issue.0)
    .fetch_all(conn)
    .await)?;
    let clicks = |row: Row| Clicks {
        article: ArticleId(row.article_id),
        title: row.title,
        followed: row.followed,
        counted: row.counted,
    };
    Ok(rows.into_iter().map(clicks).collect())
}

/// The address that a link of an issue leads to; `None` where the issue never had the article.
pub async fn target(tx: &mut Tx, link: CountedLink) -> Result<Option<String>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(
        "SELECT a.url FROM issue_articles x JOIN articles a ON a.id = x.article_id
         WHERE x.issue_id = $1 AND x.article_id = $2"
    )
    .bind(link.issue.0)
    .bind(link.article.0)
    .fetch_optional(conn)
    .await)?)
}
