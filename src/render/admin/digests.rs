//! The digests of a publication: the list, one of them, and the form of its recipe.

use serde::Serialize;

use super::form::Group;
use super::frame::{Frame, State};
use super::places::NextStep;
use super::when::When;

/// An issue of a digest in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssueRow {
    /// Its page.
    pub url: String,
    pub number: Option<i64>,
    pub at: When,
    pub state: State,
    /// Why it was left out, or what keeps it.
    pub reason: Option<String>,
}

/// A digest in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestRow {
    pub slug: String,
    pub name: String,
    /// As in "every weekday at 7:00".
    pub goes_out: String,
    pub next: Option<When>,
    pub state: State,
    pub last: Option<IssueRow>,
}

/// `GET /admin/p/{publication}/digests`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestsPage {
    pub frame: Frame,
    pub slug: String,
    pub may_change: bool,
    pub digests: Vec<DigestRow>,
}

/// A run to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRow {
    pub at: When,
    /// What becomes of it, where it does not go out as usual.
    pub note: Option<String>,
    /// Its page, where it is one of a digest that is kept.
    pub url: Option<String>,
}

/// What the recipe says of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    pub term: &'static str,
    pub text: String,
}

/// `GET /admin/p/{publication}/digests/{digest}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestPage {
    pub frame: Frame,
    /// Its address.
    pub path: String,
    pub may_change: bool,
    pub may_send: bool,
    pub state: State,
    pub facts: Vec<Fact>,
    pub runs: Vec<RunRow>,
    pub is_paused: bool,
    /// The next run, where there is one to be left out.
    pub next: Option<When>,
    pub is_left_out: bool,
    /// Where to go on, before its first issue.
    pub steps: Option<Vec<NextStep>>,
    pub issues: Vec<IssueRow>,
}

/// The form of a digest: a new one, or one that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestFormPage {
    pub frame: Frame,
    /// Where it is sent to.
    pub path: String,
    pub may_change: bool,
    pub button: &'static str,
    pub groups: Vec<Group>,
    /// Whether the runs that the choices make were asked for.
    pub is_looked_at: bool,
    pub runs: Vec<RunRow>,
    pub error: Option<String>,
    /// What is changed, as it was when the form was made; empty for a new one.
    pub seen: String,
}

super::admin_pages! {
    DigestsPage => "admin/digests.html",
    DigestPage => "admin/digest.html",
    DigestFormPage => "admin/digest_form.html",
}
