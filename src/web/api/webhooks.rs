//! `/api/v1/webhooks`: programs elsewhere that are told of events, for owners.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Owner};
use super::input::{Asked, Input, Named};
use super::once::{made, without_secret};
use super::page::{Page, Paging, changed, shown};
use super::problem::Problem;
use super::schemas::{EventWord, SlugText, changes};
use super::unchanged::IfMatch;
use crate::domain::webhook::{EventChoice, Webhook};
use crate::services::manage_webhook::{self as service, NewWebhook, WebhookChange};
use crate::services::output::slugs;
use crate::services::output::webhooks::WebhookOutput;
use crate::store::{Tx, webhook_calls, webhooks};
use crate::web::Web;

/// A webhook with the secret that its calls are signed with, shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookWithSecret)]
pub(super) struct WithSecret {
    #[serde(flatten)]
    pub about: WebhookOutput,
    /// A repetition with the same Idempotency-Key gets null here, since the secret is not kept.
    #[schema(examples("whsec_4f1c..."))]
    pub secret: Option<String>,
}

/// A new webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook)]
pub(super) struct New {
    /// The slug of the only publication of which it is told; left out: all, and what concerns none.
    publication: Option<SlugText>,
    /// An https:// address.
    #[schema(max_length = 2000, examples("https://crm.example.org/hook"))]
    url: String,
    /// Of what it is told; empty or left out for all.
    #[serde(default)]
    events: Vec<EventWord>,
    /// Whether it gets the addresses of readers; else their ids alone.
    #[serde(default)]
    with_addresses: bool,
}

changes! {
    /// What is to change about a webhook.
    #[schema(as = WebhookChange)]
    Change {
        /// An https:// address.
        url: String,
        /// Instead of those known; empty for all.
        events: Vec<EventWord>,
        with_addresses: bool,
    }
}

fn choice(words: &[EventWord]) -> Result<EventChoice, Problem> {
    let chosen = EventChoice::new(words.iter().map(|word| word.0));
    chosen.map_err(|error| Problem::field("events", error))
}

/// Finds a webhook that the caller reaches.
pub(super) async fn find(tx: &mut Tx, caller: &Caller, id: &str) -> Result<Webhook, Problem> {
    let missing = || Problem::NotFound(format!("There is no webhook {id:?}."));
    let known = id.parse().map_err(|_| missing())?;
    let found = webhooks::find(tx, known).await?;
    found.filter(|w| reaches(caller, w)).ok_or_else(missing)
}

fn reaches(caller: &Caller, webhook: &Webhook) -> bool {
    caller.reaches_what(webhook.publication)
}

/// A webhook as it is now.
pub(super) async fn view(web: &Web, webhook: &Webhook) -> Result<WebhookOutput, Problem> {
    let mut tx = web.deps.store.read().await?;
    let slugs = slugs(&mut tx).await?;
    let tallies = webhook_calls::tallies(&mut tx).await?;
    Ok(WebhookOutput::new(webhook, &slugs, &tallies))
}

/// Lists the webhooks, the oldest first.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "Webhooks", operation_id = "listWebhooks",
    params(Paging), security(("token" = ["owner"])),
    responses((status = 200, description = "A page of webhooks.", body = Page<WebhookOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    Owner(caller): Owner,
    Asked(paging): Asked<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let slugs = slugs(&mut tx).await?;
    let tallies = webhook_calls::tallies(&mut tx).await?;
    let mut all = webhooks::list(&mut tx).await?;
    drop(tx);
    all.retain(|webhook| reaches(&caller, webhook));
    let key = |webhook: &Webhook| webhook.id.to_string();
    let show = |webhook: Webhook| WebhookOutput::new(&webhook, &slugs, &tallies);
    Ok(shown(&headers, &Page::of_all(all, &paging, key, show)?))
}

/// Adds a webhook, and tells its secret this once.
///
/// It is told of what happens from now on. One that is told of all publications is for a token that
/// reaches all.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "Webhooks", operation_id = "addWebhook",
    security(("token" = ["owner"])), request_body = New,
    responses((status = 201, description = "It is added.", body = WithSecret)))]
pub(super) async fn add(
    State(web): State<Web>,
    Owner(caller): Owner,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let New {
        publication,
        url,
        events,
        with_addresses,
    } = input.value;
    let publication = match publication {
        Some(slug) => {
            let mut tx = web.deps.store.read().await?;
            let found = caller.publication(&mut tx, slug.0.as_str()).await;
            Some(found?.id)
        }
        None => {
            caller.must_reach_all()?;
            None
        }
    };
    let new = NewWebhook {
        publication,
        url,
        events: choice(&events)?,
        with_addresses,
    };
    let work = async {
        let (webhook, secret) = service::add(&web.deps, new).await?;
        let told = WithSecret {
            about: view(&web, &webhook).await?,
            secret: Some(secret.reveal()),
        };
        Ok(made(format!("/api/v1/webhooks/{}", webhook.id), &told))
    };
    let once = &input.once;
    once.carry_out_keeping(&web, &caller, work, without_secret)
        .await
}

/// Shows a webhook, its secret not.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}", tag = "Webhooks", operation_id = "showWebhook",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    responses((status = 200, description = "The webhook.", body = WebhookOutput)))]
pub(super) async fn show(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let webhook = find(&mut tx, &caller, &id).await?;
    drop(tx);
    Ok(shown(&headers, &view(&web, &webhook).await?))
}

/// Changes a webhook; what is left out stays.
#[utoipa::path(patch, path = "/api/v1/webhooks/{id}", tag = "Webhooks", operation_id = "updateWebhook",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    request_body = Change,
    responses((status = 200, description = "As it is now.", body = WebhookOutput)))]
pub(super) async fn update(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    known: IfMatch,
    input: Input<Change>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let webhook = find(&mut tx, &caller, &id).await?;
    let slugs = slugs(&mut tx).await?;
    let tallies = webhook_calls::tallies(&mut tx).await?;
    drop(tx);
    let Change {
        url,
        events,
        with_addresses,
    } = input.value;
    let change = WebhookChange {
        url,
        events: events.as_deref().map(choice).transpose()?,
        with_addresses,
    };
    let still = |present: &Webhook| known.holds(&WebhookOutput::new(present, &slugs, &tallies));
    let webhook = service::update_if(&web.deps, webhook.id, change, still).await?;
    Ok(changed(&view(&web, &webhook).await?))
}

/// Removes a webhook with its log.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "Webhooks", operation_id = "removeWebhook",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    responses((status = 204, description = "It is removed.")))]
pub(super) async fn remove(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let webhook = find(&mut tx, &caller, &id).await?;
    drop(tx);
    service::remove(&web.deps, webhook.id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
