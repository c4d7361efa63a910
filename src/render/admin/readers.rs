//! Readers: the list, and one with all that is known of them.

use serde::Serialize;

use super::frame::{Choice, Frame, Paging, State};
use super::when::When;

/// A reader's place in a publication, in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReaderRow {
    /// The reader's page.
    pub url: String,
    pub email: String,
    pub name: Option<String>,
    pub publication: String,
    pub state: State,
    /// Empty for all, or where nothing is chosen yet.
    pub topics: String,
    pub since: When,
}

/// `GET /admin/readers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadersPage {
    pub frame: Frame,
    /// How the addresses begin.
    pub query: String,
    pub publications: Vec<Choice>,
    pub states: Vec<Choice>,
    /// Those of the publication that is chosen.
    pub topics: Vec<Choice>,
    pub is_filtered: bool,
    /// In the order of their addresses; else the newest first.
    pub is_by_address: bool,
    pub readers: Vec<ReaderRow>,
    /// The search was not brought to its end.
    pub is_unfinished: bool,
    pub paging: Paging,
    /// Whether they can be taken along as a table: the publication is chosen, and the operator may.
    pub may_export: bool,
    pub topic: String,
    pub publication: String,
    pub state: String,
}

/// A choice of several, to tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ticks {
    pub name: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub choices: Vec<Choice>,
}

/// A reader's place in a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceView {
    pub slug: String,
    pub publication: String,
    pub state: State,
    /// `None` while choices wait for the confirmation.
    pub topics: Option<String>,
    pub digests: Option<String>,
    pub language: Option<String>,
    /// As typed, or as it is kept; empty for the publication's.
    pub zone: String,
    pub paused_until: Option<When>,
    pub since: When,
    pub confirmed: Option<When>,
    pub left: Option<When>,
    pub is_pending: bool,
    pub is_confirmed: bool,
    pub ticks: Vec<Ticks>,
    pub languages: Vec<Choice>,
    pub error: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventRow {
    pub at: When,
    pub publication: Option<String>,
    pub state: State,
    /// The text that was agreed to.
    pub agreed: Option<String>,
}

/// Why an address gets no mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuppressedView {
    pub reason: String,
    pub source: Option<String>,
    pub since: When,
}

/// `GET /admin/readers/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReaderPage {
    pub frame: Frame,
    pub id: String,
    pub email: String,
    pub name: Option<String>,
    pub suppressed: Option<SuppressedView>,
    pub places: Vec<PlaceView>,
    /// The latest first.
    pub events: Vec<EventRow>,
    pub paging: Paging,
    pub may_change: bool,
    pub may_erase: bool,
    pub erase_error: Option<String>,
}

super::admin_pages! {
    ReadersPage => "admin/readers.html",
    ReaderPage => "admin/reader.html",
}
