//! `/api/v1/publications/{publication}/topics`: the parts of a publication that readers choose.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Editor};
use super::input::{Asked, Input, Named};
use super::once::made;
use super::page::{Page, Paging, changed, shown};
use super::problem::Problem;
use super::schemas::SlugText;
use super::unchanged::IfMatch;
use crate::domain::ids::PublicationId;
use crate::domain::publication::Topic;
use crate::domain::slug::Slug;
use crate::services::{manage_publication, remove_topic};
use crate::store::{Tx, publications};
use crate::web::Web;

/// A part of a publication.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Topic)]
pub(super) struct View {
    #[schema(examples("markets"))]
    slug: String,
    /// The name for people.
    #[schema(examples("Markets"))]
    name: String,
}

impl From<&Topic> for View {
    fn from(topic: &Topic) -> Self {
        Self {
            slug: topic.slug.to_string(),
            name: topic.name.clone(),
        }
    }
}

/// A new topic.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTopic)]
pub(super) struct New {
    slug: SlugText,
    #[schema(min_length = 1, max_length = 60, examples("Markets"))]
    name: String,
}

/// Another name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TopicChange)]
pub(super) struct Change {
    #[schema(min_length = 1, max_length = 60, examples("Markets and money"))]
    name: String,
}

/// Finds a topic of a publication.
async fn find(tx: &mut Tx, publication: PublicationId, slug: &str) -> Result<Topic, Problem> {
    let all = publications::topics(tx, publication).await?;
    let mut found = all.into_iter().filter(|topic| topic.slug.as_str() == slug);
    let missing = || Problem::NotFound(format!("There is no topic {slug:?}."));
    found.next().ok_or_else(missing)
}

/// Lists the topics of a publication, the oldest first.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/topics", tag = "Topics", operation_id = "listTopics",
    params(("publication" = String, Path, description = "Its slug."), Paging), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of topics.", body = Page<View>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Named(publication): Named<String>,
    Asked(paging): Asked<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &publication).await?;
    let all = publications::topics(&mut tx, publication.id).await?;
    let page = Page::of_all(
        all,
        &paging,
        |topic| topic.id.to_string(),
        |t| View::from(&t),
    )?;
    Ok(shown(&headers, &page))
}

/// Adds a topic to a publication.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/topics", tag = "Topics", operation_id = "addTopic",
    params(("publication" = String, Path, description = "Its slug.")), security(("token" = ["editor"])),
    request_body = New,
    responses((status = 201, description = "It is added.", body = View)))]
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
        let New { slug, name } = input.value;
        let id = publication.id;
        let topic = manage_publication::add_topic(&web.deps, id, slug.0, &name).await?;
        let place = format!(
            "/api/v1/publications/{}/topics/{}",
            publication.slug, topic.slug
        );
        Ok(made(place, &View::from(&topic)))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Shows a topic.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/topics/{topic}", tag = "Topics", operation_id = "showTopic",
    params(("publication" = String, Path, description = "Its slug."), ("topic" = String, Path, description = "Its slug.")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The topic.", body = View)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named((publication, topic)): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &publication).await?;
    let topic = find(&mut tx, publication.id, &topic).await?;
    Ok(shown(&headers, &View::from(&topic)))
}

/// Gives a topic another name for people; its slug stays.
#[utoipa::path(patch, path = "/api/v1/publications/{publication}/topics/{topic}", tag = "Topics", operation_id = "renameTopic",
    params(("publication" = String, Path, description = "Its slug."), ("topic" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])), request_body = Change,
    responses((status = 200, description = "As it is now.", body = View)))]
pub(super) async fn rename(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named((publication, topic)): Named<(String, String)>,
    known: IfMatch,
    input: Input<Change>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &publication).await?;
    let topic = find(&mut tx, publication.id, &topic).await?;
    drop(tx);
    if !known.holds(&View::from(&topic)) {
        return Err(Problem::Changed);
    }
    let slug: &Slug = &topic.slug;
    let name = &input.value.name;
    manage_publication::rename_topic(&web.deps, publication.id, slug, name).await?;
    let topic = Topic {
        name: name.trim().to_owned(),
        ..topic
    };
    Ok(changed(&View::from(&topic)))
}

/// Removes a topic.
///
/// Articles lose it, and so do feeds and rules that lead to it. Readers who chose no other stay
/// subscribed, and get nothing until they choose again. A topic that a digest is made of stays (409).
#[utoipa::path(delete, path = "/api/v1/publications/{publication}/topics/{topic}", tag = "Topics", operation_id = "removeTopic",
    params(("publication" = String, Path, description = "Its slug."), ("topic" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])),
    responses((status = 204, description = "It is removed.")))]
pub(super) async fn remove(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named((publication, topic)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &publication).await?;
    let topic = find(&mut tx, publication.id, &topic).await?;
    drop(tx);
    remove_topic::remove(&web.deps, publication.id, &topic.slug).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
