//! The recipe of a recurring mail.

use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::clock::Time;
use super::ids::{DigestId, PublicationId};
use super::language::Languages;
use super::slug::Slug;

named_states! {
    /// Which articles count as new.
    Window {
        LastIssue => "last-issue",
        Day => "24h",
        Week => "7d",
    }
}

/// The recipe: publication, selection rules, and when it goes out.
#[derive(Debug, Clone)]
pub struct Digest {
    pub id: DigestId,
    pub publication: PublicationId,
    pub slug: Slug,
    pub name: String,
    pub timezone: Tz,
    pub max_items: u32,
    pub min_items: u32,
    pub window: Window,
    /// Topics that the digest is limited to; empty means all.
    pub topics: Vec<Slug>,
    pub rules: Rules,
    pub paused_at: Option<Time>,
    /// `None`: it goes out only by hand.
    pub cron: Option<String>,
    pub next_run_at: Option<Time>,
    pub created_at: Time,
}

impl Digest {
    /// How far back an article may be dated and still count as news.
    pub fn oldest(&self, now: Time) -> Time {
        match self.window {
            Window::Day => now - chrono::Duration::hours(24),
            Window::LastIssue | Window::Week => now - chrono::Duration::days(7),
        }
    }
}

/// The rest of the recipe, which no query asks about: kept as one JSON text, so that a new rule
/// needs no new column and an older version reads past it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Articles that are shown with a summary; the others of the mail are headlines.
    pub full_items: u32,
    /// The sections that come first, in their order.
    pub sections: Vec<SectionRule>,
    pub languages: Languages,
    /// The template of the subject; the top headline where there is none.
    pub subject: Option<String>,
    /// Markdown before the articles.
    pub intro: String,
    /// Markdown behind the articles.
    pub outro: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            full_items: 8,
            sections: Vec::new(),
            languages: Languages::Auto,
            subject: None,
            intro: String::new(),
            outro: String::new(),
        }
    }
}

/// A section of the mail: a topic, and how many of its articles are shown with a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SectionRule {
    pub topic: Slug,
    /// `None`: as many as there is room for.
    pub most: Option<u32>,
}

/// A section was not written as TOPIC or TOPIC:NUMBER.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a section: write the topic, or the topic and a number, as in energy:3")]
pub struct SectionError(String);

impl FromStr for SectionRule {
    type Err = SectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || SectionError(text.to_owned());
        let (topic, most) = match text.split_once(':') {
            Some((topic, number)) => {
                let most = number.parse().ok().filter(|n| (1..=100).contains(n));
                (topic, Some(most.ok_or_else(wrong)?))
            }
            None => (text, None),
        };
        let topic = topic.parse().map_err(|_| wrong())?;
        Ok(Self { topic, most })
    }
}

impl fmt::Display for SectionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            Some(most) => write!(f, "{}:{most}", self.topic),
            None => write!(f, "{}", self.topic),
        }
    }
}

impl From<SectionRule> for String {
    fn from(rule: SectionRule) -> Self {
        rule.to_string()
    }
}

impl TryFrom<String> for SectionRule {
    type Error = SectionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_a_topic_and_perhaps_a_number() {
        for text in ["energy", "energy:3"] {
            assert_eq!(text.parse::<SectionRule>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "Energy",
            "energy:",
            "energy:0",
            "energy:101",
            "energy:x",
            ":3",
        ] {
            assert!(wrong.parse::<SectionRule>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn rules_of_other_versions_are_read() {
        let read: Rules = serde_json::from_str(r#"{"full_items":3,"of_tomorrow":true}"#).unwrap();
        assert_eq!(
            read,
            Rules {
                full_items: 3,
                ..Rules::default()
            }
        );
        let rules = Rules {
            sections: vec!["energy:3".parse().unwrap(), "markets".parse().unwrap()],
            languages: Languages::Same,
            subject: Some("{{ headline }}".to_owned()),
            ..Rules::default()
        };
        let text = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), rules);
    }
}
