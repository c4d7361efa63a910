//! When the form asks for a proof, and what counts as one.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use paperround::config::Settings;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::proof::ProofOfWork;
use paperround::services::guard;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

async fn app(mode: ProofOfWork, change: impl FnOnce(&mut Settings)) -> TestApp {
    let mailbox = Mailbox::new();
    TestApp::with(Arc::new(mailbox.clone()), mailbox, |settings| {
        settings.signup.proof_of_work = mode;
        settings.signup.proof_of_work_cost = 1000;
        change(settings);
    })
    .await
}

async fn post(app: &TestApp, network: &str, fields: &[(&str, &str)]) -> Answer {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = Request::post("/ledger/subscribe")
        .body(Body::from(form))
        .unwrap();
    app.request_from(network, request).await
}

async fn post_json(app: &TestApp, body: &Value) -> (StatusCode, Value) {
    let request = Request::post("/ledger/subscribe")
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = app.request_from("198.51.100.7", request).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

/// The value of a hidden field.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split('"').next().unwrap()
}

/// The sum that a page has its script do.
fn sum_of(page: &str) -> Value {
    let (_, rest) = page.split_once("data-sum=\"").unwrap();
    let json = rest.split('"').next().unwrap().replace("&quot;", "\"");
    serde_json::from_str(&json.replace("&amp;", "&").replace("&#x2F;", "/")).unwrap()
}

/// Does the sum as a browser would.
fn solve(sum: &Value) -> String {
    assert_eq!(sum["algorithm"], "SHA-256");
    let salt = sum["salt"].as_str().unwrap();
    let hash = |number: u64| {
        let text = format!("{salt}{number}");
        let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let hex = hash.as_ref().iter().map(|byte| format!("{byte:02x}"));
        hex.collect::<String>()
    };
    let most = sum["maxnumber"].as_u64().unwrap();
    let number = (0..=most).find(|number| sum["challenge"] == hash(*number));
    let answer = json!({
        "algorithm": "SHA-256", "challenge": sum["challenge"], "number": number.unwrap(),
        "salt": salt, "signature": sum["signature"], "took": 12,
    });
    STANDARD.encode(answer.to_string())
}

#[tokio::test]
async fn always_asks_and_shows_the_form_again_as_it_was() {
    let app = app(ProofOfWork::Always, |_| {}).await;
    let typed = [
        ("email", "ada@inbox.example"),
        ("name", "Ada"),
        ("topics", "energy"),
    ];
    let asked = post(&app, "203.0.113.7", &typed).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(asked.body.contains("value=\"ada@inbox.example\""));
    assert!(asked.body.contains("value=\"energy\" checked"));
    assert!(asked.body.contains(" data-now>"), "it goes on by itself");
    app.take_in().await;
    assert_eq!(app.send_notices().await, 0);

    let solution = solve(&sum_of(&asked.body));
    let mut again = typed.to_vec();
    again.push(("altcha", &solution));
    let taken = post(&app, "203.0.113.7", &again).await;
    assert_eq!(taken.status, StatusCode::ACCEPTED);
    app.send_notices().await;
    assert_eq!(app.mails_for("ada@inbox.example"), 1);

    // Each proof counts once, whoever shows it, and asks for a hand on the button then.
    let replayed = [("email", "bob@inbox.example"), ("altcha", &*solution)];
    let refused = post(&app, "203.0.113.8", &replayed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.body.contains("data-now"));
    assert_ne!(sum_of(&refused.body), sum_of(&asked.body));
    app.send_notices().await;
    assert_eq!(app.mails_for("bob@inbox.example"), 0);
}

#[tokio::test]
async fn programs_are_told_where_the_sum_is() {
    let app = app(ProofOfWork::Always, |_| {}).await;
    let (status, asked) = post_json(&app, &json!({ "email": "ada@inbox.example" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(asked["challenge"], "https://news.example/ledger/challenge");
    assert!(asked["errors"]["altcha"].is_string(), "{asked}");
    let challenge = app.get("/ledger/challenge").await;
    assert_eq!(challenge.headers["cache-control"], "no-store");
    let sum: Value = serde_json::from_str(&challenge.body).unwrap();
    let form = json!({ "email": "ada@inbox.example", "altcha": solve(&sum) });
    assert_eq!(post_json(&app, &form).await.0, StatusCode::ACCEPTED);
    // An hour later it would have been too late.
    let challenge = app.get("/ledger/challenge").await;
    let sum: Value = serde_json::from_str(&challenge.body).unwrap();
    app.advance(Duration::minutes(61));
    let form = json!({ "email": "bob@inbox.example", "altcha": solve(&sum) });
    assert_eq!(post_json(&app, &form).await.0, 422);
    assert_eq!(app.get("/nowhere/challenge").await.status, 404);
    let script = app.get("/proof.js").await;
    assert!(script.body.contains("window.paperround"));
}

#[tokio::test]
async fn without_script_a_wait_counts_instead() {
    let app = app(ProofOfWork::Always, |_| {}).await;
    let page = app.get("/ledger").await;
    assert!(page.body.contains("<noscript>"));
    let stamp = field(&page.body, "stamp").to_owned();
    let ada = [("email", "ada@inbox.example"), ("stamp", &*stamp)];
    app.advance(Duration::seconds(5));
    let early = post(&app, "203.0.113.7", &ada).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(field(&early.body, "stamp"), stamp, "the wait goes on");
    app.advance(Duration::seconds(10));
    let taken = post(&app, "203.0.113.7", &ada).await;
    assert_eq!(taken.status, StatusCode::ACCEPTED);
    let again = post(&app, "203.0.113.7", &ada).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_ne!(field(&again.body, "stamp"), stamp, "it is used up");
}

#[tokio::test]
async fn waits_are_few_for_a_network() {
    let app = app(ProofOfWork::Always, |_| {}).await;
    let mut stamps = Vec::new();
    for _ in 0..9 {
        let page = app.get("/ledger").await;
        stamps.push(field(&page.body, "stamp").to_owned());
    }
    app.advance(Duration::minutes(1));
    let mut taken = 0;
    for (n, stamp) in stamps.iter().enumerate().take(8) {
        let email = format!("reader{n}@inbox.example");
        let answer = post(&app, "203.0.113.7", &[("email", &email), ("stamp", stamp)]).await;
        taken += usize::from(answer.status == StatusCode::ACCEPTED);
    }
    assert_eq!(taken, 5);
    // A sum is taken all the same, and so is the wait of another network.
    let sum: Value = serde_json::from_str(&app.get("/ledger/challenge").await.body).unwrap();
    let solution = solve(&sum);
    let fields = [("email", "ada@inbox.example"), ("altcha", &*solution)];
    assert_eq!(post(&app, "203.0.113.7", &fields).await.status, 202);
    let fields = [("email", "bob@inbox.example"), ("stamp", &*stamps[8])];
    assert_eq!(post(&app, "203.0.113.8", &fields).await.status, 202);
}

#[tokio::test]
async fn auto_asks_while_many_mails_go_out() {
    let app = app(ProofOfWork::Auto, |settings| {
        settings.signup.proof_of_work_from = 10;
    })
    .await;
    let ask = async |network: &str, n: usize| {
        let email = format!("reader{n}@inbox.example");
        post(&app, network, &[("email", &email)]).await.status
    };
    // The machine itself does not press on itself.
    for n in 0..15 {
        assert_eq!(ask("127.0.0.1", n).await, 202);
    }
    app.take_in().await;
    guard::refresh(&app.deps).await.unwrap();
    for n in 20..30 {
        assert_eq!(ask(&format!("198.51.100.{n}"), n).await, 202);
    }
    assert!(!app.get("/ledger").await.body.contains("data-sum"));
    app.take_in().await;
    guard::refresh(&app.deps).await.unwrap();
    assert_eq!(ask("198.51.100.40", 40).await, 422);
    assert_eq!(ask("127.0.0.1", 41).await, 202);
    let page = app.get("/ledger").await;
    let solution = solve(&sum_of(&page.body));
    let fields = [("email", "ada@inbox.example"), ("altcha", &*solution)];
    assert_eq!(post(&app, "198.51.100.41", &fields).await.status, 202);
    // Who goes on knocking keeps the door guarded; it opens when that has ended.
    app.advance(Duration::minutes(6));
    for n in 50..60 {
        assert_eq!(ask("198.51.100.50", n).await, 422);
    }
    app.advance(Duration::minutes(5));
    guard::refresh(&app.deps).await.unwrap();
    assert_eq!(ask("198.51.100.51", 61).await, 422);
    app.advance(Duration::minutes(11));
    guard::refresh(&app.deps).await.unwrap();
    assert_eq!(ask("198.51.100.52", 62).await, 202);
}

#[tokio::test]
async fn auto_asks_when_half_of_the_hour_is_spent() {
    let app = app(ProofOfWork::Auto, |settings| settings.signup.per_hour = 4).await;
    for n in 0..2 {
        let email = format!("reader{n}@inbox.example");
        let answer = post(&app, "198.51.100.7", &[("email", &email)]).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
    }
    app.take_in().await;
    guard::refresh(&app.deps).await.unwrap();
    let email = [("email", "ada@inbox.example")];
    assert_eq!(post(&app, "198.51.100.7", &email).await.status, 422);
}

#[tokio::test]
async fn forms_that_come_too_fast_or_with_a_forged_stamp_are_odd() {
    let app = app(ProofOfWork::Auto, |_| {}).await;
    for n in 0..8 {
        let page = app.get("/ledger").await;
        let email = format!("reader{n}@inbox.example");
        let fields = [("email", &*email), ("stamp", field(&page.body, "stamp"))];
        let answer = post(&app, "198.51.100.7", &fields).await;
        let expected = if n < 5 { 202 } else { 422 };
        assert_eq!(answer.status, expected, "{n}");
    }
    let page = app.get("/ledger").await;
    app.advance(Duration::seconds(3));
    let stamp = field(&page.body, "stamp");
    let fields = [("email", "ada@inbox.example"), ("stamp", stamp)];
    assert_eq!(post(&app, "198.51.100.7", &fields).await.status, 202);
    let forged = [("email", "bob@inbox.example"), ("stamp", "forged")];
    assert_eq!(post(&app, "198.51.100.8", &forged).await.status, 422);
    // A form in any other page has no stamp at all.
    let none = [("email", "bob@inbox.example"), ("stamp", "")];
    assert_eq!(post(&app, "198.51.100.8", &none).await.status, 202);
}

#[tokio::test]
async fn never_asks_nobody() {
    let app = app(ProofOfWork::Never, |settings| {
        settings.signup.proof_of_work_from = 1;
    })
    .await;
    for n in 0..4 {
        let email = format!("reader{n}@inbox.example");
        let fields = [("email", &*email), ("stamp", "forged"), ("altcha", "x")];
        assert_eq!(post(&app, "198.51.100.7", &fields).await.status, 202);
        app.take_in().await;
        guard::refresh(&app.deps).await.unwrap();
    }
}
