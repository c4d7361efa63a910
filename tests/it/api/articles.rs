//! Tokens and what they open, articles brought and listed, requests that are repeated.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use paperround::domain::api_token::Role;
use paperround::services::idempotency::{self, Begun};
use paperround::services::manage_publication;
use paperround::services::manage_token::{self, NewToken, TokenError};
use paperround::services::{cleanup, idempotency::KEPT};
use paperround::store::{api_tokens, idempotency_keys};
use serde_json::{Value, json};

use super::{ARTICLES, Program, call, get, header, post, problem, read, token};
use crate::support::{TestApp, new_publication};

async fn titles(app: &TestApp, token: &str, filters: &str) -> Vec<String> {
    let answer = get(app, token, &format!("{ARTICLES}{filters}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let items = read(&answer)["items"].clone();
    let items = items.as_array().unwrap().clone();
    items
        .iter()
        .map(|item| item["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_token_opens_while_it_is_in_force_and_the_refusal_tells_no_reason() {
    let app = TestApp::new().await;
    let revoked = token(&app, "revoked", Role::Viewer, &[]).await;
    let new = NewToken {
        name: "short".to_owned(),
        role: Role::Viewer,
        may_send: false,
        publications: Vec::new(),
        valid_for: Some(std::time::Duration::from_secs(3600)),
    };
    let (_, short) = manage_token::create(&app.deps, new).await.unwrap();
    for text in [&revoked, short.reveal()] {
        assert_eq!(get(&app, text, ARTICLES).await.status, StatusCode::OK);
    }
    manage_token::revoke(&app.deps, "revoked").await.unwrap();
    app.advance(TimeDelta::hours(1));
    let unknown = format!("paperround_{}", "0".repeat(64));
    let mut bodies = BTreeSet::new();
    for text in [&revoked, short.reveal(), &unknown, "nonsense", ""] {
        let refused = get(&app, text, ARTICLES).await;
        problem(&refused, 401);
        assert!(header(&refused, "www-authenticate").contains("error=\"invalid_token\""));
        bodies.insert(refused.body);
    }
    for headers in [&[][..], &[("authorization", "Basic YTpi")]] {
        let refused = call(&app, Method::GET, ARTICLES, headers, "").await;
        problem(&refused, 401);
        assert_eq!(
            header(&refused, "www-authenticate"),
            "Bearer realm=\"paperround\""
        );
        bodies.insert(refused.body);
    }
    assert_eq!(bodies.len(), 1);
    assert!(matches!(
        manage_token::revoke(&app.deps, "revoked").await,
        Err(TokenError::Unknown(_))
    ));
}

#[tokio::test]
async fn the_database_holds_no_token_and_the_last_use_by_the_hour() {
    let app = TestApp::new().await;
    let text = token(&app, "site", Role::Viewer, &[]).await;
    let known = async || {
        let mut tx = app.deps.store.read().await.unwrap();
        api_tokens::list(&mut tx).await.unwrap().remove(0)
    };
    assert!(!format!("{:?}", known().await).contains(&text[11..]));
    assert_eq!(known().await.last_used_at, None);
    let first = app.deps.now();
    get(&app, &text, ARTICLES).await;
    assert_eq!(known().await.last_used_at, Some(first));
    app.advance(TimeDelta::minutes(59));
    get(&app, &text, ARTICLES).await;
    assert_eq!(known().await.last_used_at, Some(first));
    app.advance(TimeDelta::minutes(1));
    get(&app, &text, ARTICLES).await;
    assert_eq!(known().await.last_used_at, Some(app.deps.now()));
}

#[tokio::test]
async fn a_name_is_taken_only_while_its_token_is_in_force() {
    let app = TestApp::new().await;
    let first = token(&app, "site", Role::Editor, &[]).await;
    let again = NewToken {
        name: " site ".to_owned(),
        role: Role::Editor,
        may_send: true,
        publications: Vec::new(),
        valid_for: None,
    };
    assert!(matches!(
        manage_token::create(&app.deps, again.clone()).await,
        Err(TokenError::Exists(_))
    ));
    manage_token::revoke(&app.deps, "site").await.unwrap();
    let (_, second) = manage_token::create(&app.deps, again).await.unwrap();
    assert_eq!(get(&app, &first, ARTICLES).await.status.as_u16(), 401);
    assert_eq!(
        get(&app, second.reveal(), ARTICLES).await.status.as_u16(),
        200
    );
}

#[tokio::test]
async fn role_and_publications_limit_a_token() {
    let app = TestApp::new().await;
    let other = new_publication("other", "Other <o@ledger.example>");
    let other = manage_publication::create(&app.deps, other).await.unwrap();
    let owner = token(&app, "owner", Role::Owner, &[]).await;
    let viewer = token(&app, "viewer", Role::Viewer, &[]).await;
    let abroad = token(&app, "abroad", Role::Editor, &[other.id]).await;
    let article = r#"{"title":"Port opens","url":"https://x.example/1"}"#;

    let refused = post(&app, &viewer, None, article).await;
    let told = problem(&refused, 403);
    assert!(told["detail"].as_str().unwrap().contains("role editor"));
    assert!(header(&refused, "www-authenticate").contains("insufficient_scope"));
    // A token for one publication learns nothing about others, not even whether there are any.
    let refused = problem(&post(&app, &abroad, None, article).await, 404);
    let nowhere = "/api/v1/articles?publication=nowhere";
    let unknown = problem(&get(&app, &abroad, nowhere).await, 404);
    let same = unknown["detail"].as_str().unwrap();
    assert_eq!(same.replace("nowhere", "ledger"), refused["detail"]);
    problem(&get(&app, &owner, nowhere).await, 404);
    problem(&get(&app, &owner, "/api/v1/articles").await, 400);

    let made = post(&app, &owner, None, article).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let place = header(&made, "location").to_owned();
    assert_eq!(get(&app, &viewer, &place).await.status, StatusCode::OK);
    let (hidden, nonsense) = (get(&app, &abroad, &place).await, "/api/v1/articles/7");
    let hidden = problem(&hidden, 404)["detail"].as_str().unwrap().to_owned();
    let nonsense = problem(&get(&app, &abroad, nonsense).await, 404);
    assert!(hidden.starts_with("There is no article"));
    assert!(
        nonsense["detail"]
            .as_str()
            .unwrap()
            .starts_with("There is no article")
    );
}

#[tokio::test]
async fn articles_are_added_updated_and_cleaned() {
    let app = TestApp::new().await;
    let editor = token(&app, "site", Role::Editor, &[app.publication.id]).await;
    let article = json!({
        "title": "Port <b>opens</b>", "url": "https://x.example/1?utm_source=mail",
        "summary_markdown": "*Ships* come. <script>steal()</script><img src=x onerror=steal()>",
        "topics": ["energy"], "authors": ["Ann"], "language": "en", "pinned": true,
    });
    let made = post(&app, &editor, None, &article.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let told = read(&made);
    assert_eq!(told["outcome"], "added");
    assert_eq!(told["url"], "https://x.example/1?utm_source=mail");

    let place = header(&made, "location").to_owned();
    assert_eq!(
        place,
        format!("/api/v1/articles/{}", told["id"].as_str().unwrap())
    );
    let shown = get(&app, &editor, &place).await;
    let seen = read(&shown);
    assert_eq!(seen["title"], "Port opens");
    assert_eq!(seen["publication"], "ledger");
    assert_eq!(seen["topics"], json!(["energy"]));
    let html = seen["summary_html"].as_str().unwrap();
    assert!(
        html.contains("<em>Ships</em>") && !html.contains("steal"),
        "{html}"
    );
    assert_eq!(header(&shown, "cache-control"), "private, no-cache");

    let same = post(&app, &editor, None, &article.to_string()).await;
    assert_eq!(
        (same.status.as_u16(), &read(&same)["outcome"]),
        (200, &json!("unchanged"))
    );
    let list = json!([
        {"title": "Port closes", "url": "https://x.example/1"},
        {"title": "Crane falls", "url": "https://x.example/2"},
    ]);
    let both = post(&app, &editor, None, &list.to_string()).await;
    assert_eq!(both.status, StatusCode::CREATED);
    let items = read(&both)["items"].clone();
    assert_eq!(items[0]["outcome"], "updated");
    assert_eq!(items[0]["id"], told["id"]);
    assert_eq!(items[1]["outcome"], "added");

    // The ETag is that of what is shown: who has it gets it again only after a change.
    let tag = header(&shown, "etag").to_owned();
    let bearer = format!("Bearer {editor}");
    let known = |tag: String| {
        let headers = [("authorization", bearer.clone()), ("if-none-match", tag)];
        let (app, place) = (&app, &place);
        async move {
            let headers = headers
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            call(app, Method::GET, place, &headers, "").await
        }
    };
    let changed = known(tag).await;
    assert_eq!(changed.status, StatusCode::OK);
    let again = known(header(&changed, "etag").to_owned()).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty());
}

#[tokio::test]
async fn all_that_is_wrong_is_named_and_nothing_is_taken() {
    let app = TestApp::new().await;
    let editor = token(&app, "site", Role::Editor, &[]).await;
    let list = json!([
        {"title": "Fine", "url": "https://x.example/1"},
        {"url": "ftp://x.example/2", "published_at": "soon", "topics": ["weather"]},
        {"title": "Typo", "url": "https://x.example/3", "sumary_html": ""},
    ]);
    let refused = problem(&post(&app, &editor, None, &list.to_string()).await, 422);
    let named: Vec<(u64, &str)> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["index"].as_u64().unwrap(), e["field"].as_str().unwrap()))
        .collect();
    assert_eq!(
        named,
        [
            (1, "title"),
            (1, "url"),
            (1, "published_at"),
            (1, "topics"),
            (2, "sumary_html")
        ]
    );
    let topics = refused["errors"][3]["detail"].as_str().unwrap();
    assert!(topics.contains("energy, markets, retail"), "{topics}");
    assert!(titles(&app, &editor, "").await.is_empty());

    let broken = problem(&post(&app, &editor, None, "[{\n\"title\": }]").await, 400);
    assert!(
        broken["detail"]
            .as_str()
            .unwrap()
            .contains("line 2 column 10")
    );
    let bearer = format!("Bearer {editor}");
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        let refused = call(&app, Method::POST, ARTICLES, &headers, "{}").await;
        problem(&refused, 415);
        assert_eq!(header(&refused, "accept-post"), "application/json");
    }
    problem(
        &post(&app, &editor, None, &" ".repeat(4_000_001)).await,
        413,
    );
    let many = json!({"title": "A", "url": "https://x.example/1"});
    let many = Value::Array(vec![many; 501]).to_string();
    let refused = problem(&post(&app, &editor, None, &many).await, 422);
    assert!(refused["detail"].as_str().unwrap().contains("500 at most"));
    let wrong = vec![json!(7); 150];
    let refused = problem(
        &post(&app, &editor, None, &json!(wrong).to_string()).await,
        422,
    );
    assert_eq!(refused["errors"].as_array().unwrap().len(), 100);
    assert!(refused["detail"].as_str().unwrap().contains("150 mistakes"));
    assert_eq!(
        read(&post(&app, &editor, None, "[]").await),
        json!({"items": []})
    );
}

#[tokio::test]
async fn other_addresses_and_methods_are_problems_too() {
    let app = TestApp::new().await;
    let editor = token(&app, "site", Role::Editor, &[]).await;
    for path in ["/api/v1", "/api/v1/nothing", "/api/v2/articles/1/x"] {
        problem(&get(&app, &editor, path).await, 404);
    }
    let bearer = format!("Bearer {editor}");
    let headers = [("authorization", bearer.as_str())];
    let refused = call(&app, Method::DELETE, ARTICLES, &headers, "").await;
    problem(&refused, 405);
    assert!(header(&refused, "allow").contains("POST"));
    for (query, reason) in [
        ("&topics=energy", "topics"),
        ("&state=gone", "withheld"),
        ("&topic=weather", "weather"),
        ("&limit=0", "from 1 to 200"),
        ("&limit=ten", "limit"),
        ("&cursor=xyz", "next_cursor"),
    ] {
        let refused = get(&app, &editor, &format!("{ARTICLES}{query}")).await;
        let detail = problem(&refused, 400)["detail"].to_string();
        assert!(detail.contains(reason), "{query}: {detail}");
    }
}

#[tokio::test]
async fn lists_are_filtered_and_come_in_pages() {
    let app = TestApp::new().await;
    let editor = token(&app, "site", Role::Editor, &[]).await;
    for n in 1..=5 {
        app.advance(TimeDelta::seconds(1));
        app.article(&format!("{n}"), &format!("Story {n}"), &["energy"])
            .await;
    }
    let list = json!([
        {"title": "Hidden", "url": "https://x.example/h", "hidden": true, "topics": ["retail"]},
        {"title": "Later", "url": "https://x.example/l", "not_before": "2026-03-09T00:00:00Z"},
        {"title": "Gone", "url": "https://x.example/g", "expires_at": "2026-03-01T00:00:00Z"},
        {"title": "First", "url": "https://x.example/f", "pinned": true, "language": "de"},
    ]);
    let made = post(&app, &editor, None, &list.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    for (filters, expected) in [
        ("&state=hidden", &["Hidden"][..]),
        ("&state=embargoed", &["Later"]),
        ("&state=expired", &["Gone"]),
        ("&state=shown&pinned=true", &["First"]),
        ("&topic=retail", &["Hidden"]),
        ("&language=de", &["First"]),
        ("&title=story%202", &["Story 2"]),
    ] {
        assert_eq!(titles(&app, &editor, filters).await, expected, "{filters}");
    }
    assert_eq!(titles(&app, &editor, "&state=withheld").await.len(), 3);
    assert_eq!(titles(&app, &editor, "&state=shown").await.len(), 6);

    let mut seen = Vec::new();
    let mut path = format!("{ARTICLES}&topic=energy&limit=2");
    loop {
        let page = read(&get(&app, &editor, &path).await);
        for item in page["items"].as_array().unwrap() {
            seen.push(item["title"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("{ARTICLES}&topic=energy&limit=2&cursor={cursor}");
        // What comes meanwhile does not move the pages.
        app.advance(TimeDelta::seconds(1));
        app.article("late", "Late", &["energy"]).await;
    }
    assert_eq!(
        seen,
        ["Story 5", "Story 4", "Story 3", "Story 2", "Story 1"]
    );
}

#[tokio::test]
async fn a_request_that_is_repeated_is_carried_out_once() {
    let app = TestApp::new().await;
    let editor = token(&app, "site", Role::Editor, &[]).await;
    let other = token(&app, "other", Role::Editor, &[]).await;
    let first = r#"{"title":"Port opens","url":"https://x.example/1"}"#;
    let second = r#"{"title":"Port closes","url":"https://x.example/1"}"#;
    let made = post(&app, &editor, Some("k-1"), first).await;
    assert_eq!(made.status, StatusCode::CREATED);
    // Somebody has changed it since; the repeated request must not turn it back.
    assert_eq!(post(&app, &editor, None, second).await.status.as_u16(), 200);
    let again = post(&app, &editor, Some("\"k-1\""), first).await;
    assert_eq!((again.status, &again.body), (made.status, &made.body));
    assert_eq!(header(&again, "location"), header(&made, "location"));
    assert_eq!(titles(&app, &editor, "").await, ["Port closes"]);

    let refused = problem(&post(&app, &editor, Some("k-1"), second).await, 422);
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("another request")
    );
    // The key is the token's own.
    assert_eq!(
        read(&post(&app, &other, Some("k-1"), first).await)["outcome"],
        "updated"
    );
    problem(&post(&app, &editor, Some("a b"), first).await, 400);

    // What was refused may be mended under the same key.
    problem(
        &post(&app, &editor, Some("k-2"), r#"{"title":"A"}"#).await,
        422,
    );
    assert_eq!(
        post(&app, &editor, Some("k-2"), second)
            .await
            .status
            .as_u16(),
        200
    );

    app.advance(KEPT + TimeDelta::seconds(1));
    assert_eq!(
        read(&post(&app, &editor, Some("k-1"), second).await)["outcome"],
        "unchanged"
    );
    app.advance(KEPT + TimeDelta::seconds(1));
    cleanup::prune(&app.deps).await.unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    let token = api_tokens::list(&mut tx).await.unwrap().remove(1).id;
    let gone = idempotency_keys::find(&mut tx, token, "k-1").await.unwrap();
    assert_eq!(gone, None);
}

#[tokio::test]
async fn a_request_whose_process_died_is_given_up_after_a_minute() {
    let app = TestApp::new().await;
    let editor = token(&app, "site", Role::Editor, &[]).await;
    let article = r#"{"title":"Port opens","url":"https://x.example/1"}"#;
    // Another process has claimed the key and not answered: its fingerprint is that of a request
    // that was answered, under another key.
    post(&app, &editor, Some("k-1"), article).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let token = api_tokens::list(&mut tx).await.unwrap().remove(0).id;
    let known = idempotency_keys::find(&mut tx, token, "k-1").await.unwrap();
    drop(tx);
    let fingerprint = known.unwrap().fingerprint;
    let request = idempotency_keys::Request {
        token,
        key: "k-2",
        fingerprint: &fingerprint,
    };
    let Begun::Claimed(dead) = idempotency::begin(&app.deps, request).await.unwrap() else {
        panic!("the key is new");
    };
    let busy = post(&app, &editor, Some("k-2"), article).await;
    problem(&busy, 409);
    assert_eq!(header(&busy, "retry-after"), "1");
    app.advance(TimeDelta::seconds(61));
    assert_eq!(
        post(&app, &editor, Some("k-2"), article)
            .await
            .status
            .as_u16(),
        200
    );
    // Should the first come back to life, it has lost its claim, and frees nothing.
    idempotency::release(&app.deps, &dead).await.unwrap();
    let again = post(&app, &editor, Some("k-2"), article).await;
    assert_eq!(read(&again)["outcome"], "unchanged");
}

#[tokio::test]
async fn editors_change_hide_and_pin_an_article() {
    let app = TestApp::new().await;
    let other = super::other(&app).await;
    let editor = Program::new(&app, Role::Editor).await;
    let abroad = Program::limited(&app, Role::Editor, &[other.id]).await;
    app.article("port", "Port opens", &["energy"]).await;
    let all = editor.seen("/articles?publication=ledger").await;
    let path = format!("/articles/{}", all["items"][0]["id"].as_str().unwrap());
    let act = async |what: &str| read(&editor.post(&format!("{path}/{what}"), Value::Null).await);
    assert_eq!(act("hide").await["withheld"], "hidden");
    assert_eq!(act("unhide").await["withheld"], Value::Null);
    assert!(act("pin").await["pinned_at"].is_string());
    assert_eq!(act("unpin").await["pinned_at"], Value::Null);
    let shown = editor.get(&path).await;
    let tag = header(&shown, "etag").to_owned();
    let change = json!({
        "title": "Port closes", "summary_markdown": "*Now.*", "topics": ["retail"], "language": "en",
        "not_before": "2026-03-09T00:00:00Z",
    });
    let changed = read(&editor.patch_if(&path, &tag, change.clone()).await);
    assert_eq!(
        (&changed["title"], &changed["withheld"]),
        (&json!("Port closes"), &json!("embargoed"))
    );
    assert_eq!(changed["topics"], json!(["retail"]));
    problem(&editor.patch_if(&path, &tag, change).await, 412);
    let back = read(
        &editor
            .patch(&path, json!({ "not_before": null, "language": null }))
            .await,
    );
    assert_eq!(
        (&back["not_before"], &back["language"]),
        (&Value::Null, &Value::Null)
    );
    for (change, pointer) in [
        (json!({ "title": "" }), "/title"),
        (json!({ "title": null }), "/title"),
        (json!({ "url": "ftp://x" }), "/url"),
        (json!({ "topics": ["none"] }), "/topics"),
        (json!({ "language": "x" }), "/language"),
        (json!({ "expires_at": "soon" }), "/expires_at"),
    ] {
        let refused = problem(&editor.patch(&path, change.clone()).await, 422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{change}");
    }
    for what in ["hide", "unhide", "pin", "unpin"] {
        problem(
            &abroad.post(&format!("{path}/{what}"), Value::Null).await,
            404,
        );
    }
    problem(&abroad.patch(&path, json!({ "title": "x" })).await, 404);
    let sharp = json!({ "title": "a\u{0}", "url": "https://x.example/0" });
    let refused = problem(
        &editor.post("/articles?publication=ledger", sharp).await,
        422,
    );
    assert_eq!(refused["errors"][0]["pointer"], "/title");
}
