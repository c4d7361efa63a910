//! Finding the hub that a feed names (WebSub, 4): in the Link fields of the answer, else in the feed.

use encoding_rs::Encoding;
use memchr::memmem;
use serde_json::Value;
use url::Url;

use super::decode;
use super::sanitize::web_url;
use super::tokens::{Token, Tokens, attributes, decode_entities};
use crate::domain::article::check_url;

/// More hubs than this no feed has in earnest.
const MOST_HUBS: usize = 10;

/// The hubs of a feed, and the feed's own address, by which they know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubOffer {
    /// At least one; those with TLS first.
    pub hubs: Vec<String>,
    pub topic: String,
}

/// What is named so far, addresses as they are written.
#[derive(Default)]
struct Named {
    hubs: Vec<String>,
    own: Option<String>,
}

impl Named {
    fn take(&mut self, rel: &str, address: &str) {
        for word in rel.split_ascii_whitespace() {
            if word.eq_ignore_ascii_case("hub") && self.hubs.len() < MOST_HUBS {
                self.hubs.push(address.to_owned());
            } else if word.eq_ignore_ascii_case("self") && self.own.is_none() {
                self.own = Some(address.to_owned());
            }
        }
    }
}

/// The hubs that a feed offers; `at` is where it was found, and `links` are the Link fields there.
pub fn offer(links: &[String], feed: &[u8], at: &Url) -> Option<HubOffer> {
    let mut named = Named::default();
    for field in links {
        read_links(field, &mut named);
    }
    if named.hubs.is_empty() || named.own.is_none() {
        let inside = inside(feed);
        if named.hubs.is_empty() {
            named = inside;
        } else {
            named.own = inside.own;
        }
    }
    let mut hubs: Vec<String> = Vec::new();
    for hub in named.hubs {
        let url = web_url(&hub, Some(at));
        hubs.extend(url.filter(|url| !hubs.contains(url)));
    }
    hubs.sort_by_key(|hub| !hub.starts_with("https://"));
    let own = named.own.and_then(|own| own_address(own.trim(), at));
    let topic = own.unwrap_or_else(|| at.to_string());
    (!hubs.is_empty()).then_some(HubOffer { hubs, topic })
}

/// As it is written, where it is whole: the hub may know the feed by this very spelling only.
fn own_address(own: &str, at: &Url) -> Option<String> {
    if check_url(own).is_ok() {
        return Some(own.to_owned());
    }
    web_url(own, Some(at))
}

/// Reads one Link field (RFC 8288): `<address>; rel="hub", <address>; rel=self`.
fn read_links(field: &str, named: &mut Named) {
    let mut rest = field;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((address, parameters)) = after.split_once('>') else {
            return;
        };
        let end = end_of_link(parameters);
        let mut is_first = true;
        for parameter in split_outside_quotes(&parameters[..end], ';') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            // Of several the first counts.
            if name.trim().eq_ignore_ascii_case("rel") && is_first {
                is_first = false;
                named.take(value.trim().trim_matches('"'), address);
            }
        }
        rest = &parameters[end..];
    }
}

fn end_of_link(parameters: &str) -> usize {
    split_outside_quotes(parameters, ',')
        .next()
        .map_or(parameters.len(), str::len)
}

/// Splits a text where `by` does not stand between quotation marks.
fn split_outside_quotes(text: &str, by: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c: char| {
        is_quoted ^= c == '"';
        c == by && !is_quoted
    })
}

/// What a feed names in itself.
fn inside(feed: &[u8]) -> Named {
    let has_wide_letters = feed.iter().take(100).any(|byte| *byte == 0);
    // Most feeds have no hub, and need not be read a second time.
    if !has_wide_letters && memmem::find(feed, b"hub").is_none() {
        return Named::default();
    }
    let text = decode::text(feed);
    if text.starts_with('{') {
        return inside_json(&text);
    }
    let mut named = Named::default();
    let mut items = 0_u32;
    for token in Tokens::new(&text) {
        match token {
            Token::Start {
                name, empty: false, ..
            } if is_item(name) => items += 1,
            Token::End { name } if is_item(name) => items = items.saturating_sub(1),
            // What stands in an item is the item's, and others may write there.
            Token::Start {
                name,
                attributes: raw,
                ..
            } if items == 0 && local(name).eq_ignore_ascii_case("link") => {
                let given = attributes(raw);
                let value = |wanted: &str| {
                    let found = given
                        .iter()
                        .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
                    found.map(|(_, value)| decode_entities(value))
                };
                if let (Some(rel), Some(address)) = (value("rel"), value("href")) {
                    named.take(&rel, &address);
                }
            }
            _ => {}
        }
    }
    named
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn is_item(name: &str) -> bool {
    ["item", "entry"]
        .iter()
        .any(|word| local(name).eq_ignore_ascii_case(word))
}

/// JSON Feed 1.1 has `hubs` and `feed_url`.
fn inside_json(text: &str) -> Named {
    let feed: Value = serde_json::from_str(text).unwrap_or_default();
    let hubs = feed["hubs"].as_array().map(Vec::as_slice);
    let hubs = hubs.unwrap_or_default().iter().filter(|hub| {
        let kind = hub["type"].as_str().unwrap_or_default();
        ["websub", "pubsubhubbub"].contains(&kind.to_ascii_lowercase().as_str())
    });
    Named {
        hubs: hubs
            .filter_map(|hub| hub["url"].as_str().map(str::to_owned))
            .take(MOST_HUBS)
            .collect(),
        own: feed["feed_url"].as_str().map(str::to_owned),
    }
}

/// A body in UTF-8, where its Content-Type names the encoding and the body itself does not.
pub fn in_named_encoding(body: Vec<u8>, content_type: Option<&str>) -> Vec<u8> {
    let head = &body[..body.len().min(200)];
    let says = Encoding::for_bom(&body).is_some() || memmem::find(head, b"encoding").is_some();
    if says || std::str::from_utf8(&body).is_ok() {
        return body;
    }
    let parameters = content_type.into_iter().flat_map(|text| text.split(';'));
    let charset = parameters.skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches(['"', '\'']))
    });
    match charset.and_then(|label| Encoding::for_label(label.as_bytes())) {
        Some(encoding) => encoding.decode(&body).0.into_owned().into_bytes(),
        None => body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hubs and topic; neither where there is no hub.
    fn found(links: &[&str], feed: &str) -> (Vec<String>, String) {
        let links: Vec<String> = links.iter().map(|link| (*link).to_owned()).collect();
        let at = Url::parse("https://news.example/start/feed?x=1").unwrap();
        let found = offer(&links, feed.as_bytes(), &at);
        found.map_or_else(Default::default, |offer| (offer.hubs, offer.topic))
    }

    fn one(hub: &str, topic: &str) -> (Vec<String>, String) {
        (vec![hub.to_owned()], topic.to_owned())
    }

    #[test]
    fn link_fields_come_first() {
        let feed = "<rss><channel><atom:link rel='hub' href='https://in.example/'/>\
            <atom:link rel='self' href='https://in.example/feed'/></channel></rss>";
        let link =
            "<https://hub.example/a,b>; title=\"x, <y>; rel=self\"; rel=\"hub\", </feed>;REL=self";
        let wanted = one("https://hub.example/a,b", "https://news.example/feed");
        assert_eq!(found(&[link], feed), wanted);
        let apart = [
            "<https://hub.example/>; rel=\"nofollow HUB\"; rel=self",
            "<feed>; rel=self",
        ];
        let wanted = one("https://hub.example/", "https://news.example/start/feed");
        assert_eq!(found(&apart, feed), wanted);
        // The feed fills in what the fields leave out.
        let hub_only = ["<https://hub.example/>; rel=hub"];
        let wanted = one("https://hub.example/", "https://in.example/feed");
        assert_eq!(found(&hub_only, feed), wanted);
        let self_only = ["<https://other.example/feed>; rel=self"];
        let wanted = one("https://in.example/", "https://in.example/feed");
        assert_eq!(found(&self_only, feed), wanted);
        for broken in ["", "<", "<>", "<a", "rel=hub", "<a>; rel", "<a>; rel=\"hub"] {
            let rest = found(&[broken], "<rss/>");
            assert!(rest.0.len() <= 1, "{broken}");
        }
    }

    #[test]
    fn reads_the_links_of_every_format() {
        let at = "https://news.example/start/feed?x=1";
        let rss = "<rss xmlns:a10='http://www.w3.org/2005/Atom'><channel><link>https://x.example/</link>\
            <a10:link REL='hub' href='https://hub.example/?a=1&amp;b=2'/><item>\
            <a10:link rel='hub' href='https://evil.example/'/></item></channel></rss>";
        assert_eq!(found(&[], rss), one("https://hub.example/?a=1&b=2", at));
        let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link rel='hub' href='/e'/></entry>\
            <link href='http://plain.example/' rel='hub'/><link rel='hub' href='https://hub.example/'/>\
            <link rel='self' href='http://news.example/feed'/><link rel='self' href='/second'/></feed>";
        let hubs = vec![
            "https://hub.example/".to_owned(),
            "http://plain.example/".to_owned(),
        ];
        let topic = "http://news.example/feed".to_owned();
        assert_eq!(found(&[], atom), (hubs, topic));
        let json = r#"{"version":"https://jsonfeed.org/version/1.1","feed_url":"https://news.example/feed.json",
            "hubs":[{"type":"rssCloud","url":"https://cloud.example/"},{"type":"WebSub","url":"https://hub.example/"}]}"#;
        let topic = "https://news.example/feed.json";
        assert_eq!(found(&[], json), one("https://hub.example/", topic));
        let wide: Vec<u8> = rss.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let wide = offer(&[], &wide, &Url::parse(at).unwrap()).unwrap();
        assert_eq!(wide.hubs, ["https://hub.example/?a=1&b=2"]);
    }

    fn none() -> (Vec<String>, String) {
        Default::default()
    }

    #[test]
    fn what_cannot_be_asked_is_no_hub() {
        for hub in [
            "javascript:alert(1)",
            "ftp://hub.example/",
            "https://me:secret@hub.example/",
        ] {
            assert_eq!(found(&[&format!("<{hub}>; rel=hub")], "<rss/>"), none());
        }
        assert_eq!(
            found(&[], "<rss><channel>no hub here</channel></rss>"),
            none()
        );
        assert_eq!(found(&[], "{\"hubs\":"), none());
        // An address of its own that cannot be one is no reason to go without.
        let odd = ["<https://hub.example/>; rel=hub, <mailto:a@b.example>; rel=self"];
        let at = "https://news.example/start/feed?x=1";
        assert_eq!(found(&odd, "<rss/>"), one("https://hub.example/", at));
    }

    #[test]
    fn an_encoding_is_taken_from_the_content_type_where_nothing_else_tells() {
        let read = |body: &[u8], kind: &str| {
            let kind = Some(kind).filter(|kind| !kind.is_empty());
            in_named_encoding(body.to_vec(), kind)
        };
        let named = "application/rss+xml; charset=\"koi8-r\"";
        assert_eq!(read(b"<a>\xd0\xd2\xc9", named), "<a>при".as_bytes());
        let said = b"<?xml version='1.0' encoding='koi8-r'?><a>\xd0\xd2\xc9";
        assert_eq!(read(said, "text/xml; charset=windows-1252"), said);
        assert_eq!(read("<a>при".as_bytes(), named), "<a>при".as_bytes());
        for kind in ["", "text/xml", "text/xml; charset", "text/xml; charset=no"] {
            assert_eq!(read(b"<a>\xd0", kind), b"<a>\xd0", "{kind}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(field in "[<>;,=\" a-zé]{0,40}", feed in "[<>/&{}:\" a-z=']{0,80}") {
            let at = Url::parse("https://news.example/").unwrap();
            offer(&[field], format!("{feed}hub").as_bytes(), &at);
        }
    }
}
