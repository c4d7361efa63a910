//! A message taken apart: header fields and parts, whatever it looks like.
//!
//! Of our own, because what comes back is often broken, and anybody may send it: depth, parts and
//! text are limited, a mail inside is not taken apart, and nothing recurses into it.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::html::html_to_text;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use memchr::memmem;

use super::fields::{Fields, decoded, next_line, parameter};

const MOST_DEPTH: usize = 6;
const MOST_PARTS: usize = 50;
const MOST_TEXT: usize = 256 * 1024;

/// One part of a message that holds no other.
#[derive(Debug)]
pub(super) struct Part<'m> {
    /// As in `text/plain`.
    pub kind: String,
    charset: Option<String>,
    encoding: Encoding,
    body: &'m [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Plain,
    Base64,
    QuotedPrintable,
}

/// A message.
#[derive(Debug)]
pub(super) struct Mail<'m> {
    pub fields: Fields,
    pub parts: Vec<Part<'m>>,
}

impl<'m> Mail<'m> {
    pub(super) fn read(message: &'m [u8]) -> Self {
        let start = message.iter().position(|b| !b.is_ascii_whitespace());
        let (fields, body) = Fields::read(&message[start.unwrap_or(0)..]);
        let mut mail = Self {
            fields: Fields::default(),
            parts: Vec::new(),
        };
        mail.take_apart(&fields, body, 0);
        mail.fields = fields;
        mail
    }

    /// The first part of this kind.
    pub(super) fn part(&self, kind: &str) -> Option<&Part<'m>> {
        self.parts.iter().find(|part| part.kind == kind)
    }

    /// What people are meant to read, without the mails inside.
    pub(super) fn text(&self) -> String {
        let plain = self.texts("text/plain");
        if plain.trim().is_empty() {
            self.texts("text/html")
        } else {
            plain
        }
    }

    fn texts(&self, kind: &str) -> String {
        let mut text = String::new();
        for part in self.parts.iter().filter(|part| part.kind == kind) {
            if text.len() < MOST_TEXT {
                text.push_str(&part.text());
                text.push('\n');
            }
        }
        text
    }

    fn take_apart(&mut self, fields: &Fields, body: &'m [u8], depth: usize) {
        if self.parts.len() >= MOST_PARTS {
            return;
        }
        let content_type = fields.get("content-type").unwrap_or("text/plain");
        let kind = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if kind.starts_with("multipart/")
            && depth < MOST_DEPTH
            && (parameter(content_type, "boundary").is_some_and(|b| self.divide(&b, body, depth))
                || sniffed_boundary(body).is_some_and(|b| self.divide(&b, body, depth)))
        {
            return;
        }
        let is_known = kind.contains('/') && !kind.starts_with("multipart/");
        self.parts.push(Part {
            kind: if is_known {
                kind
            } else {
                "text/plain".to_owned()
            },
            charset: parameter(content_type, "charset"),
            encoding: Encoding::named(fields.get("content-transfer-encoding").unwrap_or_default()),
            body,
        });
    }

    /// Takes the pieces between the boundaries; says whether there was one.
    fn divide(&mut self, boundary: &str, body: &'m [u8], depth: usize) -> bool {
        let pieces = pieces(boundary, body);
        for piece in &pieces {
            let (fields, inner) = Fields::read(piece);
            self.take_apart(&fields, inner, depth + 1);
        }
        !pieces.is_empty()
    }
}

/// The boundary that a body seems to have, where the one that its header names is not in it: the
/// first line that begins so and is followed by a field of a part.
fn sniffed_boundary(body: &[u8]) -> Option<String> {
    let mut rest = body;
    for _ in 0..50 {
        let (line, behind) = next_line(rest)?;
        let mark = line.trim_ascii_end();
        let is_part = behind
            .get(..8)
            .is_some_and(|b| b.eq_ignore_ascii_case(b"content-"));
        if is_part && mark.len() > 2 && mark.starts_with(b"--") {
            return std::str::from_utf8(&mark[2..]).ok().map(str::to_owned);
        }
        rest = behind;
    }
    None
}

/// What stands between the boundaries of a multipart body.
fn pieces<'m>(boundary: &str, body: &'m [u8]) -> Vec<&'m [u8]> {
    let mark = format!("--{boundary}");
    let mut pieces = Vec::new();
    let mut start: Option<usize> = None;
    for at in memmem::find_iter(body, mark.as_bytes()) {
        let is_at_line = at == 0 || body[at - 1] == b'\n';
        let behind = &body[at + mark.len()..];
        let line = next_line(&behind[..behind.len().min(80)]).map_or(&b""[..], |(line, _)| line);
        let is_last = line.starts_with(b"--");
        // The mark may be the start of a longer boundary inside.
        if !is_at_line || !(is_last || line.iter().all(u8::is_ascii_whitespace)) {
            continue;
        }
        if let Some(start) = start {
            pieces.push(&body[start..at]);
        }
        if is_last || pieces.len() >= MOST_PARTS {
            return pieces;
        }
        let end_of_line =
            memchr::memchr(b'\n', behind).map_or(body.len(), |n| at + mark.len() + n + 1);
        start = Some(end_of_line);
    }
    pieces.extend(start.map(|start| &body[start..]));
    pieces
}

impl Part<'_> {
    /// Its text, decoded, to a limit; of HTML the words.
    pub(super) fn text(&self) -> String {
        let bytes = self.bytes();
        let bytes = &bytes[..bytes.len().min(MOST_TEXT)];
        let text = decoded(bytes, self.charset.as_deref());
        if self.kind == "text/html" {
            html_to_text(&text)
        } else {
            text.into_owned()
        }
    }

    /// Its bytes without the encoding for transport.
    pub(super) fn bytes(&self) -> Cow<'_, [u8]> {
        let whole = match self.encoding {
            Encoding::Plain => None,
            Encoding::Base64 => base64_decode(self.body),
            Encoding::QuotedPrintable => quoted_printable_decode(self.body),
        };
        whole.map_or(Cow::Borrowed(self.body), Cow::Owned)
    }

    pub(super) fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.kind.as_str())
    }
}

impl Encoding {
    fn named(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "base64" => Self::Base64,
            "quoted-printable" => Self::QuotedPrintable,
            _ => Self::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_in_parts_and_decoded() {
        let mail = b"Content-Type: multipart/mixed; boundary=\"o\"\n\npreamble\n--o\n\
            Content-Type: multipart/alternative;\n boundary=i\n\n--i\n\n\
            plain \n--i\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGI+Ym9sZDwvYj4=\n--i--\n\
            --o\nContent-Type: message/rfc822\n\nSubject: x\n\n--o--\n";
        let mail = Mail::read(mail);
        let kinds: Vec<&str> = mail.parts.iter().map(|part| part.kind.as_str()).collect();
        assert_eq!(kinds, ["text/plain", "text/html", "message/rfc822"]);
        assert_eq!(mail.text().trim(), "plain");
        assert_eq!(mail.parts[1].text().trim(), "bold");
    }

    #[test]
    fn a_boundary_may_be_another_than_the_header_says() {
        let mail = Mail::read(
            b"Content-Type: multipart/report; boundary=x\n\nhello\n\n--y\nContent-Type: text/plain\n\na\n--y\n\nb\n--y--\n",
        );
        assert_eq!(mail.parts.len(), 2);
    }

    #[test]
    fn a_multipart_without_its_boundary_is_text() {
        let mail = Mail::read(b"Content-Type: multipart/report; boundary=x\n\nno parts here\n");
        assert_eq!(mail.text().trim(), "no parts here");
    }
}
