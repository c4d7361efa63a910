//! Publications and topics.

use axum::http::Method;
use paperround::domain::api_token::Role;
use serde_json::{Value, json};

use super::{Program, field, header, other, problem, read};
use crate::support::TestApp;

fn new(slug: &str) -> Value {
    json!({
        "slug": slug, "name": "Harbour Mail", "from": "Harbour <mail@ledger.example>",
        "postal_address": "1 Old Quay, Port Marrow",
    })
}

#[tokio::test]
async fn a_publication_is_made_shown_and_changed() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let made = editor
        .post_once("/publications", "p-1", new("harbour"))
        .await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    assert_eq!(header(&made, "location"), "/api/v1/publications/harbour");
    let again = editor
        .post_once("/publications", "p-1", new("harbour"))
        .await;
    assert_eq!((again.status, &again.body), (made.status, &made.body));
    let twice = problem(&editor.post("/publications", new("harbour")).await, 409);
    assert!(twice["detail"].as_str().unwrap().contains("harbour"));

    let shown = editor.seen("/publications/harbour").await;
    assert_eq!(shown, read(&made));
    assert_eq!(shown["language"], "en");
    assert_eq!(shown["look"]["accent"], "#1b5578");
    let change = json!({
        "name": "Harbour Post", "reply_to": "desk@ledger.example", "timezone": "Europe/Lisbon",
        "description": "The harbour each morning.", "welcome": "latest-issue", "archived": true,
        "look": { "accent": "#8a0000", "logo": { "url": "https://ledger.example/l.png" } },
    });
    let changed = read(&editor.patch("/publications/harbour", change).await);
    assert_eq!(changed["name"], "Harbour Post");
    assert_eq!(changed["timezone"], "Europe/Lisbon");
    assert_eq!(changed["look"]["logo"]["alt"], "Harbour Post");
    assert_eq!(changed["look"]["design"], "editorial");
    assert!(changed["archived_at"].is_string());
    let back = json!({ "reply_to": null, "archived": false, "look": { "logo": null } });
    let changed = read(&editor.patch("/publications/harbour", back).await);
    assert_eq!(changed["reply_to"], Value::Null);
    assert_eq!(changed["archived_at"], Value::Null);
    assert_eq!(changed["look"]["logo"], Value::Null);
    assert_eq!(changed["description"], "The harbour each morning.");

    app.readers(["ann@inbox.example".to_owned()].into_iter())
        .await;
    let counts = editor.seen("/publications/ledger/readers").await;
    assert_eq!(
        counts,
        json!({"confirmed": 1, "pending": 0, "unsubscribed": 0})
    );
    assert_eq!(
        editor.seen("/publications/ledger/funnel").await,
        json!({"items": []})
    );
    problem(&editor.get("/publications/ledger/funnel?days=0").await, 400);
}

#[tokio::test]
async fn a_list_of_values_is_no_object() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let listed = json!(["wind", "Wind"]);
    problem(
        &editor.post("/publications/ledger/topics", listed).await,
        422,
    );
    let path = "/publications/ledger/digests/daily";
    app.digest("daily", None, 1).await;
    problem(&editor.patch(path, json!([])).await, 422);
}

#[tokio::test]
async fn mistakes_are_told_with_their_place() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let change = |field: &str, value: Value| {
        let mut body = new("harbour");
        body[field] = value;
        body
    };
    for (body, pointer) in [
        (change("slug", json!("admin")), "/slug"),
        (change("slug", json!("No")), "/slug"),
        (change("name", json!("")), "/name"),
        (change("name", json!("a\u{0}b")), "/name"),
        (change("from", json!("nobody")), "/from"),
        (change("reply_to", json!("nobody")), "/reply_to"),
        (change("timezone", json!("Mars/Olympus")), "/timezone"),
        (change("languages", json!(["en", 7])), "/languages/1"),
        (change("language", json!("English")), "/language"),
        (change("privacy_url", json!("ftp://x")), "/privacy_url"),
        (change("relays", json!(["nowhere"])), "/relays"),
        (change("colour", json!("red")), "/colour"),
        (json!([]), ""),
    ] {
        let refused = problem(&editor.post("/publications", body.clone()).await, 422);
        let told = &refused["errors"][0];
        assert_eq!(told["pointer"], pointer, "{body}: {refused}");
        assert!(!told["detail"].as_str().unwrap().is_empty());
    }
    let faint = json!({ "look": { "accent": "#ffcc00" } });
    let refused = problem(&editor.patch("/publications/ledger", faint).await, 422);
    assert_eq!(refused["errors"][0]["pointer"], "/look/accent");
    let refused = problem(
        &editor
            .patch("/publications/ledger", json!({"name": null}))
            .await,
        422,
    );
    assert_eq!(refused["errors"][0]["pointer"], "/name");
    problem(&editor.post("/publications", Value::Null).await, 400);
    problem(&editor.get("/publications/no%00where").await, 400);
    problem(&editor.get("/publications?limit=201").await, 400);
    problem(&editor.get("/publications?cursor=x").await, 400);
    problem(&editor.get("/publications?colour=red").await, 400);
}

#[tokio::test]
async fn a_change_is_made_only_to_what_was_read() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let path = "/publications/ledger";
    let first = editor.get(path).await;
    let tag = header(&first, "etag").to_owned();
    let known = editor
        .call(Method::GET, path, &[("if-none-match", &tag)], &Value::Null)
        .await;
    assert_eq!(known.status.as_u16(), 304);
    let changed = editor.patch_if(path, &tag, json!({ "name": "One" })).await;
    assert_eq!(changed.status.as_u16(), 200, "{}", changed.body);
    problem(
        &editor.patch_if(path, &tag, json!({ "name": "Two" })).await,
        412,
    );
    assert_eq!(editor.seen(path).await["name"], "One");
    let tags = format!("\"other\", {}", header(&changed, "etag"));
    let again = editor
        .patch_if(path, &tags, json!({ "name": "Three" }))
        .await;
    assert_eq!(again.status.as_u16(), 200);
    let any = editor.patch_if(path, "*", json!({ "name": "Four" })).await;
    assert_eq!(any.status.as_u16(), 200);
    // The same for topics, whose names alone change.
    let topic = "/publications/ledger/topics/energy";
    let tag = header(&editor.get(topic).await, "etag").to_owned();
    let renamed = editor
        .patch_if(topic, &tag, json!({ "name": "Power" }))
        .await;
    assert_eq!(read(&renamed), json!({ "slug": "energy", "name": "Power" }));
    problem(
        &editor
            .patch_if(topic, &tag, json!({ "name": "Coal" }))
            .await,
        412,
    );
}

#[tokio::test]
async fn topics_are_added_and_listed_in_pages_while_others_come() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let topics = "/publications/ledger/topics";
    let body = json!({ "slug": "ports", "name": " Ports " });
    app.advance(chrono::Duration::seconds(1));
    let made = editor.post(topics, body.clone()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    assert_eq!(
        header(&made, "location"),
        "/api/v1/publications/ledger/topics/ports"
    );
    problem(&editor.post(topics, body).await, 409);
    let refused = problem(
        &editor
            .post(topics, json!({ "slug": "a", "name": "" }))
            .await,
        422,
    );
    assert_eq!(refused["errors"][0]["pointer"], "/name");
    assert_eq!(
        editor.seen(&format!("{topics}/ports")).await["name"],
        "Ports"
    );
    problem(&editor.get(&format!("{topics}/none")).await, 404);
    problem(
        &editor
            .patch(&format!("{topics}/none"), json!({ "name": "x" }))
            .await,
        404,
    );

    let count = std::cell::Cell::new(0);
    let items = editor
        .all(topics, 1, async || {
            count.set(count.get() + 1);
            if count.get() > 2 {
                return;
            }
            app.advance(chrono::Duration::seconds(1));
            let body = json!({ "slug": format!("late-{}", count.get()), "name": "Late" });
            editor.done(topics, body).await;
        })
        .await;
    let mut slugs = field(&items, "slug");
    assert_eq!(slugs.split_off(3), ["ports", "late-1", "late-2"]);
    slugs.sort();
    assert_eq!(slugs, ["energy", "markets", "retail"]);
}

#[tokio::test]
async fn a_token_for_one_publication_sees_that_one() {
    let app = TestApp::new().await;
    let other = other(&app).await;
    let abroad = Program::limited(&app, Role::Owner, &[other.id]).await;
    let all = abroad.all("/publications", 1, async || {}).await;
    assert_eq!(field(&all, "slug"), ["other"]);
    let everywhere = Program::new(&app, Role::Viewer).await;
    let all = everywhere.all("/publications", 1, async || {}).await;
    assert_eq!(field(&all, "slug"), ["ledger", "other"]);
    for path in [
        "",
        "/topics",
        "/topics/energy",
        "/funnel",
        "/readers",
        "/digests",
    ] {
        let hidden = abroad.get(&format!("/publications/ledger{path}")).await;
        let nowhere = abroad.get(&format!("/publications/nowhere{path}")).await;
        let hidden = problem(&hidden, 404)["detail"].to_string();
        let nowhere = problem(&nowhere, 404)["detail"].to_string();
        assert_eq!(hidden.replace("ledger", "nowhere"), nowhere, "{path}");
    }
    problem(
        &abroad
            .patch("/publications/ledger", json!({ "name": "x" }))
            .await,
        404,
    );
    let body = json!({ "slug": "a", "name": "A" });
    problem(&abroad.post("/publications/ledger/topics", body).await, 404);
    problem(&abroad.post("/publications", new("third")).await, 403);
    assert_eq!(
        abroad
            .patch("/publications/other", json!({ "name": "x" }))
            .await
            .status
            .as_u16(),
        200
    );
}
