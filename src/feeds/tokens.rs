//! A forgiving reader of tags: it takes markup apart and never fails.
//!
//! It decides nothing about safety. Feeds go from here to the parser, HTML always goes through
//! the allow-list before or after.

use std::borrow::Cow;

/// A piece of markup; the slices point into the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Start {
        name: &'a str,
        attributes: &'a str,
        empty: bool,
    },
    End {
        name: &'a str,
    },
    /// Text as written, with its entities.
    Text(&'a str),
    /// Text that needs no decoding.
    CData(&'a str),
    /// A document type, with its first word.
    Doctype(&'a str),
}

/// Takes markup apart; comments and processing instructions are skipped.
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { rest: source }
    }

    /// Takes `length` bytes, and `skip` more that belong to nobody.
    fn take(&mut self, length: usize, skip: usize) -> &'a str {
        let taken = &self.rest[..length];
        self.rest = self.rest.get(length + skip..).unwrap_or("");
        taken
    }

    /// Takes up to `end`, or all there is.
    fn take_until(&mut self, end: &str) -> &'a str {
        let length = self.rest.find(end).unwrap_or(self.rest.len());
        self.take(length, end.len())
    }

    /// Skips to behind the end tag `name`, given in lower case, if there is one; the content has
    /// to please `sound`.
    pub(super) fn skip_content(&mut self, name: &str, sound: impl Fn(&str) -> bool) {
        let mut from = 0;
        while let Some(at) = self.rest[from..].find("</") {
            let content = &self.rest[..from + at];
            from += at + 2;
            let after = &self.rest.as_bytes()[from..];
            let head = after.get(..name.len()).unwrap_or_default();
            let ends = !after.get(name.len()).is_some_and(u8::is_ascii_alphanumeric);
            if ends && head.eq_ignore_ascii_case(name.as_bytes()) {
                if sound(content) {
                    self.rest = &self.rest[from..];
                    self.take_until(">");
                }
                return;
            }
        }
    }

    fn text(&mut self) -> Token<'a> {
        // A `<` that opens nothing is text, too.
        let mut from = 0;
        loop {
            let next = self.rest[from..].find('<').map(|at| from + at);
            match next {
                Some(at) if !opens_markup(&self.rest[at + 1..]) => from = at + 1,
                Some(at) => return Token::Text(self.take(at, 0)),
                None => return Token::Text(self.take(self.rest.len(), 0)),
            }
        }
    }

    fn doctype(&mut self) -> Token<'a> {
        let close = self.rest.find('>').unwrap_or(self.rest.len());
        let all = if self.rest[..close].contains('[') {
            let all = self.take_until("]");
            self.take_until(">");
            all
        } else {
            self.take(close, 1)
        };
        Token::Doctype(all.split_whitespace().nth(1).unwrap_or(""))
    }

    fn tag(&mut self) -> Token<'a> {
        let inside = self.take(tag_length(self.rest), 1);
        if let Some(name) = inside.strip_prefix('/') {
            return Token::End { name: name.trim() };
        }
        let empty = inside.ends_with('/');
        let inside = inside.strip_suffix('/').unwrap_or(inside);
        let end = inside
            .find(|c: char| c.is_whitespace() || c == '/')
            .unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(end);
        Token::Start {
            name,
            attributes,
            empty,
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let after = match self.rest.strip_prefix('<') {
                None if self.rest.is_empty() => return None,
                Some(after) if opens_markup(after) => after,
                _ => return Some(self.text()),
            };
            self.rest = after;
            if let Some(rest) = after.strip_prefix("!--") {
                self.rest = rest;
                // A comment that never ends is only as long as a tag.
                let end = if rest.contains("-->") { "-->" } else { ">" };
                self.take_until(end);
            } else if let Some(rest) = after.strip_prefix("![CDATA[") {
                self.rest = rest;
                return Some(Token::CData(self.take_until("]]>")));
            } else if after.starts_with('!') {
                return Some(self.doctype());
            } else if after.starts_with('?') {
                self.take_until(">");
            } else {
                return Some(self.tag());
            }
        }
    }
}

fn opens_markup(after: &str) -> bool {
    after.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '!' | '?' | '_'))
}

/// How long a tag is, minding `>` within quotes.
fn tag_length(tag: &str) -> usize {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') if before == '=' => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    // A quote that nobody closed swallowed the rest; the first `>` is the better guess.
    tag.find('>').unwrap_or(tag.len())
}

/// The attributes of a tag: name and value as written.
pub(super) fn attributes(source: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = source.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    while !rest.is_empty() && found.len() < 64 {
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '=')
            .unwrap_or(rest.len());
        let name = &rest[..end];
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = attribute_value(after.trim_start());
        }
        if !name.is_empty() {
            found.push((name, value));
        }
        rest = rest.trim_start();
    }
    found
}

fn attribute_value(source: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = source.strip_prefix(quote) {
            return inside.split_once(quote).unwrap_or((inside, ""));
        }
    }
    source.split_at(source.find(char::is_whitespace).unwrap_or(source.len()))
}

/// Resolves numeric references and the five of XML. Other names stay as they are: what reads the
/// text as HTML later knows them all.
pub(super) fn decode_entities(source: &str) -> Cow<'_, str> {
    if !source.contains('&') {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let name = rest.bytes().take(12).position(|b| b == b';');
        let resolved = name.and_then(|end| entity(&rest[..end]));
        match (resolved, name) {
            (Some(resolved), Some(end)) => {
                out.push_str(&resolved);
                rest = &rest[end + 1..];
            }
            _ => out.push('&'),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What a reference stands for; nothing for a character that cannot be.
fn entity(name: &str) -> Option<String> {
    let named = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            let sound = char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace());
            return Some(sound.map(String::from).unwrap_or_default());
        }
    };
    Some(named.to_string())
}

/// Writes text so that XML and HTML read it back as text.
pub(super) fn escape_into(out: &mut String, text: &str) {
    push_replacing(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        other => markup(other),
    });
}

/// The same for text whose entities stay.
pub(super) fn escape_markup_into(out: &mut String, text: &str) {
    push_replacing(out, text, markup);
}

fn markup(byte: u8) -> Option<&'static str> {
    match byte {
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        _ => None,
    }
}

/// Copies what stands between the bytes that have a reference in one go.
fn push_replacing(out: &mut String, text: &str, reference: impl Fn(u8) -> Option<&'static str>) {
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        let Some(reference) = reference(byte) else {
            continue;
        };
        out.push_str(&text[copied..at]);
        out.push_str(reference);
        copied = at + 1;
    }
    out.push_str(&text[copied..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_markup_apart() {
        let source = "<?xml ?><!DOCTYPE rss [<!ENTITY a 'b'>]><a x='1>2' y>1 < 2<!-- <b> --><![CDATA[<c>]]><br/></a >";
        let tokens: Vec<_> = Tokens::new(source).collect();
        assert_eq!(
            tokens,
            [
                Token::Doctype("rss"),
                Token::Start {
                    name: "a",
                    attributes: " x='1>2' y",
                    empty: false
                },
                Token::Text("1 < 2"),
                Token::CData("<c>"),
                Token::Start {
                    name: "br",
                    attributes: "",
                    empty: true
                },
                Token::End { name: "a" },
            ]
        );
    }

    #[test]
    fn reads_attributes() {
        assert_eq!(
            attributes(" a=1 b = '2 3' c d=\"x"),
            [("a", "1"), ("b", "2 3"), ("c", ""), ("d", "x")]
        );
        assert_eq!(attributes("=="), []);
    }

    #[test]
    fn decodes_what_it_knows() {
        assert_eq!(
            decode_entities("a &amp; b &#38; &#x26; &eacute; &#0; & c &#xD800; &lt;"),
            "a & b & & &eacute;  & c  <"
        );
    }

    proptest::proptest! {
        #[test]
        fn never_panics(source in "[<>!/a&;#'\"=\\[\\]? \\-é]{0,60}") {
            for token in Tokens::new(&source) {
                if let Token::Start { attributes: raw, .. } = token {
                    attributes(raw);
                }
            }
            decode_entities(&source);
        }
    }
}
