//! What differs between the readers of one edition: a few places that are filled for each of
//! them when the mail is sent, so that the edition itself is rendered and inlined only once.

use std::borrow::Cow;

/// A place that is filled for each reader. In a rendered edition it is a single private-use
/// character, which the sanitiser takes out of whatever others wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    UnsubscribeUrl,
    PreferencesUrl,
    Email,
    SignedUp,
}

/// What is filled in for one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotValues {
    pub unsubscribe_url: String,
    pub preferences_url: String,
    pub email: String,
    /// When and where, as in " (2026-05-03, ledger.example)"; empty where neither is known.
    pub signed_up: String,
}

/// The start of what only the reader may see.
pub(super) const READER: &str = "<!--reader-->";
/// The end of it.
pub(super) const READER_END: &str = "<!--/reader-->";
/// The start of what stands on the page only, since the mail would be too long with it.
pub(super) const PAGE: &str = "<!--page-->";
/// The end of it.
pub(super) const PAGE_END: &str = "<!--/page-->";

impl Slot {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::UnsubscribeUrl,
        Self::PreferencesUrl,
        Self::Email,
        Self::SignedUp,
    ];

    /// The character that stands for it.
    pub const fn mark(self) -> char {
        match self {
            Self::UnsubscribeUrl => '\u{E000}',
            Self::PreferencesUrl => '\u{E001}',
            Self::Email => '\u{E002}',
            Self::SignedUp => '\u{E003}',
        }
    }

    /// The slot that a character stands for.
    pub fn of(character: char) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.mark() == character)
    }

    fn value(self, values: &SlotValues) -> &str {
        match self {
            Self::UnsubscribeUrl => &values.unsubscribe_url,
            Self::PreferencesUrl => &values.preferences_url,
            Self::Email => &values.email,
            Self::SignedUp => &values.signed_up,
        }
    }
}

/// Whether the end of an edition stands on its page only.
pub fn is_cut(html: &str) -> bool {
    html.contains(PAGE)
}

/// Takes slot characters out of a text that somebody else wrote.
pub fn strip(text: &str) -> String {
    text.chars().filter(|c| Slot::of(*c).is_none()).collect()
}

/// A part of an edition as it is sent: the same for all readers, or a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Shared(&'a str),
    Place(Slot),
}

/// The HTML of an edition as it is mailed: without what stands on the page only, and without the
/// marks of what only the reader may see.
pub fn for_readers(html: &str) -> String {
    let html = without(html, PAGE, PAGE_END);
    html.replace(READER, "").replace(READER_END, "")
}

/// A text without what stands between two marks.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        kept.push_str(before);
        rest = after.split_once(close).map_or("", |(_, tail)| tail);
    }
    kept.push_str(rest);
    kept
}

/// Takes a text or HTML part of an edition apart at its places.
pub fn split(edition: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = edition;
    while let Some((at, slot)) = rest
        .char_indices()
        .find_map(|(at, c)| Slot::of(c).map(|slot| (at, slot)))
    {
        parts.push(Part::Shared(&rest[..at]));
        parts.push(Part::Place(slot));
        rest = &rest[at + slot.mark().len_utf8()..];
    }
    parts.push(Part::Shared(rest));
    parts.retain(|part| *part != Part::Shared(""));
    parts
}

impl SlotValues {
    /// The values as they stand in the text part, in the order of [`Slot::ALL`].
    pub fn for_text(&self) -> [Cow<'_, str>; 4] {
        Slot::ALL.map(|slot| without_controls(slot.value(self)))
    }

    /// The same for the HTML part, escaped.
    pub fn for_html(&self) -> [Cow<'_, str>; 4] {
        Slot::ALL.map(|slot| escaped(slot.value(self)))
    }
}

/// Fills the HTML part of an edition for one reader.
pub fn fill_html(edition: &str, values: &SlotValues) -> String {
    fill(&for_readers(edition), &values.for_html())
}

/// Fills the text part of an edition for one reader.
pub fn fill_text(edition: &str, values: &SlotValues) -> String {
    fill(edition, &values.for_text())
}

/// The HTML part of an edition without what concerns a single reader, for the archive.
pub fn without_reader(edition: &str) -> String {
    let kept = without(edition, READER, READER_END);
    let kept = kept.replace(PAGE, "").replace(PAGE_END, "");
    // In a mailbox the mail is an article among others; here it is the page.
    strip(&kept.replacen("role=\"article\"", "role=\"main\"", 1))
}

fn fill(edition: &str, values: &[Cow<'_, str>; 4]) -> String {
    split(edition)
        .into_iter()
        .map(|part| match part {
            Part::Shared(text) => text,
            Part::Place(slot) => &values[slot as usize],
        })
        .collect()
}

/// Most values are what they are, and borrowed: this is done for each reader.
fn without_controls(value: &str) -> Cow<'_, str> {
    if !is_printable(value) && value.chars().any(char::is_control) {
        return value.chars().filter(|c| !c.is_control()).collect();
    }
    value.into()
}

/// Whether a text is printable ASCII, which is seen octet by octet.
fn is_printable(value: &str) -> bool {
    value.bytes().all(|b| matches!(b, b' '..=b'~'))
}

fn escaped(value: &str) -> Cow<'_, str> {
    let is_special = |c: char| matches!(c, '&' | '<' | '>' | '"' | '\'') || c.is_control();
    let is_markup = |b: u8| matches!(b, b'&' | b'<' | b'>' | b'"' | b'\'');
    let is_plain = is_printable(value) && !value.bytes().any(is_markup);
    if is_plain || !value.contains(is_special) {
        return value.into();
    }
    let mut out = String::with_capacity(value.len() + 16);
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> SlotValues {
        SlotValues {
            unsubscribe_url: "https://x.example/unsubscribe/t?a=1&b=2".into(),
            preferences_url: "https://x.example/preferences/t".into(),
            email: "\"o'b<i>\"@x.example".into(),
            signed_up: "on 3 May 2026\r\nat x.example".into(),
        }
    }

    #[test]
    fn html_is_escaped_and_text_is_not() {
        let html = fill_html(
            "<!--reader--><a href=\"\u{E000}\">\u{E002}</a><!--/reader-->",
            &values(),
        );
        assert_eq!(
            html,
            "<a href=\"https://x.example/unsubscribe/t?a=1&amp;b=2\">&quot;o&#39;b&lt;i&gt;&quot;@x.example</a>"
        );
        let text = fill_text("\u{E000} \u{E001} \u{E003}", &values());
        assert_eq!(
            text,
            "https://x.example/unsubscribe/t?a=1&b=2 https://x.example/preferences/t on 3 May 2026at x.example"
        );
    }

    #[test]
    fn a_value_cannot_open_another_slot() {
        let mut values = values();
        values.signed_up = "\u{E000}".into();
        assert_eq!(fill_text("\u{E003}", &values), "\u{E000}");
    }

    #[test]
    fn the_archive_sees_no_reader() {
        let page = without_reader("a<!--reader-->\u{E002}<!--/reader-->b\u{E000}c<!--reader-->d");
        assert_eq!(page, "abc");
    }
}
