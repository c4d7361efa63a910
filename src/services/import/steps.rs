//! What people do with an import: say what its columns are and have it checked, begin it, take it back,
//! or throw it away. The work itself is for `work`.

use chrono::TimeDelta;
use serde_json::json;
use thiserror::Error;

use super::row::HeaderError;
use crate::domain::audit::{Change, Kind};
use crate::domain::ids::ImportId;
use crate::domain::import::{Column, Import, ImportState, Origin};
use crate::services::Deps;
use crate::services::audit::note;
use crate::store::imports::{self, Wish, parts};
use crate::store::{StoreError, Tx};

/// A command that has not said anything for so long has ended.
const SILENCE: TimeDelta = TimeDelta::minutes(1);

/// Why an import stays as it is.
#[derive(Debug, Error)]
pub enum StepError {
    #[error("there is no such import any more")]
    Unknown,
    #[error("the import is {0} by now; load the page anew")]
    State(ImportState),
    #[error(transparent)]
    Columns(#[from] HeaderError),
    #[error("give the text that the readers agreed to, or have them asked by mail")]
    NoConsent,
    #[error(transparent)]
    Store(#[from] StoreError),
}

async fn find(tx: &mut Tx, id: ImportId) -> Result<Import, StepError> {
    imports::find(tx, id).await?.ok_or(StepError::Unknown)
}

/// Whether nothing has been imported yet and nothing is being done.
fn is_open(import: &Import) -> bool {
    import.state.is_open() || (import.state == ImportState::Failed && import.started_at.is_none())
}

/// Says what the columns are, `None` for what the first line says, and what all readers agreed to where
/// somebody vouches for that; and has the file checked.
pub async fn check(
    deps: &Deps,
    id: ImportId,
    columns: Option<Vec<Column>>,
    consent: Option<&str>,
) -> Result<(), StepError> {
    if let Some(columns) = &columns {
        named_once(columns)?;
    }
    if consent.is_some_and(|text| text.trim().is_empty()) {
        return Err(StepError::NoConsent);
    }
    let mut tx = deps.store.begin().await?;
    let import = find(&mut tx, id).await?;
    let wish = Wish {
        columns: columns.as_deref(),
        consent: consent.map(str::trim),
        node: None,
    };
    let (to, now) = (ImportState::Checking, deps.now());
    if !is_open(&import) || !imports::set(&mut tx, &import, &wish, to, now).await? {
        return Err(StepError::State(import.state));
    }
    tx.commit().await?;
    Ok(())
}

fn named_once(columns: &[Column]) -> Result<(), HeaderError> {
    let mut named: Vec<Column> = Vec::new();
    for column in columns.iter().filter(|column| **column != Column::Ignored) {
        if named.contains(column) {
            return Err(HeaderError::Twice(column.to_string()));
        }
        named.push(*column);
    }
    if named.contains(&Column::Email) {
        Ok(())
    } else {
        Err(HeaderError::NoEmail)
    }
}

/// Begins to check or to import a file at once, by this process, without being told what the columns
/// are: for programs.
pub async fn begin(
    deps: &Deps,
    id: ImportId,
    consent: Option<&str>,
    dry_run: bool,
) -> Result<(), StepError> {
    let mut tx = deps.store.begin().await?;
    let mut import = find(&mut tx, id).await?;
    import.consent = consent.map(str::to_owned);
    let wish = Wish {
        columns: None,
        consent,
        node: Some(&deps.node),
    };
    let to = if dry_run {
        ImportState::Checking
    } else {
        note_start(deps, &mut tx, &import).await?;
        ImportState::Importing
    };
    if !is_open(&import) || !imports::set(&mut tx, &import, &wish, to, deps.now()).await? {
        return Err(StepError::State(import.state));
    }
    tx.commit().await?;
    Ok(())
}

/// Begins an import that has been checked.
pub async fn start(deps: &Deps, id: ImportId) -> Result<(), StepError> {
    let mut tx = deps.store.begin().await?;
    let import = find(&mut tx, id).await?;
    if import.state != ImportState::Checked {
        return Err(StepError::State(import.state));
    }
    if !imports::step(&mut tx, &import, ImportState::Importing, deps.now()).await? {
        return Err(StepError::State(import.state));
    }
    note_start(deps, &mut tx, &import).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes down who imports what.
pub(super) async fn note_start(
    deps: &Deps,
    tx: &mut Tx,
    import: &Import,
) -> Result<(), StoreError> {
    let after = json!({
        "file": import.file_name, "by": import.origin, "vouched": import.consent.is_some(),
    });
    note(deps, tx, entry("start", import).to(after)).await
}

/// An entry of the log about an import.
pub(super) fn entry(verb: &'static str, import: &Import) -> Change {
    Change::of(verb, Kind::Import, import.id).within(import.publication)
}

/// Whether an import can be taken back.
pub fn may_be_taken_back(import: &Import, now: crate::domain::clock::Time) -> bool {
    match import.state {
        ImportState::Finished => true,
        ImportState::Failed => import.started_at.is_some(),
        ImportState::Importing => {
            import.origin == Origin::CommandLine && import.changed_at < now - SILENCE
        }
        _ => false,
    }
}

/// Has an import taken back: the subscriptions that it made go, unless something happened to them.
pub async fn take_back(deps: &Deps, id: ImportId) -> Result<(), StepError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    let import = find(&mut tx, id).await?;
    let may = may_be_taken_back(&import, now);
    if !may || !imports::step(&mut tx, &import, ImportState::Undoing, now).await? {
        return Err(StepError::State(import.state));
    }
    note(deps, &mut tx, entry("undo", &import)).await?;
    tx.commit().await?;
    Ok(())
}

/// Throws a file away of which nothing has been imported.
pub async fn discard(deps: &Deps, id: ImportId) -> Result<(), StepError> {
    let mut tx = deps.store.begin().await?;
    let import = find(&mut tx, id).await?;
    if !is_open(&import) || !parts::discard(&mut tx, &import).await? {
        return Err(StepError::State(import.state));
    }
    tx.commit().await?;
    Ok(())
}
