//! Replies that say the same, whomever they name.

use std::collections::HashMap;

/// Words longer than this that hold a digit are names of queues and mails, not what is said.
const LONGEST_WORD: usize = 12;

/// A reply without what differs from reader to reader: addresses, and the names of mails and queues.
pub fn gist(reply: &str) -> String {
    let told = reply.split_whitespace().map(|word| {
        let is_address = word.contains('@');
        let has_digit = word.chars().any(|c| c.is_ascii_digit());
        let is_name = has_digit && word.len() > LONGEST_WORD;
        if is_address || is_name { "…" } else { word }
    });
    told.collect::<Vec<_>>().join(" ")
}

/// Adds up what has the same name; the most frequent first, then by name.
pub fn tally(named: impl Iterator<Item = (String, i64)>) -> Vec<(String, i64)> {
    let mut sums: HashMap<String, i64> = HashMap::new();
    for (name, count) in named {
        *sums.entry(name).or_default() += count;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_that_name_readers_are_one() {
        let replies = [
            "550 5.1.1 <ann@a.example>: no such user",
            "550 5.1.1 <ben@a.example>: no such user",
            "552 5.2.2 mailbox full (q7f3a9c2d1e8b0-42)",
        ];
        let told = tally(replies.iter().map(|reply| (gist(reply), 1)));
        assert_eq!(
            told,
            [
                ("550 5.1.1 … no such user".to_owned(), 2),
                ("552 5.2.2 mailbox full …".to_owned(), 1)
            ]
        );
    }
}
