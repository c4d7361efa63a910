//! A restored copy sends nothing before an operator says so, and then nothing that its original may have
//! sent.

use chrono::Duration;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::email_address::EmailAddress;
use paperround::domain::hold::Hold;
use paperround::domain::issue::IssueState;
use paperround::domain::operator::Role;
use paperround::domain::webhook::EventChoice;
use paperround::services::hold::{self, ResumeError};
use paperround::services::manage_webhook::{self, NewWebhook};
use paperround::services::test_digest::{self, TestError};
use paperround::services::{call_webhook, compose_issue, control_issue, plan_issue};
use paperround::store::{holds, issues};
use tokio_util::sync::CancellationToken;

use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::receiver::Receiver;

/// Makes a restored copy of the database that there is.
async fn restored(app: &TestApp) {
    let now = app.deps.now();
    let hold = Hold {
        backup_at: now,
        restored_at: Some(now),
        key_mark: app.deps.keys.mark(),
    };
    let mut tx = app.deps.store.begin().await.unwrap();
    holds::set(&mut tx, &hold).await.unwrap();
    tx.commit().await.unwrap();
}

async fn sign_up(app: &TestApp, name: &str) {
    let form = format!("email={name}%40inbox.example");
    app.post("/ledger/subscribe", &form).await;
    app.take_in().await;
}

#[tokio::test]
async fn nothing_goes_out_while_sending_is_held() {
    let mailbox = Mailbox::new();
    let script = std::sync::Arc::new(mailbox.clone());
    let app = TestApp::with(script, mailbox, |settings| {
        settings.webhooks.allow_private_addresses = true;
    })
    .await;
    let receiver = Receiver::open();
    let new = NewWebhook {
        publication: None,
        url: receiver.url.clone(),
        events: EventChoice::default(),
        with_addresses: false,
    };
    let (webhook, _) = manage_webhook::add(&app.deps, new).await.unwrap();
    app.readers(["ada@inbox.example".to_owned()].into_iter())
        .await;
    app.article("one", "A berth opens", &[]).await;
    let daily = app.digest("daily", Some("0 9 * * *"), 1).await;
    let id = app.compose(&daily).await;
    sign_up(&app, "ben").await;
    restored(&app).await;
    app.advance(Duration::hours(2));

    app.deliver().await.unwrap();
    assert_eq!(app.send_notices().await, 0);
    assert_eq!(plan_issue::plan_due(&app.deps).await.unwrap(), 0);
    assert!(call_webhook::due(&app.deps).await.unwrap().is_empty());
    let stop = CancellationToken::new();
    let called = call_webhook::work_off(&app.deps, webhook.id, &stop).await;
    assert_eq!(called.unwrap(), 0);
    let to: EmailAddress = "me@inbox.example".parse().unwrap();
    let tested = test_digest::send(&app.deps, app.publication.clone(), daily, &to).await;
    let Err(TestError::Held(said)) = tested else {
        panic!("{tested:?}")
    };
    assert!(said.contains("resume-sending"), "{said}");
    assert!(app.mailbox.list().is_empty() && receiver.told().is_empty());
    assert_eq!(app.state(id).await, IssueState::Sending);

    let mut vic = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let today = vic.get("/admin").await.body;
    assert!(today.contains("<code>paperround resume-sending</code>"));
    assert!(today.contains("2 Mar 2026, 09:00 CET"), "{today}");
    let other = vic.get("/admin/issues").await.body;
    assert!(other.contains("<span class=\"state bad\">held</span>"));
    let ready = app.get("/readyz").await.body;
    assert!(ready.contains("\"sending\":\"held\""), "{ready}");
}

#[tokio::test]
async fn what_the_original_may_have_sent_is_not_sent_again() {
    let app = TestApp::new().await;
    app.readers(["ada@inbox.example".to_owned()].into_iter())
        .await;
    app.article("one", "A berth opens", &[]).await;
    let daily = app.digest("daily", Some("0 9 * * *"), 1).await;
    let going_out = app.compose(&daily).await;
    let just_begun = {
        app.advance(Duration::seconds(1));
        app.article("two", "A second berth", &[]).await;
        let made = plan_issue::by_hand(&app.deps, &daily, None).await;
        made.unwrap()
    };
    let later = app.deps.now() + Duration::minutes(30);
    let planned = plan_issue::by_hand(&app.deps, &daily, Some(later)).await;
    let planned = planned.unwrap();
    sign_up(&app, "ben").await;
    app.advance(Duration::seconds(1));
    restored(&app).await;
    app.advance(Duration::hours(26));
    sign_up(&app, "cid").await;

    let resumed = hold::resume(&app.deps).await.unwrap();
    assert_eq!(resumed.paused.len(), 2, "{resumed:?}");
    assert_eq!(
        resumed.missed.len(),
        2,
        "one run of the digest, and one by hand"
    );
    assert_eq!(resumed.notices, 1);
    assert_eq!(app.state(going_out).await, IssueState::Paused);
    assert_eq!(app.state(just_begun).await, IssueState::Paused);
    let (skipped, _) = app.issue(planned).await;
    assert_eq!(skipped.state, IssueState::Skipped);
    assert!(skipped.reason.unwrap().starts_with("missed: sending was"));

    app.deliver().await.unwrap();
    assert_eq!(plan_issue::plan_due(&app.deps).await.unwrap(), 0);
    app.send_notices().await;
    assert_eq!(app.mails_for("ada@inbox.example"), 0);
    assert_eq!(app.mails_for("ben@inbox.example"), 0, "of before");
    assert_eq!(app.mails_for("cid@inbox.example"), 1);
    let again = hold::resume(&app.deps).await;
    assert!(matches!(again, Err(ResumeError::NotHeld)));

    // Who has looked lets them go on, also the one that had no mails yet.
    for id in [going_out, just_begun] {
        control_issue::resume(&app.deps, id).await.unwrap();
        compose_issue::compose(&app.deps, id).await.unwrap();
    }
    app.deliver().await.unwrap();
    assert_eq!(app.mails_for("ada@inbox.example"), 2);
    // And the digest goes on from now.
    app.article("three", "A third berth", &[]).await;
    app.advance(Duration::hours(24));
    assert_eq!(plan_issue::plan_due(&app.deps).await.unwrap(), 1);
    let mut tx = app.deps.store.read().await.unwrap();
    let all = issues::list(&mut tx, None, 20).await.unwrap();
    let missed = all.iter().filter(|issue| {
        let reason = issue.reason.as_deref().unwrap_or_default();
        reason.starts_with("missed")
    });
    assert_eq!(missed.count(), 2, "and none for each day that was missed");
}
