//! The step before the allow-list: strangers' HTML reduced to few plain tags.
//!
//! HTML has elements that turn what follows into something else (raw text, drawings, forms) and
//! that nobody needs to close. Without their tags, a forgotten one does not swallow the rest of
//! the text, and the allow-list reads markup in which there is nothing left to misread.

use std::borrow::Cow;

use super::shape::SHAPING;
use super::tokens::{Token, Tokens, attributes, escape_markup_into};

/// HTML lets few tags grow into very many elements; this bounds the product.
const MAX_TAGS: usize = 500;

/// Elements that go with all they hold, where they are closed.
const SILENT: [&str; 8] = [
    "script", "style", "title", "iframe", "noembed", "noframes", "audio", "video",
];

/// The attributes that anything is done with.
const KEPT: [(&str, &str); 4] = [
    ("a", "href"),
    ("img", "src"),
    ("img", "alt"),
    ("img", "width"),
];

/// Writes the shaping tags and pictures of `html`, and its text.
pub(super) fn flatten(html: &str) -> String {
    flatten_some(html, usize::MAX)
}

/// Does it until there are so many letters and digits.
pub(super) fn flatten_some(html: &str, letters: usize) -> String {
    let html = unmarked(html);
    let mut out = String::with_capacity(html.len().min(letters.saturating_mul(8)));
    let mut tokens = Tokens::new(&html);
    let mut tags = 0;
    let mut written = 0;
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => {
                escape_markup_into(&mut out, text);
                written += count_letters(text);
            }
            Token::Start {
                name, attributes, ..
            } => {
                let name = name.to_ascii_lowercase();
                if !skips(&mut tokens, &name) && kept(&name) {
                    tags += 1;
                    push_start(&mut out, &name, attributes);
                }
            }
            Token::End { name } => {
                let name = name.to_ascii_lowercase();
                let name = name.split_whitespace().next().unwrap_or("");
                if kept(name) {
                    tags += 1;
                    out.push_str("</");
                    out.push_str(name);
                    out.push('>');
                }
            }
            Token::CData(_) | Token::Doctype(_) => {}
        }
        if tags >= MAX_TAGS || written >= letters {
            break;
        }
    }
    out
}

/// Letters and digits; of those that are written as entities, none.
fn count_letters(text: &str) -> usize {
    let mut parts = text.split('&');
    let first = parts.next().unwrap_or_default();
    let others = parts.map(|part| part.split_once(';').map_or("", |(_, rest)| rest));
    std::iter::once(first)
        .chain(others)
        .map(|part| part.chars().filter(|c| c.is_alphanumeric()).count())
        .sum()
}

/// Writes the pictures alone.
pub(super) fn pictures(html: &str) -> String {
    let html = unmarked(html);
    let mut out = String::new();
    let mut tokens = Tokens::new(&html);
    while let Some(token) = tokens.next() {
        if let Token::Start {
            name, attributes, ..
        } = token
        {
            let name = name.to_ascii_lowercase();
            if !skips(&mut tokens, &name) && name == "img" {
                push_start(&mut out, &name, attributes);
            }
        }
    }
    out
}

/// Skips an element that goes with all it holds.
fn skips(tokens: &mut Tokens<'_>, name: &str) -> bool {
    let is_silent = SILENT.contains(&name);
    if is_silent {
        // No style sheet holds a tag: the end tag found belongs to another.
        let sheet = name == "style" || name == "title";
        tokens.skip_content(name, |content| !(sheet && content.contains('<')));
    }
    is_silent
}

fn kept(name: &str) -> bool {
    name == "img" || SHAPING.contains(&name)
}

/// Some feeds wrap their texts in CDATA once too often; HTML would hide such texts.
fn unmarked(html: &str) -> Cow<'_, str> {
    if html.contains("<![CDATA[") {
        Cow::Owned(html.replace("<![CDATA[", "").replace("]]>", ""))
    } else {
        Cow::Borrowed(html)
    }
}

fn push_start(out: &mut String, name: &str, raw: &str) {
    out.push('<');
    out.push_str(name);
    for (attribute, value) in attributes(raw) {
        let attribute = attribute.to_ascii_lowercase();
        if KEPT.contains(&(name, attribute.as_str())) {
            out.push(' ');
            out.push_str(&attribute);
            out.push_str("=\"");
            escape_markup_into(out, value);
            out.push('"');
        }
    }
    out.push('>');
}

#[cfg(test)]
mod tests {
    use super::flatten;

    #[test]
    fn leaves_text_and_few_tags() {
        assert_eq!(
            flatten("<P onclick=x>a < b &eacute;<svg><text>c</text><script>if (a<b) {}</script>d"),
            "<p>a &lt; b &eacute;cd"
        );
        assert_eq!(flatten("a<iframe src=x> b <textarea>c"), "a b c");
        assert_eq!(
            flatten("<a href='x\">y' title=z>k</a >"),
            "<a href=\"x&quot;&gt;y\">k</a>"
        );
        assert_eq!(flatten("<![CDATA[<p>a</p>]]>"), "<p>a</p>");
        assert_eq!(flatten("a <!-- <b> c"), "a  c");
    }
}
