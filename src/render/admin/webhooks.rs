//! Programs elsewhere that are told of events.

use serde::Serialize;

use super::form::Input;
use super::frame::{Choice, Frame, Paging, State};
use super::when::When;

/// A webhook in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookRow {
    pub id: String,
    pub url: String,
    /// `None` for all.
    pub publication: Option<String>,
    /// Empty for all.
    pub events: Vec<String>,
    pub state: State,
    /// Why it is disabled.
    pub reason: Option<String>,
    pub waiting: i64,
    pub sent: i64,
    pub failed: i64,
}

/// What a webhook is told, in a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookForm {
    pub inputs: Vec<Input>,
    pub events: Vec<Choice>,
    pub with_addresses: bool,
    pub error: Option<String>,
}

/// `GET /admin/webhooks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhooksPage {
    pub frame: Frame,
    pub webhooks: Vec<WebhookRow>,
    pub form: WebhookForm,
}

/// A call, made or to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallRow {
    pub id: String,
    /// As in "subscriber.confirmed".
    pub event: String,
    pub at: When,
    pub state: State,
    pub attempts: u32,
    pub status: Option<u16>,
    /// What went wrong, else what was answered.
    pub text: Option<String>,
    pub next: Option<When>,
    /// What it tells, without addresses.
    pub data: String,
    /// Whether it may be made again.
    pub has_ended: bool,
}

/// `GET /admin/webhooks/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookPage {
    pub frame: Frame,
    pub webhook: WebhookRow,
    pub is_disabled: bool,
    pub created: When,
    pub failing: Option<When>,
    /// How long the secret before signs along.
    pub old_secret: Option<When>,
    pub form: WebhookForm,
    pub calls: Vec<CallRow>,
    pub only_failed: bool,
    pub paging: Paging,
}

/// A secret that was just made, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookSecretPage {
    pub frame: Frame,
    pub id: String,
    pub url: String,
    pub secret: String,
}

super::admin_pages! {
    WebhooksPage => "admin/webhooks.html",
    WebhookPage => "admin/webhook.html",
    WebhookSecretPage => "admin/webhook_secret.html",
}
