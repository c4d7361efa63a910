//! Editors decide about an article: its text, its topics, whether and when it is shown.

use serde_json::json;
use thiserror::Error;

use super::Deps;
use super::article_input::markdown_html;
use super::audit::note;
use super::ingest_article::{IngestError, topic_ids};
use crate::domain::article::{
    Article, ArticleContent, ArticleUrlError, TimesError, check_times, check_url, language_tag,
};
use crate::domain::audit::{Change, Kind};
use crate::domain::clock::Time;
use crate::domain::ids::ArticleId;
use crate::domain::slug::Slug;
use crate::domain::text::{self, LineError};
use crate::feeds::sanitize::{plain_line, plain_text, summary_html};
use crate::store::{StoreError, Tx, articles, publications};

/// Why a decision was refused.
#[derive(Debug, Error)]
pub enum EditError {
    #[error("there is no article {0}; `paperround article list` shows them")]
    Unknown(ArticleId),
    #[error("the article has changed since it was read")]
    Changed,
    #[error("{0:?} is not a language tag such as en or pt-BR")]
    Language(String),
    #[error(transparent)]
    Title(#[from] LineError),
    #[error(transparent)]
    Url(#[from] ArticleUrlError),
    #[error(transparent)]
    Times(#[from] TimesError),
    #[error(transparent)]
    Topic(IngestError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an editor changes; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    pub title: Option<String>,
    pub url: Option<String>,
    /// Markdown, in which HTML is allowed.
    pub summary: Option<String>,
    pub authors: Option<Vec<String>>,
    pub image_url: Option<Option<String>>,
    pub image_alt: Option<Option<String>>,
    pub language: Option<Option<String>>,
    pub topics: Option<Vec<Slug>>,
    pub not_before: Option<Option<Time>>,
    pub expires_at: Option<Option<Time>>,
}

impl Edits {
    fn touches_text(&self) -> bool {
        self.title.is_some()
            || self.url.is_some()
            || self.summary.is_some()
            || self.authors.is_some()
            || self.image_url.is_some()
            || self.image_alt.is_some()
            || self.language.is_some()
    }
}

/// Takes an article out of everything that has not gone out yet.
pub async fn hide(deps: &Deps, id: ArticleId) -> Result<Article, EditError> {
    let mut tx = known(deps, id).await?;
    articles::hide(&mut tx, id, deps.now()).await?;
    committed(deps, tx, id, "hide").await
}

/// Shows a hidden article again.
pub async fn unhide(deps: &Deps, id: ArticleId) -> Result<Article, EditError> {
    let mut tx = known(deps, id).await?;
    articles::unhide(&mut tx, id, deps.now()).await?;
    committed(deps, tx, id, "unhide").await
}

/// Pins an article before all others, or no more.
pub async fn pin(deps: &Deps, id: ArticleId, pinned: bool) -> Result<Article, EditError> {
    let mut tx = known(deps, id).await?;
    articles::set_pinned(&mut tx, id, pinned.then(|| deps.now())).await?;
    committed(deps, tx, id, if pinned { "pin" } else { "unpin" }).await
}

/// Changes an article. Feeds leave alone from then on what an editor has changed.
pub async fn update(deps: &Deps, id: ArticleId, edits: Edits) -> Result<Article, EditError> {
    update_if(deps, id, edits, |_| true).await
}

/// The same where the article is `still` as whoever changes it has read it.
pub async fn update_if(
    deps: &Deps,
    id: ArticleId,
    edits: Edits,
    still: impl FnOnce(&Article) -> bool,
) -> Result<Article, EditError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    let mut article = articles::find(&mut tx, id)
        .await?
        .ok_or(EditError::Unknown(id))?;
    if !still(&article) {
        return Err(EditError::Changed);
    }
    let touches_text = edits.touches_text();
    let topics = edits.topics.clone();
    article.not_before = edits.not_before.unwrap_or(article.not_before);
    article.expires_at = edits.expires_at.unwrap_or(article.expires_at);
    check_times(article.not_before, article.expires_at)?;
    articles::set_times(&mut tx, id, article.not_before, article.expires_at).await?;
    if touches_text {
        apply(&mut article, edits)?;
        articles::edit(&mut tx, id, &article.content, now).await?;
    }
    if let Some(topics) = topics {
        let all = publications::topics(&mut tx, article.publication).await?;
        let ids = topic_ids(&all, &topics).map_err(EditError::Topic)?;
        articles::set_topics(&mut tx, id, &ids, now).await?;
    }
    committed(deps, tx, id, "change").await
}

fn apply(article: &mut Article, edits: Edits) -> Result<(), EditError> {
    let content = &mut article.content;
    if let Some(title) = edits.title {
        content.title = text::line("the title", &plain_line(&title), 1000)?;
    }
    if let Some(url) = edits.url {
        content.url = check_url(&url)?.to_string();
    }
    if let Some(summary) = edits.summary {
        set_summary(content, &summary);
    }
    if let Some(authors) = edits.authors {
        let names = authors.iter().map(|name| plain_line(name));
        content.authors = names.filter(|name| !name.is_empty()).collect();
    }
    if let Some(image) = edits.image_url {
        content.image_url = match image {
            Some(url) => Some(check_url(&url)?.to_string()),
            None => None,
        };
    }
    if let Some(alt) = edits.image_alt {
        content.image_alt = alt.map(|alt| plain_line(&alt));
    }
    if let Some(language) = edits.language {
        content.language = match language {
            Some(tag) => Some(language_tag(&tag).ok_or(EditError::Language(tag))?),
            None => None,
        };
    }
    Ok(())
}

/// Gives an article a summary that was written in Markdown.
pub(super) fn set_summary(content: &mut ArticleContent, markdown: &str) {
    let base = check_url(&content.url).ok();
    content.summary_html = summary_html(&markdown_html(markdown), base.as_ref());
    content.summary_text = plain_text(&content.summary_html);
}

async fn known(deps: &Deps, id: ArticleId) -> Result<Tx, EditError> {
    let mut tx = deps.store.begin().await?;
    match articles::find(&mut tx, id).await? {
        Some(_) => Ok(tx),
        None => Err(EditError::Unknown(id)),
    }
}

async fn committed(
    deps: &Deps,
    mut tx: Tx,
    id: ArticleId,
    verb: &'static str,
) -> Result<Article, EditError> {
    let article = articles::find(&mut tx, id).await?;
    let article = article.ok_or(EditError::Unknown(id))?;
    let entry = Change::of(verb, Kind::Article, id).within(article.publication);
    let after = json!({ "title": article.content.title, "url": article.content.url });
    note(deps, &mut tx, entry.to(after)).await?;
    tx.commit().await?;
    Ok(article)
}
