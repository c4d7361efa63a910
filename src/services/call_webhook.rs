//! Calls webhooks: claims what is due, posts it signed, and records how that ended. At least once,
//! always under the same id; in no promised order.

use std::time::Duration;

use futures_util::future::join_all;
use metrics::counter;
use tokio_util::sync::CancellationToken;

use super::{Deps, manage_webhook};
use crate::domain::clock::Time;
use crate::domain::ids::WebhookId;
use crate::domain::webhook::{Call, CallState, FAILS_FOR, Webhook, next_call, signatures};
use crate::feeds::call::{Answer, CallError};
use crate::store::webhook_calls::{self, Outcome};
use crate::store::{StoreError, Tx, webhooks};

/// Calls of one webhook at a time.
const AT_ONCE: i64 = 8;
/// How often recording a result is tried, a second apart.
const MOST_TRIES: u32 = 60;

/// What its receiver answers where it wants no calls any more.
const GONE: u16 = 410;

/// The webhooks that have something to be told now.
pub async fn due(deps: &Deps) -> Result<Vec<WebhookId>, StoreError> {
    let mut tx = deps.store.read().await?;
    webhooks::due(&mut tx, deps.now()).await
}

/// Makes the calls of a webhook that are due until none is, or `stop` is cancelled. What is on the
/// line is finished and recorded first. Returns how many were made.
pub async fn work_off(
    deps: &Deps,
    id: WebhookId,
    stop: &CancellationToken,
) -> Result<usize, StoreError> {
    let mut made = 0;
    while !stop.is_cancelled() {
        let now = deps.now();
        let mut tx = deps.store.begin().await?;
        let found = webhooks::find(&mut tx, id).await?;
        let Some(webhook) = found.filter(|webhook| webhook.disabled_at.is_none()) else {
            return Ok(made);
        };
        let calls = webhook_calls::claim(&mut tx, id, &deps.node, now, AT_ONCE).await?;
        if calls.is_empty() {
            return Ok(made);
        }
        tx.commit().await?;
        made += calls.len();
        let all = calls.iter().map(|call| make(deps, &webhook, call));
        for done in join_all(all).await {
            done?;
        }
    }
    Ok(made)
}

/// Makes one call and records how it ended.
async fn make(deps: &Deps, webhook: &Webhook, call: &Call) -> Result<(), StoreError> {
    let answered = post(deps, webhook, call).await?;
    let is_taken = answered.as_ref().is_ok_and(Answer::is_good);
    let word = if is_taken { "taken" } else { "failed" };
    counter!("paperround_webhook_calls_total", "outcome" => word).increment(1);
    match &answered {
        Ok(answer) if answer.is_good() => {
            tracing::info!(call = %call.id, event = %call.event.kind, "a webhook was told");
        }
        Ok(answer) => {
            let status = answer.status;
            tracing::warn!(call = %call.id, webhook = %webhook.id, status, "a webhook refuses");
        }
        Err(error) => {
            tracing::warn!(call = %call.id, webhook = %webhook.id, %error, "a webhook is not there");
        }
    }
    // A result that cannot be written now (a full disk, a lock) must not leave the call claimed.
    let mut tries = 0;
    while let Err(error) = record(deps, call, &answered).await {
        tries += 1;
        if tries >= MOST_TRIES {
            return Err(error);
        }
        tracing::error!(call = %call.id, %error, "the result of a call cannot be recorded; trying again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

type Answered = Result<Answer, CallError>;

async fn post(deps: &Deps, webhook: &Webhook, call: &Call) -> Result<Answered, StoreError> {
    let email = match call.event.subscriber.filter(|_| webhook.with_addresses) {
        Some(subscriber) => {
            let mut tx = deps.store.read().await?;
            webhook_calls::address(&mut tx, subscriber).await?
        }
        None => None,
    };
    let now = deps.now();
    let body = call.event.payload(email.as_ref());
    let secrets = deps.keys.webhook_secrets(webhook, now);
    let fields = [
        ("webhook-id", call.id.to_string()),
        ("webhook-timestamp", now.timestamp().to_string()),
        (
            "webhook-signature",
            signatures(&secrets, call.id, now, &body),
        ),
    ];
    Ok(deps.caller.call(&webhook.url, &fields, body, now).await)
}

/// What an answer means for the call.
fn judge(deps: &Deps, call: &Call, answered: &Answered, now: Time) -> Outcome {
    let (status, reply, rest) = match answered {
        Ok(answer) => (
            Some(answer.status),
            Some(answer.body.clone()),
            answer.retry_after,
        ),
        Err(_) => (None, None, None),
    };
    let again = || next_call(call.attempts, now, rest, deps.random.fraction());
    let (state, next_attempt_at) = match answered {
        Ok(answer) if answer.is_good() => (CallState::Sent, None),
        Ok(answer) if answer.status == GONE => (CallState::Failed, None),
        _ => match again() {
            Some(at) => (CallState::Pending, Some(at)),
            None => (CallState::Failed, None),
        },
    };
    let trouble = match answered {
        Ok(answer) if answer.is_good() => None,
        Ok(answer) if (300..400).contains(&answer.status) => Some(format!(
            "it answers {}: no redirect is followed",
            answer.status
        )),
        Ok(answer) => Some(format!("it answers {}", answer.status)),
        Err(error) => Some(error.to_string()),
    };
    Outcome {
        state,
        next_attempt_at,
        status,
        reply,
        trouble,
    }
}

async fn record(deps: &Deps, call: &Call, answered: &Answered) -> Result<(), StoreError> {
    let now = deps.now();
    let mut outcome = judge(deps, call, answered, now);
    let mut tx = deps.store.begin().await?;
    // First, since whoever disables a webhook locks it before its calls.
    let Some(mut webhook) = webhooks::find_locked(&mut tx, call.webhook).await? else {
        return Ok(());
    };
    if webhook.disabled_at.is_some() && outcome.state == CallState::Pending {
        outcome.state = CallState::Failed;
    }
    if let Some(subscriber) = call.event.subscriber
        && webhook_calls::address(&mut tx, subscriber).await?.is_none()
    {
        // Erased while the call was on the line: the answer may repeat the address.
        outcome.reply = None;
    }
    let is_ours = webhook_calls::record(&mut tx, call.id, &deps.node, &outcome, now).await?;
    if is_ours {
        note(deps, &mut tx, &mut webhook, answered, now).await?;
    }
    tx.commit().await
}

/// What an answer means for the webhook.
async fn note(
    deps: &Deps,
    tx: &mut Tx,
    webhook: &mut Webhook,
    answered: &Answered,
    now: Time,
) -> Result<(), StoreError> {
    let is_good = answered.as_ref().is_ok_and(Answer::is_good);
    let is_gone = answered.as_ref().is_ok_and(|answer| answer.status == GONE);
    if is_good {
        if webhook.failing_since.take().is_some() {
            webhooks::update(tx, webhook).await?;
        }
        return Ok(());
    }
    if webhook.disabled_at.is_some() {
        return Ok(());
    }
    let since = *webhook.failing_since.get_or_insert(now);
    let reason = if is_gone {
        Some("it answers 410: it wants no calls any more".to_owned())
    } else if now - since >= FAILS_FOR {
        let days = FAILS_FOR.num_days();
        Some(format!("it has given no good answer for {days} days"))
    } else {
        None
    };
    match reason {
        Some(reason) => {
            tracing::error!(webhook = %webhook.id, %reason, "a webhook is disabled");
            manage_webhook::disable_in(deps, tx, webhook, &reason).await
        }
        None if since == now => webhooks::update(tx, webhook).await,
        None => Ok(()),
    }
}
