//! `/api/v1/subscribers`: readers, found and shown, added, exported and erased.

use std::collections::HashSet;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::caller::{Caller, Editor, Owner};
use super::cursor;
use super::input::{Asked, Input, Named};
use super::once::{done, made};
use super::page::{Page, limit, shown};
use super::problem::Problem;
use super::schemas::{AddressText, SlugText};
use super::subscriber_view::{Brief, SubscriptionView, Whole, WholeSubscription};
use crate::domain::ids::SubscriberId;
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::Subscription;
use crate::services::add_reader::{self, NewReader};
use crate::services::{erase, export_reader};
use crate::store::subscribers::{self, Found, Search};
use crate::store::{
    Tx, bounces, consents, digests, ledger, publications, subscriptions, suppressions,
};
use crate::web::Web;

/// Which readers to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The beginning of the address, or all of it, or @ and a domain.
    #[param(max_length = 254)]
    find: Option<String>,
    /// Only readers of this publication, by its slug, whatever the state of their subscription. A token
    /// that reaches several, but not all, has to name one.
    publication: Option<String>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// The publication that a reader is added to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Target {
    /// The slug of the publication.
    #[param(required)]
    publication: Option<String>,
}

/// A new reader.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSubscriber)]
pub(super) struct New {
    email: AddressText,
    #[schema(max_length = 100)]
    name: Option<String>,
    /// The language of pages and mails.
    #[schema(max_length = 35)]
    language: Option<String>,
    /// The topics that are wanted; empty or left out for all.
    #[serde(default)]
    topics: Vec<SlugText>,
    /// The digests that are taken; empty or left out for the first.
    #[serde(default)]
    digests: Vec<SlugText>,
    /// What the reader agreed to, where you vouch for that, kept as evidence. They are confirmed at once
    /// then; else a mail asks them.
    #[schema(min_length = 1, max_length = 10_000)]
    consent: Option<String>,
}

/// What became of a reader who was added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddedSubscriber)]
pub(super) struct AddedReader {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    email: String,
    publication: String,
    /// Whether the subscription is new.
    added: bool,
    /// confirmed, pending (a mail asks them), or unchanged.
    #[schema(examples("pending"))]
    state: &'static str,
}

/// Finds a reader that the caller may know of, with the subscriptions that the caller reaches: with
/// none of these they are not there.
pub(super) async fn find(
    tx: &mut Tx,
    caller: &Caller,
    id: &str,
) -> Result<(Subscriber, Vec<Subscription>), Problem> {
    let missing = || Problem::NotFound(format!("There is no subscriber {id:?}."));
    let known: SubscriberId = id.parse().map_err(|_| missing())?;
    let found = subscribers::find(tx, known).await?;
    let found = found.filter(|s| s.erased_at.is_none() && s.merged_into.is_none());
    let subscriber = found.ok_or_else(missing)?;
    let mut places = Vec::new();
    for one in export_reader::everyone(tx, subscriber.id).await? {
        places.extend(subscriptions::of_subscriber(tx, one).await?);
    }
    places.retain(|place| caller.reaches(place.publication));
    if places.is_empty() && !caller.0.reaches_all() {
        return Err(missing());
    }
    Ok((subscriber, places))
}

/// Lists readers in the order of their addresses.
#[utoipa::path(get, path = "/api/v1/subscribers", tag = "Subscribers", operation_id = "listSubscribers",
    params(Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of readers.", body = Page<Brief>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(wanted.limit)?;
    let after = wanted.cursor.as_deref().map(cursor::text).transpose()?;
    let mut tx = web.deps.store.read().await?;
    let search = Search {
        text: &wanted.find.unwrap_or_default().trim().to_lowercase(),
        publication: caller.scope(&mut tx, wanted.publication.as_deref()).await?,
        after: &after.unwrap_or_default(),
        limit: limit + 1,
    };
    let rows = subscribers::search(&mut tx, &search).await?;
    let mut known = publications::list(&mut tx).await?;
    drop(tx);
    known.retain(|publication| caller.reaches(publication.id));
    let reached: HashSet<&str> = known.iter().map(|p| p.slug.as_str()).collect();
    let readers = rows.chunk_by(|a, b| a.id == b.id);
    let readers: Vec<(&Found, &[Found])> = readers
        .filter_map(|rows| Some((rows.first()?, rows)))
        .collect();
    let place = |(last, _): &(&Found, _)| cursor::of_text(&last.email.to_lowercase());
    let page = Page::of(readers, limit, place, |(reader, rows)| {
        Brief::new(reader, rows, |slug| reached.contains(slug))
    });
    Ok(shown(&headers, &page))
}

/// Adds a reader to a publication.
///
/// A reader who is there already is not changed; one who has left comes back only by signing up, and
/// a suppressed address stays out.
#[utoipa::path(post, path = "/api/v1/subscribers", tag = "Subscribers", operation_id = "addSubscriber",
    params(Target), security(("token" = ["editor"])), request_body = New,
    responses((status = 201, description = "The subscription is new.", body = AddedReader),
        (status = 200, description = "It was there.", body = AddedReader)))]
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
    let new = input.value.reader(&caller)?;
    let work = async {
        let added = add_reader::add(&web.deps, &publication, &new).await?;
        let mut tx = web.deps.store.read().await?;
        let found = subscribers::find_by_email(&mut tx, &new.email).await?;
        let id = found.ok_or_else(Problem::nothing_here)?.id.0;
        let told = AddedReader {
            id,
            email: new.email.to_string(),
            publication: publication.slug.to_string(),
            added: added.is_new,
            state: added.state.as_str(),
        };
        Ok(if added.is_new {
            made(format!("/api/v1/subscribers/{id}"), &told)
        } else {
            done(&told)
        })
    };
    input.once.carry_out(&web, &caller, work).await
}

impl New {
    fn reader(self, caller: &Caller) -> Result<NewReader, Problem> {
        let consent = self.consent.map(|text| text.trim().to_owned());
        if consent.as_deref() == Some("") {
            return Err(Problem::field(
                "consent",
                "give the text that was agreed to",
            ));
        }
        Ok(NewReader {
            email: self.email.0,
            name: self.name.unwrap_or_default(),
            language: self.language.unwrap_or_default(),
            topics: self.topics.into_iter().map(|slug| slug.0).collect(),
            digests: self.digests.into_iter().map(|slug| slug.0).collect(),
            consent,
            source: format!("token {}", caller.0.name),
        })
    }
}

/// Shows all that is known of a reader, as far as the token reaches: choices, evidence of consent, and
/// what was sent.
#[utoipa::path(get, path = "/api/v1/subscribers/{id}", tag = "Subscribers", operation_id = "showSubscriber",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The reader.", body = Whole)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (subscriber, places) = find(&mut tx, &caller, &id).await?;
    let hash = web.deps.keys.email_hash(&subscriber.email);
    let suppressed = suppressions::find(&mut tx, hash).await?;
    let mut whole = Whole {
        id: subscriber.id.0,
        email: subscriber.email.to_string(),
        name: subscriber.name,
        suppressed: suppressed.map(Into::into),
        subscriptions: Vec::new(),
    };
    for place in places {
        whole
            .subscriptions
            .extend(with_history(&mut tx, &place).await?);
    }
    Ok(shown(&headers, &whole))
}

async fn with_history(
    tx: &mut Tx,
    place: &Subscription,
) -> Result<Option<WholeSubscription>, Problem> {
    let Some(publication) = publications::find(tx, place.publication).await? else {
        return Ok(None);
    };
    let all = digests::list(tx, publication.id).await?;
    let consents = consents::list(tx, place.id).await?;
    let received = ledger::of_subscription(tx, place.id).await?;
    let bounced = bounces::of_subscription(tx, place.id).await?;
    Ok(Some(WholeSubscription {
        subscription: SubscriptionView::new(&publication, &all, place),
        consents: consents.into_iter().map(Into::into).collect(),
        deliveries: received.into_iter().map(Into::into).collect(),
        bounces: bounced.into_iter().map(Into::into).collect(),
    }))
}

/// All that is kept about a reader, as one document for them.
///
/// For a token that reaches all publications. docs/operations.md describes the document.
#[utoipa::path(get, path = "/api/v1/subscribers/{id}/export", tag = "Subscribers", operation_id = "exportSubscriber",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 200, description = "The document.", body = Object)))]
pub(super) async fn export(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (subscriber, _) = find(&mut tx, &caller, &id).await?;
    drop(tx);
    caller.must_reach_all()?;
    let document: Option<Value> = export_reader::export(&web.deps, &subscriber.email).await?;
    let document = document.ok_or_else(Problem::nothing_here)?;
    Ok(shown(&headers, &document))
}

/// Takes away everything about a reader, at once and for good.
///
/// A keyed hash of the address stays among the suppressed ones, so that no import brings them back.
/// For a token that reaches all publications.
#[utoipa::path(delete, path = "/api/v1/subscribers/{id}", tag = "Subscribers", operation_id = "eraseSubscriber",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    responses((status = 204, description = "Everything is gone.")))]
pub(super) async fn erase_one(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (subscriber, _) = find(&mut tx, &caller, &id).await?;
    drop(tx);
    caller.must_reach_all()?;
    erase::by_operator(&web.deps, &subscriber.email).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
