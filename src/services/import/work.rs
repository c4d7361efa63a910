//! Works on imports whose file is kept: checks them, imports them, takes them back. Whoever finds one
//! that its process has left goes on where the last transaction ended.

use std::io::{self, Cursor, Read};

use serde_json::json;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::steps::{entry, note_start};
use super::upload::{PIECE, row};
use super::{Counts, ImportError, Options, Progress, RejectedRow, Track, undo};
use crate::domain::ids::ImportId;
use crate::domain::import::{Import, ImportState, Origin, UndoCounts};
use crate::domain::publication::Publication;
use crate::domain::webhook::EventKind;
use crate::services::audit::note;
use crate::services::{Deps, tell};
use crate::store::imports::parts::{self, PartKind};
use crate::store::imports::{self, End};
use crate::store::{Store, StoreError, publications};

/// Works off the imports that wait, one after the other.
pub async fn work(deps: &Deps, stop: &CancellationToken) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    let waiting = imports::waiting(&mut tx, deps.now()).await?;
    drop(tx);
    for id in waiting {
        if stop.is_cancelled() {
            break;
        }
        // What is wrong with a file stands in its row.
        if let Err(ImportError::Store(error)) = perform(deps, id, stop).await {
            return Err(error);
        }
    }
    Ok(())
}

/// Works on an import, unless another process does.
pub async fn perform(
    deps: &Deps,
    id: ImportId,
    stop: &CancellationToken,
) -> Result<(), ImportError> {
    let mut tx = deps.store.begin().await?;
    let is_ours = imports::claim(&mut tx, id, &deps.node, deps.now()).await?;
    let found = imports::find(&mut tx, id).await?;
    tx.commit().await?;
    let Some(import) = found.filter(|_| is_ours) else {
        return Ok(());
    };
    let deps = &deps.by(import.actor.clone());
    let done = match import.state {
        ImportState::Undoing => undo::undo(deps, &import, stop).await,
        _ => file(deps, &import, stop).await,
    };
    let Err(error) = done else { return Ok(()) };
    if matches!(error, ImportError::Store(StoreError::ClaimsLost)) {
        return Err(error);
    }
    if is_passing(&error) {
        let mut tx = deps.store.begin().await?;
        imports::release(&mut tx, id, &deps.node).await?;
        tx.commit().await?;
    } else {
        failed(deps, &import, &error).await?;
    }
    Err(error)
}

/// Whether the same may go well another time.
fn is_passing(error: &ImportError) -> bool {
    let of_store = |error: &StoreError| {
        matches!(
            error,
            StoreError::Busy | StoreError::Full | StoreError::Unreachable(_)
        )
    };
    match error {
        ImportError::Stopped | ImportError::Temporary(_) => true,
        ImportError::Store(error) => of_store(error),
        ImportError::Read(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
            inner.is_some_and(of_store)
        }
        _ => false,
    }
}

async fn failed(deps: &Deps, import: &Import, error: &ImportError) -> Result<(), StoreError> {
    tracing::warn!(import = %import.id, %error, "an import failed");
    let mut tx = deps.store.begin().await?;
    // As far as it came.
    let found = imports::find(&mut tx, import.id).await?;
    let now = found.as_ref().unwrap_or(import);
    let error = error.to_string();
    let end = End {
        state: ImportState::Failed,
        counts: &now.counts,
        rejected: &now.rejected,
        undo: &now.undo,
        error: Some(&error),
    };
    imports::end(&mut tx, import.id, &deps.node, &end, deps.now()).await?;
    tx.commit().await
}

/// Checks or imports a file.
async fn file(deps: &Deps, import: &Import, stop: &CancellationToken) -> Result<(), ImportError> {
    let mut tx = deps.store.read().await?;
    let publication = publications::find(&mut tx, import.publication).await?;
    drop(tx);
    // Publications are archived and never deleted.
    let publication =
        publication.ok_or_else(|| ImportError::Read(io::ErrorKind::NotFound.into()))?;
    let dry_run = import.state == ImportState::Checking;
    let rejects = NamedTempFile::new().map_err(ImportError::Temporary)?;
    let done_to = import.done_to.clone();
    let options = Options {
        consent: import.consent.clone(),
        dry_run,
        source: source(import),
        rejected: Some(rejects.path().to_owned()),
        columns: import.columns.clone(),
        track: Some(Track {
            import: import.id,
            // Before the first transaction these are the counts of the check.
            counts: done_to
                .as_ref()
                .map_or_else(Counts::default, |_| import.counts),
            done: done_to.as_ref().map_or(0, |_| import.done),
            done_to,
            stop: stop.clone(),
        }),
    };
    let mut told = Vec::new();
    let input = Box::new(Pieces::of(deps.store.clone(), import.id));
    let counts = super::import(deps, &publication, &options, input, |now| {
        if let Progress::Rejected { line, reason } = now {
            let reason = reason.to_owned();
            told.push(RejectedRow { line, reason });
        }
    });
    let counts = counts.await?.balanced();
    if dry_run {
        return end(deps, import, ImportState::Checked, &counts, &told).await;
    }
    keep_rejected(deps, import.id, rejects).await?;
    end(deps, import, ImportState::Finished, &counts, &told).await
}

/// Who is named in the evidence.
fn source(import: &Import) -> String {
    match import.origin {
        Origin::Api => format!("import by token {}", import.actor.name()),
        Origin::Page | Origin::CommandLine => format!("import {}", import.file_name),
    }
}

/// What went in is not needed any more; what was rejected is kept for a while.
async fn end(
    deps: &Deps,
    import: &Import,
    state: ImportState,
    counts: &Counts,
    told: &[RejectedRow],
) -> Result<(), ImportError> {
    let mut tx = deps.store.begin().await?;
    let end = End {
        state,
        counts,
        rejected: told,
        undo: &UndoCounts::default(),
        error: None,
    };
    imports::end(&mut tx, import.id, &deps.node, &end, deps.now()).await?;
    if state == ImportState::Finished {
        parts::remove(&mut tx, import.id, PartKind::File).await?;
        note(deps, &mut tx, entry("finish", import).to(json!(counts))).await?;
        let kind = EventKind::ImportFinished;
        tell::import(deps, &mut tx, kind, import, json!(counts)).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn keep_rejected(
    deps: &Deps,
    id: ImportId,
    rejects: NamedTempFile,
) -> Result<(), ImportError> {
    let mut tx = deps.store.begin().await?;
    parts::remove(&mut tx, id, PartKind::Rejected).await?;
    tx.commit().await?;
    // Another handle on it wrote.
    let file = rejects.reopen().map_err(ImportError::Temporary)?;
    let mut file = io::BufReader::new(file);
    for number in 0.. {
        let mut piece = Vec::new();
        let limited = file.by_ref().take(PIECE as u64);
        read_all(limited, &mut piece).map_err(ImportError::Temporary)?;
        if piece.is_empty() {
            break;
        }
        let mut tx = deps.store.begin_relaxed().await?;
        parts::insert(&mut tx, id, PartKind::Rejected, number, &piece).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn read_all(mut from: impl Read, to: &mut Vec<u8>) -> io::Result<()> {
    from.read_to_end(to).map(drop)
}

/// A file that is kept, read while it is taken out of the database.
struct Pieces {
    coming: mpsc::Receiver<Result<Vec<u8>, StoreError>>,
    piece: Cursor<Vec<u8>>,
}

impl Pieces {
    fn of(store: Store, id: ImportId) -> Self {
        let (sender, coming) = mpsc::channel(1);
        tokio::spawn(async move {
            for number in 0.. {
                let piece = piece(&store, id, number).await.transpose();
                let Some(piece) = piece else { return };
                let is_last = piece.is_err();
                if sender.send(piece).await.is_err() || is_last {
                    return;
                }
            }
        });
        Self {
            coming,
            piece: Cursor::default(),
        }
    }
}

async fn piece(store: &Store, id: ImportId, number: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut tx = store.read().await?;
    parts::find(&mut tx, id, PartKind::File, number).await
}

impl Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.piece.read(to)?;
            if count > 0 || to.is_empty() {
                return Ok(count);
            }
            match self.coming.blocking_recv() {
                None => return Ok(0),
                Some(Ok(piece)) => self.piece = Cursor::new(piece),
                Some(Err(error)) => return Err(io::Error::other(error)),
            }
        }
    }
}

/// Imports a file that only the caller has, and gives it a row, so that it can be taken back. Where the
/// caller ends before it does, it stands there as far as it came.
pub async fn by_hand(
    deps: &Deps,
    publication: &Publication,
    options: &Options,
    file_name: &str,
    input: Box<dyn Read + Send>,
    mut watch: impl FnMut(Progress<'_>),
) -> Result<Counts, ImportError> {
    if options.dry_run {
        return super::import(deps, publication, options, input, watch).await;
    }
    let origin = Origin::CommandLine;
    let mut import = row(
        deps,
        publication.id,
        origin,
        file_name,
        ImportState::Importing,
    );
    import.consent.clone_from(&options.consent);
    import.started_at = Some(import.created_at);
    let mut tx = deps.store.begin().await?;
    imports::insert(&mut tx, &import, Some(&deps.node)).await?;
    note_start(deps, &mut tx, &import).await?;
    tx.commit().await?;
    watch(Progress::Begun(import.id));
    let options = Options {
        track: Some(Track {
            import: import.id,
            counts: Counts::default(),
            done: 0,
            done_to: None,
            stop: CancellationToken::new(),
        }),
        ..options.clone()
    };
    match super::import(deps, publication, &options, input, watch).await {
        Ok(counts) => {
            end(deps, &import, ImportState::Finished, &counts, &[]).await?;
            Ok(counts)
        }
        Err(error) => {
            failed(deps, &import, &error).await?;
            Err(error)
        }
    }
}
