//! The header fields of a message, and text from bytes, whatever they look like.

use std::borrow::Cow;

use memchr::memmem;

const MOST_FIELDS: usize = 500;
const MOST_VALUE: usize = 16 * 1024;

/// Header fields in their order: names in lower case, values unfolded.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Fields whose names are in lower case already.
    pub(super) fn of(fields: impl Iterator<Item = (String, String)>) -> Self {
        Self(fields.take(MOST_FIELDS).collect())
    }

    /// The fields at the start of a text, and what follows the empty line behind them.
    pub(super) fn read(text: &[u8]) -> (Self, &[u8]) {
        let mut fields = Self::default();
        let mut rest = text;
        while let Some((line, behind)) = next_line(rest) {
            if line.is_empty() {
                return (fields, behind);
            }
            if !fields.add(line) && fields.0.is_empty() && !line.starts_with(b"From ") {
                // No header at all: all of it is text.
                return (fields, rest);
            }
            rest = behind;
        }
        (fields, rest)
    }

    /// Takes in a line; says whether it belongs to a field.
    fn add(&mut self, line: &[u8]) -> bool {
        if line.first().is_some_and(|b| *b == b' ' || *b == b'\t') {
            let Some((_, value)) = self.0.last_mut() else {
                return false;
            };
            if value.len() < MOST_VALUE {
                value.push(' ');
                value.push_str(shortened(&decoded(line, None)).trim());
            }
            return true;
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            return false;
        };
        let name = line[..colon].trim_ascii_end();
        let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
        if is_name && self.0.len() < MOST_FIELDS {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let value = decoded(&line[colon + 1..], None);
            self.0.push((name, shortened(&value).trim().to_owned()));
        }
        is_name
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(super) fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same fields in groups, of which each but the first begins where this one comes again.
    pub(super) fn divided(self, name: &str) -> Vec<Self> {
        let mut groups = vec![Self::default()];
        let mut is_known = false;
        for field in self.0 {
            if field.0 == name && std::mem::replace(&mut is_known, true) {
                groups.push(Self::default());
            }
            if let Some(last) = groups.last_mut() {
                last.0.push(field);
            }
        }
        groups
    }

    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The value of a field with its encoded words (RFC 2047) read.
    pub(super) fn decoded(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        if !value.contains("=?") {
            return Some(value.to_owned());
        }
        let line = format!("Subject: {value}\r\n\r\n");
        let mail = mail_parser::MessageParser::default().parse_headers(line.as_bytes())?;
        mail.subject().map(str::to_owned)
    }
}

/// Text from bytes: in the charset that is named, else UTF-8 or what else it can be.
pub(super) fn decoded<'b>(bytes: &'b [u8], charset: Option<&str>) -> Cow<'b, str> {
    const ISO_2022_JP: &[u8] = b"\x1b$B";
    if let Some(known) =
        charset.and_then(|label| encoding_rs::Encoding::for_label(label.trim().as_bytes()))
        && known != encoding_rs::UTF_8
    {
        return known.decode_without_bom_handling(bytes).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) if memmem::find(bytes, ISO_2022_JP).is_some() => {
            encoding_rs::ISO_2022_JP
                .decode_without_bom_handling(bytes)
                .0
        }
        Ok(text) => Cow::Borrowed(text),
        Err(error) if error.valid_up_to() + 4 > bytes.len() => String::from_utf8_lossy(bytes),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        }
    }
}

/// A parameter of a field such as Content-Type.
pub(super) fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value;
    while let Some(at) = rest.find(';') {
        rest = rest[at + 1..].trim_start();
        let Some((key, behind)) = rest.split_once('=') else {
            continue;
        };
        if !key.trim().eq_ignore_ascii_case(name) {
            continue;
        }
        let behind = behind.trim_start();
        let found = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => behind.split(';').next().unwrap_or_default().trim(),
        };
        return Some(found.to_owned()).filter(|found| !found.is_empty());
    }
    None
}

/// The first line without its end, and what follows.
pub(super) fn next_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.is_empty() {
        return None;
    }
    let (line, behind) = match memchr::memchr(b'\n', text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &text[text.len()..]),
    };
    Some((line.strip_suffix(b"\r").unwrap_or(line), behind))
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_VALUE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_unfolded_and_named_in_lower_case() {
        let (fields, body) = Fields::read(b"Subject: a\r\n b\r\nX-Y : c\r\n\r\nbody\r\n");
        assert_eq!(fields.get("subject"), Some("a b"));
        assert_eq!(fields.get("x-y"), Some("c"));
        assert_eq!(body, b"body\r\n");
    }

    #[test]
    fn text_without_fields_is_all_body() {
        let (fields, body) = Fields::read(b"Hi. This is a program.\nIt: failed\n");
        assert!(fields.is_empty());
        assert!(body.starts_with(b"Hi."));
    }

    #[test]
    fn charsets_are_read_also_where_none_is_named() {
        assert_eq!(decoded(b"M\xfcnchen", None), "M\u{fc}nchen");
        assert_eq!(
            decoded(b"\x1b$B%a!<%k\x1b(B", None),
            "\u{30e1}\u{30fc}\u{30eb}"
        );
        assert_eq!(decoded(b"M\xfcnchen", Some("iso-8859-1")), "M\u{fc}nchen");
        assert_eq!(
            decoded("M\u{fc}nchen".as_bytes(), Some("nonsense")),
            "M\u{fc}nchen"
        );
    }

    #[test]
    fn encoded_words_are_read() {
        let (fields, _) = Fields::read(b"Subject: =?utf-8?B?TcO8bmNoZW4=?= heute\n\n");
        assert_eq!(
            fields.decoded("subject").as_deref(),
            Some("M\u{fc}nchen heute")
        );
    }
}
