//! Every template from its sample, and what must hold for all of them.

use super::contexts::{Card, ConfirmationMail, DigestMail, Rendered, WelcomeMail};
use super::pages::{
    ArchivePage, CheckInboxPage, ConfirmPage, ConfirmState, ConfirmedPage, GoodbyePage, LeavePage,
    MessagePage, PAGE_CSS, Page, PreferencesPage, ReturnedPage, SignUpPage, style_hash,
};
use super::slots::{self, Slot, SlotValues};
use super::{RenderError, Renderer, own_page_samples, samples};
use crate::domain::look::{Colour, READABLE};

const HOSTILE: &str = "<script>alert(1)</script> \"&' {{ 7 * 7 }} \u{E000}";

fn renderer() -> Renderer {
    Renderer::new().unwrap()
}

fn digest(mail: &DigestMail) -> Rendered {
    renderer().digest(mail).unwrap()
}

/// The digest as its reader gets it.
fn received(mail: &DigestMail) -> Rendered {
    let edition = digest(mail);
    let values = SlotValues::sample();
    Rendered {
        subject: edition.subject,
        text: slots::fill_text(&edition.text, &values),
        html: slots::fill_html(&edition.html, &values),
    }
}

fn all_pages() -> Vec<(&'static str, String)> {
    fn page<P: Page>(renderer: &Renderer, page: P) -> (&'static str, String) {
        (P::TEMPLATE, renderer.page(&page).unwrap())
    }
    let r = &renderer();
    let state = |state| ConfirmPage {
        state,
        ..ConfirmPage::sample()
    };
    let mut bare = SignUpPage::sample();
    bare.publication.description = None;
    bare.publication.privacy_url = None;
    bare.topics.clear();
    bare.digests.truncate(1);
    bare.headlines.clear();
    let left = PreferencesPage {
        subscribed: false,
        ..PreferencesPage::sample()
    };
    let refused = PreferencesPage {
        saved: false,
        error: Some("This topic does not exist any more.".into()),
        ..PreferencesPage::sample()
    };
    let empty = ArchivePage {
        issues: Vec::new(),
        ..ArchivePage::sample()
    };
    let simple = ConfirmedPage {
        next_issue: None,
        latest: None,
        ..ConfirmedPage::sample()
    };
    let mut all = vec![
        page(r, SignUpPage::sample()),
        page(r, SignUpPage::wrong_sample()),
        page(r, bare),
        page(r, CheckInboxPage::sample()),
        page(r, ConfirmPage::sample()),
        page(r, state(ConfirmState::AlreadyConfirmed)),
        page(r, state(ConfirmState::Expired)),
        page(r, ConfirmedPage::sample()),
        page(r, simple),
        page(r, LeavePage::sample()),
        page(r, GoodbyePage::sample()),
        page(r, ReturnedPage::sample()),
        page(r, PreferencesPage::sample()),
        page(r, left),
        page(r, refused),
        page(r, ArchivePage::sample()),
        page(r, empty),
        page(r, MessagePage::sample()),
    ];
    all.extend(own_page_samples::all(r));
    all
}

#[test]
fn the_mails_look_as_agreed() {
    let mail = received(&DigestMail::sample());
    insta::assert_snapshot!("digest_html", mail.html);
    insta::assert_snapshot!("digest_text", mail.text);
    let asked = renderer()
        .confirmation(&ConfirmationMail::sample())
        .unwrap();
    insta::assert_snapshot!("confirmation_html", asked.html);
    insta::assert_snapshot!("confirmation_text", asked.text);
    let changes = ConfirmationMail {
        changes: true,
        source: None,
        digests: Vec::new(),
        topics: Vec::new(),
        expires_days: 1,
        ..ConfirmationMail::sample()
    };
    let changes = renderer().confirmation(&changes).unwrap();
    assert_eq!(changes.subject, "Confirm your changes: The Harbour Ledger");
    insta::assert_snapshot!("confirmation_of_changes_text", changes.text);
    let reminder = ConfirmationMail {
        expires_at: Some("Tuesday, 1 December 2026, at 9:14".into()),
        ..ConfirmationMail::sample()
    };
    let reminder = renderer().confirmation(&reminder).unwrap();
    assert_eq!(reminder.subject, "Not confirmed yet: The Harbour Ledger");
    insta::assert_snapshot!("confirmation_reminder_text", reminder.text);
    let welcome = renderer().welcome(&WelcomeMail::sample()).unwrap();
    insta::assert_snapshot!("welcome_html", welcome.html);
    insta::assert_snapshot!("welcome_text", welcome.text);
}

#[test]
fn an_issue_without_a_headline_is_named_in_its_language() {
    for (language, subject) in [
        ("en", "Morning briefing, No. 128"),
        ("fr", "Morning briefing, nº 128"),
    ] {
        let mut mail = samples::empty();
        mail.head.language = language.into();
        assert_eq!(digest(&mail).subject.replace('\u{a0}', " "), subject);
    }
}

#[test]
fn a_subject_keeps_the_spaces_that_do_not_break() {
    let sample = ConfirmationMail::sample();
    let mail = ConfirmationMail {
        publication: sample.publication.clone().told_in("fr"),
        ..sample
    };
    let asked = renderer().confirmation(&mail).unwrap();
    assert_eq!(
        asked.subject,
        "Confirmez votre abonnement\u{a0}: The Harbour Ledger"
    );
}

#[test]
fn the_mail_that_asks_looks_as_agreed_in_each_language() {
    let sample = ConfirmationMail::sample();
    for language in ["de", "fr", "it", "es"] {
        let mail = ConfirmationMail {
            publication: sample.publication.clone().told_in(language),
            ..sample.clone()
        };
        let asked = renderer().confirmation(&mail).unwrap();
        assert!(asked.html.contains(&format!("<html lang=\"{language}\"")));
        let shown = format!("{}\n\n{}", asked.subject, asked.text);
        insta::assert_snapshot!(format!("confirmation_text_{language}"), shown);
        let sample = WelcomeMail::sample();
        let mail = WelcomeMail {
            publication: sample.publication.clone().told_in(language),
            ..sample
        };
        let welcome = renderer().welcome(&mail).unwrap();
        let shown = format!("{}\n\n{}", welcome.subject, welcome.text);
        insta::assert_snapshot!(format!("welcome_text_{language}"), shown);
    }
}

#[test]
fn every_page_is_small_whole_and_needs_nothing_else() {
    for (name, html) in all_pages() {
        assert!(html.len() < 30_000, "{name}: {} bytes", html.len());
        for (once, times) in [("<h1", 1), ("<main", 1), ("<style", 1), ("</html>", 1)] {
            assert_eq!(html.matches(once).count(), times, "{name}: {once}");
        }
        for never in [
            "<script", " style=", " src=", "<link", "@import", "url(", "{{", "{%",
        ] {
            assert!(!html.contains(never), "{name}: {never}");
        }
        assert!(html.contains("<html lang=\"en\" dir=\"ltr\">"), "{name}");
    }
}

#[test]
fn the_style_is_the_one_that_is_allowed() {
    let page = renderer().page(&MessagePage::sample()).unwrap();
    assert!(page.contains(&format!("<style>{PAGE_CSS}</style>")));
    let hash = style_hash();
    assert!(
        hash.starts_with("'sha256-") && hash.ends_with("='"),
        "{hash}"
    );
}

#[test]
fn errors_are_tied_to_their_fields_and_input_is_kept() {
    let page = renderer().page(&SignUpPage::wrong_sample()).unwrap();
    assert!(page.contains("aria-invalid=\"true\" aria-describedby=\"email-error\""));
    assert!(page.contains("id=\"email-error\"") && page.contains("value=\"clara.mills@\""));
    assert!(page.contains("aria-describedby=\"topics-error\""));
    assert!(page.contains("value=\"energy\" checked"));
    assert!(page.contains("role=\"alert\""));
    let page = renderer().page(&SignUpPage::sample()).unwrap();
    assert!(!page.contains(" aria-invalid=") && page.matches(" checked>").count() == 1);
    assert!(page.contains("name=\"website\" tabindex=\"-1\" autocomplete=\"off\""));
}

#[test]
fn only_one_button_leaves_and_get_pages_post() {
    let plain = LeavePage {
        rarer: None,
        ..LeavePage::sample()
    };
    let page = renderer().page(&plain).unwrap();
    assert_eq!(page.matches("<button").count(), 1);
    let page = renderer().page(&LeavePage::sample()).unwrap();
    assert!(page.find("/unsubscribe/u_") < page.find("value=\"only\""));
    assert!(page.contains("action=\"/unsubscribe/u_M9x2Qe7Tn4Vb8Kc1\" method=\"post\""));
    let page = renderer().page(&GoodbyePage::sample()).unwrap();
    assert!(page.contains("name=\"action\" value=\"undo\""));
}

#[test]
fn a_page_escapes_whatever_it_is_told() {
    let mut page = SignUpPage::wrong_sample();
    page.email = HOSTILE.into();
    page.name = HOSTILE.into();
    page.form_error = Some(HOSTILE.into());
    page.source = Some(HOSTILE.into());
    page.publication.name = HOSTILE.into();
    page.publication.postal_address = HOSTILE.into();
    page.publication.description = Some(HOSTILE.into());
    page.topics[0].name = HOSTILE.into();
    let html = renderer().page(&page).unwrap();
    assert!(!html.contains("<script"));
    assert!(html.contains("{{ 7 * 7 }}"));
    assert!(html.contains("value=\"&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;"));
}

#[test]
fn a_digest_carries_all_that_law_and_contract_ask_for() {
    let mail = received(&DigestMail::sample());
    let values = SlotValues::sample();
    for part in [&mail.html, &mail.text] {
        for needed in [
            values.unsubscribe_url.as_str(),
            &values.preferences_url,
            &values.email,
            &values.signed_up,
            "https://news.harbourledger.example/ledger/archive/128",
            "14 Quay Street",
            "Morning briefing, every weekday at 7:00",
        ] {
            assert!(part.contains(needed), "{needed}");
        }
        assert!(!part.chars().any(|c| Slot::of(c).is_some()));
        assert!(!part.contains("<!--reader") && !part.contains("<!--/reader"));
    }
    let href = format!("href=\"{}\"", values.unsubscribe_url);
    assert!(mail.html.contains(&href));
    assert_eq!(mail.html.matches("<h1").count(), 1);
    assert!(mail.html.contains("prefers-color-scheme: dark"));
    assert!(mail.html.contains("name=\"color-scheme\""));
    let tables = mail.html.matches("<table").count();
    assert_eq!(mail.html.matches("role=\"presentation\"").count(), tables);
    let pictures = mail.html.matches("<img").count();
    assert_eq!(mail.html.matches(" alt=\"").count(), pictures);
}

#[test]
fn a_digest_stays_below_the_size_at_which_mail_is_clipped() {
    let usual = digest(&DigestMail::sample()).html.len();
    assert!(usual < 35_000, "{usual} bytes");
    let long = |n: usize| Card {
        title: "A rather long headline ".repeat(6),
        url: format!("https://www.example.org/{}/{n}", "path/".repeat(60)),
        summary_text: "Words of a summary that goes on. ".repeat(60),
        summary_html: Some("<p>Words <a href=\"https://x.example/\">and</a> more</p>".repeat(9)),
        source: "a-long-name-of-a-source.example.org".into(),
        topic: Some(format!("Topic {n}")),
        image_url: Some(format!("https://www.example.org/{}", "p/".repeat(100))),
        image_alt: Some("What the picture shows, at length ".repeat(5)),
        ..Card::default()
    };
    let cards = (0..12).map(long).collect();
    let worst = digest(&DigestMail::arrange(samples::head(), cards))
        .html
        .len();
    assert!(worst < 80_000, "{worst} bytes");
}

#[test]
fn the_text_part_keeps_to_72_columns() {
    let mut mail = DigestMail::sample();
    mail.head.intro_text = Some("word ".repeat(60));
    mail.head.topics = (0..20).map(|n| format!("A topic {n}")).collect();
    let text = received(&mail).text;
    for line in text.lines().filter(|line| !line.contains("https://")) {
        assert!(textwrap::core::display_width(line) <= 72, "{line}");
    }
    assert!(!text.contains("\n\n\n"));
    let asked = renderer()
        .confirmation(&ConfirmationMail::sample())
        .unwrap();
    let fits = |line: &str| line.contains("https://") || line.len() <= 72;
    assert!(asked.text.lines().all(fits));
}

#[test]
fn a_digest_escapes_what_its_articles_say() {
    let mut cards = samples::cards();
    for card in &mut cards {
        card.title = format!("{HOSTILE}\r\nBcc: x@y.example");
        card.summary_text = HOSTILE.into();
        card.url = "https://x.example/?a=\"><script>".into();
        card.topic = Some(HOSTILE.into());
        card.image_alt = Some(HOSTILE.into());
    }
    let edition = digest(&DigestMail::arrange(samples::head(), cards));
    assert!(!edition.html.contains("<script") && edition.html.contains("{{ 7 * 7 }}"));
    let unsubscribe = Slot::UnsubscribeUrl.mark();
    assert_eq!(edition.html.matches(unsubscribe).count(), 1);
    assert_eq!(edition.text.matches(unsubscribe).count(), 1);
    assert!(!edition.subject.chars().any(char::is_control));
    assert!(edition.text.contains("<script>alert(1)</script> \"&'"));
}

#[test]
fn a_subject_is_one_short_line_or_an_error() {
    let mut cards = samples::cards();
    cards[0].title = "word ".repeat(100);
    let subject = digest(&DigestMail::arrange(samples::head(), cards)).subject;
    assert!(subject.chars().count() <= 150 && subject.ends_with('…'));
    let mut mail = DigestMail::sample();
    mail.subject = " \n".into();
    assert!(matches!(
        renderer().digest(&mail),
        Err(RenderError::NoSubject)
    ));
}

#[test]
fn the_archive_shows_the_issue_and_no_reader() {
    let page = slots::without_reader(&digest(&DigestMail::sample()).html);
    assert!(page.contains("Portmouth clears the way") && page.contains("14 Quay Street"));
    assert_eq!(page.matches("role=\"main\"").count(), 1);
    assert!(!page.contains("Leave this newsletter") && !page.contains("View in browser"));
    assert!(!page.contains("signed up:") && !page.contains("Your topics"));
    assert!(!page.chars().any(|c| Slot::of(c).is_some()));
}

#[test]
fn plain_html_of_a_summary_is_kept_with_its_links() {
    let mut cards = samples::cards();
    cards[1].summary_html = Some("<p>See <a href=\"https://x.example/a\">this</a>.</p>".into());
    cards[1].summary_text = "See this.".into();
    let html = digest(&DigestMail::arrange(samples::head(), cards)).html;
    assert!(html.contains("href=\"https://x.example/a\""));
}

#[test]
fn an_empty_issue_renders_too() {
    let mut head = samples::head();
    head.intro_html = None;
    head.intro_text = None;
    head.when = None;
    head.topics.clear();
    let mail = received(&DigestMail::arrange(head, Vec::new()));
    assert!(mail.text.contains("All topics.") && mail.html.contains("All topics."));
}

#[test]
fn every_text_colour_of_notices_and_pages_can_be_read() {
    let mail = include_str!("../../email-templates/layout/mail.css");
    let screen = include_str!("../../email-templates/layout/screen.css");
    for (sheet, text, ground) in [
        (mail, "#16181d", "#ffffff"),
        (mail, "#585c64", "#ffffff"),
        (screen, "#e8e6e1", "#14161a"),
        (screen, "#a9adb5", "#14161a"),
        (PAGE_CSS, "#a3261d", "#ffffff"),
        (PAGE_CSS, "#ff9d92", "#14161a"),
        (PAGE_CSS, "#1b5578", "#f6f4ef"),
    ] {
        assert!(sheet.contains(text), "{text}");
        let colour = |text: &str| text.parse::<Colour>().unwrap();
        let found = colour(text).contrast(colour(ground));
        assert!(found >= READABLE, "{text} on {ground}: {found:.2}");
    }
}

#[test]
fn one_renderer_serves_all_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&renderer());
}
