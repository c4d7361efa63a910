//! Links by mail, and what readers may ask about their data.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use chrono::Duration;
use paperround::config::security::Security;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::subscription::SubscriptionState;
use paperround::domain::suppression::SuppressionReason;
use paperround::domain::token::{Keys, Link, Purpose};
use paperround::services::{erase, suppress};
use paperround::store::{Tx, subscribers, suppressions};
use serde_json::Value;

use crate::support::program::KEY;
use crate::support::{Answer, TestApp};

const ANN: &str = "ann@inbox.example";

async fn ask_link(app: &TestApp, email: &str) -> Answer {
    let form = format!("email={}", email.replace('@', "%40"));
    app.post("/ledger/link", &form).await
}

/// The link to a reader's choices, as a digest's footer has it.
async fn choices(app: &TestApp, email: &str) -> String {
    assert_eq!(ask_link(app, email).await.status, StatusCode::ACCEPTED);
    app.send_notices().await;
    app.link(email, "/preferences/")
}

/// Presses a button of the page with one's choices, and takes the link from the mail.
async fn fresh(app: &TestApp, action: &str, page: &str) -> String {
    let choices = choices(app, ANN).await;
    let answer = app.post(&choices, &format!("action={action}")).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert!(
        answer.body.contains("a•••@inbox.example"),
        "{}",
        answer.body
    );
    app.send_notices().await;
    app.link(ANN, page)
}

async fn is_suppressed(app: &TestApp, email: &str) -> Option<SuppressionReason> {
    let hash = app.deps.keys.email_hash(&email.parse().unwrap());
    let mut tx = app.deps.store.read().await.unwrap();
    let found = suppressions::find(&mut tx, hash).await.unwrap();
    found.map(|found| found.reason)
}

async fn is_known(app: &TestApp, email: &str) -> bool {
    let mut tx = app.deps.store.read().await.unwrap();
    let email = email.parse().unwrap();
    let found = subscribers::find_by_email(&mut tx, &email).await;
    found.unwrap().is_some()
}

/// Runs a command of the program and gives its output. Not on this thread, which may have to end a
/// transaction meanwhile.
async fn run(app: &TestApp, args: &[&str], input: &str) -> String {
    let mut program = app.program();
    program
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let input = input.to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        let mut child = program.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(input.as_bytes()).unwrap();
        drop(pipe);
        child.wait_with_output().unwrap()
    });
    String::from_utf8(ran.await.unwrap().stdout).unwrap()
}

#[tokio::test]
async fn a_link_is_mailed_to_readers_and_the_answer_tells_nothing() {
    let app = TestApp::new().await;
    app.subscribe(ANN, "").await;
    app.subscribe("gone@inbox.example", "").await;
    let gone = "gone@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &gone, SuppressionReason::Complaint, None)
        .await
        .unwrap();
    let before = app.mailbox.list().len();
    let mut bodies = Vec::new();
    for email in [ANN, "gone@inbox.example", "nobody@inbox.example"] {
        let answer = ask_link(&app, email).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        bodies.push(answer.body.replace(email, "X"));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), before + 1, "one is a reader's");
    let mail = app.newest(ANN);
    let subject = "Your choices: The Harbour Ledger";
    assert_eq!(mail.header("subject").as_deref(), Some(subject));
    assert!(mail.header("list-unsubscribe").is_none());
    let page = app.get(&app.link(ANN, "/preferences/")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Your choices"));

    let json = Request::post("/ledger/link")
        .header("content-type", "application/json")
        .body(Body::from(r#"{"email":"nobody@inbox.example"}"#))
        .unwrap();
    let answer = app.request_from("203.0.113.9", json).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.body, r#"{"status":"check your inbox"}"#);
    let wrong = ask_link(&app, "ann@").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("aria-describedby=\"email-error\""));
}

#[tokio::test]
async fn an_inbox_gets_a_few_links_an_hour_and_a_network_may_ask_so_often() {
    let app = TestApp::new().await;
    app.subscribe(ANN, "").await;
    let before = app.mails_for(ANN);
    for round in 0..20 {
        let form = "email=ann%40inbox.example";
        let request = Request::post("/ledger/link")
            .body(Body::from(form))
            .unwrap();
        let network = format!("198.51.100.{round}");
        let answer = app.request_from(&network, request).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        app.send_notices().await;
    }
    assert_eq!(app.mails_for(ANN), before + 5);
    app.advance(Duration::minutes(61));
    ask_link(&app, ANN).await;
    app.send_notices().await;
    assert_eq!(app.mails_for(ANN), before + 6);

    let mut last = None;
    for number in 0..25 {
        last = Some(ask_link(&app, &format!("r{number}@inbox.example")).await);
    }
    let last = last.unwrap();
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_link_from_an_old_mail_cannot_do_what_a_fresh_one_can() {
    let app = TestApp::new().await;
    app.subscribe(ANN, "").await;
    let choices = choices(&app, ANN).await;
    let token = choices.rsplit('/').next().unwrap();
    for page in ["data", "erase"] {
        let answer = app.post(&format!("/reader/{page}/{token}"), "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page}");
        assert!(answer.body.contains("href=\"/reader/link\""));
    }
    let data = fresh(&app, "data", "/reader/data/").await;
    let other = data.replace("/data/", "/erase/");
    assert_eq!(app.post(&other, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get(&data).await.status, StatusCode::OK);
    app.advance(Duration::minutes(61));
    let late = app.post(&data, "").await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
    assert!(late.body.contains("This link works no more"));
    let to = app.get("/reader/link").await;
    assert_eq!(to.headers["location"], "/ledger/link");
}

#[tokio::test]
async fn a_reader_downloads_what_the_operator_exports() {
    let app = TestApp::new().await;
    app.subscribe(ANN, "&name=Ann&topics=energy").await;
    let daily = app.digest("daily", None, 1).await;
    app.article("a", "A new pier", &["energy"]).await;
    app.send(&daily).await;
    let link = fresh(&app, "data", "/reader/data/").await;
    let page = app.get(&link).await;
    assert!(page.body.contains(ANN) && page.headers["cache-control"] == "no-store");
    let file = app.post(&link, "").await;
    assert_eq!(
        file.headers["content-type"], "application/json",
        "{}",
        file.body
    );
    assert!(
        file.headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains("my-data.json")
    );
    let mut own: Value = serde_json::from_str(&file.body).unwrap();
    assert_eq!((&own["email"], &own["name"]), (&ANN.into(), &"Ann".into()));
    let place = &own["subscriptions"][0];
    assert_eq!(place["state"], "confirmed");
    assert_eq!(place["topics"], serde_json::json!(["energy"]));
    assert_eq!(place["deliveries"][0]["state"], "sent");
    let kinds: Vec<&str> = place["consents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|consent| consent["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["requested", "confirmed"]);
    let shown = &place["consents"][0];
    assert_eq!(shown["network"], "203.0.113.0/24");
    assert!(shown["text"].as_str().unwrap().contains("By signing up"));
    assert_eq!(own["notices"].as_array().unwrap().len(), 3);

    let printed = run(&app, &["--json", "subscriber", "export", ANN], "").await;
    let mut exported: Value = serde_json::from_str(&printed).unwrap();
    own["exported_at"] = Value::Null;
    exported["exported_at"] = Value::Null;
    assert_eq!(own, exported);
}

#[tokio::test]
async fn who_is_erased_is_forgotten_and_no_import_brings_them_back() {
    let app = TestApp::new().await;
    app.subscribe(ANN, "&name=Ann&topics=energy").await;
    app.subscribe("bob@inbox.example", "").await;
    let daily = app.digest("daily", None, 1).await;
    app.article("a", "A new pier", &["energy"]).await;
    let issue = app.send(&daily).await;
    let leave = app.link(ANN, "/unsubscribe/");
    let (_, before) = app.issue(issue).await;
    let link = fresh(&app, "erase", "/reader/erase/").await;
    for _ in 0..2 {
        let page = app.get(&link).await;
        assert!(page.status == StatusCode::OK && page.body.contains("Erase everything about me"));
    }
    assert!(is_known(&app, ANN).await, "looking changes nothing");
    let erased = app.post(&link, "").await;
    assert!(
        erased.body.contains("Everything is erased"),
        "{}",
        erased.body
    );
    assert_eq!(app.post(&link, "").await.status, StatusCode::NOT_FOUND);

    assert!(!is_known(&app, ANN).await);
    assert_eq!(
        is_suppressed(&app, ANN).await,
        Some(SuppressionReason::Erased)
    );
    let (_, after) = app.issue(issue).await;
    assert_eq!(before, after, "the issue keeps its counts");
    let lines = app.ledger(issue).await;
    assert!(lines.len() == 2 && lines.iter().all(|line| line.email != ANN));
    // The button in an old mail still does what it says.
    let left = app.post(&leave, "List-Unsubscribe=One-Click").await;
    assert_eq!(left.status, StatusCode::OK);
    assert!(!app.get(&leave).await.body.contains("undo"));
    assert_eq!(
        app.post(&leave, "action=undo").await.status,
        StatusCode::NOT_FOUND
    );

    let mails = app.mails_for(ANN);
    let csv = format!("email\n{ANN}\nANN@Inbox.example\n");
    let import = ["--json", "subscriber", "import", "ledger", "-"];
    let counts: Value = serde_json::from_str(&run(&app, &import, &csv).await).unwrap();
    assert_eq!(counts["added"], 0, "{counts}");
    let vouched = [&import[..], &["--confirmed", "--consent", "They agreed."]].concat();
    let counts: Value = serde_json::from_str(&run(&app, &vouched, &csv).await).unwrap();
    assert_eq!(
        (&counts["added"], &counts["suppressed"]),
        (&0.into(), &1.into())
    );
    let add = [
        "subscriber",
        "add",
        "ledger",
        ANN,
        "--confirmed",
        "--consent",
        "They agreed.",
    ];
    assert_eq!(run(&app, &add, "").await, "");
    assert!(!is_known(&app, ANN).await);
    app.article("b", "Another pier", &["energy"]).await;
    let issue = app.send(&daily).await;
    app.send_notices().await;
    assert_eq!(app.mails_for(ANN), mails, "no import brings them back");
    assert_eq!(app.ledger(issue).await.len(), 1);
}

#[tokio::test]
async fn who_was_erased_comes_back_by_signing_up_and_by_nothing_else() {
    let app = TestApp::new().await;
    app.subscribe(ANN, "").await;
    // A request that waits when the erasure comes is void.
    app.advance(Duration::hours(25));
    app.post("/ledger/subscribe", "email=ann%40inbox.example")
        .await;
    let ann = ANN.parse().unwrap();
    assert!(erase::by_operator(&app.deps, &ann).await.unwrap());
    let mails = app.mails_for(ANN);
    app.send_notices().await;
    assert_eq!(app.mails_for(ANN), mails);

    app.advance(Duration::hours(25));
    app.post("/ledger/subscribe", "email=ann%40inbox.example")
        .await;
    app.send_notices().await;
    assert_eq!(app.mails_for(ANN), mails + 1);
    let erased = Some(SuppressionReason::Erased);
    assert_eq!(
        is_suppressed(&app, ANN).await,
        erased,
        "until it is confirmed"
    );
    let link = app.link(ANN, "/confirm/");
    app.get(&link).await;
    assert_eq!(is_suppressed(&app, ANN).await, erased);
    assert_eq!(app.post(&link, "").await.status, StatusCode::OK);
    assert_eq!(is_suppressed(&app, ANN).await, None);
    let daily = app.digest("daily", None, 1).await;
    app.article("a", "A new pier", &["energy"]).await;
    app.send(&daily).await;
    assert_eq!(app.mails_for(ANN), mails + 2);

    // Who never wants mail again is not brought back by an erasure.
    suppress::add(&app.deps, &ann, SuppressionReason::Reader, None)
        .await
        .unwrap();
    erase::by_operator(&app.deps, &ann).await.unwrap();
    app.advance(Duration::hours(25));
    app.post("/ledger/subscribe", "email=ann%40inbox.example")
        .await;
    app.send_notices().await;
    assert_eq!(app.mails_for(ANN), mails + 2);
    let kept = is_suppressed(&app, ANN).await;
    assert_eq!(kept, Some(SuppressionReason::Reader));
}

#[tokio::test]
async fn an_erasure_in_the_middle_of_a_send_stops_what_is_on_its_way() {
    let app = TestApp::new().await;
    app.subscribe(ANN, "").await;
    app.subscribe("bob@inbox.example", "").await;
    let daily = app.digest("daily", None, 1).await;
    app.article("a", "A new pier", &["energy"]).await;
    let issue = app.compose(&daily).await;
    let mails = app.mails_for(ANN);
    let printed = run(&app, &["--json", "subscriber", "erase", ANN], "").await;
    assert_eq!(printed, "{\"erased\":true,\"suppressed\":true}\n");
    app.deliver().await.unwrap();
    assert_eq!(app.mails_for(ANN), mails);
    let (issue, counts) = app.issue(issue).await;
    assert_eq!((counts.sent, counts.skipped, counts.recipients), (1, 1, 2));
    assert_eq!(issue.state.as_str(), "sent");
}

#[tokio::test]
async fn readers_are_found_by_the_beginning_and_by_the_domain() {
    let app = TestApp::new().await;
    let all = (0..7).map(|n| format!("reader{n}@Inbox.example"));
    app.readers(all.chain(["ann_b@other.example".to_owned()]))
        .await;
    let find = async |args: &[&str]| {
        let whole = [&["--json", "subscriber", "find"], args].concat();
        let printed = run(&app, &whole, "").await;
        let lines = printed.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect::<Vec<Value>>()
    };
    let found = find(&["READER", "--limit", "5", "--publication", "ledger"]).await;
    assert_eq!(found.len(), 5);
    assert_eq!(found[0]["email"], "reader0@inbox.example");
    let place = &found[0]["subscriptions"][0];
    assert_eq!(place["publication"], "ledger");
    assert_eq!(place["state"], SubscriptionState::Confirmed.as_str());
    let after = found[4]["email"].as_str().unwrap();
    assert_eq!(find(&["reader", "--after", after]).await.len(), 2);
    assert_eq!(
        find(&["@other.example"]).await[0]["email"],
        "ann_b@other.example"
    );
    assert_eq!(find(&["@inbox.example", "ann_"]).await.len(), 8);
    assert!(find(&["annxb"]).await.is_empty() && find(&["%"]).await.is_empty());
    erase::by_operator(&app.deps, &"ann_b@other.example".parse().unwrap())
        .await
        .unwrap();
    assert!(find(&["ann", "erased"]).await.is_empty());
}

#[tokio::test]
async fn scanners_that_open_the_links_change_nothing() {
    let app = TestApp::new().await;
    app.subscribe(ANN, "").await;
    let data = fresh(&app, "data", "/reader/data/").await;
    let erase = fresh(&app, "erase", "/reader/erase/").await;
    for link in [&data, &erase] {
        for method in [Method::GET, Method::HEAD] {
            let path = link.strip_prefix("https://news.example").unwrap();
            let request = Request::builder().method(method).uri(path);
            let request = request.body(Body::empty()).unwrap();
            let answer = app.request_from("192.0.2.1", request).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert!(!answer.body.contains("consents"));
        }
    }
    assert!(is_known(&app, ANN).await);
    assert_eq!(app.post(&erase, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn links_outlive_the_key_that_they_were_made_with() {
    let mailbox = Mailbox::new();
    let app = TestApp::with(Arc::new(mailbox.clone()), mailbox, |settings| {
        let replaced = Security::with_key("a new key of more than 32 characters");
        settings.security = replaced.after(&["one between, of more than 32 characters", KEY]);
    });
    let mut app = app.await;
    // As before the key was replaced.
    let now = std::mem::replace(&mut app.deps.keys, Keys::derive(KEY.as_bytes()));
    app.post("/ledger/subscribe", "email=ann%40inbox.example")
        .await;
    app.take_in().await;
    let stopped = "stopped@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &stopped, SuppressionReason::Erased, None)
        .await
        .unwrap();
    app.deps.keys = now;
    // Asked for before, mailed after.
    app.send_notices().await;
    let confirm = app.link(ANN, "/confirm/");
    let confirmed = app.post(&confirm, "").await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
    let old = Keys::derive(KEY.as_bytes());
    let link = |keys: &Keys, link: &str| {
        let token = link.rsplit('/').next().unwrap();
        keys.verify(token, Purpose::Preferences)
    };
    let choices = choices(&app, ANN).await;
    assert!(link(&old, &choices).is_err(), "made with the new key");
    let made = link(&app.deps.keys, &choices).unwrap();
    let token = old.sign(&Link {
        purpose: Purpose::Unsubscribe,
        ..made
    });
    let leave = format!("/unsubscribe/{token}");
    let left = app.post(&leave, "List-Unsubscribe=One-Click").await;
    assert_eq!(left.body, "You have left.\n");
    let kept = is_suppressed(&app, "stopped@inbox.example").await;
    assert_eq!(kept, Some(SuppressionReason::Erased));
}

#[tokio::test]
async fn evidence_is_never_changed_and_kept_until_its_reader_is_erased() {
    let app = TestApp::new().await;
    app.subscribe(ANN, "").await;
    for statement in ["UPDATE consents SET detail = 'x'", "DELETE FROM consents"] {
        let mut tx = app.deps.store.begin().await.unwrap();
        let done = match &mut tx {
            Tx::Sqlite(inner) => sqlx::query(statement).execute(&mut **inner).await.map(drop),
            Tx::Postgres(inner) => sqlx::query(statement).execute(&mut **inner).await.map(drop),
        };
        let refused = done.unwrap_err().to_string();
        assert!(refused.contains("evidence of consent"), "{refused}");
    }
    let ann = ANN.parse().unwrap();
    erase::by_operator(&app.deps, &ann).await.unwrap();
    assert!(!is_known(&app, ANN).await);
}
