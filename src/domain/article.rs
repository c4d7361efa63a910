//! One item of news.

use thiserror::Error;
use url::Url;

use super::clock::Time;
use super::ids::{ArticleId, FeedId, PublicationId};
use super::slug::Slug;

/// What an article says, whichever door it came in by; HTML is already sanitised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArticleContent {
    pub title: String,
    pub url: String,
    pub summary_html: String,
    pub summary_text: String,
    pub authors: Vec<String>,
    pub image_url: Option<String>,
    pub image_alt: Option<String>,
    pub language: Option<String>,
    pub published_at: Option<Time>,
    pub updated_at: Option<Time>,
}

/// An article of a publication.
#[derive(Debug, Clone)]
pub struct Article {
    pub id: ArticleId,
    pub publication: PublicationId,
    pub feed: Option<FeedId>,
    /// What the feed calls itself.
    pub feed_title: Option<String>,
    pub content: ArticleContent,
    /// When we first saw it, which decides what is new.
    pub first_seen_at: Time,
    pub topics: Vec<Slug>,
}

impl Article {
    /// The time to show and to sort by.
    pub fn dated(&self) -> Time {
        self.content
            .published_at
            .map_or(self.first_seen_at, |t| t.min(self.first_seen_at))
    }

    /// Where the article is from: what its feed calls itself, else the host of its page.
    pub fn source(&self) -> String {
        if let Some(title) = self
            .feed_title
            .as_deref()
            .filter(|title| title.chars().count() <= 60)
        {
            return title.to_owned();
        }
        let url = Url::parse(&self.content.url).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        host.trim_start_matches("www.").to_owned()
    }

    /// Whole minutes that the summary's words take at 220 a minute, at least one.
    pub fn reading_minutes(&self) -> usize {
        self.content
            .summary_text
            .split_whitespace()
            .count()
            .div_ceil(220)
            .max(1)
    }
}

/// Why an article's address was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArticleUrlError {
    #[error("{0:?} is not a web address (https://...)")]
    NotWeb(String),
    #[error("the address has {0} characters; at most 2,000 are allowed")]
    TooLong(usize),
}

/// Query parameters that tell where a click came from, not what the page is.
const TRACKING: [&str; 8] = [
    "fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "ref_src",
];

/// Checks the address of an article's page.
pub fn check_url(text: &str) -> Result<Url, ArticleUrlError> {
    if text.len() > 2000 {
        return Err(ArticleUrlError::TooLong(text.len()));
    }
    let url = Url::parse(text.trim()).map_err(|_| ArticleUrlError::NotWeb(text.to_owned()))?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let plain = url.username().is_empty() && url.password().is_none();
    if web && plain {
        Ok(url)
    } else {
        Err(ArticleUrlError::NotWeb(text.to_owned()))
    }
}

/// The form by which two addresses of the same page are known as one: without scheme, `www.`,
/// fragment, tracking parameters and a closing slash.
pub fn url_key(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let mut key = host.strip_prefix("www.").unwrap_or(host).to_owned();
    if let Some(port) = url.port() {
        key.push(':');
        key.push_str(&port.to_string());
    }
    key.push_str(url.path().trim_end_matches('/'));
    let kept: Vec<String> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("utm_") && !TRACKING.contains(&name.as_ref()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !kept.is_empty() {
        key.push('?');
        key.push_str(&kept.join("&"));
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_page_has_one_key() {
        let key = |text: &str| url_key(&check_url(text).unwrap());
        assert_eq!(
            key("https://www.Example.org/a/?utm_source=x#top"),
            "example.org/a"
        );
        assert_eq!(key("http://example.org/a"), "example.org/a");
        assert_eq!(
            key("https://example.org/a?id=3&fbclid=9"),
            "example.org/a?id=3"
        );
        assert_ne!(
            key("https://example.org/a?id=3"),
            key("https://example.org/a?id=4")
        );
    }

    #[test]
    fn only_web_addresses() {
        for wrong in [
            "javascript:alert(1)",
            "ftp://x/y",
            "/relative",
            "https://a:b@example.org/",
        ] {
            assert!(check_url(wrong).is_err(), "{wrong}");
        }
    }
}
