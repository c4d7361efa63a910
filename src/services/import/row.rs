//! One row of an import: what its fields mean, or why they mean nothing.

use std::collections::BTreeSet;
use std::net::IpAddr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use thiserror::Error;

use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::email_address::{AddressError, EmailAddress};
use crate::domain::import::Column;
use crate::domain::publication::TopicChoice;
use crate::domain::slug::Slug;
use crate::domain::subscription::{SubscriptionState, truncated};
use crate::domain::text::{LineError, cut, line};

/// A checked row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub email: EmailAddress,
    pub name: Option<String>,
    pub language: Option<String>,
    pub topics: TopicChoice,
    pub digests: DigestChoice,
    /// What the file says of the reader; `None` where it says nothing.
    pub status: Option<SubscriptionState>,
    pub confirmed_at: Option<Time>,
    /// Where the reader confirmed from, truncated.
    pub network: Option<String>,
}

/// The names of the columns that a file may have.
const KNOWN: &str = "email, name, language, topics, digests, status, confirmed_at, confirm_ip";

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeaderError {
    #[error(
        "the first line must name the columns: email, and any of name, language, topics, digests, status, confirmed_at, confirm_ip"
    )]
    Missing,
    #[error("there is no column {0:?}; the columns known are {KNOWN}")]
    Unknown(String),
    #[error("the column {0:?} is there twice")]
    Twice(String),
    #[error("there is no column email; the columns known are {KNOWN}")]
    NoEmail,
}

/// Why a row was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RowError {
    #[error("not text in UTF-8; save the file as UTF-8")]
    Encoding,
    #[error("longer than 64 KB or 100 columns; is a quote never closed?")]
    TooLong,
    #[error("has more fields than the header has columns")]
    TooMany,
    #[error("no address")]
    NoAddress,
    #[error("{0}")]
    Address(AddressError),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("there is no topic {0:?}; `paperround topic list` shows them")]
    Topic(String),
    #[error("there is no digest {0:?}; `paperround digest list` shows them")]
    Digest(String),
    #[error("status {0:?} is not one of: confirmed, pending, unsubscribed")]
    Status(String),
    #[error("confirmed_at {0:?} is no date, as in 2026-01-31 or 2026-01-31T12:00:00Z")]
    Time(String),
    #[error("confirmed_at {0:?} lies in the future")]
    Future(String),
    #[error("confirm_ip {0:?} is no network address")]
    Ip(String),
}

/// What rows may name.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    pub topics: BTreeSet<Slug>,
    pub digests: BTreeSet<Slug>,
}

/// Reads rows under a header.
#[derive(Debug, Clone)]
pub struct Reader {
    columns: Vec<Column>,
    /// Which of them an earlier import added to the rows that it rejected.
    remarks: Vec<bool>,
    offer: Offer,
    now: Time,
}

impl Reader {
    /// Reads the header; rows may name what is on offer.
    pub fn new(header: &[&[u8]], offer: Offer, now: Time) -> Result<Self, HeaderError> {
        let column = |field: &&[u8]| {
            let text = String::from_utf8_lossy(field);
            if text.contains('@') {
                return Err(HeaderError::Missing);
            }
            let name = text.trim().to_lowercase();
            match name.parse::<Column>() {
                Ok(Column::Ignored) | Err(_) if is_remark(field) => Ok(Column::Ignored),
                Ok(Column::Ignored) | Err(_) => {
                    Err(HeaderError::Unknown(cut(&name, 60).to_owned()))
                }
                Ok(column) => Ok(column),
            }
        };
        let columns: Result<Vec<Column>, HeaderError> = header.iter().map(column).collect();
        Self::mapped(header, columns?, offer, now)
    }

    /// The same where somebody has said what the columns are; columns beyond those are passed over.
    pub fn mapped(
        header: &[&[u8]],
        mut columns: Vec<Column>,
        offer: Offer,
        now: Time,
    ) -> Result<Self, HeaderError> {
        columns.resize(header.len(), Column::Ignored);
        for (index, column) in columns.iter().enumerate() {
            if *column != Column::Ignored && columns[..index].contains(column) {
                return Err(HeaderError::Twice(column.to_string()));
            }
        }
        if !columns.contains(&Column::Email) {
            return Err(HeaderError::NoEmail);
        }
        Ok(Self {
            columns,
            remarks: header.iter().map(is_remark).collect(),
            offer,
            now,
        })
    }

    /// Whether a field goes into the list of rejected rows.
    pub fn is_original(&self, index: usize) -> bool {
        self.remarks.get(index) != Some(&true)
    }

    /// How many columns go into the list of rejected rows.
    pub fn originals(&self) -> usize {
        self.remarks.iter().filter(|remark| !**remark).count()
    }

    /// Reads a row; `None` where all its fields are empty.
    pub fn read(&self, fields: &[&[u8]]) -> Result<Option<Row>, RowError> {
        let mut texts = [""; 8];
        for (index, field) in fields.iter().enumerate() {
            let text = std::str::from_utf8(field)
                .map_err(|_| RowError::Encoding)?
                .trim();
            match self.columns.get(index) {
                Some(Column::Ignored) => {}
                Some(&column) => texts[column as usize] = text,
                None if text.is_empty() => {}
                None => return Err(RowError::TooMany),
            }
        }
        if texts.iter().all(|text| text.is_empty()) {
            return Ok(None);
        }
        let text = |column: Column| Some(texts[column as usize]).filter(|text| !text.is_empty());
        let email = text(Column::Email).ok_or(RowError::NoAddress)?;
        Ok(Some(Row {
            email: email.parse().map_err(RowError::Address)?,
            name: text(Column::Name).map(name).transpose()?,
            language: text(Column::Language)
                .map(|t| line("the language", t, 35))
                .transpose()?,
            topics: TopicChoice(slugs(
                texts[Column::Topics as usize],
                &self.offer.topics,
                RowError::Topic,
            )?),
            digests: DigestChoice(slugs(
                texts[Column::Digests as usize],
                &self.offer.digests,
                RowError::Digest,
            )?),
            status: text(Column::Status).map(status).transpose()?,
            confirmed_at: text(Column::ConfirmedAt)
                .map(|t| self.time(t))
                .transpose()?,
            network: text(Column::ConfirmIp).map(network).transpose()?,
        }))
    }

    fn time(&self, text: &str) -> Result<Time, RowError> {
        let time = time(text).ok_or_else(|| RowError::Time(cut(text, 60).to_owned()))?;
        // A date in a zone ahead of ours is no mistake.
        if time > self.now + TimeDelta::days(1) {
            return Err(RowError::Future(text.to_owned()));
        }
        Ok(time.min(self.now))
    }
}

/// Whether an earlier import added a column to the rows that it rejected.
fn is_remark(name: &&[u8]) -> bool {
    let name = name.trim_ascii().to_ascii_lowercase();
    name == b"line" || name == b"reason"
}

/// The slugs of a field, all of them on offer.
fn slugs(
    text: &str,
    offer: &BTreeSet<Slug>,
    unknown: fn(String) -> RowError,
) -> Result<BTreeSet<Slug>, RowError> {
    let words = text.split(';').map(str::trim).filter(|w| !w.is_empty());
    let known = |word: &str| {
        let slug: Option<Slug> = word.to_lowercase().parse().ok();
        slug.filter(|slug| offer.contains(slug))
            .ok_or_else(|| unknown(cut(word, 60).to_owned()))
    };
    words.map(known).collect()
}

/// Line breaks and runs of blanks in a name are accidents of the program that wrote the file.
fn name(text: &str) -> Result<String, LineError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    line("the name", &words.join(" "), 100)
}

/// Our words and those that other services use for the same.
fn status(text: &str) -> Result<SubscriptionState, RowError> {
    match text.to_lowercase().as_str() {
        "confirmed" | "subscribed" | "active" => Ok(SubscriptionState::Confirmed),
        "pending" | "unconfirmed" => Ok(SubscriptionState::Pending),
        "unsubscribed" => Ok(SubscriptionState::Unsubscribed),
        _ => Err(RowError::Status(cut(text, 60).to_owned())),
    }
}

/// RFC 3339, a date alone, or the two without a zone as databases print them: UTC then.
fn time(text: &str) -> Option<Time> {
    use chrono::SubsecRound;
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc().trunc_subsecs(6));
    }
    let naive = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map(|day| day.and_time(NaiveTime::MIN))
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S"))
        .ok()?;
    Some(naive.and_utc())
}

fn network(text: &str) -> Result<String, RowError> {
    let address: IpAddr = text
        .parse()
        .map_err(|_| RowError::Ip(cut(text, 60).to_owned()))?;
    Ok(truncated(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reader(header: &str) -> Result<Reader, HeaderError> {
        let fields: Vec<&[u8]> = header.split(',').map(str::as_bytes).collect();
        let slugs = |all: [&str; 2]| all.iter().map(|slug| slug.parse().unwrap()).collect();
        let offer = Offer {
            topics: slugs(["energy", "markets"]),
            digests: slugs(["daily", "weekly"]),
        };
        Reader::new(&fields, offer, "2026-03-02T08:00:00Z".parse().unwrap())
    }

    fn read(header: &str, row: &str) -> Result<Row, RowError> {
        let fields: Vec<&[u8]> = row.split(',').map(str::as_bytes).collect();
        reader(header).unwrap().read(&fields).map(Option::unwrap)
    }

    #[test]
    fn columns_come_in_any_order_and_case() {
        let row = read(
            " Topics ,EMAIL,confirm_ip,confirmed_at,Status,name,digests",
            "markets; Energy,Ann@Example.org,203.0.113.9,2026-01-31,Subscribed,Ann\n Lee,weekly;daily",
        )
        .unwrap();
        assert_eq!(row.email.as_str(), "Ann@example.org");
        assert_eq!(row.topics.key(), "energy,markets");
        assert_eq!(row.digests.key(), "daily,weekly");
        assert_eq!(row.network.as_deref(), Some("203.0.113.0/24"));
        assert_eq!(
            row.confirmed_at.unwrap().to_rfc3339(),
            "2026-01-31T00:00:00+00:00"
        );
        assert_eq!(row.status, Some(SubscriptionState::Confirmed));
        assert_eq!(row.name.as_deref(), Some("Ann Lee"));
    }

    #[test]
    fn headers_that_cannot_be_read_say_why() {
        let fails = |header| reader(header).unwrap_err().to_string();
        assert!(fails("email,phone").contains("\"phone\"; the columns known are email"));
        assert!(fails("name,topics").contains("no column email"));
        assert!(fails("email,Email").contains("twice"));
        assert!(fails("ann@example.org,Ann").contains("first line must name"));
    }

    #[test]
    fn rows_that_cannot_be_read_say_why() {
        let fails = |header, row| read(header, row).unwrap_err().to_string();
        assert!(fails("email,topics", "a@b.org,energy;sport").contains("\"sport\""));
        assert!(fails("email,digests", "a@b.org,hourly").contains("no digest \"hourly\""));
        assert!(fails("email,status", "a@b.org,cleaned").contains("\"cleaned\""));
        assert!(fails("email,confirmed_at", "a@b.org,31.1.2026").contains("no date"));
        assert!(fails("email,confirmed_at", "a@b.org,2027-01-01").contains("future"));
        assert!(fails("email,confirm_ip", "a@b.org,localhost").contains("network address"));
        assert!(fails("email,name", "a@b.org,A\u{7}").contains("control"));
        assert!(fails("email", "a@b.org,x").contains("more fields"));
        assert!(fails("email,name", ",Ann").contains("no address"));
        assert!(fails("email", "ann").contains('@'));
    }

    #[test]
    fn empty_rows_and_columns_of_an_earlier_import_are_passed_over() {
        let reader = reader("email,name,line,reason").unwrap();
        assert_eq!(reader.read(&[b"", b" ", b"7", b"no address"]), Ok(None));
        assert!(reader.read(&[b"a@b.org"]).unwrap().is_some());
        assert!(reader.is_original(1) && !reader.is_original(2));
    }

    #[test]
    fn columns_may_be_named_by_hand() {
        let header: Vec<&[u8]> = vec![b"Anrede", b"Mail", b"Wer", b"reason"];
        let named = |columns: &[Column]| {
            let now = "2026-03-02T08:00:00Z".parse().unwrap();
            Reader::mapped(&header, columns.to_vec(), Offer::default(), now)
        };
        let reader = named(&[Column::Ignored, Column::Email, Column::Name]).unwrap();
        let row = reader.read(&[b"Frau", b"ann@b.org", b"Ann", b"x"]).unwrap();
        assert_eq!(row.unwrap().name.as_deref(), Some("Ann"));
        assert_eq!(reader.originals(), 3);
        assert!(reader.is_original(0) && !reader.is_original(3));
        let twice = named(&[Column::Email, Column::Email]).unwrap_err();
        assert_eq!(twice, HeaderError::Twice("email".to_owned()));
        assert_eq!(named(&[Column::Name]).unwrap_err(), HeaderError::NoEmail);
    }

    #[test]
    fn bytes_that_are_no_text_are_rejected() {
        let reader = reader("email,name").unwrap();
        assert_eq!(
            reader.read(&[b"a@b.org", b"J\xf6rg"]),
            Err(RowError::Encoding)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(
            fields in proptest::collection::vec(
                proptest::collection::vec(any::<u8>(), 0..80), 0..10),
            texts in proptest::collection::vec("[ -~äßи\u{300}]{0,40}", 0..9),
        ) {
            let reader = reader("email,name,language,topics,digests,status,confirmed_at,confirm_ip").unwrap();
            let bytes: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
            let _ = reader.read(&bytes);
            let mut bytes: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            let _ = reader.read(&bytes);
            bytes.insert(0, b"a@b.org");
            let _ = reader.read(&bytes);
            let _ = Reader::new(&bytes, Offer::default(), reader.now);
        }
    }
}
