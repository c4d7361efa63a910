//! Owners say which programs elsewhere are told of events.

use axum::extract::State;
use axum::response::Response;

use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::forms::Errors;
use super::frame::Framing;
use super::posted::Posted;
use super::signed_in::{Manages, SignedIn};
use super::webhook_form;
use crate::domain::webhook::{CallState, Webhook, WebhookSecret, WebhookState};
use crate::render::admin::frame::{State as Shown, Tone};
use crate::render::admin::nav::Section;
use crate::render::admin::webhooks::{WebhookRow, WebhookSecretPage, WebhooksPage};
use crate::services::manage_webhook::{self as service, NewWebhook, WebhookError};
use crate::store::webhook_calls::Tally;
use crate::store::{webhook_calls, webhooks};
use crate::web::Web;

pub(super) type Me = SignedIn<Manages>;

/// `GET /admin/webhooks`
pub(super) async fn show(State(web): State<Web>, me: Me) -> Result<Response, AdminError> {
    let page = page(&me, &Fields::default(), &Errors::new()).await?;
    me.page(&web, &page)
}

async fn page(me: &Me, values: &Fields, errors: &Errors) -> Result<WebhooksPage, AdminError> {
    let framing = me.frame(Section::Webhooks, "Webhooks").await?;
    let mut tx = me.deps.store.read().await?;
    let all = webhooks::list(&mut tx).await?;
    let tallies = webhook_calls::tallies(&mut tx).await?;
    drop(tx);
    Ok(WebhooksPage {
        webhooks: all.iter().map(|w| row(w, &framing, &tallies)).collect(),
        form: webhook_form::blank(&framing.publications, values, errors),
        frame: framing.frame,
    })
}

/// How a webhook is doing.
pub(super) fn row(webhook: &Webhook, framing: &Framing, tallies: &[Tally]) -> WebhookRow {
    let tone = match webhook.state() {
        WebhookState::Disabled => Tone::Bad,
        WebhookState::Failing => Tone::Warn,
        WebhookState::Enabled => Tone::Good,
    };
    let count = |state: CallState| -> i64 {
        let mine = tallies.iter().filter(|tally| tally.webhook == webhook.id);
        mine.filter(|tally| tally.state == state.as_str())
            .map(|tally| tally.count)
            .sum()
    };
    let name = |id| {
        let mut all = framing.publications.iter();
        let found = all.find(|p| p.id == id);
        found.map_or_else(|| "an archived one".to_owned(), |p| p.name.clone())
    };
    let key = webhook.events.key();
    let words = key.split(',').filter(|word| !word.is_empty());
    WebhookRow {
        id: webhook.id.to_string(),
        url: webhook.url.clone(),
        publication: webhook.publication.map(name),
        events: words.map(str::to_owned).collect(),
        state: Shown::new(webhook.state(), tone),
        reason: webhook.disabled_reason.clone(),
        waiting: count(CallState::Pending) + count(CallState::Sending),
        sent: count(CallState::Sent),
        failed: count(CallState::Failed),
    }
}

/// `POST /admin/webhooks`
pub(super) async fn add(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let publication = match fields.optional("publication") {
        Some(slug) => Some(me.publication(slug).await?.id),
        None => None,
    };
    let new = NewWebhook {
        publication,
        url: fields.text("url").trim().to_owned(),
        events: webhook_form::events(&fields).map_err(AdminError::Refused)?,
        with_addresses: fields.ticked("with_addresses"),
    };
    match service::add(&me.deps, new).await {
        Ok((webhook, secret)) => secret_made(&web, &me, &webhook, &secret).await,
        Err(WebhookError::Url(why)) => {
            let errors = Errors::from([("url", sentence(&why.to_string()))]);
            let page = page(&me, &fields, &errors).await?;
            me.refused(&web, &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// Shows a new secret, once.
pub(super) async fn secret_made(
    web: &Web,
    me: &Me,
    webhook: &Webhook,
    secret: &WebhookSecret,
) -> Result<Response, AdminError> {
    let framing = me
        .frame(Section::Webhooks, "The secret of a webhook")
        .await?;
    let page = WebhookSecretPage {
        frame: framing.frame,
        id: webhook.id.to_string(),
        url: webhook.url.clone(),
        secret: secret.reveal(),
    };
    me.page(web, &page)
}

impl From<WebhookError> for AdminError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::Store(error) => error.into(),
            WebhookError::Unknown(_) | WebhookError::UnknownCall(_) => Self::NotFound,
            other => Self::Refused(other.to_string()),
        }
    }
}
