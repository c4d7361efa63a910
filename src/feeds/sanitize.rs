//! Makes strangers' HTML safe and short: an allow-list first and last, the shape in between.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::flatten::{flatten, flatten_some, pictures};
use super::plain::plain;
use super::shape::{self, Length, SHAPING};
use super::tokens::{Token, Tokens, attributes, decode_entities, escape_into};
use crate::domain::text::cut;

/// Longer texts are cut to about `aim` characters; a little over that is not worth a cut.
const SUMMARY: Length = Length {
    aim: 600,
    keep: 720,
};
/// More than a summary needs, of which the rest is not even looked at.
const MAX_BYTES: usize = 64 * 1024;
/// The longest title.
const MAX_LINE: usize = 300;

/// What a summary is made of in the end.
const SUMMARY_TAGS: [&str; 12] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "em",
    "i",
    "li",
    "ol",
    "p",
    "strong",
    "ul",
];

/// Keeps the tags that shape a text, and links.
static SHAPED: LazyLock<Builder<'static>> =
    LazyLock::new(|| allow_list(&SHAPING, &[("a", "href")]));
/// Keeps pictures only.
static PICTURES: LazyLock<Builder<'static>> = LazyLock::new(|| {
    allow_list(
        &["img"],
        &[("img", "src"), ("img", "alt"), ("img", "width")],
    )
});
/// The last word on what goes out.
static STRICT: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = allow_list(&SUMMARY_TAGS, &[("a", "href")]);
    builder.url_relative(UrlRelative::Deny);
    builder
});

fn allow_list(tags: &[&'static str], kept: &[(&'static str, &'static str)]) -> Builder<'static> {
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (tag, attribute) in kept {
        attributes.entry(tag).or_default().insert(attribute);
    }
    let mut builder = Builder::empty();
    builder
        .tags(tags.iter().copied().collect())
        .clean_content_tags(HashSet::new())
        .tag_attributes(attributes)
        .url_schemes(["http", "https", "mailto"].into_iter().collect())
        // Relative addresses are resolved by hand, so that one builder serves every base.
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener"));
    builder
}

/// A summary fit for mails and pages: a few harmless tags, absolute links, about 600 characters.
pub fn summary_html(html: &str, base: Option<&Url>) -> String {
    // With so many letters the text will be cut; what comes behind them changes nothing.
    let enough = flatten_some(cut(html, MAX_BYTES), SUMMARY.keep + 1);
    let shaped = SHAPED.clean(&enough).to_string();
    let tidied = tidy(&shaped);
    let resolved = resolve_links(&tidied, base);
    let summary = shape::summary(&resolved, SUMMARY);
    STRICT.clean(&summary).to_string()
}

/// Harmless HTML of any length that a mail can bear: what an editor wrote.
pub fn note_html(html: &str) -> String {
    let shaped = SHAPED.clean(&prepared(html)).to_string();
    let resolved = resolve_links(&tidy(&shaped), None);
    STRICT.clean(&resolved).to_string().trim().to_owned()
}

/// The readable text of HTML: paragraphs apart, entities decoded, blanks folded.
pub fn plain_text(html: &str) -> String {
    if !html.contains(['<', '&']) {
        let tidied = tidy(cut(html, MAX_BYTES));
        return tidied.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let shaped = SHAPED.clean(&prepared(html)).to_string();
    // Entities may hide what must not come through, so tidying comes after decoding, too.
    tidy(&plain(&tidy(&shaped)))
}

/// The readable text of what [`summary_html`] made, in which there is nothing left to clean.
pub fn text_of_summary(summary: &str) -> String {
    tidy(&plain(summary))
}

/// How many words HTML has, counted cheaply over the whole of it.
pub fn count_words(html: &str) -> u32 {
    let mut count = 0;
    let mut skipped: Option<&str> = None;
    for token in Tokens::new(html) {
        match token {
            Token::Start { name, empty, .. } if !empty && is_code(name) => {
                skipped = skipped.or(Some(name));
            }
            Token::End { name } if skipped == Some(name) => skipped = None,
            Token::Text(text) | Token::CData(text) if skipped.is_none() => {
                count += text
                    .split_whitespace()
                    .filter(|word| word.contains(char::is_alphanumeric))
                    .count();
            }
            _ => {}
        }
    }
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn is_code(name: &str) -> bool {
    ["script", "style"]
        .iter()
        .any(|code| name.eq_ignore_ascii_case(code))
}

/// One line of text from HTML, as for titles and names.
pub fn plain_line(html: &str) -> String {
    let text = plain_text(cut(html, 16 * 1024));
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten_line(&line, MAX_LINE)
}

/// Cuts a line at a word, and shows that it was cut.
pub fn shorten_line(line: &str, max: usize) -> String {
    if line.chars().nth(max).is_none() {
        return line.to_owned();
    }
    let kept = shape::shorten(line, max);
    format!("{}…", kept.trim_end_matches('…'))
}

/// The first picture that is one to look at, with its text.
pub fn first_picture(html: &str, base: Option<&Url>) -> Option<(String, Option<String>)> {
    let at = ["<img", "<IMG"]
        .iter()
        .filter_map(|tag| html.find(tag))
        .min()?;
    // Most texts begin with it; then the rest need not be read.
    let near = cut(html, at + 2000);
    let found = picture_in(near, base);
    if found.is_some() || near.len() == html.len() {
        return found;
    }
    picture_in(html, base)
}

fn picture_in(html: &str, base: Option<&Url>) -> Option<(String, Option<String>)> {
    let pictures = PICTURES.clean(&pictures(cut(html, MAX_BYTES))).to_string();
    Tokens::new(&pictures).find_map(|token| {
        let Token::Start {
            name: "img",
            attributes: raw,
            ..
        } = token
        else {
            return None;
        };
        let given = attributes(raw);
        let value = |wanted: &str| {
            let found = given.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| decode_entities(value))
        };
        // A picture of a pixel or two counts readers.
        if value("width").is_some_and(|w| matches!(w.trim(), "0" | "1" | "2")) {
            return None;
        }
        let url = web_url(&value("src")?, base)?;
        let alt = value("alt")
            .map(|alt| plain_line(&alt))
            .filter(|alt| !alt.is_empty());
        Some((url, alt))
    })
}

/// An absolute http(s) address without credentials, else nothing.
pub fn web_url(text: &str, base: Option<&Url>) -> Option<String> {
    let text = text.trim();
    let found = match (Url::parse(text), base) {
        (Ok(url), _) => url,
        (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) if !text.is_empty() => {
            base.join(text).ok()?
        }
        _ => return None,
    };
    crate::domain::article::check_url(found.as_str())
        .ok()
        .map(String::from)
}

/// As much of the HTML as a summary can need, in plain tags.
fn prepared(html: &str) -> String {
    flatten(cut(html, MAX_BYTES))
}

/// Makes links absolute; those that lead nowhere are links no more.
fn resolve_links(html: &str, base: Option<&Url>) -> String {
    let mut out = String::with_capacity(html.len());
    for token in Tokens::new(html) {
        match token {
            Token::Start {
                name: "a",
                attributes: raw,
                ..
            } => {
                let given = attributes(raw);
                let href = given.iter().find(|(name, _)| *name == "href");
                if let Some(url) = href.and_then(|(_, v)| link(&decode_entities(v), base)) {
                    out.push_str("<a href=\"");
                    escape_into(&mut out, &url);
                    out.push_str("\">");
                }
            }
            Token::Start { name, .. } => {
                out.push('<');
                out.push_str(name);
                out.push('>');
            }
            Token::End { name } => {
                out.push_str("</");
                out.push_str(name);
                out.push('>');
            }
            Token::Text(text) => out.push_str(text),
            Token::CData(_) | Token::Doctype(_) => {}
        }
    }
    out
}

fn link(href: &str, base: Option<&Url>) -> Option<String> {
    let mail = Url::parse(href.trim())
        .ok()
        .filter(|url| url.scheme() == "mailto");
    mail.map_or_else(|| web_url(href, base), |url| Some(url.into()))
}

/// Takes out what readers cannot see but software acts on: control characters, marks that change
/// the direction, zero-width characters, private-use characters, tags.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, c) in text.char_indices() {
        let stays = match c {
            ' '..='~' | '\t' | '\n' | '\r' => continue,
            // Joiners shape Persian and Indic words and join emoji; elsewhere they only hide.
            '\u{200c}' | '\u{200d}' => {
                let run = text[copied..at].chars().next_back();
                let last = run.or_else(|| out.chars().next_back());
                last.is_some_and(|last| last > '\u{2ff}')
            }
            _ => !is_trick(c),
        };
        if !stays {
            out.push_str(&text[copied..at]);
            copied = at + c.len_utf8();
        }
    }
    out.push_str(&text[copied..]);
    out
}

fn is_trick(c: char) -> bool {
    if c < '\u{300}' {
        return c.is_control() || c == '\u{ad}';
    }
    matches!(c,
            '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
        || (c as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests;
