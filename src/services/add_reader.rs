//! An operator adds one reader, as an import of one row would.

use std::io::Cursor;

use thiserror::Error;

use super::Deps;
use super::import::{self, ImportError, Options, Progress};
use super::table::write_row;
use crate::domain::email_address::EmailAddress;
use crate::domain::publication::Publication;
use crate::domain::slug::Slug;

/// What an operator says of a new reader.
#[derive(Debug, Clone)]
pub struct NewReader {
    pub email: EmailAddress,
    /// Empty where it is not known.
    pub name: String,
    /// The language of pages and mails; empty where it is not known.
    pub language: String,
    /// Empty for all.
    pub topics: Vec<Slug>,
    /// Empty for the first.
    pub digests: Vec<Slug>,
    /// What the reader agreed to, where the operator vouches for that; else they are asked by mail.
    pub consent: Option<String>,
    /// Who adds them, for the evidence.
    pub source: String,
}

/// What became of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// Whether the subscription is new.
    pub is_new: bool,
    pub state: AddedState,
}

/// How it stands with a reader who was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddedState {
    Confirmed,
    /// A mail asks them to confirm.
    Pending,
    /// Nothing has changed: they were there.
    Unchanged,
}

impl AddedState {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Pending => "pending",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Why a reader was not added.
#[derive(Debug, Error)]
pub enum AddError {
    #[error("{address}: {reason}")]
    Rejected {
        address: EmailAddress,
        reason: String,
    },
    #[error("{0} is suppressed and gets no mail; `paperround suppression remove` takes that back")]
    Suppressed(EmailAddress),
    #[error("{0} has left; only they themselves can come back, by signing up")]
    Left(EmailAddress),
    #[error(transparent)]
    Import(#[from] ImportError),
}

/// Adds a reader. One who is there already is not changed.
pub async fn add(
    deps: &Deps,
    publication: &Publication,
    new: &NewReader,
) -> Result<Added, AddError> {
    let options = Options {
        consent: new.consent.clone(),
        source: new.source.clone(),
        ..Options::default()
    };
    let mut rejected = None;
    let table = Box::new(Cursor::new(table(new)));
    let counts = import::import(deps, publication, &options, table, |now| {
        if let Progress::Rejected { reason, .. } = now {
            rejected = Some(reason.to_owned());
        }
    })
    .await?;
    let address = new.email.clone();
    if let Some(reason) = rejected {
        return Err(AddError::Rejected { address, reason });
    }
    if counts.suppressed > 0 {
        return Err(AddError::Suppressed(address));
    }
    if counts.unsubscribed > 0 {
        return Err(AddError::Left(address));
    }
    let state = if counts.confirmed > 0 {
        AddedState::Confirmed
    } else if counts.pending > 0 {
        AddedState::Pending
    } else {
        AddedState::Unchanged
    };
    let is_new = counts.added > 0;
    Ok(Added { is_new, state })
}

/// The reader as a table of one row.
fn table(new: &NewReader) -> Vec<u8> {
    let joined = |slugs: &[Slug]| {
        let slugs: Vec<&str> = slugs.iter().map(Slug::as_str).collect();
        slugs.join(";")
    };
    let (topics, digests) = (joined(&new.topics), joined(&new.digests));
    let fields = [
        ("email", new.email.as_str()),
        ("name", &new.name),
        ("language", &new.language),
        ("topics", &topics),
        ("digests", &digests),
    ];
    let mut table = Vec::new();
    write_row(&mut table, &fields.map(|(name, _)| name.as_bytes()), b',');
    write_row(&mut table, &fields.map(|(_, value)| value.as_bytes()), b',');
    table
}
