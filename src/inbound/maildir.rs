//! A Maildir that a mail server delivers to. What has been read is moved to `cur` and marked as seen;
//! nothing is deleted.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use tokio::fs;
use tokio::io::AsyncReadExt as _;
use tokio_util::sync::CancellationToken;

use super::{MOST, receive};
use crate::reports;
use crate::services::Deps;
use crate::store::StoreError;

/// How often new mail is looked for.
const LOOK: Duration = Duration::from_secs(2);
/// Mails that one look takes, by name, which begins with the time of delivery.
const AT_ONCE: usize = 500;

/// Why mails stay in the folder.
#[derive(Debug, Error)]
pub enum MaildirError {
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes in what comes until `stop`; what cannot be taken now stays where it is.
pub async fn watch(deps: Deps, folder: PathBuf, stop: CancellationToken) {
    let mut failing = false;
    loop {
        match take_in(&deps, &folder).await {
            Ok(_) if failing => {
                failing = false;
                tracing::info!(folder = %folder.display(), "the Maildir can be read again");
            }
            // Said once, not at every look of a long trouble.
            Err(error) if !failing => {
                failing = true;
                tracing::error!(%error, "the Maildir (bounces.maildir) cannot be read; tried again");
            }
            _ => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Takes in the mails that are new; returns how many.
pub async fn take_in(deps: &Deps, folder: &Path) -> Result<usize, MaildirError> {
    let new = folder.join("new");
    let mut taken = 0;
    for name in names(&new).await? {
        let path = new.join(&name);
        let Some(message) = read(&path).await? else {
            // Another process has it.
            continue;
        };
        let flags = if message.len() > MOST {
            tracing::warn!(file = %path.display(), "a mail is too long to be read; it is flagged");
            "FS"
        } else {
            receive(deps, None, reports::return_path(&message), &message).await?;
            "S"
        };
        let seen = folder.join("cur").join(format!("{name}:2,{flags}"));
        match fs::rename(&path, &seen).await {
            Ok(()) => taken += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(MaildirError::File { path, error }),
        }
    }
    Ok(taken)
}

async fn names(folder: &Path) -> Result<Vec<String>, MaildirError> {
    let failed = |error| MaildirError::File {
        path: folder.to_owned(),
        error,
    };
    let mut entries = fs::read_dir(folder).await.map_err(failed)?;
    let mut names = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(failed)? {
        // What is no text was named by no mail server.
        let name = entry.file_name().into_string().unwrap_or_default();
        if !name.is_empty() && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort_unstable();
    names.truncate(AT_ONCE);
    Ok(names)
}

/// The mail, and of one that is too long a bit more than may be read; `None` where it has gone.
async fn read(path: &Path) -> Result<Option<Vec<u8>>, MaildirError> {
    let failed = |error| MaildirError::File {
        path: path.to_owned(),
        error,
    };
    let file = match fs::File::open(path).await {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut message = Vec::new();
    let mut some = file.take(MOST as u64 + 1);
    some.read_to_end(&mut message).await.map_err(failed)?;
    Ok(Some(message))
}
