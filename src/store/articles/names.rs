//! The further names of an article: other addresses and ids, and its title.

use sqlx::FromRow;
use uuid::Uuid;

use super::Identity;
use crate::domain::clock::Time;
use crate::domain::ids::{ArticleId, FeedId, PublicationId};
use crate::store::{StoreError, Tx, on};

/// What is known of an article that has come again.
#[derive(Debug, Clone, FromRow)]
pub struct Known {
    id: Uuid,
    feed_id: Option<Uuid>,
    pub url_key: String,
    pub guid: Option<String>,
    edited_at: Option<Time>,
    topics_set_at: Option<Time>,
}

impl Known {
    pub fn id(&self) -> ArticleId {
        ArticleId(self.id)
    }

    /// The feed that the article is from.
    pub fn feed(&self) -> Option<FeedId> {
        self.feed_id.map(FeedId)
    }

    /// Whether the text is an editor's.
    pub fn is_edited(&self) -> bool {
        self.edited_at.is_some()
    }

    /// Whether the topics are an editor's.
    pub fn has_topics(&self) -> bool {
        self.topics_set_at.is_some()
    }
}

/// Finds the article that an item is: by the page's address, else by the feed's own id for it, be it
/// the first or one that was learnt later.
pub async fn find_known(tx: &mut Tx, identity: &Identity<'_>) -> Result<Option<Known>, StoreError> {
    Ok(on!(tx, |conn| {
        sqlx::query_as(
        "SELECT a.id, a.feed_id, a.url_key, a.guid, a.edited_at, a.topics_set_at
         FROM articles a JOIN (
            SELECT id, 0 AS rank FROM articles WHERE publication_id = $1 AND url_key = $2
            UNION ALL SELECT article_id, 1 FROM article_urls WHERE publication_id = $1 AND url_key = $2
            UNION ALL SELECT id, 2 FROM articles
                WHERE publication_id = $1 AND feed_id = $3 AND guid = $4
            UNION ALL SELECT article_id, 3 FROM article_guids WHERE feed_id = $3 AND guid = $4
         ) found ON found.id = a.id ORDER BY found.rank LIMIT 1"
    )
    .bind(identity.publication.0)
    .bind(identity.url_key)
    .bind(identity.feed.map(|f| f.0))
    .bind(identity.guid)
    .fetch_optional(conn)
    .await
    })?)
}

/// Gives an article one more address, unless it is known already.
pub async fn add_url(
    tx: &mut Tx,
    id: ArticleId,
    publication: PublicationId,
    url_key: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO article_urls (publication_id, url_key, article_id)
        SELECT $1, $2, $3 WHERE NOT EXISTS
            (SELECT 1 FROM articles WHERE publication_id = $1 AND url_key = $2)
        ON CONFLICT DO NOTHING";
    add_name(tx, sql, publication.0, url_key, id).await
}

/// Gives an article one more id of a feed, unless it is known already.
pub async fn add_guid(
    tx: &mut Tx,
    id: ArticleId,
    feed: FeedId,
    guid: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO article_guids (feed_id, guid, article_id)
        SELECT $1, $2, $3 WHERE NOT EXISTS
            (SELECT 1 FROM articles WHERE feed_id = $1 AND guid = $2)
        ON CONFLICT DO NOTHING";
    add_name(tx, sql, feed.0, guid, id).await
}

/// Runs a statement that keeps a name, `$2`, of an article, `$3`, where the name is one of `$1`.
async fn add_name(
    tx: &mut Tx,
    sql: &'static str,
    owner: Uuid,
    name: &str,
    id: ArticleId,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(sql)
        .bind(owner)
        .bind(name)
        .bind(id.0)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// An article under the same title.
#[derive(Debug, Clone, FromRow)]
pub struct SameTitle {
    #[sqlx(flatten)]
    pub known: Known,
    published_at: Option<Time>,
    first_seen_at: Time,
    pub summary_text: String,
}

impl SameTitle {
    /// The time to compare by.
    pub fn dated(&self) -> Time {
        self.published_at
            .map_or(self.first_seen_at, |t| t.min(self.first_seen_at))
    }
}

/// The articles of a publication under a title since a time, the latest first; a few are enough.
pub async fn same_title(
    tx: &mut Tx,
    publication: PublicationId,
    title_key: &str,
    since: Time,
) -> Result<Vec<SameTitle>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(
        "SELECT id, feed_id, url_key, guid, edited_at, topics_set_at, published_at, first_seen_at,
            summary_text
         FROM articles WHERE publication_id = $1 AND title_key = $2 AND first_seen_at > $3
         ORDER BY first_seen_at DESC, id DESC LIMIT 10"
    )
    .bind(publication.0)
    .bind(title_key)
    .bind(since)
    .fetch_all(conn)
    .await)?)
}
