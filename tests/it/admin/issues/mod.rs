//! Issues in the pages: seen, followed, stopped, ended and tried again.

mod control;
mod follow;
mod ledger;
mod rate;

use std::sync::Arc;

use axum::http::StatusCode;
use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::{Action, ReceivedMail, Script};
use paperround::domain::ids::IssueId;
use paperround::domain::operator::Role;
use paperround::services::plan_issue;

use crate::support::TestApp;
use crate::support::browser::Browser;

/// Refuses whoever is called `gone`, and puts off whoever is called `full`.
struct Choosy(Mailbox);

impl Script for Choosy {
    fn on_rcpt(&self, to: &str) -> Action {
        if to.starts_with("gone") {
            return Action::Reply(550, format!("5.1.1 <{to}>: no such user"));
        }
        if to.starts_with("full") {
            return Action::Reply(452, "4.2.2 mailbox full".to_owned());
        }
        Action::Accept
    }

    fn on_message(&self, mail: &ReceivedMail) -> Action {
        self.0.keep(mail.clone());
        Action::Accept
    }
}

/// An issue that is composed and about to be sent.
async fn composed(names: impl Iterator<Item = String>) -> (TestApp, IssueId) {
    let mailbox = Mailbox::new();
    let app = TestApp::with(Arc::new(Choosy(mailbox.clone())), mailbox, |_| {}).await;
    app.readers(names.map(|name| format!("{name}@inbox.example")))
        .await;
    app.article("one", "A berth opens", &["energy"]).await;
    let daily = app.digest("daily", None, 1).await;
    let id = app.compose(&daily).await;
    (app, id)
}

fn named(names: &[&str]) -> impl Iterator<Item = String> {
    names
        .iter()
        .map(|name| (*name).to_owned())
        .collect::<Vec<_>>()
        .into_iter()
}

fn next_url(body: &str) -> String {
    let (before, _) = body.split_once("\" rel=\"next\"").unwrap();
    let (_, url) = before.rsplit_once("href=\"").unwrap();
    url.replace("&amp;", "&")
}

#[tokio::test]
async fn issues_are_listed_filtered_and_paged() {
    let (app, id) = composed(named(&["ada", "gone"])).await;
    app.deliver().await.unwrap();
    let digest = app.digest("weekly", None, 1).await;
    for _ in 0..30 {
        app.advance(chrono::Duration::minutes(1));
        plan_issue::by_hand(&app.deps, &digest, None).await.unwrap();
    }
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let first = viewer.get("/admin/issues").await.body;
    assert_eq!(first.matches("<th scope=\"row\">").count(), 25);
    assert!(!first.contains("daily No. 1"), "the oldest comes last");
    let second = viewer.get(&next_url(&first)).await.body;
    assert_eq!(second.matches("<th scope=\"row\">").count(), 6);
    assert!(!second.contains("rel=\"next\""));
    assert!(second.contains(&format!("<a href=\"/admin/issues/{id}\">daily No. 1</a>")));
    // Planned at 08:00:01 UTC, which is nine in Berlin.
    assert!(second.contains("Mon 2 Mar 2026, 09:00 CET"), "{second}");
    assert!(
        second.contains(
            "\"Recipients\">2</td><td class=\"n\" data-label=\"Sent\">1</td><td class=\"n\" data-label=\"Failed\">1</td>"
        ),
        "{second}"
    );

    for (query, rows) in [
        ("publication=ledger&digest=daily", 1),
        ("state=sent+with+failures", 1),
        ("publication=ledger&digest=weekly&state=sent", 0),
    ] {
        let page = viewer.get(&format!("/admin/issues?{query}")).await.body;
        assert_eq!(page.matches("<th scope=\"row\">").count(), rows, "{query}");
    }
    let nonsense = viewer.get("/admin/issues?before=yesterday").await;
    assert_eq!(nonsense.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_issue_tells_what_failed_and_why() {
    let (app, id) = composed(named(&["ada", "gone1", "gone2", "full"])).await;
    app.deliver().await.unwrap();
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let page = viewer.get(&format!("/admin/issues/{id}")).await.body;
    assert!(page.contains("A berth opens"), "{page}");
    assert!(
        page.contains("<td>550 5.1.1 … no such user</td><td class=\"n\">2</td>"),
        "replies that name readers are one: {page}"
    );
    assert!(
        page.contains("<td>inbox.example</td><td class=\"n\">1</td>"),
        "{page}"
    );
    assert!(page.contains("https://news.example/ledger/archive/daily-1"));
    assert!(page.contains(&format!("data-live=\"/admin/issues/{id}/events\"")));
    assert!(
        !page.contains("What you can do"),
        "a viewer has no buttons: {page}"
    );

    let frame = format!("/admin/issues/{id}/preview");
    let mail = viewer.get(&frame).await;
    let policy = mail.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("sandbox; default-src 'none'"),
        "{policy}"
    );
    assert_eq!(mail.headers["x-frame-options"], "SAMEORIGIN");
    assert!(mail.body.contains("A berth opens"));
    let (_, rest) = page.split_once("/preview?edition=").unwrap();
    let edition = rest.split('&').next().unwrap();
    let edition = edition.split('"').next().unwrap();
    let text = viewer
        .get(&format!("{frame}?edition={edition}&part=text"))
        .await;
    assert_eq!(text.headers["content-type"], "text/plain; charset=utf-8");
    assert!(text.body.contains("A berth opens") && !text.body.contains("<p"));
    for path in [
        format!("{frame}?edition={id}"),
        format!("/admin/issues/{edition}"),
        "/admin/issues/nonsense".to_owned(),
    ] {
        assert_eq!(viewer.get(&path).await.status, StatusCode::NOT_FOUND);
    }
}
