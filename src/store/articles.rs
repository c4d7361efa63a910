//! Articles and their topics.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read, unsigned};
use crate::domain::article::{Article, ArticleContent};
use crate::domain::clock::Time;
use crate::domain::ids::{ArticleId, DigestId, FeedId, IssueId, PublicationId, TopicId};
use crate::domain::story::title_key;

mod browse;
mod editor;
mod names;
mod pages;

pub use browse::{Filter, Place, find, page};
pub use editor::{edit, hide, mark_edited, set_pinned, set_times, set_topics, unhide};
pub use names::{Known, add_guid, add_url, find_known, same_title};
pub use pages::{Additions, Unread, add_from_page, merge, title_and_use, unread_pages};

/// How an article is recognised when it comes again.
#[derive(Debug, Clone)]
pub struct Identity<'a> {
    pub publication: PublicationId,
    pub feed: Option<FeedId>,
    pub guid: Option<&'a str>,
    pub url_key: &'a str,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    publication_id: Uuid,
    feed_id: Option<Uuid>,
    url: String,
    title: String,
    summary_html: String,
    summary_text: String,
    authors: String,
    image_url: Option<String>,
    image_alt: Option<String>,
    language: Option<String>,
    published_at: Option<Time>,
    updated_at: Option<Time>,
    first_seen_at: Time,
    words: Option<i64>,
    pinned_at: Option<Time>,
    hidden_at: Option<Time>,
    not_before: Option<Time>,
    expires_at: Option<Time>,
    feed_title: Option<String>,
    /// Slugs joined by commas, or NULL.
    topics: Option<String>,
}

impl TryFrom<Row> for Article {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
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
        topics.sort();
        Ok(Self {
            id: ArticleId(row.id),
            publication: PublicationId(row.publication_id),
            feed: row.feed_id.map(FeedId),
            feed_title: row.feed_title,
            content: ArticleContent {
                title: row.title,
                url: row.url,
                summary_html: row.summary_html,
                summary_text: row.summary_text,
                authors: row.authors.lines().map(str::to_owned).collect(),
                image_url: row.image_url,
                image_alt: row.image_alt,
                language: row.language,
                published_at: row.published_at,
                updated_at: row.updated_at,
                words: row.words.map(unsigned),
            },
            first_seen_at: row.first_seen_at,
            topics,
            pinned_at: row.pinned_at,
            hidden_at: row.hidden_at,
            not_before: row.not_before,
            expires_at: row.expires_at,
        })
    }
}

/// Adds an article; where another writer was first, the row that exists is kept. Returns the id
/// of the row and whether it is new.
pub async fn insert(
    tx: &mut Tx,
    id: ArticleId,
    identity: &Identity<'_>,
    content: &ArticleContent,
    now: Time,
) -> Result<(ArticleId, bool), StoreError> {
    let c = content;
    let kept: Uuid = on!(tx, |conn| {
        sqlx::query_scalar(
        "INSERT INTO articles (id, publication_id, feed_id, guid, url, url_key, title, summary_html,
            summary_text, authors, image_url, image_alt, language, published_at, updated_at, first_seen_at,
            title_key, words)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         ON CONFLICT (publication_id, url_key) DO UPDATE SET url_key = excluded.url_key
         RETURNING id"
    )
    .bind(id.0)
    .bind(identity.publication.0)
    .bind(identity.feed.map(|f| f.0))
    .bind(identity.guid)
    .bind(&c.url)
    .bind(identity.url_key)
    .bind(&c.title)
    .bind(&c.summary_html)
    .bind(&c.summary_text)
    .bind(c.authors.join("\n"))
    .bind(&c.image_url)
    .bind(&c.image_alt)
    .bind(&c.language)
    .bind(c.published_at)
    .bind(c.updated_at)
    .bind(now)
    .bind(title_key(&c.title))
    .bind(c.words.map(i64::from))
    .fetch_one(conn)
    .await
    })?;
    Ok((ArticleId(kept), kept == id.0))
}

/// Takes over an edit; true where something changed. Identity and first sight stay, and what the
/// page said where the feed says nothing.
pub async fn update(
    tx: &mut Tx,
    id: ArticleId,
    content: &ArticleContent,
) -> Result<bool, StoreError> {
    let c = content;
    let changed = on!(tx, |conn| {
        sqlx::query(
        "UPDATE articles SET title = $2, authors = $5, updated_at = $8, title_key = $10, words = $11,
            language = COALESCE($12, language),
            summary_html = CASE WHEN $3 = '' AND page_read_at IS NOT NULL THEN summary_html ELSE $3 END,
            summary_text = CASE WHEN $3 = '' AND page_read_at IS NOT NULL THEN summary_text ELSE $4 END,
            image_alt = CASE WHEN $6 IS NULL AND page_read_at IS NOT NULL THEN image_alt ELSE $7 END,
            image_url = CASE WHEN $6 IS NULL AND page_read_at IS NOT NULL THEN image_url ELSE $6 END,
            url = CASE WHEN page_read_at IS NULL THEN $9 ELSE url END
         WHERE id = $1 AND (title <> $2 OR authors <> $5 OR title_key <> $10
            OR (summary_html <> $3 AND ($3 <> '' OR page_read_at IS NULL))
            OR (url <> $9 AND page_read_at IS NULL)
            OR (COALESCE(image_url, '') <> COALESCE($6, '')
                AND ($6 IS NOT NULL OR page_read_at IS NULL)))"
    )
    .bind(id.0)
    .bind(&c.title)
    .bind(&c.summary_html)
    .bind(&c.summary_text)
    .bind(c.authors.join("\n"))
    .bind(&c.image_url)
    .bind(&c.image_alt)
    .bind(c.updated_at)
    .bind(&c.url)
    .bind(title_key(&c.title))
    .bind(c.words.map(i64::from))
    .bind(&c.language)
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
    })?;
    Ok(changed > 0)
}

/// Puts an article under a topic.
pub async fn add_topic(tx: &mut Tx, id: ArticleId, topic: TopicId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO article_topics (article_id, topic_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    )
    .bind(id.0)
    .bind(topic.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

// string_agg is known to both databases (SQLite 3.44 and later).
macro_rules! select_articles {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.publication_id, a.feed_id, a.url, a.title, a.summary_html, a.summary_text,
                a.authors, a.image_url, a.image_alt, a.language, a.published_at, a.updated_at,
                a.first_seen_at, a.words, a.pinned_at, a.hidden_at, a.not_before, a.expires_at,
                (SELECT f.title FROM feeds f WHERE f.id = a.feed_id) AS feed_title,
                (SELECT string_agg(t.slug, ',') FROM article_topics x JOIN topics t ON t.id = x.topic_id
                 WHERE x.article_id = a.id) AS topics
             FROM articles a ",
            $rest
        )
    };
}
use select_articles;

/// What a digest looks for.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    pub publication: PublicationId,
    pub digest: DigestId,
    /// First seen, released or shown again since then.
    pub seen_after: Time,
    pub now: Time,
    /// For a look at another day: what issues considered from then on does not count, and what came
    /// after it is not there.
    pub as_of: Option<Time>,
}

/// Articles that a digest has not considered yet and that may be shown, latest first.
pub async fn candidates(
    tx: &mut Tx,
    search: &Search,
    limit: i64,
) -> Result<Vec<Article>, StoreError> {
    let s = search;
    let rows = on!(tx, |conn| {
        sqlx::query_as::<_, Row>(select_articles!(
            "WHERE a.publication_id = $1
            AND (a.first_seen_at > $2 OR a.not_before > $2 OR a.unhidden_at > $2)
            AND a.hidden_at IS NULL
            AND (a.not_before IS NULL OR a.not_before <= $5)
            AND (a.expires_at IS NULL OR a.expires_at > $5)
            AND ($6 IS NULL OR a.first_seen_at <= $6)
            AND NOT EXISTS (SELECT 1 FROM issue_articles x JOIN issues i ON i.id = x.issue_id
                WHERE x.digest_id = $3 AND x.article_id = a.id AND ($6 IS NULL OR i.frozen_at < $6))
         ORDER BY a.first_seen_at DESC, COALESCE(a.published_at, a.first_seen_at) DESC, a.id DESC
         LIMIT $4"
        ))
        .bind(s.publication.0)
        .bind(s.seen_after)
        .bind(s.digest.0)
        .bind(limit)
        .bind(s.now)
        .bind(s.as_of)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(Article::try_from).collect()
}

/// The articles frozen into an issue, in their order.
pub async fn of_issue(tx: &mut Tx, issue: IssueId) -> Result<Vec<Article>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(select_articles!(
        "JOIN issue_articles i ON i.article_id = a.id
         WHERE i.issue_id = $1 AND NOT i.dropped ORDER BY i.place"
    ))
    .bind(issue.0)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Article::try_from).collect()
}

/// The articles of a publication seen last, of those that may be shown at `now`.
pub async fn latest(
    tx: &mut Tx,
    publication: PublicationId,
    now: Time,
    limit: i64,
) -> Result<Vec<Article>, StoreError> {
    let rows = on!(tx, |conn| {
        sqlx::query_as::<_, Row>(select_articles!(
            "WHERE a.publication_id = $1 AND a.hidden_at IS NULL
            AND (a.not_before IS NULL OR a.not_before <= $3)
            AND (a.expires_at IS NULL OR a.expires_at > $3)
         ORDER BY a.first_seen_at DESC, COALESCE(a.published_at, a.first_seen_at) DESC, a.id DESC
         LIMIT $2"
        ))
        .bind(publication.0)
        .bind(limit)
        .bind(now)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(Article::try_from).collect()
}

/// The languages that the articles of a publication name since a time.
pub async fn languages(
    tx: &mut Tx,
    publication: PublicationId,
    since: Time,
) -> Result<Vec<String>, StoreError> {
    let found = on!(tx, |conn| sqlx::query_scalar(
        "SELECT DISTINCT language FROM articles
         WHERE publication_id = $1 AND first_seen_at > $2 AND language IS NOT NULL"
    )
    .bind(publication.0)
    .bind(since)
    .fetch_all(conn)
    .await)?;
    Ok(found)
}
