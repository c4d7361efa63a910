//! Writes a whole copy of the database into a file, while the service runs. The copy holds sending: see
//! `hold`.

pub mod postgres;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tempfile::NamedTempFile;
use thiserror::Error;

use super::Deps;
use super::audit::note;
use crate::domain::audit::{Change, Kind};
use crate::domain::clock::Time;
use crate::domain::hold::Hold;
use crate::store::copies::{self, Examined};
use crate::store::{Store, StoreError};

/// How often progress is told.
const LOOK: Duration = Duration::from_millis(200);

/// Why there is no backup, or nothing was restored.
#[derive(Debug, Error)]
pub enum BackUpError {
    #[error("{0} exists already; name another file, or take its place with --force")]
    Exists(PathBuf),
    #[error("{file}: {error}")]
    File { file: PathBuf, error: io::Error },
    #[error("the copy is damaged and was thrown away: {0}; look after the disk")]
    Damaged(String),
    #[error("{program} is not there: {error}; install PostgreSQL's client programs")]
    NoProgram {
        program: &'static str,
        error: io::Error,
    },
    #[error("{program} failed: {said}")]
    Program { program: &'static str, said: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackUpError {
    pub(super) fn at(file: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |error| Self::File {
            file: file.to_owned(),
            error,
        }
    }
}

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub bytes: u64,
    pub made_at: Time,
}

/// Makes a backup of the database at `url`, of one moment; the file is there only once it is whole, and
/// only its owner may read it. `told` hears how many bytes are written, and of how many where that is
/// known.
pub async fn make(
    deps: &Deps,
    url: &str,
    file: &Path,
    force: bool,
    mut told: impl FnMut(u64, Option<u64>),
) -> Result<Made, BackUpError> {
    if file.exists() && !force {
        return Err(BackUpError::Exists(file.to_owned()));
    }
    let made_at = deps.now();
    let folder = folder_of(file);
    // With the rights of its owner alone.
    let part = NamedTempFile::new_in(&folder).map_err(BackUpError::at(&folder))?;
    match &deps.store {
        Store::Sqlite(pools) => {
            let mut tx = deps.store.read().await?;
            let size = copies::size(&mut tx).await?;
            drop(tx);
            let copy = copies::write(pools, part.path());
            watch(copy, part.path(), |bytes| told(bytes, Some(size))).await?;
            seal(deps, part.path(), made_at).await?;
        }
        Store::Postgres(_) => {
            // The restored copy knows by it when the backup was made.
            noted(deps, made_at).await?;
            let dump = postgres::dump(url, part.path());
            watch(dump, part.path(), |bytes| told(bytes, None)).await?;
        }
    }
    let bytes = put(part, file, force)?;
    if matches!(deps.store, Store::Sqlite(_))
        && let Err(error) = noted(deps, made_at).await
    {
        // A backup of what cannot be written is wanted all the more.
        tracing::warn!(%error, "the backup could not be noted in the audit log");
    }
    Ok(Made { bytes, made_at })
}

/// The folder that a file is in.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    let parent = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

/// Tells how large the file is while the work goes on.
async fn watch<E>(
    work: impl Future<Output = Result<(), E>>,
    file: &Path,
    mut told: impl FnMut(u64),
) -> Result<(), E> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(LOOK) => {
                told(std::fs::metadata(file).map_or(0, |found| found.len()));
            }
        }
    }
}

/// Holds sending in the copy, and looks whether it is whole.
async fn seal(deps: &Deps, copy: &Path, made_at: Time) -> Result<(), BackUpError> {
    let hold = Hold {
        backup_at: made_at,
        restored_at: None,
        key_mark: deps.keys.mark(),
    };
    copies::hold(copy, &hold).await?;
    match copies::examine(copy).await? {
        Examined::Damaged(said) => Err(BackUpError::Damaged(said)),
        _ => Ok(()),
    }
}

fn put(part: NamedTempFile, file: &Path, force: bool) -> Result<u64, BackUpError> {
    let at = || BackUpError::at(file);
    part.as_file().sync_all().map_err(at())?;
    let bytes = part.as_file().metadata().map_err(at())?.len();
    let put = if force {
        part.persist(file)
    } else {
        part.persist_noclobber(file)
    };
    if let Err(failed) = put {
        return Err(match failed.error.kind() {
            io::ErrorKind::AlreadyExists => BackUpError::Exists(file.to_owned()),
            _ => at()(failed.error),
        });
    }
    sync_folder(file)?;
    Ok(bytes)
}

/// Has the name of a file survive a power cut.
pub(super) fn sync_folder(file: &Path) -> Result<(), BackUpError> {
    let folder = folder_of(file);
    let opened = std::fs::File::open(&folder).and_then(|opened| opened.sync_all());
    opened.map_err(BackUpError::at(&folder))
}

/// A backup has everything in it that the database has: whoever made one stands in the log.
async fn noted(deps: &Deps, made_at: Time) -> Result<(), StoreError> {
    let mut tx = deps.store.begin().await?;
    let entry = Change::of("back up", Kind::Settings, "database");
    let after = json!({ "made_at": made_at, "key_mark": deps.keys.mark() });
    note(deps, &mut tx, entry.to(after)).await?;
    tx.commit().await
}
