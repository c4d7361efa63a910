//! Tokens made by tokens, and how many requests each may send.

use paperround::demo::mailbox::Mailbox;
use paperround::domain::api_token::Role;
use paperround::store::{api_tokens, idempotency_keys};
use serde_json::{Value, json};

use super::{Program, field, get, header, problem, read};
use crate::support::TestApp;

#[tokio::test]
async fn an_owner_makes_a_token_and_ends_it() {
    let app = TestApp::new().await;
    let owner = Program::new(&app, Role::Owner).await;
    let body = json!({ "name": "web site", "role": "viewer", "publications": ["ledger"], "expires": "90d" });
    let made = owner.post_once("/tokens", "t-1", body.clone()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let told = read(&made);
    assert_eq!(
        (&told["publications"], &told["state"]),
        (&json!(["ledger"]), &json!("active"))
    );
    assert_eq!(told["expires_at"], "2026-05-31T08:00:00Z");
    let text = told["token"].as_str().unwrap();
    assert_eq!(
        get(&app, text, "/api/v1/publications/ledger")
            .await
            .status
            .as_u16(),
        200
    );

    // The token itself is told once, and kept nowhere.
    let again = read(&owner.post_once("/tokens", "t-1", body.clone()).await);
    assert_eq!((&again["id"], &again["token"]), (&told["id"], &Value::Null));
    let mut tx = app.deps.store.read().await.unwrap();
    let all = api_tokens::list(&mut tx).await.unwrap();
    let maker = all
        .iter()
        .find(|token| token.role == Role::Owner)
        .unwrap()
        .id;
    let kept = idempotency_keys::find(&mut tx, maker, "t-1")
        .await
        .unwrap()
        .unwrap();
    assert!(!format!("{kept:?}").contains(&text[11..]));
    drop(tx);
    problem(&owner.post("/tokens", body).await, 409);

    let path = header(&made, "location").strip_prefix("/api/v1").unwrap();
    let shown = owner.seen(path).await;
    assert!(shown["last_used_at"].is_string() && shown["token"].is_null());
    assert_eq!(owner.delete(path).await.status.as_u16(), 204);
    assert_eq!(owner.delete(path).await.status.as_u16(), 204);
    problem(&get(&app, text, "/api/v1/publications/ledger").await, 401);
    assert_eq!(owner.seen(path).await["state"], "revoked");
    let all = owner.all("/tokens", 1, async || {}).await;
    assert_eq!(all.len(), 2);
    assert!(field(&all, "name").contains(&"web site".to_owned()));
    for (body, pointer) in [
        (json!({ "name": "", "role": "viewer" }), "/name"),
        (json!({ "name": "a", "role": "king" }), "/role"),
        (
            json!({ "name": "a", "role": "viewer", "publications": ["none"] }),
            "/publications",
        ),
        (
            json!({ "name": "a", "role": "viewer", "expires": "soon" }),
            "/expires",
        ),
    ] {
        let refused = problem(&owner.post("/tokens", body.clone()).await, 422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
    problem(&owner.get("/tokens/nonsense").await, 404);
    problem(
        &owner
            .delete("/tokens/01900000-0000-7000-8000-000000000000")
            .await,
        404,
    );
}

/// A program whose token was made with these words.
async fn made<'a>(app: &'a TestApp, owner: &Program<'_>, body: Value) -> Program<'a> {
    let made = owner.done("/tokens", body).await;
    Program {
        app,
        bearer: format!("Bearer {}", made["token"].as_str().unwrap()),
    }
}

#[tokio::test]
async fn sending_is_a_right_of_its_own() {
    let app = TestApp::new().await;
    let owner = Program::new(&app, Role::Owner).await;
    let desk = json!({ "name": "desk", "role": "editor", "may_send": false });
    let desk = made(&app, &owner, desk).await;
    let clock = json!({ "name": "clock", "role": "viewer", "may_send": true });
    let clock = made(&app, &owner, clock).await;
    for (name, role, may) in [("a", "viewer", false), ("b", "editor", true)] {
        let usual = owner.done("/tokens", json!({ "name": name, "role": role }));
        assert_eq!(usual.await["may_send"], may);
    }
    // As the release before writes it.
    for (name, may) in [("a", false), ("b", true)] {
        let older = format!(
            "UPDATE api_tokens SET may_send = NULL WHERE name = '{name}' RETURNING CAST(1 AS BIGINT)"
        );
        app.number(&older).await;
        let listed = owner.seen("/tokens").await["items"].clone();
        let mut listed = listed.as_array().unwrap().iter();
        assert_eq!(
            listed.find(|token| token["name"] == name).unwrap()["may_send"],
            may
        );
    }
    app.digest("daily", None, 1).await;
    app.readers(std::iter::once("ann@inbox.example".to_owned()))
        .await;
    app.article("port", "Port opens", &[]).await;

    let digest = "/publications/ledger/digests/daily";
    let approval = json!({ "require_approval": true });
    assert_eq!(
        desk.patch(digest, approval.clone()).await.status.as_u16(),
        200
    );
    problem(&clock.patch(digest, approval).await, 403);
    let send = format!("{digest}/send");
    let refused = desk.post(&send, json!({})).await;
    let told = problem(&refused, 403);
    assert!(told["detail"].as_str().unwrap().contains("right to send"));
    assert!(header(&refused, "www-authenticate").contains("insufficient_scope"));
    let issue = clock.done(&send, json!({})).await;
    let issue = format!("/issues/{}", issue["id"].as_str().unwrap());
    for action in ["approve", "pause", "resume", "retry-failed", "cancel"] {
        let path = format!("{issue}/{action}");
        problem(&desk.post(&path, json!({})).await, 403);
    }
    assert_eq!(
        clock.done(&format!("{issue}/approve"), json!({})).await["state"],
        "composing"
    );
    assert_eq!(
        clock.done(&format!("{issue}/cancel"), json!({})).await["state"],
        "cancelled"
    );
    // A test is no issue, and an editor's as on the pages.
    let test = format!("{digest}/test");
    let to = json!({ "to": "desk@inbox.example" });
    assert_eq!(desk.post(&test, to.clone()).await.status.as_u16(), 200);
    problem(&clock.post(&test, to).await, 403);
}

#[tokio::test]
async fn a_token_that_asks_too_often_is_told_when_to_go_on() {
    let mailbox = Mailbox::new();
    let script = std::sync::Arc::new(mailbox.clone());
    let app = TestApp::with(script, mailbox, |settings| {
        settings.api.requests_per_minute = 3;
    })
    .await;
    let one = Program::new(&app, Role::Viewer).await;
    let other = Program::new(&app, Role::Editor).await;
    for _ in 0..3 {
        assert_eq!(one.get("/publications").await.status.as_u16(), 200);
    }
    let refused = one.get("/publications").await;
    problem(&refused, 429);
    assert_eq!(header(&refused, "retry-after"), "20");
    assert_eq!(other.get("/publications").await.status.as_u16(), 200);
    app.advance(chrono::Duration::seconds(20));
    assert_eq!(one.get("/publications").await.status.as_u16(), 200);
    problem(&one.get("/publications").await, 429);
}
