//! `/api/v1/publications/{publication}/digests/{digest}/draft` and `.../coming`: the coming issue of a
//! digest, and what is wanted of it.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Editor};
use super::digests::find;
use super::input::{Input, Named};
use super::page::{changed, shown};
use super::problem::Problem;
use super::schemas::At;
use super::unchanged::IfMatch;
use crate::domain::draft::{Decision, Draft};
use crate::domain::ids::{ArticleId, DigestId};
use crate::services::coming_issue::{self, Placed, Spot};
use crate::services::edit_draft;
use crate::web::Web;

/// What is wanted of the coming issue of a digest. The issue that comes takes it, and it is empty again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Draft)]
pub(super) struct View {
    /// Counts up with every change, also when an issue has taken the rest.
    version: i64,
    /// The template of the subject; null: that of the digest.
    subject: Option<String>,
    /// Markdown before the articles; null: that of the digest.
    intro: Option<String>,
    /// The ids of articles in the order that is wanted; others stand behind them.
    order: Vec<String>,
    /// What else is wanted of single articles.
    articles: Vec<DecisionView>,
    changed_at: Option<At>,
    /// Who changed it last; empty where an issue has taken it.
    changed_by: String,
}

/// What is wanted of an article.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
struct DecisionView {
    id: String,
    /// Whether it stands before all that are not pinned; null: as it is with the article.
    pinned: Option<bool>,
    /// Not in this issue, nor in a later one of the digest.
    dropped: bool,
    /// Null: its own.
    title: Option<String>,
    /// Markdown; null: its own.
    summary: Option<String>,
}

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

/// The coming issue as it is now, for who takes all topics.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Coming {
    /// The number that it will have.
    number: i64,
    /// Why nothing would go out now; null where an issue would.
    nothing: Option<String>,
    articles: Vec<ComingArticle>,
}

/// An article of the coming issue.
#[derive(Debug, Serialize, ToSchema)]
struct ComingArticle {
    id: String,
    /// As the issue shows it.
    title: String,
    url: String,
    place: Place,
    /// The topic under which it stands; null for none.
    topic: Option<String>,
    pinned: bool,
}

/// Where an article stands: `headline` without a summary, `none` beyond the most articles of the digest.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ComingPlace)]
enum Place {
    Lead,
    Section,
    Headline,
    None,
    Dropped,
}

impl From<&Draft> for View {
    fn from(draft: &Draft) -> Self {
        let placed = draft.articles.iter();
        let mut order: Vec<_> = placed.filter_map(|(id, d)| Some((d.place?, id))).collect();
        order.sort();
        let says = |d: &Decision| d.pinned.is_some() || d.dropped || d.edits();
        let articles = draft.articles.iter().filter(|(_, d)| says(d));
        Self {
            version: draft.version,
            subject: draft.subject.clone(),
            intro: draft.intro.clone(),
            order: order.into_iter().map(|(_, id)| id.to_string()).collect(),
            articles: articles
                .map(|(id, d)| DecisionView {
                    id: id.to_string(),
                    pinned: d.pinned,
                    dropped: d.dropped,
                    title: d.title.clone(),
                    summary: d.summary.clone(),
                })
                .collect(),
            changed_at: draft.changed_at.map(At),
            changed_by: draft.changed_by.clone(),
        }
    }
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
    responses((status = 200, description = "What is wanted.", body = View)))]
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
    Ok(shown(&headers, &View::from(&draft)))
}

/// Says what is wanted of the coming issue, instead of all that was; an empty object takes all back.
///
/// 422 where an article is not one of the coming issue.
#[utoipa::path(put, path = "/api/v1/publications/{publication}/digests/{digest}/draft", tag = "Digests", operation_id = "putDraft",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])), request_body = Wanted,
    responses((status = 200, description = "As it is now.", body = View),
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
    if !known.holds(&View::from(&present)) {
        return Err(Problem::Changed);
    }
    let wanted = input.value.of(digest.id);
    let kept = edit_draft::replace(&web.deps, &digest, Some(present.version), wanted).await?;
    Ok(changed(&View::from(&kept)))
}

/// Shows which articles would go out now, and where they would stand.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/digests/{digest}/coming", tag = "Digests", operation_id = "showComingIssue",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The coming issue.", body = Coming)))]
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
    let mut articles = Vec::new();
    for (spot, placed) in &look.parts {
        articles.extend(placed.iter().map(|placed| article(spot, placed)));
    }
    let dropped = look.dropped.iter().map(|placed| ComingArticle {
        place: Place::Dropped,
        ..article(&Spot::NoRoom, placed)
    });
    articles.extend(dropped);
    let view = Coming {
        number: look.number,
        nothing: look.nothing,
        articles,
    };
    Ok(shown(&headers, &view))
}

fn article(spot: &Spot, placed: &Placed) -> ComingArticle {
    let (place, topic) = match spot {
        Spot::Lead => (Place::Lead, placed.shown.topics.first()),
        Spot::Section(topic) => (Place::Section, topic.as_ref()),
        Spot::Also => (Place::Headline, placed.shown.topics.first()),
        Spot::NoRoom => (Place::None, placed.shown.topics.first()),
    };
    ComingArticle {
        id: placed.shown.id.to_string(),
        title: placed.shown.content.title.clone(),
        url: placed.shown.content.url.clone(),
        place,
        topic: topic.map(ToString::to_string),
        pinned: placed.shown.pinned_at.is_some(),
    }
}
