//! One webhook: of what it is told, its log, and calls that are made again.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono_tz::Tz;
use serde::Deserialize;

use super::error::{AdminError, sentence};
use super::forms::Errors;
use super::frame::{done, undone};
use super::posted::Posted;
use super::signed_in::Manages;
use super::webhook_form;
use super::webhooks::{Me, row, secret_made};
use crate::domain::ids::WebhookCallId;
use crate::domain::webhook::{Call, CallState, Webhook};
use crate::render::admin::frame::{Paging, State as Shown, Tone};
use crate::render::admin::nav::Section;
use crate::render::admin::webhooks::{CallRow, WebhookForm, WebhookPage};
use crate::render::admin::when::When;
use crate::services::manage_webhook::{self as service, WebhookChange, WebhookError};
use crate::store::webhook_calls::{self, Wanted};
use crate::store::webhooks;
use crate::web::Web;

/// Calls on a page.
const PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// Not empty: only calls that failed.
    #[serde(default)]
    failed: String,
    /// The call before which to go on.
    #[serde(default)]
    before: String,
}

async fn find(me: &Me, id: &str) -> Result<Webhook, AdminError> {
    let id = id.parse().map_err(|_| AdminError::NotFound)?;
    let mut tx = me.deps.store.read().await?;
    let found = webhooks::find(&mut tx, id).await?;
    found.ok_or(AdminError::NotFound)
}

fn path(webhook: &Webhook) -> String {
    format!("/admin/webhooks/{}", webhook.id)
}

/// `GET /admin/webhooks/{id}`
pub(super) async fn show(
    State(web): State<Web>,
    me: Me,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let webhook = find(&me, &id).await?;
    let page = page(&me, &webhook, &asked, webhook_form::of(&webhook)).await?;
    me.page(&web, &page)
}

async fn page(
    me: &Me,
    webhook: &Webhook,
    asked: &Asked,
    form: WebhookForm,
) -> Result<WebhookPage, AdminError> {
    let framing = me.frame(Section::Webhooks, &webhook.url).await?;
    let before: Option<WebhookCallId> = asked.before.parse().ok();
    let only_failed = !asked.failed.is_empty();
    let wanted = Wanted {
        webhook: Some(webhook.id),
        state: only_failed.then_some(CallState::Failed),
        before,
    };
    let mut tx = me.deps.store.read().await?;
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut calls = webhook_calls::log(&mut tx, &wanted, limit).await?;
    let tallies = webhook_calls::tallies(&mut tx).await?;
    drop(tx);
    let has_more = calls.len() > PAGE;
    calls.truncate(PAGE);
    let filter = if only_failed { "failed=yes" } else { "" };
    let next = calls.last().filter(|_| has_more);
    let next = next.map(|call| format!("{}?{filter}&before={}", path(webhook), call.id));
    let old = webhook.secret.old.as_ref().map(|(_, until)| *until);
    Ok(WebhookPage {
        webhook: row(webhook, &framing, &tallies),
        is_disabled: webhook.disabled_at.is_some(),
        created: When::at(webhook.created_at, framing.zone),
        failing: When::maybe(webhook.failing_since, framing.zone),
        old_secret: When::maybe(old.filter(|until| *until > me.deps.now()), framing.zone),
        form,
        calls: calls.iter().map(|c| call_row(c, framing.zone)).collect(),
        only_failed,
        paging: Paging {
            first_url: before.map(|_| format!("{}?{filter}", path(webhook))),
            next_url: next,
        },
        frame: framing.frame,
    })
}

fn call_row(call: &Call, zone: Tz) -> CallRow {
    let tone = match call.state {
        CallState::Pending if call.attempts > 0 => Tone::Warn,
        CallState::Pending | CallState::Sending => Tone::Busy,
        CallState::Sent => Tone::Good,
        CallState::Failed => Tone::Bad,
    };
    let next = (call.state == CallState::Pending).then_some(call.next_attempt_at);
    CallRow {
        id: call.id.to_string(),
        event: call.event.kind.to_string(),
        at: When::at(call.event.at, zone),
        state: Shown::new(call.state, tone),
        attempts: call.attempts,
        status: call.status,
        text: call.trouble.clone().or_else(|| call.reply.clone()),
        next: When::maybe(next, zone),
        data: format!("{:#}", call.event.data),
        has_ended: matches!(call.state, CallState::Sent | CallState::Failed),
    }
}

/// `POST /admin/webhooks/{id}`
pub(super) async fn save(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, fields }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let webhook = find(&me, &id).await?;
    let change = WebhookChange {
        url: Some(fields.text("url").trim().to_owned()),
        events: Some(webhook_form::events(&fields).map_err(AdminError::Refused)?),
        with_addresses: Some(fields.ticked("with_addresses")),
    };
    match service::update(&me.deps, webhook.id, change).await {
        Ok(webhook) => Ok(done(&web, &path(&webhook), "Saved.")),
        Err(WebhookError::Url(why)) => {
            let errors = Errors::from([("url", sentence(&why.to_string()))]);
            let form = webhook_form::again(&fields, &errors);
            let page = page(&me, &webhook, &Asked::default(), form).await?;
            me.refused(&web, &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /admin/webhooks/{id}/rotate-secret`
pub(super) async fn rotate_secret(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let webhook = find(&me, &id).await?;
    let (webhook, secret) = service::rotate_secret(&me.deps, webhook.id).await?;
    secret_made(&web, &me, &webhook, &secret).await
}

/// `POST /admin/webhooks/{id}/disable`
pub(super) async fn disable(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let webhook = find(&me, &id).await?;
    service::disable(&me.deps, webhook.id).await?;
    Ok(done(&web, &path(&webhook), "It is called no more."))
}

/// `POST /admin/webhooks/{id}/enable`
pub(super) async fn enable(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let webhook = find(&me, &id).await?;
    service::enable(&me.deps, webhook.id).await?;
    let text = "It is told of what happens from now on.";
    Ok(done(&web, &path(&webhook), text))
}

/// `POST /admin/webhooks/{id}/remove`
pub(super) async fn remove(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let webhook = find(&me, &id).await?;
    service::remove(&me.deps, webhook.id).await?;
    let text = format!("{} is removed, with its log.", webhook.url);
    Ok(done(&web, "/admin/webhooks", text))
}

/// `POST /admin/webhooks/{id}/test`
pub(super) async fn test(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let webhook = find(&me, &id).await?;
    let text = "A ping is on its way: the log below shows what comes of it.";
    let tested = service::test(&me.deps, webhook.id).await;
    said(&web, &webhook, tested.map(|_| text.to_owned()))
}

/// `POST /admin/webhooks/{id}/replay`: one call, or all that failed.
pub(super) async fn replay(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, fields }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let webhook = find(&me, &id).await?;
    let made = match fields.optional("call") {
        Some(call) => {
            let call = call_of(&me, &webhook, call).await?;
            service::replay(&me.deps, call).await.map(|()| 1)
        }
        None => service::replay_failed(&me.deps, Some(webhook.id)).await,
    };
    let text = made.map(|number| match number {
        0 => "No call has failed.".to_owned(),
        1 => "1 call is made again.".to_owned(),
        _ => format!("{number} calls are made again."),
    });
    said(&web, &webhook, text)
}

/// The call that a form names, if it is one of the webhook.
async fn call_of(me: &Me, webhook: &Webhook, id: &str) -> Result<WebhookCallId, AdminError> {
    let id = id.parse().map_err(|_| AdminError::NotFound)?;
    let mut tx = me.deps.store.read().await?;
    let call = webhook_calls::find(&mut tx, id).await?;
    let mine = call.filter(|call| call.webhook == webhook.id);
    mine.map(|call| call.id).ok_or(AdminError::NotFound)
}

/// Says what was done, or why nothing was.
fn said(
    web: &Web,
    webhook: &Webhook,
    result: Result<String, WebhookError>,
) -> Result<Response, AdminError> {
    match result {
        Ok(text) => Ok(done(web, &path(webhook), text)),
        Err(error @ (WebhookError::Disabled(_) | WebhookError::Open)) => {
            Ok(undone(web, &path(webhook), sentence(&error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}
