//! Sending: retries, refusals, trouble with the relay, leaving in the middle.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::Duration;
use paperround::config::relay::{Relay, Relays};
use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::{Action, ReceivedMail, Script};
use paperround::domain::delivery::{DeliveryState, OnUnknown};
use paperround::domain::ids::{DeliveryId, IssueId};
use paperround::domain::issue::IssueState;
use paperround::services::cleanup;
use paperround::services::deliver::{DeliverError, RouteConfig, Routes};
use paperround::store::Tx;
use paperround::store::claims::{self, Claimed, Claimer, Position};
use paperround::store::ledger::{self, Line};
use paperround::store::results::{self, InFlight};

use crate::support::TestApp;

/// Takes confirmation mails; what it does to others stands in their address.
struct Moody {
    mailbox: Mailbox,
    greeted: AtomicU32,
}

impl Script for Moody {
    fn on_rcpt(&self, to: &str) -> Action {
        let first = self.greeted.load(Ordering::Relaxed) == 0;
        match to.split('@').next() {
            Some("full") if self.is_digest() => Action::Reply(452, "4.2.2 mailbox full".to_owned()),
            Some("gone") if self.is_digest() => Action::Reply(550, "5.1.1 no such user".to_owned()),
            Some("grey") if self.is_digest() && first => {
                self.greeted.fetch_add(1, Ordering::Relaxed);
                Action::Reply(451, "4.7.1 come back later".to_owned())
            }
            _ => Action::Accept,
        }
    }

    fn on_message(&self, mail: &ReceivedMail) -> Action {
        self.mailbox.keep(mail.clone());
        if self.is_digest() && mail.to[0].starts_with("cut@") {
            return Action::CloseAfterAccepting;
        }
        Action::Accept
    }
}

impl Moody {
    /// The confirmation mails of the tests come first.
    fn is_digest(&self) -> bool {
        self.mailbox
            .list()
            .iter()
            .any(|mail| mail.is_for("ready@inbox.example"))
    }
}

async fn moody(
    readers: &[&str],
    change: impl FnOnce(&mut paperround::config::Settings),
) -> (TestApp, IssueId) {
    let mailbox = Mailbox::new();
    let script = Arc::new(Moody {
        mailbox: mailbox.clone(),
        greeted: AtomicU32::new(0),
    });
    let app = TestApp::with(script, mailbox, change).await;
    let daily = app.digest("daily", None, 1).await;
    for reader in readers {
        app.subscribe(&format!("{reader}@inbox.example"), "").await;
    }
    app.subscribe("ready@inbox.example", "").await;
    app.article("one", "A story", &[]).await;
    let id = app.compose(&daily).await;
    (app, id)
}

async fn lines(app: &TestApp, id: IssueId) -> Vec<Line> {
    let mut tx = app.deps.store.read().await.unwrap();
    ledger::page(&mut tx, id, None, DeliveryId(0), 100)
        .await
        .unwrap()
}

async fn line(app: &TestApp, id: IssueId, reader: &str) -> Line {
    let wanted = format!("{reader}@inbox.example");
    lines(app, id)
        .await
        .into_iter()
        .find(|line| line.email == wanted)
        .unwrap()
}

/// A relay of its own.
fn routes(config: &paperround::mail::RelayConfig) -> Arc<Routes> {
    let relay = paperround::mail::Relay::parse(config).unwrap();
    Arc::new(Routes::new(vec![RouteConfig::new(relay)], Vec::new()))
}

async fn claim(app: &TestApp, tx: &mut Tx, id: IssueId, node: &str) -> Vec<Claimed> {
    claims::open(tx, node).await.unwrap();
    let claimer = Claimer { node, held: &[] };
    let batch = claims::claim(tx, id, claimer, app.deps.now(), Position::START, 10);
    batch.await.unwrap().rows
}

async fn begin(app: &TestApp, tx: &mut Tx, row: &Claimed, node: &str) -> bool {
    let begins = InFlight::from([(row.id, app.deps.now())]);
    let begun = results::begin(tx, &InFlight::new(), &begins, node).await;
    !begun.unwrap().is_empty()
}

#[tokio::test]
async fn refusals_are_recorded_and_tried_again() {
    let (app, id) = moody(&["gone", "grey"], |_| {}).await;
    app.deliver().await.unwrap();
    let gone = line(&app, id, "gone").await;
    assert_eq!(
        (gone.state, gone.reply.as_deref()),
        (DeliveryState::Failed, Some("550 5.1.1 no such user"))
    );
    let grey = line(&app, id, "grey").await;
    assert_eq!((grey.state, grey.attempts), (DeliveryState::Deferred, 1));
    assert_eq!(app.state(id).await, IssueState::Sending);
    app.deliver().await.unwrap();
    assert_eq!(
        line(&app, id, "grey").await.attempts,
        1,
        "not before its time"
    );
    app.advance(Duration::minutes(2));
    app.deliver().await.unwrap();
    assert_eq!(line(&app, id, "grey").await.state, DeliveryState::Sent);
    assert_eq!(app.state(id).await, IssueState::SentWithFailures);
}

#[tokio::test]
async fn what_is_refused_for_long_is_given_up() {
    let (app, id) = moody(&["full"], |_| {}).await;
    for _ in 0..40 {
        app.deliver().await.unwrap();
        app.advance(Duration::hours(1));
    }
    let full = line(&app, id, "full").await;
    assert_eq!(full.state, DeliveryState::Failed);
    assert!(full.attempts > 5 && full.reason.unwrap().contains("given up"));
    assert_eq!(full.reply.as_deref(), Some("452 4.2.2 mailbox full"));
    assert_eq!(app.state(id).await, IssueState::SentWithFailures);
}

#[tokio::test]
async fn a_lost_answer_is_repeated_under_the_same_id_or_held() {
    let (app, id) = moody(&["cut"], |_| {}).await;
    app.deliver().await.unwrap();
    let cut = line(&app, id, "cut").await;
    assert_eq!((cut.state, cut.repeats), (DeliveryState::Deferred, 1));
    app.advance(Duration::minutes(2));
    app.deliver().await.unwrap();
    let copies: Vec<_> = app
        .mailbox
        .list()
        .into_iter()
        .filter(|m| m.is_for("cut@inbox.example"))
        .collect();
    assert_eq!(copies.len(), 3, "the confirmation and two copies");
    assert_eq!(
        copies[1].header("Message-ID"),
        copies[2].header("Message-ID")
    );
    assert_eq!(
        copies[1].source(),
        copies[2].source(),
        "the same mail to the byte"
    );

    let (app, id) = moody(&["cut"], |s| {
        s.delivery.on_unknown_outcome = OnUnknown::Hold;
    })
    .await;
    app.deliver().await.unwrap();
    assert_eq!(line(&app, id, "cut").await.state, DeliveryState::Unknown);
    assert_eq!(app.state(id).await, IssueState::SentWithFailures);
}

#[tokio::test]
async fn a_relay_that_is_away_costs_no_reader_anything() {
    let (app, id) = moody(&["ada"], |_| {}).await;
    let mut away = app.deps.clone();
    let nowhere = paperround::mail::RelayConfig::new("main", "smtp://127.0.0.1:1");
    away.routes = routes(&nowhere);
    let stop = tokio_util::sync::CancellationToken::new();
    let error = paperround::services::deliver::run(&away, &stop)
        .await
        .unwrap_err();
    assert!(matches!(error, DeliverError::RelayDown(_)), "{error}");
    let (issue, counts) = app.issue(id).await;
    assert_eq!(
        (issue.state, counts.pending, counts.sending),
        (IssueState::Sending, 2, 0)
    );
    assert!(issue.trouble.unwrap().contains("127.0.0.1:1"));
    assert!(lines(&app, id).await.iter().all(|line| line.attempts == 0));
    app.deliver().await.unwrap();
    let (issue, counts) = app.issue(id).await;
    assert_eq!(
        (issue.state, issue.trouble, counts.sent),
        (IssueState::Sent, None, 2)
    );
}

#[tokio::test]
async fn a_reader_who_leaves_gets_nothing_that_has_not_begun() {
    let (app, id) = moody(&["ada"], |s| s.relay = Relays(vec![Relay::at(&s_url(s))])).await;
    let mut tx = app.deps.store.begin().await.unwrap();
    let claimed = claim(&app, &mut tx, id, &app.deps.node).await;
    tx.commit().await.unwrap();
    let ada = claimed
        .iter()
        .find(|c| c.email.as_str() == "ada@inbox.example")
        .unwrap();
    let link = paperround::services::links::unsubscribe(&app.deps, ada.subscription, Some(ada.id));
    let left = app.post(&link, "List-Unsubscribe=One-Click").await;
    assert_eq!(left.status, 200);
    let mut tx = app.deps.store.begin().await.unwrap();
    assert!(!begin(&app, &mut tx, ada, &app.deps.node).await);
    tx.commit().await.unwrap();
    app.deliver().await.unwrap();
    let gone = line(&app, id, "ada").await;
    assert_eq!(
        (gone.state, gone.reason.as_deref()),
        (DeliveryState::Skipped, Some("unsubscribed"))
    );
    assert_eq!(app.state(id).await, IssueState::Sent);
}

/// The relay as the test set it.
fn s_url(settings: &paperround::config::Settings) -> String {
    use secrecy::ExposeSecret;
    settings.relay.0[0]
        .url()
        .unwrap()
        .expose_secret()
        .to_owned()
}

#[tokio::test]
async fn undo_brings_the_waiting_mail_back() {
    let (app, id) = moody(&["ada"], |_| {}).await;
    let ada = app.deps.store.read().await.unwrap();
    drop(ada);
    let mut tx = app.deps.store.read().await.unwrap();
    let reader = paperround::store::subscribers::find_by_email(
        &mut tx,
        &"ada@inbox.example".parse().unwrap(),
    )
    .await;
    let subscription = paperround::store::subscriptions::find_by_subscriber(
        &mut tx,
        reader.unwrap().unwrap().id,
        app.publication_id(),
    )
    .await
    .unwrap()
    .unwrap();
    drop(tx);
    let link = paperround::services::links::unsubscribe(&app.deps, subscription.id, None);
    assert!(app.get(&link).await.body.contains("<button"));
    assert!(app.post(&link, "").await.body.contains("undo"));
    assert_eq!(line(&app, id, "ada").await.state, DeliveryState::Skipped);
    assert_eq!(app.post(&link, "action=undo").await.status, 200);
    app.deliver().await.unwrap();
    assert_eq!(line(&app, id, "ada").await.state, DeliveryState::Sent);
}

#[tokio::test]
async fn claims_of_a_dead_node_are_freed_and_those_of_a_live_one_are_not() {
    let (app, id) = moody(&["ada"], |_| {}).await;
    let mut tx = app.deps.store.begin().await.unwrap();
    paperround::store::nodes::seen(&mut tx, "dead", "worker", app.deps.now())
        .await
        .unwrap();
    let claimed = claim(&app, &mut tx, id, "dead").await;
    assert!(begin(&app, &mut tx, &claimed[0], "dead").await);
    tx.commit().await.unwrap();
    app.advance(Duration::seconds(5));
    cleanup::heartbeat(&app.deps, "worker").await.unwrap();
    assert_eq!(
        app.issue(id).await.1.sending,
        2,
        "the node was seen five seconds ago"
    );
    app.advance(Duration::seconds(6));
    cleanup::heartbeat(&app.deps, "worker").await.unwrap();
    let (_, counts) = app.issue(id).await;
    assert_eq!((counts.sending, counts.pending), (0, 2));
    let repeats: u32 = lines(&app, id).await.iter().map(|line| line.repeats).sum();
    assert_eq!(
        repeats, 1,
        "only the mail that had been begun may be a copy"
    );
    // The dead node wakes up: its claim is void.
    let mut tx = app.deps.store.begin().await.unwrap();
    assert!(!begin(&app, &mut tx, &claimed[1], "dead").await);
}

#[tokio::test]
async fn a_relay_that_wants_a_sign_in_fails_no_reader() {
    struct Closed;
    impl Script for Closed {
        fn on_mail(&self, _from: &str) -> Action {
            Action::Reply(530, "5.7.0 authentication required".to_owned())
        }
    }
    let (app, id) = moody(&["ada"], |_| {}).await;
    let loopback = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0));
    let closed = paperround::demo::smtp::SmtpServer::start(loopback, Arc::new(Closed))
        .await
        .unwrap();
    let mut away = app.deps.clone();
    let config = paperround::mail::RelayConfig::new("main", format!("smtp://{}", closed.address()));
    away.routes = routes(&config);
    let stop = tokio_util::sync::CancellationToken::new();
    let _ = paperround::services::deliver::run(&away, &stop).await;
    let (issue, counts) = app.issue(id).await;
    assert_eq!(
        (issue.state, counts.failed, counts.open()),
        (IssueState::Sending, 0, 2)
    );
    app.advance(Duration::hours(1));
    app.deliver().await.unwrap();
    assert_eq!(app.state(id).await, IssueState::Sent);
}

#[tokio::test]
async fn what_an_interrupted_run_left_behind_is_taken_up_by_the_next() {
    let (app, id) = moody(&["ada"], |_| {}).await;
    let mut tx = app.deps.store.begin().await.unwrap();
    let claimed = claim(&app, &mut tx, id, &app.deps.node).await;
    assert!(begin(&app, &mut tx, &claimed[0], &app.deps.node).await);
    tx.commit().await.unwrap();
    app.deliver().await.unwrap();
    let (issue, counts) = app.issue(id).await;
    assert_eq!((issue.state, counts.sent), (IssueState::Sent, 2));
    let repeats: u32 = lines(&app, id).await.iter().map(|line| line.repeats).sum();
    assert_eq!(repeats, 1);
}
