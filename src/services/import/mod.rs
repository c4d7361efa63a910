//! Bringing readers along from elsewhere. A thread reads and checks the file (`read`, `row`) and
//! puts its rows in order (`sorted`), the rules say what becomes of each (`plan`), and batches go
//! into the database one by one (`write`): each is a whole by itself, so that an import may be killed
//! and run again.
//!
//! An import has a row, by which it can be undone (`undo`). Where its file is kept in the database too
//! (`upload`), the row is all that a process needs to check it and to go on with it (`work`).

mod look;
mod plan;
mod read;
mod row;
mod sorted;
mod steps;
mod undo;
mod upload;
mod work;
mod write;

use std::io::{self, Read};
use std::path::PathBuf;

use thiserror::Error;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use self::look::{Header, header, rejected_piece};
use self::read::{Heard, Source};
pub use self::row::HeaderError;
use self::row::Offer;
pub use self::steps::{StepError, begin, check, discard, may_be_taken_back, start, take_back};
pub use self::upload::{Upload, UploadError};
pub use self::work::{by_hand, perform, work};
use self::write::Writer;
use super::Deps;
use crate::domain::ids::ImportId;
use crate::domain::import::Column;
pub use crate::domain::import::{Counts, MOST_BYTES, RejectedRow};
use crate::domain::publication::Publication;
use crate::store::{StoreError, digests, publications};

/// Rows of the file in one transaction.
const BATCH: u64 = 5000;

/// What an import is told.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// The text that all readers of the file agreed to, where the operator vouches for that.
    pub consent: Option<String>,
    /// Changes nothing, counts the same.
    pub dry_run: bool,
    /// Where the readers come from, for the evidence.
    pub source: String,
    /// Where rejected rows go; nowhere where they are told anyway.
    pub rejected: Option<PathBuf>,
    /// What the columns are; `None` where the first line says it in the words of the service.
    pub columns: Option<Vec<Column>>,
    /// The row of the import, where it has one.
    pub track: Option<Track>,
}

/// How an import writes down how far it has come.
#[derive(Debug, Clone)]
pub struct Track {
    pub import: ImportId,
    /// How far it had come before, and up to which address, in lookup form.
    pub counts: Counts,
    pub done: u64,
    pub done_to: Option<String>,
    /// Ends it between two transactions.
    pub stop: CancellationToken,
}

/// How far an import is.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The import is written down under this id.
    Begun(ImportId),
    /// The file is being read and checked.
    Reading { bytes: u64, rows: u64 },
    /// A row was rejected. Only the first few are told; the others stand in their file.
    Rejected { line: u64, reason: &'a str },
    /// Rows go into the database, so many of so many.
    Writing { rows: u64, of: u64 },
}

/// Why an import ended before its file did. What was committed stays; running it again goes on.
#[derive(Debug, Error)]
pub enum ImportError {
    #[error("the file cannot be read: {0}")]
    Read(io::Error),
    #[error("the file is UTF-16; save it as UTF-8")]
    Utf16,
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("the file has no rows under its header")]
    Empty,
    #[error("{0}: cannot be written: {1}")]
    Rejects(PathBuf, io::Error),
    #[error("no temporary file can be written: {0}")]
    Temporary(io::Error),
    #[error("the import was stopped, and goes on later")]
    Stopped,
    #[error("the reading thread ended: {0}")]
    Thread(#[from] tokio::task::JoinError),
    #[error("{0}; what was read so far is kept: run the import again")]
    Store(#[from] StoreError),
}

/// Imports a file; `watch` hears how far it is. Nothing is written before all of the file is read.
pub async fn import(
    deps: &Deps,
    publication: &Publication,
    options: &Options,
    input: Box<dyn Read + Send>,
    mut watch: impl FnMut(Progress<'_>),
) -> Result<Counts, ImportError> {
    let mut tx = deps.store.read().await?;
    let topics = publications::topics(&mut tx, publication.id).await?;
    let digests = digests::list(&mut tx, publication.id).await?;
    drop(tx);
    let source = Source {
        input,
        columns: options.columns.clone(),
        after: options.track.as_ref().and_then(|t| t.done_to.clone()),
        offer: Offer {
            topics: topics.into_iter().map(|topic| topic.slug).collect(),
            digests: digests.into_iter().map(|digest| digest.slug).collect(),
        },
        now: deps.now(),
        keys: deps.keys.clone(),
        rejected: options.rejected.clone().filter(|_| !options.dry_run),
    };
    let (sender, mut hearing) = mpsc::channel(2);
    let reading = tokio::task::spawn_blocking(move || read::read(source, &sender));
    let mut writer = Writer::new(deps, publication, options).await?;
    let mut of = 0;
    while let Some(heard) = hearing.recv().await {
        if writer.is_stopped() {
            return Err(ImportError::Stopped);
        }
        match heard {
            Heard::Reading { bytes, rows } => watch(Progress::Reading { bytes, rows }),
            Heard::Rejected(line, reason) => watch(Progress::Rejected {
                line,
                reason: &reason,
            }),
            Heard::Read { rows, rejected } => {
                of = rows;
                writer.is_read(rows, rejected);
            }
            Heard::Batch(batch) => {
                let rows = writer.batch(batch).await?;
                watch(Progress::Writing { rows, of });
            }
        }
    }
    reading.await??;
    if writer.counts.read == 0 {
        return Err(ImportError::Empty);
    }
    if !options.dry_run {
        deps.store.analyse_readers().await?;
    }
    tracing::info!(publication = %publication.slug, counts = ?writer.counts, "readers imported");
    Ok(writer.counts)
}
