//! The time zone of a reader: asked for only where it is of use, told by a script, chosen on the page
//! behind each mail.

use axum::http::StatusCode;
use chrono_tz::Tz;
use paperround::domain::token::{Link, Purpose};
use paperround::store::{digests, subscribers, subscriptions};

use crate::support::TestApp;

async fn with_local_digest(local: bool) -> TestApp {
    let app = TestApp::new().await;
    app.digest_with("daily", |digest| {
        digest.cron = Some("0 7 * * *".to_owned());
        digest.rules.local_time = local;
    })
    .await;
    app
}

/// The zone that is kept of a reader, and the reader's own page.
async fn kept(app: &TestApp, name: &str) -> (Option<Tz>, String) {
    let mut tx = app.deps.store.read().await.unwrap();
    let email = format!("{name}@inbox.example").parse().unwrap();
    let found = subscribers::find_by_email(&mut tx, &email).await;
    let reader = found.unwrap().unwrap();
    let found = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id());
    let subscription = found.await.unwrap().unwrap();
    let link = Link {
        purpose: Purpose::Preferences,
        subscription: subscription.id,
        delivery: None,
    };
    let page = format!("/preferences/{}", app.deps.keys.sign(&link));
    (subscription.timezone, page)
}

#[tokio::test]
async fn a_zone_that_is_of_no_use_is_neither_asked_for_nor_kept() {
    let app = with_local_digest(false).await;
    let page = app.get("/ledger").await.body;
    assert!(!page.contains("timezone") && !page.contains("<script"));
    app.subscribe("ann@inbox.example", "&timezone=Asia%2FTokyo")
        .await;
    let (zone, link) = kept(&app, "ann").await;
    assert_eq!(zone, None);
    assert!(!app.get(&link).await.body.contains("timezone"));
    app.post(&link, "timezone=Asia%2FTokyo").await;
    assert_eq!(kept(&app, "ann").await.0, None);
}

#[tokio::test]
async fn the_form_asks_by_a_script_that_the_policy_allows_and_no_zone_is_a_mistake() {
    let app = with_local_digest(true).await;
    let page = app.get("/ledger").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    let (_, script) = page.body.split_once("<script>").unwrap();
    let (script, _) = script.split_once("</script>").unwrap();
    let hash = {
        use base64::Engine as _;
        let hash = ring::digest::digest(&ring::digest::SHA256, script.as_bytes());
        base64::engine::general_purpose::STANDARD.encode(hash)
    };
    assert!(
        policy.contains(&format!("script-src 'sha256-{hash}' ")),
        "{policy}"
    );
    assert!(page.body.contains("Your browser tells us its time zone"));
    for (name, told, expected) in [
        ("tokyo", "&timezone=Asia%2FTokyo", Some(Tz::Asia__Tokyo)),
        (
            "kolkata",
            "&timezone=Asia%2FCalcutta",
            Some(Tz::Asia__Calcutta),
        ),
        ("mars", "&timezone=Mars%2FOlympus", None),
        ("noscript", "&timezone=", None),
        ("none", "", None),
    ] {
        app.subscribe(&format!("{name}@inbox.example"), told).await;
        assert_eq!(kept(&app, name).await.0, expected, "{name}");
    }
}

#[tokio::test]
async fn a_reader_chooses_a_zone_and_takes_it_back() {
    let app = with_local_digest(true).await;
    app.subscribe("ann@inbox.example", "&timezone=Asia%2FCalcutta")
        .await;
    let (_, link) = kept(&app, "ann").await;
    // A name that is not on the list stays chosen, so that saving something else keeps it.
    let page = app.get(&link).await.body;
    assert!(page.contains("<option value=\"Asia/Calcutta\" selected>Calcutta</option>"));
    assert!(page.contains("<option value=\"\">Berlin, as the sender has it</option>"));
    for (form, expected) in [
        ("timezone=America%2FNew_York", Some(Tz::America__New_York)),
        ("language=de", Some(Tz::America__New_York)),
        ("timezone=Mars%2FOlympus", Some(Tz::America__New_York)),
        ("timezone=", None),
        ("timezone=UTC", Some(Tz::UTC)),
    ] {
        let saved = app.post(&link, form).await;
        assert_eq!(saved.status, StatusCode::OK, "{form}");
        assert_eq!(kept(&app, "ann").await.0, expected, "{form}");
    }
    // The schedule looks earlier for a reader whose clocks are ahead, here of those of Calcutta.
    let look = async || {
        let mut tx = app.deps.store.read().await.unwrap();
        let all = digests::list(&mut tx, app.publication_id()).await.unwrap();
        all[0].look_at.unwrap()
    };
    let before = look().await;
    app.post(&link, "timezone=Pacific%2FAuckland").await;
    assert_eq!(before - look().await, chrono::TimeDelta::minutes(450));
    app.post(&link, "timezone=UTC").await;
    let page = app.get(&link).await.body;
    assert!(page.contains("<optgroup label=\"Indischer Ozean\">"));
    assert!(page.contains("<option value=\"UTC\" selected>UTC</option>"));
}
