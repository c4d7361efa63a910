//! The reading side of an import: a thread that checks the rows of the file, writes down what it
//! rejects, and hands the others over in batches.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use tokio::sync::mpsc::Sender;

use super::row::{HeaderError, Offer, Reader, RowError};
use super::sorted::{Checked, Sorter};
use super::{BATCH, ImportError};
use crate::domain::import::Column;
use crate::domain::token::Keys;
use crate::services::table::{Next, Table, write_row};

/// Reasons that are told at once; the others stand in the file of rejected rows.
const MOST_TOLD: u64 = 10;

/// What the writing side hears.
#[derive(Debug)]
pub(super) enum Heard {
    /// The file is being read.
    Reading { bytes: u64, rows: u64 },
    /// A row was rejected: one of the first, with its line.
    Rejected(u64, String),
    /// The file is read; so many rows may go in.
    Read { rows: u64, rejected: u64 },
    /// Some of these rows, in the order of their addresses.
    Batch(Batch),
}

/// Some rows, and how many others had the same addresses.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub rows: Vec<Checked>,
    pub duplicates: u64,
}

/// What the thread works with.
pub(super) struct Source {
    pub input: Box<dyn Read + Send>,
    /// What the columns are, where somebody has said it.
    pub columns: Option<Vec<Column>>,
    /// Rows up to this address, in lookup form, have had their turn before.
    pub after: Option<String>,
    pub offer: Offer,
    pub now: crate::domain::clock::Time,
    pub keys: Keys,
    /// Where rejected rows go; nowhere in a dry run.
    pub rejected: Option<PathBuf>,
}

/// Nobody listens any more: why stands with the listener.
struct Deaf;

fn tell(to: &Sender<Heard>, heard: Heard) -> Result<(), Deaf> {
    to.blocking_send(heard).map_err(|_| Deaf)
}

/// Reads all of the file, then hands its rows over. Ends early, without complaint, where nobody
/// listens any more.
pub(super) fn read(source: Source, to: &Sender<Heard>) -> Result<(), ImportError> {
    let mut table = Table::open(source.input).map_err(ImportError::Read)?;
    if table.is_utf16() {
        return Err(ImportError::Utf16);
    }
    if table.advance().map_err(ImportError::Read)? != Next::Row {
        return Err(HeaderError::Missing.into());
    }
    let (header, offer, now) = (table.row(), source.offer, source.now);
    let reader = match source.columns {
        Some(columns) => Reader::mapped(&header, columns, offer, now)?,
        None => Reader::new(&header, offer, now)?,
    };
    let mut rejects = Rejects::new(source.rejected, &table, &reader);
    let mut sorter = Sorter::new().map_err(ImportError::Temporary)?;
    let mut rejected = 0;
    loop {
        let checked = match table.advance().map_err(ImportError::Read)? {
            Next::End => break,
            Next::TooLong => Err(RowError::TooLong),
            Next::Row => reader.read(&table.row()),
        };
        let mut heard = None;
        match checked {
            Ok(None) => {}
            Ok(Some(row)) => {
                let hash = source.keys.email_hash(&row.email);
                let row = Checked::new(row, hash);
                sorter.push(row).map_err(ImportError::Temporary)?;
                let (bytes, rows) = (table.bytes(), sorter.rows());
                heard = (rows % BATCH == 0).then_some(Heard::Reading { bytes, rows });
            }
            Err(reason) => {
                rejects.write(&table, &reader, &reason)?;
                rejected += 1;
                if rejected <= MOST_TOLD {
                    heard = Some(Heard::Rejected(table.line(), reason.to_string()));
                }
            }
        }
        if heard.is_some_and(|heard| tell(to, heard).is_err()) {
            return Ok(());
        }
    }
    rejects.finish()?;
    let rows = sorter.rows();
    if tell(to, Heard::Read { rows, rejected }).is_err() {
        return Ok(());
    }
    hand_over(sorter, source.after.as_deref(), to).map_err(ImportError::Temporary)
}

fn hand_over(sorter: Sorter, after: Option<&str>, to: &Sender<Heard>) -> io::Result<()> {
    let mut merge = sorter.merge()?;
    merge.skip_to(after)?;
    loop {
        let mut batch = Batch::default();
        while (batch.rows.len() as u64) < BATCH {
            match merge.next_row()? {
                Some(row) => batch.rows.push(row),
                None => break,
            }
        }
        batch.duplicates = merge.take_duplicates();
        let is_last = (batch.rows.len() as u64) < BATCH;
        if tell(to, Heard::Batch(batch)).is_err() || is_last {
            return Ok(());
        }
    }
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
