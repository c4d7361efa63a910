//! The reading side of an import: a thread that turns the file into batches of checked rows and
//! writes down what it rejects.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use tokio::sync::mpsc::Sender;

use super::row::{HeaderError, Reader, Row, RowError};
use super::seen::Seen;
use super::{BATCH, ImportError};
use crate::domain::suppression::EmailHash;
use crate::domain::token::Keys;
use crate::services::table::{Next, Table, write_row};

/// Reasons that are told at once; the others stand in the file of rejected rows.
const MOST_TOLD: u64 = 5;

/// A checked row whose address the file has for the first time.
#[derive(Debug)]
pub(super) struct Checked {
    pub row: Row,
    pub key: String,
    pub hash: EmailHash,
}

/// Some rows and what became of the others beside them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub rows: Vec<Checked>,
    pub duplicates: u64,
    pub rejected: u64,
    /// The first reasons of all, with their lines.
    pub told: Vec<(u64, String)>,
    /// How far into the file this is.
    pub bytes: u64,
}

impl Batch {
    fn len(&self) -> u64 {
        self.rows.len() as u64 + self.duplicates + self.rejected
    }
}

/// What the thread works with.
pub(super) struct Source {
    pub input: Box<dyn Read + Send>,
    pub topics: std::collections::BTreeSet<crate::domain::slug::Slug>,
    pub now: crate::domain::clock::Time,
    pub keys: Keys,
    /// Where rejected rows go; nowhere in a dry run.
    pub rejected: Option<PathBuf>,
}

/// Reads all of the file. Ends early, without complaint, where nobody listens any more.
pub(super) fn read(source: Source, batches: &Sender<Batch>) -> Result<(), ImportError> {
    let mut table = Table::open(source.input).map_err(ImportError::Read)?;
    if table.is_utf16() {
        return Err(ImportError::Utf16);
    }
    if table.advance().map_err(ImportError::Read)? != Next::Row {
        return Err(HeaderError::Missing.into());
    }
    let reader = Reader::new(&table.row(), source.topics, source.now)?;
    let mut rejects = Rejects::new(source.rejected, &table, &reader);
    let mut seen = Seen::new().map_err(ImportError::Temporary)?;
    let mut batch = Batch::default();
    let mut rejected = 0;
    loop {
        let checked = match table.advance().map_err(ImportError::Read)? {
            Next::End => break,
            Next::TooLong => Err(RowError::TooLong),
            Next::Row => reader.read(&table.row()),
        };
        match checked {
            Ok(None) => continue,
            Ok(Some(row)) => {
                let hash = source.keys.email_hash(&row.email);
                if seen.insert(hash).map_err(ImportError::Temporary)? {
                    let key = row.email.key();
                    batch.rows.push(Checked { row, key, hash });
                } else {
                    batch.duplicates += 1;
                }
            }
            Err(reason) => {
                rejects.write(&table, &reader, &reason)?;
                batch.rejected += 1;
                rejected += 1;
                if rejected <= MOST_TOLD {
                    batch.told.push((table.line(), reason.to_string()));
                }
            }
        }
        if batch.len() >= BATCH {
            batch.bytes = table.bytes();
            if batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                return Ok(());
            }
        }
    }
    rejects.finish()?;
    batch.bytes = table.bytes();
    // Nobody listens: then why stands with the listener.
    let _ = batches.blocking_send(batch);
    Ok(())
}

/// The file of rejected rows; made when there is one to write.
struct Rejects {
    path: Option<PathBuf>,
    file: Option<BufWriter<File>>,
    header: Vec<u8>,
    line: Vec<u8>,
}

impl Rejects {
    fn new<R: Read>(path: Option<PathBuf>, table: &Table<R>, reader: &Reader) -> Self {
        let mut header = Vec::new();
        let row = table.row();
        let mut names = originals(&row, reader);
        names.extend([&b"line"[..], b"reason"]);
        write_row(&mut header, &names, table.delimiter());
        Self {
            path,
            file: None,
            header,
            line: Vec::new(),
        }
    }

    fn write<R: Read>(
        &mut self,
        table: &Table<R>,
        reader: &Reader,
        reason: &RowError,
    ) -> Result<(), ImportError> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let failed = |error| ImportError::Rejects(path.clone(), error);
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let mut file = BufWriter::new(private(path).map_err(failed)?);
                file.write_all(&self.header).map_err(failed)?;
                self.file.insert(file)
            }
        };
        let row = table.row();
        let mut fields = originals(&row, reader);
        // A row with too few or too many fields keeps line and reason under their names.
        fields.resize(reader.originals(), b"");
        let (line, reason) = (table.line().to_string(), reason.to_string());
        fields.extend([line.as_bytes(), reason.as_bytes()]);
        self.line.clear();
        write_row(&mut self.line, &fields, table.delimiter());
        file.write_all(&self.line).map_err(failed)
    }

    fn finish(self) -> Result<(), ImportError> {
        match (self.file, self.path) {
            (Some(mut file), Some(path)) => file.flush().map_err(|e| ImportError::Rejects(path, e)),
            _ => Ok(()),
        }
    }
}

fn originals<'a>(row: &[&'a [u8]], reader: &Reader) -> Vec<&'a [u8]> {
    row.iter()
        .enumerate()
        .filter(|(index, _)| reader.is_original(*index))
        .map(|(_, field)| *field)
        .collect()
}

/// It holds addresses: nobody else reads it.
fn private(path: &std::path::Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}
