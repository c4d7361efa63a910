//! What would go out, on any day and as any reader; and the mail that tests a digest.

use chrono::Duration;
use paperround::domain::digest::Digest;
use paperround::domain::email_address::EmailAddress;
use paperround::domain::suppression::SuppressionReason;
use paperround::services::preview_digest::{self, Eyes, Preview, PreviewError};
use paperround::services::{suppress, test_digest};
use paperround::store::{editions, issues};

use crate::support::TestApp;

async fn preview(
    app: &TestApp,
    digest: &Digest,
    at: Option<&str>,
    reader: Option<&str>,
) -> Result<Preview, PreviewError> {
    let reader: Option<EmailAddress> = reader.map(|email| email.parse().unwrap());
    let at = at.map(|at| at.parse().unwrap());
    let publication = app.publication.clone();
    let eyes = Eyes::of(reader.as_ref());
    preview_digest::digest(&app.deps, publication, digest.clone(), at, eyes).await
}

async fn setting() -> (TestApp, Digest) {
    let app = TestApp::new().await;
    let daily = app
        .digest_with("daily", |digest| {
            digest.rules.subject = Some("{{ headline }} ({{ number }})".into());
            digest.rules.intro = "Good *morning*.".into();
        })
        .await;
    app.subscribe("all@inbox.example", "").await;
    app.subscribe("energy@inbox.example", "&topics=energy&language=fr")
        .await;
    app.subscribe("retail@inbox.example", "&topics=retail")
        .await;
    app.article("wind", "Wind power grows", &["energy"]).await;
    app.article("bonds", "Bonds fall", &["markets"]).await;
    (app, daily)
}

#[tokio::test]
async fn a_preview_is_what_goes_out() {
    let (app, daily) = setting().await;
    app.advance(Duration::seconds(1));
    let everything = preview(&app, &daily, None, None).await.unwrap();
    let reader = preview(&app, &daily, None, Some("energy@inbox.example"))
        .await
        .unwrap();
    app.advance(Duration::seconds(-1));
    let id = app.send(&daily).await;
    let mut tx = app.deps.store.read().await.unwrap();
    for (preview, key) in [(&everything, ""), (&reader, "fr:energy")] {
        let sent = editions::of_key(&mut tx, id, key).await.unwrap().unwrap();
        assert_eq!(preview.edition.subject, sent.subject);
        assert_eq!(preview.edition.html, sent.html);
        assert_eq!(preview.edition.text, sent.text);
    }
    assert_eq!(everything.edition.subject, "Bonds fall (1)");
    assert_eq!((everything.articles, reader.articles), (2, 1));
    let html = reader.html();
    assert!(html.contains("energy@inbox.example") && html.contains("Good <em>morning</em>"));
    assert!(!html.contains("/unsubscribe/") && !html.contains("/preferences/"));
}

#[tokio::test]
async fn a_preview_stores_nothing() {
    let (app, daily) = setting().await;
    preview(&app, &daily, None, None).await.unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    assert!(issues::list(&mut tx, None, 10).await.unwrap().is_empty());
    drop(tx);
    let id = app.send(&daily).await;
    assert_eq!(app.issue(id).await.0.number, Some(1));
}

#[tokio::test]
async fn the_whole_message_can_be_read_by_a_mail_program() {
    let (app, daily) = setting().await;
    let made = preview(&app, &daily, None, Some("energy@inbox.example"))
        .await
        .unwrap();
    let message = String::from_utf8(made.message(&app.deps).unwrap()).unwrap();
    for field in [
        "From: ",
        "To: energy@inbox.example",
        "Subject: Wind power grows (1)",
        "List-Id: ",
        "Message-ID: <",
        "multipart/alternative",
    ] {
        assert!(message.contains(field), "{field}: {message}");
    }
}

#[tokio::test]
async fn other_days_show_what_they_saw() {
    let (app, daily) = setting().await;
    app.send(&daily).await;
    app.advance(Duration::hours(24));
    app.article("port", "The port closes", &["energy"]).await;
    // The day before, at ten: as it went out.
    let monday = preview(&app, &daily, Some("2026-03-02T08:00:00Z"), None)
        .await
        .unwrap();
    assert_eq!(
        (monday.edition.subject.as_str(), monday.articles),
        ("Bonds fall (1)", 2)
    );
    let before = preview(&app, &daily, Some("2026-03-02T07:00:00Z"), None).await;
    assert!(matches!(before, Err(PreviewError::Nothing(reason)) if reason == "nothing new"));
    // Tomorrow, with what is known today; and when that is old.
    let tomorrow = preview(&app, &daily, Some("2026-03-04T06:00:00Z"), None)
        .await
        .unwrap();
    assert_eq!(tomorrow.edition.subject, "The port closes (2)");
    assert!(tomorrow.text().contains("4 March 2026"));
    let late = preview(&app, &daily, Some("2026-03-20T06:00:00Z"), None).await;
    assert!(matches!(late, Err(PreviewError::Nothing(_))));
}

#[tokio::test]
async fn says_why_there_is_nothing_to_see() {
    let (app, daily) = setting().await;
    let retail = preview(&app, &daily, None, Some("retail@inbox.example")).await;
    let text = retail.unwrap_err().to_string();
    assert!(
        text.contains("no new article in the chosen topics"),
        "{text}"
    );
    let stranger = preview(&app, &daily, None, Some("eve@inbox.example")).await;
    let text = stranger.unwrap_err().to_string();
    assert!(
        text.contains("eve@inbox.example is not subscribed"),
        "{text}"
    );
}

#[tokio::test]
async fn a_test_mail_is_marked_and_harmless() {
    let (app, daily) = setting().await;
    let to: EmailAddress = "editor@ledger.example".parse().unwrap();
    let test = async || {
        let publication = app.publication.clone();
        test_digest::send(&app.deps, publication, daily.clone(), &to).await
    };
    assert!(!test().await.unwrap().is_old);
    let mail = app.newest("editor@ledger.example");
    assert_eq!(mail.subject(), "[Test] Bonds fall (1)");
    assert_eq!(
        mail.header("List-Unsubscribe").as_deref(),
        Some("<https://news.example/ledger#preview>")
    );
    let source = mail.html().unwrap() + &mail.text().unwrap();
    assert!(source.contains("editor@ledger.example"));
    assert!(!source.contains("/unsubscribe/") && !source.contains("/preferences/"));

    // Without news it has the latest articles, and nothing counts as sent.
    app.send(&daily).await;
    assert!(test().await.unwrap().is_old);
    assert_eq!(
        app.newest("editor@ledger.example").subject(),
        "[Test] Bonds fall (2)"
    );

    suppress::add(&app.deps, &to, SuppressionReason::Manual, None)
        .await
        .unwrap();
    assert!(test().await.unwrap_err().to_string().contains("suppressed"));
}
