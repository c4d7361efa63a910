//! Whose sign-ups are taken: rules, throw-away domains, and what the DNS says.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::Duration;
use paperround::config::Settings;
use paperround::config::signup::Disposable;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::signup_rule::{Effect, SignUpRule};
use paperround::services::{guard, signup_rules};
use serde_json::Value;
use tokio::net::UdpSocket;

use crate::cli::{fails, ok, run};
use crate::support::TestApp;
use crate::support::dns::Zone;
use crate::support::program::{Served, post, until};

async fn app(change: impl FnOnce(&mut Settings)) -> TestApp {
    let mailbox = Mailbox::new();
    TestApp::with(Arc::new(mailbox.clone()), mailbox, change).await
}

/// Status, and what is wrong with the address.
async fn ask(app: &TestApp, from: &str, email: &str) -> (u16, Option<String>) {
    let request = Request::post("/ledger/subscribe")
        .header("content-type", "application/json")
        .body(Body::from(
            serde_json::json!({ "email": email }).to_string(),
        ))
        .unwrap();
    let answer = app.request_from(from, request).await;
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let error = body["errors"]["email"].as_str().map(str::to_owned);
    (answer.status.as_u16(), error)
}

async fn add(app: &TestApp, effect: Effect, subject: &str) {
    let rule = SignUpRule {
        subject: subject.parse().unwrap(),
        effect,
        reason: None,
        source: None,
        created_at: app.deps.now(),
    };
    signup_rules::put(&app.deps, &[rule]).await.unwrap();
    guard::refresh(&app.deps).await.unwrap();
}

const HOME: &str = "203.0.113.7";

#[tokio::test]
async fn a_blocked_sign_up_is_answered_as_always_and_leads_to_nothing() {
    let app = app(|_| {}).await;
    add(&app, Effect::Block, "spam.example").await;
    add(&app, Effect::Block, "victim@inbox.example").await;
    add(&app, Effect::Block, "198.51.100.0/24").await;
    add(&app, Effect::Allow, "ann@spam.example").await;
    for (from, email, mails) in [
        (HOME, "a@spam.example", 0),
        (HOME, "a@mail.spam.example", 0),
        (HOME, "Victim+news@inbox.example", 0),
        ("198.51.100.9", "bob@inbox.example", 0),
        (HOME, "ann@spam.example", 1),
        (HOME, "a@nospam.example", 1),
        (HOME, "bob@inbox.example", 1),
    ] {
        assert_eq!(ask(&app, from, email).await, (202, None), "{email}");
        app.send_notices().await;
        assert_eq!(app.mails_for(email), mails, "{email}");
    }
    // One that was accepted before the rule came, and waits.
    assert_eq!(ask(&app, HOME, "late@bad.example").await.0, 202);
    add(&app, Effect::Block, "bad.example").await;
    app.send_notices().await;
    assert_eq!(app.mails_for("late@bad.example"), 0);
    let subject = "bad.example".parse().unwrap();
    assert!(signup_rules::remove(&app.deps, &subject).await.unwrap());
    assert!(!signup_rules::remove(&app.deps, &subject).await.unwrap());
    guard::refresh(&app.deps).await.unwrap();
    assert_eq!(ask(&app, HOME, "late@bad.example").await.0, 202);
    app.send_notices().await;
    assert_eq!(app.mails_for("late@bad.example"), 1);
}

#[tokio::test]
async fn throw_away_addresses_are_refused_in_words() {
    let app = app(|_| {}).await;
    let (status, error) = ask(&app, HOME, "a@mailinator.com").await;
    assert_eq!(status, 422);
    assert!(error.unwrap().starts_with("Throw-away addresses"));
    add(&app, Effect::Allow, "mailinator.com").await;
    add(&app, Effect::Refuse, "fresh-throwaway.example").await;
    assert_eq!(ask(&app, HOME, "a@mailinator.com").await.0, 202);
    let (status, error) = ask(&app, HOME, "a@in.fresh-throwaway.example").await;
    assert_eq!(status, 422);
    assert!(error.unwrap().contains("not taken here"));
    assert_eq!(ask(&app, HOME, "a@yopmail.com").await.0, 422);
    let page = app.post("/ledger/subscribe", "email=a%40yopmail.com").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.body
            .contains("id=\"email-error\">Throw-away addresses")
    );
    assert!(page.body.contains("value=\"a@yopmail.com\""));
}

#[tokio::test]
async fn throw_away_addresses_can_be_let_in() {
    let app = app(|settings| settings.signup.disposable = Disposable::Allow).await;
    assert_eq!(ask(&app, HOME, "a@mailinator.com").await.0, 202);
}

#[tokio::test]
async fn domains_that_take_no_mail_get_none() {
    let zone = Zone::default()
        .mx("paper-good.com", "mx.paper-good.com")
        .address("paper-bare.net", "192.0.2.7")
        .txt("paper-text.org", "no mail here")
        .null_mx("paper-null.org");
    let resolver = zone.serve().await;
    let app = app(|settings| {
        settings.signup.mx_check = true;
        settings.signup.resolver = Some(resolver);
    })
    .await;
    let cases = [
        ("a@paper-good.com", true),
        ("a@paper-bare.net", true),
        // Nobody asks about those, and trouble with the DNS is nobody's fault.
        ("a@inbox.example", true),
        ("a@example.org", true),
        ("a@broken.paper-good.com", true),
        ("a@paper-text.org", false),
        ("a@paper-null.org", false),
        ("a@paper-nowhere.org", false),
    ];
    // The first time the DNS is asked behind the answer.
    for (email, _) in cases {
        assert_eq!(ask(&app, HOME, email).await, (202, None), "{email}");
    }
    app.send_notices().await;
    for (email, takes_mail) in cases {
        assert_eq!(app.mails_for(email), usize::from(takes_mail), "{email}");
    }
    // From then on the form says so; another process knows it from the database.
    app.advance(Duration::minutes(50));
    let (status, error) = ask(&app, HOME, "b@paper-nowhere.org").await;
    assert_eq!(status, 422);
    assert!(error.unwrap().contains("paper-nowhere.org takes no mail"));
    let settings = |settings: &mut Settings| {
        settings.signup.mx_check = true;
    };
    let other = app.beside(settings).await;
    guard::refresh(&other).await.unwrap();
    let email = "b@paper-null.org".parse().unwrap();
    assert_eq!(
        guard::admit(&other, &email, None),
        guard::Admission::Refused(guard::Refusal::NoMail)
    );
    add(&app, Effect::Allow, "paper-nowhere.org").await;
    assert_eq!(ask(&app, HOME, "b@paper-nowhere.org").await.0, 202);
    app.send_notices().await;
    assert_eq!(app.mails_for("b@paper-nowhere.org"), 1);
    // Whoever has mended their domain does not wait for long.
    app.advance(Duration::minutes(11));
    assert_eq!(ask(&app, HOME, "b@paper-null.org").await.0, 202);
}

#[tokio::test]
async fn a_resolver_that_is_silent_is_waited_for_once() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let resolver = silent.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(BTreeSet::new()));
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        let mut room = [0; 4096];
        while let Ok((length, _)) = silent.recv_from(&mut room).await {
            let name = name_in(&room[..length]);
            heard.lock().unwrap().insert(name);
        }
    });
    let app = app(|settings| {
        settings.signup.mx_check = true;
        settings.signup.resolver = Some(resolver);
    })
    .await;
    for n in 0..30 {
        let email = format!("a@paper{n}.com");
        let network = format!("198.51.100.{n}");
        assert_eq!(ask(&app, &network, &email).await.0, 202);
    }
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 30);
    // One wait for those that are asked about together; after it the resolver is left alone.
    assert_eq!(asked.lock().unwrap().len(), 25);
}

/// The first label of the name that a question is about.
fn name_in(question: &[u8]) -> Vec<u8> {
    let length = usize::from(question[12]);
    question[13..13 + length].to_vec()
}

#[tokio::test]
async fn a_running_service_heeds_a_new_rule() {
    let app = app(|_| {}).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut serve = app.program();
    serve
        .env("PAPERROUND__HTTP__LISTEN", address.to_string())
        .env("PAPERROUND__SIGNUP__PER_IP_PER_HOUR", "0")
        .args(["serve", "--only", "web"]);
    let _served = Served::start(&mut serve);
    until("the web side to listen", async || {
        tokio::net::TcpStream::connect(address).await.is_ok()
    })
    .await;
    let form = "email=a%40throw.example";
    assert_eq!(post(address, "/ledger/subscribe", form).await, 202);
    let add = ["signup-rule", "add", "refuse", "throw.example"];
    assert!(app.program().args(add).status().unwrap().success());
    until("the rule to hold", async || {
        post(address, "/ledger/subscribe", form).await == 422
    })
    .await;
}

#[test]
fn rules_are_kept_by_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    ok(at, &["migrate"], "");
    let add = ["signup-rule", "add", "block", "Spam.Example"];
    let why = ["--reason", "floods", "--source", "ann"];
    let said = run(at, &[&add[..], &why].concat(), "");
    assert!(said.status.success());
    let listed = ok(at, &["signup-rule", "list", "--json"], "");
    let rule: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    assert_eq!(rule["subject"], "spam.example");
    assert_eq!(rule["effect"], "block");
    assert_eq!(rule["reason"], "floods");
    assert_eq!(rule["source"], "ann");

    let list = "# ours\n192.0.2.0/24\nann@spam.example\nno subject at all\n";
    let import = ["signup-rule", "import", "-", "--effect", "allow", "--json"];
    let told: Value = serde_json::from_str(&ok(at, &import, list)).unwrap();
    assert_eq!((&told["taken"], &told["rejected"]), (&2.into(), &1.into()));

    // What is exported can be imported elsewhere.
    let exported = ok(at, &["signup-rule", "export"], "");
    assert_eq!(exported.lines().count(), 4, "{exported}");
    assert!(exported.contains("spam.example,block,floods,ann,"));
    let elsewhere = tempfile::tempdir().unwrap();
    let there = elsewhere.path();
    ok(there, &["init"], "");
    ok(there, &["migrate"], "");
    ok(there, &["signup-rule", "import", "-"], &exported);
    let columns = |text: &str| -> Vec<String> {
        let cut = text.lines().map(|line| line.rsplit_once(',').unwrap().0);
        cut.map(str::to_owned).collect()
    };
    let again = ok(there, &["signup-rule", "export"], "");
    assert_eq!(columns(&again), columns(&exported));

    let remove = ["signup-rule", "remove", "spam.example"];
    ok(at, &remove, "");
    assert!(fails(at, &remove, 1).contains("no rule on spam.example"));
    assert!(fails(at, &["signup-rule", "add", "block", "a b"], 2).contains("192.0.2.0/24"));
    assert!(fails(at, &["signup-rule", "add", "ban", "a.example"], 2).contains("refuse"));
}
