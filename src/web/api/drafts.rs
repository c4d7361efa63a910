//! `/api/v1/publications/{publication}/digests/{digest}/draft` and `.../coming`: the coming issue of a
//! digest, and what is wanted of it.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::{Caller, Editor};
use super::digests::find;
use super::input::{Input, Named};
use super::page::{changed, shown};
use super::problem::Problem;
use super::unchanged::IfMatch;
use crate::domain::draft::{Decision, Draft};
use crate::domain::ids::{ArticleId, DigestId};
use crate::services::output::drafts::{ComingOutput, DraftOutput};
use crate::services::{coming_issue, edit_draft};
use crate::web::Web;

/// What is to be wanted of the coming issue, instead of all that was.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DraftInput)]
pub(super) struct Wanted {
    /// The template of the subject, with `{{ headline }}` and others.
    #[serde(default)]
    #[schema(max_length = 200)]
    subject: Option<String>,
    /// Markdown before the articles.
    #[serde(default)]
    #[schema(max_length = 4000)]
    intro: Option<String>,
    /// The ids of articles of the coming issue in the order that is wanted.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 500)]
    order: Vec<ArticleId>,
    /// What else is wanted of articles of the coming issue.
    #[serde(default)]
    #[schema(max_items = 500)]
    articles: Vec<DecisionInput>,
}

/// What is to be wanted of an article.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DecisionInput)]
struct DecisionInput {
    #[schema(value_type = String, format = "uuid")]
    id: ArticleId,
    #[serde(default)]
    pinned: Option<bool>,
    #[serde(default)]
    dropped: bool,
    #[serde(default)]
    #[schema(max_length = 1000)]
    title: Option<String>,
    /// Markdown.
    #[serde(default)]
    #[schema(max_length = 4000)]
    summary: Option<String>,
}

impl Wanted {
    fn of(self, digest: DigestId) -> Draft {
        let mut articles: BTreeMap<ArticleId, Decision> = BTreeMap::new();
        for input in self.articles {
            let decision = Decision {
                place: None,
                pinned: input.pinned,
                dropped: input.dropped,
                title: input.title,
                summary: input.summary,
            };
            articles.insert(input.id, decision);
        }
        let mut draft = Draft {
            subject: self.subject,
            intro: self.intro,
            articles,
            ..Draft::none(digest)
        };
        if !self.order.is_empty() {
            draft.set_order(&self.order);
        }
        draft
    }
}

/// Shows what is wanted of the coming issue.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/digests/{digest}/draft", tag = "Digests", operation_id = "showDraft",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "What is wanted.", body = DraftOutput)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (_, digest) = find(&mut tx, &caller, &names).await?;
    drop(tx);
    let draft = edit_draft::find(&web.deps, digest.id).await?;
    Ok(shown(&headers, &DraftOutput::from(&draft)))
}

/// Says what is wanted of the coming issue, instead of all that was; an empty object takes all back.
///
/// 422 where an article is not one of the coming issue.
#[utoipa::path(put, path = "/api/v1/publications/{publication}/digests/{digest}/draft", tag = "Digests", operation_id = "putDraft",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])), request_body = Wanted,
    responses((status = 200, description = "As it is now.", body = DraftOutput),
        (status = 412, description = "It has changed since.")))]
pub(super) async fn put(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<(String, String)>,
    known: IfMatch,
    input: Input<Wanted>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (_, digest) = find(&mut tx, &caller, &names).await?;
    drop(tx);
    let present = edit_draft::find(&web.deps, digest.id).await?;
    if !known.holds(&DraftOutput::from(&present)) {
        return Err(Problem::Changed);
    }
    let wanted = input.value.of(digest.id);
    let kept = edit_draft::replace(&web.deps, &digest, Some(present.version), wanted).await?;
    Ok(changed(&DraftOutput::from(&kept)))
}

/// Shows which articles would go out now, and where they would stand.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/digests/{digest}/coming", tag = "Digests", operation_id = "showComingIssue",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The coming issue.", body = ComingOutput)))]
pub(super) async fn coming(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (_, digest) = find(&mut tx, &caller, &names).await?;
    drop(tx);
    let look = coming_issue::look(&web.deps, &digest).await?;
    let view = ComingOutput::from(&look);
    Ok(shown(&headers, &view))
}
