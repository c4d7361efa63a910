//! The page that a day begins with.

use serde::Serialize;

use super::alerts::AlertRow;
use super::frame::{Frame, State};
use super::statistics::Figure;
use super::when::When;

/// A digest that will go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextRun {
    pub publication: String,
    pub digest: String,
    /// Its page.
    pub url: String,
    /// In the zone of the digest; `None` where it goes out by hand or with the news.
    pub at: Option<When>,
    pub state: State,
}

/// What became of the latest issue of a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastIssue {
    pub publication: String,
    pub digest: String,
    /// Its page.
    pub url: String,
    pub number: Option<i64>,
    pub at: When,
    pub state: State,
    /// Why it was left out, or what keeps it.
    pub reason: Option<String>,
    /// Else its ledger is long, and is being summed up.
    pub is_counted: bool,
    pub sent: i64,
    pub failed: i64,
    pub unknown: i64,
    pub open: i64,
}

/// The readers of a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readers {
    pub publication: String,
    pub active: i64,
    pub pending: i64,
    pub left: i64,
}

/// A feed that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedTrouble {
    pub publication: String,
    pub name: String,
    /// Its page.
    pub url: String,
    pub state: State,
    pub text: String,
    pub last_ok: Option<When>,
}

/// The relays as the process that shows the page sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelayRow {
    pub name: String,
    pub state: State,
    pub text: Option<String>,
}

/// Something to do before a new publication goes out by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub name: &'static str,
    pub help: String,
    /// Where it is done.
    pub url: String,
    pub is_done: bool,
}

/// `GET /admin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TodayPage {
    pub frame: Frame,
    /// No process sends or fetches.
    pub no_worker: bool,
    /// When the backup was made that this copy comes from, which sends nothing yet.
    pub held_since: Option<When>,
    /// What is wrong.
    pub alerts: Vec<AlertRow>,
    /// Of the publication at hand, until it has readers and a digest.
    pub steps: Vec<Step>,
    pub next_runs: Vec<NextRun>,
    pub last_issues: Vec<LastIssue>,
    pub readers: Vec<Readers>,
    /// The growth of the publication at hand.
    pub growth: Option<Figure>,
    pub feeds: i64,
    pub feed_troubles: Vec<FeedTrouble>,
    pub relays: Vec<RelayRow>,
}

super::admin_pages! { TodayPage => "admin/today.html" }
