//! The audit log.

use serde::Serialize;

use super::frame::{Choice, Frame, Paging};
use super::when::When;

/// One value that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferenceRow {
    /// Empty for a value without fields.
    pub field: String,
    pub before: String,
    pub after: String,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryRow {
    pub at: When,
    /// An address, the name of a token, or "command line".
    pub actor: String,
    /// What kind of hand it is, where the name does not say so.
    pub actor_kind: Option<String>,
    pub verb: String,
    pub kind: String,
    pub object: String,
    pub publication: Option<String>,
    pub differences: Vec<DifferenceRow>,
}

/// `GET /admin/audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditPage {
    pub frame: Frame,
    pub actors: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub publications: Vec<Choice>,
    pub is_filtered: bool,
    pub entries: Vec<EntryRow>,
    pub paging: Paging,
}

super::admin_pages! { AuditPage => "admin/audit.html" }
