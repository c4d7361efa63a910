//! The checked rows of a file in the order of their addresses, each address once: sorted in
//! pieces, which wait in a temporary file and are merged. So memory does not grow with the file,
//! and the database's indexes are filled from one end to the other instead of here and there.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;

use super::row::Row;
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::publication::TopicChoice;
use crate::domain::subscription::SubscriptionState;
use crate::domain::suppression::EmailHash;
use crate::services::consent;

/// Rows sorted at a time.
const PIECE: usize = 10_000;
/// Bytes of a piece that are read at a time while merging.
const WINDOW: usize = 8 * 1024;
/// What stands before a text that is not there.
const NOTHING: u32 = u32::MAX;

/// A checked row, in plain values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked {
    /// The address in lookup form, and its keyed hash.
    pub key: String,
    pub hash: EmailHash,
    pub email: String,
    pub name: Option<String>,
    pub language: Option<String>,
    pub topic_key: String,
    pub digest_key: String,
    pub status: Option<SubscriptionState>,
    pub confirmed_at: Option<Time>,
    pub network: Option<String>,
}

impl Checked {
    pub(super) fn new(row: Row, hash: EmailHash) -> Self {
        Self {
            key: row.email.key(),
            hash,
            email: row.email.into(),
            name: row.name,
            language: row.language,
            topic_key: row.topics.key(),
            digest_key: row.digests.key(),
            status: row.status,
            confirmed_at: row.confirmed_at,
            network: row.network,
        }
    }

    /// What the reader chose, in the words of the evidence.
    pub(super) fn chosen(&self) -> String {
        let topics = TopicChoice::from_key(&self.topic_key);
        consent::chosen(&topics, &DigestChoice::from_key(&self.digest_key))
    }

    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(&self.hash.0)?;
        let at = self
            .confirmed_at
            .map_or(i64::MIN, |at| at.timestamp_micros());
        to.write_all(&at.to_be_bytes())?;
        let texts = [
            Some(self.key.as_str()),
            Some(&self.email),
            Some(&self.topic_key),
            Some(&self.digest_key),
            self.name.as_deref(),
            self.language.as_deref(),
            self.status.map(SubscriptionState::as_str),
            self.network.as_deref(),
        ];
        for text in texts {
            let length = text.map_or(Some(NOTHING), |text| u32::try_from(text.len()).ok());
            let length = length.ok_or(io::ErrorKind::InvalidData)?;
            to.write_all(&length.to_be_bytes())?;
            to.write_all(text.unwrap_or_default().as_bytes())?;
        }
        Ok(())
    }
}

/// Takes rows in any order.
pub(super) struct Sorter {
    piece: Vec<Checked>,
    file: BufWriter<File>,
    written: u64,
    /// Where each piece ends in the file.
    ends: Vec<u64>,
    rows: u64,
}

impl Sorter {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            piece: Vec::new(),
            file: BufWriter::new(tempfile::tempfile()?),
            written: 0,
            ends: Vec::new(),
            rows: 0,
        })
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn push(&mut self, row: Checked) -> io::Result<()> {
        self.piece.push(row);
        self.rows += 1;
        if self.piece.len() >= PIECE {
            self.put_away()?;
        }
        Ok(())
    }

    fn put_away(&mut self) -> io::Result<()> {
        // A stable sort: of rows with one address the first of the file stays the first.
        self.piece.sort_by(|a, b| a.key.cmp(&b.key));
        let mut bytes = Vec::new();
        for row in self.piece.drain(..) {
            bytes.clear();
            row.write(&mut bytes)?;
            self.file.write_all(&bytes)?;
            self.written += bytes.len() as u64;
        }
        self.ends.push(self.written);
        Ok(())
    }

    /// Begins to hand the rows out in order.
    pub(super) fn merge(mut self) -> io::Result<Merge> {
        self.put_away()?;
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        let mut start = 0;
        let mut merge = Merge {
            file,
            pieces: Vec::new(),
            heads: BinaryHeap::new(),
            rows: Vec::new(),
            last: None,
            duplicates: 0,
        };
        for (index, end) in self.ends.into_iter().enumerate() {
            merge.pieces.push(Piece {
                at: start,
                end,
                window: Vec::new(),
                from: 0,
            });
            merge.rows.push(None);
            merge.advance(index)?;
            start = end;
        }
        Ok(merge)
    }
}

/// A part of the file that is sorted by itself.
struct Piece {
    at: u64,
    end: u64,
    window: Vec<u8>,
    from: usize,
}

impl Piece {
    fn bytes(&mut self, file: &File, count: usize) -> io::Result<&[u8]> {
        let left = self.window.len() - self.from;
        if left < count {
            self.window.drain(..self.from);
            self.from = 0;
            let rest = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
            let more = WINDOW.max(count).min(rest);
            self.window.resize(left + more, 0);
            file.read_exact_at(&mut self.window[left..], self.at)?;
            self.at += more as u64;
        }
        let bytes = self.window.get(self.from..self.from + count);
        self.from += count;
        bytes.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn text(&mut self, file: &File) -> io::Result<Option<String>> {
        let length = u32::from_be_bytes(self.array(file)?);
        if length == NOTHING {
            return Ok(None);
        }
        let bytes = self.bytes(file, length as usize)?.to_vec();
        let text = String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(Some(text))
    }

    fn array<const N: usize>(&mut self, file: &File) -> io::Result<[u8; N]> {
        let bytes = self.bytes(file, N)?;
        bytes
            .try_into()
            .map_err(|_| io::ErrorKind::UnexpectedEof.into())
    }

    /// The next row of the piece.
    fn row(&mut self, file: &File) -> io::Result<Option<Checked>> {
        if self.from == self.window.len() && self.at == self.end {
            return Ok(None);
        }
        let hash = EmailHash(self.array(file)?);
        let at = i64::from_be_bytes(self.array(file)?);
        let mut texts = [const { None }; 8];
        for text in &mut texts {
            *text = self.text(file)?;
        }
        let [
            key,
            email,
            topic_key,
            digest_key,
            name,
            language,
            status,
            network,
        ] = texts;
        Ok(Some(Checked {
            key: key.unwrap_or_default(),
            hash,
            email: email.unwrap_or_default(),
            name,
            language,
            topic_key: topic_key.unwrap_or_default(),
            digest_key: digest_key.unwrap_or_default(),
            status: status.and_then(|word| word.parse().ok()),
            confirmed_at: Time::from_timestamp_micros(at).filter(|_| at != i64::MIN),
            network,
        }))
    }
}

/// Hands rows out in the order of their addresses.
pub(super) struct Merge {
    file: File,
    pieces: Vec<Piece>,
    /// The piece whose next row is first of all: by address, then by the order of the file.
    heads: BinaryHeap<Reverse<(String, usize)>>,
    /// The next row of each piece.
    rows: Vec<Option<Checked>>,
    last: Option<String>,
    duplicates: u64,
}

impl Merge {
    fn advance(&mut self, index: usize) -> io::Result<()> {
        let row = self.pieces[index].row(&self.file)?;
        if let Some(row) = &row {
            self.heads.push(Reverse((row.key.clone(), index)));
        }
        self.rows[index] = row;
        Ok(())
    }

    /// The next row with an address of its own.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Checked>> {
        while let Some(Reverse((key, index))) = self.heads.pop() {
            let row = self.rows[index].take();
            self.advance(index)?;
            if self.last.as_ref() == Some(&key) {
                self.duplicates += 1;
                continue;
            }
            self.last = Some(key);
            return Ok(row);
        }
        Ok(None)
    }

    /// Passes over the rows up to an address, which had their turn before.
    pub(super) fn skip_to(&mut self, after: Option<&str>) -> io::Result<()> {
        let Some(after) = after else { return Ok(()) };
        while let Some(Reverse((key, index))) = self.heads.peek() {
            if key.as_str() > after {
                break;
            }
            let index = *index;
            self.heads.pop();
            self.advance(index)?;
        }
        Ok(())
    }

    /// Rows passed over since this was asked last, since their address had come already.
    pub(super) fn take_duplicates(&mut self) -> u64 {
        std::mem::take(&mut self.duplicates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, name: Option<&str>) -> Checked {
        Checked {
            key: key.to_owned(),
            hash: EmailHash([7; 16]),
            email: key.to_uppercase(),
            name: name.map(str::to_owned),
            language: None,
            topic_key: "energy".to_owned(),
            digest_key: "daily,weekly".to_owned(),
            status: Some(SubscriptionState::Pending),
            confirmed_at: Some("2026-03-02T08:00:00.123456Z".parse().unwrap()),
            network: Some("é".repeat(5000)),
        }
    }

    fn all(mut merge: Merge) -> (Vec<Checked>, u64) {
        let mut rows = Vec::new();
        while let Some(row) = merge.next_row().unwrap() {
            rows.push(row);
        }
        (rows, merge.take_duplicates())
    }

    #[test]
    fn rows_come_back_whole_and_in_order() {
        let mut sorter = Sorter::new().unwrap();
        let mut other = row("a", Some(""));
        (other.status, other.confirmed_at, other.network) = (None, None, None);
        for row in [row("b", Some("B")), other.clone()] {
            sorter.push(row).unwrap();
        }
        let (rows, duplicates) = all(sorter.merge().unwrap());
        assert_eq!(rows, [other, row("b", Some("B"))]);
        assert_eq!(duplicates, 0);
        assert!(all(Sorter::new().unwrap().merge().unwrap()).0.is_empty());
    }

    #[test]
    fn rows_that_had_their_turn_are_passed_over() {
        let mut sorter = Sorter::new().unwrap();
        for key in ["c", "a", "b", "b", "a"] {
            sorter.push(row(key, None)).unwrap();
        }
        let mut merge = sorter.merge().unwrap();
        merge.skip_to(Some("a")).unwrap();
        let (rows, duplicates) = all(merge);
        let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!((keys, duplicates), (vec!["b", "c"], 1));
    }

    #[test]
    fn over_many_pieces_each_address_comes_once_and_the_first_of_the_file_wins() {
        let mut sorter = Sorter::new().unwrap();
        let count = 3 * PIECE + 5;
        for n in 0..count {
            let mut row = row(&format!("{:05}", (n * 7919) % 20_011), Some(&n.to_string()));
            row.network = None;
            sorter.push(row).unwrap();
        }
        assert_eq!(sorter.rows(), count as u64);
        let (rows, duplicates) = all(sorter.merge().unwrap());
        assert_eq!(rows.len(), 20_011);
        assert_eq!(duplicates, count as u64 - 20_011);
        assert!(rows.is_sorted_by(|a, b| a.key < b.key));
        // The multiplier runs through all keys before it comes back to one.
        let names = rows
            .iter()
            .map(|row| row.name.as_ref().unwrap().parse::<usize>());
        assert!(names.flatten().all(|n| n < 20_011));
    }
}
