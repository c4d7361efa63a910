//! Webhooks and their calls, as programs read of them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Slugs;
use super::words::{At, CallStateWord, EventWord, WebhookStateWord};
use crate::domain::ids::{WebhookCallId, WebhookId};
use crate::domain::webhook::{Call, CallState, Webhook};
use crate::store::webhook_calls::Tally;

/// Somewhere programs are told of events.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookOutput {
    #[schema(value_type = String, format = "uuid")]
    id: WebhookId,
    /// The slug of the only publication of which it is told; null for all.
    publication: Option<String>,
    url: String,
    /// Of what it is told; empty for all.
    events: Vec<EventWord>,
    /// Whether it gets the addresses of readers.
    with_addresses: bool,
    state: WebhookStateWord,
    created_at: At,
    /// The first failure since it last answered well.
    failing_since: Option<At>,
    disabled_at: Option<At>,
    disabled_reason: Option<String>,
    /// How long the secret before signs along.
    old_secret_until: Option<At>,
    calls: CallCounts,
}

/// The calls that are kept of a webhook.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct CallCounts {
    pending: i64,
    sending: i64,
    sent: i64,
    failed: i64,
}

impl WebhookOutput {
    pub fn new(webhook: &Webhook, slugs: &Slugs, tallies: &[Tally]) -> Self {
        let of = |state: CallState| {
            let mut mine = tallies.iter().filter(|tally| tally.webhook == webhook.id);
            let found = mine.find(|tally| tally.state == state.as_str());
            found.map_or(0, |tally| tally.count)
        };
        let kinds = webhook.events.kinds().iter();
        Self {
            id: webhook.id,
            publication: webhook.publication.and_then(|id| slugs.get(&id).cloned()),
            url: webhook.url.clone(),
            events: kinds.map(|kind| EventWord(*kind)).collect(),
            with_addresses: webhook.with_addresses,
            state: webhook.state().into(),
            created_at: webhook.created_at.into(),
            failing_since: webhook.failing_since.map(At),
            disabled_at: webhook.disabled_at.map(At),
            disabled_reason: webhook.disabled_reason.clone(),
            old_secret_until: webhook.secret.old.as_ref().map(|old| At(old.1)),
            calls: CallCounts {
                pending: of(CallState::Pending),
                sending: of(CallState::Sending),
                sent: of(CallState::Sent),
                failed: of(CallState::Failed),
            },
        }
    }
}

/// One event on its way to one webhook.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookCall)]
pub struct CallOutput {
    #[schema(value_type = String, format = "uuid")]
    id: WebhookCallId,
    #[schema(value_type = String, format = "uuid")]
    webhook: WebhookId,
    state: CallStateWord,
    attempts: u32,
    tried_at: Option<At>,
    next_attempt_at: Option<At>,
    /// The status of the last answer.
    status: Option<u16>,
    /// The beginning of it.
    reply: Option<String>,
    /// Why there was no good answer.
    trouble: Option<String>,
    event: EventOutput,
}

/// What the receiver is told; an address of a reader is added when it is called.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookEvent)]
struct EventOutput {
    #[serde(rename = "type")]
    kind: EventWord,
    timestamp: At,
    #[schema(value_type = Object)]
    data: Value,
}

impl From<Call> for CallOutput {
    fn from(call: Call) -> Self {
        let is_waiting = call.state == CallState::Pending;
        Self {
            id: call.id,
            webhook: call.webhook,
            state: call.state.into(),
            attempts: call.attempts,
            tried_at: call.tried_at.map(At),
            next_attempt_at: is_waiting.then_some(At(call.next_attempt_at)),
            status: call.status,
            reply: call.reply,
            trouble: call.trouble,
            event: EventOutput {
                kind: call.event.kind.into(),
                timestamp: call.event.at.into(),
                data: call.event.data,
            },
        }
    }
}
