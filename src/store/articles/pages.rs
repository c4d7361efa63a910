//! Articles whose pages are to be read, and what the pages said.

use sqlx::FromRow;
use uuid::Uuid;

use super::super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::{ArticleId, FeedId};

/// An article whose page has not been read.
#[derive(Debug, Clone, FromRow)]
pub struct Unread {
    id: Uuid,
    pub url: String,
    pub url_key: String,
    pub title: String,
}

impl Unread {
    pub fn id(&self) -> ArticleId {
        ArticleId(self.id)
    }
}

/// The articles of a feed since a time whose pages have not been read, the latest first.
pub async fn unread_pages(
    tx: &mut Tx,
    feed: FeedId,
    since: Time,
    limit: i64,
) -> Result<Vec<Unread>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(
        "SELECT id, url, url_key, title FROM articles
         WHERE feed_id = $1 AND first_seen_at > $2 AND page_read_at IS NULL AND edited_at IS NULL
         ORDER BY first_seen_at DESC, id DESC LIMIT $3"
    )
    .bind(feed.0)
    .bind(since)
    .bind(limit)
    .fetch_all(conn)
    .await)?)
}

/// What a page adds.
#[derive(Debug, Clone, Default)]
pub struct Additions<'a> {
    pub image_url: Option<&'a str>,
    pub image_alt: Option<&'a str>,
    pub summary_html: Option<&'a str>,
    pub summary_text: Option<&'a str>,
    /// The page's own address, instead of the one that led to it.
    pub url: Option<&'a str>,
}

/// Notes that a page was read, and fills in what the feed has left out.
pub async fn add_from_page(
    tx: &mut Tx,
    id: ArticleId,
    additions: &Additions<'_>,
    now: Time,
) -> Result<(), StoreError> {
    let a = additions;
    on!(tx, |conn| sqlx::query(
        "UPDATE articles SET page_read_at = $2, url = COALESCE($7, url),
            image_alt = CASE WHEN image_url IS NULL THEN $4 ELSE image_alt END,
            image_url = COALESCE(image_url, $3),
            summary_html = CASE WHEN summary_text = '' THEN COALESCE($5, '') ELSE summary_html END,
            summary_text = CASE WHEN summary_text = '' THEN COALESCE($6, '') ELSE summary_text END
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(now)
    .bind(a.image_url)
    .bind(a.image_alt)
    .bind(a.summary_html)
    .bind(a.summary_text)
    .bind(a.url)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The title of an article, and whether an issue has it.
pub async fn title_and_use(
    tx: &mut Tx,
    id: ArticleId,
) -> Result<Option<(String, bool)>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(
        "SELECT title, EXISTS (SELECT 1 FROM issue_articles i WHERE i.article_id = a.id)
         FROM articles a WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?)
}

/// Makes an article one with another, which takes over its names.
pub async fn merge(tx: &mut Tx, from: ArticleId, into: ArticleId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO article_urls (publication_id, url_key, article_id)
         SELECT publication_id, url_key, $2 FROM articles WHERE id = $1 ON CONFLICT DO NOTHING"
    )
    .bind(from.0)
    .bind(into.0)
    .execute(conn)
    .await
    .map(drop))?;
    on!(tx, |conn| sqlx::query(
        "INSERT INTO article_guids (feed_id, guid, article_id)
         SELECT feed_id, guid, $2 FROM articles
         WHERE id = $1 AND feed_id IS NOT NULL AND guid IS NOT NULL ON CONFLICT DO NOTHING"
    )
    .bind(from.0)
    .bind(into.0)
    .execute(conn)
    .await
    .map(drop))?;
    for statement in [
        "UPDATE article_urls SET article_id = $2 WHERE article_id = $1",
        "UPDATE article_guids SET article_id = $2 WHERE article_id = $1",
    ] {
        on!(tx, |conn| sqlx::query(statement)
            .bind(from.0)
            .bind(into.0)
            .execute(conn)
            .await
            .map(drop))?;
    }
    on!(tx, |conn| sqlx::query("DELETE FROM articles WHERE id = $1")
        .bind(from.0)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
