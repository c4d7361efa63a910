//! What the template engine says against a part, in words for the one who wrote it.

use std::fmt;

use serde::Serialize;

use super::parts::{PARTS, Part};

/// A mistake in a template, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    pub part: String,
    /// From 1; `None` where it concerns the part as a whole.
    pub line: Option<usize>,
    pub column: Option<usize>,
    pub what: String,
}

impl Mistake {
    pub(super) fn in_part(part: &str, what: impl Into<String>) -> Self {
        Self {
            part: part.to_owned(),
            line: None,
            column: None,
            what: what.into(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.part)?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, ", line {line}, column {column}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// The mistakes that a report of the engine tells of; those without a place are put down to `part`.
pub(super) fn of(report: &str, part: &Part) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = report
        .split("error: ")
        .filter(|block| !block.trim().is_empty())
        .map(|block| read(block, part))
        .collect();
    mistakes.dedup();
    mistakes
}

/// Reads one block of a report: the message, then `--> template:line:column`.
fn read(block: &str, part: &Part) -> Mistake {
    let mut lines = block.lines();
    let what = with_advice(lines.next().unwrap_or_default().trim());
    let place = lines
        .find_map(|line| line.trim_start().strip_prefix("--> "))
        .and_then(|place| {
            let (rest, column) = place.rsplit_once(':')?;
            let (template, line) = rest.rsplit_once(':')?;
            Some((template, line.parse().ok()?, column.parse().ok()?))
        });
    match place {
        Some((template, line, column)) => Mistake {
            part: name_of(template).to_owned(),
            line: Some(line),
            column: Some(column),
            what,
        },
        None => Mistake::in_part(part.name, what),
    }
}

/// What operators call a template.
fn name_of(template: &str) -> &str {
    PARTS
        .iter()
        .find(|part| part.template == template)
        .map_or(template, |part| part.name)
}

/// Filters that templates use, for advice.
const FILTERS: [&str; 19] = [
    "capitalize",
    "clip",
    "default",
    "escape_html",
    "first",
    "join",
    "last",
    "length",
    "lower",
    "newlines_to_br",
    "pluralize",
    "replace",
    "safe",
    "together",
    "trim",
    "truncate",
    "underline",
    "upper",
    "wrap",
];

/// What templates know beside the variables of the mail.
const ELSEWHERE: [&str; 6] = [
    "card",
    "section",
    "unsubscribe_url",
    "preferences_url",
    "reader_email",
    "signed_up",
];

/// The message with the name that was probably meant.
pub(super) fn with_advice(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let Some(wrong) = message.split('`').nth(1) else {
        return message.to_owned();
    };
    let known: Vec<&str> = if message.starts_with("Unknown filter") {
        FILTERS.to_vec()
    } else if message.starts_with("Unknown template") {
        PARTS.iter().map(|part| part.template).collect()
    } else {
        let list = message
            .split_once(" Available ")
            .and_then(|(_, rest)| rest.split_once(": "));
        let names = list.map(|(_, names)| names.split(", "));
        let is_variable = message.starts_with("Variable");
        let elsewhere = ELSEWHERE.into_iter().filter(|_| is_variable);
        names.into_iter().flatten().chain(elsewhere).collect()
    };
    let nearest = known
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(far, name)| *far <= name.len().div_ceil(3))
        .min();
    match nearest {
        Some((_, name)) => format!("{message}. Did you mean `{name}`?"),
        None => message.to_owned(),
    }
}

/// How many letters must be changed, added or taken away to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.chars().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_by_their_letters() {
        assert_eq!(distance("title", "title"), 0);
        assert_eq!(distance("titel", "title"), 2);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn the_name_that_was_meant_is_told() {
        let told = with_advice(
            "Field `sumary_text` is not defined. Available fields: date, summary_text, url",
        );
        assert!(told.ends_with("Did you mean `summary_text`?"), "{told}");
        let told = with_advice("Unknown filter `wrapp`");
        assert!(told.ends_with("Did you mean `wrap`?"), "{told}");
        assert_eq!(
            with_advice("Unknown filter `xyzzy`"),
            "Unknown filter `xyzzy`"
        );
    }
}
