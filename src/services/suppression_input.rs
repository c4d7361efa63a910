//! Reads lists of suppressed addresses: one address a line, or a table with a header, as
//! `suppression export` writes it.

use std::io::{self, Read};

use thiserror::Error;

use super::suppress::{Entry, Who};
use super::table::{Next, Table};
use crate::domain::email_address::EmailAddress;
use crate::domain::suppression::{EmailHash, SuppressionReason};
use crate::domain::text::cut;

/// What is said of an entry where the list says nothing.
#[derive(Debug, Clone)]
pub struct Otherwise {
    pub reason: SuppressionReason,
    pub source: Option<String>,
}

/// A list as read, with the lines that are no entries.
#[derive(Debug, Default)]
pub struct List {
    pub entries: Vec<Entry>,
    pub rejected: Vec<(u64, String)>,
}

/// Why a list cannot be read at all.
#[derive(Debug, Error)]
pub enum ListError {
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error(
        "there is no column {0:?}; the columns known are email, email_hash, reason, source, created_at"
    )]
    Unknown(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Email,
    Hash,
    Reason,
    Source,
    /// The time of the list is not ours.
    Ignored,
}

/// Reads a list.
pub fn read(input: impl Read, otherwise: &Otherwise) -> Result<List, ListError> {
    let mut table = Table::open(input)?;
    let mut list = List::default();
    let mut columns: Option<Vec<Column>> = None;
    loop {
        match table.advance()? {
            Next::End => return Ok(list),
            Next::TooLong => {
                list.rejected.push((table.line(), "too long".to_owned()));
                continue;
            }
            Next::Row => {}
        }
        let row = table.row();
        let known = match &columns {
            Some(known) => known,
            None => {
                let is_header = !row.iter().any(|field| field.contains(&b'@'));
                columns = Some(if is_header {
                    header(&row)?
                } else {
                    vec![Column::Email]
                });
                if is_header {
                    continue;
                }
                &vec![Column::Email]
            }
        };
        match entry(&row, known, otherwise) {
            Ok(Some(entry)) => list.entries.push(entry),
            Ok(None) => {}
            Err(reason) => list.rejected.push((table.line(), reason)),
        }
    }
}

fn header(row: &[&[u8]]) -> Result<Vec<Column>, ListError> {
    row.iter()
        .map(|field| {
            let name = String::from_utf8_lossy(field).trim().to_lowercase();
            match name.as_str() {
                "email" => Ok(Column::Email),
                "email_hash" => Ok(Column::Hash),
                "reason" => Ok(Column::Reason),
                "source" => Ok(Column::Source),
                "created_at" => Ok(Column::Ignored),
                _ => Err(ListError::Unknown(cut(&name, 60).to_owned())),
            }
        })
        .collect()
}

/// Reads a row; `None` where it is empty.
fn entry(
    row: &[&[u8]],
    columns: &[Column],
    otherwise: &Otherwise,
) -> Result<Option<Entry>, String> {
    let field = |column: Column| {
        let index = columns.iter().position(|known| *known == column)?;
        let text = std::str::from_utf8(row.get(index)?).map(str::trim);
        Some(text.map_err(|_| "not text in UTF-8".to_owned())).filter(|t| *t != Ok(""))
    };
    let who = match (
        field(Column::Email).transpose()?,
        field(Column::Hash).transpose()?,
    ) {
        (Some(email), _) => {
            let email: EmailAddress = email.parse().map_err(|e| format!("{e}"))?;
            Who::Address(email)
        }
        (None, Some(hash)) => {
            let hash: EmailHash = hash.parse().map_err(|e| format!("{e}"))?;
            Who::Hash(hash)
        }
        (None, None) if row.iter().all(|field| field.trim_ascii().is_empty()) => return Ok(None),
        (None, None) => return Err("no address".to_owned()),
    };
    let reason = match field(Column::Reason).transpose()? {
        Some(word) => word.parse().map_err(|e| format!("reason {e}"))?,
        None => otherwise.reason,
    };
    let source = field(Column::Source).transpose()?;
    Ok(Some(Entry {
        who,
        reason,
        source: source
            .map(|text| cut(text, 200).to_owned())
            .or_else(|| otherwise.source.clone()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> List {
        let otherwise = Otherwise {
            reason: SuppressionReason::Manual,
            source: Some("old list".to_owned()),
        };
        read(text.as_bytes(), &otherwise).unwrap()
    }

    #[test]
    fn a_plain_list_has_an_address_a_line() {
        let read = list("Ann@example.org\n\nnobody\nbob@example.org\n");
        assert_eq!(read.entries.len(), 2);
        assert_eq!(
            read.entries[0].who,
            Who::Address("Ann@example.org".parse().unwrap())
        );
        assert_eq!(read.entries[1].source.as_deref(), Some("old list"));
        assert_eq!(read.rejected.len(), 1);
        assert_eq!(read.rejected[0].0, 3);
    }

    #[test]
    fn a_table_names_reasons_and_hashes() {
        let hash = "0123456789abcdef0123456789abcdef";
        let read = list(&format!(
            "email_hash,email,reason,source,created_at\n{hash},,erased,,2026-01-01\n,a@b.org,hard-bounce,relay,\n,b@b.org,sad,,\n,,,x,\n"
        ));
        assert_eq!(read.entries[0].who, Who::Hash(hash.parse().unwrap()));
        assert_eq!(read.entries[0].reason, SuppressionReason::Erased);
        assert_eq!(read.entries[1].source.as_deref(), Some("relay"));
        assert_eq!(
            read.rejected,
            [
                (
                    4,
                    "reason \"sad\" is not one of: manual, reader, hard-bounce, complaint, erased"
                        .to_owned()
                ),
                (5, "no address".to_owned()),
            ]
        );
    }

    #[test]
    fn other_columns_are_an_error() {
        let otherwise = Otherwise {
            reason: SuppressionReason::Manual,
            source: None,
        };
        let error = read(&b"email,phone\na@b.org,1\n"[..], &otherwise).unwrap_err();
        assert!(error.to_string().contains("\"phone\""), "{error}");
    }
}
