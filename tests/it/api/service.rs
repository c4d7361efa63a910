//! How the service is doing, over the API: alerts, relays, settings, the log.

use paperround::domain::api_token::Role;
use paperround::services::alerts;
use serde_json::json;

use super::{Program, field, other, problem, read};
use crate::support::TestApp;

#[tokio::test]
async fn alerts_are_listed_and_acknowledged_by_who_reaches_them() {
    let app = TestApp::new().await;
    let elsewhere = other(&app).await;
    for slug in ["daily", "weekly", "late"] {
        app.digest(slug, Some("0 6 * * *"), 1).await;
    }
    app.advance(chrono::Duration::days(2));
    alerts::check(&app.deps).await.unwrap();
    let editor = Program::new(&app, Role::Editor).await;
    let all = editor.all("/alerts", 2, async || {}).await;
    assert_eq!(field(&all, "kind"), ["digest-missed"; 3]);
    assert_eq!(field(&all, "publication"), ["ledger"; 3]);
    let path = format!("/alerts/{}", all[0]["id"].as_str().unwrap());
    let known = editor.done(&format!("{path}/acknowledge"), json!({})).await;
    assert_eq!(known["state"], "acknowledged");
    assert_eq!(
        editor.seen(&path).await["acknowledged_at"],
        known["acknowledged_at"]
    );

    let limited = Program::limited(&app, Role::Editor, &[elsewhere.id]).await;
    assert!(
        limited
            .all("/alerts?all=true", 50, async || {})
            .await
            .is_empty()
    );
    problem(&limited.get(&path).await, 404);
    problem(
        &limited
            .post(&format!("{path}/acknowledge"), json!({}))
            .await,
        404,
    );
    let viewer = Program::new(&app, Role::Viewer).await;
    problem(
        &viewer.post(&format!("{path}/acknowledge"), json!({})).await,
        403,
    );

    // What is over is listed where that is asked for, and nothing is left to acknowledge.
    let digest = "/publications/ledger/digests/weekly";
    editor.done(&format!("{digest}/pause"), json!({})).await;
    alerts::check(&app.deps).await.unwrap();
    assert_eq!(editor.all("/alerts", 50, async || {}).await.len(), 2);
    let all = editor.all("/alerts?all=true", 1, async || {}).await;
    assert_eq!(all.len(), 3);
    let over = all.iter().find(|alert| alert["state"] == "over").unwrap();
    let path = format!("/alerts/{}/acknowledge", over["id"].as_str().unwrap());
    problem(&editor.post(&path, json!({})).await, 409);
}

#[tokio::test]
async fn the_settings_in_force_are_told_without_secrets() {
    let app = TestApp::new().await;
    let owner = Program::new(&app, Role::Owner).await;
    let shown = owner.get("/settings").await;
    let told = read(&shown);
    assert_eq!(
        told["settings"]["http"]["public_url"],
        "https://news.example"
    );
    assert!(told["version"].is_string());
    assert!(!shown.body.contains(crate::support::program::KEY));
    let relays = owner.seen("/relays").await;
    let relay = &relays["items"][0];
    assert_eq!(
        (&relay["state"], &relay["backup"]),
        (&json!("not used yet"), &json!(false))
    );
    let editor = Program::new(&app, Role::Editor).await;
    problem(&editor.get("/settings").await, 403);
    let limited = Program::limited(&app, Role::Owner, &[app.publication_id()]).await;
    problem(&limited.get("/settings").await, 403);
    problem(&limited.get("/relays").await, 403);
}

#[tokio::test]
async fn the_log_is_read_by_hand_kind_and_publication() {
    let app = TestApp::new().await;
    let elsewhere = other(&app).await;
    let owner = Program::new(&app, Role::Owner).await;
    for slug in ["harbour", "weather"] {
        let body = json!({ "slug": slug, "name": slug });
        owner.done("/publications/ledger/topics", body).await;
    }
    let body = json!({ "slug": "ports", "name": "Ports" });
    owner.done("/publications/other/topics", body).await;
    let log = owner
        .all("/audit?kind=topic&actor=owner%20%5B%5D", 2, async || {})
        .await;
    assert_eq!(field(&log, "object"), ["ports", "weather", "harbour"]);
    assert_eq!(log[1]["actor_kind"], "token");
    assert_eq!(log[1]["publication"], "ledger");
    assert!(log[1]["before"].is_null() && log[1]["after"].is_object());
    let one = owner
        .all("/audit?kind=topic&publication=other", 50, async || {})
        .await;
    assert_eq!(field(&one, "object"), ["ports"]);
    assert!(
        owner
            .all("/audit?actor=nobody", 50, async || {})
            .await
            .is_empty()
    );
    let limited = Program::limited(&app, Role::Owner, &[elsewhere.id]).await;
    let mine = limited.all("/audit", 50, async || {}).await;
    assert!(!mine.is_empty() && mine.iter().all(|entry| entry["publication"] == "other"));
    problem(&owner.get("/audit?kind=nonsense").await, 400);
    problem(&owner.get("/audit?cursor=nonsense").await, 400);
    problem(
        &Program::new(&app, Role::Editor).await.get("/audit").await,
        403,
    );
}
