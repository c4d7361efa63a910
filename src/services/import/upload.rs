//! Keeps a file in the database as it comes, a piece at a time: any process can then work on it, and
//! none needs it in its memory or on its disk.

use thiserror::Error;

use super::MOST_BYTES;
use crate::domain::ids::{ImportId, PublicationId};
use crate::domain::import::{Counts, Import, ImportState, Origin, UndoCounts};
use crate::domain::text::cut;
use crate::services::Deps;
use crate::store::StoreError;
use crate::store::imports;
use crate::store::imports::parts::{self, PartKind};

/// Bytes of a piece.
pub(super) const PIECE: usize = 1_000_000;

/// Why a file was not taken.
#[derive(Debug, Error)]
pub enum UploadError {
    #[error("the file is larger than {} MB; split it, each part with the first line", MOST_BYTES / 1_000_000)]
    TooLarge,
    #[error("the file is empty")]
    Empty,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file on its way in.
pub struct Upload<'a> {
    deps: &'a Deps,
    import: Import,
    waiting: Vec<u8>,
    pieces: i64,
}

/// The row of an import that begins.
pub(super) fn row(
    deps: &Deps,
    publication: PublicationId,
    origin: Origin,
    file_name: &str,
    state: ImportState,
) -> Import {
    let now = deps.now();
    Import {
        id: deps.new_id(ImportId::new),
        publication,
        origin,
        actor: (*deps.actor).clone(),
        file_name: cut(file_name.trim(), 200).to_owned(),
        bytes: 0,
        state,
        columns: None,
        consent: None,
        counts: Counts::default(),
        rejected: Vec::new(),
        undo: UndoCounts::default(),
        done: 0,
        total: None,
        done_to: None,
        error: None,
        created_at: now,
        changed_at: now,
        started_at: None,
        finished_at: None,
    }
}

impl<'a> Upload<'a> {
    /// Begins to take a file in.
    pub async fn begin(
        deps: &'a Deps,
        publication: PublicationId,
        origin: Origin,
        file_name: &str,
    ) -> Result<Self, StoreError> {
        let import = row(deps, publication, origin, file_name, ImportState::Uploading);
        let mut tx = deps.store.begin().await?;
        imports::insert(&mut tx, &import, None).await?;
        tx.commit().await?;
        Ok(Self {
            deps,
            import,
            waiting: Vec::new(),
            pieces: 0,
        })
    }

    /// Takes the next bytes.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        self.import.bytes += bytes.len() as u64;
        if self.import.bytes > MOST_BYTES {
            return Err(UploadError::TooLarge);
        }
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() >= PIECE {
            let rest = self.waiting.split_off(PIECE);
            let piece = std::mem::replace(&mut self.waiting, rest);
            self.keep(&piece).await?;
        }
        Ok(())
    }

    async fn keep(&mut self, piece: &[u8]) -> Result<(), StoreError> {
        let mut tx = self.deps.store.begin_relaxed().await?;
        let id = self.import.id;
        parts::insert(&mut tx, id, PartKind::File, self.pieces, piece).await?;
        tx.commit().await?;
        self.pieces += 1;
        Ok(())
    }

    /// The file is whole.
    pub async fn finish(mut self) -> Result<Import, UploadError> {
        let rest = std::mem::take(&mut self.waiting);
        if !rest.is_empty() {
            self.keep(&rest).await?;
        }
        if self.import.bytes == 0 {
            self.give_up().await?;
            return Err(UploadError::Empty);
        }
        let mut tx = self.deps.store.begin().await?;
        let (import, now) = (&self.import, self.deps.now());
        imports::uploaded(&mut tx, import, now).await?;
        tx.commit().await?;
        self.import.state = ImportState::Uploaded;
        Ok(self.import)
    }

    /// Forgets what has come so far.
    pub async fn give_up(&self) -> Result<(), StoreError> {
        let mut tx = self.deps.store.begin().await?;
        parts::discard(&mut tx, &self.import).await?;
        tx.commit().await
    }
}
