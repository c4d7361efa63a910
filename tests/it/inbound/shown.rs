//! Where operators see what came back.

use axum::http::StatusCode;
use paperround::domain::operator::Role;

use super::*;
use crate::support::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn what_came_back_stands_with_issue_reader_and_publication() {
    let app = service(|_| {}).await;
    let (_, issue, mail) = sent(&app).await;
    let mut client = Client::connect(&app).await;
    let from = mail.envelope().from.clone();
    client.hand_over("", &from, &report("4.2.2", FULL)).await;
    client.hand_over("", &from, &report("5.1.1", GONE)).await;
    let to = format!("feedback@{DOMAIN}");
    client.hand_over("", &to, &complaint(&mail)).await;

    let shown = app
        .program()
        .args(["issue", "show", &issue.to_string(), "--json"])
        .output();
    let shown: serde_json::Value = serde_json::from_slice(&shown.unwrap().stdout).unwrap();
    // One mail, which counts for the worst that is known of it.
    let bounces = serde_json::json!({ "hard": 1, "soft": 0, "complaints": 1 });
    assert_eq!(shown["bounces"], bounces);

    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let page = viewer.get(&format!("/admin/issues/{issue}")).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "What came back",
        "hard: mailbox-unknown",
        "complaint of the reader",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let page = viewer.get("/admin/p/ledger/statistics").await.body;
    let sums = "Hard bounces: 1; soft bounces: 1; complaints: 1.";
    assert!(
        page.contains(sums) && page.contains("inbox.example"),
        "{page}"
    );
    let id = subscriber(&app).await.id;
    let page = viewer.get(&format!("/admin/readers/{id}")).await.body;
    for text in [
        "daily No. 1 came back (hard, mailbox-unknown)",
        "daily No. 1 came back (soft, mailbox-full)",
        "complained of daily No. 1",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}
