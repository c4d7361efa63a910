//! Every page in every language, and in one that is written from right to left.

use serde_json::json;

use super::Renderer;
use super::contexts::{AlertMail, LinkMail, OperatorMail};
use super::embed::{FramePage, FrameState};
use super::pages::{
    AddressPage, ArchivePage, CheckInboxPage, ConfirmPage, ConfirmState, ConfirmedPage, DataPage,
    ErasePage, ErasedPage, GoodbyePage, LeavePage, LinkPage, LinkSentPage, MessagePage,
    NeverMailPage, NeverMailState, Page, PreferencesPage, ReturnedPage, SignUpPage, WhichPage,
};
use super::texts::Texts;
use super::zones::ZoneChoice;

/// A few words of a language that is written from right to left; the rest is English.
const ARABIC: &str = "language-name = العربية
sign-up-button = اشترك
sign-up-heading = احصل عليها بالبريد
page-past-issues = الأعداد السابقة
";

/// A page in a language, as if its reader had chosen it.
fn told_in<P: Page>(renderer: &Renderer, page: &P, language: &str) -> String {
    let mut context = serde_json::to_value(page).unwrap();
    let direction = if language == "ar" { "rtl" } else { "ltr" };
    let place = match context.get_mut("publication") {
        Some(publication) => publication,
        None => &mut context,
    };
    place["language"] = json!(language);
    place["direction"] = json!(direction);
    renderer.fill(P::TEMPLATE, &context).unwrap()
}

fn all_told_in(renderer: &Renderer, language: &str) -> Vec<(&'static str, String)> {
    fn page<P: Page>(renderer: &Renderer, page: &P, language: &str) -> (&'static str, String) {
        (P::TEMPLATE, told_in(renderer, page, language))
    }
    let mut all = vec![
        page(renderer, &SignUpPage::sample(), language),
        page(renderer, &SignUpPage::wrong_sample(), language),
        page(renderer, &SignUpPage::asked_sample(), language),
        page(renderer, &CheckInboxPage::sample(), language),
        page(renderer, &ConfirmPage::sample(), language),
        page(
            renderer,
            &ConfirmPage::sample().when(ConfirmState::Expired),
            language,
        ),
        page(
            renderer,
            &ConfirmPage::sample().when(ConfirmState::Ended),
            language,
        ),
        page(renderer, &ConfirmedPage::sample(), language),
        page(renderer, &LeavePage::sample(), language),
        page(renderer, &GoodbyePage::sample(), language),
        page(renderer, &ReturnedPage::sample(), language),
        page(
            renderer,
            &NeverMailPage::sample(NeverMailState::Open),
            language,
        ),
        page(
            renderer,
            &NeverMailPage::sample(NeverMailState::Stopped),
            language,
        ),
        page(
            renderer,
            &NeverMailPage::sample(NeverMailState::StoppedByOthers),
            language,
        ),
        page(
            renderer,
            &NeverMailPage::sample(NeverMailState::Undone),
            language,
        ),
        page(renderer, &PreferencesPage::sample(), language),
        page(renderer, &LinkPage::sample(), language),
        page(renderer, &LinkSentPage::sample(), language),
        page(renderer, &WhichPage::sample(), language),
        page(renderer, &DataPage::sample(), language),
        page(renderer, &ErasePage::sample(), language),
        page(renderer, &ErasedPage::sample(), language),
        page(renderer, &ArchivePage::sample(), language),
        page(renderer, &FramePage::sample(FrameState::Form), language),
        page(
            renderer,
            &FramePage::sample(FrameState::CheckInbox),
            language,
        ),
        page(renderer, &MessagePage::sample(), language),
    ];
    let moves = AddressPage::samples();
    all.extend(moves.iter().map(|shown| page(renderer, shown, language)));
    all
}

/// The words between the tags of a page, a line for each.
fn words(html: &str) -> String {
    let (_, body) = html.split_once("<title>").unwrap();
    let body = match (body.find("<style>"), body.find("</style>")) {
        (Some(from), Some(to)) => format!("{}{}", &body[..from], &body[to..]),
        _ => body.to_owned(),
    };
    let body: String = body
        .split("<script>")
        .map(|part| part.split_once("</script>").map_or(part, |(_, rest)| rest))
        .collect();
    let texts = body.split('<').map(|part| {
        let text = part.split_once('>').map_or(part, |(_, text)| text);
        text.trim()
    });
    texts
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_page_says_so_in_each_language() {
    let renderer = Renderer::new().unwrap();
    for language in ["de", "fr", "it", "es"] {
        let mut all = String::new();
        for (name, html) in all_told_in(&renderer, language) {
            let start = format!("<html lang=\"{language}\" dir=\"ltr\">");
            assert!(html.contains(&start), "{name}");
            all = format!("{all}== {name}\n{}\n\n", words(&html));
        }
        insta::assert_snapshot!(format!("pages_{language}"), all);
    }
}

#[test]
fn a_language_from_right_to_left_turns_the_page_and_falls_back_to_english() {
    let mut texts = Texts::new().unwrap();
    texts.add("ar", ARABIC).unwrap();
    let renderer = Renderer::with(texts).unwrap();
    for (name, html) in all_told_in(&renderer, "ar") {
        assert!(html.contains("<html lang=\"ar\" dir=\"rtl\">"), "{name}");
    }
    let page = told_in(&renderer, &SignUpPage::sample(), "ar");
    assert!(page.contains(">اشترك</button>"));
    assert!(page.contains("Latest headlines"));
    // An address is written from left to right wherever it stands.
    assert!(page.contains("dir=\"ltr\" autocomplete=\"email\""));
    let listed = renderer.languages();
    let names: Vec<&str> = listed.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "English",
            "Deutsch",
            "Français",
            "Italiano",
            "Español",
            "العربية"
        ]
    );
}

#[test]
fn the_zone_is_asked_for_by_the_script_that_is_allowed_and_in_words() {
    let renderer = Renderer::new().unwrap();
    let page = SignUpPage {
        asks_zone: true,
        ..SignUpPage::sample()
    };
    let script = format!("<script>{}</script>", super::pages::ZONE_SCRIPT);
    let mut said = String::new();
    for language in ["en", "de", "fr", "it", "es"] {
        let html = told_in(&renderer, &page, language);
        assert_eq!(html.matches("<script").count(), 1);
        let (before, _) = html.split_once(&script).unwrap();
        assert!(before.contains("id=\"timezone\" name=\"timezone\" value=\"\">"));
        said += &renderer.texts().say(language, "sign-up-zone", &[]);
        assert!(html.contains(&renderer.texts().say(language, "sign-up-zone", &[])));
        let zones = ZoneChoice::new(
            renderer.texts(),
            language,
            Some(chrono_tz::America::New_York),
            chrono_tz::Europe::Vienna,
        );
        let page = PreferencesPage {
            zones: Some(zones),
            ..PreferencesPage::sample()
        };
        let html = told_in(&renderer, &page, language);
        assert!(html.contains("<option value=\"America/New_York\" selected>New York</option>"));
        let select = html.split("<select id=\"timezone\"").nth(1).unwrap();
        let select = select.split("</select>").next().unwrap();
        assert_eq!(select.matches(" selected").count(), 1);
        assert!(html.len() < 60_000, "{}", html.len());
        let regions = html.split("<optgroup label=\"").skip(1);
        let regions: Vec<&str> = regions.filter_map(|r| r.split('"').next()).collect();
        said = format!("{said}\n{}\n", regions.join(", "));
    }
    insta::assert_snapshot!("zones", said);
}

#[test]
fn the_style_knows_no_left_and_right() {
    for line in super::pages::PAGE_CSS.lines() {
        for side in ["left", "right"] {
            assert!(!line.contains(side), "{line}");
        }
    }
}

#[test]
fn what_is_in_the_publications_language_says_so() {
    let renderer = Renderer::new().unwrap();
    let mut page = SignUpPage::sample();
    page.publication.own_language = "pt".into();
    let html = renderer.page(&page).unwrap();
    assert!(html.contains("<p class=\"promise\" lang=\"pt\">"));
    let headlines = page.headlines.len();
    assert_eq!(html.matches("lang=\"pt\">").count(), headlines + 2);
}

#[test]
fn the_mail_with_a_link_looks_as_agreed() {
    let mail = Renderer::new().unwrap().link(&LinkMail::sample()).unwrap();
    assert_eq!(mail.subject, "Your data: The Harbour Ledger");
    insta::assert_snapshot!("link_html", mail.html);
    insta::assert_snapshot!("link_text", mail.text);
}

#[test]
fn the_mail_of_alerts_tells_all_of_them() {
    let renderer = Renderer::new().unwrap();
    let mut mail = AlertMail::sample();
    let rendered = renderer.alert(&mail).unwrap();
    assert_eq!(
        rendered.subject,
        "2 alerts: the feed https://<news>.example/ of ledger is gone for good"
    );
    insta::assert_snapshot!("alert_text", rendered.text);
    assert!(
        rendered.html.contains("https:&#x2F;&#x2F;&lt;news&gt;")
            || rendered.html.contains("https://&lt;news&gt;")
    );
    mail.opened.truncate(1);
    let subject = |mail: &AlertMail| renderer.alert(mail).unwrap().subject;
    assert!(subject(&mail).starts_with("Alert: the feed"));
    mail.opened.clear();
    assert!(subject(&mail).starts_with("Still: ledger/daily"));
    mail.reminded.clear();
    assert!(subject(&mail).starts_with("Over: the webhook"));
}

#[test]
fn an_operators_mail_says_what_its_link_is_for() {
    let renderer = Renderer::new().unwrap();
    let mut mail = OperatorMail {
        site: "https://news.example".to_owned(),
        host: "news.example".to_owned(),
        url: "https://news.example/admin/welcome/w_Q4".to_owned(),
        email: "<ann>@ops.example".to_owned(),
        rights: "editor who may send".to_owned(),
        is_new: true,
        ends_at: "2026-11-25 07:00 UTC".to_owned(),
    };
    let invitation = renderer.operator(&mail).unwrap();
    assert_eq!(
        invitation.subject,
        "Choose your password for Paperround at news.example"
    );
    for body in [&invitation.text, &invitation.html] {
        assert!(body.contains("editor who may send"), "{body}");
        assert!(body.contains("welcome"), "{body}");
    }
    assert!(
        invitation
            .text
            .contains("\n\nhttps://news.example/admin/welcome/w_Q4\n\n")
    );
    assert!(!invitation.html.contains("<ann>"));
    mail.is_new = false;
    let reset = renderer.operator(&mail).unwrap();
    assert!(reset.subject.starts_with("Choose another password"));
    assert!(reset.text.contains("was taken away") && !reset.text.contains("editor"));
}
