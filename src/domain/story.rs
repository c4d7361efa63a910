//! When two articles tell the same story: an edit, a repost, or another feed's copy.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::clock::Time;
use super::ids::FeedId;

/// How long a story that comes again under another address is known by its title.
pub const REPOST_WINDOW: TimeDelta = TimeDelta::days(14);
/// Two texts under one title from one feed, this far apart, may be instalments of a series.
const INSTALMENT: TimeDelta = TimeDelta::hours(12);

/// Words in front of a title that say that the story has moved on.
const MARKERS: [&str; 10] = [
    "breaking news",
    "breaking",
    "updated",
    "update",
    "corrected",
    "correction",
    "exclusive",
    "live",
    "aktualisiert",
    "eilmeldung",
];

/// The form by which two titles are compared: small letters, words only, without "Update:" in front
/// and the name of the site behind a bar.
pub fn title_key(title: &str) -> String {
    let lower = title.to_lowercase();
    let rest = without_marker(lower.trim());
    let front = rest.rsplit_once(" | ").map(|(front, _)| words_of(front));
    match front {
        Some(front) if is_telling(&front) => front,
        _ => words_of(rest),
    }
}

/// The words of a text with single blanks between them.
pub(super) fn words_of(text: &str) -> String {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn without_marker(title: &str) -> &str {
    let opened = title.trim_start_matches(['[', '(']);
    for marker in MARKERS {
        let Some(after) = opened.strip_prefix(marker) else {
            continue;
        };
        let mark = after.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
        if let Some(rest) = mark.strip_prefix([':', ']', ')', '|']) {
            return rest.trim_start();
        }
        // "Update 2-Oil rises" and "Update - Oil rises", but not "update-free".
        if mark.len() < after.len()
            && let Some(rest) = mark.strip_prefix(['-', '–', '—'])
        {
            return rest.trim_start();
        }
    }
    title
}

/// Whether a title says enough that no other story has it by chance; "Weather" does not.
pub fn is_telling(key: &str) -> bool {
    let letters = key.chars().filter(|c| c.is_alphanumeric()).count();
    // Scripts without blanks between words say much in few characters.
    let dense = key.chars().filter(|c| *c >= '\u{2e80}').count();
    dense >= 8 || (letters >= 15 && key.split(' ').count() >= 3)
}

/// What is known of an article besides its title.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    pub feed: Option<FeedId>,
    pub dated: Time,
    pub text: &'a str,
}

/// Whether an article under a title that is known is the same story, rather than the next
/// instalment of a series such as "The week in pictures".
pub fn is_same(known: Sighting<'_>, new: Sighting<'_>) -> bool {
    let apart = (new.dated - known.dated).abs();
    if apart > REPOST_WINDOW {
        return false;
    }
    let series = known.feed.is_some()
        && known.feed == new.feed
        && apart >= INSTALMENT
        && likeness(known.text, new.text).is_some_and(|share| share < 0.5);
    !series
}

/// The share of words that two texts have in common; nothing where one is empty.
pub fn likeness(a: &str, b: &str) -> Option<f64> {
    let set = |text: &str| -> BTreeSet<String> {
        words_of(&text.to_lowercase())
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (set(a), set(b));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    Some(count(a.intersection(&b).count()) / count(a.union(&b).count()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn titles_are_compared_by_their_words() {
        let same = [
            "Oil prices rise as supply tightens",
            "  OIL PRICES rise, as supply tightens!",
            "UPDATE 2-Oil prices rise as supply tightens",
            "[Updated] Oil prices rise as supply tightens",
            "Breaking: “Oil prices rise as supply tightens”",
            "Oil prices rise as supply tightens | The Ledger",
        ];
        for title in same {
            assert_eq!(title_key(title), "oil prices rise as supply tightens");
        }
        assert_eq!(title_key("Update-free week"), "update free week");
        assert_eq!(title_key("Live music returns"), "live music returns");
        assert_eq!(title_key("News | Sport"), "news sport");
    }

    #[test]
    fn short_titles_tell_nothing() {
        for title in ["", "Weather", "Photo of day", "Daily briefing", "Q & A"] {
            assert!(!is_telling(&title_key(title)), "{title}");
        }
        assert!(is_telling(&title_key("Port strike ends tonight")));
        assert!(is_telling(&title_key("東京都知事選挙の結果が発表")));
    }

    #[test]
    fn a_series_is_not_a_repost() {
        let (one, two) = (FeedId(Uuid::from_u128(1)), FeedId(Uuid::from_u128(2)));
        let at = |day: u32| {
            format!("2026-03-{day:02}T08:00:00Z")
                .parse::<Time>()
                .unwrap()
        };
        let seen = |feed, day, text| Sighting {
            feed: Some(feed),
            dated: at(day),
            text,
        };
        let first = seen(one, 1, "Boats in the harbour and a fox on the pier.");
        let again = seen(one, 2, "Boats in the harbour, and a fox on the pier!");
        let next = seen(one, 8, "Snow on roofs, children with sledges.");
        assert!(is_same(first, again));
        assert!(!is_same(first, next));
        // Other papers use other words for the same story.
        assert!(is_same(
            first,
            Sighting {
                feed: Some(two),
                ..next
            }
        ));
        assert!(is_same(first, seen(one, 2, "")));
        assert!(!is_same(first, seen(one, 20, first.text)));
    }
}
