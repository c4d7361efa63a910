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
    /// Words of the whole text, where it was given.
    pub words: Option<u32>,
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
    /// Since when an editor wants it first.
    pub pinned_at: Option<Time>,
    /// Since when an editor wants it nowhere.
    pub hidden_at: Option<Time>,
    /// The end of its embargo.
    pub not_before: Option<Time>,
    /// From when on it is no news any more.
    pub expires_at: Option<Time>,
}

/// Why an article is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    Hidden,
    Embargoed,
    Expired,
}

impl Withheld {
    /// The word for people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Embargoed => "embargoed",
            Self::Expired => "expired",
        }
    }
}

named_states! {
    /// Which articles to list, by whether readers see them.
    Visibility {
        Shown => "shown",
        Withheld => "withheld",
        Hidden => "hidden",
        Embargoed => "embargoed",
        Expired => "expired",
    }
}

impl Article {
    /// The time to show and to sort by; under an embargo that of its end.
    pub fn dated(&self) -> Time {
        let dated = self
            .content
            .published_at
            .map_or(self.first_seen_at, |t| t.min(self.first_seen_at));
        self.not_before.map_or(dated, |end| end.max(dated))
    }

    /// Why readers do not see it at a time, if they do not.
    pub fn withheld(&self, now: Time) -> Option<Withheld> {
        if self.hidden_at.is_some() {
            Some(Withheld::Hidden)
        } else if self.not_before.is_some_and(|end| end > now) {
            Some(Withheld::Embargoed)
        } else if self.expires_at.is_some_and(|end| end <= now) {
            Some(Withheld::Expired)
        } else {
            None
        }
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

    /// Whole minutes that the words take at 220 a minute, at least one; those of the summary where
    /// the whole text is not known.
    pub fn reading_minutes(&self) -> usize {
        let given = self.content.words.and_then(|n| usize::try_from(n).ok());
        let words = given.unwrap_or_default();
        let of_summary = self.content.summary_text.split_whitespace().count();
        words.max(of_summary).div_ceil(220).max(1)
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

/// Why the times of an article were refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expires_at must be after not_before, or the article is never shown")]
pub struct TimesError;

/// Checks that an article is shown at some time.
pub fn check_times(not_before: Option<Time>, expires_at: Option<Time>) -> Result<(), TimesError> {
    match (not_before, expires_at) {
        (Some(from), Some(to)) if to <= from => Err(TimesError),
        _ => Ok(()),
    }
}

/// A language tag (RFC 5646), trimmed; `None` for what cannot be one.
pub fn language_tag(text: &str) -> Option<String> {
    let text = text.trim();
    let sound = (2..=35).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    sound.then(|| text.to_owned())
}

/// Query parameters that tell where a click came from, not what the page is.
const TRACKING: [&str; 37] = [
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "_openstat",
    "cmpid",
    "dclid",
    "fbclid",
    "ftag",
    "gaa_at",
    "gbraid",
    "gclid",
    "gclsrc",
    "guccounter",
    "igsh",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mibextid",
    "mkt_tok",
    "msclkid",
    "ncid",
    "oly_anon_id",
    "oly_enc_id",
    "rb_clickid",
    "ref_src",
    "ref_url",
    "s_cid",
    "smid",
    "sr_share",
    "srsltid",
    "twclid",
    "ttclid",
    "vero_id",
    "wbraid",
    "wickedid",
    "yclid",
];

/// Beginnings of such parameters.
const TRACKING_FAMILIES: [&str; 6] = ["utm_", "at_", "hsa_", "itm_", "mtm_", "pk_"];

fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TRACKING.contains(&name.as_str())
        || TRACKING_FAMILIES
            .iter()
            .any(|start| name.starts_with(start))
}

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

/// The same address without what only tells where a click came from.
#[must_use]
pub fn without_tracking(mut url: Url) -> Url {
    // What is not encoded as usual is left as it is.
    if !url.query_pairs().any(|(name, _)| is_tracking(&name)) {
        return url;
    }
    let kept: Vec<String> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !is_tracking(name)
        })
        .map(str::to_owned)
        .collect();
    url.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref());
    url
}

/// The form by which two addresses of the same page are known as one: without scheme, `www.`,
/// fragment, tracking parameters and a closing slash.
pub fn url_key(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_end_matches('.');
    let mut key = host.strip_prefix("www.").unwrap_or(host).to_owned();
    if let Some(port) = url.port() {
        key.push(':');
        key.push_str(&port.to_string());
    }
    key.push_str(url.path().trim_end_matches('/'));
    let kept: Vec<String> = url
        .query_pairs()
        .filter(|(name, _)| !is_tracking(name))
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
        assert_eq!(
            key("https://example.org/a?id=3&UTM_Medium=rss&page=2&at_medium=RSS"),
            key("https://example.org/a?id=3&page=2")
        );
        assert_ne!(
            key("https://example.org/a?id=3"),
            key("https://example.org/a?id=4")
        );
    }

    #[test]
    fn tracking_goes_and_the_rest_stays_as_it_is() {
        let clean = |text: &str| without_tracking(check_url(text).unwrap()).to_string();
        assert_eq!(
            clean("https://example.org/a?utm_source=rss&id=3%204&fbclid=x#part"),
            "https://example.org/a?id=3%204#part"
        );
        assert_eq!(
            clean("https://example.org/a?utm_source=rss"),
            "https://example.org/a"
        );
        assert_eq!(clean("https://example.org/a?b"), "https://example.org/a?b");
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
