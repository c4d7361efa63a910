//! The make-up of a digest: what of an article is shown in which place, and how long a summary
//! may be. Which article stands where is decided in `domain::selection`.

use chrono_tz::Tz;

use super::contexts::{Card, DigestHead, DigestMail, Section};
use super::{dates, slots};
use crate::domain::article::Article;

/// Characters of the lead's summary, about three sentences.
const LEAD_CHARS: usize = 360;
/// Characters of any other summary, about two sentences.
const SUMMARY_CHARS: usize = 220;
/// Characters of a subject or a preheader.
const LINE_CHARS: usize = 150;
/// Elements that a summary may bring into a mail.
const PLAIN_ELEMENTS: [&str; 8] = ["p", "br", "a", "em", "strong", "b", "i", "span"];

impl Card {
    /// The card of an article; `topic` is the name to show, the date is that of `zone`.
    pub fn new(article: &Article, topic: Option<String>, zone: Tz, language: &str) -> Self {
        let content = &article.content;
        Self {
            title: content.title.clone(),
            url: content.url.clone(),
            summary_html: Some(content.summary_html.clone()),
            summary_text: content.summary_text.clone(),
            source: article.source(),
            reading_minutes: article.reading_minutes(),
            date: dates::short(article.dated(), zone, language),
            topic,
            image_url: content.image_url.clone(),
            image_alt: content.image_alt.clone(),
            pinned: article.pinned_at.is_some(),
            number: 0,
        }
    }

    /// What others wrote, without what could break a line or open a slot.
    fn cleaned(self) -> Self {
        let html = self.summary_html.map(|html| slots::strip(html.trim()));
        Self {
            title: line(&self.title),
            url: address(&self.url),
            summary_html: html.filter(|html| !html.is_empty()),
            summary_text: line(&self.summary_text),
            source: line(&self.source),
            reading_minutes: self.reading_minutes,
            date: self.date,
            topic: self.topic.as_deref().map(line),
            image_url: self.image_url.as_deref().map(address),
            image_alt: self.image_alt.as_deref().map(attribute),
            pinned: self.pinned,
            number: self.number,
        }
    }

    /// Cuts the summary to `max` characters; its HTML is kept only where nothing had to be cut
    /// and it is plain.
    fn cut(mut self, max: usize) -> Self {
        let whole = self.summary_text.chars().count() <= max;
        self.summary_text = clip(&self.summary_text, max);
        self.summary_html = self.summary_html.filter(|html| whole && is_plain(html));
        self
    }

    fn headline_only(mut self) -> Self {
        self.summary_html = None;
        self.summary_text.clear();
        self.image_url = None;
        self
    }
}

/// The articles of a mail in their places, as the domain arranged them.
#[derive(Debug, Default)]
pub struct MakeUp {
    /// In place of the top headline.
    pub subject: Option<String>,
    pub lead: Option<Card>,
    /// With the names of their topics.
    pub sections: Vec<(Option<String>, Vec<Card>)>,
    pub also: Vec<Card>,
}

impl DigestMail {
    /// Makes up a mail: cleans what others wrote, cuts summaries, and numbers the articles.
    pub fn new(head: DigestHead, made: MakeUp) -> Self {
        let lead = made.lead.map(|card| card.cleaned().cut(LEAD_CHARS));
        let sections = made.sections.into_iter().map(|(title, cards)| Section {
            title: line(title.as_deref().unwrap_or_default()),
            cards: cards
                .into_iter()
                .map(|card| card.cleaned().cut(SUMMARY_CHARS))
                .collect(),
        });
        let also = made.also.into_iter();
        let mut mail = Self {
            subject: String::new(),
            preheader: String::new(),
            lead,
            sections: sections.collect(),
            also: also.map(|card| card.cleaned().headline_only()).collect(),
            head,
        };
        mail.subject = match (made.subject, &mail.lead) {
            (Some(own), _) => clip(&line(&own), LINE_CHARS),
            (None, Some(lead)) => clip(&lead.title, LINE_CHARS),
            (None, None) => String::new(),
        };
        mail.preheader = mail.second();
        mail.number();
        mail
    }

    /// The second headline, or the start of the only article.
    fn second(&self) -> String {
        let in_sections = self.sections.iter().flat_map(|section| &section.cards);
        let second = in_sections.chain(&self.also).next();
        let text = match (&self.lead, second) {
            (_, Some(second)) => &second.title,
            (Some(only), None) => &only.summary_text,
            (None, None) => "",
        };
        clip(text, LINE_CHARS)
    }

    /// Numbers the articles as they stand, for the text part's list of links.
    fn number(&mut self) {
        let cards = self
            .lead
            .iter_mut()
            .chain(self.sections.iter_mut().flat_map(|s| s.cards.iter_mut()))
            .chain(self.also.iter_mut());
        for (card, number) in cards.zip(1..) {
            card.number = number;
        }
    }
}

/// An address without the characters that do not belong into one. The inliner writes `<` and
/// `>` into attributes as they are: correct HTML, but not for every mail filter.
fn address(url: &str) -> String {
    let url = line(url).replace(' ', "%20").replace('"', "%22");
    url.replace('<', "%3C").replace('>', "%3E")
}

/// The text of an attribute, for the same reason.
fn attribute(text: &str) -> String {
    line(text).replace('<', "\u{2039}").replace('>', "\u{203a}")
}

/// One line without control or slot characters.
pub(super) fn line(text: &str) -> String {
    let spaced: String = slots::strip(text)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    // Spaces that do not break belong to the text, as in French before a colon.
    let breaks = |c: char| c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}');
    let words = spaced.trim().split(breaks).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// At most `max` characters: whole sentences where they fill more than half of it, else whole
/// words and an ellipsis.
pub(super) fn clip(text: &str, max: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(max) else {
        return text.to_owned();
    };
    let head = &text[..end];
    let sentence = [". ", "? ", "! ", "\u{201d} "]
        .iter()
        .filter_map(|mark| head.rfind(mark))
        .max()
        .filter(|at| *at > end / 2);
    if let Some(at) = sentence {
        let stop = head[at..].chars().next().map_or(0, char::len_utf8);
        return head[..at + stop].to_owned();
    }
    let words = match text.char_indices().nth(max - 1) {
        Some((last, _)) => &text[..last],
        None => head,
    };
    let words = words.rfind(' ').map_or(words, |at| &words[..at]);
    let words = words.trim_end_matches(|c: char| !c.is_alphanumeric());
    format!("{words}\u{2026}")
}

/// Whether HTML consists of words, paragraphs, emphasis and links.
fn is_plain(html: &str) -> bool {
    html.split('<').skip(1).all(|rest| {
        let name = rest
            .trim_start_matches('/')
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        PLAIN_ELEMENTS.contains(&name.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples;

    fn card(title: &str, topic: Option<&str>) -> Card {
        Card {
            title: title.to_owned(),
            topic: topic.map(str::to_owned),
            ..Card::default()
        }
    }

    #[test]
    fn places_are_filled_and_numbered() {
        let cards = |ids: &[&str]| ids.iter().map(|id| card(id, Some("Energy"))).collect();
        let made = MakeUp {
            subject: None,
            lead: Some(card("1", None)),
            sections: vec![
                (Some("Energy".to_owned()), cards(&["2", "3"])),
                (None, cards(&["4"])),
            ],
            also: cards(&["5"]),
        };
        let mail = DigestMail::new(samples::head(), made);
        assert_eq!((mail.subject.as_str(), mail.preheader.as_str()), ("1", "2"));
        let titles: Vec<&str> = mail.sections.iter().map(|s| s.title.as_str()).collect();
        assert_eq!(titles, ["Energy", ""]);
        assert_eq!(mail.sections[1].cards[0].number, 4);
        assert_eq!(mail.also[0].number, 5);
    }

    #[test]
    fn a_subject_of_its_own_is_one_line() {
        let made = MakeUp {
            subject: Some("Daily:\r\nBcc: x".to_owned()),
            lead: Some(card("1", None)),
            ..MakeUp::default()
        };
        assert_eq!(
            DigestMail::new(samples::head(), made).subject,
            "Daily: Bcc: x"
        );
    }

    #[test]
    fn summaries_end_with_a_sentence_or_a_word() {
        assert_eq!(clip("Short.", 10), "Short.");
        assert_eq!(clip("One is done. Two goes on and on.", 18), "One is done.");
        assert_eq!(clip("One sentence, that goes on", 16), "One sentence…");
        assert_eq!(clip(&"ä".repeat(20), 10).chars().count(), 10);
    }

    #[test]
    fn only_plain_and_uncut_html_is_kept() {
        let with = |html: &str, text: &str| Card {
            summary_html: Some(html.to_owned()),
            summary_text: text.to_owned(),
            ..Card::default()
        };
        let kept = |card: Card| card.cut(20).summary_html.is_some();
        assert!(kept(with(
            "<p>A <em>b</em> <a href=\"x\">c</a></p>",
            "A b c"
        )));
        assert!(!kept(with("<p>A</p><img src=\"x\">", "A")));
        assert!(!kept(with("<table><tr></tr></table>", "A")));
        assert!(!kept(with("<p>A</p>", &"word ".repeat(20))));
    }

    #[test]
    fn lines_lose_what_breaks_headers_and_slots() {
        assert_eq!(line(" A\r\nBcc: x \u{E000}\u{7}y "), "A Bcc: x y");
    }

    #[test]
    fn lines_keep_the_spaces_that_do_not_break() {
        assert_eq!(
            line("\u{a0}Confirmez\u{2009} :  « oui\u{202f}»\u{a0}"),
            "Confirmez : « oui\u{202f}»"
        );
        assert_eq!(line("Abonnement\u{a0}: x"), "Abonnement\u{a0}: x");
    }
}
