//! `/api/v1/publications/{publication}/topic-rules`: what puts articles under topics.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::{Caller, Editor};
use super::input::{Asked, Input, Named};
use super::once::made;
use super::page::{Page, Paging, shown};
use super::problem::Problem;
use super::schemas::{RuleFieldWord, SlugText};
use crate::domain::topic_rule::TopicRule;
use crate::services::manage_topic_rule as service;
use crate::services::output::topic_rules::TopicRuleOutput;
use crate::store::topic_rules;
use crate::web::Web;

/// A new rule; it holds for articles that come from now on, and for those that stand in the feeds without a topic.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTopicRule)]
pub(super) struct New {
    topic: SlugText,
    field: RuleFieldWord,
    /// What to look for; in titles and categories words from their beginning, in addresses anywhere.
    #[schema(min_length = 1, max_length = 200, examples("wind power"))]
    contains: String,
}

/// Lists the rules of a publication, the oldest first.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/topic-rules", tag = "Topics", operation_id = "listTopicRules",
    params(("publication" = String, Path, description = "Its slug."), Paging), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of rules.", body = Page<TopicRuleOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Named(publication): Named<String>,
    Asked(paging): Asked<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &publication).await?;
    let all = topic_rules::list(&mut tx, publication.id).await?;
    let key = |rule: &TopicRule| rule.id.to_string();
    let page = Page::of_all(all, &paging, key, |rule| TopicRuleOutput::from(&rule))?;
    Ok(shown(&headers, &page))
}

/// Adds a rule.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/topic-rules", tag = "Topics", operation_id = "addTopicRule",
    params(("publication" = String, Path, description = "Its slug.")), security(("token" = ["editor"])),
    request_body = New,
    responses((status = 201, description = "It is added.", body = TopicRuleOutput)))]
pub(super) async fn add(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(publication): Named<String>,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &publication).await?;
    drop(tx);
    let work = async {
        let New {
            topic,
            field,
            contains,
        } = input.value;
        let id = publication.id;
        let rule = service::add(&web.deps, id, topic.0, field.0, &contains).await?;
        let slug = &publication.slug;
        let place = format!("/api/v1/publications/{slug}/topic-rules/{}", rule.id);
        Ok(made(place, &TopicRuleOutput::from(&rule)))
    };
    input.once.carry_out(&web, &caller, work).await
}

async fn find(web: &Web, caller: &Caller, names: &(String, String)) -> Result<TopicRule, Problem> {
    let (publication, id) = names;
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, publication).await?;
    let all = topic_rules::list(&mut tx, publication.id).await?;
    let mut found = all.into_iter().filter(|rule| rule.id.to_string() == *id);
    let missing = || Problem::NotFound(format!("There is no rule {id:?}."));
    found.next().ok_or_else(missing)
}

/// Shows a rule.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/topic-rules/{id}", tag = "Topics", operation_id = "showTopicRule",
    params(("publication" = String, Path, description = "Its slug."), ("id" = String, Path, description = "Its id.")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The rule.", body = TopicRuleOutput)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let rule = find(&web, &caller, &names).await?;
    Ok(shown(&headers, &TopicRuleOutput::from(&rule)))
}

/// Removes a rule; articles keep their topics.
#[utoipa::path(delete, path = "/api/v1/publications/{publication}/topic-rules/{id}", tag = "Topics", operation_id = "removeTopicRule",
    params(("publication" = String, Path, description = "Its slug."), ("id" = String, Path, description = "Its id.")),
    security(("token" = ["editor"])),
    responses((status = 204, description = "It is removed.")))]
pub(super) async fn remove(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<(String, String)>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let rule = find(&web, &caller, &names).await?;
    service::remove(&web.deps, rule.id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
