//! What the first pages show.

use axum::http::StatusCode;
use paperround::domain::operator::Role;

use crate::support::TestApp;
use crate::support::browser::Browser;

#[tokio::test]
async fn today_shows_runs_outcomes_and_readers() {
    let app = TestApp::new().await;
    let mut browser = Browser::of(&app, "ann@ops.example", Role::Viewer).await;
    let empty = browser.get("/admin").await.body;
    assert!(
        empty.contains("There is no digest yet.")
            && empty.contains("No issue has been planned yet.")
    );
    assert!(empty.contains(">idle<") && empty.contains("No process sends or fetches"));

    app.readers((0..3).map(|n| format!("reader{n}@inbox.example")))
        .await;
    app.article("one", "A berth opens", &["energy"]).await;
    let digest = app.digest("daily", Some("0 7 * * *"), 1).await;
    let id = app.compose(&digest).await;
    let sending = browser.get("/admin").await.body;
    assert!(sending.contains(">sending 0 %<"), "{sending}");
    app.deliver().await.unwrap();
    assert_eq!(app.state(id).await.as_str(), "sent");
    let page = browser.get("/admin").await.body;
    assert!(
        page.contains("daily</a> No. 1") && page.contains(">sent<"),
        "{page}"
    );
    assert!(page.contains("<time datetime=\"2026-03-03T06:00:00Z\" title=\"Europe/Berlin\">Tue 3 Mar 2026, 07:00 CET</time>"), "{page}");
    assert!(page.contains(
        "<th scope=\"row\">The Harbour Ledger</th><td class=\"n\" data-label=\"Active\">3</td><td class=\"n\" data-label=\"Pending\">0</td>"
    ));
    assert!(page.contains(">works<"));
}

#[tokio::test]
async fn one_searches_and_switches_publications() {
    let app = TestApp::new().await;
    let new = crate::support::new_publication("evening", "The Evening <e@ledger.example>");
    paperround::services::manage_publication::create(&app.deps, new)
        .await
        .unwrap();
    app.readers(["ada@inbox.example".to_owned()].into_iter())
        .await;
    app.digest("daily", None, 1).await;
    let mut browser = Browser::of(&app, "ann@ops.example", Role::Viewer).await;
    let found = browser.get("/admin/search?q=ADA").await.body;
    assert!(
        found.contains("ada@inbox.example") && found.contains(">confirmed<"),
        "{found}"
    );
    assert!(
        browser
            .get("/admin/search?q=dai")
            .await
            .body
            .contains(">by hand<")
    );
    let none = browser.get("/admin/search?q=%3Cb%3E").await.body;
    assert!(none.contains("Nothing begins with") && !none.contains("<b>"));

    let switched = browser.get("/admin/switch?publication=evening").await;
    assert_eq!(switched.location(), "/admin");
    let page = browser.follow(&switched).await.body;
    assert!(
        page.contains("<option value=\"evening\" selected>"),
        "{page}"
    );
    let unknown = browser.get("/admin/switch?publication=nowhere").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
