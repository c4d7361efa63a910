//! Readers: found, shown, added, changed, exported and erased.

use axum::http::Method;
use paperround::domain::api_token::Role;
use paperround::domain::suppression::SuppressionReason;
use paperround::services::suppress;
use serde_json::{Value, json};

use super::{Program, call, field, header, other, problem, read};
use crate::support::TestApp;

const READERS: &str = "/subscribers?publication=ledger";

async fn id_of(program: &Program<'_>, email: &str) -> String {
    let email = email.replace('@', "%40");
    let found = program.seen(&format!("/subscribers?find={email}")).await;
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_reader_is_added_with_and_without_a_mail_that_asks() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    app.digest("daily", None, 1).await;
    let body = json!({ "email": "Ann@inbox.example", "topics": ["energy"], "name": "Ann" });
    let made = editor.post_once(READERS, "r-1", body.clone()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let told = read(&made);
    assert_eq!(
        (&told["state"], &told["added"]),
        (&json!("pending"), &json!(true))
    );
    assert_eq!(
        editor.post_once(READERS, "r-1", body.clone()).await.body,
        made.body
    );
    let again = editor.post(READERS, body).await;
    assert_eq!(
        (again.status.as_u16(), &read(&again)["state"]),
        (200, &json!("unchanged"))
    );
    let place = header(&made, "location").strip_prefix("/api/v1").unwrap();
    let shown = editor.seen(place).await;
    let place_there = &shown["subscriptions"][0];
    assert_eq!(
        (&place_there["state"], &place_there["topics"]),
        (&json!("pending"), &Value::Null)
    );
    assert_eq!(place_there["consents"][0]["source"], "token editor []");
    app.send_notices().await;
    assert_eq!(app.mails_for("Ann@inbox.example"), 1);

    let vouched = json!({ "email": "bob@inbox.example", "consent": "Agreed at the fair.", "digests": ["daily"] });
    assert_eq!(editor.done(READERS, vouched).await["state"], "confirmed");
    let bob = editor
        .seen(&format!(
            "/subscribers/{}",
            id_of(&editor, "bob@inbox.example").await
        ))
        .await;
    let bob = &bob["subscriptions"][0];
    assert_eq!(bob["digests"], json!(["daily"]));
    assert_eq!(bob["consents"][0]["text"], "Agreed at the fair.");
    assert_eq!(app.mails_for("bob@inbox.example"), 0);

    let eve = "eve@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &eve, SuppressionReason::Complaint, None)
        .await
        .unwrap();
    problem(
        &editor
            .post(READERS, json!({ "email": "eve@inbox.example" }))
            .await,
        409,
    );
    for (body, pointer) in [
        (json!({ "email": "nobody" }), "/email"),
        (
            json!({ "email": "a@inbox.example", "consent": " " }),
            "/consent",
        ),
        (
            json!({ "email": "a@inbox.example", "topics": ["No"] }),
            "/topics/0",
        ),
    ] {
        let refused = problem(&editor.post(READERS, body.clone()).await, 422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
    let unknown = json!({ "email": "a@inbox.example", "topics": ["none"] });
    let refused = problem(&editor.post(READERS, unknown).await, 422);
    assert!(
        refused["detail"].as_str().unwrap().contains("none"),
        "{refused}"
    );
    problem(
        &editor
            .post("/subscribers", json!({ "email": "a@inbox.example" }))
            .await,
        400,
    );
}

#[tokio::test]
async fn readers_are_found_by_the_beginning_of_their_address_and_come_in_pages() {
    let app = TestApp::new().await;
    let viewer = Program::new(&app, Role::Viewer).await;
    let names = ["ann.a", "ann.b", "Ann.c", "bob", "ann.d"];
    app.readers(names.iter().map(|name| format!("{name}@inbox.example")))
        .await;
    let count = std::cell::Cell::new(0);
    let all = viewer
        .all("/subscribers?find=Ann", 2, async || {
            count.set(count.get() + 1);
            let name = format!("ann.0{}@inbox.example", count.get());
            app.readers([name].into_iter()).await;
        })
        .await;
    let names = ["ann.a", "ann.b", "Ann.c", "ann.d"].map(|name| format!("{name}@inbox.example"));
    assert_eq!(field(&all, "email"), names);
    assert_eq!(
        all[0]["subscriptions"],
        json!([{ "publication": "ledger", "state": "confirmed" }])
    );
    let by_domain = viewer
        .all("/subscribers?find=%40inbox.example", 50, async || {})
        .await;
    assert_eq!(by_domain.len(), 6);
    let everybody = viewer.all(READERS, 50, async || {}).await;
    assert_eq!(everybody.len(), 6);
    assert!(
        viewer
            .all("/subscribers?find=zoe", 50, async || {})
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_subscription_is_changed_paused_and_ended() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    app.digest("daily", None, 1).await;
    app.readers(["ann@inbox.example".to_owned()].into_iter())
        .await;
    let id = id_of(&editor, "ann@inbox.example").await;
    let path = format!("/subscribers/{id}/subscriptions/ledger");
    let shown = editor.get(&path).await;
    let tag = header(&shown, "etag").to_owned();
    assert_eq!(read(&shown)["topics"], json!([]));
    let change = json!({
        "topics": ["markets", "energy"], "language": "de", "timezone": "Asia/Tokyo",
        "paused_until": "2026-04-01T00:00:00Z",
    });
    let changed = read(&editor.patch_if(&path, &tag, change.clone()).await);
    assert_eq!(changed["topics"], json!(["energy", "markets"]));
    assert_eq!(
        (&changed["language"], &changed["timezone"]),
        (&json!("de"), &json!("Asia/Tokyo"))
    );
    assert_eq!(changed["paused_until"], "2026-04-01T00:00:00Z");
    assert_eq!(editor.seen(&path).await, changed);
    problem(&editor.patch_if(&path, &tag, change).await, 412);
    let back = json!({ "paused_until": null, "timezone": null, "topics": [] });
    let changed = read(&editor.patch(&path, back).await);
    assert_eq!(
        (&changed["paused_until"], &changed["timezone"]),
        (&Value::Null, &Value::Null)
    );
    for (change, pointer) in [
        (json!({ "topics": ["none"] }), "/topics"),
        (json!({ "digests": ["none"] }), "/digests"),
        (json!({ "language": "x" }), "/language"),
    ] {
        let refused = problem(&editor.patch(&path, change.clone()).await, 422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{change}");
    }
    problem(
        &editor
            .post(&format!("{path}/resend-confirmation"), Value::Null)
            .await,
        409,
    );
    let left = editor
        .done(&format!("{path}/unsubscribe"), Value::Null)
        .await;
    assert_eq!(left["state"], "unsubscribed");
    assert_eq!(
        editor
            .done(&format!("{path}/unsubscribe"), Value::Null)
            .await,
        left
    );
    problem(&editor.patch(&path, json!({ "topics": [] })).await, 409);
    problem(
        &editor
            .get(&format!("/subscribers/{id}/subscriptions/none"))
            .await,
        404,
    );
    let whole = editor.seen(&format!("/subscribers/{id}")).await;
    let consents = whole["subscriptions"][0]["consents"].as_array().unwrap();
    let told: Vec<(&str, &str)> = consents
        .iter()
        .map(|c| (c["kind"].as_str().unwrap(), c["source"].as_str().unwrap()))
        .collect();
    assert_eq!(told.last(), Some(&("withdrawn", "operator")));
    assert_eq!(told[0], ("changed", "operator"));
    // Who has left comes back only by signing up.
    problem(
        &editor
            .post(READERS, json!({ "email": "ann@inbox.example" }))
            .await,
        409,
    );
}

#[tokio::test]
async fn the_mail_that_asks_is_sent_again_once_a_day() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    app.post("/ledger/subscribe", "email=ann%40inbox.example")
        .await;
    app.send_notices().await;
    let id = id_of(&editor, "ann@inbox.example").await;
    let path = format!("/subscribers/{id}/subscriptions/ledger/resend-confirmation");
    let early = problem(&editor.post(&path, Value::Null).await, 409);
    assert!(early["detail"].as_str().unwrap().contains("24 hours"));
    app.advance(chrono::Duration::hours(25));
    let sent = editor.post(&path, Value::Null).await;
    assert_eq!(sent.status.as_u16(), 202, "{}", sent.body);
    app.send_notices().await;
    assert_eq!(app.mails_for("ann@inbox.example"), 2);
    let link = app.link("ann@inbox.example", "/confirm/");
    assert_eq!(app.post(&link, "").await.status.as_u16(), 200);
    problem(&editor.post(&path, Value::Null).await, 409);
}

#[tokio::test]
async fn a_reader_is_exported_and_erased_by_owners_of_everything() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let owner = Program::new(&app, Role::Owner).await;
    app.readers(["ann@inbox.example".to_owned()].into_iter())
        .await;
    let path = format!("/subscribers/{}", id_of(&editor, "ann@inbox.example").await);
    let document = editor.seen(&format!("{path}/export")).await;
    assert_eq!(document["email"], "ann@inbox.example");
    let near = Program::limited(&app, Role::Owner, &[app.publication_id()]).await;
    assert_eq!(near.get(&path).await.status.as_u16(), 200);
    problem(&near.get(&format!("{path}/export")).await, 403);
    problem(&near.delete(&path).await, 403);
    problem(&editor.delete(&path).await, 403);
    assert_eq!(owner.delete(&path).await.status.as_u16(), 204);
    problem(&owner.delete(&path).await, 404);
    problem(&owner.get(&path).await, 404);
    assert!(owner.all("/subscribers", 50, async || {}).await.is_empty());
    let kept = owner.all("/suppressions", 50, async || {}).await;
    assert_eq!(
        (&kept[0]["reason"], &kept[0]["email"]),
        (&json!("erased"), &Value::Null)
    );
}

#[tokio::test]
async fn a_token_learns_nothing_of_readers_elsewhere() {
    let app = TestApp::new().await;
    let other = other(&app).await;
    let editor = Program::new(&app, Role::Editor).await;
    let abroad = Program::limited(&app, Role::Owner, &[other.id]).await;
    app.readers(
        ["ann@inbox.example", "bob@inbox.example"]
            .map(str::to_owned)
            .into_iter(),
    )
    .await;
    let vouched = json!({ "email": "bob@inbox.example", "consent": "Agreed." });
    abroad.done("/subscribers?publication=other", vouched).await;
    let seen = abroad.all("/subscribers", 50, async || {}).await;
    assert_eq!(field(&seen, "email"), ["bob@inbox.example"]);
    assert_eq!(
        seen[0]["subscriptions"],
        json!([{ "publication": "other", "state": "confirmed" }])
    );
    problem(&abroad.get(READERS).await, 404);
    let bob = format!("/subscribers/{}", seen[0]["id"].as_str().unwrap());
    let places = abroad.seen(&bob).await["subscriptions"].clone();
    assert_eq!(field(places.as_array().unwrap(), "publication"), ["other"]);
    problem(
        &abroad.get(&format!("{bob}/subscriptions/ledger")).await,
        404,
    );
    problem(
        &abroad
            .post(
                &format!("{bob}/subscriptions/ledger/unsubscribe"),
                Value::Null,
            )
            .await,
        404,
    );
    let ann = id_of(&editor, "ann@inbox.example").await;
    for (method, rest) in [
        (Method::GET, ""),
        (Method::DELETE, ""),
        (Method::GET, "/export"),
        (Method::GET, "/subscriptions/other"),
        (Method::PATCH, "/subscriptions/other"),
    ] {
        let path = format!("/subscribers/{ann}{rest}");
        let there = abroad.call(method.clone(), &path, &[], &json!({})).await;
        let nowhere = path.replace(&ann, "01900000-0000-7000-8000-000000000000");
        let nowhere = abroad.call(method, &nowhere, &[], &json!({})).await;
        assert_eq!(
            problem(&there, 404)["detail"]
                .to_string()
                .replace(&ann, "x"),
            problem(&nowhere, 404)["detail"]
                .to_string()
                .replace("01900000-0000-7000-8000-000000000000", "x"),
        );
    }
}

async fn import(
    program: &Program<'_>,
    query: &str,
    kind: &str,
    table: &str,
) -> crate::support::Answer {
    let headers = [
        ("authorization", program.bearer.as_str()),
        ("content-type", kind),
    ];
    let path = format!("/api/v1/imports?{query}");
    call(program.app, Method::POST, &path, &headers, table.to_owned()).await
}

#[tokio::test]
async fn a_file_of_readers_is_imported() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let table = "email,name,topics\nann@inbox.example,Ann,energy\nnobody,N,\nann@inbox.example,,\nbob@inbox.example,Bob,\n";
    let how = "publication=ledger&consent=Agreed%20at%20the%20fair.";
    let tried = read(&import(&editor, &format!("{how}&dry_run=true"), "text/csv", table).await);
    assert_eq!(
        (&tried["dry_run"], &tried["confirmed"]),
        (&json!(true), &json!(2)),
        "{tried}"
    );
    assert!(editor.all("/subscribers", 50, async || {}).await.is_empty());
    let done = read(&import(&editor, how, "text/csv; charset=utf-8", table).await);
    assert_eq!(
        (&done["read"], &done["added"]),
        (&json!(4), &json!(2)),
        "{done}"
    );
    assert_eq!(
        (&done["duplicates"], &done["rejected"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(done["rejected_rows"][0]["line"], 3);
    assert_eq!(editor.all("/subscribers", 50, async || {}).await.len(), 2);
    let again = read(&import(&editor, how, "text/csv", table).await);
    assert_eq!(
        (&again["added"], &again["unchanged"]),
        (&json!(0), &json!(2))
    );

    problem(&import(&editor, how, "text/csv", "name\nAnn\n").await, 422);
    problem(&import(&editor, how, "text/csv", "").await, 422);
    problem(
        &import(&editor, "publication=ledger&consent=%20", "text/csv", table).await,
        400,
    );
    problem(
        &import(&editor, "publication=none", "text/csv", table).await,
        404,
    );
    problem(&import(&editor, "", "text/csv", table).await, 400);
    let refused = import(&editor, how, "application/json", "{}").await;
    problem(&refused, 415);
    assert_eq!(header(&refused, "accept-post"), "text/csv");
}

#[tokio::test]
async fn an_import_is_asked_for_listed_and_taken_back() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let table = "email\nann@inbox.example\nbob@inbox.example\nnobody\n";
    let headers = [
        ("authorization", editor.bearer.as_str()),
        ("content-type", "text/csv"),
        ("prefer", "respond-async"),
        ("idempotency-key", "one"),
    ];
    let path = "/api/v1/imports?publication=ledger&consent=Yes.";
    let begun = call(&app, Method::POST, path, &headers, table).await;
    assert_eq!(begun.status.as_u16(), 202, "{}", begun.body);
    let place = header(&begun, "location").to_owned();
    let place = place.strip_prefix("/api/v1").unwrap();
    assert_eq!(read(&begun)["state"], "importing");
    let again = call(&app, Method::POST, path, &headers, table).await;
    assert_eq!(header(&again, "location"), header(&begun, "location"));
    let ended = loop {
        let now = read(&editor.get(place).await);
        if now["state"] != "importing" {
            break now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(
        (&ended["state"], &ended["added"]),
        (&json!("finished"), &json!(2)),
        "{ended}"
    );
    assert_eq!(
        (&ended["rejected_rows"][0]["line"], &ended["undo"]),
        (&json!(4), &json!(null))
    );
    let listed = editor
        .all("/imports?publication=ledger", 50, async || {})
        .await;
    assert_eq!(listed.len(), 1);

    let viewer = Program::new(&app, Role::Viewer).await;
    assert_eq!(viewer.get(place).await.status.as_u16(), 200);
    problem(
        &viewer.post(&format!("{place}/undo"), Value::Null).await,
        403,
    );
    let elsewhere = other(&app).await;
    let other = Program::limited(&app, Role::Editor, &[elsewhere.id]).await;
    problem(&other.get(place).await, 404);
    let undo = editor.post(&format!("{place}/undo"), Value::Null).await;
    assert_eq!(undo.status.as_u16(), 202, "{}", undo.body);
    problem(
        &editor.post(&format!("{place}/undo"), Value::Null).await,
        409,
    );
    let stop = tokio_util::sync::CancellationToken::new();
    paperround::services::import::work(&app.deps, &stop)
        .await
        .unwrap();
    let undone = read(&editor.get(place).await);
    assert_eq!(
        (&undone["state"], &undone["undo"]["removed"]),
        (&json!("undone"), &json!(2))
    );
    assert!(editor.all("/subscribers", 50, async || {}).await.is_empty());
}

#[tokio::test]
async fn a_checked_import_is_begun_or_forgotten_and_hands_out_what_it_rejected() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let table = "email\nann@inbox.example\nnobody\n";
    let dry = "publication=ledger&consent=Yes.&dry_run=true";
    let mut places = Vec::new();
    for _ in 0..2 {
        let checked = read(&import(&editor, dry, "text/csv", table).await);
        assert_eq!(checked["state"], "checked", "{checked}");
        places.push(format!("/imports/{}", checked["id"].as_str().unwrap()));
    }
    let begun = editor
        .post(&format!("{}/start", places[0]), Value::Null)
        .await;
    assert_eq!(begun.status.as_u16(), 202, "{}", begun.body);
    problem(
        &editor
            .post(&format!("{}/start", places[0]), Value::Null)
            .await,
        409,
    );
    let stop = tokio_util::sync::CancellationToken::new();
    paperround::services::import::work(&app.deps, &stop)
        .await
        .unwrap();
    let ended = editor.seen(&places[0]).await;
    assert_eq!(
        (&ended["state"], &ended["added"]),
        (&json!("finished"), &json!(1))
    );
    let rejected = editor.get(&format!("{}/rejected", places[0])).await;
    assert_eq!(rejected.status.as_u16(), 200, "{}", rejected.body);
    assert!(rejected.body.starts_with("email") && rejected.body.contains("nobody"));
    problem(&editor.delete(&places[0]).await, 409);
    assert_eq!(editor.delete(&places[1]).await.status.as_u16(), 204);
    problem(&editor.get(&format!("{}/rejected", places[1])).await, 404);

    let elsewhere = other(&app).await;
    let abroad = Program::limited(&app, Role::Editor, &[elsewhere.id]).await;
    problem(&abroad.get(&format!("{}/rejected", places[0])).await, 404);
    problem(&abroad.delete(&places[0]).await, 404);
    problem(
        &abroad
            .post(&format!("{}/start", places[0]), Value::Null)
            .await,
        404,
    );
    let viewer = Program::new(&app, Role::Viewer).await;
    problem(&viewer.get(&format!("{}/rejected", places[0])).await, 403);
}

#[tokio::test]
async fn the_readers_of_a_publication_are_listed_by_state_and_topic_and_handed_out() {
    let app = TestApp::new().await;
    let owner = Program::new(&app, Role::Owner).await;
    let names: Vec<String> = (0..5).map(|n| format!("a{n}@inbox.example")).collect();
    app.readers(names.into_iter()).await;
    app.advance(chrono::Duration::seconds(1));
    let body = json!({ "email": "bob@inbox.example", "topics": ["energy"] });
    owner.done("/subscribers?publication=ledger", body).await;
    let path = "/publications/ledger/subscriptions";
    let all = owner.all(path, 2, async || {}).await;
    assert_eq!(all.len(), 6);
    assert_eq!(all[0]["email"], "bob@inbox.example", "the newest first");
    // What they chose waits until they confirm.
    assert_eq!(
        (&all[0]["state"], &all[0]["topics"]),
        (&json!("pending"), &json!([]))
    );
    let found = owner.all(&format!("{path}?find=a"), 2, async || {}).await;
    assert_eq!(field(&found, "email")[4], "a4@inbox.example");
    let confirmed = owner
        .all(&format!("{path}?state=confirmed"), 50, async || {})
        .await;
    assert_eq!(confirmed.len(), 5);
    let reader = found[0]["subscriber"].as_str().unwrap();
    assert_eq!(
        owner.seen(&format!("/subscribers/{reader}")).await["email"],
        "a0@inbox.example"
    );
    problem(&owner.get(&format!("{path}?state=gone")).await, 400);
    problem(&owner.get(&format!("{path}?cursor=x")).await, 400);

    let table = owner.get(&format!("{path}/export?state=confirmed")).await;
    assert!(header(&table, "content-type").starts_with("text/csv"));
    assert_eq!(table.body.lines().count(), 6);
    assert!(table.body.starts_with("email,name,") && table.body.contains("a3@inbox.example"));
    let log = owner.seen("/audit?kind=subscriber").await;
    assert_eq!(log["items"][0]["verb"], "export");
    assert!(!log.to_string().contains("@inbox.example"));
    let viewer = Program::new(&app, Role::Viewer).await;
    problem(&viewer.get(&format!("{path}/export")).await, 403);
    let elsewhere = other(&app).await;
    let abroad = Program::limited(&app, Role::Owner, &[elsewhere.id]).await;
    problem(&abroad.get(path).await, 404);
    problem(&abroad.get(&format!("{path}/export")).await, 404);
}
