//! Relays, suppressed addresses and the rules of sign-ups.

use serde::Serialize;

use super::form::Input;
use super::frame::{Frame, Paging, State};
use super::when::When;

/// A relay of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelayLine {
    pub name: String,
    pub state: State,
    pub trouble: Option<String>,
    pub weight: u32,
    pub is_backup: bool,
    /// The publications that use no other.
    pub publications: Vec<String>,
}

/// `GET /admin/relays`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelaysPage {
    pub frame: Frame,
    pub relays: Vec<RelayLine>,
}

/// A suppressed address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuppressionRow {
    /// The address, or its hash where it was erased.
    pub name: String,
    /// False where only a hash is left.
    pub is_address: bool,
    pub reason: String,
    pub source: String,
    pub since: When,
}

/// `GET /admin/suppression`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuppressionPage {
    pub frame: Frame,
    pub may_change: bool,
    /// The address that was looked for.
    pub query: String,
    pub query_error: Option<String>,
    pub rows: Vec<SuppressionRow>,
    pub inputs: Vec<Input>,
    pub error: Option<String>,
}

/// A rule about sign-ups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleRow {
    pub subject: String,
    pub effect: State,
    pub reason: String,
    pub source: String,
    pub since: When,
}

/// `GET /admin/sign-up-rules`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignUpRulesPage {
    pub frame: Frame,
    pub may_change: bool,
    pub rows: Vec<RuleRow>,
    pub paging: Paging,
    pub inputs: Vec<Input>,
    pub error: Option<String>,
}

super::admin_pages! {
    RelaysPage => "admin/relays.html",
    SuppressionPage => "admin/suppression.html",
    SignUpRulesPage => "admin/sign_up_rules.html",
}
