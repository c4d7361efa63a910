//! `/api/v1/feeds`: where articles come from.

use std::collections::{BTreeMap, HashMap};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Nothing;
use super::caller::{Caller, Editor};
use super::feed_view::Fetched;
use super::input::{Asked, Input, Named};
use super::once::{done, made};
use super::page::{Page, Paging, changed, shown};
use super::problem::Problem;
use super::schemas::{EveryText, SlugText, changes};
use super::unchanged::IfMatch;
use crate::domain::article::check_url;
use crate::domain::feed::{Every, Feed, FeedState};
use crate::domain::ids::{FeedId, PublicationId};
use crate::domain::publication::Publication;
use crate::domain::slug::Slug;
use crate::services::discover_feed::{Found, discover};
use crate::services::fetch_feed::{self, FeedError};
use crate::services::manage_feed::{self, FeedEdits, NewFeed};
use crate::services::output::feeds::FeedOutput;
use crate::store::feeds::{self, Change as Asking, hubs};
use crate::store::idempotency_keys::Answer;
use crate::store::{Tx, publications};
use crate::web::Web;

/// Where a feed goes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Target {
    /// The slug of the publication.
    #[param(required)]
    publication: Option<String>,
}

/// Which feeds to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those of this publication, by its slug.
    publication: Option<String>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// A new feed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewFeed)]
pub(super) struct New {
    /// The address of the feed, or of a page that offers just one.
    #[schema(examples("https://example.org/feed.xml"))]
    url: String,
    /// Topics that every article of the feed belongs to.
    #[serde(default)]
    topics: Vec<SlugText>,
    /// Categories of the feed and the topics that they mean.
    #[serde(default)]
    mapping: BTreeMap<String, SlugText>,
    /// auto where it is not given.
    every: Option<EveryText>,
    /// Read the articles' pages for what the feed leaves out.
    #[serde(default)]
    article_pages: bool,
    /// Connect the address as it is, without looking at it.
    #[serde(default)]
    unchecked: bool,
}

changes! {
    /// What is to change about a feed; what is left out stays.
    #[schema(as = FeedChange)]
    Change {
        url: String,
        every: EveryText,
        article_pages: bool,
        /// Further topics of all its articles.
        topics: Vec<SlugText>,
        /// Further categories, or other topics for those that are mapped.
        mapping: BTreeMap<String, SlugText>,
    }
}

fn slugs(texts: Vec<SlugText>) -> Vec<Slug> {
    texts.into_iter().map(|text| text.0).collect()
}

fn mapping(texts: BTreeMap<String, SlugText>) -> BTreeMap<String, Slug> {
    let topics = texts.into_iter();
    topics
        .map(|(category, topic)| (category, topic.0))
        .collect()
}

impl From<Change> for FeedEdits {
    fn from(change: Change) -> Self {
        Self {
            url: change.url,
            asking: Asking {
                every: change.every.map(|every| every.0),
                article_pages: change.article_pages,
            },
            topics: slugs(change.topics.unwrap_or_default()),
            mapping: mapping(change.mapping.unwrap_or_default()),
        }
    }
}

/// Finds a feed that the caller reaches, and its publication.
async fn find(tx: &mut Tx, caller: &Caller, id: &str) -> Result<(Publication, Feed), Problem> {
    let missing = || Problem::NotFound(format!("There is no feed {id:?}."));
    let known: FeedId = id.parse().map_err(|_| missing())?;
    let found = feeds::find(tx, known).await?;
    let feed = found.filter(|feed| caller.reaches(feed.publication));
    let feed = feed.ok_or_else(missing)?;
    let publication = publications::find(tx, feed.publication).await?;
    Ok((publication.ok_or_else(missing)?, feed))
}

/// A feed as it is now.
async fn view(web: &Web, caller: &Caller, id: &str) -> Result<FeedOutput, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (publication, feed) = find(&mut tx, caller, id).await?;
    let hub = hubs::of_feed(&mut tx, feed.id).await?;
    Ok(FeedOutput::new(
        publication.slug.as_str(),
        &feed,
        hub.as_ref(),
        web.deps.now(),
    ))
}

/// Lists feeds, the oldest first.
#[utoipa::path(get, path = "/api/v1/feeds", tag = "Feeds", operation_id = "listFeeds",
    params(Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of feeds.", body = Page<FeedOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = web.deps.now();
    let mut tx = web.deps.store.read().await?;
    let of = match &wanted.publication {
        Some(slug) => Some(caller.publication(&mut tx, slug).await?.id),
        None => None,
    };
    let all = publications::list(&mut tx).await?;
    let all: HashMap<PublicationId, Publication> = all.into_iter().map(|p| (p.id, p)).collect();
    let hubs = hubs::list(&mut tx).await?;
    let mut found = feeds::list(&mut tx, of).await?;
    drop(tx);
    found.retain(|feed| caller.reaches(feed.publication) && all.contains_key(&feed.publication));
    let paging = Paging {
        limit: wanted.limit,
        cursor: wanted.cursor,
    };
    let show = |feed: Feed| {
        let hub = hubs.iter().find(|hub| hub.feed == Some(feed.id));
        FeedOutput::new(all[&feed.publication].slug.as_str(), &feed, hub, now)
    };
    let page = Page::of_all(found, &paging, |feed| feed.id.to_string(), show)?;
    Ok(shown(&headers, &page))
}

/// Connects a feed to a publication.
///
/// The address is looked at first: a page leads to the feed that it offers, and one that offers
/// several is refused with their addresses.
#[utoipa::path(post, path = "/api/v1/feeds", tag = "Feeds", operation_id = "addFeed",
    params(Target), security(("token" = ["editor"])), request_body = New,
    responses((status = 201, description = "It is connected, and fetched soon.", body = FeedOutput)))]
pub(super) async fn add(
    State(web): State<Web>,
    Editor(caller): Editor,
    Asked(target): Asked<Target>,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let slug = target.publication.as_deref();
    let publication = caller.named_publication(&mut tx, slug).await?;
    drop(tx);
    let work = async {
        let new = input.value;
        let url = if new.unchecked {
            new.url
        } else {
            address(&web, new.url).await?
        };
        let new = NewFeed {
            publication: publication.id,
            url,
            topics: slugs(new.topics),
            mapping: mapping(new.mapping),
            every: new.every.map_or(Every::Adaptive, |every| every.0),
            article_pages: new.article_pages,
        };
        let feed = manage_feed::add(&web.deps, new).await?;
        let view = FeedOutput::new(publication.slug.as_str(), &feed, None, web.deps.now());
        Ok(made(format!("/api/v1/feeds/{}", feed.id), &view))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// The address of the feed that an address is of, or leads to.
async fn address(web: &Web, url: String) -> Result<String, Problem> {
    check_url(&url).map_err(|error| Problem::field("url", error))?;
    match discover(&web.deps, &url).await? {
        Found::Feed { url, .. } => Ok(url),
        Found::Several(offers) => {
            let urls: Vec<&str> = offers.iter().map(|offer| offer.url.as_str()).collect();
            let all = urls.join(", ");
            let detail = format!("it is a page that offers several feeds; send one of {all}");
            Err(Problem::field("url", detail))
        }
        // Nobody answers now, which says nothing of the feed.
        Found::Unreachable(_) => Ok(url),
    }
}

/// Shows a feed.
#[utoipa::path(get, path = "/api/v1/feeds/{id}", tag = "Feeds", operation_id = "showFeed",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The feed.", body = FeedOutput)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(shown(&headers, &view(&web, &caller, &id).await?))
}

/// Changes a feed; what is left out stays.
#[utoipa::path(patch, path = "/api/v1/feeds/{id}", tag = "Feeds", operation_id = "updateFeed",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    request_body = Change,
    responses((status = 200, description = "As it is now.", body = FeedOutput)))]
pub(super) async fn update(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    known: IfMatch,
    input: Input<Change>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (publication, feed) = find(&mut tx, &caller, &id).await?;
    let hub = hubs::of_feed(&mut tx, feed.id).await?;
    drop(tx);
    let now = web.deps.now();
    let slug = publication.slug.as_str();
    let still = |feed: &Feed| known.holds(&FeedOutput::new(slug, feed, hub.as_ref(), now));
    manage_feed::update_if(&web.deps, feed.id, input.value.into(), still).await?;
    Ok(changed(&view(&web, &caller, &id).await?))
}

/// Disconnects a feed; its articles stay.
#[utoipa::path(delete, path = "/api/v1/feeds/{id}", tag = "Feeds", operation_id = "removeFeed",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 204, description = "It is disconnected.")))]
pub(super) async fn remove(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (_, feed) = find(&mut tx, &caller, &id).await?;
    drop(tx);
    manage_feed::remove(&web.deps, feed.id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Fetches a feed now.
///
/// Waits until it is done. A feed that cannot be fetched is told in `error`, as it will stand with
/// the feed.
#[utoipa::path(post, path = "/api/v1/feeds/{id}/fetch", tag = "Feeds", operation_id = "fetchFeed",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 200, description = "What came of it.", body = Fetched)))]
pub(super) async fn fetch(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (_, feed) = find(&mut tx, &caller, &id).await?;
    drop(tx);
    let work = async {
        let fetched = match fetch_feed::fetch_by_hand(&web.deps, feed.id).await {
            Ok(report) => Fetched::from(report),
            Err(FeedError::Store(error)) => return Err(error.into()),
            Err(error) => Fetched::failed(&error),
        };
        Ok(done(&fetched))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Asks a feed no more until it is resumed.
#[utoipa::path(post, path = "/api/v1/feeds/{id}/pause", tag = "Feeds", operation_id = "pauseFeed",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = FeedOutput)))]
pub(super) async fn pause(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = set_state(&web, &caller, &id, FeedState::Paused);
    input.once.carry_out(&web, &caller, work).await
}

/// Asks a feed again.
#[utoipa::path(post, path = "/api/v1/feeds/{id}/resume", tag = "Feeds", operation_id = "resumeFeed",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = FeedOutput)))]
pub(super) async fn resume(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = set_state(&web, &caller, &id, FeedState::Active);
    input.once.carry_out(&web, &caller, work).await
}

async fn set_state(
    web: &Web,
    caller: &Caller,
    id: &str,
    state: FeedState,
) -> Result<Answer, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (_, feed) = find(&mut tx, caller, id).await?;
    drop(tx);
    manage_feed::set_state(&web.deps, feed.id, state).await?;
    Ok(done(&view(web, caller, id).await?))
}
