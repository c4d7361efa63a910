//! Digests: made, tried and sent.

use axum::http::Method;
use paperround::domain::api_token::Role;
use paperround::domain::issue::IssueState;
use serde_json::{Value, json};

use super::{Program, field, header, other, problem, read};
use crate::support::TestApp;

const DIGESTS: &str = "/publications/ledger/digests";
const DAILY: &str = "/publications/ledger/digests/daily";

#[tokio::test]
async fn a_digest_is_made_shown_and_changed() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let body = json!({
        "slug": "daily", "name": "The Daily", "cron": "0 7 * * mon-fri", "max_items": 10,
        "sections": ["energy:3", "markets"], "topics": ["energy", "markets"],
        "calendar": { "holidays": ["2026-12-25"], "hours": ["mon-fri 06:00-20:00"] },
    });
    let made = editor.post_once(DIGESTS, "d-1", body.clone()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    assert_eq!(header(&made, "location"), format!("/api/v1{DAILY}"));
    let again = editor.post_once(DIGESTS, "d-1", body.clone()).await;
    assert_eq!(again.body, made.body);
    problem(&editor.post(DIGESTS, body).await, 409);
    let shown = editor.get(DAILY).await;
    let digest = read(&shown);
    assert_eq!(digest, read(&made));
    assert_eq!(digest["timezone"], "Europe/Berlin");
    assert_eq!(digest["sections"], json!(["energy:3", "markets"]));
    assert_eq!(
        digest["calendar"]["hours"],
        json!(["mon,tue,wed,thu,fri 06:00-20:00"])
    );
    // Monday, 2 March, 9 in Berlin.
    assert_eq!(digest["next_run_at"], "2026-03-03T06:00:00Z");

    assert_eq!(digest["design"], Value::Null);
    let tag = header(&shown, "etag").to_owned();
    let change = json!({
        "name": "Morning", "calendar": { "on_holiday": "move" }, "sections": [],
        "subject": "{{ headline }}", "next_intro": "*Today only.*", "design": "plain",
    });
    let changed = read(&editor.patch_if(DAILY, &tag, change.clone()).await);
    assert_eq!(
        (&changed["name"], &changed["design"]),
        (&json!("Morning"), &json!("plain"))
    );
    assert_eq!(changed["calendar"]["holidays"], json!(["2026-12-25"]));
    assert_eq!(changed["calendar"]["on_holiday"], "move");
    assert_eq!(
        (&changed["sections"], &changed["max_items"]),
        (&json!([]), &json!(10))
    );
    problem(&editor.patch_if(DAILY, &tag, change).await, 412);
    let news = json!({ "cron": null, "breaking": { "most_a_day": 2 } });
    let changed = read(&editor.patch(DAILY, news).await);
    assert_eq!(
        changed["breaking"],
        json!({ "gap_minutes": 60, "most_a_day": 2 })
    );
    assert_eq!(changed["next_run_at"], Value::Null);
    assert_eq!(changed["design"], "plain");
    let back = read(&editor.patch(DAILY, json!({ "design": null })).await);
    assert_eq!(back["design"], Value::Null);
    for (change, pointer) in [
        (json!({ "cron": "0 7 * * *" }), "/breaking"),
        (json!({ "max_items": 0 }), "/max_items"),
        (json!({ "local_time": true }), "/local_time"),
        (json!({ "topics": ["none"] }), "/topics"),
        (json!({ "sections": ["energy:0"] }), "/sections/0"),
        (json!({ "subject": "{{ nonsense }" }), "/subject"),
        (
            json!({ "calendar": { "holidays": ["soon"] } }),
            "/calendar/holidays/0",
        ),
        (json!({ "breaking": null, "cron": "every day" }), "/cron"),
        (json!({ "design": "glossy" }), "/design"),
        (json!({ "slug": "weekly" }), "/slug"),
    ] {
        let refused = problem(&editor.patch(DAILY, change.clone()).await, 422);
        assert_eq!(
            refused["errors"][0]["pointer"], pointer,
            "{change}: {refused}"
        );
    }
    problem(&editor.get("/publications/ledger/digests/none").await, 404);
}

#[tokio::test]
async fn single_runs_are_left_out_and_moved() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    app.digest("daily", Some("0 7 * * *"), 1).await;
    let runs = async || editor.seen(&format!("{DAILY}/runs?count=2")).await;
    let second = json!({ "at": "2026-03-04T06:00:00Z" });
    editor
        .done(&format!("{DAILY}/skip-run"), second.clone())
        .await;
    assert_eq!(runs().await["items"][1]["note"], "left out by hand");
    editor.done(&format!("{DAILY}/keep-run"), second).await;
    let moved = json!({ "at": "2026-03-04T06:00:00Z", "to": "2026-03-03T17:00:00+01:00" });
    let path = format!("{DAILY}/move-run");
    editor.done(&path, moved.clone()).await;
    let told = runs().await["items"][1].clone();
    assert_eq!(
        (&told["at"], &told["slot_at"]),
        (
            &json!("2026-03-03T16:00:00Z"),
            &json!("2026-03-04T06:00:00Z")
        )
    );
    let taken = json!({ "at": "2026-03-04T06:00:00Z", "to": "2026-03-05T06:00:00Z" });
    problem(&editor.post(&path, taken).await, 409);
    problem(
        &editor
            .post(&path, json!({ "at": "2026-03-04T06:30:00Z" }))
            .await,
        409,
    );
    problem(
        &editor
            .post(&path, json!({ "to": "2026-03-04T06:30:00Z" }))
            .await,
        422,
    );
    let back = json!({ "at": "2026-03-03T16:00:00Z" });
    editor.done(&path, back).await;
    assert_eq!(runs().await["items"][1]["at"], "2026-03-04T06:00:00Z");
    let viewer = Program::new(&app, Role::Viewer).await;
    for action in ["skip-run", "keep-run", "move-run"] {
        problem(
            &viewer
                .post(&format!("{DAILY}/{action}"), moved.clone())
                .await,
            403,
        );
    }
}

#[tokio::test]
async fn runs_are_told_left_out_and_paused() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    app.digest("daily", Some("0 7 * * *"), 1).await;
    let runs = editor.seen(&format!("{DAILY}/runs?count=2")).await;
    assert_eq!(
        runs["items"][1],
        json!({ "at": "2026-03-04T06:00:00Z", "local": "2026-03-04T07:00:00+01:00",
            "slot_at": "2026-03-04T06:00:00Z", "note": null })
    );
    let skipped = editor
        .done(&format!("{DAILY}/skip-next"), Value::Null)
        .await;
    assert_eq!(skipped["skip_at"], "2026-03-03T06:00:00Z");
    let runs = editor.seen(&format!("{DAILY}/runs")).await;
    assert_eq!(runs["items"].as_array().unwrap().len(), 5);
    assert_eq!(runs["items"][0]["note"], "left out by hand");
    let kept = editor
        .done(&format!("{DAILY}/keep-next"), Value::Null)
        .await;
    assert_eq!(kept["skip_at"], Value::Null);
    let paused = editor.done(&format!("{DAILY}/pause"), Value::Null).await;
    assert!(paused["paused_at"].is_string());
    let resumed = editor.done(&format!("{DAILY}/resume"), Value::Null).await;
    assert_eq!(resumed["paused_at"], Value::Null);
    problem(&editor.get(&format!("{DAILY}/runs?count=0")).await, 400);
    app.digest("by-hand", None, 1).await;
    let by_hand = "/publications/ledger/digests/by-hand";
    assert_eq!(
        editor.seen(&format!("{by_hand}/runs")).await,
        json!({ "items": [] })
    );
    problem(
        &editor
            .post(&format!("{by_hand}/skip-next"), Value::Null)
            .await,
        409,
    );
}

#[tokio::test]
async fn a_mail_is_looked_at_and_tried() {
    let app = TestApp::new().await;
    let viewer = Program::new(&app, Role::Viewer).await;
    let editor = Program::new(&app, Role::Editor).await;
    app.digest("daily", None, 1).await;
    let preview = format!("{DAILY}/preview");
    let nothing = problem(&viewer.get(&preview).await, 409);
    assert!(
        nothing["detail"]
            .as_str()
            .unwrap()
            .starts_with("Nothing would go out"),
        "{nothing}"
    );
    app.article("port", "Port opens", &["energy"]).await;
    let shown = viewer.seen(&preview).await;
    assert_eq!(
        (&shown["articles"], &shown["number"]),
        (&json!(1), &json!(1))
    );
    assert!(shown["subject"].as_str().unwrap().contains("Port opens"));
    for (accept, kind, part) in [
        ("text/html", "text/html; charset=utf-8", "html"),
        ("text/plain, */*;q=0.1", "text/plain; charset=utf-8", "text"),
    ] {
        let headers = [("accept", accept)];
        let answer = viewer
            .call(Method::GET, &preview, &headers, &Value::Null)
            .await;
        assert_eq!(header(&answer, "content-type"), kind);
        assert_eq!(shown[part], answer.body);
        assert_eq!(header(&answer, "content-security-policy"), "sandbox");
    }
    problem(
        &viewer
            .get(&format!("{preview}?as=nobody@inbox.example"))
            .await,
        404,
    );
    problem(&viewer.get(&format!("{preview}?as=nobody")).await, 400);
    problem(&viewer.get(&format!("{preview}?at=soon")).await, 400);

    let body = json!({ "to": "desk@inbox.example" });
    let tested = editor
        .post_once(&format!("{DAILY}/test"), "t-1", body.clone())
        .await;
    let told = read(&tested);
    assert_eq!(
        (&told["articles"], &told["latest"]),
        (&json!(1), &json!(false)),
        "{told}"
    );
    editor
        .post_once(&format!("{DAILY}/test"), "t-1", body)
        .await;
    assert_eq!(app.mails_for("desk@inbox.example"), 1);
    assert!(
        app.newest("desk@inbox.example")
            .subject()
            .starts_with("[Test]")
    );
    let refused = problem(&editor.post(&format!("{DAILY}/test"), json!({})).await, 422);
    assert!(refused["detail"].as_str().unwrap().contains("to"));
}

#[tokio::test]
async fn an_issue_is_made_once_however_often_it_is_asked_for() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    app.digest("daily", None, 1).await;
    app.readers(["ann@inbox.example".to_owned()].into_iter())
        .await;
    app.article("port", "Port opens", &[]).await;
    let send = format!("{DAILY}/send");
    let made = editor.post_once(&send, "s-1", Value::Null).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let issue = read(&made);
    assert_eq!(
        (&issue["state"], &issue["number"]),
        (&json!("composing"), &json!(1))
    );
    let place = format!("/api/v1/issues/{}", issue["id"].as_str().unwrap());
    assert_eq!(header(&made, "location"), place);
    app.advance(chrono::Duration::seconds(5));
    let again = editor.post_once(&send, "s-1", Value::Null).await;
    assert_eq!((again.status, &again.body), (made.status, &made.body));
    problem(
        &editor.post_once(&send, "s-1", json!({ "at": null })).await,
        422,
    );
    let all = editor.all("/issues", 50, async || {}).await;
    assert_eq!(all.len(), 1);

    // Without news an issue by hand says why it does not go out.
    let skipped = editor.done(&send, json!({})).await;
    assert_eq!(skipped["state"], "skipped");
    assert!(skipped["reason"].is_string());
    let at = "2026-03-09T07:00:00Z";
    let later = editor.post_once(&send, "s-2", json!({ "at": at })).await;
    let later = read(&later);
    assert_eq!(
        (&later["state"], &later["planned_at"]),
        (&json!("planned"), &json!(at))
    );
    problem(
        &editor.post_once(&send, "s-3", json!({ "at": at })).await,
        409,
    );
    problem(&editor.post(&send, json!({ "at": "tomorrow" })).await, 422);
    let id = issue["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(app.state(id).await, IssueState::Composing);
}

#[tokio::test]
async fn digests_come_in_pages_and_are_hidden_from_other_tokens() {
    let app = TestApp::new().await;
    let other = other(&app).await;
    let viewer = Program::new(&app, Role::Viewer).await;
    for n in 0..5 {
        app.advance(chrono::Duration::seconds(1));
        app.digest(&format!("digest-{n}"), None, 1).await;
    }
    let count = std::cell::Cell::new(5);
    let all = viewer
        .all(DIGESTS, 2, async || {
            app.advance(chrono::Duration::seconds(1));
            if count.get() < 7 {
                app.digest(&format!("digest-{}", count.get()), None, 1)
                    .await;
                count.set(count.get() + 1);
            }
        })
        .await;
    let names: Vec<String> = (0..7).map(|n| format!("digest-{n}")).collect();
    assert_eq!(field(&all, "slug"), names);
    let abroad = Program::limited(&app, Role::Owner, &[other.id]).await;
    let digest = "/publications/ledger/digests/digest-0";
    for (method, rest) in [
        (Method::GET, ""),
        (Method::PATCH, ""),
        (Method::GET, "/runs"),
        (Method::GET, "/preview"),
        (Method::POST, "/send"),
        (Method::POST, "/pause"),
        (Method::POST, "/resume"),
        (Method::POST, "/skip-next"),
        (Method::POST, "/keep-next"),
    ] {
        let refused = abroad
            .call(method, &format!("{digest}{rest}"), &[], &json!({}))
            .await;
        problem(&refused, 404);
    }
    let body = json!({ "to": "desk@inbox.example" });
    problem(&abroad.post(&format!("{digest}/test"), body).await, 404);
}

#[tokio::test]
async fn the_coming_issue_is_told_and_edited() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let digest = app.digest("daily", None, 1).await;
    app.readers(["ada@inbox.example".to_owned()].into_iter())
        .await;
    for (slug, title) in [("one", "Alpha"), ("two", "Bravo"), ("three", "Charlie")] {
        app.article(slug, title, &["energy"]).await;
        app.advance(chrono::Duration::seconds(1));
    }
    let (draft, coming) = (format!("{DAILY}/draft"), format!("{DAILY}/coming"));
    let before = editor.get(&draft).await;
    let empty = read(&before);
    assert_eq!(
        (&empty["version"], &empty["order"]),
        (&json!(0), &json!([]))
    );
    let now = read(&editor.get(&coming).await);
    let id = |title: &str| {
        let all = now["articles"].as_array().unwrap();
        all.iter().find(|a| a["title"] == title).unwrap()["id"].clone()
    };
    assert_eq!(now["articles"][0]["title"], "Charlie");
    assert_eq!((&now["number"], &now["nothing"]), (&json!(1), &Value::Null));

    let wanted = json!({
        "subject": "Only today: {{ headline }}", "intro": "Good *morning*.",
        "order": [id("Bravo"), id("Alpha")],
        "articles": [
            { "id": id("Charlie"), "dropped": true },
            { "id": id("Alpha"), "title": "A finer word" },
        ],
    });
    let tag = header(&before, "etag").to_owned();
    let put = |body: Value, tag: String| {
        let (draft, editor) = (draft.clone(), &editor);
        async move {
            editor
                .call(Method::PUT, &draft, &[("if-match", &tag)], &body)
                .await
        }
    };
    let kept = put(wanted.clone(), tag.clone()).await;
    assert_eq!(kept.status.as_u16(), 200, "{}", kept.body);
    assert_eq!(read(&kept)["version"], 1);
    assert_eq!(read(&kept)["order"], wanted["order"]);
    assert_eq!(read(&editor.get(&draft).await), read(&kept));
    problem(&put(wanted.clone(), tag).await, 412);
    for (body, pointer) in [
        (json!({ "subject": "{{ headlin }}" }), "/subject"),
        (json!({ "intro": "x".repeat(4001) }), "/intro"),
        (json!({ "order": ["one"] }), "/order/0"),
        (
            json!({ "articles": [{ "id": "0190-none" }] }),
            "/articles/0/id",
        ),
        (
            json!({ "articles": [{ "id": "01900000-0000-7000-8000-000000000000", "dropped": true }] }),
            "/articles",
        ),
        (
            json!({ "articles": [{ "id": id("Alpha"), "title": "x".repeat(1001) }] }),
            "/articles",
        ),
        (json!({ "articls": [] }), "/articls"),
    ] {
        let refused = editor.call(Method::PUT, &draft, &[], &body).await;
        let told = problem(&refused, 422);
        assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
    }
    let now = read(&editor.get(&coming).await);
    let places: Vec<String> = now["articles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| {
            format!(
                "{} {}",
                a["title"].as_str().unwrap(),
                a["place"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        places,
        ["Bravo lead", "A finer word section", "Charlie dropped"]
    );
    let preview = read(&editor.get(&format!("{DAILY}/preview")).await);
    assert_eq!(preview["subject"], "Only today: Bravo");
    app.send(&digest).await;
    assert_eq!(
        app.newest("ada@inbox.example").subject(),
        "Only today: Bravo"
    );
    let spent = read(&editor.get(&draft).await);
    assert_eq!(
        (&spent["version"], &spent["subject"]),
        (&json!(2), &Value::Null)
    );
    let cleared = editor.call(Method::PUT, &draft, &[], &json!({})).await;
    assert_eq!(read(&cleared)["version"], 2, "nothing has changed");
}

#[tokio::test]
async fn the_coming_issue_is_looked_at_before_it_goes_out() {
    let app = TestApp::new().await;
    let viewer = Program::new(&app, Role::Viewer).await;
    app.digest("daily", None, 1).await;
    problem(&viewer.get(&format!("{DAILY}/check")).await, 409);
    let names = ["ann", "bob"].map(|name| format!("{name}@inbox.example"));
    app.readers(names.into_iter()).await;
    app.article("port", "Port opens", &[]).await;
    let found = viewer.seen(&format!("{DAILY}/check")).await;
    let found = found["items"].as_array().unwrap().clone();
    let size = found.iter().find(|one| one["check"] == "Size").unwrap();
    assert_eq!(size["result"], "ok");
    assert!(found.iter().any(|one| one["check"] == "Subject"));
    let audience = viewer.seen(&format!("{DAILY}/audience")).await;
    assert_eq!(
        (
            &audience["readers"],
            &audience["confirmed"],
            &audience["suppressed"]
        ),
        (&json!(2), &json!(2), &json!(0))
    );
    let elsewhere = other(&app).await;
    let abroad = Program::limited(&app, Role::Owner, &[elsewhere.id]).await;
    problem(&abroad.get(&format!("{DAILY}/check")).await, 404);
    problem(&abroad.get(&format!("{DAILY}/audience")).await, 404);
}

#[tokio::test]
async fn the_calendar_tells_runs_issues_and_what_was_missed() {
    let app = TestApp::new().await;
    let viewer = Program::new(&app, Role::Viewer).await;
    let daily = app.digest("daily", Some("0 7 * * *"), 1).await;
    app.readers(std::iter::once("ann@inbox.example".to_owned()))
        .await;
    app.article("port", "Port opens", &[]).await;
    app.send(&daily).await;
    let told = viewer
        .seen("/calendar?from=2026-03-02T00:00:00Z&to=2026-03-05T00:00:00Z")
        .await;
    let items = told["items"].as_array().unwrap().clone();
    assert_eq!(field(&items, "kind"), ["issue", "run", "run"]);
    assert_eq!(
        (&items[0]["state"], &items[0]["digest"]),
        (&json!("sent"), &json!("daily"))
    );
    assert_eq!(
        (&items[1]["outcome"], &items[1]["slot_at"]),
        (&json!("goes_out"), &items[1]["at"])
    );
    assert_eq!(told["cut"], false);
    app.advance(chrono::Duration::days(2));
    let late = viewer
        .seen("/calendar?from=2026-03-03T00:00:00Z&to=2026-03-04T00:00:00Z")
        .await;
    let late = late["items"].as_array().unwrap().clone();
    // Whoever looks before the service has caught up sees the run still to come.
    assert_eq!(late.len(), 1);
    for wrong in [
        "from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z",
        "from=soon",
        "to=2036-01-01T00:00:00Z",
    ] {
        problem(&viewer.get(&format!("/calendar?{wrong}")).await, 400);
    }
    let elsewhere = other(&app).await;
    let abroad = Program::limited(&app, Role::Viewer, &[elsewhere.id]).await;
    assert_eq!(abroad.seen("/calendar").await["items"], json!([]));
    problem(&abroad.get("/calendar?publication=ledger").await, 404);
}
