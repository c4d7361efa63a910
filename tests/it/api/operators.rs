//! Operators over the API: taken on, their rights changed, kept out, given another password.

use paperround::domain::api_token::Role;
use paperround::domain::operator::Role as Rank;
use serde_json::{Value, json};

use super::{Program, field, header, other, problem, read};
use crate::support::TestApp;
use crate::support::browser::operator_who;

#[tokio::test]
async fn an_operator_is_taken_on_changed_and_kept_out() {
    let app = TestApp::new().await;
    let owner = Program::new(&app, Role::Owner).await;
    let body = json!({ "email": "ben@ops.example", "role": "editor" });
    let made = owner.post_once("/operators", "o-1", body.clone()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let told = read(&made);
    assert_eq!(
        (&told["state"], &told["may_send"]),
        (&json!("invited"), &json!(true))
    );
    let link = told["link"].as_str().unwrap();
    let door = link.strip_prefix("https://news.example").unwrap();
    assert_eq!(app.get(door).await.status.as_u16(), 200);
    let again = read(&owner.post_once("/operators", "o-1", body.clone()).await);
    assert_eq!((&again["id"], &again["link"]), (&told["id"], &Value::Null));
    problem(&owner.post("/operators", body).await, 409);

    let path = header(&made, "location")
        .strip_prefix("/api/v1")
        .unwrap()
        .to_owned();
    let shown = owner.get(&path).await;
    assert!(!shown.body.contains("welcome") && !shown.body.contains("hash"));
    let tag = header(&shown, "etag").to_owned();
    let quiet = owner
        .patch_if(&path, &tag, json!({ "may_send": false }))
        .await;
    let quiet = read(&quiet);
    assert_eq!(
        (&quiet["role"], &quiet["may_send"]),
        (&json!("editor"), &json!(false))
    );
    problem(
        &owner
            .patch_if(&path, &tag, json!({ "role": "viewer" }))
            .await,
        412,
    );
    let low = read(&owner.patch(&path, json!({ "role": "viewer" })).await);
    assert_eq!(
        (&low["role"], &low["may_send"]),
        (&json!("viewer"), &json!(false))
    );
    problem(&owner.patch(&path, json!({ "role": "king" })).await, 422);

    let out = owner.done(&format!("{path}/disable"), json!({})).await;
    assert_eq!(out["state"], "disabled");
    assert_eq!(
        app.get(door).await.status.as_u16(),
        404,
        "the link is closed"
    );
    let back = owner.done(&format!("{path}/enable"), json!({})).await;
    assert_eq!(back["state"], "invited");
    let reset = owner
        .done(&format!("{path}/reset"), json!({ "second_step": true }))
        .await;
    assert_ne!(reset["link"], told["link"]);
    let log = owner.seen("/audit?kind=operator").await;
    let log = log["items"].as_array().unwrap().clone();
    assert_eq!(field(&log, "verb")[0], "reset");
    assert!(!format!("{log:?}").contains("/welcome/"));
}

#[tokio::test]
async fn the_last_owner_stays_and_only_owners_of_all_look() {
    let app = TestApp::new().await;
    let ann = operator_who(&app, "ann@ops.example", Rank::Owner, true).await;
    let owner = Program::new(&app, Role::Owner).await;
    let path = format!("/operators/{}", ann.id);
    problem(&owner.patch(&path, json!({ "role": "editor" })).await, 409);
    problem(
        &owner.post(&format!("{path}/disable"), json!({})).await,
        409,
    );
    let all = owner.all("/operators", 1, async || {}).await;
    assert_eq!(field(&all, "email"), ["ann@ops.example"]);
    assert_eq!(all[0]["state"], "active");
    problem(&owner.get("/operators/nobody").await, 404);

    let elsewhere = other(&app).await;
    let limited = Program::limited(&app, Role::Owner, &[elsewhere.id]).await;
    problem(&limited.get("/operators").await, 403);
    problem(&limited.get(&path).await, 403);
    problem(&limited.patch(&path, json!({ "role": "owner" })).await, 403);
    problem(
        &limited.post(&format!("{path}/reset"), json!({})).await,
        403,
    );
    let body = json!({ "email": "eve@ops.example", "role": "owner" });
    problem(&limited.post("/operators", body).await, 403);
}
