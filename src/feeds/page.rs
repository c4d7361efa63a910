//! What the head of an article's page says of it: picture, description, address.

use url::Url;

use super::decode;
use super::sanitize::{plain_line, shorten_line, web_url};
use super::tokens::{Token, Tokens, attributes, decode_entities};
use crate::domain::article::{check_url, url_key};

/// The longest description that is taken over.
const MAX_DESCRIPTION: usize = 600;

/// The facts of a page, as plain text and absolute addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageFacts {
    pub image_url: Option<String>,
    pub image_alt: Option<String>,
    pub description: Option<String>,
    /// The address that the page gives itself; a front page's is none.
    pub canonical: Option<String>,
}

/// Reads the head of a page that was found at `base`.
pub fn facts(page: &[u8], base: &Url) -> PageFacts {
    let text = decode::text(page);
    let mut seen = Seen::default();
    let mut in_code = false;
    for token in Tokens::new(&text) {
        match token {
            Token::Start { name, .. } if name.eq_ignore_ascii_case("body") => break,
            Token::Start { name, empty, .. } if is_code(name) => in_code = !empty,
            Token::End { name } if is_code(name) => in_code = false,
            Token::Start {
                name,
                attributes: raw,
                ..
            } if !in_code => {
                let given: Vec<(String, String)> = attributes(raw)
                    .into_iter()
                    .map(|(name, value)| {
                        (
                            name.to_ascii_lowercase(),
                            decode_entities(value).into_owned(),
                        )
                    })
                    .collect();
                let get = |wanted: &str| {
                    let found = given.iter().find(|(name, _)| name == wanted);
                    found
                        .map(|(_, value)| value.trim())
                        .filter(|v| !v.is_empty())
                };
                if name.eq_ignore_ascii_case("meta") {
                    if let Some((key, value)) =
                        get("property").or_else(|| get("name")).zip(get("content"))
                    {
                        seen.meta(&key.to_ascii_lowercase(), value);
                    }
                } else if name.eq_ignore_ascii_case("link")
                    && get("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical"))
                {
                    put(&mut seen.canonical, get("href"));
                }
            }
            _ => {}
        }
    }
    seen.into_facts(base)
}

fn is_code(name: &str) -> bool {
    name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style")
}

/// The first word on something counts.
fn put(place: &mut Option<String>, value: Option<&str>) {
    if place.is_none() {
        *place = value.map(str::to_owned);
    }
}

#[derive(Default)]
struct Seen {
    og_image: Option<String>,
    twitter_image: Option<String>,
    alt: Option<String>,
    og_description: Option<String>,
    description: Option<String>,
    canonical: Option<String>,
    og_url: Option<String>,
}

impl Seen {
    fn meta(&mut self, key: &str, value: &str) {
        let place = match key {
            "og:image" | "og:image:url" | "og:image:secure_url" => &mut self.og_image,
            "twitter:image" | "twitter:image:src" => &mut self.twitter_image,
            "og:image:alt" | "twitter:image:alt" => &mut self.alt,
            "og:description" => &mut self.og_description,
            "description" | "twitter:description" => &mut self.description,
            "og:url" => &mut self.og_url,
            _ => return,
        };
        put(place, Some(value));
    }

    fn into_facts(self, base: &Url) -> PageFacts {
        let image = self.og_image.or(self.twitter_image);
        let image_url = image.and_then(|image| web_url(&image, Some(base)));
        let line = |text: Option<String>| {
            let line = text.map(|text| plain_line(&text));
            line.filter(|line| !line.is_empty())
        };
        let canonical = self.canonical.or(self.og_url);
        let canonical = canonical.and_then(|url| web_url(&url, Some(base)));
        PageFacts {
            image_alt: line(self.alt).filter(|_| image_url.is_some()),
            image_url,
            description: line(self.og_description.or(self.description))
                .map(|text| shorten_line(&text, MAX_DESCRIPTION)),
            canonical: canonical.filter(|url| names_an_article(url)),
        }
    }
}

fn names_an_article(url: &str) -> bool {
    check_url(url).is_ok_and(|url| url_key(&url).contains(['/', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> PageFacts {
        let base = Url::parse("https://www.news.example/a?utm_source=x").unwrap();
        facts(page.as_bytes(), &base)
    }

    #[test]
    fn reads_the_head() {
        let facts = read(
            r#"<html><head><script>'<meta property="og:image" content="/no.jpg">'</script>
            <META name="description" content="Plain.">
            <meta property="og:description" content="It &amp; <b>that</b>&#10;Bcc: x">
            <meta property="og:image" content="/pic.jpg"><meta property="og:image" content="/second.jpg">
            <meta property="og:image:alt" content="A crane">
            <link rel="canonical" href="https://news.example/a"></head>
            <body><meta property="og:url" content="https://evil.example/b">"#,
        );
        assert_eq!(
            facts,
            PageFacts {
                image_url: Some("https://www.news.example/pic.jpg".to_owned()),
                image_alt: Some("A crane".to_owned()),
                description: Some("It & that Bcc: x".to_owned()),
                canonical: Some("https://news.example/a".to_owned()),
            }
        );
    }

    #[test]
    fn takes_nothing_that_is_wrong() {
        let facts = read(
            "<meta property=og:image content='javascript:alert(1)'>\
             <meta property=og:image:alt content=x><link rel=canonical href='https://news.example/'>\
             <meta name=description content='<script>x</script> '>",
        );
        assert_eq!(facts, PageFacts::default());
        assert_eq!(read(""), PageFacts::default());
    }
}
