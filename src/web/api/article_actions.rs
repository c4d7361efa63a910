//! What editors do with an article: change it, hide it, pin it.

use axum::extract::State;
use axum::response::Response;

use super::Nothing;
use super::articles::{Listed, find};
use super::caller::{Caller, Editor};
use super::input::{Input, Named};
use super::once::done;
use super::page::changed;
use super::problem::Problem;
use super::schemas::{At, SlugText, changes};
use super::unchanged::IfMatch;
use crate::domain::article::Article;
use crate::domain::ids::ArticleId;
use crate::services::edit_article::{self, EditError, Edits};
use crate::store::idempotency_keys::Answer;
use crate::web::Web;

changes! {
    /// What an editor changes about an article; what is left out stays. Feeds leave alone from then on
    /// what an editor has changed.
    #[schema(as = ArticleChange)]
    Change {
        #[schema(min_length = 1, max_length = 1000)]
        title: String,
        url: String,
        /// Markdown, in which HTML is allowed.
        summary_markdown: String,
        authors: Vec<String>,
        image_url: Option<String>,
        image_alt: Option<String>,
        language: Option<String>,
        /// Those from now on, instead of those that it has.
        topics: Vec<SlugText>,
        not_before: Option<At>,
        expires_at: Option<At>,
    }
}

impl From<Change> for Edits {
    fn from(change: Change) -> Self {
        let time = |given: Option<Option<At>>| given.map(|at| at.map(|at| at.0));
        let topics = change.topics.map(|all| all.into_iter().map(|slug| slug.0));
        Self {
            title: change.title,
            url: change.url,
            summary: change.summary_markdown,
            authors: change.authors,
            image_url: change.image_url,
            image_alt: change.image_alt,
            language: change.language,
            topics: topics.map(Iterator::collect),
            not_before: time(change.not_before),
            expires_at: time(change.expires_at),
        }
    }
}

/// Changes an article; what is left out stays.
#[utoipa::path(patch, path = "/api/v1/articles/{id}", tag = "Articles", operation_id = "updateArticle",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    request_body = Change,
    responses((status = 200, description = "As it is now.", body = Listed<'static>)))]
pub(super) async fn update(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    known: IfMatch,
    input: Input<Change>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (publication, article) = find(&mut tx, &caller, &id).await?;
    drop(tx);
    let now = web.deps.now();
    let still = |article: &Article| known.holds(&Listed::new(&publication.slug, article, now));
    let edits = input.value.into();
    let article = edit_article::update_if(&web.deps, article.id, edits, still).await?;
    Ok(changed(&Listed::new(&publication.slug, &article, now)))
}

/// Takes an article out of everything that has not gone out yet.
#[utoipa::path(post, path = "/api/v1/articles/{id}/hide", tag = "Articles", operation_id = "hideArticle",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = Listed<'static>)))]
pub(super) async fn hide(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let hide = async |id| edit_article::hide(&web.deps, id).await;
    let work = act(&web, &caller, &id, hide);
    input.once.carry_out(&web, &caller, work).await
}

/// Shows a hidden article again.
#[utoipa::path(post, path = "/api/v1/articles/{id}/unhide", tag = "Articles", operation_id = "unhideArticle",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = Listed<'static>)))]
pub(super) async fn unhide(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let unhide = async |id| edit_article::unhide(&web.deps, id).await;
    let work = act(&web, &caller, &id, unhide);
    input.once.carry_out(&web, &caller, work).await
}

/// Pins an article before all others.
#[utoipa::path(post, path = "/api/v1/articles/{id}/pin", tag = "Articles", operation_id = "pinArticle",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = Listed<'static>)))]
pub(super) async fn pin(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let pin = async |id| edit_article::pin(&web.deps, id, true).await;
    let work = act(&web, &caller, &id, pin);
    input.once.carry_out(&web, &caller, work).await
}

/// Pins an article no more.
#[utoipa::path(post, path = "/api/v1/articles/{id}/unpin", tag = "Articles", operation_id = "unpinArticle",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = Listed<'static>)))]
pub(super) async fn unpin(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let unpin = async |id| edit_article::pin(&web.deps, id, false).await;
    let work = act(&web, &caller, &id, unpin);
    input.once.carry_out(&web, &caller, work).await
}

/// Does something to an article that the caller reaches, and shows it as it is then.
async fn act(
    web: &Web,
    caller: &Caller,
    id: &str,
    what: impl AsyncFnOnce(ArticleId) -> Result<Article, EditError>,
) -> Result<Answer, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (publication, article) = find(&mut tx, caller, id).await?;
    drop(tx);
    let article = what(article.id).await?;
    let view = Listed::new(&publication.slug, &article, web.deps.now());
    Ok(done(&view))
}
