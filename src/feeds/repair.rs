//! Rewrites the feeds of this world into the few words that the parser reads without complaint.
//!
//! Feeds come with stray characters, undeclared prefixes, markup where text belongs, forgotten
//! end tags and dialects from 1999. One pass keeps what we use, in canonical form, and leaves out
//! all else, so that one bad corner does not cost the whole feed.

use std::collections::BTreeMap;

use super::gather::{Gathering, is_item};
use super::tidy::{is_reference, tidy_text, tidy_time};
use super::tokens::{Token, Tokens, attributes, decode_entities, escape_into};
use super::vocabulary::{
    Holds, Home, Space, is_long, keeps_attribute, space_of_prefix, space_of_uri, translate,
};

/// Deeper nesting than any feed has; hostile ones would make us search long stacks.
const MAX_DEPTH: usize = 100;

/// A feed in canonical words.
#[derive(Debug)]
pub(super) struct Repaired {
    pub xml: String,
    /// The long texts of the items, as HTML. In `xml` each has its number here in its place: the
    /// parser has nothing to read in them, and takes its time to hand them on.
    pub texts: Vec<String>,
    /// What each item says of its language, which the parser reads of a part of them only.
    pub languages: Vec<Option<String>>,
    /// What was wrong with the structure, if anything.
    pub damage: Option<String>,
}

/// Rewrites a document whose root is `home`.
pub(super) fn rewrite(source: &str, home: Home) -> Repaired {
    let mut writer = Writer::new(home);
    for token in Tokens::new(source) {
        writer.token(token);
        if writer.done {
            break;
        }
    }
    writer.finish()
}

struct Open<'a> {
    raw: &'a str,
    /// What was written for it.
    written: Option<(&'static str, Holds)>,
    /// The namespace of names without a prefix in here.
    default: Space,
}

struct Writer<'a> {
    home: Home,
    out: String,
    open: Vec<Open<'a>>,
    gathering: Option<Gathering<'a>>,
    text: String,
    texts: Vec<String>,
    languages: Vec<Option<String>>,
    prefixes: BTreeMap<&'a str, Space>,
    /// Where the present item starts in `out`.
    item: Option<usize>,
    damage: Option<String>,
    done: bool,
}

impl<'a> Writer<'a> {
    fn new(home: Home) -> Self {
        Self {
            home,
            out: String::new(),
            open: Vec::new(),
            gathering: None,
            text: String::new(),
            texts: Vec::new(),
            languages: Vec::new(),
            prefixes: BTreeMap::new(),
            item: None,
            damage: None,
            done: false,
        }
    }

    fn token(&mut self, token: Token<'a>) {
        if let Some(gathering) = &mut self.gathering {
            let ends_item = matches!(token, Token::End { name } if is_item(name));
            if gathering.take(token) {
                return;
            }
            let raw = gathering.raw;
            self.close_gathering();
            if ends_item {
                self.note(format!("<{raw}> is never closed"));
                self.end(raw);
            }
        }
        match token {
            Token::Start {
                name,
                attributes: raw,
                empty,
            } => self.start(name, raw, empty),
            Token::End { name } => self.end(name),
            Token::Text(text) => self.add_text(&decode_entities(text)),
            Token::CData(text) => self.add_text(text),
            Token::Doctype(_) => {}
        }
    }

    fn add_text(&mut self, text: &str) {
        let holds = self.open.last().and_then(|o| o.written).map(|w| w.1);
        if matches!(holds, Some(Holds::Text | Holds::Time)) {
            self.text.push_str(text);
        }
    }

    fn note(&mut self, what: String) {
        self.damage.get_or_insert(what);
    }

    fn start(&mut self, name: &'a str, raw_attributes: &'a str, empty: bool) {
        if self.open.len() >= MAX_DEPTH {
            self.note(format!("elements are nested more than {MAX_DEPTH} deep"));
            self.done = true;
            return;
        }
        let given = attributes(raw_attributes);
        let own_default = self.declare(&given);
        if self.open.is_empty() {
            self.start_root(name, &given);
            return;
        }
        let parent = self.open.last().map_or(Space::Home, |o| o.default);
        let default = own_default.unwrap_or(parent);
        let (space, local) = self.space_of(name, default);
        let translated = translate(self.home, space, local);
        // Text holds no elements: where a known one starts, the text before it was not closed.
        let last = self
            .open
            .last()
            .and_then(|o| o.written.map(|w| (o.raw, w.1)));
        if let (Some((raw, Holds::Text | Holds::Time)), Some(_)) = (last, translated) {
            self.note(format!("<{raw}> is never closed"));
            self.close_last();
        }
        if matches!(translated, Some((_, Holds::Item))) {
            self.close_item();
        }
        let inside = self.open.last().is_some_and(|o| {
            let holds = o.written.map(|w| w.1);
            matches!(holds, Some(Holds::Elements | Holds::Item | Holds::Through))
        });
        // Pictures of the whole feed would make the parser look for an item.
        let fits = |word: &str| self.item.is_some() || !word.starts_with("media:");
        let written = translated.filter(|(word, _)| inside && fits(word));
        if let Some((word, holds)) = written {
            self.open_element(word, holds, name, &given, empty);
            if self.gathering.is_some() {
                return;
            }
        }
        self.open.push(Open {
            raw: name,
            written,
            default,
        });
        if empty {
            self.end(name);
        }
    }

    /// An item stands in the feed, not in another item; where one does, the first was not closed.
    fn close_item(&mut self) {
        let is_item = |o: &Open<'_>| matches!(o.written, Some((_, Holds::Item)));
        if let Some(at) = self.open.iter().position(is_item) {
            let raw = self.open[at].raw;
            self.note(format!("<{raw}> is never closed"));
            while self.open.len() > at {
                self.close_last();
            }
        }
    }

    fn start_root(&mut self, name: &'a str, given: &[(&str, &str)]) {
        self.out.push_str(self.home.opening());
        self.write_attributes("", given);
        self.out.push_str(match self.home {
            Home::Atom => ">",
            // Items may stand beside the channel; for us it is all one.
            Home::Rss => "><channel>",
        });
        // Whatever the root says it is: its children are written in the feed's own words.
        self.open.push(Open {
            raw: name,
            written: Some(("", Holds::Elements)),
            default: Space::Home,
        });
    }

    /// Notes what prefixes mean; gives the namespace of names without one if it changes here.
    fn declare(&mut self, given: &[(&'a str, &'a str)]) -> Option<Space> {
        let mut default = None;
        for (name, value) in given {
            if *name == "xmlns" {
                let space = space_of_uri(value);
                let home = match self.home {
                    Home::Atom => Space::Atom,
                    Home::Rss => Space::Rss,
                };
                default = Some(if space == home { Space::Home } else { space });
            } else if let Some(prefix) = name.strip_prefix("xmlns:")
                && self.prefixes.len() < 100
            {
                self.prefixes.insert(prefix, space_of_uri(value));
            }
        }
        default
    }

    fn space_of<'n>(&self, name: &'n str, default: Space) -> (Space, &'n str) {
        match name.split_once(':') {
            None => (default, name),
            Some((prefix, local)) => {
                let declared = self.prefixes.get(prefix).copied();
                (declared.unwrap_or_else(|| space_of_prefix(prefix)), local)
            }
        }
    }

    fn open_element(
        &mut self,
        word: &'static str,
        holds: Holds,
        raw: &'a str,
        given: &[(&str, &str)],
        empty: bool,
    ) {
        match holds {
            Holds::Through => return,
            Holds::Item => {
                self.item = Some(self.out.len());
                let said = given.iter().find(|(name, _)| *name == "xml:lang");
                self.languages
                    .push(said.map(|(_, tag)| decode_entities(tag).into_owned()));
            }
            _ => {}
        }
        self.text.clear();
        self.out.push('<');
        self.out.push_str(word);
        self.write_attributes(word, given);
        if raw.ends_with("thumbnail") {
            self.out.push_str(" type=\"image/jpeg\"");
        }
        if holds == Holds::Html {
            self.out.push_str(" type=\"html\">");
            self.gathering = Some(Gathering::new(self.home, raw, word, given));
            self.open.push(Open {
                raw,
                written: Some((word, holds)),
                default: Space::Home,
            });
            if empty {
                self.close_gathering();
                self.end(raw);
            }
        } else {
            self.out.push('>');
        }
    }

    fn write_attributes(&mut self, word: &str, given: &[(&str, &str)]) {
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in given {
            let value = decode_entities(value);
            let usable = keeps_attribute(word, name)
                && !seen.contains(name)
                && (*name != "xml:base" || is_reference(&value));
            if usable {
                seen.push(name);
                self.out.push(' ');
                self.out.push_str(name);
                self.out.push_str("=\"");
                escape_into(&mut self.out, &value);
                self.out.push('"');
            }
        }
    }

    fn close_gathering(&mut self) {
        let Some(gathering) = self.gathering.take() else {
            return;
        };
        let html = gathering.into_html();
        let word = self.open.last().and_then(|o| o.written).map(|w| w.0);
        if word.is_some_and(is_long) && !html.trim().is_empty() {
            self.out.push_str(&self.texts.len().to_string());
            self.texts.push(html);
        } else {
            escape_into(&mut self.out, &html);
        }
    }

    /// Closes the element of that name, and what was left open within.
    fn end(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|o| o.raw == name) else {
            self.note(format!("</{name}> closes nothing"));
            return;
        };
        if at + 1 < self.open.len() {
            let left = self.open.last().map_or("", |o| o.raw);
            self.note(format!("<{left}> is never closed"));
        }
        while self.open.len() > at {
            self.close_last();
        }
        self.done = self.open.is_empty();
    }

    fn close_last(&mut self) {
        let Some(open) = self.open.pop() else { return };
        match open.written {
            None | Some((_, Holds::Through)) => {}
            Some((word, holds)) => {
                let text = std::mem::take(&mut self.text);
                match holds {
                    Holds::Time => escape_into(&mut self.out, &tidy_time(&text)),
                    Holds::Text => escape_into(&mut self.out, tidy_text(word, &text).trim()),
                    _ => {}
                }
                if holds == Holds::Item {
                    self.item = None;
                }
                if word.is_empty() {
                    self.close_root();
                } else {
                    self.out.push_str("</");
                    self.out.push_str(word);
                    self.out.push('>');
                }
            }
        }
    }

    fn close_root(&mut self) {
        self.out.push_str(match self.home {
            Home::Atom => "</feed>",
            Home::Rss => "</channel></rss>",
        });
    }

    /// Closes a document that ended too soon; an item that was cut off is left out.
    fn finish(mut self) -> Repaired {
        if !self.open.is_empty() {
            self.note("the document ends before its elements do".to_owned());
            self.close_gathering();
            if let Some(start) = self.item {
                self.out.truncate(start);
                self.languages.pop();
                let item = self
                    .open
                    .iter()
                    .position(|o| matches!(o.written, Some((_, Holds::Item))));
                self.open.truncate(item.unwrap_or(self.open.len()));
            }
            while !self.open.is_empty() {
                self.close_last();
            }
        }
        Repaired {
            xml: self.out,
            texts: self.texts,
            languages: self.languages,
            damage: self.damage,
        }
    }
}
