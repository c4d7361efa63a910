//! The first lines of a file, by which people say what its columns are; and the rows that were rejected.

use super::ImportError;
use super::row::HeaderError;
use crate::domain::ids::ImportId;
use crate::domain::text::cut;
use crate::services::Deps;
use crate::services::table::{Next, Table};
use crate::store::StoreError;
use crate::store::imports::parts::{self, PartKind};

/// Rows that are shown beneath the names of the columns.
const SAMPLES: usize = 3;
/// Bytes of a field that are shown.
const FIELD: usize = 80;

/// The beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The columns as the first line names them.
    pub names: Vec<String>,
    /// The first rows beneath it.
    pub samples: Vec<Vec<String>>,
    /// What separates the fields.
    pub delimiter: char,
}

/// Reads the first lines of a file that has been kept.
pub async fn header(deps: &Deps, id: ImportId) -> Result<Header, ImportError> {
    let mut tx = deps.store.read().await?;
    let first = parts::find(&mut tx, id, PartKind::File, 0).await?;
    drop(tx);
    beginning(&first.unwrap_or_default())
}

fn beginning(bytes: &[u8]) -> Result<Header, ImportError> {
    let mut table = Table::open(bytes).map_err(ImportError::Read)?;
    if table.is_utf16() {
        return Err(ImportError::Utf16);
    }
    if table.advance().map_err(ImportError::Read)? != Next::Row {
        return Err(HeaderError::Missing.into());
    }
    let names = texts(&table.row());
    if names.iter().any(|name| name.contains('@')) {
        return Err(HeaderError::Missing.into());
    }
    let mut samples = Vec::new();
    while samples.len() < SAMPLES {
        match table.advance().map_err(ImportError::Read)? {
            Next::End => break,
            Next::TooLong => {}
            Next::Row => samples.push(texts(&table.row())),
        }
    }
    if samples.is_empty() {
        return Err(ImportError::Empty);
    }
    Ok(Header {
        names,
        samples,
        delimiter: table.delimiter().into(),
    })
}

fn texts(row: &[&[u8]]) -> Vec<String> {
    let text = |field: &&[u8]| cut(String::from_utf8_lossy(field).trim(), FIELD).to_owned();
    row.iter().map(text).collect()
}

/// A piece of the table of rejected rows; `None` behind the last.
pub async fn rejected_piece(
    deps: &Deps,
    id: ImportId,
    number: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut tx = deps.store.read().await?;
    parts::find(&mut tx, id, PartKind::Rejected, number).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_shows_its_columns_and_first_rows() {
        let file = "Mail;Wer\nann@b.org;Ann\nbob@b.org\n\nc;d\ne;f\n";
        let found = beginning(file.as_bytes()).unwrap();
        assert_eq!(
            (found.names, found.delimiter),
            (vec!["Mail".to_owned(), "Wer".to_owned()], ';')
        );
        assert_eq!(found.samples[1], ["bob@b.org"]);
        assert_eq!(found.samples.len(), 3);
        let fails = |file: &[u8]| beginning(file).unwrap_err().to_string();
        assert!(fails(b"ann@b.org;Ann\nbob@b.org;Bob\n").contains("first line"));
        assert!(fails(b"\xff\xfem\0a\0").contains("UTF-8"));
        assert!(fails(b"email,name\n").contains("no rows"));
        assert!(fails(b"").contains("first line"));
    }
}
