//! Imports: the list, and one from its file to what became of it.

use serde::Serialize;

use super::frame::{Choice, Frame, Paging, State};
use super::when::When;

/// An import in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportRow {
    pub url: String,
    pub file: String,
    pub by: String,
    pub at: When,
    pub state: State,
    pub read: u64,
    pub added: u64,
    pub rejected: u64,
}

/// `GET /admin/p/{publication}/imports`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportsPage {
    pub frame: Frame,
    pub slug: String,
    pub imports: Vec<ImportRow>,
    pub paging: Paging,
    pub may_change: bool,
    /// The largest file that is taken.
    pub most_megabytes: u64,
    pub error: Option<String>,
}

/// A column of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnRow {
    pub number: usize,
    pub name: String,
    /// From the first rows.
    pub samples: Vec<String>,
    pub choices: Vec<Choice>,
}

/// A number with what it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TallyRow {
    pub name: &'static str,
    pub number: u64,
    pub remark: &'static str,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectedLine {
    pub line: u64,
    pub reason: String,
}

/// How far the work is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkView {
    pub word: &'static str,
    pub done: u64,
    /// `None` while the file is being read.
    pub total: Option<u64>,
    pub percent: u64,
    /// A command works on it, and nobody goes on where that ends.
    pub is_by_hand: bool,
}

/// The form that says what the file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportForm {
    pub columns: Vec<ColumnRow>,
    /// What separates the fields, in words.
    pub separator: &'static str,
    pub is_vouched: bool,
    pub consent: String,
    pub error: Option<String>,
}

/// `GET /admin/p/{publication}/imports/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportPage {
    pub frame: Frame,
    /// Where its forms go.
    pub url: String,
    pub slug: String,
    pub file: String,
    pub size: String,
    pub by: String,
    pub at: When,
    pub state: State,
    /// Why it failed, or why the file cannot be read.
    pub error: Option<String>,
    pub may_change: bool,
    pub work: Option<WorkView>,
    /// Where the file waits to be imported.
    pub form: Option<ImportForm>,
    pub is_checked: bool,
    pub is_open: bool,
    /// Readers who would be confirmed, and asked by mail.
    pub confirmed: u64,
    pub pending: u64,
    /// What became of the rows, or would.
    pub tally: Vec<TallyRow>,
    pub rejected: Vec<RejectedLine>,
    /// Rejected rows that are not shown.
    pub more_rejected: u64,
    pub has_table: bool,
    pub may_undo: bool,
    /// Subscriptions that it made.
    pub made: u64,
    pub undo: Vec<TallyRow>,
    pub script_url: &'static str,
}

super::admin_pages! {
    ImportsPage => "admin/imports.html",
    ImportPage => "admin/import.html",
}
