//! Small mends of single values, which the parser would refuse or misread.

use chrono::{NaiveDate, NaiveDateTime};

/// Whether the parser will take it for a base address; it gives up on a feed with a wrong one.
pub(super) fn is_reference(value: &str) -> bool {
    matches!(
        url::Url::parse(value),
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase)
    )
}

/// Gives times without a zone one: the parser takes no others, and UTC is the likeliest.
pub(super) fn tidy_time(text: &str) -> String {
    let text = text.trim();
    for form in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return time.and_utc().to_rfc3339();
        }
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return format!("{day}T00:00:00Z");
    }
    text.to_owned()
}

/// The parser cuts a name from the address beside it one byte off, which must not fall into a
/// character.
pub(super) fn tidy_text(word: &str, text: &str) -> String {
    if !matches!(word, "author" | "dc:creator") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() || c.is_alphanumeric() {
            out.push(c);
        } else {
            out.extend([' ', c, ' ']);
        }
    }
    out
}
