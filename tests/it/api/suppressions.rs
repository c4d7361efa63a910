//! Suppressed addresses and the rules of the form.

use axum::http::Method;
use paperround::domain::api_token::Role;
use serde_json::{Value, json};

use super::{Program, field, header, other, problem, read};
use crate::support::TestApp;

#[tokio::test]
async fn an_address_is_suppressed_and_let_go() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    app.readers(["ann@inbox.example".to_owned()].into_iter())
        .await;
    let body = json!({ "email": "ann@inbox.example", "reason": "complaint" });
    let made = editor.post_once("/suppressions", "s-1", body.clone()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let told = read(&made);
    assert_eq!(
        (&told["reason"], &told["source"]),
        (&json!("complaint"), &json!("token editor []"))
    );
    assert_eq!(
        editor
            .post_once("/suppressions", "s-1", body.clone())
            .await
            .body,
        made.body
    );
    assert_eq!(
        editor.post("/suppressions", body).await.status.as_u16(),
        200
    );
    let path = header(&made, "location")
        .strip_prefix("/api/v1")
        .unwrap()
        .to_owned();
    assert_eq!(editor.seen(&path).await, told);
    let found = editor.seen("/subscribers?find=ann").await;
    assert!(found["items"][0]["suppressed_at"].is_string());
    assert_eq!(editor.delete(&path).await.status.as_u16(), 204);
    problem(&editor.delete(&path).await, 404);
    let found = editor.seen("/subscribers?find=ann").await;
    assert_eq!(found["items"][0]["suppressed_at"], Value::Null);
    // One of which the hash alone is kept.
    let erased = json!({ "email": "eve@inbox.example", "reason": "erased" });
    let made = editor.done("/suppressions", erased).await;
    assert_eq!(made["email"], Value::Null);
    let found = editor.seen("/suppressions?email=Eve%40inbox.example").await;
    assert_eq!(found["items"], json!([made]));
    let nobody = editor.seen("/suppressions?email=ann%40inbox.example").await;
    assert_eq!(nobody["items"], json!([]));
    problem(&editor.get("/suppressions?email=eve").await, 400);
    let path = format!("/suppressions/{}", made["email_hash"].as_str().unwrap());
    assert_eq!(editor.delete(&path).await.status.as_u16(), 204);
    problem(&editor.get("/suppressions/nonsense").await, 404);
    for (body, pointer) in [
        (json!({ "email": "nobody" }), "/email"),
        (
            json!({ "email": "a@b.example", "reason": "sad" }),
            "/reason",
        ),
        (
            json!({ "email": "a@b.example", "source": "x".repeat(201) }),
            "/source",
        ),
    ] {
        let refused = problem(&editor.post("/suppressions", body.clone()).await, 422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
}

#[tokio::test]
async fn both_lists_come_in_pages_while_others_are_added() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    for n in 0..5 {
        let email = format!("reader-{n}@inbox.example");
        editor
            .done("/suppressions", json!({ "email": email }))
            .await;
        let rule = json!({ "subject": format!("spam-{n}.example"), "effect": "block" });
        editor.done("/signup-rules", rule).await;
    }
    let count = std::cell::Cell::new(0);
    let add = async || {
        count.set(count.get() + 1);
        let email = format!("late-{}@inbox.example", count.get());
        editor
            .done("/suppressions", json!({ "email": email }))
            .await;
    };
    let mut emails = field(&editor.all("/suppressions", 2, add).await, "email");
    emails.retain(|email| email.starts_with("reader"));
    emails.sort();
    let all: Vec<String> = (0..5)
        .map(|n| format!("reader-{n}@inbox.example"))
        .collect();
    assert_eq!(emails, all);
    let rules = editor.all("/signup-rules", 2, async || {}).await;
    let all: Vec<String> = (0..5).map(|n| format!("spam-{n}.example")).collect();
    assert_eq!(field(&rules, "subject"), all);
}

#[tokio::test]
async fn a_rule_takes_the_place_of_another_on_the_same_subject() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let rule =
        |effect: &str| json!({ "subject": "192.0.2.7/24", "effect": effect, "reason": "flood" });
    let made = editor.done("/signup-rules", rule("block")).await;
    assert_eq!(
        (&made["subject"], &made["effect"]),
        (&json!("192.0.2.0/24"), &json!("block"))
    );
    editor.done("/signup-rules", rule("refuse")).await;
    let all = editor.all("/signup-rules", 50, async || {}).await;
    assert_eq!(field(&all, "effect"), ["refuse"]);
    assert_eq!(
        editor
            .delete("/signup-rules/192.0.2.0%2F24")
            .await
            .status
            .as_u16(),
        204
    );
    problem(&editor.delete("/signup-rules/192.0.2.0%2F24").await, 404);
    problem(&editor.delete("/signup-rules/nonsense").await, 404);
    for (body, pointer) in [
        (json!({ "subject": "a b", "effect": "block" }), "/subject"),
        (
            json!({ "subject": "a.example", "effect": "bar" }),
            "/effect",
        ),
        (
            json!({ "subject": "a.example", "effect": "block", "reason": "x".repeat(201) }),
            "/reason",
        ),
    ] {
        let refused = problem(&editor.post("/signup-rules", body.clone()).await, 422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
}

#[tokio::test]
async fn what_is_about_all_publications_is_not_for_a_token_of_one() {
    let app = TestApp::new().await;
    let other = other(&app).await;
    let abroad = Program::limited(&app, Role::Owner, &[other.id]).await;
    let hash = "0".repeat(32);
    for (method, path, body) in [
        (Method::GET, "/suppressions".to_owned(), Value::Null),
        (
            Method::POST,
            "/suppressions".to_owned(),
            json!({ "email": "a@b.example" }),
        ),
        (Method::GET, format!("/suppressions/{hash}"), Value::Null),
        (Method::DELETE, format!("/suppressions/{hash}"), Value::Null),
        (Method::GET, "/signup-rules".to_owned(), Value::Null),
        (
            Method::POST,
            "/signup-rules".to_owned(),
            json!({ "subject": "a.example", "effect": "block" }),
        ),
        (
            Method::DELETE,
            "/signup-rules/a.example".to_owned(),
            Value::Null,
        ),
        (Method::GET, "/tokens".to_owned(), Value::Null),
        (
            Method::POST,
            "/tokens".to_owned(),
            json!({ "name": "a", "role": "viewer" }),
        ),
    ] {
        problem(&abroad.call(method, &path, &[], &body).await, 403);
    }
}
