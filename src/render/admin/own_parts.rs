//! The parts of mails that a publication has in versions of its own.

use serde::Serialize;

use super::frame::{Frame, State};
use super::when::When;

/// A part in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartRow {
    /// As in "card.html".
    pub name: String,
    /// What it is for.
    pub about: &'static str,
    pub state: State,
    /// The newest version, where there ever was one.
    pub version: Option<i64>,
    pub changed: Option<When>,
}

/// `GET /admin/p/{publication}/templates`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplatesPage {
    pub frame: Frame,
    pub slug: String,
    pub parts: Vec<PartRow>,
}

/// An earlier version of a part, or the newest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionRow {
    pub version: i64,
    pub made: When,
    /// Whether it was then set back to that of the program.
    pub is_usual: bool,
    pub is_newest: bool,
    /// Whether its source is in the form.
    pub is_shown: bool,
}

/// `GET /admin/p/{publication}/templates/{part}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplatePage {
    pub frame: Frame,
    pub slug: String,
    pub may_change: bool,
    pub part: PartRow,
    pub is_own: bool,
    pub source: String,
    /// The version that is in the form, where it is not the one in use.
    pub shown_version: Option<i64>,
    pub versions: Vec<VersionRow>,
    /// What is wrong with the source in the form, one mistake a line.
    pub mistakes: Vec<String>,
    /// That it would be taken, where only that was asked.
    pub checked: Option<String>,
}

super::admin_pages! {
    TemplatesPage => "admin/templates.html",
    TemplatePage => "admin/template.html",
}
