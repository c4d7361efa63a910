//! A reader moves to another address.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::Duration;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::signup_rule::{Effect, SignUpRule};
use paperround::domain::subscription::SubscriptionState;
use paperround::domain::suppression::SuppressionReason;
use paperround::services::{guard, signup_rules, suppress};
use paperround::store::{consents, subscribers, subscriptions};
use serde_json::Value;

use crate::support::dns::Zone;
use crate::support::{Answer, TestApp};

const OLD: &str = "ann@old.example";
const NEW: &str = "ann@new.example";

/// The form for the new address, as the mail to the old one opens it.
async fn form(app: &TestApp, email: &str) -> String {
    let ask = format!("email={}", email.replace('@', "%40"));
    app.post("/ledger/link", &ask).await;
    app.send_notices().await;
    let choices = app.link(email, "/preferences/");
    let asked = app.post(&choices, "action=address").await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    app.send_notices().await;
    app.link(email, "/reader/address/")
}

async fn ask_for(app: &TestApp, form: &str, email: &str) -> Answer {
    let typed = format!("email={}", email.replace('@', "%40"));
    let answer = app.post(form, &typed).await;
    app.send_notices().await;
    answer
}

/// Moves all the way.
async fn move_to(app: &TestApp, old: &str, new: &str) {
    let form = form(app, old).await;
    let answer = ask_for(app, &form, new).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    let link = app.link(new, "/reader/new-address/");
    let done = app.post(&link, "").await;
    assert!(
        done.body.contains("Your address is changed"),
        "{}",
        done.body
    );
    app.send_notices().await;
}

async fn state(app: &TestApp, email: &str) -> Option<SubscriptionState> {
    let email = email.parse().unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    let reader = subscribers::find_by_email(&mut tx, &email).await.unwrap()?;
    let place = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id());
    place.await.unwrap().map(|place| place.state)
}

fn exported(app: &TestApp, email: &str) -> Value {
    let mut program = app.program();
    let output = program
        .args(["--json", "subscriber", "export", email])
        .output();
    serde_json::from_slice(&output.unwrap().stdout).unwrap()
}

#[tokio::test]
async fn mail_goes_to_the_new_address_once_it_is_confirmed_there() {
    let app = TestApp::new().await;
    app.subscribe(OLD, "&topics=energy").await;
    let daily = app.digest("daily", None, 1).await;
    app.article("a", "A new pier", &["energy"]).await;
    let issue = app.compose(&daily).await;

    let form = form(&app, OLD).await;
    assert!(app.get(&form).await.body.contains("a•••@old.example"));
    let same = ask_for(&app, &form, "ANN@old.example").await;
    assert_eq!(same.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(same.body.contains("This is the address that you have"));
    assert_eq!(
        ask_for(&app, &form, "ann@").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(ask_for(&app, &form, NEW).await.status, StatusCode::ACCEPTED);
    let mail = app.newest(NEW).text().unwrap();
    assert!(
        mail.contains("a•••@old.example") && !mail.contains(OLD),
        "{mail}"
    );
    let link = app.link(NEW, "/reader/new-address/");
    let page = app.get(&link).await.body;
    assert!(page.contains(NEW) && page.contains("Use the new address"));
    assert_eq!(state(&app, NEW).await, None, "looking changes nothing");

    for _ in 0..2 {
        let done = app.post(&link, "").await;
        assert!(
            done.body.contains("Your address is changed"),
            "{}",
            done.body
        );
    }
    assert_eq!(state(&app, OLD).await, None);
    assert_eq!(state(&app, NEW).await, Some(SubscriptionState::Confirmed));
    assert_eq!(
        app.get(&form).await.status,
        StatusCode::NOT_FOUND,
        "the old inbox opens nothing"
    );
    // What was on its way goes along.
    let before = app.mails_for(OLD);
    app.deliver().await.unwrap();
    assert_eq!(app.mails_for(OLD), before);
    assert!(app.newest(NEW).text().unwrap().contains("A new pier"));
    let (_, counts) = app.issue(issue).await;
    assert_eq!((counts.sent, counts.recipients), (1, 1));
    assert_eq!(app.send_notices().await, 1);
    let told = app.newest(OLD).text().unwrap();
    assert!(
        told.contains("a•••@new.example") && !told.contains(NEW),
        "{told}"
    );

    let known = exported(&app, NEW);
    let change = &known["address_changes"][0];
    assert_eq!((&change["from"], &change["to"]), (&OLD.into(), &NEW.into()));
    assert_eq!(change["network"], "203.0.113.0/24");
    let place = &known["subscriptions"][0];
    assert_eq!(place["topics"], serde_json::json!(["energy"]));
    let last = place["consents"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["kind"], &last["source"]),
        (&"changed".into(), &"change of address".into())
    );
}

#[tokio::test]
async fn the_old_address_takes_it_back_even_after_another_move() {
    let app = TestApp::new().await;
    app.subscribe(OLD, "").await;
    move_to(&app, OLD, "thief@new.example").await;
    let undo = app.link(OLD, "/reader/old-address/");
    app.advance(Duration::hours(25));
    move_to(&app, "thief@new.example", "thief@third.example").await;
    assert!(app.get(&undo).await.body.contains("Take it back"));
    assert_eq!(state(&app, OLD).await, None);
    for _ in 0..2 {
        let done = app.post(&undo, "").await;
        assert!(
            done.body.contains("Everything is as before"),
            "{}",
            done.body
        );
    }
    assert_eq!(state(&app, OLD).await, Some(SubscriptionState::Confirmed));
    let back = app.link("thief@new.example", "/reader/old-address/");
    let back = app.post(&back, "").await;
    assert!(
        back.body.contains("Everything is as before"),
        "taken back already"
    );
    assert_eq!(state(&app, OLD).await, Some(SubscriptionState::Confirmed));
    app.advance(Duration::days(15));
    assert_eq!(app.post(&undo, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_address_passes_what_the_form_asks_of_one() {
    let resolver = Zone::default().null_mx("paper-null.org").serve().await;
    let mailbox = Mailbox::new();
    let app = TestApp::with(Arc::new(mailbox.clone()), mailbox, |settings| {
        settings.signup.mx_check = true;
        settings.signup.resolver = Some(resolver);
    })
    .await;
    app.subscribe(OLD, "").await;
    let form = form(&app, OLD).await;
    let rule = |subject: &str, effect| SignUpRule {
        subject: subject.parse().unwrap(),
        effect,
        reason: None,
        source: None,
        created_at: app.deps.now(),
    };
    let rules = [
        rule("blocked.example", Effect::Block),
        rule("refused.example", Effect::Refuse),
    ];
    signup_rules::put(&app.deps, &rules).await.unwrap();
    guard::refresh(&app.deps).await.unwrap();
    for (email, words) in [
        ("ann@mailinator.com", "Throw-away addresses"),
        ("ann@refused.example", "not taken here"),
    ] {
        let answer = ask_for(&app, &form, email).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(words), "{}", answer.body);
    }
    for email in ["ann@blocked.example", "ann@paper-null.org"] {
        let answer = ask_for(&app, &form, email).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{email}");
        assert_eq!(app.mails_for(email), 0, "{email}");
    }
    // By now it is known that no mail goes there.
    let answer = ask_for(&app, &form, "ann@paper-null.org").await;
    assert!(answer.body.contains("takes no mail"), "{}", answer.body);
    ask_for(&app, &form, NEW).await;
    assert_eq!(app.mails_for(NEW), 1);
}

#[tokio::test]
async fn an_address_that_is_known_or_suppressed_gets_the_same_answer() {
    let app = TestApp::new().await;
    app.subscribe(OLD, "").await;
    app.subscribe("known@new.example", "").await;
    app.advance(Duration::hours(25));
    let stopped = "stopped@new.example".parse().unwrap();
    suppress::add(&app.deps, &stopped, SuppressionReason::Reader, None)
        .await
        .unwrap();
    let form = form(&app, OLD).await;
    let mut bodies = Vec::new();
    for email in ["known@new.example", "stopped@new.example", NEW, NEW] {
        let answer = ask_for(&app, &form, email).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        bodies.push(answer.body.replace(email, "X"));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(app.mails_for("stopped@new.example"), 0);
    assert_eq!(app.mails_for(NEW), 1, "one a day for an inbox");
    // Suppressed between mail and button.
    let link = app.link(NEW, "/reader/new-address/");
    suppress::add(
        &app.deps,
        &NEW.parse().unwrap(),
        SuppressionReason::HardBounce,
        None,
    )
    .await
    .unwrap();
    assert_eq!(app.post(&link, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(state(&app, OLD).await, Some(SubscriptionState::Confirmed));
}

#[tokio::test]
async fn two_readers_who_are_one_become_one() {
    let app = TestApp::new().await;
    app.subscribe(OLD, "&topics=energy").await;
    app.subscribe(NEW, "&topics=markets").await;
    app.advance(Duration::hours(25));
    let daily = app.digest("daily", None, 1).await;
    app.article("a", "A new pier", &["energy"]).await;
    app.article("b", "A new bank", &["markets"]).await;
    app.send(&daily).await;
    let leave = app.link(OLD, "/unsubscribe/");
    app.article("c", "A new mill", &["energy"]).await;
    app.article("d", "A new fund", &["markets"]).await;
    let issue = app.compose(&daily).await;
    move_to(&app, OLD, NEW).await;
    app.deliver().await.unwrap();
    let (_, counts) = app.issue(issue).await;
    assert_eq!(
        (counts.sent, counts.skipped),
        (1, 1),
        "one mail for one reader"
    );
    assert!(app.newest(NEW).text().unwrap().contains("A new fund"));
    assert_eq!(state(&app, OLD).await, None);
    let known = exported(&app, NEW);
    let places = known["subscriptions"].as_array().unwrap();
    assert_eq!(places.len(), 2, "the history of both");
    assert_eq!(places[0]["topics"], serde_json::json!(["markets"]));
    assert_eq!(places[1]["state"], "unsubscribed");
    let undo = app.link(OLD, "/reader/old-address/");
    let kept = app.post(&undo, "").await.body;
    assert!(kept.contains("cannot be taken back here"), "{kept}");
    // The link in an old mail ends what goes on at the new address.
    app.post(&leave, "List-Unsubscribe=One-Click").await;
    assert_eq!(
        state(&app, NEW).await,
        Some(SubscriptionState::Unsubscribed)
    );
    let erase = app
        .program()
        .args(["subscriber", "erase", NEW])
        .output()
        .unwrap();
    assert!(erase.status.success());
    let mut tx = app.deps.store.read().await.unwrap();
    for line in app.ledger(issue).await {
        assert!(line.email.ends_with("@erased.invalid"), "{}", line.email);
    }
    for email in [OLD, NEW] {
        let email = email.parse().unwrap();
        let found = subscribers::find_by_email(&mut tx, &email).await.unwrap();
        assert!(found.is_none());
    }
}

#[tokio::test]
async fn what_only_the_old_address_had_goes_on_at_the_new_one() {
    let app = TestApp::new().await;
    app.subscribe(OLD, "&topics=energy").await;
    // Asked for, and never confirmed.
    app.post("/ledger/subscribe", "email=ann%40new.example")
        .await;
    app.send_notices().await;
    app.advance(Duration::hours(25));
    let daily = app.digest("daily", None, 1).await;
    app.article("a", "A new pier", &["energy"]).await;
    let issue = app.compose(&daily).await;
    move_to(&app, OLD, NEW).await;
    assert_eq!(state(&app, NEW).await, Some(SubscriptionState::Confirmed));
    app.deliver().await.unwrap();
    assert!(app.newest(NEW).text().unwrap().contains("A new pier"));
    assert_eq!(app.issue(issue).await.1.sent, 1);
    let email = NEW.parse().unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    let reader = subscribers::find_by_email(&mut tx, &email)
        .await
        .unwrap()
        .unwrap();
    let places = subscriptions::of_subscriber(&mut tx, reader.id)
        .await
        .unwrap();
    assert_eq!(places[0].topics.key(), "energy");
    assert_eq!(
        consents::list(&mut tx, places[0].id).await.unwrap().len(),
        2
    );
}
