//! Puts a backup in the place of the database. Nothing is replaced before the copy is whole, looked at,
//! and ready to be used; and what it replaces is kept beside.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use thiserror::Error;

use super::back_up::{BackUpError, folder_of, sync_folder};
use super::suppress::{self, Entry};
use super::{Deps, back_up};
use crate::domain::clock::Time;
use crate::domain::hold::Hold;
use crate::store::copies::{self, Content, Examined};
use crate::store::{Store, StoreError, audit, holds};

/// Why nothing was restored.
#[derive(Debug, Error)]
pub enum RestoreError {
    #[error(
        "{0} is no backup: it is not a database of Paperround's, and for PostgreSQL not one that \
         `paperround backup` wrote"
    )]
    Strange(PathBuf),
    #[error("{file} is damaged: {said}; take another backup")]
    Damaged { file: PathBuf, said: String },
    #[error("{0} was made by a newer version; restore it with that one")]
    Newer(PathBuf),
    #[error(
        "{0} has a log beside it, so it was copied while it was in use and is not whole; make backups \
         with `paperround backup`"
    )]
    Log(PathBuf),
    #[error("{0} is the database itself")]
    Itself(PathBuf),
    #[error("the database is in use by {0} of ours; stop `paperround serve` first")]
    InUse(String),
    #[error("another program has the database open; end it first")]
    Open,
    #[error("the database is not empty; --force takes its place, and keeps it beside")]
    NotEmpty,
    #[error(
        "the database has tables already; make an empty one (createdb) and name it in database.url"
    )]
    HasTables,
    #[error("the database cannot be read ({0}); --force takes its place, and keeps it beside")]
    Unreadable(StoreError),
    #[error(transparent)]
    File(#[from] BackUpError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies a backup of SQLite beside the database whose place it is to take, and looks at it there. `told`
/// hears how many bytes are copied, and of how many.
pub async fn bring(
    file: &Path,
    target: &Path,
    told: impl FnMut(u64, u64) + Send + 'static,
) -> Result<NamedTempFile, RestoreError> {
    let log = copies::log_of(file);
    if fs::metadata(&log).is_ok_and(|found| found.len() > 0) {
        return Err(RestoreError::Log(file.to_owned()));
    }
    if let (Ok(from), Ok(to)) = (file.canonicalize(), target.canonicalize())
        && from == to
    {
        return Err(RestoreError::Itself(file.to_owned()));
    }
    let folder = folder_of(target);
    let copy = NamedTempFile::new_in(&folder).map_err(BackUpError::at(&folder))?;
    let (from, into) = (file.to_owned(), copy.path().to_owned());
    let copied = tokio::task::spawn_blocking(move || copy_bytes(&from, &into, told)).await;
    copied
        .map_err(std::io::Error::other)
        .and_then(|done| done)
        .map_err(BackUpError::at(file))?;
    match copies::examine(copy.path()).await? {
        Examined::Good => Ok(copy),
        Examined::Strange => Err(RestoreError::Strange(file.to_owned())),
        Examined::Newer => Err(RestoreError::Newer(file.to_owned())),
        Examined::Damaged(said) => Err(RestoreError::Damaged {
            file: file.to_owned(),
            said,
        }),
    }
}

fn copy_bytes(
    from: &Path,
    into: &Path,
    mut told: impl FnMut(u64, u64),
) -> Result<(), std::io::Error> {
    use std::io::{Read as _, Write as _};
    let mut source = fs::File::open(from)?;
    let all = source.metadata()?.len();
    let mut copy = fs::OpenOptions::new().write(true).open(into)?;
    let mut part = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let read = source.read(&mut part)?;
        if read == 0 {
            return copy.sync_all();
        }
        copy.write_all(&part[..read])?;
        done += read as u64;
        told(done, all);
    }
}

/// What is to be known of a backup before anything is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    pub made_at: Time,
    /// Whether the secret key is the one that it was made with; `None` where it does not say.
    pub is_our_key: Option<bool>,
}

/// Makes a copy ready, whose schema is up to date already: it holds sending, and who is suppressed by now
/// is suppressed in it too. `made_at` is when the file was written that it comes from, where that is
/// known. Returns also how many were new.
pub async fn prepare(
    deps: &Deps,
    made_at: Option<Time>,
    suppressed: &[Entry],
) -> Result<(Backup, u64), RestoreError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    // The one of `fill_postgres` knows nothing yet.
    let sealed = holds::find(&mut tx).await?;
    let sealed = sealed.filter(|hold| !hold.key_mark.is_empty());
    let noted = audit::latest_of(&mut tx, "back up").await?;
    let (backup_at, key_mark) = match (sealed, noted) {
        (Some(hold), _) => (hold.backup_at, Some(hold.key_mark)),
        // The backup that was noted may be an older one than this file.
        (None, Some((at, after))) => {
            let mark = after["key_mark"].as_str().map(str::to_owned);
            (made_at.unwrap_or(at), mark)
        }
        (None, None) => (made_at.unwrap_or(now), None),
    };
    let hold = Hold {
        backup_at,
        restored_at: Some(now),
        key_mark: key_mark.clone().unwrap_or_default(),
    };
    holds::set(&mut tx, &hold).await?;
    tx.commit().await?;
    let added = suppress::add_list(deps, suppressed).await?;
    let backup = Backup {
        made_at: backup_at,
        is_our_key: key_mark.map(|mark| deps.keys.knows(&mark)),
    };
    Ok((backup, added))
}

/// Refuses to take the place of a database that is in use, or, without `force`, of one that has
/// something in it.
pub async fn may_replace(target: &Path, force: bool, now: Time) -> Result<(), RestoreError> {
    let is_there = fs::metadata(target).is_ok_and(|found| found.len() > 0);
    if !is_there {
        return Ok(());
    }
    match look(target, now).await {
        Ok(content) if content.nodes > 0 => Err(in_use(content.nodes)),
        // Whoever has it open keeps its log.
        Ok(_) if copies::log_of(target).exists() => Err(RestoreError::Open),
        Ok(content) if content.has_rows && !force => Err(RestoreError::NotEmpty),
        Err(error) if !force => Err(RestoreError::Unreadable(error)),
        _ => Ok(()),
    }
}

fn in_use(nodes: i64) -> RestoreError {
    RestoreError::InUse(match nodes {
        1 => "1 process".to_owned(),
        more => format!("{more} processes"),
    })
}

async fn look(target: &Path, now: Time) -> Result<Content, StoreError> {
    let store = Store::connect(&copies::address(target)).await?;
    let content = copies::content(&store, now).await;
    store.close().await;
    content
}

/// Puts the copy into the place of the database, in one step; what was there is kept under the name that
/// is returned.
pub fn replace(
    copy: NamedTempFile,
    target: &Path,
    now: Time,
) -> Result<Option<PathBuf>, RestoreError> {
    let before = fs::metadata(target).is_ok_and(|found| found.len() > 0);
    let aside = before.then(|| aside_of(target, now));
    if let Some(aside) = &aside {
        // The name is there at every moment.
        fs::hard_link(target, aside)
            .or_else(|_| fs::rename(target, aside))
            .map_err(BackUpError::at(aside))?;
        // Of a database that could not be opened the log belongs to it, not to the copy.
        let log = copies::log_of(target);
        if log.exists() {
            let kept = copies::log_of(aside);
            fs::rename(&log, &kept).map_err(BackUpError::at(&kept))?;
        }
    }
    copy.as_file().sync_all().map_err(BackUpError::at(target))?;
    copy.persist(target)
        .map_err(|failed| BackUpError::at(target)(failed.error))?;
    sync_folder(target)?;
    Ok(aside)
}

fn aside_of(target: &Path, now: Time) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".before-{}", now.format("%Y%m%dT%H%M%SZ")));
    name.into()
}

/// Makes an empty database on PostgreSQL ready for a backup: its tables, and the hold before any row, so
/// that nothing is sent however early a process starts.
pub async fn fill_postgres(deps: &Deps, url: &str, file: &Path) -> Result<(), RestoreError> {
    let mut tx = deps.store.read().await?;
    let tables = copies::tables(&mut tx).await?;
    drop(tx);
    if tables > 0 {
        return Err(RestoreError::HasTables);
    }
    let migrations = back_up::postgres::migrations(url, file).await;
    let migrations = migrations.map_err(|error| match error {
        BackUpError::Program { .. } => RestoreError::Strange(file.to_owned()),
        other => other.into(),
    })?;
    if !migrations.contains(&copies::HOLDS) {
        return Err(RestoreError::Strange(file.to_owned()));
    }
    if !copies::is_known(&migrations) {
        return Err(RestoreError::Newer(file.to_owned()));
    }
    back_up::postgres::make_tables(url, file).await?;
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    holds::set_first(&mut tx, now).await?;
    tx.commit().await?;
    Ok(back_up::postgres::fill(url, file).await?)
}
