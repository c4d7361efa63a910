//! Reads tables as spreadsheets write them (CSV, RFC 4180; also with semicolons or tabs), a row at
//! a time and never more than one row in memory.

use std::io::{self, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// The longest row. A quote that is never closed makes one row of all the rest.
const MOST_BYTES: usize = 64 * 1024;
const MOST_FIELDS: usize = 100;
const BUFFER: usize = 64 * 1024;
const BOM: &[u8] = "\u{feff}".as_bytes();

/// A table that is being read.
pub struct Table<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    core: Reader,
    delimiter: u8,
    fields: Vec<u8>,
    ends: Vec<usize>,
    field_count: usize,
    /// Where the latest row begins, and where reading stands.
    line: u64,
    at_line: u64,
    bytes: u64,
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Row,
    /// A row longer than any sensible one; its fields are gone.
    TooLong,
    End,
}

impl<R: Read> Table<R> {
    /// Begins to read; the first line tells what separates the fields.
    pub fn open(input: R) -> io::Result<Self> {
        let mut table = Self {
            input,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            core: Reader::new(),
            delimiter: b',',
            fields: vec![0; MOST_BYTES],
            ends: vec![0; MOST_FIELDS],
            field_count: 0,
            line: 1,
            at_line: 1,
            bytes: 0,
        };
        table.fill_first_line()?;
        let first = &table.buffer[..table.end];
        if first.starts_with(BOM) {
            table.start = BOM.len();
        }
        table.delimiter = delimiter(&table.buffer[table.start..table.end]);
        table.core = ReaderBuilder::new().delimiter(table.delimiter).build();
        Ok(table)
    }

    fn fill_first_line(&mut self) -> io::Result<()> {
        while self.end < BUFFER && !self.buffer[..self.end].contains(&b'\n') {
            let count = read(&mut self.input, &mut self.buffer[self.end..])?;
            if count == 0 {
                break;
            }
            self.end += count;
        }
        self.bytes = self.end as u64;
        Ok(())
    }

    /// Whether the table begins as a text in UTF-16 does.
    pub fn is_utf16(&self) -> bool {
        let first = &self.buffer[..self.end];
        first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff])
    }

    /// What separates the fields.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The line that the latest row begins on, counted from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// How much has been read of the input.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The fields of the latest row, without their quotes.
    pub fn row(&self) -> Vec<&[u8]> {
        let mut from = 0;
        self.ends[..self.field_count]
            .iter()
            .map(|&to| {
                let field = &self.fields[from..to];
                from = to;
                field
            })
            .collect()
    }

    /// Reads the next row that is not empty.
    pub fn advance(&mut self) -> io::Result<Next> {
        self.skip_line_ends()?;
        self.line = self.at_line;
        let (mut length, mut count, mut too_long) = (0, 0, false);
        loop {
            self.refill()?;
            // At the end of the input there is nothing to hand over, which ends the last row.
            let (result, taken, wrote, ended) = self.core.read_record(
                &self.buffer[self.start..self.end],
                &mut self.fields[length..],
                &mut self.ends[count..],
            );
            self.take(taken);
            length += wrote;
            count += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => (length, too_long) = (0, true),
                ReadRecordResult::OutputEndsFull => (count, too_long) = (0, true),
                ReadRecordResult::Record if too_long => {
                    self.field_count = 0;
                    return Ok(Next::TooLong);
                }
                ReadRecordResult::Record => {
                    self.field_count = count;
                    return Ok(Next::Row);
                }
                ReadRecordResult::End => return Ok(Next::End),
            }
        }
    }

    /// Passes over empty lines and the second half of a CRLF, so that the row's line is right.
    fn skip_line_ends(&mut self) -> io::Result<()> {
        loop {
            self.refill()?;
            let rest = &self.buffer[self.start..self.end];
            let count = rest
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
            if count == 0 {
                return Ok(());
            }
            self.take(count);
        }
    }

    fn take(&mut self, count: usize) {
        let taken = &self.buffer[self.start..self.start + count];
        self.at_line += taken.split(|byte| *byte == b'\n').count() as u64 - 1;
        self.start += count;
    }

    /// Reads more where nothing is left of what was read.
    fn refill(&mut self) -> io::Result<()> {
        if self.start == self.end {
            self.start = 0;
            self.end = read(&mut self.input, &mut self.buffer)?;
            self.bytes += self.end as u64;
        }
        Ok(())
    }
}

fn read(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The separator that is most frequent in the first line, outside quotes.
fn delimiter(text: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for &byte in text {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => {
                for (separator, count) in &mut counts {
                    *count += u32::from(byte == *separator);
                }
            }
        }
    }
    // The first of equals: a comma where there is none at all.
    let most = counts.iter().map(|(_, count)| *count).max();
    counts
        .iter()
        .find(|(_, count)| Some(*count) == most)
        .map_or(b',', |(separator, _)| *separator)
}

/// A row as it is written: fields with separators, quotes or line ends in quotes.
pub fn write_row(out: &mut Vec<u8>, fields: &[&[u8]], delimiter: u8) {
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            out.push(delimiter);
        }
        let plain = !field
            .iter()
            .any(|byte| matches!(byte, b'"' | b'\n' | b'\r') || *byte == delimiter);
        if plain {
            out.extend_from_slice(field);
            continue;
        }
        out.push(b'"');
        for &byte in *field {
            if byte == b'"' {
                out.push(b'"');
            }
            out.push(byte);
        }
        out.push(b'"');
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every row with its line; `None` for one that is too long.
    fn all(bytes: &[u8]) -> Vec<(u64, Option<Vec<String>>)> {
        let mut table = Table::open(bytes).unwrap();
        let mut rows = Vec::new();
        loop {
            let row = match table.advance().unwrap() {
                Next::End => return rows,
                Next::TooLong => None,
                Next::Row => Some(
                    table
                        .row()
                        .iter()
                        .map(|field| String::from_utf8_lossy(field).into_owned())
                        .collect(),
                ),
            };
            rows.push((table.line(), row));
        }
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Option<Vec<String>>) {
        (line, Some(fields.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn separators_are_found_out() {
        assert_eq!(all(b"a,b\n1,2"), [row(1, &["a", "b"]), row(2, &["1", "2"])]);
        assert_eq!(all(b"a;b,c;d\n")[0], row(1, &["a", "b,c", "d"]));
        assert_eq!(all(b"a\tb\r\n")[0], row(1, &["a", "b"]));
        assert_eq!(all(b"\"x,y,z\";b\n")[0], row(1, &["x,y,z", "b"]));
        assert_eq!(all("\u{feff}a,b\n".as_bytes())[0], row(1, &["a", "b"]));
    }

    #[test]
    fn lines_are_counted_through_quotes_and_blanks() {
        let text = b"a,b\r\n\r\n1,\"two\r\nlines\"\r\n3,4\r\n";
        let rows = [
            row(1, &["a", "b"]),
            row(3, &["1", "two\r\nlines"]),
            row(5, &["3", "4"]),
        ];
        assert_eq!(all(text), rows);
    }

    #[test]
    fn a_row_without_end_is_bounded_and_reading_goes_on_after_it() {
        let text = format!("a,b\n\"{}\",x\n5,6\n", "y\n".repeat(100_000));
        assert_eq!(
            all(text.as_bytes()),
            [row(1, &["a", "b"]), (2, None), row(100_003, &["5", "6"])]
        );
        let wide = format!("a\n{}\nb\n", ",".repeat(1000));
        assert_eq!(
            all(wide.as_bytes()),
            [row(1, &["a"]), (2, None), row(3, &["b"])]
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            fields in proptest::collection::vec("[a-z,;\"\n\t ]{1,9}", 1..6),
        ) {
            let mut text = b"head,er\n".to_vec();
            let bytes: Vec<&[u8]> = fields.iter().map(String::as_bytes).collect();
            write_row(&mut text, &bytes, b',');
            prop_assert_eq!(&all(&text)[1].1, &Some(fields));
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            all(&bytes);
        }
    }
}
