//! The archive: pages and feed for everybody, and nothing of a reader.

use axum::body::Body;
use axum::http::Request;
use chrono::Duration;
use paperround::feeds::parse;

use crate::support::{Answer, TestApp};

async fn setting() -> TestApp {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    app.subscribe("ada@inbox.example", "&topics=energy&language=fr")
        .await;
    app.article("wind", "Wind & waves <grow>", &["energy"])
        .await;
    app.send(&daily).await;
    app.advance(Duration::hours(24));
    app.article("two", "A second story", &["energy"]).await;
    app.send(&daily).await;
    app
}

async fn get_with(app: &TestApp, path: &str, name: &str, value: &str) -> Answer {
    let request = Request::get(path).header(name, value);
    let request = request.body(Body::empty()).unwrap();
    app.request_from("203.0.113.7", request).await
}

fn header(answer: &Answer, name: &str) -> String {
    answer.headers[name].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_feed_lists_the_issues() {
    let app = setting().await;
    let answer = app.get("/ledger/archive.xml").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        header(&answer, "content-type"),
        "application/atom+xml; charset=utf-8"
    );
    insta::assert_snapshot!(answer.body);
    let feed = parse::parse(answer.body.as_bytes(), None).unwrap();
    let titles: Vec<&str> = feed.entries.iter().map(|e| e.title.as_str()).collect();
    assert_eq!(titles, ["A second story", "Wind & waves <grow>"]);
    assert_eq!(app.get(&feed.entries[1].url).await.status, 200);
    assert_eq!(app.get("/nobody/archive.xml").await.status, 404);
}

#[tokio::test]
async fn who_has_it_already_gets_no_copy() {
    let app = setting().await;
    for path in [
        "/ledger/archive",
        "/ledger/archive.xml",
        "/ledger/archive/daily-1",
    ] {
        let first = app.get(path).await;
        let tag = header(&first, "etag");
        let second = get_with(&app, path, "if-none-match", &tag).await;
        assert_eq!(
            (second.status.as_u16(), second.body.as_str()),
            (304, ""),
            "{path}"
        );
        assert_eq!(header(&second, "etag"), tag);
        let other = get_with(&app, path, "if-none-match", "\"other\"").await;
        assert_eq!(other.status, 200);
    }
    let first = app.get("/ledger/archive/daily-1").await;
    let since = header(&first, "last-modified");
    let second = get_with(&app, "/ledger/archive/daily-1", "if-modified-since", &since).await;
    assert_eq!(second.status, 304);
}

#[tokio::test]
async fn every_edition_names_one_page() {
    let app = setting().await;
    let canonical = "<link rel=\"canonical\" href=\"https://news.example/ledger/archive/daily-1\">";
    for path in [
        "/ledger/archive/daily-1",
        "/ledger/archive/daily-1?topics=energy&lang=fr",
    ] {
        let page = app.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.body.matches("rel=\"canonical\"").count(), 1);
        assert!(page.body.contains(canonical), "{path}");
        assert!(
            page.body
                .contains("https://news.example/ledger/archive.xml")
        );
        for secret in ["ada@inbox.example", "/unsubscribe/", "/preferences/"] {
            assert!(!page.body.contains(secret), "{path}: {secret}");
        }
    }
}

#[tokio::test]
async fn a_long_archive_has_pages() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    app.subscribe("ada@inbox.example", "").await;
    for n in 1..=31 {
        app.advance(Duration::hours(24));
        let (slug, title) = (format!("story-{n}"), format!("Berth {n} opens to all"));
        app.article(&slug, &title, &["energy"]).await;
        app.compose(&daily).await;
    }
    let first = app.get("/ledger/archive").await;
    assert_eq!(first.body.matches("archive/daily-").count(), 30);
    assert!(first.body.contains("archive/daily-31\"") && !first.body.contains("archive/daily-1\""));
    assert!(
        first.body.contains("href=\"/ledger/archive?page=2\"")
            && !first.body.contains("rel=\"prev\"")
    );
    let second = app.get("/ledger/archive?page=2").await;
    assert_eq!(second.body.matches("archive/daily-").count(), 1);
    assert!(second.body.contains("archive/daily-1\"") && !second.body.contains("rel=\"next\""));
    let own = "<link rel=\"canonical\" href=\"https://news.example/ledger/archive?page=2\">";
    assert!(second.body.contains(own));
    assert_eq!(app.get("/ledger/archive?page=3").await.status, 404);
    for odd in ["0", "-1", "x", ""] {
        let page = app.get(&format!("/ledger/archive?page={odd}")).await;
        assert_eq!(page.status, 200, "{odd}");
    }
    // The sign-up page shows the latest as a sample.
    let form = app.get("/ledger").await;
    assert!(form.body.contains("A sample issue:") && form.body.contains("archive/daily-31\""));
}
