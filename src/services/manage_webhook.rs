//! Operators say which programs elsewhere are told of events, and have calls made again.

use serde_json::{Value, json};
use thiserror::Error;

use super::Deps;
use super::audit::note;
use super::tell::{Listeners, News};
use crate::domain::audit::{Change, Kind};
use crate::domain::ids::{PublicationId, WebhookCallId, WebhookId};
use crate::domain::webhook::{
    BY_OPERATOR, EventChoice, EventKind, ROTATION, SecretMark, Webhook, WebhookSecret,
    WebhookUrlError, check_webhook_url,
};
use crate::store::{StoreError, Tx, webhook_calls, webhooks};

/// Why a webhook was left as it is.
#[derive(Debug, Error)]
pub enum WebhookError {
    #[error("there is no webhook {0}; `paperround webhook list` shows them")]
    Unknown(WebhookId),
    #[error("there is no call {0}; `paperround webhook log` shows them")]
    UnknownCall(WebhookCallId),
    #[error("the call has not ended: it is tried again by itself")]
    Open,
    #[error("the webhook is disabled: {0}; `paperround webhook enable` lets it be called again")]
    Disabled(String),
    #[error("the webhook has been changed meanwhile")]
    Changed,
    #[error(transparent)]
    Url(#[from] WebhookUrlError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator says of a new webhook.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// `None` for all.
    pub publication: Option<PublicationId>,
    pub url: String,
    pub events: EventChoice,
    pub with_addresses: bool,
}

/// Adds a webhook. It is told of what happens from now on.
pub async fn add(deps: &Deps, new: NewWebhook) -> Result<(Webhook, WebhookSecret), WebhookError> {
    let id = deps.new_id(WebhookId::new);
    let secret = deps.keys.webhook_secret(id, 1);
    let webhook = Webhook {
        id,
        publication: new.publication,
        url: checked(deps, &new.url)?,
        events: new.events,
        with_addresses: new.with_addresses,
        secret: SecretMark {
            number: 1,
            hash: secret.hash(),
            old: None,
        },
        created_at: deps.now(),
        failing_since: None,
        disabled_at: None,
        disabled_reason: None,
    };
    let mut tx = deps.store.begin().await?;
    webhooks::insert(&mut tx, &webhook).await?;
    let entry = entry("make", &webhook).to(image(&webhook));
    note(deps, &mut tx, entry).await?;
    tx.commit().await?;
    Ok((webhook, secret))
}

fn checked(deps: &Deps, url: &str) -> Result<String, WebhookUrlError> {
    let plain = deps.caller.allows_private_addresses();
    check_webhook_url(url, plain).map(String::from)
}

/// What an operator changes of a webhook; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct WebhookChange {
    pub url: Option<String>,
    pub events: Option<EventChoice>,
    pub with_addresses: Option<bool>,
}

/// Changes a webhook.
pub async fn update(
    deps: &Deps,
    id: WebhookId,
    change: WebhookChange,
) -> Result<Webhook, WebhookError> {
    update_if(deps, id, change, |_| true).await
}

/// The same where the webhook is `still` as whoever changes it has read it.
pub async fn update_if(
    deps: &Deps,
    id: WebhookId,
    change: WebhookChange,
    still: impl FnOnce(&Webhook) -> bool,
) -> Result<Webhook, WebhookError> {
    let url = change.url.map(|url| checked(deps, &url)).transpose()?;
    write(deps, id, "change", |webhook| {
        if !still(webhook) {
            return Err(WebhookError::Changed);
        }
        if let Some(url) = url {
            webhook.url = url;
        }
        if let Some(events) = change.events {
            webhook.events = events;
        }
        if let Some(with_addresses) = change.with_addresses {
            webhook.with_addresses = with_addresses;
        }
        Ok(())
    })
    .await
}

/// Makes a new secret; the one before signs along for a day.
pub async fn rotate_secret(
    deps: &Deps,
    id: WebhookId,
) -> Result<(Webhook, WebhookSecret), WebhookError> {
    let until = deps.now() + ROTATION;
    let mut made = None;
    let webhook = write(deps, id, "rotate the secret of", |webhook| {
        let mark = &mut webhook.secret;
        let number = mark.number + 1;
        let secret = deps.keys.webhook_secret(id, number);
        let old = std::mem::replace(&mut mark.hash, secret.hash());
        (mark.number, mark.old) = (number, Some((old, until)));
        made = Some(secret);
        Ok(())
    })
    .await?;
    let secret = made.unwrap_or_else(|| deps.keys.webhook_secret(id, webhook.secret.number));
    Ok((webhook, secret))
}

/// Lets a webhook be called no more; what was still to be told it counts as failed.
pub async fn disable(deps: &Deps, id: WebhookId) -> Result<Webhook, WebhookError> {
    let mut tx = deps.store.begin().await?;
    let mut webhook = find(&mut tx, id).await?;
    if webhook.disabled_at.is_none() || webhook.gave_up() {
        let before = image(&webhook);
        disable_in(deps, &mut tx, &mut webhook, BY_OPERATOR).await?;
        let entry = entry("disable", &webhook).from(before);
        note(deps, &mut tx, entry.to(image(&webhook))).await?;
        tx.commit().await?;
    }
    Ok(webhook)
}

pub(super) async fn disable_in(
    deps: &Deps,
    tx: &mut Tx,
    webhook: &mut Webhook,
    reason: &str,
) -> Result<(), StoreError> {
    webhook.disabled_at = Some(deps.now());
    webhook.disabled_reason = Some(reason.to_owned());
    webhooks::update(tx, webhook).await?;
    webhook_calls::fail_open(tx, webhook.id, "the webhook was disabled").await
}

/// Lets a webhook be called again, of what happens from now on.
pub async fn enable(deps: &Deps, id: WebhookId) -> Result<Webhook, WebhookError> {
    write(deps, id, "enable", |webhook| {
        webhook.failing_since = None;
        webhook.disabled_at = None;
        webhook.disabled_reason = None;
        Ok(())
    })
    .await
}

/// Removes a webhook with its log.
pub async fn remove(deps: &Deps, id: WebhookId) -> Result<(), WebhookError> {
    let mut tx = deps.store.begin().await?;
    let webhook = find(&mut tx, id).await?;
    webhooks::remove(&mut tx, id).await?;
    let entry = entry("remove", &webhook).from(image(&webhook));
    note(deps, &mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Sends a `ping` to a webhook, whatever it chose; returns the call to look for.
pub async fn test(deps: &Deps, id: WebhookId) -> Result<WebhookCallId, WebhookError> {
    let mut tx = deps.store.begin().await?;
    let webhook = find(&mut tx, id).await?;
    if let Some(reason) = disabled(&webhook) {
        return Err(WebhookError::Disabled(reason));
    }
    let news = News {
        kind: EventKind::Ping,
        publication: webhook.publication,
        subscriber: None,
        data: json!({ "webhook": id }),
    };
    let listeners = Listeners::only(webhook);
    let calls = listeners.tell(deps, &mut tx, vec![news]).await?;
    tx.commit().await?;
    let call = calls.first().copied();
    call.ok_or_else(|| WebhookError::Disabled(String::new()))
}

fn disabled(webhook: &Webhook) -> Option<String> {
    webhook.disabled_at?;
    webhook.disabled_reason.clone().or(Some(String::new()))
}

/// Makes a call again that has ended: under the same id, with as many tries as a new one.
pub async fn replay(deps: &Deps, id: WebhookCallId) -> Result<(), WebhookError> {
    let mut tx = deps.store.begin().await?;
    let call = webhook_calls::find(&mut tx, id).await?;
    let call = call.ok_or(WebhookError::UnknownCall(id))?;
    let webhook = find(&mut tx, call.webhook).await?;
    if let Some(reason) = disabled(&webhook) {
        return Err(WebhookError::Disabled(reason));
    }
    if !webhook_calls::replay(&mut tx, id, deps.now()).await? {
        return Err(WebhookError::Open);
    }
    let entry = entry("replay a call of", &webhook).to(json!({ "call": id }));
    note(deps, &mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes all calls again that failed, of one webhook or of all that are not disabled; returns how many.
pub async fn replay_failed(deps: &Deps, webhook: Option<WebhookId>) -> Result<u64, WebhookError> {
    let mut tx = deps.store.begin().await?;
    let chosen = match webhook {
        Some(id) => Some(find(&mut tx, id).await?),
        None => None,
    };
    if let Some(reason) = chosen.as_ref().and_then(disabled) {
        return Err(WebhookError::Disabled(reason));
    }
    let replayed = webhook_calls::replay_failed(&mut tx, webhook, deps.now()).await?;
    if replayed > 0 {
        let verb = "replay failed calls of";
        let entry = match &chosen {
            Some(webhook) => entry(verb, webhook),
            None => Change::of(verb, Kind::Webhook, "all"),
        };
        note(deps, &mut tx, entry.to(json!({ "calls": replayed }))).await?;
    }
    tx.commit().await?;
    Ok(replayed)
}

async fn find(tx: &mut Tx, id: WebhookId) -> Result<Webhook, WebhookError> {
    let found = webhooks::find_locked(tx, id).await?;
    found.ok_or(WebhookError::Unknown(id))
}

async fn write(
    deps: &Deps,
    id: WebhookId,
    verb: &'static str,
    change: impl FnOnce(&mut Webhook) -> Result<(), WebhookError>,
) -> Result<Webhook, WebhookError> {
    let mut tx = deps.store.begin().await?;
    let mut webhook = find(&mut tx, id).await?;
    let before = image(&webhook);
    change(&mut webhook)?;
    webhooks::update(&mut tx, &webhook).await?;
    let entry = entry(verb, &webhook).from(before).to(image(&webhook));
    note(deps, &mut tx, entry).await?;
    tx.commit().await?;
    Ok(webhook)
}

fn entry(verb: &'static str, webhook: &Webhook) -> Change {
    let change = Change::of(verb, Kind::Webhook, webhook.id);
    match webhook.publication {
        Some(publication) => change.within(publication),
        None => change,
    }
}

/// As it stands in the log: without secrets.
fn image(webhook: &Webhook) -> Value {
    json!({
        "url": webhook.url, "events": webhook.events, "with_addresses": webhook.with_addresses,
        "secret": webhook.secret.number, "disabled_at": webhook.disabled_at,
    })
}
