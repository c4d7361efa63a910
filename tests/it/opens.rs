//! Opens of mails: counted where a publication has chosen that, and never by reader.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, StatusCode};
use chrono::Duration;
use paperround::domain::audit::Kind;
use paperround::domain::ids::IssueId;
use paperround::domain::operator::Role;
use paperround::services::{manage_publication, preview_digest, test_digest};
use paperround::store::audit;
use paperround::store::opens::{self, Opens};

use crate::support::TestApp;
use crate::support::browser::Browser;

const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Thunderbird/130.0";
const GMAIL: &str =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
const READER: &str = "ada@inbox.example";

async fn choose(app: &TestApp, count_opens: bool) {
    let changed = manage_publication::update(&app.deps, "ledger", |publication| {
        publication.count_opens = count_opens;
        Ok(())
    });
    changed.await.unwrap();
}

/// One reader, and an issue whose opens are counted.
async fn sent(app: &TestApp) -> IssueId {
    app.subscribe(READER, "").await;
    choose(app, true).await;
    app.article("one", "A berth opens", &[]).await;
    let digest = app.digest("daily", None, 1).await;
    app.send(&digest).await
}

async fn found(app: &TestApp, id: IssueId) -> Option<Opens> {
    let mut tx = app.deps.store.read().await.unwrap();
    opens::find(&mut tx, id).await.unwrap()
}

async fn numbers(app: &TestApp, id: IssueId) -> (i64, i64, i64) {
    let found = found(app, id).await.unwrap();
    (found.counted, found.by_providers, found.loaded)
}

/// The addresses of ours that a mail would load pictures from.
fn pictures(html: &str) -> Vec<String> {
    html.split("<img src=\"https://news.example")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// That of the newest mail to the reader.
fn picture(app: &TestApp) -> String {
    let html = app.newest(READER).html().unwrap();
    let [picture] = &pictures(&html)[..] else {
        panic!("{html}")
    };
    picture.clone()
}

/// Loads a picture as somebody.
async fn load(
    app: &TestApp,
    method: Method,
    path: &str,
    address: &str,
    headers: &[(&str, &str)],
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    app.open_from(address, request).await
}

async fn see(app: &TestApp, path: &str, address: &str, user_agent: &str) {
    let headers = [("user-agent", user_agent)];
    let answer = load(app, Method::GET, path, address, &headers).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_mail_has_the_picture_only_while_that_is_chosen() {
    let app = TestApp::new().await;
    app.subscribe(READER, "").await;
    app.subscribe("ben@inbox.example", "").await;
    let digest = app.digest("daily", None, 1).await;
    app.article("one", "A berth opens", &[]).await;
    let without = app.send(&digest).await;
    assert_eq!(found(&app, without).await, None);
    assert_eq!(
        pictures(&app.newest(READER).html().unwrap()).len(),
        0,
        "off by default"
    );

    choose(&app, true).await;
    app.article("two", "A crane falls down", &[]).await;
    let with = app.send(&digest).await;
    let (html, other) = (
        app.newest(READER).html().unwrap(),
        app.newest("ben@inbox.example").html().unwrap(),
    );
    let seen = pictures(&html);
    assert_eq!(
        seen,
        pictures(&other),
        "the same for all readers, and one only"
    );
    let end = format!(
        "<img src=\"https://news.example{}\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block;border:0\">\n</body></html>",
        seen[0]
    );
    assert!(html.trim_end().replace('\r', "").ends_with(&end), "{html}");
    assert!(!app.newest(READER).text().unwrap().contains("/open/"));
    assert_eq!(numbers(&app, with).await, (0, 0, 0));

    choose(&app, false).await;
    see(&app, &seen[0], "203.0.113.7", PERSON).await;
    assert_eq!(numbers(&app, with).await, (0, 0, 0), "turned off is off");
    app.article("three", "The lock is mended", &[]).await;
    let after = app.send(&digest).await;
    assert_eq!(found(&app, after).await, None);
    assert_eq!(pictures(&app.newest(READER).html().unwrap()).len(), 0);

    let mut tx = app.deps.store.read().await.unwrap();
    let log = audit::page(&mut tx, &audit::Filter::default(), 100)
        .await
        .unwrap();
    let told = log.iter().filter(|entry| {
        let fields: Vec<String> = entry.differences().into_iter().map(|d| d.field).collect();
        entry.kind == Kind::Publication && fields == ["count_opens"]
    });
    assert_eq!(told.count(), 2);
}

#[tokio::test]
async fn readers_providers_and_programs_are_counted_apart() {
    let app = TestApp::new().await;
    let id = sent(&app).await;
    let path = picture(&app);
    let answer = load(
        &app,
        Method::GET,
        &path,
        "203.0.113.7",
        &[("user-agent", PERSON)],
    )
    .await;
    assert_eq!(answer.status(), StatusCode::OK);
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "image/gif");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("set-cookie"));
    let body = to_bytes(answer.into_body(), 1000).await.unwrap();
    assert_eq!((body.len(), &body[..6]), (43, &b"GIF89a"[..]));
    assert_eq!(numbers(&app, id).await, (1, 0, 1));

    see(&app, &path, "203.0.113.7", PERSON).await;
    assert_eq!(
        numbers(&app, id).await,
        (1, 0, 2),
        "once more is not counted"
    );
    see(&app, &path, "203.0.113.8", PERSON).await;
    assert_eq!(numbers(&app, id).await, (2, 0, 3));
    for _ in 0..2 {
        see(&app, &path, "203.0.113.9", GMAIL).await;
    }
    assert_eq!(
        numbers(&app, id).await,
        (2, 2, 5),
        "for how many is unknown"
    );
    see(
        &app,
        &path,
        "203.0.113.10",
        "Mozilla/5.0 (X11) BarracudaCentral",
    )
    .await;
    let ahead = [("user-agent", PERSON), ("sec-purpose", "prefetch")];
    load(&app, Method::GET, &path, "203.0.113.11", &ahead).await;
    assert_eq!(numbers(&app, id).await, (2, 2, 7));
    app.advance(Duration::days(1));
    see(&app, &path, "203.0.113.7", PERSON).await;
    assert_eq!(numbers(&app, id).await, (3, 2, 8), "on another day");

    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let page = viewer.get(&format!("/admin/issues/{id}")).await.body;
    let row = "<td class=\"n\">3</td><td class=\"n\">2</td><td class=\"n\">8</td>";
    assert!(page.contains(row), "{page}");
    assert!(page.contains("decide nothing by them"), "{page}");
}

#[tokio::test]
async fn heads_forged_and_unknown_addresses_count_nothing() {
    let app = TestApp::new().await;
    let id = sent(&app).await;
    let path = picture(&app);
    let person = [("user-agent", PERSON)];
    let head = load(&app, Method::HEAD, &path, "203.0.113.7", &person).await;
    assert_eq!(head.status(), StatusCode::OK);
    let token = path.trim_start_matches("/open/").trim_end_matches(".gif");
    let other = app.deps.keys.open_token(IssueId(uuid::Uuid::from_u128(7)));
    let mut forged = token.to_owned();
    forged.replace_range(..4, "AAAA");
    for name in [
        "x.gif",
        "AAAA.gif",
        token,
        &format!("{forged}.gif"),
        &format!("{other}.gif"),
        &format!("{token}.png"),
    ] {
        let path = format!("/open/{name}");
        let answer = load(&app, Method::GET, &path, "203.0.113.7", &person).await;
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        let body = to_bytes(answer.into_body(), 1000).await.unwrap();
        assert_eq!(body.len(), 43, "{name}");
    }
    let posted = load(&app, Method::POST, &path, "203.0.113.7", &person).await;
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(numbers(&app, id).await, (0, 0, 0));
    assert_eq!(app.rows("opens").await, 1);
}

#[tokio::test]
async fn pages_previews_and_tests_are_without_it() {
    let app = TestApp::new().await;
    let id = sent(&app).await;
    let archived = app.get("/ledger/archive/daily-1").await.body;
    assert!(archived.contains("A berth opens"));
    let shown = preview_digest::issue(&app.deps, id, None).await.unwrap();
    let as_sent = String::from_utf8(shown.message(&app.deps).unwrap()).unwrap();
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let of_page = viewer
        .get(&format!("/admin/issues/{id}/preview"))
        .await
        .body;
    let mut tx = app.deps.store.read().await.unwrap();
    let all = paperround::store::editions::list(&mut tx, id, 9)
        .await
        .unwrap();
    drop(tx);
    let edition = all[0].id;
    let of_edition = viewer
        .get(&format!("/admin/issues/{id}/preview?edition={edition}"))
        .await
        .body;
    let digest = app.digest("weekly", None, 1).await;
    let to = "me@inbox.example".parse().unwrap();
    test_digest::send(&app.deps, app.publication.clone(), digest, &to)
        .await
        .unwrap();
    let test = app.newest("me@inbox.example").html().unwrap();
    for (what, html) in [
        ("archive", archived),
        ("preview", shown.html()),
        ("message", as_sent),
        ("page", of_page),
        ("edition", of_edition),
        ("test", test),
    ] {
        assert!(html.contains("A berth opens"), "{what}");
        assert!(!html.contains("/open/"), "{what}: {html}");
    }
}

#[tokio::test]
async fn an_editor_ticks_the_box_beside_the_warning() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = "/admin/p/ledger";
    let shown = editor.get(page).await.body;
    let ticked = "name=\"opens\" value=\"counted\" checked";
    assert!(shown.contains("Little can be read from opens") && !shown.contains(ticked));
    let form = [
        ("name", "The Ledger"),
        ("from_name", "The Ledger"),
        ("from_email", "news@ledger.example"),
        ("postal_address", "1 Quay"),
        ("language", "en"),
        ("timezone", "Europe/Berlin"),
        ("design", "editorial"),
        ("font", "serif"),
        ("accent", "#1b5578"),
    ];
    let with = |more: &[(&'static str, &'static str)]| [&form[..], more].concat();
    let on = with(&[("clicks", "not counted"), ("opens", "counted")]);
    let saved = editor.post(page, page, &on).await;
    assert_eq!(saved.location(), page, "{}", saved.body);
    assert!(editor.get(page).await.body.contains(ticked));
    // A form of before says nothing of it.
    editor.post(page, page, &with(&[])).await;
    assert!(editor.get(page).await.body.contains(ticked));
    editor
        .post(page, page, &with(&[("clicks", "counted")]))
        .await;
    assert!(!editor.get(page).await.body.contains(ticked));
}

#[tokio::test]
async fn the_command_line_warns_and_shows_the_numbers() {
    let app = TestApp::new().await;
    let run = |arguments: &[&str]| {
        let done = app.program().args(arguments).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.success(), "{said}");
        (String::from_utf8(done.stdout).unwrap(), said)
    };
    let update = ["publication", "update", "ledger", "--count-opens"];
    let (_, said) = run(&[&update[..], &["true", "--yes"]].concat());
    assert!(said.contains("Little can be read from opens"), "{said}");
    let id = sent(&app).await;
    see(&app, &picture(&app), "203.0.113.7", PERSON).await;
    let id = id.to_string();
    let (table, said) = run(&["issue", "opens", &id]);
    assert!(table.contains("COUNTED  BY PROVIDERS  LOADED"), "{table}");
    assert!(said.contains("decide nothing by them"), "{said}");
    let (told, _) = run(&["issue", "show", &id, "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let numbers = serde_json::json!({ "loaded": 1, "counted": 1, "by_providers": 0 });
    assert_eq!(told["opens"], numbers);
    let (_, said) = run(&[&update[..], &["false"]].concat());
    assert!(!said.contains("Little can be read"), "{said}");
}
