//! The editor of a digest's coming issue, and looks at its mail.

use serde::Serialize;

use super::form::{Input, Typing};
use super::frame::{Choice, Frame, State};
use super::when::When;

/// An article of the coming issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArticleRow {
    pub id: String,
    /// As the issue shows it.
    pub title: String,
    /// Its own, where the issue shows another.
    pub own_title: Option<String>,
    pub url: String,
    pub source: String,
    /// A short date.
    pub date: String,
    /// The names of its topics.
    pub topics: Vec<String>,
    pub is_pinned: bool,
    /// It says something else in this issue.
    pub is_edited: bool,
    pub can_go_up: bool,
    pub can_go_down: bool,
    pub is_lead: bool,
}

/// A part of the mail with its articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    pub name: String,
    pub help: &'static str,
    pub articles: Vec<ArticleRow>,
    /// How many more there are, where not all are shown.
    pub more: usize,
}

/// `GET /admin/p/{publication}/digests/{digest}/edit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditorPage {
    pub frame: Frame,
    /// The address of the digest.
    pub path: String,
    pub digest: String,
    pub may_change: bool,
    /// Which version of the draft is shown.
    pub version: i64,
    pub number: i64,
    pub parts: Vec<Part>,
    pub dropped: Vec<ArticleRow>,
    /// Why nothing would go out now.
    pub nothing: Option<String>,
    /// The subject of who takes all topics.
    pub subject: Option<String>,
    /// When it goes out by schedule.
    pub next: Option<When>,
    /// When it was changed last, and by whom.
    pub changed_at: Option<When>,
    pub changed_by: String,
    /// Whether there is anything to forget.
    pub is_touched: bool,
    pub inputs: Vec<Input>,
    pub error: Option<String>,
    pub script_url: &'static str,
}

/// `GET /admin/p/{publication}/digests/{digest}/edit/{article}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditorArticlePage {
    pub frame: Frame,
    pub path: String,
    pub id: String,
    pub version: i64,
    pub url: String,
    pub own_title: String,
    pub own_summary: String,
    pub inputs: Vec<Input>,
    pub error: Option<String>,
}

/// A way to look at a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    pub name: &'static str,
    pub url: String,
    pub is_open: bool,
}

/// `GET /admin/p/{publication}/digests/{digest}/preview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MailViewsPage {
    pub frame: Frame,
    pub path: String,
    pub views: Vec<View>,
    /// The word of the open view.
    pub view: &'static str,
    pub topics: Vec<Choice>,
    pub languages: Vec<Choice>,
    /// The reader as whom it is looked at, as typed.
    pub reader: String,
    /// Why there is nothing to see.
    pub error: Option<String>,
    pub subject: String,
    pub from: String,
    pub articles: usize,
    /// Of the HTML part.
    pub kilobytes: usize,
    /// What the frame shows.
    pub mail_url: String,
}

/// What was found about the mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingRow {
    pub check: &'static str,
    pub state: State,
    /// What it is about, and what was found.
    pub found: String,
    pub remedy: String,
}

/// Who would get the issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AudienceView {
    pub readers: i64,
    pub confirmed: i64,
    /// Of them: who takes other digests, pauses, or is suppressed.
    pub others: i64,
    pub paused: i64,
    pub suppressed: i64,
    pub counted: When,
}

/// An issue that was sent by hand, and can still be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedRow {
    pub id: String,
    pub at: When,
}

/// `GET /admin/p/{publication}/digests/{digest}/send`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SendPage {
    pub frame: Frame,
    /// The address of the digest.
    pub path: String,
    pub may_change: bool,
    pub may_send: bool,
    /// Which version of the draft is looked at.
    pub version: i64,
    /// Issues that have not begun.
    pub planned: Vec<PlannedRow>,
    /// Why nothing would go out now.
    pub nothing: Option<String>,
    pub subject: String,
    pub articles: usize,
    pub findings: Vec<FindingRow>,
    pub audience: AudienceView,
    /// Addresses for a test, one a line.
    pub test_inputs: Vec<Input>,
    pub needs_approval: bool,
    /// When it goes out by schedule.
    pub next: Option<When>,
    pub undo_seconds: i64,
    pub zone: String,
    pub at: String,
    pub at_error: Option<String>,
    pub error: Option<String>,
    pub typing: Option<Typing>,
    pub script_url: &'static str,
}

super::admin_pages! {
    SendPage => "admin/digest_send.html",
    EditorPage => "admin/editor.html",
    EditorArticlePage => "admin/editor_article.html",
    MailViewsPage => "admin/mail_views.html",
}
