//! The step before the allow-list: strangers' HTML reduced to few plain tags.
//!
//! HTML has elements that turn what follows into something else (raw text, drawings, forms) and
//! that nobody needs to close. Without their tags, a forgotten one does not swallow the rest of
//! the text, and the allow-list reads markup in which there is nothing left to misread.

use std::borrow::Cow;

use super::shape::SHAPING;
use super::tokens::{Token, Tokens, attributes};

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
    let html = unmarked(html);
    let mut out = String::with_capacity(html.len());
    let mut tokens = Tokens::new(&html);
    let mut tags = 0;
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => push_text(&mut out, text),
            Token::Start {
                name, attributes, ..
            } => {
                let name = name.to_ascii_lowercase();
                if SILENT.contains(&name.as_str()) {
                    // No style sheet holds a tag: the end tag found belongs to another.
                    let sheet = name == "style" || name == "title";
                    tokens.skip_content(&name, |content| !(sheet && content.contains('<')));
                } else if kept(&name) {
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
        if tags >= MAX_TAGS {
            break;
        }
    }
    out
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

/// Text keeps its entities, which the allow-list's parser knows all.
fn push_text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
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
            push_text(out, value);
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
