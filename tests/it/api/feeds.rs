//! Feeds.

use axum::http::Method;
use paperround::domain::api_token::Role;
use serde_json::{Value, json};

use super::{Program, field, header, other, problem, read};
use crate::support::TestApp;
use crate::support::newsstand::Newsstand;

const FEEDS: &str = "/feeds?publication=ledger";

fn unchecked(url: &str) -> Value {
    json!({ "url": url, "unchecked": true })
}

#[tokio::test]
async fn a_feed_is_connected_changed_paused_and_removed() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let body = json!({
        "url": "https://feeds.example/a.xml", "unchecked": true, "topics": ["energy"],
        "mapping": { "Oil & Gas": "markets" }, "every": "15m",
    });
    let made = editor.post_once(FEEDS, "f-1", body.clone()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let feed = read(&made);
    assert_eq!(feed["publication"], "ledger");
    assert_eq!(feed["mapping"], json!({ "oil & gas": "markets" }));
    assert_eq!(
        (&feed["every_seconds"], &feed["adaptive"]),
        (&json!(900), &json!(false))
    );
    let again = editor.post_once(FEEDS, "f-1", body.clone()).await;
    assert_eq!(read(&again)["id"], feed["id"]);
    problem(&editor.post(FEEDS, body).await, 409);

    let path = format!("/feeds/{}", feed["id"].as_str().unwrap());
    assert_eq!(header(&made, "location"), format!("/api/v1{path}"));
    let shown = editor.get(&path).await;
    assert_eq!(read(&shown), feed);
    let tag = header(&shown, "etag").to_owned();
    let change = json!({ "every": "auto", "topics": ["retail"], "article_pages": true });
    let changed = editor.patch_if(&path, &tag, change.clone()).await;
    let seen = read(&changed);
    assert_eq!(seen["topics"], json!(["energy", "retail"]));
    assert_eq!(
        (&seen["adaptive"], &seen["article_pages"]),
        (&json!(true), &json!(true))
    );
    problem(&editor.patch_if(&path, &tag, change).await, 412);
    assert_eq!(
        editor.done(&format!("{path}/pause"), Value::Null).await["state"],
        "paused"
    );
    assert_eq!(
        editor.done(&format!("{path}/resume"), json!({})).await["state"],
        "active"
    );
    assert_eq!(editor.delete(&path).await.status.as_u16(), 204);
    problem(&editor.delete(&path).await, 404);
    problem(&editor.get(&path).await, 404);
}

#[tokio::test]
async fn a_fetch_tells_what_it_brought_and_what_kept_it() {
    let stand = Newsstand::open().await;
    let app = stand_app().await;
    let editor = Program::new(&app, Role::Editor).await;
    let url = stand.url("/feed.xml");
    let missing = editor.done(FEEDS, unchecked(&url)).await;
    let path = format!("/feeds/{}/fetch", missing["id"].as_str().unwrap());
    let failed = editor.done(&path, Value::Null).await;
    assert!(
        failed["error"].as_str().unwrap().contains("404"),
        "{failed}"
    );
    stand.lay_feed(
        "/feed.xml",
        include_str!("../../fixtures/feeds/town.rss.xml"),
    );
    let fetched = editor.done(&path, Value::Null).await;
    assert_eq!(fetched["error"], Value::Null, "{fetched}");
    assert!(fetched["added"].as_u64().unwrap() > 0);
    let shown = editor.seen(path.trim_end_matches("/fetch")).await;
    assert_eq!(shown["last_error"], Value::Null);
    // A look at the address comes first, where it is not said that none is wanted.
    let refused = editor
        .post(FEEDS, json!({ "url": stand.url("/nothing") }))
        .await;
    assert_eq!(problem(&refused, 422)["errors"][0]["pointer"], "/url");
}

#[tokio::test]
async fn feeds_come_in_pages_and_only_those_that_the_token_reaches() {
    let app = TestApp::new().await;
    let other = other(&app).await;
    let editor = Program::new(&app, Role::Editor).await;
    let abroad = Program::limited(&app, Role::Editor, &[other.id]).await;
    for n in 0..4 {
        app.advance(chrono::Duration::seconds(1));
        let at = if n == 3 { "other" } else { "ledger" };
        let url = format!("https://feeds.example/{n}.xml");
        editor
            .done(&format!("/feeds?publication={at}"), unchecked(&url))
            .await;
    }
    let late = async || {
        app.advance(chrono::Duration::seconds(1));
        let now = app.deps.now().timestamp();
        let url = format!("https://feeds.example/late-{now}.xml");
        if now % 60 < 9 {
            editor.done(FEEDS, unchecked(&url)).await;
        }
    };
    let all = editor.all("/feeds", 2, late).await;
    let urls: Vec<String> = field(&all, "url");
    let begin: Vec<String> = (0..4)
        .map(|n| format!("https://feeds.example/{n}.xml"))
        .collect();
    assert_eq!(urls[..4], begin[..]);
    let distinct: std::collections::BTreeSet<&String> = urls.iter().collect();
    assert_eq!(distinct.len(), urls.len());
    let seen = abroad.all("/feeds", 50, async || {}).await;
    assert_eq!(field(&seen, "url"), ["https://feeds.example/3.xml"]);
    problem(&abroad.get(FEEDS).await, 404);
    problem(
        &abroad.post(FEEDS, unchecked("https://x.example/f")).await,
        404,
    );
    let hidden = format!("/feeds/{}", all[0]["id"].as_str().unwrap());
    for (method, rest) in [
        (Method::GET, ""),
        (Method::PATCH, ""),
        (Method::DELETE, ""),
        (Method::POST, "/fetch"),
        (Method::POST, "/pause"),
        (Method::POST, "/resume"),
    ] {
        let refused = abroad
            .call(method, &format!("{hidden}{rest}"), &[], &json!({}))
            .await;
        problem(&refused, 404);
    }
    for (body, pointer) in [
        (json!({}), ""),
        (unchecked("ftp://x.example"), "/url"),
        (
            json!({ "url": "https://x.example/f", "unchecked": true, "topics": ["none"] }),
            "/topics",
        ),
        (
            json!({ "url": "https://x.example/f", "every": "5s" }),
            "/every",
        ),
    ] {
        let refused = problem(&editor.post(FEEDS, body.clone()).await, 422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
    problem(
        &editor
            .post("/feeds", unchecked("https://x.example/f"))
            .await,
        400,
    );
}

/// One that may fetch from this machine.
async fn stand_app() -> TestApp {
    let mailbox = paperround::demo::mailbox::Mailbox::new();
    let script = std::sync::Arc::new(mailbox.clone());
    TestApp::with(script, mailbox, |settings| {
        settings.feeds.allow_private_addresses = true;
        settings.feeds.host_gap_seconds = 0;
    })
    .await
}
