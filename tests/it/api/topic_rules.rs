//! Topic rules, test groups and statistics over the API.

use axum::http::Method;
use paperround::domain::api_token::Role;
use paperround::services::sum_up;
use serde_json::{Value, json};

use super::{Program, field, header, other, problem, read};
use crate::support::TestApp;

#[tokio::test]
async fn a_rule_is_added_listed_and_removed() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let rules = "/publications/ledger/topic-rules";
    let body = json!({ "topic": "energy", "field": "title", "contains": "Wind-Power" });
    let made = editor.post(rules, body.clone()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    assert_eq!(read(&made)["contains"], "wind power");
    problem(&editor.post(rules, body).await, 409);
    for (body, pointer) in [
        (
            json!({ "topic": "none", "field": "title", "contains": "a" }),
            "/topic",
        ),
        (
            json!({ "topic": "energy", "field": "body", "contains": "a" }),
            "/field",
        ),
        (
            json!({ "topic": "energy", "field": "title", "contains": "--" }),
            "/contains",
        ),
    ] {
        let refused = problem(&editor.post(rules, body.clone()).await, 422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
    app.advance(chrono::Duration::seconds(1));
    editor
        .done(
            rules,
            json!({ "topic": "energy", "field": "url", "contains": "/energy/" }),
        )
        .await;
    let all = editor.all(rules, 1, async || {}).await;
    assert_eq!(field(&all, "field"), ["title", "url"]);
    let path = header(&made, "location").strip_prefix("/api/v1").unwrap();
    assert_eq!(editor.seen(path).await, all[0]);
    let elsewhere = other(&app).await;
    let limited = Program::limited(&app, Role::Editor, &[elsewhere.id]).await;
    problem(&limited.get(path).await, 404);
    problem(&limited.delete(path).await, 404);
    let abroad = path.replace("ledger", "other");
    problem(&limited.delete(&abroad).await, 404);
    assert_eq!(editor.delete(path).await.status.as_u16(), 204);
    problem(&editor.delete(path).await, 404);
}

#[tokio::test]
async fn a_test_group_is_kept_and_no_address_stands_in_the_log() {
    let app = TestApp::new().await;
    let owner = Program::new(&app, Role::Owner).await;
    let path = "/publications/ledger/test-group";
    let empty = owner.get(path).await;
    let tag = header(&empty, "etag").to_owned();
    assert_eq!(read(&empty), json!({ "addresses": [] }));
    let group =
        json!({ "addresses": ["ada@desk.example", "ben@desk.example", "ada@desk.example"] });
    let kept = owner.put(path, &[("if-match", &tag)], group.clone()).await;
    let known = json!({ "addresses": ["ada@desk.example", "ben@desk.example"] });
    assert_eq!(read(&kept), known);
    problem(&owner.put(path, &[("if-match", &tag)], group).await, 412);
    assert_eq!(owner.seen(path).await, known);
    let many: Vec<String> = (0..21).map(|n| format!("a{n}@desk.example")).collect();
    problem(
        &owner.put(path, &[], json!({ "addresses": many })).await,
        422,
    );
    let log = owner.seen("/audit?kind=publication").await;
    assert!(!log.to_string().contains("@desk.example"));
    assert!(log.to_string().contains("test group"));
    let viewer = Program::new(&app, Role::Viewer).await;
    problem(&viewer.put(path, &[], known).await, 403);
}

#[tokio::test]
async fn the_numbers_of_a_publication_are_told_by_day_and_domain() {
    let app = TestApp::new().await;
    let viewer = Program::new(&app, Role::Viewer).await;
    let digest = app.digest("daily", None, 1).await;
    let names = ["ann", "bob"].map(|name| format!("{name}@inbox.example"));
    app.readers(names.into_iter()).await;
    app.article("port", "Port opens", &[]).await;
    app.send(&digest).await;
    app.advance(chrono::Duration::days(1));
    sum_up::sum_issues(&app.deps).await.unwrap();
    let path = "/publications/ledger/statistics";
    let told = viewer.seen(path).await;
    assert_eq!(told["readers"][0]["active"], 2);
    assert_eq!(told["mails"][0]["sent"], 2);
    assert_eq!(told["mails"][0]["day"], "2026-03-02");
    assert_eq!(told["domains"][0]["domain"], "inbox.example");
    assert_eq!(told["domains"][0]["sent"], 2);
    let short = viewer.seen(&format!("{path}?days=1")).await;
    assert_eq!(short["mails"], Value::Array(Vec::new()));
    problem(&viewer.get(&format!("{path}?days=0")).await, 400);
    let elsewhere = other(&app).await;
    let limited = Program::limited(&app, Role::Viewer, &[elsewhere.id]).await;
    problem(
        &limited.call(Method::GET, path, &[], &Value::Null).await,
        404,
    );
}
