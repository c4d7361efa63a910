//! What the links of articles carry, and which steps on them are people's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::Serialize;
use thiserror::Error;
use url::Url;
use uuid::Uuid;

use super::ids::{ArticleId, IssueId};
use super::token::{BadLink, Keys, same};

/// How a publication's mails link to articles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LinkRules {
    /// Whether links lead through the service, which counts how often each is followed.
    pub count_clicks: bool,
    /// What stands as `utm_source` in the address of an article; empty for no such parameters.
    pub utm_source: UtmSource,
}

/// A word that site statistics know the mails by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct UtmSource(String);

/// Why a word was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a word of up to 60 letters, digits, points, hyphens and underscores")]
pub struct UtmError(String);

impl UtmSource {
    /// The word; empty for none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_set(&self) -> bool {
        !self.0.is_empty()
    }
}

impl std::str::FromStr for UtmSource {
    type Err = UtmError;

    fn from_str(given: &str) -> Result<Self, UtmError> {
        let given = given.trim();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if given.len() > 60 || !given.chars().all(is_plain) {
            return Err(UtmError(given.to_owned()));
        }
        Ok(Self(given.to_owned()))
    }
}

impl LinkRules {
    /// The address of an article with what site statistics look for. Parameters that stand there already
    /// stay as they are.
    pub fn tagged(&self, address: &str, campaign: &str) -> String {
        let parsed = Url::parse(address)
            .ok()
            .filter(|_| self.utm_source.is_set());
        let Some(mut url) = parsed else {
            return address.to_owned();
        };
        if url.query_pairs().any(|(name, _)| name.starts_with("utm_")) {
            return address.to_owned();
        }
        url.query_pairs_mut()
            .append_pair("utm_source", self.utm_source.as_str())
            .append_pair("utm_medium", "email")
            .append_pair("utm_campaign", campaign);
        url.into()
    }
}

/// The content of a link that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedLink {
    pub issue: IssueId,
    pub article: ArticleId,
}

/// Bytes of a signature: HMAC-SHA256 cut to 128 bits.
const MAC_LEN: usize = 16;

impl Keys {
    /// The token of a link that is counted: 48 bytes in base64url.
    pub fn counted_link(&self, link: &CountedLink) -> String {
        let mut bytes = link.issue.0.as_bytes().to_vec();
        bytes.extend_from_slice(link.article.0.as_bytes());
        if let Some(newest) = self.click_keys().next() {
            let mac = hmac::sign(newest, &bytes);
            bytes.extend_from_slice(&mac.as_ref()[..MAC_LEN]);
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads such a token, signed with any of the secrets.
    pub fn read_counted_link(&self, token: &str) -> Result<CountedLink, BadLink> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink)?;
        let (ids, mac) = bytes.split_at_checked(32).ok_or(BadLink)?;
        let is_signed = |key| same(&hmac::sign(key, ids).as_ref()[..MAC_LEN], mac);
        if !self.click_keys().any(is_signed) {
            return Err(BadLink);
        }
        let id = |bytes| Uuid::from_slice(bytes).map_err(|_| BadLink);
        Ok(CountedLink {
            issue: IssueId(id(&ids[..16])?),
            article: ArticleId(id(&ids[16..])?),
        })
    }
}

/// Links of one issue that somebody follows within a minute; whoever follows more is taken for a
/// program that looks at all of them.
pub const MOST_A_MINUTE: i64 = 3;

/// What programs call themselves that look at links before people do, or in their place: scanners of mail,
/// previews of messages, crawlers, libraries.
const PROGRAMS: [&str; 28] = [
    "bot",
    "crawl",
    "spider",
    "scan",
    "preview",
    "fetch",
    "monitor",
    "check",
    "headless",
    "phantom",
    "curl",
    "wget",
    "python",
    "java/",
    "okhttp",
    "go-http-client",
    "libwww",
    "axios",
    "node",
    "barracuda",
    "mimecast",
    "proofpoint",
    "safelinks",
    "bluecoat",
    "facebookexternalhit",
    "slack",
    "whatsapp",
    "skype",
];

/// Whether a user agent says, or fails to hide, that it is no browser of a person.
pub fn is_program(user_agent: &str) -> bool {
    let name = user_agent.to_ascii_lowercase();
    !name.starts_with("mozilla/") && !name.starts_with("opera/")
        || PROGRAMS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(source: &str) -> LinkRules {
        LinkRules {
            count_clicks: false,
            utm_source: source.parse().unwrap(),
        }
    }

    #[test]
    fn an_address_says_where_its_readers_come_from() {
        let tag = |address| rules("ledger").tagged(address, "daily-12");
        assert_eq!(
            tag("https://a.example/x?p=1#top"),
            "https://a.example/x?p=1&utm_source=ledger&utm_medium=email&utm_campaign=daily-12#top"
        );
        let own = "https://a.example/x?utm_campaign=spring";
        assert_eq!(tag(own), own);
        assert_eq!(
            rules("").tagged("https://a.example/x y", "d"),
            "https://a.example/x y"
        );
        assert!("a b".parse::<UtmSource>().is_err());
    }

    #[test]
    fn a_counted_link_is_ours_or_nothing() {
        let (old, new) = ([1; 32], [2; 32]);
        let link = CountedLink {
            issue: IssueId(Uuid::from_u128(1)),
            article: ArticleId(Uuid::from_u128(2)),
        };
        let token = Keys::derive(&old).counted_link(&link);
        assert_eq!(token.len(), 64);
        let turned = Keys::with_previous(&new, &[&old]);
        assert_eq!(turned.read_counted_link(&token), Ok(link));
        assert_eq!(Keys::derive(&new).read_counted_link(&token), Err(BadLink));
        for broken in ["", "AAAA", &token[1..], &token.replace('A', "B")] {
            assert_eq!(turned.read_counted_link(broken), Err(BadLink), "{broken}");
        }
    }

    #[test]
    fn programs_are_known_by_their_names() {
        let person = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1";
        assert!(!is_program(person));
        for name in [
            "",
            "curl/8.1",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) BarracudaCentral",
            "Slackbot-LinkExpanding 1.0",
        ] {
            assert!(is_program(name), "{name}");
        }
    }
}
