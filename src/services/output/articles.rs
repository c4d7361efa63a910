//! Articles as JSON, as programs read them from the command line and the API.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::article::{Article, Withheld};
use crate::domain::clock::Time;
use crate::domain::ids::{ArticleId, FeedId};
use crate::domain::slug::Slug;
use crate::services::ingest_article::Ingested;

/// All that is known of an article.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ArticleFields)]
pub struct ArticleOutput<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: ArticleId,
    title: &'a str,
    url: &'a str,
    summary_html: &'a str,
    #[schema(value_type = Vec<String>)]
    topics: &'a [Slug],
    authors: &'a [String],
    language: Option<&'a str>,
    image_url: Option<&'a str>,
    image_alt: Option<&'a str>,
    #[schema(value_type = Option<String>, format = DateTime)]
    published_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Time>,
    #[schema(value_type = String, format = DateTime)]
    first_seen_at: Time,
    /// The feed that it came from; none where an editor or a program brought it.
    #[schema(value_type = Option<String>, format = "uuid")]
    feed: Option<FeedId>,
    words: Option<u32>,
    reading_minutes: usize,
    #[schema(value_type = Option<String>, format = DateTime)]
    pinned_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    hidden_at: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    not_before: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
    /// Why readers do not see it now, if they do not.
    withheld: Option<&'static str>,
}

impl<'a> ArticleOutput<'a> {
    pub fn new(article: &'a Article, now: Time) -> Self {
        let content = &article.content;
        Self {
            id: article.id,
            title: &content.title,
            url: &content.url,
            summary_html: &content.summary_html,
            topics: &article.topics,
            authors: &content.authors,
            language: content.language.as_deref(),
            image_url: content.image_url.as_deref(),
            image_alt: content.image_alt.as_deref(),
            published_at: content.published_at,
            updated_at: content.updated_at,
            first_seen_at: article.first_seen_at,
            feed: article.feed,
            words: content.words,
            reading_minutes: article.reading_minutes(),
            pinned_at: article.pinned_at,
            hidden_at: article.hidden_at,
            not_before: article.not_before,
            expires_at: article.expires_at,
            withheld: article.withheld(now).map(Withheld::as_str),
        }
    }
}

/// What became of an article that was given.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ArticleOutcome)]
pub struct OutcomeOutput<'a> {
    #[schema(value_type = String, format = "uuid")]
    pub id: ArticleId,
    /// As it was given.
    pub url: &'a str,
    /// `added`, `updated` or `unchanged`.
    pub outcome: &'static str,
}

impl<'a> OutcomeOutput<'a> {
    pub fn new(ingested: Ingested, url: &'a str) -> Self {
        Self {
            id: ingested.id(),
            url,
            outcome: ingested.as_str(),
        }
    }
}
