//! Issues and their ledger.

use std::sync::Arc;

use axum::http::Method;
use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::{Action, ReceivedMail, Script};
use paperround::domain::api_token::Role;
use paperround::services::compose_issue;
use serde_json::{Value, json};

use super::{Program, field, header, other, problem, read};
use crate::support::TestApp;

/// Refuses whoever is called `gone`.
struct Choosy(Mailbox);

impl Script for Choosy {
    fn on_rcpt(&self, to: &str) -> Action {
        if to.starts_with("gone") {
            return Action::Reply(550, "5.1.1 =no such user".to_owned());
        }
        Action::Accept
    }

    fn on_message(&self, mail: &ReceivedMail) -> Action {
        self.0.keep(mail.clone());
        Action::Accept
    }
}

#[tokio::test]
async fn an_issue_tells_who_got_it_and_who_did_not() {
    let mailbox = Mailbox::new();
    let app = TestApp::with(Arc::new(Choosy(mailbox.clone())), mailbox, |_| {}).await;
    let editor = Program::new(&app, Role::Editor).await;
    let daily = app.digest("daily", None, 1).await;
    let names = ["ann", "bob", "gone", "eve"].map(|name| format!("{name}@inbox.example"));
    app.readers(names.into_iter()).await;
    app.article("port", "Port opens", &[]).await;
    let id = app.send(&daily).await;
    let path = format!("/issues/{id}");
    let shown = editor.get(&path).await;
    let issue = read(&shown);
    assert_eq!(issue["state"], "sent with failures");
    assert_eq!(
        (&issue["articles"], &issue["in_flight"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        issue["counts"],
        json!({
            "recipients": 4, "pending": 0, "sending": 0, "sent": 3, "deferred": 0, "failed": 1,
            "skipped": 0, "unknown": 0,
        })
    );
    let troubles = editor.seen(&format!("{path}/troubles")).await;
    assert_eq!(troubles["failed"][0]["mails"], 1);
    let said = troubles["failed"][0]["reply"].as_str().unwrap();
    assert!(said.contains("no such user"), "{said}");
    assert_eq!(troubles["deferred"], json!([]));
    let tag = header(&shown, "etag");
    let known = editor
        .call(Method::GET, &path, &[("if-none-match", tag)], &Value::Null)
        .await;
    assert_eq!(known.status.as_u16(), 304);

    let ledger = format!("{path}/deliveries");
    let all = editor.all(&ledger, 1, async || {}).await;
    assert_eq!(field(&all, "state"), ["sent", "sent", "failed", "sent"]);
    let failed = editor
        .all(&format!("{ledger}?state=failed"), 50, async || {})
        .await;
    assert_eq!(failed, [all[2].clone()]);
    assert!(failed[0]["reply"].as_str().unwrap().starts_with("550 "));
    let headers = [("accept", "text/csv")];
    let table = editor
        .call(
            Method::GET,
            &format!("{ledger}?state=failed"),
            &headers,
            &Value::Null,
        )
        .await;
    assert_eq!(
        header(&table, "content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    let lines: Vec<&str> = table.body.lines().collect();
    assert!(lines[0].starts_with("address,state,"), "{}", table.body);
    assert!(
        lines[1].starts_with("gone@inbox.example,failed,"),
        "{}",
        table.body
    );
    assert_eq!(lines.len(), 2);
    let whole = editor
        .call(Method::GET, &ledger, &headers, &Value::Null)
        .await;
    assert_eq!(whole.body.lines().count(), 5);
    problem(&editor.get(&format!("{ledger}?state=lost")).await, 400);
    problem(&editor.get(&format!("{ledger}?cursor=x")).await, 400);

    let preview = editor.seen(&format!("{path}/preview")).await;
    assert!(preview["html"].as_str().unwrap().contains("Port opens"));
    let retried = editor
        .done(&format!("{path}/retry-failed"), json!({ "unknown": true }))
        .await;
    assert_eq!(
        (&retried["retried"], &retried["issue"]["state"]),
        (&json!(1), &json!("sending"))
    );
    app.deliver().await.unwrap();
    assert_eq!(editor.seen(&path).await["counts"]["failed"], 1);
}

#[tokio::test]
async fn an_issue_is_approved_paused_resumed_and_cancelled() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    app.digest_with("daily", |digest| digest.rules.require_approval = true)
        .await;
    app.readers(["ann@inbox.example".to_owned()].into_iter())
        .await;
    app.article("port", "Port opens", &[]).await;
    let made = editor
        .done("/publications/ledger/digests/daily/send", Value::Null)
        .await;
    assert_eq!(made["state"], "awaiting approval");
    let path = format!("/issues/{}", made["id"].as_str().unwrap());
    let act = async |what: &str| editor.post(&format!("{path}/{what}"), Value::Null).await;
    let early = problem(&act("pause").await, 409);
    assert!(
        early["detail"]
            .as_str()
            .unwrap()
            .contains("awaiting approval")
    );
    let approved = read(&act("approve").await);
    assert_eq!(
        (&approved["state"], &approved["number"]),
        (&json!("composing"), &json!(1))
    );
    problem(&act("approve").await, 409);
    let id = made["id"].as_str().unwrap().parse().unwrap();
    compose_issue::compose(&app.deps, id).await.unwrap();
    let key = "pause-1";
    let paused = editor
        .post_once(&format!("{path}/pause"), key, Value::Null)
        .await;
    assert_eq!(read(&paused)["state"], "paused");
    assert_eq!(read(&act("resume").await)["state"], "sending");
    // The repetition tells what was, and does nothing.
    let again = editor
        .post_once(&format!("{path}/pause"), key, Value::Null)
        .await;
    assert_eq!(read(&again)["state"], "paused");
    assert_eq!(editor.seen(&path).await["state"], "sending");
    problem(&act("retry-failed").await, 409);
    let cancelled = read(&act("cancel").await);
    assert_eq!(
        (&cancelled["state"], &cancelled["counts"]["skipped"]),
        (&json!("cancelled"), &json!(1))
    );
    problem(&act("resume").await, 409);
    app.deliver().await.unwrap();
    assert_eq!(app.mails_for("ann@inbox.example"), 0);
}

#[tokio::test]
async fn issues_come_in_pages_while_others_are_made() {
    let app = TestApp::new().await;
    let other = other(&app).await;
    let viewer = Program::new(&app, Role::Viewer).await;
    let daily = app.digest("daily", None, 1).await;
    app.digest("weekly", None, 1).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(app.compose(&daily).await.to_string());
    }
    made.reverse();
    let all = viewer
        .all("/issues", 2, async || {
            app.compose(&daily).await;
        })
        .await;
    assert_eq!(field(&all, "id"), made);
    let count = async |filter: &str| {
        viewer
            .all(&format!("/issues{filter}"), 50, async || {})
            .await
            .len()
    };
    assert_eq!(
        count("?publication=ledger&digest=daily&state=skipped").await,
        7
    );
    assert_eq!(count("?publication=ledger&digest=weekly").await, 0);
    assert_eq!(count("?state=sent").await, 0);
    assert_eq!(count("?publication=other").await, 0);
    problem(&viewer.get("/issues?digest=daily").await, 400);
    problem(
        &viewer.get("/issues?publication=ledger&digest=none").await,
        400,
    );
    problem(&viewer.get("/issues?publication=none").await, 404);

    let abroad = Program::limited(&app, Role::Owner, &[other.id]).await;
    assert!(abroad.all("/issues", 50, async || {}).await.is_empty());
    let hidden = format!("/issues/{}", made[0]);
    for (method, rest) in [
        (Method::GET, ""),
        (Method::GET, "/preview"),
        (Method::GET, "/deliveries"),
        (Method::GET, "/troubles"),
        (Method::POST, "/approve"),
        (Method::POST, "/pause"),
        (Method::POST, "/resume"),
        (Method::POST, "/cancel"),
        (Method::POST, "/retry-failed"),
    ] {
        let refused = abroad
            .call(method, &format!("{hidden}{rest}"), &[], &json!({}))
            .await;
        problem(&refused, 404);
    }
    let several = [other.id, app.publication_id()];
    let both = Program::limited(&app, Role::Viewer, &several).await;
    problem(&both.get("/issues").await, 400);
    assert_eq!(
        both.seen("/issues?publication=ledger").await["items"]
            .as_array()
            .unwrap()
            .len(),
        7
    );
}

#[tokio::test]
async fn opens_stand_with_an_issue_whose_mails_have_the_picture() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let daily = app.digest("daily", None, 1).await;
    app.readers(["ann@inbox.example".to_owned()].into_iter())
        .await;
    app.article("port", "Port opens", &[]).await;
    let without = app.send(&daily).await;
    let shown = editor.seen(&format!("/issues/{without}")).await;
    assert_eq!(shown["opens"], Value::Null);
    let change = json!({ "count_opens": true });
    let changed = read(&editor.patch("/publications/ledger", change).await);
    assert_eq!(changed["count_opens"], true);
    app.article("crane", "A crane falls down", &[]).await;
    let with = app.send(&daily).await;
    let shown = editor.seen(&format!("/issues/{with}")).await;
    let none = json!({ "loaded": 0, "counted": 0, "by_providers": 0 });
    assert_eq!(shown["opens"], none);
}
