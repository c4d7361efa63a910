//! Operators pause, resume, cancel and try again.

use std::sync::Arc;
use std::time::Duration;

use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::{Action, ReceivedMail, Script};
use paperround::domain::delivery::DeliveryState;
use paperround::domain::ids::IssueId;
use paperround::domain::issue::IssueState;
use paperround::services::control_issue::{self, ControlError};
use paperround::services::{cleanup, deliver};
use tokio_util::sync::CancellationToken;

use crate::support::TestApp;

/// Slow enough to be caught in the middle; refuses whoever is called `gone`.
struct Slow(Mailbox);

impl Script for Slow {
    fn on_rcpt(&self, to: &str) -> Action {
        if to.starts_with("gone") {
            return Action::Reply(550, "5.1.1 no such user".to_owned());
        }
        Action::Accept
    }

    fn on_message(&self, mail: &ReceivedMail) -> Action {
        self.0.keep(mail.clone());
        Action::Delay(Duration::from_millis(10), Box::new(Action::Accept))
    }
}

async fn issue(names: impl Iterator<Item = String>) -> (TestApp, IssueId) {
    let mailbox = Mailbox::new();
    let app = TestApp::with(Arc::new(Slow(mailbox.clone())), mailbox, |_| {}).await;
    let daily = app.digest("daily", None, 1).await;
    app.readers(names.map(|name| format!("{name}@inbox.example")))
        .await;
    app.article("one", "A story", &[]).await;
    let id = app.compose(&daily).await;
    (app, id)
}

/// Sends in the background; ends by itself when nothing is due.
fn start(app: &TestApp) -> tokio::task::JoinHandle<()> {
    let deps = app.deps.clone();
    tokio::spawn(async move {
        let stop = CancellationToken::new();
        deliver::run(&deps, &stop).await.unwrap();
    })
}

async fn under_way(app: &TestApp, mails: usize) {
    while app.mailbox.list().len() < mails {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_takes_hold_at_once_and_loses_nothing() {
    let (app, id) = issue((0..300).map(|n| format!("r{n}"))).await;
    let sending = start(&app);
    under_way(&app, 30).await;
    let paused = control_issue::pause(&app.deps, id).await.unwrap();
    assert_eq!(paused.issue.state, IssueState::Paused);
    assert!(paused.in_flight <= 10, "{} in flight", paused.in_flight);
    tokio::time::timeout(Duration::from_secs(5), sending)
        .await
        .unwrap()
        .unwrap();
    let stopped_at = app.mailbox.list().len();
    assert!(stopped_at < 200, "{stopped_at}");
    app.deliver().await.unwrap();
    assert_eq!(
        app.mailbox.list().len(),
        stopped_at,
        "a paused issue stays where it is"
    );
    let counts = app.issue(id).await.1;
    assert_eq!(
        (counts.sending, counts.sent),
        (0, i64::try_from(stopped_at).unwrap())
    );

    control_issue::resume(&app.deps, id).await.unwrap();
    app.deliver().await.unwrap();
    assert_eq!(app.state(id).await, IssueState::Sent);
    assert_eq!(app.mailbox.list().len(), 300, "nobody missed, nobody twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_issue_sends_no_more_and_says_so() {
    let (app, id) = issue((0..300).map(|n| format!("r{n}"))).await;
    let sending = start(&app);
    under_way(&app, 30).await;
    let cancelled = control_issue::cancel(&app.deps, id).await.unwrap();
    assert_eq!(cancelled.issue.state, IssueState::Cancelled);
    tokio::time::timeout(Duration::from_secs(5), sending)
        .await
        .unwrap()
        .unwrap();
    let (issue, counts) = app.issue(id).await;
    assert_eq!(
        issue.state,
        IssueState::Cancelled,
        "never silently finished"
    );
    assert!(issue.finished_at.is_some());
    assert_eq!((counts.open(), counts.sent + counts.skipped), (0, 300));
    let skipped = app
        .ledger(id)
        .await
        .into_iter()
        .find(|line| line.state == DeliveryState::Skipped);
    assert_eq!(skipped.unwrap().reason.as_deref(), Some("cancelled"));
    for done in [
        control_issue::pause(&app.deps, id).await,
        control_issue::resume(&app.deps, id).await,
    ] {
        assert!(matches!(done, Err(ControlError::State { .. })));
    }
    control_issue::cancel(&app.deps, id).await.unwrap();
}

#[tokio::test]
async fn what_failed_is_tried_again_on_request() {
    let names = ["ada", "gone1", "gone2"].map(str::to_owned);
    let (app, id) = issue(names.into_iter()).await;
    app.deliver().await.unwrap();
    assert_eq!(app.state(id).await, IssueState::SentWithFailures);
    let before: Vec<_> = app.ledger(id).await;
    let (rows, controlled) = control_issue::retry_failed(&app.deps, id, false)
        .await
        .unwrap();
    assert_eq!((rows, controlled.issue.state), (2, IssueState::Sending));
    app.deliver().await.unwrap();
    let (issue, counts) = app.issue(id).await;
    assert_eq!(
        (issue.state, counts.sent, counts.failed),
        (IssueState::SentWithFailures, 1, 2)
    );
    let after = app.ledger(id).await;
    assert_eq!(after[1].attempts, before[1].attempts + 1);
    assert_eq!(after[0].attempts, 1, "who got it is left alone");
}

#[tokio::test]
async fn an_issue_that_has_not_begun_can_be_cancelled() {
    let (app, id) = issue(["ada".to_owned()].into_iter()).await;
    control_issue::cancel(&app.deps, id).await.unwrap();
    app.deliver().await.unwrap();
    cleanup::sweep(&app.deps).await.unwrap();
    let (issue, counts) = app.issue(id).await;
    assert_eq!((issue.state, counts.skipped), (IssueState::Cancelled, 1));
    assert!(matches!(
        control_issue::retry_failed(&app.deps, id, false).await,
        Err(ControlError::State { .. })
    ));
    assert!(matches!(
        control_issue::pause(&app.deps, IssueId(uuid::Uuid::nil())).await,
        Err(ControlError::Unknown(_))
    ));
}
