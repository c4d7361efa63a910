//! The mail that the readers of an edition share, with places that are filled for each of them.
//!
//! Composing, encoding and folding happen once for an edition. A reader's mail is a splice: the
//! shared pieces as they are, and between them a few short values.

use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{Datelike, Timelike};

use super::headers::Header;
use super::message::{
    ComposeError, boundary, check_line, check_message_id, field_text, mailbox_field, with_crlf,
};
use super::quoted_printable::encode_piece;
use super::splice::Spliced;
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::publication::Mailbox;

/// Octets of base64 in a line, and the octets of text that they stand for (RFC 2045, 6.8).
const BASE64_LINE: usize = 76;
const BASE64_TEXT: usize = BASE64_LINE / 4 * 3;

/// A shared piece from this size on is not copied into a reader's mail: below it, one more piece costs
/// the kernel as much.
const LONG: usize = 512;

/// RFC 5322, 3.3.
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A part of an edition's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The same for every reader.
    Shared(String),
    /// The place of the reader's value with this number.
    Place(usize),
}

/// What all readers of an edition get.
#[derive(Debug, Clone)]
pub struct Shared {
    pub from: Mailbox,
    pub reply_to: Option<EmailAddress>,
    pub subject: String,
    pub text: Vec<Piece>,
    pub html: Vec<Piece>,
    /// List headers and the like, but for those of [`Reader`].
    pub headers: Vec<Header>,
    /// Something that names the edition and never changes; the boundary is made of it.
    pub seed: String,
}

/// What is one reader's own.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    pub to: &'a EmailAddress,
    pub to_name: Option<&'a str>,
    /// Without angle brackets.
    pub message_id: &'a str,
    pub date: Time,
    /// Fields whose value differs from reader to reader, such as `List-Unsubscribe`.
    pub headers: &'a [Header],
    /// The values for the text, by the number of their place.
    pub text: &'a [&'a str],
    /// The same for the HTML, escaped.
    pub html: &'a [&'a str],
}

/// Which of a reader's values a place takes.
#[derive(Debug, Clone, Copy)]
enum Side {
    Text,
    Html,
}

#[derive(Debug)]
enum Segment {
    /// Goes over the line as it is.
    Literal(Vec<u8>),
    /// A value in quoted-printable.
    Value(Side, usize),
    /// A whole body in base64: its lines do not keep to the pieces, so it is encoded each time.
    Base64(Side, Vec<Piece>),
}

/// A composed edition.
#[derive(Debug)]
pub struct Skeleton {
    segments: Vec<Segment>,
    size: usize,
}

impl Skeleton {
    /// Composes an edition: text, then HTML (RFC 2046, 5.1.4).
    pub fn compose(shared: &Shared) -> Result<Self, ComposeError> {
        let boundary = boundary(&shared.seed);
        let mut writer = Writer::default();
        writer.literal(&fields(shared, &boundary)?);
        for (side, kind, pieces) in [
            (Side::Text, "plain", &shared.text),
            (Side::Html, "html", &shared.html),
        ] {
            let is_base64 = wants_base64(pieces);
            let encoding = if is_base64 {
                "base64"
            } else {
                "quoted-printable"
            };
            writer.literal(&format!(
                "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n\
                 Content-Transfer-Encoding: {encoding}\r\n\r\n"
            ));
            if is_base64 {
                let pieces = pieces.iter().map(Piece::canonical).collect();
                writer.segments.push(Segment::Base64(side, pieces));
            } else {
                writer.pieces(side, pieces);
            }
            writer.literal("\r\n");
        }
        writer.literal(&format!("--{boundary}--\r\n"));
        let segments = writer.segments;
        let size = segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(bytes) => bytes.len(),
                Segment::Value(..) => 200,
                Segment::Base64(_, pieces) => pieces.iter().map(Piece::len).sum::<usize>() * 3 / 2,
            })
            .sum();
        Ok(Self { segments, size })
    }

    /// About how many octets a mail has.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Appends one reader's mail as it goes over the line: CRLF line ends, none of which a dot
    /// follows, and ASCII, but for a UTF-8 address (RFC 6532).
    pub fn write(&self, reader: &Reader<'_>, out: &mut Vec<u8>) -> Result<(), ComposeError> {
        out.reserve(self.size + 1024);
        self.fill(reader, out, Vec::extend_from_slice)
    }

    /// The same, without a copy of what is shared.
    pub fn splice(
        self: &Arc<Self>,
        reader: &Reader<'_>,
        mail: &mut Spliced,
    ) -> Result<(), ComposeError> {
        let (own, ends) = mail.parts(self);
        self.fill(reader, own, |own, _| ends.push(own.len()))
    }

    /// The shared pieces that a spliced mail refers to, in their order.
    pub(super) fn long(&self) -> impl Iterator<Item = &[u8]> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(bytes) if bytes.len() >= LONG => Some(bytes.as_slice()),
            _ => None,
        })
    }

    /// Writes what is the reader's own and short pieces, and has `long` see to the others.
    fn fill(
        &self,
        reader: &Reader<'_>,
        out: &mut Vec<u8>,
        mut long: impl FnMut(&mut Vec<u8>, &[u8]),
    ) -> Result<(), ComposeError> {
        reader_fields(reader, out)?;
        for segment in &self.segments {
            match segment {
                Segment::Literal(bytes) if bytes.len() >= LONG => long(out, bytes),
                Segment::Literal(bytes) => out.extend_from_slice(bytes),
                Segment::Value(side, place) => encode_piece(reader.value(*side, *place), out),
                Segment::Base64(side, pieces) => {
                    let whole: String = pieces
                        .iter()
                        .map(|piece| match piece {
                            Piece::Shared(text) => text.as_str(),
                            Piece::Place(place) => reader.value(*side, *place),
                        })
                        .collect();
                    for line in whole.as_bytes().chunks(BASE64_TEXT) {
                        out.extend_from_slice(BASE64.encode(line).as_bytes());
                        out.extend_from_slice(b"\r\n");
                    }
                }
            }
        }
        Ok(())
    }
}

impl Piece {
    /// With CRLF line ends, as base64 wants its text (RFC 2045, 6.8).
    fn canonical(&self) -> Self {
        match self {
            Self::Shared(text) => Self::Shared(with_crlf(text)),
            Self::Place(place) => Self::Place(*place),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Shared(text) => text.len(),
            Self::Place(_) => 128,
        }
    }
}

impl Reader<'_> {
    /// A place without a value stays empty.
    fn value(&self, side: Side, place: usize) -> &str {
        let values = match side {
            Side::Text => self.text,
            Side::Html => self.html,
        };
        values.get(place).copied().unwrap_or_default()
    }
}

/// Joins what may be joined.
#[derive(Default)]
struct Writer {
    segments: Vec<Segment>,
}

impl Writer {
    fn literal(&mut self, text: &str) {
        self.open().extend_from_slice(text.as_bytes());
    }

    fn pieces(&mut self, side: Side, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Shared(text) => encode_piece(&with_crlf(text), self.open()),
                Piece::Place(place) => self.segments.push(Segment::Value(side, *place)),
            }
        }
    }

    /// The literal at the end.
    fn open(&mut self) -> &mut Vec<u8> {
        if !matches!(self.segments.last(), Some(Segment::Literal(_))) {
            self.segments.push(Segment::Literal(Vec::new()));
        }
        match self.segments.last_mut() {
            Some(Segment::Literal(bytes)) => bytes,
            _ => unreachable!("a literal was pushed"),
        }
    }
}

/// Scripts that are mostly other than ASCII would grow to three times their size in
/// quoted-printable.
fn wants_base64(pieces: &[Piece]) -> bool {
    let (mut all, mut other) = (0, 0);
    for piece in pieces {
        if let Piece::Shared(text) = piece {
            all += text.len();
            other += text.bytes().filter(|byte| !byte.is_ascii()).count();
        }
    }
    other > all / 3
}

/// The header fields that all readers share, and the blank line after them.
fn fields(shared: &Shared, boundary: &str) -> Result<String, ComposeError> {
    let mut text = mailbox_field("From", Some(&shared.from.name), &shared.from.email)?;
    if let Some(address) = &shared.reply_to {
        text += &mailbox_field("Reply-To", None, address)?;
    }
    text += &field_text(&Header::text("Subject", shared.subject.trim()))?;
    for header in &shared.headers {
        text += &field_text(header)?;
    }
    text += "MIME-Version: 1.0\r\n";
    for part in [
        "Content-Type: multipart/alternative;\r\n boundary=\"",
        boundary,
        "\"\r\n\r\n",
    ] {
        text += part;
    }
    check_line(text.as_bytes())?;
    Ok(text)
}

/// The header fields that are the reader's own.
fn reader_fields(reader: &Reader<'_>, out: &mut Vec<u8>) -> Result<(), ComposeError> {
    let start = out.len();
    check_message_id(reader.message_id)?;
    let name = reader
        .to_name
        .map(str::trim)
        .filter(|name| !name.is_empty());
    match name {
        // What goes in quotes or in encoded words is a matter for the composer.
        Some(_) => out.extend_from_slice(mailbox_field("To", name, reader.to)?.as_bytes()),
        None => put(out, &["To: ", reader.to.as_str(), "\r\n"]),
    }
    date(reader.date, out)?;
    put(out, &["Message-ID: <", reader.message_id, ">\r\n"]);
    for header in reader.headers {
        out.extend_from_slice(field_text(header)?.as_bytes());
    }
    check_line(&out[start..])
}

fn put(out: &mut Vec<u8>, texts: &[&str]) {
    for text in texts {
        out.extend_from_slice(text.as_bytes());
    }
}

/// The Date field (RFC 5322, 3.3), always in UTC.
fn date(date: Time, out: &mut Vec<u8>) -> Result<(), ComposeError> {
    super::message::check_date(date)?;
    // A pattern would be read anew for each mail.
    let (weekday, day, year) = (date.weekday(), date.day(), date.year());
    let month = MONTHS[date.month0() as usize];
    let (hour, minute, second) = (date.hour(), date.minute(), date.second());
    // Writing to memory does not fail.
    let _ = write!(
        out,
        "Date: {weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000\r\n"
    );
    Ok(())
}

#[cfg(test)]
#[path = "skeleton_tests.rs"]
mod tests;
