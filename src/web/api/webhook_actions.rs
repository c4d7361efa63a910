//! What is done with a webhook: called or not, tried, its calls listed and made again.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Nothing;
use super::caller::{Caller, Owner};
use super::cursor;
use super::input::{Asked, Input, Named};
use super::once::{accepted, done, without_secret};
use super::page::{Page, limit, shown};
use super::problem::Problem;
use super::schemas::CallStateWord;
use super::webhooks::{WithSecret, find, view};
use crate::domain::ids::{WebhookCallId, WebhookId};
use crate::domain::webhook::{Call, Webhook};
use crate::services::manage_webhook as service;
use crate::services::output::webhooks::{CallOutput, WebhookOutput};
use crate::store::webhook_calls;
use crate::web::Web;

/// Which calls to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those in this state.
    #[param(inline, value_type = Option<CallStateWord>)]
    state: Option<CallStateWord>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// What to make again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    /// A call of this webhook that has ended; all that failed where it is not given.
    #[schema(value_type = Option<String>, format = "uuid")]
    call: Option<WebhookCallId>,
}

/// What is made again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Replayed {
    /// How many calls.
    replayed: u64,
}

/// A call to look for in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pinged {
    #[schema(value_type = String, format = "uuid")]
    call: WebhookCallId,
}

async fn found(web: &Web, caller: &Caller, id: &str) -> Result<Webhook, Problem> {
    let mut tx = web.deps.store.read().await?;
    find(&mut tx, caller, id).await
}

/// Lists the calls of a webhook that are kept, the latest first.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/calls", tag = "Webhooks", operation_id = "listWebhookCalls",
    params(("id" = String, Path, description = "Its id."), Wanted), security(("token" = ["owner"])),
    responses((status = 200, description = "A page of calls.", body = Page<CallOutput>)))]
pub(super) async fn calls(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    Asked(asked): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(asked.limit)?;
    let mut tx = web.deps.store.read().await?;
    let webhook = find(&mut tx, &caller, &id).await?;
    let wanted = webhook_calls::Wanted {
        webhook: Some(webhook.id),
        state: asked.state.map(|word| word.0),
        before: asked.cursor.as_deref().map(place).transpose()?,
    };
    let calls = webhook_calls::log(&mut tx, &wanted, limit + 1).await?;
    let place = |last: &Call| cursor::of_text(&last.id.to_string());
    let page = Page::of(calls, limit, place, CallOutput::from);
    Ok(shown(&headers, &page))
}

fn place(cursor: &str) -> Result<WebhookCallId, Problem> {
    let id = cursor::text(cursor)?.parse();
    id.map_err(|_| cursor::foreign())
}

/// Makes calls again: one that has ended, or all that failed, under the same ids.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/replay", tag = "Webhooks", operation_id = "replayWebhookCalls",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    request_body = Option<Replay>,
    responses((status = 200, description = "What is made again.", body = Replayed)))]
pub(super) async fn replay(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    input: Input<Option<Replay>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let webhook = found(&web, &caller, &id).await?.id;
    let call = input.value.unwrap_or_default().call;
    let work = async {
        let replayed = match call {
            Some(call) => {
                must_be_of(&web, webhook, call).await?;
                service::replay(&web.deps, call).await?;
                1
            }
            None => service::replay_failed(&web.deps, Some(webhook)).await?,
        };
        Ok(done(&Replayed { replayed }))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Refuses a call that is none of the webhook.
async fn must_be_of(web: &Web, webhook: WebhookId, id: WebhookCallId) -> Result<(), Problem> {
    let mut tx = web.deps.store.read().await?;
    let call = webhook_calls::find(&mut tx, id).await?;
    match call.filter(|call| call.webhook == webhook) {
        Some(_) => Ok(()),
        None => Err(Problem::field("call", "the webhook has no such call")),
    }
}

/// Sends a `ping`, whatever the webhook chose; the list of calls tells what came of it.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", tag = "Webhooks", operation_id = "testWebhook",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    responses((status = 202, description = "It is on its way.", body = Pinged)))]
pub(super) async fn test(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let webhook = found(&web, &caller, &id).await?;
    let work = async {
        let call = service::test(&web.deps, webhook.id).await?;
        Ok(accepted(&Pinged { call }))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Makes a new secret, and tells it this once; the one before signs along for a day.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/rotate-secret", tag = "Webhooks", operation_id = "rotateWebhookSecret",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    responses((status = 200, description = "The webhook with its new secret.", body = WithSecret)))]
pub(super) async fn rotate_secret(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let webhook = found(&web, &caller, &id).await?;
    let work = async {
        let (webhook, secret) = service::rotate_secret(&web.deps, webhook.id).await?;
        let about = view(&web, &webhook).await?;
        let secret = Some(secret.reveal());
        Ok(done(&WithSecret { about, secret }))
    };
    let once = &input.once;
    once.carry_out_keeping(&web, &caller, work, without_secret)
        .await
}

/// Calls a webhook no more; what it was still to be told counts as failed.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/disable", tag = "Webhooks", operation_id = "disableWebhook",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = WebhookOutput)))]
pub(super) async fn disable(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let webhook = found(&web, &caller, &id).await?;
    let work = async {
        let webhook = service::disable(&web.deps, webhook.id).await?;
        Ok(done(&view(&web, &webhook).await?))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Calls a webhook again, of what happens from now on.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/enable", tag = "Webhooks", operation_id = "enableWebhook",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    responses((status = 200, description = "As it is now.", body = WebhookOutput)))]
pub(super) async fn enable(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let webhook = found(&web, &caller, &id).await?;
    let work = async {
        let webhook = service::enable(&web.deps, webhook.id).await?;
        Ok(done(&view(&web, &webhook).await?))
    };
    input.once.carry_out(&web, &caller, work).await
}
