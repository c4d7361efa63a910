//! Looking through the articles of a publication.

use super::{Row, select_articles};
use crate::domain::article::{Article, Visibility};
use crate::domain::clock::Time;
use crate::domain::ids::{ArticleId, FeedId, PublicationId};
use crate::domain::slug::Slug;
use crate::store::{StoreError, Tx, on};

/// Which articles to list; what is not set does not narrow the list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub topic: Option<Slug>,
    pub feed: Option<FeedId>,
    /// Words in the title, small letters.
    pub title: Option<String>,
    pub seen_since: Option<Time>,
    pub pinned: bool,
    pub visibility: Option<Visibility>,
    pub language: Option<String>,
    /// Where the page before ended.
    pub after: Option<Place>,
}

/// An article's place in the list, which is known also when the article is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub seen_at: Time,
    pub dated_at: Time,
    pub id: ArticleId,
}

impl Place {
    pub fn of(article: &Article) -> Self {
        let seen_at = article.first_seen_at;
        Self {
            seen_at,
            dated_at: article.content.published_at.unwrap_or(seen_at),
            id: article.id,
        }
    }
}

/// Finds an article by id.
pub async fn find(tx: &mut Tx, id: ArticleId) -> Result<Option<Article>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(select_articles!(
        "WHERE a.id = $1"
    ))
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Article::try_from).transpose()
}

/// A page of a publication's articles, those seen last first.
pub async fn page(
    tx: &mut Tx,
    publication: PublicationId,
    filter: &Filter,
    now: Time,
    limit: i64,
) -> Result<Vec<Article>, StoreError> {
    let rows = on!(tx, |conn| {
        sqlx::query_as::<_, Row>(select_articles!(
        "WHERE a.publication_id = $1
            AND ($2 IS NULL OR EXISTS (SELECT 1 FROM article_topics x JOIN topics t ON t.id = x.topic_id
                WHERE x.article_id = a.id AND t.slug = $2))
            AND ($3 IS NULL OR a.feed_id = $3)
            AND ($4 IS NULL OR a.title_key LIKE '%' || $4 || '%')
            AND ($5 IS NULL OR a.first_seen_at >= $5)
            AND (NOT $6 OR a.pinned_at IS NOT NULL)
            AND ($7 IS NULL OR ($7 = CASE WHEN a.hidden_at IS NOT NULL THEN 'hidden'
                    WHEN a.not_before > $8 THEN 'embargoed'
                    WHEN a.expires_at <= $8 THEN 'expired' ELSE 'shown' END)
                OR ($7 = 'withheld'
                    AND (a.hidden_at IS NOT NULL OR a.not_before > $8 OR a.expires_at <= $8)))
            AND ($9 IS NULL OR a.language = $9 OR a.language LIKE $9 || '-%')
            AND ($10 IS NULL OR
                (a.first_seen_at, COALESCE(a.published_at, a.first_seen_at), a.id) < ($10, $12, $13))
         ORDER BY a.first_seen_at DESC, COALESCE(a.published_at, a.first_seen_at) DESC, a.id DESC
         LIMIT $11"
    ))
    .bind(publication.0)
    .bind(filter.topic.as_ref().map(Slug::as_str))
    .bind(filter.feed.map(|f| f.0))
    .bind(&filter.title)
    .bind(filter.seen_since)
    .bind(filter.pinned)
    .bind(filter.visibility.map(Visibility::as_str))
    .bind(now)
    .bind(&filter.language)
    .bind(filter.after.map(|place| place.seen_at))
    .bind(limit)
    .bind(filter.after.map(|place| place.dated_at))
    .bind(filter.after.map(|place| place.id.0))
    .fetch_all(conn)
    .await
    })?;
    rows.into_iter().map(Article::try_from).collect()
}
