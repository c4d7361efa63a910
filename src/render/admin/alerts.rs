//! What is wrong, and what was.

use serde::Serialize;

use super::frame::{Frame, State};
use super::when::When;

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertRow {
    pub id: String,
    pub state: State,
    /// As in "relay-down".
    pub kind: String,
    pub summary: String,
    pub publication: Option<String>,
    pub opened: When,
    /// When a mail told of it.
    pub told: Option<When>,
    pub closed: Option<When>,
    /// Whether it is reminded of until somebody says that they know.
    pub is_unknown: bool,
}

/// `GET /admin/alerts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertsPage {
    pub frame: Frame,
    pub may_change: bool,
    pub open: Vec<AlertRow>,
    /// The latest that are over.
    pub over: Vec<AlertRow>,
    /// Who gets a mail.
    pub told: Vec<String>,
    /// Webhooks that hear of alerts.
    pub webhooks: usize,
}

super::admin_pages! { AlertsPage => "admin/alerts.html" }
