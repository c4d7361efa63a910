//! What editors decide about an article.

use super::super::{StoreError, Tx, on};
use crate::domain::article::ArticleContent;
use crate::domain::clock::Time;
use crate::domain::ids::{ArticleId, TopicId};
use crate::domain::story::title_key;

/// Runs a statement about one article, `$1`, and a time, `$2`.
async fn set_time(
    tx: &mut Tx,
    sql: &'static str,
    id: ArticleId,
    at: Option<Time>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(sql)
        .bind(id.0)
        .bind(at)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Pins an article, or no more.
pub async fn set_pinned(tx: &mut Tx, id: ArticleId, at: Option<Time>) -> Result<(), StoreError> {
    let sql = "UPDATE articles SET pinned_at = $2 WHERE id = $1";
    set_time(tx, sql, id, at).await
}

/// Hides an article.
pub async fn hide(tx: &mut Tx, id: ArticleId, now: Time) -> Result<(), StoreError> {
    let sql = "UPDATE articles SET hidden_at = COALESCE(hidden_at, $2) WHERE id = $1";
    set_time(tx, sql, id, Some(now)).await
}

/// Shows a hidden article again; to digests it is as new as if it had come now.
pub async fn unhide(tx: &mut Tx, id: ArticleId, now: Time) -> Result<(), StoreError> {
    let sql = "UPDATE articles SET hidden_at = NULL, unhidden_at = $2
        WHERE id = $1 AND hidden_at IS NOT NULL";
    set_time(tx, sql, id, Some(now)).await
}

/// Sets when an article may be shown.
pub async fn set_times(
    tx: &mut Tx,
    id: ArticleId,
    not_before: Option<Time>,
    expires_at: Option<Time>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE articles SET not_before = $2, expires_at = $3 WHERE id = $1"
    )
    .bind(id.0)
    .bind(not_before)
    .bind(expires_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Takes over an editor's text, which feeds leave alone from then on.
pub async fn edit(
    tx: &mut Tx,
    id: ArticleId,
    content: &ArticleContent,
    now: Time,
) -> Result<(), StoreError> {
    let c = content;
    on!(tx, |conn| {
        sqlx::query(
        "UPDATE articles SET title = $2, summary_html = $3, summary_text = $4, authors = $5,
            image_url = $6, image_alt = $7, language = $8, url = $9, title_key = $10, edited_at = $11
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(&c.title)
    .bind(&c.summary_html)
    .bind(&c.summary_text)
    .bind(c.authors.join("\n"))
    .bind(&c.image_url)
    .bind(&c.image_alt)
    .bind(&c.language)
    .bind(&c.url)
    .bind(title_key(&c.title))
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Makes the text of an article an editor's.
pub async fn mark_edited(tx: &mut Tx, id: ArticleId, now: Time) -> Result<(), StoreError> {
    let sql = "UPDATE articles SET edited_at = $2 WHERE id = $1";
    set_time(tx, sql, id, Some(now)).await
}

/// Puts an article under an editor's topics, which feeds leave alone from then on.
pub async fn set_topics(
    tx: &mut Tx,
    id: ArticleId,
    topics: &[TopicId],
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM article_topics WHERE article_id = $1"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(drop))?;
    for topic in topics {
        super::add_topic(tx, id, *topic).await?;
    }
    let sql = "UPDATE articles SET topics_set_at = $2 WHERE id = $1";
    set_time(tx, sql, id, Some(now)).await
}
