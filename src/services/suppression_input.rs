//! Reads lists of suppressed addresses: one address a line, or a table with a header, as
//! `suppression export` writes it.

use std::io::Read;

use super::list::{self, Kind, List, ListError, Row};
use super::suppress::{Entry, Who};
use crate::domain::email_address::EmailAddress;
use crate::domain::suppression::{EmailHash, SuppressionReason};
use crate::domain::text::cut;

/// What is said of an entry where the list says nothing.
#[derive(Debug, Clone)]
pub struct Otherwise {
    pub reason: SuppressionReason,
    pub source: Option<String>,
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

struct Suppressed<'a>(&'a Otherwise);

/// Reads a list.
pub fn read(input: impl Read, otherwise: &Otherwise) -> Result<List<Entry>, ListError> {
    list::read(&Suppressed(otherwise), input)
}

impl Kind for Suppressed<'_> {
    type Entry = Entry;
    type Column = Column;
    const COLUMNS: &'static [(&'static str, Column)] = &[
        ("email", Column::Email),
        ("email_hash", Column::Hash),
        ("reason", Column::Reason),
        ("source", Column::Source),
        ("created_at", Column::Ignored),
    ];
    const PLAIN: Column = Column::Email;

    fn is_header(&self, row: &[&[u8]]) -> bool {
        !row.iter().any(|field| field.contains(&b'@'))
    }

    fn entry(&self, row: &Row<'_, Column>) -> Result<Entry, String> {
        let who = match (row.get(Column::Email)?, row.get(Column::Hash)?) {
            (Some(email), _) => {
                let email: EmailAddress = email.parse().map_err(|e| format!("{e}"))?;
                Who::Address(email)
            }
            (None, Some(hash)) => {
                let hash: EmailHash = hash.parse().map_err(|e| format!("{e}"))?;
                Who::Hash(hash)
            }
            (None, None) => return Err("no address".to_owned()),
        };
        let reason = match row.get(Column::Reason)? {
            Some(word) => word.parse().map_err(|e| format!("reason {e}"))?,
            None => self.0.reason,
        };
        let source = row.get(Column::Source)?;
        let source = source.map(|text| cut(text, 200).to_owned());
        Ok(Entry {
            who,
            reason,
            source: source.or_else(|| self.0.source.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> List<Entry> {
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
                    "reason \"sad\" is not one of: manual, reader, hard-bounce, soft-bounces, complaint, erased"
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
