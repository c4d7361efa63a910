//! Finding the feeds that a page of the web offers.

use serde::Serialize;
use url::Url;

use super::decode;
use super::sanitize::{plain_line, web_url};
use super::tokens::{Token, Tokens, attributes, decode_entities};

/// More than any page offers in earnest.
const MAX_OFFERS: usize = 20;

/// A feed that a page offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    pub url: String,
    pub title: Option<String>,
    /// Whether it is of comments rather than of articles.
    pub comments: bool,
}

/// What a page says of feeds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    /// Those that it declares (`<link rel="alternate">`), in its order.
    pub declared: Vec<Offer>,
    /// Where it links to what looks like a feed; one has to look.
    pub linked: Vec<Offer>,
}

/// Reads the feeds that a page offers.
pub fn offers(page: &[u8], base: &Url) -> Offers {
    let text = decode::text(page);
    let mut offers = Offers::default();
    let mut base = base.clone();
    let mut in_code = false;
    for token in Tokens::new(&text) {
        match token {
            Token::Start { name, empty, .. } if is_code(name) => in_code = !empty,
            Token::End { name } if is_code(name) => in_code = false,
            Token::Start {
                name,
                attributes: raw,
                ..
            } if !in_code => {
                let given = Given::read(raw);
                if name.eq_ignore_ascii_case("base")
                    && let Some(own) = given.address("href", &base)
                    && let Ok(own) = Url::parse(&own)
                {
                    base = own;
                } else if name.eq_ignore_ascii_case("link") {
                    add(&mut offers.declared, declared(&given, &base));
                } else if name.eq_ignore_ascii_case("a") {
                    add(&mut offers.linked, linked(&given, &base));
                }
            }
            _ => {}
        }
    }
    offers
}

fn add(list: &mut Vec<Offer>, offer: Option<Offer>) {
    if let Some(offer) = offer
        && list.len() < MAX_OFFERS
        && list.iter().all(|known| known.url != offer.url)
    {
        list.push(offer);
    }
}

fn is_code(name: &str) -> bool {
    name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style")
}

fn declared(given: &Given, base: &Url) -> Option<Offer> {
    let rel = given.get("rel")?.to_ascii_lowercase();
    let kind = given.get("type").unwrap_or_default().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
    let is_alternate = rel.split_whitespace().any(|word| word == "alternate");
    let is_feed = [
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "text/rss+xml",
    ]
    .contains(&kind.as_str());
    // WordPress declares its API as plain JSON in the same way.
    let is_json = kind == "application/json" && given.get("href")?.contains("feed");
    (is_alternate && (is_feed || is_json)).then(|| offer(given, base))?
}

/// An anchor whose address looks like that of a feed.
fn linked(given: &Given, base: &Url) -> Option<Offer> {
    let offer = offer(given, base)?;
    let url = Url::parse(&offer.url).ok()?;
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    let named = ["feed", "rss", "atom", "feed.json"].contains(&last)
        || [".rss", ".atom", "rss.xml", "feed.xml", "atom.xml", ".rdf"]
            .iter()
            .any(|end| last.ends_with(end));
    named.then_some(offer)
}

fn offer(given: &Given, base: &Url) -> Option<Offer> {
    let url = given.address("href", base)?;
    let title = given.get("title").map(|title| plain_line(&title));
    let title = title.filter(|title| !title.is_empty());
    let says = format!("{url} {}", title.as_deref().unwrap_or_default()).to_lowercase();
    Some(Offer {
        comments: ["comment", "kommentar", "commentaire"]
            .iter()
            .any(|word| says.contains(word)),
        url,
        title,
    })
}

/// The attributes of a tag; their names in small letters.
struct Given(Vec<(String, String)>);

impl Given {
    fn read(raw: &str) -> Self {
        let pairs = attributes(raw).into_iter();
        Self(
            pairs
                .map(|(name, value)| {
                    (
                        name.to_ascii_lowercase(),
                        decode_entities(value).into_owned(),
                    )
                })
                .collect(),
        )
    }

    fn get(&self, wanted: &str) -> Option<String> {
        let found = self.0.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.trim().to_owned())
    }

    fn address(&self, wanted: &str, base: &Url) -> Option<String> {
        web_url(&self.get(wanted)?, Some(base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> Offers {
        offers(
            page.as_bytes(),
            &Url::parse("https://news.example/start/").unwrap(),
        )
    }

    #[test]
    fn finds_what_a_page_declares() {
        let found = read(
            r#"<!doctype html><head>
            <script>document.write('<link rel="alternate" type="application/rss+xml" href="/no">')</script>
            <LINK REL="Alternate Home" TYPE="application/rss+xml; charset=utf-8" HREF="/feed?a=1&amp;b=2" title="All &amp; more">
            <link rel=alternate type=application/atom+xml href=atom.xml>
            <link rel=alternate type="application/rss+xml" href="/comments/feed" title="News &raquo; Comments">
            <link rel=alternate type="application/json" href="/wp-json/wp/v2/pages/2">
            <link rel=alternate type="application/feed+json" href="https://cdn.example/feed.json">
            <link rel=alternate hreflang=de href="/de">
            <link rel=stylesheet type="application/rss+xml" href="/not">
            <link rel=alternate type="application/rss+xml" href="javascript:alert(1)">
            <link rel=alternate type="application/rss+xml" href="/feed?a=1&amp;b=2">"#,
        );
        let urls: Vec<&str> = found.declared.iter().map(|o| o.url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "https://news.example/feed?a=1&b=2",
                "https://news.example/start/atom.xml",
                "https://news.example/comments/feed",
                "https://cdn.example/feed.json",
            ]
        );
        assert_eq!(found.declared[0].title.as_deref(), Some("All & more"));
        let comments: Vec<bool> = found.declared.iter().map(|o| o.comments).collect();
        assert_eq!(comments, [false, false, true, false]);
    }

    #[test]
    fn sees_links_that_look_like_feeds() {
        let found = read(
            "<base href='https://other.example/x/'><a href='rss.xml'>RSS</a><a href='/feed/'>f</a>\
             <a href='/feedback'>no</a><a href='mailto:a@b.example'>no</a><a href='/about'>no</a>",
        );
        let urls: Vec<&str> = found.linked.iter().map(|o| o.url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "https://other.example/x/rss.xml",
                "https://other.example/feed/"
            ]
        );
        assert!(found.declared.is_empty());
    }
}
