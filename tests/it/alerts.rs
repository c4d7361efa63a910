//! Alerts: what opens one, who is told and how often, and what ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration as Span;

use chrono::Duration;
use paperround::config::Settings;
use paperround::demo::mailbox::{Mailbox, StoredMail};
use paperround::demo::smtp::{Action, ReceivedMail, Script};
use paperround::domain::alert::{Alert, AlertKind};
use paperround::domain::issue::IssueState;
use paperround::domain::webhook::EventChoice;
use paperround::services::manage_webhook::{self, NewWebhook};
use paperround::services::{
    alerts, call_webhook, cleanup, compose_issue, control_issue, fetch_feed, plan_issue,
};
use paperround::store;
use tokio_util::sync::CancellationToken;

use crate::articles::{app as newsroom, connect};
use crate::support::TestApp;
use crate::support::receiver::Receiver;

const OPS: &str = "ops@desk.example";

fn told(settings: &mut Settings) {
    settings.alerts.to = vec![OPS.to_owned()];
    settings.webhooks.allow_private_addresses = true;
}

async fn service(change: impl FnOnce(&mut Settings)) -> TestApp {
    let mailbox = Mailbox::new();
    let script = Arc::new(mailbox.clone());
    TestApp::with(script, mailbox, |settings| {
        told(settings);
        change(settings);
    })
    .await
}

async fn opened(app: &TestApp) -> Vec<Alert> {
    let mut tx = app.deps.store.read().await.unwrap();
    store::alerts::opened(&mut tx).await.unwrap()
}

async fn kinds(app: &TestApp) -> Vec<AlertKind> {
    opened(app).await.iter().map(|alert| alert.kind).collect()
}

/// One look, as the scheduler takes it every ten seconds, and the mails that come of it.
async fn look(app: &TestApp) {
    alerts::check(&app.deps).await.unwrap();
    alerts::tell(&app.deps).await.unwrap();
    app.send_notices().await;
}

fn subjects(app: &TestApp) -> Vec<String> {
    let mut mails = app.mailbox.list();
    mails.retain(|mail| mail.is_for(OPS));
    mails.sort_by_key(StoredMail::number);
    mails.iter().map(StoredMail::subject).collect()
}

#[tokio::test]
async fn a_missed_run_is_told_once_reminded_daily_and_told_to_be_over() {
    let app = service(|_| {}).await;
    app.digest("daily", Some("0 6 * * *"), 1).await;
    look(&app).await;
    assert!(opened(&app).await.is_empty());
    // Six in Berlin has come, and nobody plans.
    app.clock_at("2026-03-03T05:14:00Z");
    look(&app).await;
    assert!(opened(&app).await.is_empty(), "within its fifteen minutes");
    app.advance(Duration::minutes(2));
    look(&app).await;
    let alert = &opened(&app).await[0];
    assert_eq!(alert.kind, AlertKind::DigestMissed);
    assert_eq!(
        alert.summary,
        "ledger/daily, due at 2026-03-03 05:00 UTC, has not gone out"
    );
    assert!(subjects(&app).is_empty(), "what else comes is waited for");
    for _ in 0..5 {
        app.advance(Duration::minutes(2));
        look(&app).await;
    }
    assert_eq!(subjects(&app), [format!("Alert: {}", alert.summary)]);
    let mail = app.newest(OPS);
    assert_eq!(mail.from(), "The Harbour Ledger <news@ledger.example>");
    assert_eq!(
        mail.header("Auto-Submitted").as_deref(),
        Some("auto-generated")
    );
    app.advance(Duration::hours(25));
    look(&app).await;
    look(&app).await;
    assert_eq!(subjects(&app).len(), 2);
    assert!(subjects(&app)[1].starts_with("Still: ledger/daily"));
    alerts::acknowledge(&app.deps, alert.id).await.unwrap();
    app.advance(Duration::hours(25));
    look(&app).await;
    assert_eq!(subjects(&app).len(), 2, "whoever knows is not reminded");
    plan_issue::plan_due(&app.deps).await.unwrap();
    look(&app).await;
    assert!(opened(&app).await.is_empty());
    app.advance(Duration::minutes(3));
    look(&app).await;
    look(&app).await;
    assert_eq!(subjects(&app).len(), 3);
    assert!(subjects(&app)[2].starts_with("Over: ledger/daily"));
    let over = alerts::acknowledge(&app.deps, alert.id).await;
    assert!(over.unwrap_err().to_string().contains("over"));
}

#[tokio::test]
async fn what_comes_together_is_one_mail_to_each_and_one_alert_for_all_nodes() {
    let desk = |settings: &mut Settings| {
        told(settings);
        settings.alerts.to.push("desk@desk.example".to_owned());
    };
    let app = service(desk).await;
    for slug in ["one", "two", "three"] {
        app.digest(slug, Some("0 6 * * *"), 1).await;
    }
    app.clock_at("2026-03-03T05:16:00Z");
    let beside = app.beside(desk).await;
    let (here, there) = tokio::join!(alerts::check(&app.deps), alerts::check(&beside));
    here.unwrap();
    there.unwrap();
    assert_eq!(kinds(&app).await, [AlertKind::DigestMissed; 3]);
    app.advance(Duration::minutes(2));
    let (here, there) = tokio::join!(alerts::tell(&app.deps), alerts::tell(&beside));
    here.unwrap();
    there.unwrap();
    app.send_notices().await;
    assert_eq!(subjects(&app).len(), 1);
    assert!(
        subjects(&app)[0].starts_with("3 alerts: ledger/"),
        "{:?}",
        subjects(&app)
    );
    assert_eq!(app.mails_for("desk@desk.example"), 1);
    // What is over before anybody was told needs no mail.
    let fresh = service(|_| {}).await;
    fresh.digest("daily", Some("0 6 * * *"), 1).await;
    fresh.clock_at("2026-03-03T05:16:00Z");
    look(&fresh).await;
    plan_issue::plan_due(&fresh.deps).await.unwrap();
    look(&fresh).await;
    fresh.advance(Duration::minutes(5));
    look(&fresh).await;
    assert!(subjects(&fresh).is_empty() && opened(&fresh).await.is_empty());
}

#[tokio::test]
async fn an_issue_without_news_is_told_unless_that_is_switched_off() {
    for is_told in [true, false] {
        let app = service(|settings| settings.alerts.digest_empty = is_told).await;
        let daily = app.digest("daily", Some("0 6 * * *"), 1).await;
        app.subscribe("ada@inbox.example", "").await;
        app.clock_at("2026-03-03T05:00:30Z");
        plan_issue::plan_due(&app.deps).await.unwrap();
        look(&app).await;
        if !is_told {
            assert!(opened(&app).await.is_empty());
            continue;
        }
        let alert = &opened(&app).await[0];
        assert_eq!(alert.kind, AlertKind::DigestEmpty);
        assert!(
            alert.summary.ends_with("was left out: nothing new"),
            "{}",
            alert.summary
        );
        app.article("one", "A story", &[]).await;
        app.send(&daily).await;
        look(&app).await;
        assert!(opened(&app).await.is_empty(), "the next one went out");
    }
}

#[tokio::test]
async fn a_run_that_was_noticed_too_late_is_missed() {
    let app = service(|_| {}).await;
    app.digest_with("daily", |digest| {
        digest.cron = Some("0 6 * * *".to_owned());
        digest.rules.calendar.not_later_than_minutes = Some(60);
    })
    .await;
    app.clock_at("2026-03-03T09:00:00Z");
    plan_issue::plan_due(&app.deps).await.unwrap();
    look(&app).await;
    let alert = &opened(&app).await[0];
    assert_eq!(alert.kind, AlertKind::DigestMissed);
    assert!(
        alert.summary.contains("left out: missed: due at"),
        "{}",
        alert.summary
    );
}

#[tokio::test]
async fn a_feed_that_fails_on_and_on_or_is_gone_is_dead() {
    let (app, stand) = newsroom().await;
    let feed = connect(&app, stand.url("/feed")).await;
    stand.lay("/feed", 500, &[], "");
    for failures in 1..=8 {
        assert!(fetch_feed::fetch(&app.deps, feed.id).await.is_err());
        alerts::check(&app.deps).await.unwrap();
        assert_eq!(opened(&app).await.len(), usize::from(failures == 8));
    }
    let alert = &opened(&app).await[0];
    assert_eq!(alert.kind, AlertKind::FeedDead);
    assert!(
        alert.summary.contains("has failed 8 times in a row"),
        "{}",
        alert.summary
    );
    stand.lay("/feed", 410, &[], "");
    let _ = fetch_feed::fetch(&app.deps, feed.id).await;
    alerts::check(&app.deps).await.unwrap();
    assert_eq!(opened(&app).await.len(), 1, "it is the same that is wrong");
}

/// Hangs up while it is down, and refuses who is named so for good.
struct Frail {
    mailbox: Mailbox,
    is_down: AtomicBool,
}

impl Script for Frail {
    fn on_connect(&self) -> Action {
        if self.is_down.load(Ordering::Relaxed) {
            Action::Close
        } else {
            Action::Accept
        }
    }

    fn on_rcpt(&self, to: &str) -> Action {
        let answer = if to.starts_with("gone") {
            Action::Reply(550, format!("5.1.1 <{to}> no such user"))
        } else {
            Action::Accept
        };
        Action::Delay(Span::from_millis(3), Box::new(answer))
    }

    fn on_message(&self, mail: &ReceivedMail) -> Action {
        self.mailbox.keep(mail.clone());
        Action::Accept
    }
}

async fn frail(change: impl FnOnce(&mut Settings)) -> (TestApp, Arc<Frail>) {
    let mailbox = Mailbox::new();
    let script = Arc::new(Frail {
        mailbox: mailbox.clone(),
        is_down: AtomicBool::new(false),
    });
    let app = TestApp::with(script.clone(), mailbox, |settings| {
        told(settings);
        settings.relay.0[0].connections = 1;
        settings.signup.per_address_per_day = 0;
        change(settings);
    })
    .await;
    (app, script)
}

#[tokio::test]
async fn a_relay_that_is_down_is_told_to_webhooks_at_once_and_by_mail_when_it_is_back() {
    let (app, relay) = frail(|settings| settings.alerts.queue_late_minutes = 0).await;
    let receiver = Receiver::open();
    let new = NewWebhook {
        publication: None,
        url: receiver.url.clone(),
        events: EventChoice::from_key("alert.opened,alert.closed"),
        with_addresses: false,
    };
    let (webhook, _) = manage_webhook::add(&app.deps, new).await.unwrap();
    relay.is_down.store(true, Ordering::Relaxed);
    app.post("/ledger/subscribe", "email=ada%40inbox.example")
        .await;
    app.send_notices().await;
    for minute in 0..=5 {
        alerts::note_relays(&app.deps).await.unwrap();
        look(&app).await;
        assert_eq!(
            opened(&app).await.len(),
            usize::from(minute == 5),
            "{minute}"
        );
        app.advance(Duration::minutes(1));
    }
    let alert = &opened(&app).await[0];
    assert_eq!(
        (alert.kind, alert.subject.as_str()),
        (AlertKind::RelayDown, "main")
    );
    // A process that starts anew knows nothing yet, and ends nothing by that.
    let beside = app.beside(told).await;
    alerts::note_relays(&beside).await.unwrap();
    alerts::check(&beside).await.unwrap();
    assert_eq!(opened(&app).await.len(), 1);
    let stop = CancellationToken::new();
    call_webhook::work_off(&app.deps, webhook.id, &stop)
        .await
        .unwrap();
    assert_eq!(receiver.events(), ["alert.opened"]);
    assert_eq!(receiver.told()[0].data()["kind"], "relay-down");
    relay.is_down.store(false, Ordering::Relaxed);
    app.advance(Duration::hours(1));
    look(&app).await;
    alerts::note_relays(&app.deps).await.unwrap();
    look(&app).await;
    assert!(opened(&app).await.is_empty());
    app.advance(Duration::minutes(3));
    look(&app).await;
    call_webhook::work_off(&app.deps, webhook.id, &stop)
        .await
        .unwrap();
    assert_eq!(receiver.events(), ["alert.opened", "alert.closed"]);
    assert_eq!(subjects(&app).len(), 2);
    assert!(subjects(&app)[1].starts_with("Over: the relay \"main\""));
}

#[tokio::test]
async fn an_issue_of_which_too_many_mails_fail_pauses_itself() {
    let (app, _) = frail(|settings| settings.alerts.failure_minimum = 20).await;
    let daily = app.digest("daily", None, 1).await;
    let address = |n: usize| {
        let name = if n.is_multiple_of(4) { "gone" } else { "here" };
        format!("{name}{n}@inbox.example")
    };
    app.readers((0..400).map(address)).await;
    app.article("one", "A story", &[]).await;
    let id = app.compose(&daily).await;
    app.deliver().await.unwrap();
    let (issue, counts) = app.issue(id).await;
    assert_eq!(issue.state, IssueState::Paused);
    assert!(counts.failed >= 2 && counts.open() > 100, "{counts:?}");
    let reason = issue.reason.unwrap();
    assert!(
        reason.contains("mails failed for good") && reason.contains("10 %"),
        "{reason}"
    );
    let alert = opened(&app).await.remove(0);
    assert_eq!(
        (alert.kind, alert.subject),
        (AlertKind::IssueFailing, id.to_string())
    );
    look(&app).await;
    assert_eq!(opened(&app).await.len(), 1);
    control_issue::resume(&app.deps, id).await.unwrap();
    assert_eq!(app.issue(id).await.0.reason, None);
    look(&app).await;
    assert!(opened(&app).await.is_empty());
    app.deliver().await.unwrap();
    assert_eq!(
        app.state(id).await,
        IssueState::Paused,
        "it is as bad as before"
    );
}

#[tokio::test]
async fn an_issue_goes_to_its_end_below_the_number_or_where_that_is_switched_off() {
    for (percent, minimum) in [(10, 50), (0, 1)] {
        let (app, _) = frail(|settings| {
            settings.alerts.failure_percent = percent;
            settings.alerts.failure_minimum = minimum;
        })
        .await;
        let daily = app.digest("daily", None, 1).await;
        app.readers((0..40).map(|n| format!("gone{n}@inbox.example")))
            .await;
        app.article("one", "A story", &[]).await;
        let id = app.send(&daily).await;
        let (issue, counts) = app.issue(id).await;
        assert_eq!(issue.state, IssueState::SentWithFailures);
        assert_eq!(counts.failed, 40);
        look(&app).await;
        assert!(opened(&app).await.is_empty());
    }
}

#[tokio::test]
async fn what_is_due_and_lies_is_late() {
    let app = service(|_| {}).await;
    let daily = app.digest("daily", None, 1).await;
    app.subscribe("ada@inbox.example", "").await;
    app.article("one", "A story", &[]).await;
    app.advance(Duration::seconds(1));
    let id = plan_issue::by_hand(&app.deps, &daily, None).await.unwrap();
    compose_issue::compose(&app.deps, id).await.unwrap();
    app.post("/ledger/subscribe", "email=ben%40inbox.example")
        .await;
    app.advance(Duration::minutes(29));
    alerts::check(&app.deps).await.unwrap();
    assert!(opened(&app).await.is_empty());
    app.advance(Duration::minutes(2));
    alerts::check(&app.deps).await.unwrap();
    let mut late: Vec<String> = opened(&app).await.into_iter().map(|a| a.subject).collect();
    late.sort();
    let mut expected = [id.to_string(), "sign-ups".to_owned()];
    expected.sort();
    assert_eq!(late, expected);
    app.take_in().await;
    app.deliver().await.unwrap();
    alerts::check(&app.deps).await.unwrap();
    assert!(opened(&app).await.is_empty());
    // What is long over is forgotten.
    app.advance(Duration::days(100));
    cleanup::prune(&app.deps).await.unwrap();
    assert_eq!(app.rows("alerts").await, 0);
}
