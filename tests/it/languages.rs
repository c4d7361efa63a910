//! Readers are spoken to in their language, from the form to leaving.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use paperround::services::consent;
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
