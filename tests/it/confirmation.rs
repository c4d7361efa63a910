//! What becomes of sign-ups: reminded once, forgotten in time, and counted all along.

use std::sync::Arc;

use chrono::TimeDelta;
use paperround::config::Settings;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::funnel::FunnelStep;
use paperround::domain::subscription::SubscriptionState;
use paperround::services::{cleanup, sign_up};
use paperround::store::{Tx, arrivals, funnel, subscribers, subscriptions};

use crate::support::TestApp;

async fn app(change: impl FnOnce(&mut Settings)) -> TestApp {
    let mailbox = Mailbox::new();
    TestApp::with(Arc::new(mailbox.clone()), mailbox, change).await
}

async fn reminding() -> TestApp {
    app(|settings| settings.signup.reminder_after = Some(TimeDelta::days(2))).await
}

async fn ask(app: &TestApp, email: &str) {
    let form = format!("email={}", email.replace('@', "%40"));
    assert_eq!(app.post("/ledger/subscribe", &form).await.status, 202);
    app.send_notices().await;
}

/// What was counted in all, as "asked 2, mailed 1".
async fn counted(app: &TestApp) -> String {
    let mut tx = app.deps.store.read().await.unwrap();
    let long_ago = "2020-01-01".parse().unwrap();
    let found = funnel::since(&mut tx, app.publication_id(), long_ago)
        .await
        .unwrap();
    let number = |step: FunnelStep| -> i64 {
        let of_step = found.iter().filter(|(_, other, _)| *other == step);
        of_step.map(|(_, _, number)| number).sum()
    };
    let counts = FunnelStep::ALL
        .into_iter()
        .filter(|step| number(*step) > 0)
        .map(|step| format!("{step} {}", number(step)));
    counts.collect::<Vec<_>>().join(", ")
}

/// All that is kept of readers: subscribers, subscriptions, sign-ups, consents and notices.
async fn kept(app: &TestApp) -> [i64; 5] {
    let mut counts = [0; 5];
    let statements = [
        "SELECT COUNT(*) FROM subscribers",
        "SELECT COUNT(*) FROM subscriptions",
        "SELECT COUNT(*) FROM sign_ups",
        "SELECT COUNT(*) FROM consents",
        "SELECT COUNT(*) FROM notices",
    ];
    for (count, statement) in counts.iter_mut().zip(statements) {
        let mut tx = app.deps.store.read().await.unwrap();
        *count = match &mut tx {
            Tx::Sqlite(inner) => sqlx::query_scalar(statement)
                .fetch_one(&mut **inner)
                .await
                .unwrap(),
            Tx::Postgres(inner) => sqlx::query_scalar(statement)
                .fetch_one(&mut **inner)
                .await
                .unwrap(),
        };
    }
    counts
}

async fn state(app: &TestApp, email: &str) -> Option<SubscriptionState> {
    let mut tx = app.deps.store.read().await.unwrap();
    let reader = subscribers::find_by_email(&mut tx, &email.parse().unwrap())
        .await
        .unwrap()?;
    let found = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id()).await;
    found.unwrap().map(|subscription| subscription.state)
}

#[tokio::test]
async fn a_reminder_comes_once_and_to_nobody_who_has_decided() {
    let app = reminding().await;
    let readers =
        ["waits", "confirms", "refuses", "again"].map(|name| format!("{name}@inbox.example"));
    for email in &readers {
        ask(&app, email).await;
    }
    let [waits, confirms, refuses, again] = &readers;
    app.post(&app.link(confirms, "/confirm/"), "").await;
    app.post(&app.link(refuses, "/never/"), "").await;
    app.advance(TimeDelta::hours(47));
    ask(&app, again).await;
    assert_eq!(sign_up::remind(&app.deps).await.unwrap(), 0);
    app.advance(TimeDelta::hours(2));
    assert_eq!(sign_up::remind(&app.deps).await.unwrap(), 1);
    app.send_notices().await;
    let mails = [waits, confirms, refuses, again].map(|email| app.mails_for(email));
    assert_eq!(mails, [2, 1, 1, 2]);
    let reminder = app.newest(waits);
    let subject = reminder.header("Subject").unwrap();
    assert_eq!(subject, "Not confirmed yet: The Harbour Ledger");
    assert_eq!(
        reminder.header("Auto-Submitted").as_deref(),
        Some("auto-generated")
    );
    assert_eq!(reminder.header("List-Unsubscribe"), None);
    // The link ends when it would have ended anyway.
    let text = reminder.text().unwrap();
    assert!(text.contains("Monday, 9 March 2026"), "{text}");
    // Not again, however long it takes.
    for _ in 0..4 {
        app.advance(TimeDelta::hours(25));
        sign_up::remind(&app.deps).await.unwrap();
        app.send_notices().await;
    }
    let mails = [waits, confirms, refuses, again].map(|email| app.mails_for(email));
    assert_eq!(mails, [2, 1, 1, 3]);
    app.post(&app.link(waits, "/confirm/"), "").await;
    assert_eq!(state(&app, waits).await, Some(SubscriptionState::Confirmed));
    let counts = "asked 5, mailed 5, reminded 2, confirmed 2, refused 1";
    assert_eq!(counted(&app).await, counts);
}

#[tokio::test]
async fn nobody_is_reminded_unless_it_is_set_or_long_after() {
    let silent = TestApp::new().await;
    ask(&silent, "ada@inbox.example").await;
    silent.advance(TimeDelta::days(3));
    assert_eq!(sign_up::remind(&silent.deps).await.unwrap(), 0);
    // Switched on, or running again, days after the request.
    let app = reminding().await;
    ask(&app, "ada@inbox.example").await;
    app.advance(TimeDelta::days(4));
    assert_eq!(sign_up::remind(&app.deps).await.unwrap(), 0);
}

#[tokio::test]
async fn a_reminder_that_comes_too_late_is_not_sent() {
    let app = reminding().await;
    for email in ["late@inbox.example", "confirms@inbox.example"] {
        ask(&app, email).await;
    }
    app.advance(TimeDelta::days(2));
    assert_eq!(sign_up::remind(&app.deps).await.unwrap(), 2);
    app.post(&app.link("confirms@inbox.example", "/confirm/"), "")
        .await;
    app.advance(TimeDelta::days(6));
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 2);
}

#[tokio::test]
async fn what_nobody_confirms_is_forgotten_and_stays_counted() {
    let app = TestApp::new().await;
    ask(&app, "waits@inbox.example").await;
    ask(&app, "refuses@inbox.example").await;
    app.post(&app.link("refuses@inbox.example", "/never/"), "")
        .await;
    app.subscribe("stays@inbox.example", "").await;
    // One who is confirmed asks for changes and lets that mail lie.
    app.advance(TimeDelta::hours(25));
    ask(&app, "stays@inbox.example").await;
    app.advance(TimeDelta::days(5));
    cleanup::prune(&app.deps).await.unwrap();
    assert_eq!(kept(&app).await, [3, 3, 4, 6, 4]);
    app.advance(TimeDelta::days(3));
    cleanup::prune(&app.deps).await.unwrap();
    // Of the one that stays: the request that was used, its mail, and all the evidence.
    assert_eq!(kept(&app).await, [1, 1, 1, 3, 1]);
    assert_eq!(state(&app, "waits@inbox.example").await, None);
    let counts = "asked 3, mailed 3, confirmed 1, refused 1, expired 1";
    assert_eq!(counted(&app).await, counts);
    // Forgotten is not unwelcome; refused is.
    ask(&app, "waits@inbox.example").await;
    ask(&app, "refuses@inbox.example").await;
    assert_eq!(app.mails_for("waits@inbox.example"), 2);
    assert_eq!(app.mails_for("refuses@inbox.example"), 1);
    let counts = "asked 5, spared 1, mailed 4, confirmed 1, refused 1, expired 1";
    assert_eq!(counted(&app).await, counts);
}

#[tokio::test]
async fn a_sign_up_that_cannot_be_read_is_kept_no_longer_than_a_link_lives() {
    let app = TestApp::new().await;
    let form = "email=ada%40inbox.example";
    assert_eq!(app.post("/ledger/subscribe", form).await.status, 202);
    let mut tx = app.deps.store.begin().await.unwrap();
    let spoil = "UPDATE arrivals SET body = '{}'";
    match &mut tx {
        Tx::Sqlite(inner) => drop(sqlx::query(spoil).execute(&mut **inner).await.unwrap()),
        Tx::Postgres(inner) => drop(sqlx::query(spoil).execute(&mut **inner).await.unwrap()),
    }
    tx.commit().await.unwrap();
    let late = app.deps.now() + TimeDelta::days(60);
    for (days, waits) in [(6, true), (2, false)] {
        app.take_in().await;
        app.advance(TimeDelta::days(days));
        cleanup::prune(&app.deps).await.unwrap();
        let mut tx = app.deps.store.read().await.unwrap();
        assert_eq!(arrivals::are_due(&mut tx, late).await.unwrap(), waits);
    }
}

#[tokio::test]
async fn a_sign_up_that_is_settled_before_it_is_taken_in_asks_nothing() {
    let app = TestApp::new().await;
    let form = "email=ada%40inbox.example&topics=retail";
    assert_eq!(app.post("/ledger/subscribe", form).await.status, 202);
    app.advance(TimeDelta::milliseconds(50));
    app.readers(std::iter::once("ada@inbox.example".to_owned()))
        .await;
    app.advance(TimeDelta::milliseconds(50));
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 0);
}

#[tokio::test]
async fn operators_see_the_funnel() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "").await;
    app.advance(TimeDelta::days(1));
    ask(&app, "bob@inbox.example").await;
    let funnel = |more: &[&str]| {
        let mut program = app.program();
        let arguments = ["publication", "funnel", "ledger", "--days", "3650"];
        let done = program.args(arguments).args(more).output().unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout).unwrap()
    };
    assert_eq!(
        funnel(&[]),
        "DAY         ASKED  SPARED  MAILED  REMINDED  CONFIRMED  REFUSED  EXPIRED\n\
         2026-03-03  1      0       1       0         0          0        0\n\
         2026-03-02  1      0       1       0         1          0        0\n\
         all         2      0       2       0         1          0        0\n"
    );
    let lines = funnel(&["--json"]);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["day"], &first["asked"]),
        (&"2026-03-03".into(), &1.into())
    );
    assert_eq!(lines.lines().count(), 2);
}
