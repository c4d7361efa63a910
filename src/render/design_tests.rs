//! What must hold for a digest in every design.

use std::collections::BTreeSet;

use super::contexts::{Brand, Card, DigestMail, Rendered};
use super::slots::{self, SlotValues};
use super::{Renderer, fit, samples};
use crate::domain::look::{Colour, Design, Direction, Font, Logo, Look, READABLE};

pub(super) const DESIGNS: [Design; 3] = [Design::Editorial, Design::Compact, Design::Plain];

pub(super) fn received(mail: &DigestMail) -> Rendered {
    let edition = Renderer::new().unwrap().digest(mail).unwrap();
    let values = SlotValues::sample();
    Rendered {
        subject: edition.subject,
        text: slots::fill_text(&edition.text, &values),
        html: slots::fill_html(&edition.html, &values),
    }
}

fn dressed(design: Design, look: &Look) -> DigestMail {
    let mut mail = DigestMail::sample();
    mail.head.design = design;
    mail.head.publication.brand = Brand::from(look);
    mail
}

fn arabic() -> DigestMail {
    let mut mail = DigestMail::arrange(samples::head(), samples::arabic_cards());
    mail.head.publication.name = "دفتر الميناء".into();
    mail.head.publication.language = "ar".into();
    mail.head.language = "ar".into();
    mail.head.direction = Direction::Rtl;
    mail.head.intro_html = None;
    mail.head.intro_text = None;
    mail.head.outro_html = None;
    mail.head.outro_text = None;
    mail.head.notice = None;
    mail
}

fn colourful() -> Look {
    Look {
        design: Design::Editorial,
        accent: Colour::readable("#8a2b06").unwrap(),
        font: Font::Sans,
        logo: Logo::checked("https://x.example/logo.png", "The Ledger", 180).ok(),
    }
}

#[test]
fn the_designs_look_as_agreed() {
    let compact = received(&dressed(Design::Compact, &Look::default()));
    insta::assert_snapshot!("digest_compact_html", compact.html);
    let plain = received(&dressed(Design::Plain, &Look::default()));
    insta::assert_snapshot!("digest_plain_html", plain.html);
    assert_eq!(compact.text, plain.text, "one text for all designs");
    insta::assert_snapshot!("digest_rtl_html", received(&arabic()).html);
}

#[test]
fn every_design_is_built_to_survive() {
    for design in DESIGNS {
        for look in [Look::default(), colourful()] {
            let mail = received(&dressed(design, &look)).html;
            let count = |what: &str| mail.matches(what).count();
            assert_eq!(count("<h1"), 1, "{design}");
            assert_eq!(count("<table"), count("role=\"presentation\""), "{design}");
            assert_eq!(count("<img"), count(" alt=\""), "{design}");
            assert!(count("<table role=\"presentation\" width=\"600\"") == 1);
            assert!(mail.contains("<html lang=\"en\" dir=\"ltr\">"), "{design}");
            assert!(mail.contains("<div class=\"pre\" style=\"display:none"));
            assert!(mail.contains("prefers-color-scheme: dark"), "{design}");
            for never in ["<script", "url(", "@import", "<link", "<!--cut", "<!--more"] {
                assert!(!mail.contains(never), "{design}: {never}");
            }
        }
    }
}

/// The colours that follow a word in a style.
fn colours(html: &str, word: &str) -> BTreeSet<String> {
    html.match_indices(word)
        .map(|(at, _)| &html[at + word.len()..])
        .filter_map(|rest| rest.trim_start().get(..7))
        .filter(|colour| colour.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_text_of_every_design_can_be_read() {
    let plate: Colour = "#f3f1ec".parse().unwrap();
    let night_plate: Colour = "#22252b".parse().unwrap();
    for design in DESIGNS {
        for look in [Look::default(), colourful()] {
            let html = received(&dressed(design, &look)).html;
            let (head, body) = html.split_once("<body").unwrap();
            let (_, dark) = head.split_once("prefers-color-scheme: dark").unwrap();
            let inline = colours(body, ";color:");
            assert!(inline.len() >= 3, "{design}: {inline:?}");
            // The hidden preheader is white on white.
            for text in inline.iter().filter(|text| *text != "#ffffff") {
                let found = text.parse::<Colour>().unwrap().contrast(Colour::PAPER);
                assert!(found >= READABLE, "{design}: {text} on paper: {found:.2}");
            }
            let at_night = colours(dark, " color: ");
            assert!(at_night.len() >= 3, "{design}: {at_night:?}");
            for text in &at_night {
                let found = text.parse::<Colour>().unwrap().contrast(Colour::NIGHT);
                assert!(found >= READABLE, "{design}: {text} at night: {found:.2}");
            }
        }
    }
    // The words in place of a picture.
    let quiet: Colour = "#585c64".parse().unwrap();
    let quiet_at_night: Colour = "#a9adb5".parse().unwrap();
    assert!(quiet.contrast(plate) >= READABLE);
    assert!(quiet_at_night.contrast(night_plate) >= READABLE);
}

#[test]
fn the_look_of_the_publication_is_used() {
    let look = colourful();
    let html = received(&dressed(Design::Editorial, &look)).html;
    assert!(html.contains("color:#8a2b06") && !html.contains("#1b5578"));
    assert!(html.contains(&format!("color: {} !important", look.accent.in_the_dark())));
    assert!(html.contains("src=\"https://x.example/logo.png\""));
    assert!(html.contains("alt=\"The Ledger\"") && html.contains("width=\"180\""));
    assert!(!html.contains("Georgia"));
    let plain = received(&dressed(Design::Plain, &look)).html;
    assert!(!plain.contains("<img"));
}

#[test]
fn what_is_written_from_the_right_stands_so() {
    let html = received(&arabic()).html;
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\">"));
    // Webmail takes `html` away.
    assert!(html.contains("role=\"article\"") && html.matches("dir=\"rtl\"").count() >= 2);
    assert!(html.contains("padding:6px 16px 24px 0") && !html.contains("letter-spacing"));
    // A date in another script that begins with its day would be turned round: "Nov 24".
    let dates = html.matches("class=\"quiet by\"").count();
    assert!(dates > 0 && html.matches("<span dir=\"auto\">").count() == dates);
    assert!(
        !received(&DigestMail::sample())
            .html
            .contains("dir=\"auto\"")
    );
}

pub(super) fn thirty() -> Vec<Card> {
    let stories = samples::cards();
    (0..30)
        .map(|n| Card {
            title: format!("{} ({n})", stories[n % 8].title),
            ..stories[n % 8].clone()
        })
        .collect()
}

/// All with their summaries, as sections with limits of their own have them.
fn at_length(mut mail: DigestMail, cards: &[Card]) -> DigestMail {
    mail.also.clear();
    mail.sections.truncate(3);
    for (place, card) in cards.iter().skip(1).enumerate() {
        let many = mail.sections.len();
        mail.sections[place % many].cards.push(card.clone());
    }
    mail
}

#[test]
pub(super) fn thirty_articles_take_less_than_eighty_kilobytes() {
    for design in DESIGNS {
        let mut head = samples::head();
        head.design = design;
        let usual = DigestMail::arrange(head, thirty());
        let long = at_length(usual.clone(), &thirty());
        for mail in [usual, long] {
            let bytes = received(&mail).html.len();
            assert!(bytes < 80_000, "{design}: {bytes} bytes");
        }
    }
}

#[test]
fn what_is_too_long_ends_early_and_says_where_to_read_on() {
    for design in DESIGNS {
        let mut mail = at_length(DigestMail::sample(), &thirty());
        mail.head.design = design;
        let cards: Vec<Card> = (0..200).map(|n| thirty()[n % 30].clone()).collect();
        let mail = at_length(mail, &cards);
        let edition = Renderer::new().unwrap().digest(&mail).unwrap();
        let sent = slots::fill_html(&edition.html, &SlotValues::sample());
        assert!(sent.len() < fit::MOST_BYTES + 1_000, "{}", sent.len());
        assert!(sent.len() > fit::MOST_BYTES / 2);
        assert!(sent.contains("Read on: all "));
        assert!(sent.contains("Leave this newsletter") && sent.contains("14 Quay Street"));
        for element in ["table", "tr", "td", "div", "h3", "a", "p"] {
            let opened = sent.matches(&format!("<{element} ")).count()
                + sent.matches(&format!("<{element}>")).count();
            let closed = sent.matches(&format!("</{element}>")).count();
            assert_eq!(opened, closed, "{design}: {element}");
        }
        let page = slots::without_reader(&edition.html);
        assert!(page.len() > sent.len() && !page.contains("Read on"));
        let many = mail.sections.iter().map(|s| s.cards.len()).sum::<usize>();
        assert_eq!(page.matches("<h3").count(), many);
    }
}

#[test]
fn the_words_of_a_digest_are_in_the_language_of_its_edition() {
    let mut text = String::new();
    for (language, word) in [
        ("de", "Newsletter abbestellen"),
        ("fr", "Se désabonner"),
        ("it", "Annullare l’iscrizione"),
        ("es-MX", "Darse de baja"),
    ] {
        let mut mail = DigestMail::sample();
        mail.head.language = language.into();
        let mail = received(&mail);
        assert!(
            mail.html.contains(word) && mail.text.contains(word),
            "{language}"
        );
        assert!(
            mail.html
                .contains(&format!("<html lang=\"{language}\" dir=\"ltr\">"))
        );
        for english in ["Leave this", "View in", "min read", "Your topics", "LINKS"] {
            let is_own = !mail.html.contains(english) && !mail.text.contains(english);
            assert!(
                is_own || english == "LINKS" && language == "de",
                "{language}: {english}"
            );
        }
        text = mail.text;
    }
    insta::assert_snapshot!("digest_text_es", text);
}
