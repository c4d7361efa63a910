//! Reads lists that operators hand over: one thing a line, or a table with a header, as `export`
//! prints it.

use std::io::{self, Read};

use thiserror::Error;

use super::table::{Next, Table};
use crate::domain::text::cut;

/// A list as read, with the lines that are no entries.
#[derive(Debug)]
pub struct List<T> {
    pub entries: Vec<T>,
    pub rejected: Vec<(u64, String)>,
}

/// Why a list cannot be read at all.
#[derive(Debug, Error)]
pub enum ListError {
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("there is no column {name:?}; the columns known are {known}")]
    Unknown { name: String, known: String },
}

/// What a kind of list consists of.
pub(super) trait Kind {
    type Entry;
    type Column: Copy + PartialEq + 'static;
    /// The columns by their names.
    const COLUMNS: &'static [(&'static str, Self::Column)];
    /// The one column of a list without a header.
    const PLAIN: Self::Column;

    /// Whether a row is only a remark.
    fn is_remark(&self, _row: &[&[u8]]) -> bool {
        false
    }

    /// Whether a row that no entry came before names the columns.
    fn is_header(&self, row: &[&[u8]]) -> bool;

    /// Reads a row that is not empty.
    fn entry(&self, row: &Row<'_, Self::Column>) -> Result<Self::Entry, String>;
}

/// A row and what its fields are.
pub(super) struct Row<'a, C> {
    fields: &'a [&'a [u8]],
    columns: &'a [C],
}

impl<C: Copy + PartialEq> Row<'_, C> {
    /// A field without the space around it; `None` where it is empty or missing.
    pub(super) fn get(&self, column: C) -> Result<Option<&str>, String> {
        let index = self.columns.iter().position(|known| *known == column);
        let Some(field) = index.and_then(|index| self.fields.get(index)) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(field).map_err(|_| "not text in UTF-8".to_owned())?;
        Ok(Some(text.trim()).filter(|text| !text.is_empty()))
    }
}

/// Reads a list to its end.
pub(super) fn read<K: Kind>(kind: &K, input: impl Read) -> Result<List<K::Entry>, ListError> {
    let mut table = Table::open(input)?;
    let (mut entries, mut rejected) = (Vec::new(), Vec::new());
    let mut columns: Option<Vec<K::Column>> = None;
    loop {
        match table.advance()? {
            Next::End => return Ok(List { entries, rejected }),
            Next::TooLong => {
                rejected.push((table.line(), "too long".to_owned()));
                continue;
            }
            Next::Row => {}
        }
        let fields = table.row();
        if kind.is_remark(&fields) {
            continue;
        }
        if columns.is_none() && kind.is_header(&fields) {
            columns = Some(header::<K>(&fields)?);
            continue;
        }
        let columns = columns.get_or_insert_with(|| vec![K::PLAIN]);
        if fields.iter().all(|field| field.trim_ascii().is_empty()) {
            continue;
        }
        let row = Row {
            fields: &fields,
            columns,
        };
        match kind.entry(&row) {
            Ok(entry) => entries.push(entry),
            Err(reason) => rejected.push((table.line(), reason)),
        }
    }
}

fn header<K: Kind>(fields: &[&[u8]]) -> Result<Vec<K::Column>, ListError> {
    let column = |field: &&[u8]| {
        let name = String::from_utf8_lossy(field).trim().to_lowercase();
        let found = K::COLUMNS.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, column)| *column)
            .ok_or_else(|| ListError::Unknown {
                name: cut(&name, 60).to_owned(),
                known: K::COLUMNS
                    .iter()
                    .map(|(known, _)| *known)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    };
    fields.iter().map(column).collect()
}
