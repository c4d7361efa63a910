//! A source of articles, and when to ask it again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::clock::Time;
use super::ids::{FeedId, PublicationId};
use super::rhythm::{FIRST_INTERVAL, Rhythm};
use super::slug::Slug;

named_states! {
    /// Whether a feed is asked on its own.
    FeedState {
        Active => "active",
        Paused => "paused",
        // Its server says that it is gone for good.
        Gone => "gone",
    }
}

/// An RSS, Atom or JSON Feed source of a publication.
#[derive(Debug, Clone)]
pub struct Feed {
    pub id: FeedId,
    pub publication: PublicationId,
    pub url: String,
    pub title: Option<String>,
    pub state: FeedState,
    pub every: Duration,
    /// Whether `every` follows the feed's rhythm.
    pub adaptive: bool,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub next_fetch_at: Time,
    pub last_fetched_at: Option<Time>,
    pub last_error: Option<String>,
    pub failures: u32,
    pub health: Health,
    /// Where permanent redirects lead, and how many fetches in a row have found that.
    pub moved: Option<(String, u32)>,
    /// Whether articles' pages are read for what the feed leaves out.
    pub article_pages: bool,
    /// Topics that every article of the feed belongs to.
    pub topics: Vec<Slug>,
    /// Category in the feed (lower case) to topic.
    pub mapping: BTreeMap<String, Slug>,
    /// What it uses, those of most items first.
    pub categories: Vec<FeedCategory>,
}

/// A category that a feed uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedCategory {
    /// As the feed writes it.
    pub name: String,
    /// Items that had it when the feed was last read as a whole.
    pub items: u32,
}

/// The most categories that are kept of a feed.
const MOST_CATEGORIES: usize = 60;
/// What is longer is no name of a topic.
const LONGEST_CATEGORY: usize = 60;

/// What the items of a feed have as categories, those of most items first.
pub fn count_categories<'a>(items: impl IntoIterator<Item = &'a [String]>) -> Vec<FeedCategory> {
    let mut found: BTreeMap<String, FeedCategory> = BTreeMap::new();
    for item in items {
        // An item that names one twice has it once.
        let mut once = BTreeMap::new();
        for name in item.iter().map(|name| name.trim()) {
            if !name.is_empty() && name.chars().count() <= LONGEST_CATEGORY {
                once.entry(name.to_lowercase()).or_insert(name);
            }
        }
        for (key, name) in once {
            let category = found.entry(key).or_insert_with(|| FeedCategory {
                name: name.to_owned(),
                items: 0,
            });
            category.items = category.items.saturating_add(1);
        }
    }
    let mut all: Vec<FeedCategory> = found.into_values().collect();
    all.sort_by_key(|category| std::cmp::Reverse(category.items));
    all.truncate(MOST_CATEGORIES);
    all
}

/// How often a feed is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    Fixed(Duration),
    /// Following the feed's own rhythm.
    Adaptive,
}

/// How a feed has been doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    pub rhythm: Option<Rhythm>,
    pub last_ok_at: Option<Time>,
    /// The date of the newest item.
    pub last_new_at: Option<Time>,
    /// New items at the last fetch.
    pub last_added: u32,
    /// Items beyond the most that are read, at the last reading.
    pub left_out: u32,
}

/// Fetches in a row that must find a feed moved before its address is changed.
pub const MOVED_FOR_GOOD: u32 = 3;

/// The shortest interval between two requests to a feed.
pub const MIN_INTERVAL: Duration = Duration::from_secs(60);
/// The longest pause that failures lead to.
const MAX_BACKOFF: Duration = Duration::from_secs(24 * 60 * 60);

/// Why an interval was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IntervalError {
    #[error("{0:?} is not an interval; write a number with s, m, h or d, as in 15m")]
    Form(String),
    #[error("{0} is too often; a feed is asked at most once a minute")]
    TooOften(String),
}

/// Reads `90s`, `15m`, `24h` or `7d`.
pub fn parse_span(text: &str) -> Result<Duration, IntervalError> {
    let form = || IntervalError::Form(text.to_owned());
    let text_trimmed = text.trim();
    // The last byte may be in the middle of a character.
    let before_unit = text_trimmed.len().saturating_sub(1);
    let (number, unit) = text_trimmed
        .split_at_checked(before_unit)
        .ok_or_else(form)?;
    let number: u64 = number.parse().map_err(|_| form())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(form()),
    };
    number
        .checked_mul(seconds)
        .filter(|s| *s <= 366 * 86_400)
        .map(Duration::from_secs)
        .ok_or_else(form)
}

/// The host that an address is asked of, by which politeness counts.
pub fn host_of(url: &str) -> String {
    let host = url::Url::parse(url).ok();
    let host = host
        .as_ref()
        .and_then(url::Url::host_str)
        .map(str::to_owned);
    host.unwrap_or_default()
}

/// Reads the interval of a feed.
pub fn parse_interval(text: &str) -> Result<Duration, IntervalError> {
    let span = parse_span(text)?;
    if span < MIN_INTERVAL {
        Err(IntervalError::TooOften(text.to_owned()))
    } else {
        Ok(span)
    }
}

impl Feed {
    /// For how long the feed has had nothing new, where that is longer than usual for it.
    pub fn quiet_for(&self, now: Time) -> Option<Duration> {
        let silent = (now - self.health.last_new_at?).to_std().ok()?;
        (silent > self.health.rhythm?.quiet_after).then_some(silent)
    }

    /// How often the feed is to be asked from now on.
    pub fn interval(&self, health: &Health, now: Time) -> Duration {
        if !self.adaptive {
            return self.every;
        }
        let silent = health.last_new_at.and_then(|at| (now - at).to_std().ok());
        health.rhythm.map_or(FIRST_INTERVAL, |rhythm| {
            rhythm.interval(silent.unwrap_or_default())
        })
    }

    /// What is known of the move after a fetch that was led for good to `moved_to`.
    pub fn moved_after(&self, moved_to: Option<&str>) -> Option<(String, u32)> {
        let target = moved_to.filter(|target| *target != self.url)?;
        let before = self.moved.as_ref().filter(|(known, _)| known == target);
        let seen = before.map_or(0, |(_, seen)| *seen).saturating_add(1);
        Some((target.to_owned(), seen))
    }

    /// The topics of an article with these categories, in the order of the feed's settings.
    pub fn topics_for(&self, categories: &[String]) -> Vec<Slug> {
        let mapped = categories
            .iter()
            .filter_map(|c| self.mapping.get(&c.trim().to_lowercase()));
        let mut topics: Vec<Slug> = Vec::new();
        for topic in self.topics.iter().chain(mapped) {
            if !topics.contains(topic) {
                topics.push(topic.clone());
            }
        }
        topics
    }
}

/// When to ask again after `failures` failures in a row: the interval doubled each time, at most
/// a day, never sooner than the server asked for.
pub fn next_fetch(
    now: Time,
    every: Duration,
    failures: u32,
    retry_after: Option<Duration>,
    jitter: f64,
) -> Time {
    let backed_off = every
        .saturating_mul(1 << failures.min(10))
        .min(MAX_BACKOFF.max(every));
    let wait = backed_off.max(retry_after.unwrap_or_default().min(MAX_BACKOFF));
    let spread = wait.mul_f64(1.0 + 0.1 * jitter.clamp(0.0, 1.0));
    now + chrono::Duration::from_std(spread).unwrap_or(chrono::Duration::days(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_counted_by_items() {
        let items: Vec<Vec<String>> = [
            vec!["Energy", " energy ", ""],
            vec!["Arts", "ENERGY"],
            vec!["Arts"],
            vec!["arts", "Sport"],
        ]
        .into_iter()
        .map(|names| names.into_iter().map(str::to_owned).collect())
        .collect();
        let counted = count_categories(items.iter().map(Vec::as_slice));
        let told: Vec<(&str, u32)> = counted.iter().map(|c| (c.name.as_str(), c.items)).collect();
        assert_eq!(told, [("Arts", 3), ("Energy", 2), ("Sport", 1)]);
    }

    #[test]
    fn reads_intervals() {
        assert_eq!(parse_interval("15m"), Ok(Duration::from_secs(900)));
        assert!(matches!(
            parse_interval("5s"),
            Err(IntervalError::TooOften(_))
        ));
        for wrong in [
            "",
            "m",
            "15",
            "15 minutes",
            "-1m",
            "15µ",
            "99999999999999999999h",
        ] {
            assert!(
                matches!(parse_interval(wrong), Err(IntervalError::Form(_))),
                "{wrong}"
            );
        }
    }

    #[test]
    fn backs_off_and_heeds_retry_after() {
        let now: Time = "2026-01-01T00:00:00Z".parse().unwrap();
        let every = Duration::from_secs(900);
        let wait =
            |failures, retry| (next_fetch(now, every, failures, retry, 0.0) - now).num_minutes();
        assert_eq!(wait(0, None), 15);
        assert_eq!(wait(3, None), 120);
        assert_eq!(wait(20, None), 24 * 60);
        assert_eq!(wait(0, Some(Duration::from_secs(7200))), 120);
    }
}
