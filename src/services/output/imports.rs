//! Imports of readers, as programs read of them.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::{At, ImportStateWord};
use crate::domain::ids::ImportId;
use crate::domain::import::{Import, ImportState};

/// An import, and what became of its rows so far: `read` is the sum of all but `added`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Import)]
pub struct ImportOutput {
    #[schema(value_type = String, format = "uuid")]
    id: ImportId,
    publication: String,
    state: ImportStateWord,
    /// Nothing was changed, and the counts say what would have been.
    dry_run: bool,
    read: u64,
    /// New subscriptions.
    added: u64,
    confirmed: u64,
    /// They get a mail that asks them to confirm.
    pending: u64,
    /// They were there already.
    unchanged: u64,
    /// They get no mail at all.
    suppressed: u64,
    /// They have left, and stay so.
    unsubscribed: u64,
    /// They stand in an earlier row.
    duplicates: u64,
    /// They could not be read, and went nowhere.
    rejected: u64,
    /// The first of these.
    rejected_rows: Vec<Rejected>,
    /// Rows that have had their turn.
    done: u64,
    /// Why it failed.
    error: Option<String>,
    /// What taking it back did; null where nobody did that.
    undo: Option<Undo>,
    created_at: At,
    finished_at: Option<At>,
}

/// A row that could not be read.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RejectedRow)]
struct Rejected {
    /// The line that it begins on, from 1.
    line: u64,
    reason: String,
}

/// What taking an import back did.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ImportUndo)]
struct Undo {
    /// Subscriptions that are gone.
    removed: u64,
    /// Left alone: something happened to them since.
    touched: u64,
    /// Left alone: an issue counts them among its readers.
    mailed: u64,
    /// Left alone: their address gets no mail, and why is kept.
    suppressed: u64,
    /// They were gone before.
    gone: u64,
}

impl ImportOutput {
    pub fn new(publication: &str, import: Import) -> Self {
        let counts = import.counts;
        let is_undone = matches!(import.state, ImportState::Undoing | ImportState::Undone);
        let undo = is_undone.then_some(Undo {
            removed: import.undo.removed,
            touched: import.undo.touched,
            mailed: import.undo.mailed,
            suppressed: import.undo.suppressed,
            gone: import.undo.gone,
        });
        let rejected = import.rejected.into_iter();
        Self {
            id: import.id,
            publication: publication.to_owned(),
            state: import.state.into(),
            dry_run: matches!(import.state, ImportState::Checking | ImportState::Checked),
            read: counts.read,
            added: counts.added,
            confirmed: counts.confirmed,
            pending: counts.pending,
            unchanged: counts.unchanged,
            suppressed: counts.suppressed,
            unsubscribed: counts.unsubscribed,
            duplicates: counts.duplicates,
            rejected: counts.rejected,
            rejected_rows: rejected
                .map(|row| Rejected {
                    line: row.line,
                    reason: row.reason,
                })
                .collect(),
            done: import.done,
            error: import.error,
            undo,
            created_at: import.created_at.into(),
            finished_at: import.finished_at.map(At),
        }
    }
}
