//! The readable texts of a feed, whichever way they are written, as HTML.

use base64::Engine as _;

use super::tokens::{Token, Tokens, decode_entities, escape_into};
use super::vocabulary::Home;

/// Readable text being gathered, as HTML.
pub(super) struct Gathering<'a> {
    pub raw: &'a str,
    /// Elements of the same name within.
    depth: usize,
    kind: TextKind,
    html: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    Plain,
    Html,
    /// Markup stands in the feed as elements.
    Inline,
    Base64,
    /// Another kind of file: nothing to read.
    Foreign,
}

impl<'a> Gathering<'a> {
    /// Starts with the element `raw`, that will be written as `word`.
    pub(super) fn new(home: Home, raw: &'a str, word: &str, given: &[(&str, &str)]) -> Self {
        Self {
            raw,
            depth: 0,
            kind: text_kind(home, word, given),
            html: String::new(),
        }
    }

    /// Takes a token of the text; says no where the text has ended.
    pub(super) fn take(&mut self, token: Token<'a>) -> bool {
        match token {
            Token::End { name } if name == self.raw && self.depth == 0 => return false,
            Token::End { name } if is_item(name) => return false,
            Token::End { name } => {
                if name == self.raw {
                    self.depth -= 1;
                }
                self.tag("</", name, "", "");
            }
            Token::Start {
                name,
                attributes,
                empty,
            } => {
                if name == self.raw && !empty {
                    self.depth += 1;
                }
                self.tag("<", name, attributes, if empty { "/" } else { "" });
            }
            Token::Text(text) => self.text(text, false),
            Token::CData(text) => self.text(text, true),
            Token::Doctype(_) => {}
        }
        true
    }

    fn text(&mut self, text: &str, cdata: bool) {
        match (self.kind, cdata) {
            // Element content: the entities of the feed are those of the HTML.
            (TextKind::Inline, true) => escape_into(&mut self.html, text),
            (TextKind::Inline, false) | (_, true) => self.html.push_str(text),
            (_, false) => self.html.push_str(&decode_entities(text)),
        }
    }

    fn tag(&mut self, open: &str, name: &str, attributes: &str, close: &str) {
        let local = name.rsplit(':').next().unwrap_or(name);
        for part in [open, local, attributes, close, ">"] {
            self.html.push_str(part);
        }
    }

    pub(super) fn into_html(self) -> String {
        match self.kind {
            TextKind::Html | TextKind::Inline => self.html,
            TextKind::Foreign => String::new(),
            TextKind::Base64 => decode_base64(&self.html).unwrap_or_default(),
            TextKind::Plain if looks_like_html(&self.html) => self.html,
            TextKind::Plain => {
                let mut escaped = String::with_capacity(self.html.len());
                escape_into(&mut escaped, &self.html);
                escaped
            }
        }
    }
}

/// Whether an end tag of that name ends an item or more.
pub(super) fn is_item(name: &str) -> bool {
    let local = name.rsplit(':').next().unwrap_or(name);
    ["item", "entry", "channel", "feed", "rss", "rdf"]
        .iter()
        .any(|word| local.eq_ignore_ascii_case(word))
}

/// How the text of an element is written. RSS has no way to say; HTML is what everybody means.
fn text_kind(home: Home, word: &str, given: &[(&str, &str)]) -> TextKind {
    if home != Home::Atom {
        return TextKind::Html;
    }
    let value = |wanted: &str| {
        let found = given.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    let mode = value("mode");
    let kind = value("type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or("").trim();
    match (mode.as_deref(), kind) {
        (Some("base64"), _) => TextKind::Base64,
        (_, "xhtml" | "application/xhtml+xml") if mode.as_deref() != Some("escaped") => {
            TextKind::Inline
        }
        // Atom 0.3 means markup by default, and says so where it means escaped text.
        (Some("xml"), "text/html") => TextKind::Inline,
        (_, "html" | "text/html" | "xhtml" | "application/xhtml+xml") => TextKind::Html,
        (_, "" | "text" | "text/plain") => TextKind::Plain,
        _ if kind.starts_with("text/") => TextKind::Plain,
        _ if word == "content" => TextKind::Foreign,
        // Atom 1.0 writes every other type in base64.
        _ => TextKind::Base64,
    }
}

/// Whether text that claims to be plain holds HTML after all, as many feeds have it.
fn looks_like_html(text: &str) -> bool {
    let mut tokens = Tokens::new(text);
    if tokens.any(|token| matches!(token, Token::End { name } if !name.is_empty())) {
        return true;
    }
    text.split('&').skip(1).any(|after| {
        let name = after.split(';').next().unwrap_or("");
        let ends = after.len() > name.len() && (2..=10).contains(&name.len());
        ends && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
    })
}

fn decode_base64(text: &str) -> Option<String> {
    let compact: String = text.split_whitespace().collect();
    let engine = base64::engine::general_purpose::STANDARD;
    let bytes = engine.decode(compact).ok()?;
    Some(super::decode::text(&bytes).into_owned())
}
