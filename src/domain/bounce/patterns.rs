//! The patterns of `phrases.txt`: which words, one behind another, tell which reason.
//!
//! A pattern is a line of slots. A slot is a word, or several divided by `|`; with `?` behind it may be
//! missing; `~` in front of a line stands for writing without blanks, looked for as it is. `..3` stands for up to three words of any kind, but none that turns the sense.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Reason;

/// In front of a pattern or in its gap they say that it is not the reader's address that is meant.
const TURNING: &[&str] = &[
    "sender",
    "sender's",
    "sending",
    "from",
    "helo",
    "ehlo",
    "client",
    "host",
    "hostname",
    "domain",
    "ip",
    "reverse",
    "relay",
    "mx",
    "server",
    "command",
    "certificate",
    "your",
    "dns",
    "originator",
    "file",
];

static BOOK: LazyLock<Book> = LazyLock::new(|| Book::read(include_str!("phrases.txt")));

/// How much a pattern decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Whatever the status code says.
    Decisive,
    /// Where the status code says nothing of its own.
    Likely,
}

/// The reason that the words tell: of all patterns that match, the one that stands first in the file.
pub(super) fn reason(words: &[String], weight: Weight) -> Option<Reason> {
    BOOK.search(words, weight)
}

/// The reason that a text in a writing without blanks tells.
pub(super) fn unspaced_reason(text: &str) -> Option<Reason> {
    if text.is_ascii() {
        return None;
    }
    let found = BOOK.unspaced.iter().find(|(_, part)| text.contains(part));
    found.map(|(reason, _)| *reason)
}

/// Whether a decisive pattern of this reason is among the words.
pub(super) fn names(words: &[String], reason: Reason) -> bool {
    let is_of = |pattern: &Pattern| pattern.reason == reason && pattern.weight == Weight::Decisive;
    BOOK.first_match(words, is_of).is_some()
}

#[derive(Debug)]
struct Book {
    patterns: Vec<Pattern>,
    unspaced: Vec<(Reason, &'static str)>,
    /// The patterns that may begin with a word.
    first: HashMap<&'static str, Vec<usize>>,
}

#[derive(Debug)]
struct Pattern {
    weight: Weight,
    reason: Reason,
    slots: Vec<Slot>,
}

#[derive(Debug)]
enum Slot {
    Word {
        any: Vec<&'static str>,
        is_optional: bool,
    },
    Gap(usize),
}

impl Book {
    fn read(text: &'static str) -> Self {
        let (mut weight, mut reason) = (Weight::Decisive, Reason::Undetermined);
        let (mut patterns, mut unspaced) = (Vec::new(), Vec::new());
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(part) = line.strip_prefix('~') {
                unspaced.push((reason, part));
                continue;
            }
            match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                Some("decisive") => weight = Weight::Decisive,
                Some("likely") => weight = Weight::Likely,
                Some(word) => reason = word.parse().unwrap_or(Reason::Undetermined),
                None => patterns.push(Pattern {
                    weight,
                    reason,
                    slots: line.split(' ').map(Slot::read).collect(),
                }),
            }
        }
        let mut first: HashMap<&'static str, Vec<usize>> = HashMap::new();
        for (number, pattern) in patterns.iter().enumerate() {
            if let Some(Slot::Word { any, .. }) = pattern.slots.first() {
                for word in any {
                    first.entry(word).or_default().push(number);
                }
            }
        }
        Self {
            patterns,
            unspaced,
            first,
        }
    }

    fn search(&self, words: &[String], weight: Weight) -> Option<Reason> {
        let number = self.first_match(words, |pattern| pattern.weight == weight)?;
        Some(self.patterns[number].reason)
    }

    /// The first of the patterns in question that stands somewhere among the words.
    fn first_match(&self, words: &[String], is_asked: impl Fn(&Pattern) -> bool) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (at, word) in words.iter().enumerate() {
            let numbers = self.first.get(word.as_str()).into_iter().flatten();
            for &number in numbers {
                if best.is_some_and(|best| best <= number) {
                    break;
                }
                let pattern = &self.patterns[number];
                if is_asked(pattern) && pattern.stands_at(words, at) {
                    best = Some(number);
                }
            }
        }
        best
    }
}

impl Pattern {
    fn stands_at(&self, words: &[String], at: usize) -> bool {
        let is_guarded = self.slots.iter().any(|slot| matches!(slot, Slot::Gap(_)));
        let before = at.checked_sub(1).map(|i| words[i].as_str());
        if is_guarded && before.is_some_and(|word| TURNING.contains(&word)) {
            return false;
        }
        fits(&self.slots, &words[at..])
    }
}

impl Slot {
    fn read(text: &'static str) -> Self {
        if let Some(Ok(most)) = text.strip_prefix("..").map(str::parse) {
            return Self::Gap(most);
        }
        let (text, is_optional) = match text.strip_suffix('?') {
            Some(text) => (text, true),
            None => (text, false),
        };
        Self::Word {
            any: text.split('|').collect(),
            is_optional,
        }
    }
}

fn fits(slots: &[Slot], words: &[String]) -> bool {
    let Some((slot, rest)) = slots.split_first() else {
        return true;
    };
    match slot {
        Slot::Word { any, is_optional } => {
            let is_here = words.first().is_some_and(|w| any.contains(&w.as_str()));
            (is_here && fits(rest, &words[1..])) || (*is_optional && fits(rest, words))
        }
        Slot::Gap(most) => {
            for skipped in 0..=*most {
                if fits(rest, words.get(skipped..).unwrap_or_default()) {
                    return true;
                }
                let next = words.get(skipped);
                if next.is_none_or(|word| TURNING.contains(&word.as_str())) {
                    return false;
                }
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    #[test]
    fn every_pattern_can_be_read_and_begins_with_words() {
        for pattern in &BOOK.patterns {
            assert_ne!(pattern.reason, Reason::Undetermined, "{pattern:?}");
            let Some(Slot::Word {
                any,
                is_optional: false,
            }) = pattern.slots.first()
            else {
                panic!("{pattern:?}");
            };
            for word in any {
                let spelt = words(word);
                assert!(
                    *word == "@" || spelt == [*word],
                    "{word} is spelt {spelt:?}"
                );
            }
        }
    }

    #[test]
    fn slots_may_be_missing_and_gaps_have_a_limit() {
        let book = Book::read("[decisive]\n[mailbox-unknown]\nuser is? ..2 unknown|gone");
        let found = |text: &str| book.search(&words(text), Weight::Decisive).is_some();
        assert!(found("user unknown"));
        assert!(found("the user is quite gone"));
        assert!(found("a user. The user is now quite unknown"));
        assert!(!found("user one two three unknown"));
        assert!(!found("sender user unknown"));
        assert!(!found("user of sender unknown"));
        assert!(!found("user"));
    }

    #[test]
    fn the_earlier_pattern_wins_wherever_it_stands() {
        let said = words("user unknown, or rather the mailbox is full");
        assert_eq!(reason(&said, Weight::Decisive), Some(Reason::MailboxFull));
    }
}
