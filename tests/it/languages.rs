//! Readers are spoken to in their language, from the form to leaving.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use paperround::domain::publication::Publication;
use paperround::domain::token::{Link, Purpose};
use paperround::services::{consent, manage_publication};
use paperround::store::{consents, subscribers, subscriptions};

use crate::support::{Answer, TestApp};

async fn asking(app: &TestApp, path: &str, accepted: &str) -> Answer {
    let request = Request::get(path)
        .header("accept-language", accepted)
        .body(Body::empty())
        .unwrap();
    app.request_from("203.0.113.7", request).await
}

fn is_in(answer: &Answer, language: &str) -> bool {
    answer
        .body
        .contains(&format!("<html lang=\"{language}\" dir=\"ltr\">"))
}

#[tokio::test]
async fn a_page_is_in_the_language_chosen_or_accepted_or_the_publications() {
    let app = TestApp::new().await;
    for (path, accepted, language) in [
        ("/ledger", "", "en"),
        ("/ledger", "it-CH,de;q=0.8", "it"),
        ("/ledger", "pt;q=0.9,fr;q=0.5", "fr"),
        ("/ledger?lang=es", "it", "es"),
        ("/ledger?lang=nonsense", "de", "de"),
        ("/ledger/archive", "de", "de"),
        ("/nowhere", "de", "de"),
        ("/confirm/nonsense", "fr", "fr"),
    ] {
        let page = asking(&app, path, accepted).await;
        assert!(is_in(&page, language), "{path} {accepted}");
    }
    let page = asking(&app, "/ledger", "it").await;
    assert!(page.body.contains("name=\"lang\" value=\"it\""));
}

/// What is kept as the reader's language.
async fn told(app: &TestApp, email: &str) -> Option<String> {
    let mut tx = app.deps.store.read().await.unwrap();
    let email = email.parse().unwrap();
    let found = subscribers::find_by_email(&mut tx, &email).await;
    let reader = found.unwrap().unwrap();
    let found = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id());
    found.await.unwrap().unwrap().language
}

#[tokio::test]
async fn the_publications_own_language_is_kept_only_where_a_reader_tells_it() {
    let app = TestApp::new().await;
    for (name, form, kept) in [
        ("page", "&lang=en", None),
        ("other", "&lang=de", Some("de")),
        ("form", "&language=en-GB", Some("en-GB")),
        ("rare", "&language=pt&lang=de", Some("pt")),
    ] {
        let email = format!("{name}@inbox.example");
        app.subscribe(&email, form).await;
        assert_eq!(told(&app, &email).await.as_deref(), kept, "{name}");
    }
}

#[tokio::test]
async fn a_language_is_remembered_from_the_form_to_leaving_and_can_be_changed() {
    let app = TestApp::new().await;
    app.digest("daily", Some("0 7 * * mon-fri"), 1).await;
    app.digest("weekly", Some("0 9 * * sun"), 1).await;
    let form = "email=ada%40inbox.example&lang=it&frequency=daily";
    assert!(is_in(&app.post("/ledger/subscribe", form).await, "it"));
    app.send_notices().await;
    let link = app.link("ada@inbox.example", "/confirm/");
    // The browser behind the link may be another one.
    assert!(is_in(&asking(&app, &link, "en").await, "it"));
    let confirmed = app.post(&link, "").await;
    assert!(is_in(&confirmed, "it") && confirmed.body.contains("alle 7:00"));
    let (_, rest) = confirmed.body.split_once("/preferences/").unwrap();
    let token = rest.split('"').next().unwrap();
    let preferences = format!("/preferences/{token}");
    let page = asking(&app, &preferences, "en").await;
    assert!(is_in(&page, "it") && page.body.contains("dal lunedì al venerdì"));

    let saved = app.post(&preferences, "language=fr&frequency=daily").await;
    assert!(is_in(&saved, "fr") && saved.body.contains("du lundi au vendredi"));
    let (_, rest) = saved.body.split_once("/unsubscribe/").unwrap();
    let leave = format!("/unsubscribe/{}", rest.split('"').next().unwrap());
    assert!(is_in(&app.get(&leave).await, "fr"));
    assert_eq!(told(&app, "ada@inbox.example").await.as_deref(), Some("fr"));
    let wrong = app.post(&preferences, "language=xx").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Nous ne connaissons pas cette langue."));
    assert!(is_in(&app.post(&leave, "").await, "fr"));
    let back = app.post(&leave, "action=undo&lang=de").await;
    assert!(is_in(&back, "de") && back.body.contains("Willkommen zurück"));
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_language_of_the_form() {
    let app = TestApp::new().await;
    let page = app.post("/ledger/subscribe", "email=ada&lang=de").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("Eine E-Mail-Adresse braucht ein @"));
    let json = Request::post("/ledger/subscribe")
        .header("content-type", "application/json")
        .header("accept-language", "es")
        .body(Body::from(r#"{"email":"a@b.org","topics":["weather"]}"#))
        .unwrap();
    let refused = app.request_from("203.0.113.8", json).await;
    assert!(refused.body.contains("Uno de los temas no está disponible"));
}

#[tokio::test]
async fn the_evidence_is_the_text_that_was_shown() {
    let app = TestApp::new().await;
    app.post("/ledger/subscribe", "email=a%40inbox.example&lang=it")
        .await;
    app.post("/ledger/subscribe", "email=b%40inbox.example")
        .await;
    app.take_in().await;
    let mut versions = Vec::new();
    for email in ["a@inbox.example", "b@inbox.example"] {
        let mut tx = app.deps.store.read().await.unwrap();
        let reader = subscribers::find_by_email(&mut tx, &email.parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        let found = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id())
            .await
            .unwrap()
            .unwrap();
        let evidence = consents::list(&mut tx, found.id).await.unwrap();
        versions.push(evidence[0].text_version.clone().unwrap());
    }
    let texts = app.deps.renderer.texts();
    let version = |language| consent::version(&consent::text(texts, language, &app.publication));
    assert_eq!(versions, [version("it"), version("en")]);
}

#[tokio::test]
async fn the_confirmation_is_in_the_language_of_the_sign_up() {
    let app = TestApp::new().await;
    for (language, subject) in [
        ("it", "Confermi la Sua iscrizione"),
        ("de-AT", "Bitte bestätigen Sie Ihr Abonnement"),
        ("pt", "Confirm your subscription"),
    ] {
        let email = format!("{language}@inbox.example");
        let form = format!("email={language}%40inbox.example&language={language}");
        app.post("/ledger/subscribe", &form).await;
        app.send_notices().await;
        let mail = app.newest(&email);
        let found = mail.subject();
        assert!(found.contains(subject), "{language}: {found}");
    }
}

#[tokio::test]
async fn a_publication_offers_the_languages_that_it_names() {
    let app = TestApp::new().await;
    app.digest("daily", Some("0 7 * * mon-fri"), 1).await;
    let offer = async |own: &str, languages: &[&str]| {
        manage_publication::update(&app.deps, "ledger", |publication| {
            own.clone_into(&mut publication.language);
            publication.languages = languages.iter().map(ToString::to_string).collect();
            Ok(())
        })
        .await
    };
    // A reader from before, in a language that is not offered any more.
    app.subscribe("before@inbox.example", "&lang=it").await;
    assert!(app.get("/ledger").await.body.contains("hreflang=\"es\""));
    let made = offer("de", &["de-AT", "fr", "de"]).await.unwrap();
    assert_eq!(made.languages, ["de", "fr"]);

    let page = asking(&app, "/ledger", "it,fr;q=0.5").await;
    assert!(is_in(&page, "fr") && page.body.contains("hreflang=\"de\""));
    assert!(!page.body.contains("hreflang=\"es\""));
    assert!(is_in(&asking(&app, "/ledger?lang=it", "es").await, "de"));
    // The mail too, and what is kept is one of the languages that there are.
    app.post("/ledger/subscribe", "email=ada%40inbox.example&lang=it")
        .await;
    app.send_notices().await;
    let subject = app.newest("ada@inbox.example").subject();
    assert!(subject.contains("Bitte bestätigen"), "{subject}");
    assert!(is_in(
        &app.post(&app.link("ada@inbox.example", "/confirm/"), "")
            .await,
        "de"
    ));
    assert_eq!(told(&app, "ada@inbox.example").await, None);

    let link = preferences(&app, "before@inbox.example").await;
    let page = app.get(&link).await;
    assert!(is_in(&page, "de") && page.body.contains("<option value=\"fr\""));
    assert!(!page.body.contains("<option value=\"it\""));
    let wrong = app.post(&link, "language=es").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_in(&app.post(&link, "language=fr").await, "fr"));

    // One language is no choice.
    offer("de", &["de"]).await.unwrap();
    assert!(!app.get("/ledger").await.body.contains("hreflang"));
    assert!(!app.get(&link).await.body.contains("id=\"language\""));
    let error = offer("de", &["fr"]).await.unwrap_err().to_string();
    assert!(error.contains("\"de\", which has to be among"), "{error}");
    let error = offer("de", &["de", "pt"]).await.unwrap_err().to_string();
    assert!(error.contains("en, de, fr, it, es"), "{error}");
    // What is written in a language without texts is told in one of those that are named.
    offer("pt", &["es", "fr"]).await.unwrap();
    assert!(is_in(&asking(&app, "/ledger", "de").await, "es"));
}

/// A reader's own page.
async fn preferences(app: &TestApp, email: &str) -> String {
    let mut tx = app.deps.store.read().await.unwrap();
    let found = subscribers::find_by_email(&mut tx, &email.parse().unwrap()).await;
    let reader = found.unwrap().unwrap();
    let found = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id());
    let link = Link {
        purpose: Purpose::Preferences,
        subscription: found.await.unwrap().unwrap().id,
        delivery: None,
    };
    format!("/preferences/{}", app.deps.keys.sign(&link))
}

#[tokio::test]
async fn digests_keep_to_the_languages_that_are_offered() {
    let app = TestApp::new().await;
    let digest = app.digest("daily", None, 1).await;
    for (name, lang) in [("it", "it"), ("fr", "fr"), ("en", "en")] {
        app.subscribe(&format!("{name}@inbox.example"), &format!("&lang={lang}"))
            .await;
    }
    let narrow = |publication: &mut Publication| {
        publication.languages = vec!["en".to_owned(), "fr".to_owned()];
        Ok(())
    };
    manage_publication::update(&app.deps, "ledger", narrow)
        .await
        .unwrap();
    app.article("one", "Port opens", &[]).await;
    app.send(&digest).await;
    let text = |name: &str| app.newest(&format!("{name}@inbox.example")).text().unwrap();
    assert!(text("fr").contains("désabonner"), "{}", text("fr"));
    // The day of the sign-up is said as other dates are.
    let without_breaks = |name: &str| text(name).replace(['\n', '\r'], " ");
    assert!(
        without_breaks("fr").contains("(2 mars 2026)"),
        "{}",
        text("fr")
    );
    assert!(
        without_breaks("en").contains("(2 March 2026)"),
        "{}",
        text("en")
    );
    for name in ["it", "en"] {
        assert!(text(name).contains("Leave"), "{}", text(name));
    }
}
