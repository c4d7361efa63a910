//! What an editor writes before, between and behind the articles: Markdown in, harmless HTML and text out.

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd, html};

use crate::domain::text::LineError;
use crate::feeds::sanitize::{note_html, plain_text};

/// Characters of an intro, outro or notice.
pub const MOST_CHARS: usize = 4000;

/// Refuses words that are longer than a mail can bear.
pub(super) fn check(field: &'static str, markdown: &str) -> Result<(), LineError> {
    let length = markdown.chars().count();
    if length > MOST_CHARS {
        let max = MOST_CHARS;
        return Err(LineError::TooLong { field, length, max });
    }
    Ok(())
}

/// Words that are no Markdown, as they stand in it: every sign is meant as such.
pub(super) fn plain(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The words as the HTML part shows them; `None` where there are none.
pub(super) fn for_html(markdown: &str) -> Option<String> {
    let html = note_html(&rendered(markdown, false));
    Some(html).filter(|html| !html.is_empty())
}

/// The words as the text part shows them, with the addresses of links behind them.
pub(super) fn for_text(markdown: &str) -> Option<String> {
    let text = plain_text(&rendered(markdown, true));
    Some(text).filter(|text| !text.is_empty())
}

fn rendered(markdown: &str, with_addresses: bool) -> String {
    let mut addresses: Vec<CowStr<'_>> = Vec::new();
    let mut events = Vec::new();
    for event in Parser::new(markdown) {
        match event {
            // A mail has one heading of the first rank, and its own of the second.
            Event::Start(Tag::Heading { .. }) => {
                events.extend([Event::Start(Tag::Paragraph), Event::Start(Tag::Strong)]);
            }
            Event::End(TagEnd::Heading(_)) => {
                events.extend([Event::End(TagEnd::Strong), Event::End(TagEnd::Paragraph)]);
            }
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                addresses.push(dest_url.clone());
                events.push(event);
            }
            Event::End(TagEnd::Link) => {
                events.push(event);
                let address = addresses.pop().unwrap_or_else(|| "".into());
                let says_so = |e: &Event<'_>| matches!(e, Event::Text(text) if *text == address);
                if with_addresses && !events.iter().rev().take(2).any(says_so) {
                    events.push(Event::Text(format!(" ({address})").into()));
                }
            }
            other => events.push(other),
        }
    }
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html_and_text() {
        let written = "# Good morning\n\nThe *port* meets, see [the agenda](https://x.example/a).\n\n\
                       - wind\n- rain\n\n<https://y.example/>";
        assert_eq!(
            for_html(written).unwrap().replace('\n', ""),
            "<p><strong>Good morning</strong></p><p>The <em>port</em> meets, see \
             <a href=\"https://x.example/a\" rel=\"noopener\">the agenda</a>.</p>\
             <ul><li>wind</li><li>rain</li></ul>\
             <p><a href=\"https://y.example/\" rel=\"noopener\">https://y.example/</a></p>"
        );
        assert_eq!(
            for_text(written).unwrap(),
            "Good morning\n\nThe port meets, see the agenda (https://x.example/a).\n\n\
             - wind\n- rain\n\nhttps://y.example/"
        );
    }

    #[test]
    fn nothing_active_comes_through() {
        let html = for_html(
            "Hello <script>alert(1)</script><img src=x onerror=alert(1)> \
             [a](javascript:alert(1)) <b onclick=\"x()\">bold</b> \u{e000}\u{202e}",
        )
        .unwrap();
        for bad in [
            "script", "onerror", "onclick", "<img", "\u{e000}", "\u{202e}",
        ] {
            assert!(!html.contains(bad), "{bad}: {html}");
        }
        assert!(html.contains("<b>bold</b>"));
    }

    #[test]
    fn blank_words_are_none() {
        assert_eq!((for_html(" \n"), for_text("<!-- x -->")), (None, None));
    }
}
