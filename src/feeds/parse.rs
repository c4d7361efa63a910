//! From the bytes of a feed to its entries, sanitised.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine as _;
use chrono::SubsecRound;
use feed_rs::model;
use thiserror::Error;
use url::Url;

use super::sanitize::{
    count_words, first_picture, plain_line, shorten_line, summary_html, text_of_summary, web_url,
};
use super::tokens::{Token, Tokens};
use super::vocabulary::Home;
use super::{ParsedEntry, ParsedFeed, decode, json_feed, repair};
use crate::domain::article::language_tag;
use crate::domain::clock::Time;

/// Entries beyond this are left out: no digest needs them, and sanitising takes its time.
pub const MAX_ENTRIES: usize = 500;
/// The longest title that is made from a summary.
const BORROWED_TITLE: usize = 80;

/// Why there is no feed in some bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    #[error("the answer is empty")]
    Empty,
    #[error("this is an HTML page, not a feed (found <{found}>)")]
    HtmlPage { found: String },
    #[error("this is not a feed: {0}")]
    NotAFeed(String),
    #[error("this is broken JSON: {0}")]
    Json(String),
    #[error("this is broken XML: {0}")]
    BrokenXml(String),
}

/// A feed as its format has it, before anything is made safe.
pub(super) struct RawFeed {
    pub format: &'static str,
    /// HTML, as are all texts here.
    pub title: Option<String>,
    pub link: Option<String>,
    pub entries: Vec<RawEntry>,
}

/// An item as its format has it.
#[derive(Default)]
pub(super) struct RawEntry {
    pub id: String,
    pub title: Option<String>,
    /// Addresses of the item's page, the best first.
    pub links: Vec<String>,
    pub published_at: Option<Time>,
    pub updated_at: Option<Time>,
    pub authors: Vec<String>,
    pub categories: Vec<String>,
    pub summary: Option<String>,
    pub content: Option<String>,
    pub base: Option<String>,
    pub image: Option<String>,
    pub language: Option<String>,
}

/// Reads RSS, Atom or JSON Feed. `base` is where the feed was found, for its relative links.
///
/// Takes its time on a large feed: call it where blocking is allowed.
pub fn parse(bytes: &[u8], base: Option<&Url>) -> Result<ParsedFeed, ParseError> {
    let text = decode::text(bytes);
    let text = text.trim();
    let raw = if text.is_empty() {
        return Err(ParseError::Empty);
    } else if text.starts_with('{') {
        json_feed::read(text)?
    } else {
        read_xml(text, base)?
    };
    Ok(finish_feed(raw, base))
}

fn read_xml(text: &str, base: Option<&Url>) -> Result<RawFeed, ParseError> {
    let home = root(text)?;
    let repaired = repair::rewrite(text, home);
    // The parser has a few slices and sums that panic on rare input; that must cost this feed
    // only, not the worker.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        let parser = feed_rs::parser::Builder::new()
            .base_uri(base.map(Url::as_str))
            .id_generator(|_, _, _| String::new())
            .build();
        parser.parse(repaired.xml.as_bytes())
    }));
    let feed = match parsed {
        Ok(Ok(feed)) => feed,
        Ok(Err(error)) => return Err(ParseError::BrokenXml(error.to_string())),
        Err(_) => return Err(ParseError::BrokenXml("the parser gave up".to_owned())),
    };
    match repaired.damage {
        Some(damage) if feed.entries.is_empty() => return Err(ParseError::BrokenXml(damage)),
        Some(damage) => tracing::debug!(damage, "repaired a feed"),
        None => {}
    }
    Ok(from_model(
        feed,
        home,
        Texts(repaired.texts),
        &repaired.languages,
    ))
}

/// The format of a document, told by its first element.
fn root(text: &str) -> Result<Home, ParseError> {
    for token in Tokens::new(text) {
        match token {
            Token::Doctype(word) if word.eq_ignore_ascii_case("html") => {
                return Err(ParseError::HtmlPage {
                    found: "!DOCTYPE html".to_owned(),
                });
            }
            Token::Start { name, .. } => {
                let local = name.rsplit(':').next().unwrap_or(name);
                let page = ["html", "head", "body", "meta", "script", "title", "div"];
                return match Home::of_root(local) {
                    Some(home) => Ok(home),
                    None if page.iter().any(|tag| local.eq_ignore_ascii_case(tag)) => {
                        Err(ParseError::HtmlPage {
                            found: local.to_ascii_lowercase(),
                        })
                    }
                    None => Err(ParseError::NotAFeed(format!(
                        "it starts with <{}>",
                        shorten_line(&plain_line(name), 40)
                    ))),
                };
            }
            _ => {}
        }
    }
    Err(ParseError::NotAFeed(
        "there is neither XML nor JSON in it".to_owned(),
    ))
}

fn from_model(
    feed: model::Feed,
    home: Home,
    mut texts: Texts,
    languages: &[Option<String>],
) -> RawFeed {
    // Should the parser ever leave an item out, it is not said which.
    let is_whole = languages.len() == feed.entries.len();
    let of_item = |at: usize| languages.get(at)?.as_deref().filter(|_| is_whole);
    let language = feed.language;
    let link = page_links(&feed.links).into_iter().next();
    let entries = feed.entries.into_iter().enumerate();
    RawFeed {
        format: match home {
            Home::Rss => "rss",
            Home::Atom => "atom",
        },
        title: feed.title.map(|title| title.content),
        link,
        entries: entries
            .map(|(at, entry)| {
                let said = of_item(at).or(language.as_deref());
                raw_entry(entry, said, &mut texts)
            })
            .collect(),
    }
}

/// The texts that the parser knows by their numbers only.
struct Texts(Vec<String>);

impl Texts {
    fn take(&mut self, number: &str) -> Option<String> {
        let text = self.0.get_mut(number.trim().parse::<usize>().ok()?)?;
        Some(std::mem::take(text))
    }
}

fn raw_entry(entry: model::Entry, language: Option<&str>, texts: &mut Texts) -> RawEntry {
    let mut media = entry.media.iter();
    let media_title = media
        .find_map(|m| m.title.as_ref())
        .map(|t| t.content.clone());
    let mut media = entry.media.iter();
    let media_text = media
        .find_map(|m| m.description.as_ref())
        .map(|t| t.content.clone());
    let names = entry.authors.into_iter().filter_map(|p| p.name.or(p.email));
    let categories = entry.categories.into_iter();
    RawEntry {
        title: entry.title.map(|title| title.content).or(media_title),
        links: page_links(&entry.links),
        published_at: entry.published,
        updated_at: entry.updated,
        authors: names.collect(),
        categories: categories.map(|c| c.label.unwrap_or(c.term)).collect(),
        summary: entry
            .summary
            .and_then(|text| texts.take(&text.content))
            .or(media_text),
        content: entry.content.and_then(|content| texts.take(&content.body?)),
        base: entry.base,
        image: picture(&entry.media),
        language: entry.language.or_else(|| language.map(str::to_owned)),
        id: entry.id,
    }
}

/// The addresses of the page itself, the best first; comments, enclosures and the like are none.
fn page_links(links: &[model::Link]) -> Vec<String> {
    let rank = |link: &model::Link| match link.rel.as_deref() {
        _ if link.target.is_some() => None,
        None | Some("alternate" | "") => Some(match link.media_type.as_deref() {
            None | Some("text/html" | "application/xhtml+xml") => 0,
            Some(_) => 1,
        }),
        Some("related" | "via") => Some(2),
        Some(_) => None,
    };
    let mut ranked: Vec<_> = links.iter().filter_map(|l| Some((rank(l)?, l))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked
        .into_iter()
        .map(|(_, link)| link.href.clone())
        .collect()
}

/// The picture that a feed gives beside the text.
fn picture(media: &[model::MediaObject]) -> Option<String> {
    let contents = media.iter().flat_map(|m| &m.content);
    let pictures = contents.filter_map(|content| {
        let url = content.url.as_ref()?;
        let is_picture = match &content.content_type {
            Some(kind) => kind.ty().as_str() == "image",
            None => [".jpg", ".jpeg", ".png", ".gif", ".webp"]
                .iter()
                .any(|end| url.path().to_ascii_lowercase().ends_with(end)),
        };
        is_picture.then(|| url.to_string())
    });
    let thumbnails = media.iter().flat_map(|m| &m.thumbnails);
    pictures
        .chain(thumbnails.map(|t| t.image.uri.clone()))
        .next()
}

fn finish_feed(raw: RawFeed, base: Option<&Url>) -> ParsedFeed {
    let link = raw.link.and_then(|link| web_url(&link, base));
    let link = link.and_then(|link| Url::parse(&link).ok());
    let base = base.or(link.as_ref());
    let left_out = raw.entries.len().saturating_sub(MAX_ENTRIES);
    let entries = raw.entries.into_iter().take(MAX_ENTRIES);
    ParsedFeed {
        format: raw.format,
        title: raw.title.map(|t| plain_line(&t)).filter(|t| !t.is_empty()),
        entries: entries.map(|entry| finish_entry(entry, base)).collect(),
        left_out,
    }
}

fn finish_entry(raw: RawEntry, base: Option<&Url>) -> ParsedEntry {
    let url = raw.links.iter().find_map(|link| web_url(link, base));
    // Many ids are addresses, and the only ones given.
    let url = url.or_else(|| web_url(&raw.id, None)).unwrap_or_default();
    let page = Url::parse(&url).ok();
    let text_base = raw
        .base
        .and_then(|own| web_url(&own, page.as_ref().or(base)));
    let text_base = text_base.and_then(|own| Url::parse(&own).ok());
    let text_base = text_base.as_ref().or(page.as_ref()).or(base);

    let texts = [raw.summary, raw.content];
    let mut summary = String::new();
    for text in texts.iter().flatten() {
        summary = summary_html(text, text_base);
        if !summary.is_empty() {
            break;
        }
    }
    let summary_text = text_of_summary(&summary);
    let title = raw
        .title
        .map(|title| plain_line(&title))
        .unwrap_or_default();
    let title = if title.is_empty() {
        borrowed_title(&summary_text)
    } else {
        title
    };
    let given = raw
        .image
        .and_then(|image| web_url(&image, text_base))
        .map(|url| (url, None));
    let found = || {
        texts
            .iter()
            .flatten()
            .find_map(|text| first_picture(text, text_base))
    };
    let (image_url, image_alt) = given.or_else(found).unzip();
    ParsedEntry {
        id: id(&raw.id, &url, &title, &summary_text),
        title,
        url,
        published_at: raw.published_at.map(|time| time.trunc_subsecs(6)),
        updated_at: raw.updated_at.map(|time| time.trunc_subsecs(6)),
        authors: names(raw.authors),
        categories: names(raw.categories),
        summary_html: summary,
        summary_text,
        image_url,
        image_alt: image_alt.flatten(),
        language: raw.language.and_then(|tag| language_tag(&tag)),
        words: texts
            .iter()
            .flatten()
            .map(|text| count_words(text))
            .max()
            .filter(|words| *words > 0),
    }
}

/// The first words of a text, where an item has no title.
fn borrowed_title(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten_line(&line, BORROWED_TITLE)
}

/// What tells the item from others on later visits.
fn id(given: &str, url: &str, title: &str, text: &str) -> String {
    let given = super::sanitize::tidy(given.trim());
    if !given.is_empty() && given.len() <= 500 {
        return given;
    }
    if given.is_empty() && !url.is_empty() {
        return url.to_owned();
    }
    // Long ids would not fit an index; what stands for them must tell them apart as well.
    let said = [given.as_str(), title, text]
        .into_iter()
        .find(|said| !said.is_empty());
    let said = said.unwrap_or_default();
    let digest = ring::digest::digest(&ring::digest::SHA256, said.as_bytes());
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest);
    format!("sha256:{text}")
}

/// Names as plain text, each once, a sensible number of them.
fn names(given: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let lines = given.iter().take(100).map(|name| plain_line(name));
    lines
        .filter(|name| !name.is_empty() && seen.insert(name.to_lowercase()))
        .take(30)
        .collect()
}

#[cfg(test)]
mod tests;
