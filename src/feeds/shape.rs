//! From clean HTML to a short summary.
//!
//! Works on what the allow-list wrote, where every `<` opens a tag and text knows few entities.

use super::tokens::{Token, Tokens, attributes, decode_entities, escape_into};

/// How long a summary may grow: longer texts are cut to `aim`, those up to `keep` are left whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    pub aim: usize,
    pub keep: usize,
}

/// What a tag means for the shape of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Stands within a line.
    Inline(&'static str),
    /// Holds blocks.
    Container(&'static str),
    /// Starts and ends a paragraph.
    Block,
    /// Starts a new line.
    Break,
    /// Separates words.
    Space,
    /// Means nothing here.
    None,
}

/// Every tag that changes the shape of a text; the allow-list takes its tags from here.
pub(super) const SHAPING: [&str; 45] = [
    "a",
    "address",
    "article",
    "aside",
    "b",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "code",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "strong",
    "summary",
    "table",
    "td",
    "th",
    "tr",
    "ul",
];

/// What the tag of that name means.
pub(super) fn kind(name: &str) -> Kind {
    match name {
        "a" => Kind::Inline("a"),
        "b" => Kind::Inline("b"),
        "code" => Kind::Inline("code"),
        "em" => Kind::Inline("em"),
        "i" => Kind::Inline("i"),
        "strong" => Kind::Inline("strong"),
        "blockquote" => Kind::Container("blockquote"),
        "li" => Kind::Container("li"),
        "ol" => Kind::Container("ol"),
        "ul" => Kind::Container("ul"),
        "br" => Kind::Break,
        "td" | "th" => Kind::Space,
        _ if SHAPING.contains(&name) => Kind::Block,
        _ => Kind::None,
    }
}

struct Element {
    name: &'static str,
    /// The start tag as it will be written, once there is text for it.
    tag: String,
    written: bool,
}

#[derive(Default)]
struct Shaper {
    out: String,
    containers: Vec<Element>,
    inline: Vec<Element>,
    paragraph: bool,
    /// Whether the present line holds text, so that a space or a break makes sense.
    line: bool,
    space: bool,
    breaks: usize,
    /// Whether the present list item holds text from an earlier block.
    item: bool,
    count: usize,
}

/// Writes paragraphs, lists and quotations from `html`, cut to `length` where it is longer.
pub(super) fn summary(html: &str, length: Length) -> String {
    let total = visible(html);
    let limit = if total > length.keep {
        length.aim
    } else {
        usize::MAX
    };
    let mut shaper = Shaper::default();
    for token in Tokens::new(html) {
        match token {
            Token::Start {
                name, attributes, ..
            } => shaper.start(name, attributes),
            Token::End { name } => shaper.end(name),
            Token::Text(text) => {
                let text = decode_entities(text);
                if !shaper.text(&text, limit) {
                    break;
                }
            }
            Token::CData(_) | Token::Doctype(_) => {}
        }
    }
    shaper.finish()
}

/// The visible characters of a text, blanks folded.
fn visible(html: &str) -> usize {
    let mut count = 0;
    for token in Tokens::new(html) {
        if let Token::Text(text) = token {
            let text = decode_entities(text);
            count += text
                .split_whitespace()
                .map(|w| w.chars().count() + 1)
                .sum::<usize>();
        }
    }
    count
}

impl Shaper {
    fn start(&mut self, name: &str, raw: &str) {
        match kind(name) {
            Kind::Inline(name) => self.inline.push(Element {
                name,
                tag: start_tag(name, raw),
                written: false,
            }),
            Kind::Container(name) => {
                self.boundary();
                self.item = false;
                self.containers.push(Element {
                    name,
                    tag: format!("<{name}>"),
                    written: false,
                });
            }
            Kind::Block => self.boundary(),
            Kind::Break => self.breaks += 1,
            Kind::Space => self.space = true,
            Kind::None => {}
        }
    }

    fn end(&mut self, name: &str) {
        match kind(name) {
            Kind::Inline(name) => {
                let Some(at) = self.inline.iter().rposition(|e| e.name == name) else {
                    return;
                };
                let element = self.inline.remove(at);
                if element.written {
                    self.close_tag(element.name);
                }
            }
            Kind::Container(name) => {
                self.boundary();
                self.item = false;
                let Some(at) = self.containers.iter().rposition(|e| e.name == name) else {
                    return;
                };
                while self.containers.len() > at {
                    self.close_container();
                }
            }
            Kind::Block => self.boundary(),
            Kind::Break | Kind::Space | Kind::None => {}
        }
    }

    fn close_container(&mut self) {
        if let Some(element) = self.containers.pop().filter(|e| e.written) {
            self.close_tag(element.name);
        }
    }

    fn close_tag(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Ends the present paragraph; open emphasis and links go on in the next.
    fn boundary(&mut self) {
        self.item |= self.line;
        for at in (0..self.inline.len()).rev() {
            if self.inline[at].written {
                self.inline[at].written = false;
                self.close_tag(self.inline[at].name);
            }
        }
        if self.paragraph {
            self.out.push_str("</p>");
        }
        self.paragraph = false;
        self.line = false;
        self.space = false;
        self.breaks = 0;
    }

    /// Writes what has to stand before text.
    fn prepare(&mut self) {
        if self.breaks > 1 && self.line {
            self.boundary();
        }
        let in_item = self.containers.last().is_some_and(|e| e.name == "li");
        for element in self.containers.iter_mut().filter(|e| !e.written) {
            element.written = true;
            self.out.push_str(&element.tag);
        }
        if !self.paragraph && !in_item {
            self.out.push_str("<p>");
            self.paragraph = true;
        }
        let new_line = (self.breaks > 0 && self.line) || (in_item && self.item && !self.line);
        if new_line {
            self.out.push_str("<br>");
        } else if self.space && self.line {
            self.out.push(' ');
            self.count += 1;
        }
        self.item = false;
        for element in self.inline.iter_mut().filter(|e| !e.written) {
            element.written = true;
            self.out.push_str(&element.tag);
        }
        self.breaks = 0;
        self.space = false;
        self.line = true;
    }

    /// Adds text; says no where the limit was reached.
    fn text(&mut self, text: &str, limit: usize) -> bool {
        let folded: Vec<&str> = text.split_whitespace().collect();
        self.space |= text.starts_with(char::is_whitespace);
        if folded.is_empty() {
            return true;
        }
        let folded = folded.join(" ");
        let room = limit.saturating_sub(self.count);
        let fits = folded.chars().nth(room).is_none();
        let mut kept = if fits {
            folded.as_str()
        } else {
            shorten(&folded, room)
        };
        if !fits && !self.line && self.count * 2 >= limit && !kept.ends_with(SENTENCE_ENDS) {
            // Better to end with the paragraph before than with the first words of this one.
            kept = "";
        }
        if !kept.is_empty() {
            self.prepare();
            self.count += kept.chars().count();
            escape_into(&mut self.out, kept);
        }
        if fits {
            self.space = text.ends_with(char::is_whitespace);
        } else if !kept.ends_with(SENTENCE_ENDS) && self.line {
            self.out.push('…');
        }
        fits
    }

    fn finish(mut self) -> String {
        self.boundary();
        while !self.containers.is_empty() {
            self.close_container();
        }
        self.out
    }
}

/// The start tag as it goes out; only links carry anything.
fn start_tag(name: &str, raw: &str) -> String {
    let mut tag = format!("<{name}");
    if name == "a" {
        for (attribute, value) in attributes(raw) {
            if attribute == "href" {
                tag.push_str(" href=\"");
                escape_into(&mut tag, &decode_entities(value));
                tag.push('"');
            }
        }
    }
    tag.push('>');
    tag
}

const SENTENCE_ENDS: [char; 7] = ['.', '!', '?', '…', '。', '！', '？'];

/// Cuts after a sentence where one ends in the last half, else after a word, else anywhere.
pub(super) fn shorten(text: &str, room: usize) -> &str {
    let end = text
        .char_indices()
        .nth(room)
        .map_or(text.len(), |(at, _)| at);
    let head = &text[..end];
    let sentence = head.char_indices().rev().find_map(|(at, c)| {
        let after = at + c.len_utf8();
        let ends = SENTENCE_ENDS.contains(&c)
            && (c.len_utf8() > 1 || text[after..].starts_with(char::is_whitespace));
        ends.then_some(after)
    });
    match sentence {
        Some(after) if after * 2 >= end => &head[..after],
        _ => match head.rfind(char::is_whitespace) {
            Some(at) if at * 2 >= end || at + 40 >= end => {
                head[..at].trim_end_matches([',', ';', ':', ' '])
            }
            _ => head,
        },
    }
}
