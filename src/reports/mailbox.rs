//! Messages from files: one alone (`.eml`), many in an mbox, or the files of a Maildir.
//!
//! One message is in memory at a time, and of that no more than is read of it.

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::{fs, mem};

use super::MOST_BYTES;

/// A line that is longer comes in pieces.
const MOST_LINE: usize = 64 * 1024;

/// The messages of one file or stream, one after another.
#[derive(Debug)]
pub struct Messages<R> {
    reader: R,
    form: Option<Form>,
    message: Vec<u8>,
    line: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The whole is one message.
    One,
    /// An mbox: `From ` begins a message.
    Many,
    Ended,
}

impl<R: BufRead> Messages<R> {
    pub fn new(reader: R) -> Self {
        Self {
            reader,
            form: None,
            message: Vec::new(),
            line: Vec::new(),
        }
    }

    /// The next message; what is beyond [`MOST_BYTES`] of it is left out.
    pub fn next_message(&mut self) -> io::Result<Option<&[u8]>> {
        self.message.clear();
        let form = match self.form {
            Some(form) => form,
            None => self.begin()?,
        };
        self.form = Some(form);
        let has_one = match form {
            Form::Ended => false,
            Form::One => {
                self.form = Some(Form::Ended);
                self.rest()?
            }
            Form::Many => self.up_to_next()?,
        };
        Ok(has_one.then_some(self.message.as_slice()))
    }

    /// Looks at the first line that is not empty.
    fn begin(&mut self) -> io::Result<Form> {
        loop {
            if !self.read_line()? {
                return Ok(Form::Ended);
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        if self.line.starts_with(b"From ") {
            return Ok(Form::Many);
        }
        self.message.extend_from_slice(&self.line);
        Ok(Form::One)
    }

    fn rest(&mut self) -> io::Result<bool> {
        while self.message.len() < MOST_BYTES && self.read_line()? {
            keep(&mut self.message, &self.line);
        }
        Ok(true)
    }

    fn up_to_next(&mut self) -> io::Result<bool> {
        // An empty line stands before `From `, or it is part of a text.
        let (mut is_start, mut is_after_empty) = (true, true);
        while self.read_line()? {
            if is_start && is_after_empty && is_from_line(&self.line) {
                if self.message.trim_ascii().is_empty() {
                    self.message.clear();
                    continue;
                }
                return Ok(true);
            }
            let is_quoted = is_start && self.line.starts_with(b">") && is_quoted_from(&self.line);
            keep(&mut self.message, &self.line[usize::from(is_quoted)..]);
            is_after_empty = is_start && matches!(self.line.as_slice(), b"\n" | b"\r\n");
            is_start = self.line.ends_with(b"\n");
        }
        self.form = Some(Form::Ended);
        Ok(!self.message.trim_ascii().is_empty())
    }

    /// Reads a line, or a piece of a long one; `false` at the end.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let most = u64::try_from(MOST_LINE).unwrap_or(u64::MAX);
        let read = io::Read::take(&mut self.reader, most).read_until(b'\n', &mut self.line)?;
        Ok(read > 0)
    }
}

fn keep(message: &mut Vec<u8>, line: &[u8]) {
    let room = MOST_BYTES.saturating_sub(message.len());
    message.extend_from_slice(&line[..line.len().min(room)]);
}

/// `From`, an address and a date: a sentence of a text seldom has a time of day.
fn is_from_line(line: &[u8]) -> bool {
    line.starts_with(b"From ")
        && line
            .windows(5)
            .any(|w| w[2] == b':' && [w[0], w[1], w[3], w[4]].iter().all(u8::is_ascii_digit))
}

/// A line of a text that would have begun a message, behind marks that hinder it (mboxrd).
fn is_quoted_from(line: &[u8]) -> bool {
    let marks = line.iter().take_while(|b| **b == b'>').count();
    line[marks..].starts_with(b"From ")
}

/// The files to read at a path: itself, or what stands in the folder, of a Maildir in `new` and `cur`.
pub fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (new, cur) = (path.join("new"), path.join("cur"));
    let folders = if new.is_dir() || cur.is_dir() {
        vec![new, cur]
    } else {
        vec![path.to_owned()]
    };
    let mut files = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let mut here = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if !is_hidden && entry.path().is_file() {
                here.push(entry.path());
            }
        }
        here.sort();
        files.extend(mem::take(&mut here));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: impl AsRef<[u8]>) -> Vec<String> {
        let mut messages = Messages::new(text.as_ref());
        let mut found = Vec::new();
        while let Some(message) = messages.next_message().unwrap() {
            found.push(String::from_utf8_lossy(message).into_owned());
        }
        found
    }

    #[test]
    fn one_message_is_itself() {
        assert_eq!(
            all("Subject: a\n\nFrom here on\n"),
            ["Subject: a\n\nFrom here on\n"]
        );
        assert!(all("").is_empty());
        assert!(all("\n\n").is_empty());
    }

    #[test]
    fn an_mbox_is_divided_and_its_quotes_are_taken_off() {
        let text = "From a@x.example Sat Jan  3 01:05:34 2026\nSubject: a\n\n>From me\n>>From you\n> From\nFrom now on\n\n\
            From b@x.example Sat Jan  3 01:05:34 2026\r\nSubject: b\r\n\r\nFrom what I know\r\n";
        assert_eq!(
            all(text),
            [
                "Subject: a\n\nFrom me\n>From you\n> From\nFrom now on\n\n",
                "Subject: b\r\n\r\nFrom what I know\r\n"
            ]
        );
        assert!(all("From x Sat Jan  3 01:05:34 2026\n").is_empty());
    }

    #[test]
    fn a_long_message_is_cut_and_the_next_is_whole() {
        let from = "From a@x.example Sat Jan  3 01:05:34 2026\n";
        let text = format!("{from}A: {}\n\n{from}B: b\n", "x".repeat(MOST_BYTES + 10));
        let found = all(&text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].len(), MOST_BYTES);
        assert_eq!(found[1], "B: b\n");
    }
}
