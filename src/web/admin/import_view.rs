//! How an import looks: its numbers and states in words.

use super::error::sentence;
use super::frame::Framing;
use super::words;
use crate::domain::import::{Column, Counts, Import, ImportState, Origin, UndoCounts};
use crate::render::admin::frame::Choice;
use crate::render::admin::imports::{
    ColumnRow, ImportForm, ImportPage, RejectedLine, TallyRow, WorkView,
};
use crate::render::admin::progress_url;
use crate::render::admin::when::When;
use crate::services::import::{Header, HeaderError};

/// What columns are called for people.
const COLUMNS: &[(Column, &str)] = &[
    (Column::Ignored, "nothing that is needed"),
    (Column::Email, "the address"),
    (Column::Name, "the name"),
    (Column::Language, "the language"),
    (Column::Topics, "topics (short names, joined by ;)"),
    (Column::Digests, "digests (short names, joined by ;)"),
    (
        Column::Status,
        "the state (confirmed, pending, unsubscribed)",
    ),
    (Column::ConfirmedAt, "when they confirmed"),
    (Column::ConfirmIp, "the network address they confirmed from"),
];

/// Why the columns cannot be as they were said.
pub(super) fn of_columns(error: &HeaderError) -> String {
    match error {
        HeaderError::NoEmail => "say which column holds the address".to_owned(),
        HeaderError::Twice(word) => {
            let mut known = COLUMNS.iter();
            let found = known.find(|(column, _)| column.as_str() == word);
            format!(
                "only one column can hold {}",
                found.map_or("it", |(_, name)| name)
            )
        }
        other => other.to_string(),
    }
}

/// The page, without what has to be looked up for it.
pub(super) fn page(import: &Import, framing: Framing, url: String) -> ImportPage {
    let is_checked = import.state == ImportState::Checked;
    let knows_counts = import.counts.read > 0 && !matches!(import.state, ImportState::Checking);
    let shown = import.rejected.len() as u64;
    ImportPage {
        url,
        slug: String::new(),
        file: import.file_name.clone(),
        size: size(import.bytes),
        by: import.actor.name().to_owned(),
        at: When::at(import.created_at, framing.zone),
        state: words::of_import(import.state),
        error: import.error.as_deref().map(sentence),
        may_change: false,
        work: work(import),
        form: None,
        is_checked,
        is_open: import.state.is_open()
            || (import.state == ImportState::Failed && import.started_at.is_none()),
        confirmed: import.counts.confirmed,
        pending: import.counts.pending,
        tally: if knows_counts {
            tally(&import.counts)
        } else {
            Vec::new()
        },
        rejected: import
            .rejected
            .iter()
            .map(|row| RejectedLine {
                line: row.line,
                reason: row.reason.clone(),
            })
            .collect(),
        more_rejected: import.counts.rejected.saturating_sub(shown),
        has_table: false,
        may_undo: false,
        made: 0,
        undo: if import.state == ImportState::Undone {
            of_undo(&import.undo)
        } else {
            Vec::new()
        },
        script_url: progress_url(),
        frame: framing.frame,
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0 => String::new(),
        1..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{} MB", bytes.div_ceil(1_000_000)),
    }
}

fn work(import: &Import) -> Option<WorkView> {
    let word = match import.state {
        ImportState::Checking => "Checking",
        ImportState::Importing => "Importing",
        ImportState::Undoing => "Undoing",
        _ => return None,
    };
    let total = import.total.filter(|total| *total > 0);
    Some(WorkView {
        word,
        done: import.done,
        total,
        percent: total.map_or(0, |total| 100 * import.done.min(total) / total),
        is_by_hand: import.origin == Origin::CommandLine && import.state == ImportState::Importing,
    })
}

fn row(name: &'static str, number: u64, remark: &'static str) -> TallyRow {
    TallyRow {
        name,
        number,
        remark,
    }
}

fn tally(counts: &Counts) -> Vec<TallyRow> {
    let mut rows = vec![
        row("rows read", counts.read, ""),
        row(
            "new",
            counts.added,
            "subscriptions that there were not before",
        ),
        row(
            "confirmed",
            counts.confirmed,
            "get what you send from now on",
        ),
        row(
            "pending",
            counts.pending,
            "get a mail that asks them to confirm",
        ),
        row(
            "unchanged",
            counts.unchanged,
            "were there already, and stay as they are",
        ),
        row(
            "unsubscribed",
            counts.unsubscribed,
            "have left, and stay so",
        ),
        row(
            "suppressed",
            counts.suppressed,
            "get no mail at all, and stay out",
        ),
        row(
            "duplicates",
            counts.duplicates,
            "have the address of an earlier row",
        ),
        row(
            "rejected",
            counts.rejected,
            "cannot be read, and go nowhere",
        ),
    ];
    rows.retain(|row| row.number > 0 || row.name == "rows read" || row.name == "new");
    rows
}

fn of_undo(counts: &UndoCounts) -> Vec<TallyRow> {
    let mut rows = vec![
        row(
            "taken away",
            counts.removed,
            "subscriptions that the import had made",
        ),
        row(
            "changed since",
            counts.touched,
            "left alone: confirmed, changed, left or signed up again",
        ),
        row(
            "have an issue",
            counts.mailed,
            "left alone: an issue counts them among its readers",
        ),
        row(
            "suppressed",
            counts.suppressed,
            "left alone: why they get no mail is to be kept",
        ),
        row("gone", counts.gone, "had been forgotten or erased before"),
    ];
    rows.retain(|row| row.number > 0 || row.name == "taken away");
    rows
}

/// The form of a file whose first lines are known.
pub(super) fn form(import: &Import, header: &Header) -> ImportForm {
    let guessed = || Column::guess_all(header.names.iter().map(String::as_str));
    let mut columns = import.columns.clone().unwrap_or_else(guessed);
    columns.resize(header.names.len(), Column::Ignored);
    let column = |(at, name): (usize, &String)| ColumnRow {
        number: at + 1,
        name: if name.is_empty() {
            format!("column {}", at + 1)
        } else {
            name.clone()
        },
        samples: header
            .samples
            .iter()
            .filter_map(|row| row.get(at).cloned())
            .collect(),
        choices: choices(columns.get(at).copied()),
    };
    ImportForm {
        columns: header.names.iter().enumerate().map(column).collect(),
        separator: match header.delimiter {
            ';' => "semicolons",
            '\t' => "tabs",
            _ => "commas",
        },
        is_vouched: import.consent.is_some(),
        consent: import.consent.clone().unwrap_or_default(),
        error: None,
    }
}

fn choices(chosen: Option<Column>) -> Vec<Choice> {
    let choice = |(column, name): &(Column, &str)| Choice {
        value: column.to_string(),
        name: (*name).to_owned(),
        chosen: chosen == Some(*column),
    };
    COLUMNS.iter().map(choice).collect()
}
