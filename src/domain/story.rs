//! When two articles tell the same story: an edit, a repost, or another feed's copy.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::clock::Time;
use super::ids::FeedId;

/// How long a story that comes again under another address is known by its title.
pub const REPOST_WINDOW: TimeDelta = TimeDelta::days(14);
/// How long another feed's copy is known by its title where its text is in other words.
const COPY_WINDOW: TimeDelta = TimeDelta::days(3);
/// Texts under one title, this far apart, may be instalments of a series.
const INSTALMENT: TimeDelta = TimeDelta::hours(12);
/// Texts that have this share of their words in common are one text.
const ALIKE: f64 = 0.5;
/// Texts with less in common than this are about different things: the small words of a language
/// alone make up a tenth or so.
const RELATED: f64 = 0.2;

/// Different words without which a text says nothing of its own, as "Read more" or "Photo".
const FEW_WORDS: usize = 4;

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
/// instalment of a series such as "The week in pictures" or another feed's column of that name.
///
/// A story taken for another is lost, one that is not recognised comes twice: in doubt it is new.
/// A title `recurs` where several articles have it already.
pub fn is_same(known: Sighting<'_>, new: Sighting<'_>, recurs: bool) -> bool {
    let apart = (new.dated - known.dated).abs();
    let share = likeness(known.text, new.text);
    let at_least = |bound: f64| share.is_some_and(|share| share >= bound);
    if apart > REPOST_WINDOW {
        return false;
    }
    if at_least(ALIKE) {
        return true;
    }
    let is_soon = apart < INSTALMENT;
    match (recurs, known.feed.is_some() && known.feed == new.feed) {
        (true, _) => false,
        (false, true) => is_soon && (share.is_none() || at_least(RELATED)),
        // Other papers use other words for the same story.
        (false, false) => is_soon || (apart <= COPY_WINDOW && at_least(RELATED)),
    }
}

/// Whether an article reads as one that is known under its title: its text has the same words, and
/// more than a few. For titles that other stories may have by chance; a reader would take it for
/// a repeat.
pub fn reads_the_same(known: Sighting<'_>, new: Sighting<'_>) -> bool {
    let (words, others) = (word_set(known.text), word_set(new.text));
    let apart = (new.dated - known.dated).abs();
    words == others && words.len() >= FEW_WORDS && apart <= REPOST_WINDOW
}

/// The share of words that two texts have in common; nothing where one is empty.
pub fn likeness(a: &str, b: &str) -> Option<f64> {
    let (a, b) = (word_set(a), word_set(b));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    Some(count(a.intersection(&b).count()) / count(a.union(&b).count()))
}

fn word_set(text: &str) -> BTreeSet<String> {
    words_of(&text.to_lowercase())
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
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

    const BOATS: &str = "Boats in the harbour and a fox on the pier.";
    const SNOW: &str = "Snow on roofs, children with sledges.";

    /// An article of a feed, so many hours into a month.
    fn seen(feed: u128, hours: i64, text: &str) -> Sighting<'_> {
        let start: Time = "2026-03-01T08:00:00Z".parse().unwrap();
        Sighting {
            feed: Some(FeedId(Uuid::from_u128(feed))),
            dated: start + TimeDelta::hours(hours),
            text,
        }
    }

    #[test]
    fn a_series_is_not_a_repost() {
        let first = seen(1, 0, BOATS);
        let again = "Boats in the harbour, and a fox at the pier!";
        assert!(is_same(first, seen(1, 24 * 13, again), false));
        assert!(!is_same(first, seen(1, 24 * 15, BOATS), false));
        assert!(!is_same(first, seen(1, 24, SNOW), false));
        // A headline without a text says nothing about the next day.
        assert!(is_same(seen(1, 0, ""), seen(1, 2, ""), false));
        assert!(!is_same(seen(1, 0, ""), seen(1, 24, ""), false));
        // Every hour another text, such as the traffic.
        assert!(!is_same(first, seen(1, 1, SNOW), false));
        let edited = "Boats in the harbour and snow on roofs.";
        assert!(is_same(first, seen(1, 1, edited), false));
    }

    #[test]
    fn the_same_text_under_a_short_title_is_a_repeat() {
        let first = seen(1, 0, BOATS);
        let quoted = "Boats, in the harbour \u{2014} and a fox on the pier!";
        assert!(reads_the_same(first, seen(1, 24 * 13, quoted)));
        assert!(!reads_the_same(first, seen(1, 24 * 15, BOATS)));
        let edited = "Boats in the harbour and a seal on the pier.";
        assert!(!reads_the_same(first, seen(1, 1, edited)));
        for text in ["", "Read on", "The picture of"] {
            assert!(!reads_the_same(seen(1, 0, text), seen(1, 1, text)));
        }
    }

    #[test]
    fn another_feed_has_a_copy_within_days() {
        let first = seen(1, 0, BOATS);
        assert!(is_same(first, seen(2, 11, SNOW), false));
        assert!(!is_same(first, seen(2, 13, SNOW), false));
        let related = "A fox was seen among boats in the harbour by a passer-by.";
        assert!(is_same(first, seen(2, 24 * 2, related), false));
        assert!(!is_same(first, seen(2, 24 * 4, related), false));
        assert!(is_same(first, seen(2, 24 * 4, BOATS), false));
    }

    #[test]
    fn a_title_that_recurs_tells_nothing() {
        let first = seen(1, 0, BOATS);
        assert!(!is_same(first, seen(2, 1, SNOW), true));
        assert!(!is_same(first, seen(2, 1, ""), true));
        assert!(is_same(first, seen(2, 24, BOATS), true));
    }
}
