//! Links of articles: counted steps, and what site statistics are told.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::Duration;
use paperround::domain::ids::IssueId;
use paperround::domain::operator::Role;
use paperround::domain::publication::Publication;
use paperround::services::manage_publication;
use paperround::store::clicks::{self, Clicks};

use crate::support::browser::Browser;
use crate::support::{Answer, TestApp};

const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";

async fn change(app: &TestApp, change: impl FnOnce(&mut Publication)) {
    let changed = manage_publication::update(&app.deps, "ledger", |publication| {
        change(publication);
        Ok(())
    });
    changed.await.unwrap();
}

async fn counted(app: &TestApp, id: IssueId) -> Vec<Clicks> {
    let mut tx = app.deps.store.read().await.unwrap();
    clicks::of_issue(&mut tx, id).await.unwrap()
}

/// Follows a link as somebody.
async fn follow(app: &TestApp, link: &str, address: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(link);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.request_from(address, request.body(Body::empty()).unwrap())
        .await
}

/// The counted links of the newest mail to a reader, each once.
fn links(app: &TestApp, reader: &str) -> Vec<String> {
    let text = app.newest(reader).text().unwrap();
    let mut found: Vec<String> = text
        .split_whitespace()
        .filter_map(|word| word.split_once("/click/"))
        .map(|(_, token)| format!("/click/{token}"))
        .collect();
    found.sort();
    found.dedup();
    found
}

#[tokio::test]
async fn people_are_counted_once_and_programs_are_not() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "").await;
    change(&app, |p| p.links.count_clicks = true).await;
    app.article("one", "A berth opens", &[]).await;
    let digest = app.digest("daily", None, 1).await;
    let id = app.send(&digest).await;
    let link = &links(&app, "ada@inbox.example")[0];

    let person = [("user-agent", PERSON)];
    let followed = follow(&app, link, "203.0.113.7", &person).await;
    assert_eq!(followed.status, StatusCode::SEE_OTHER);
    assert_eq!(followed.location(), "https://ledger.example/one");
    assert_eq!(followed.headers["cache-control"], "no-store");
    follow(&app, link, "203.0.113.7", &person).await;
    follow(&app, link, "203.0.113.8", &person).await;
    follow(&app, link, "203.0.113.9", &[("user-agent", "curl/8")]).await;
    let ahead = [
        ("user-agent", PERSON),
        ("sec-purpose", "prefetch;prerender"),
    ];
    follow(&app, link, "203.0.113.10", &ahead).await;
    let head = Request::head(link.as_str()).header("user-agent", PERSON);
    app.request_from("203.0.113.11", head.body(Body::empty()).unwrap())
        .await;

    let found = counted(&app, id).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].title, "A berth opens");
    assert_eq!((found[0].followed, found[0].counted), (5, 2));
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let page = viewer.get(&format!("/admin/issues/{id}")).await.body;
    assert!(
        page.contains("<td class=\"n\">2</td><td class=\"n\">5</td>"),
        "{page}"
    );
    app.advance(Duration::days(1));
    follow(&app, link, "203.0.113.7", &person).await;
    assert_eq!(counted(&app, id).await[0].counted, 3, "on another day");
}

#[tokio::test]
async fn whoever_follows_all_links_at_once_is_a_program() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "").await;
    change(&app, |p| p.links.count_clicks = true).await;
    for n in 0..6 {
        app.article(
            &format!("a{n}"),
            &format!("Story number {n} of the day"),
            &[],
        )
        .await;
    }
    let digest = app.digest("daily", None, 1).await;
    let id = app.send(&digest).await;
    let all = links(&app, "ada@inbox.example");
    assert_eq!(all.len(), 6);
    for link in &all {
        follow(&app, link, "203.0.113.7", &[("user-agent", PERSON)]).await;
    }
    let found = counted(&app, id).await;
    let sum = |of: fn(&Clicks) -> i64| found.iter().map(of).sum::<i64>();
    assert_eq!((sum(|c| c.followed), sum(|c| c.counted)), (6, 3));
}

#[tokio::test]
async fn a_link_leads_nowhere_else_and_nothing_is_counted_unless_asked_for() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "").await;
    app.article("one", "A berth opens", &[]).await;
    let digest = app.digest("daily", None, 1).await;
    app.send(&digest).await;
    assert_eq!(links(&app, "ada@inbox.example"), [""; 0]);
    assert!(
        app.newest("ada@inbox.example")
            .text()
            .unwrap()
            .contains("https://ledger.example/one")
    );
    for token in ["x", "AAAA", "%2e%2e", &"A".repeat(64)] {
        let refused = app.get(&format!("/click/{token}")).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{token}");
    }
    assert_eq!(app.rows("clicks").await, 0);
}

#[tokio::test]
async fn site_statistics_know_where_readers_come_from() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "").await;
    change(&app, |p| p.links.utm_source = "ledger".parse().unwrap()).await;
    app.article("one", "A berth opens", &[]).await;
    let digest = app.digest("daily", None, 1).await;
    app.send(&digest).await;
    let plain =
        "https://ledger.example/one?utm_source=ledger&utm_medium=email&utm_campaign=daily-1";
    let text = app.newest("ada@inbox.example").text().unwrap();
    assert!(text.contains(plain), "{text}");

    change(&app, |p| p.links.count_clicks = true).await;
    app.article("two", "A crane falls down", &[]).await;
    app.send(&digest).await;
    let link = &links(&app, "ada@inbox.example")[0];
    let followed = app.get(link).await;
    assert_eq!(
        followed.location(),
        "https://ledger.example/two?utm_source=ledger&utm_medium=email&utm_campaign=daily-2"
    );
}
