//! An issue that goes out at each reader's own time, over the days on which clocks change.

use chrono::Duration;
use paperround::domain::clock::Time;
use paperround::domain::digest::Digest;
use paperround::domain::issue::IssueState;
use paperround::services::{compose_issue, plan_issue};
use paperround::store::{digests, issues, waves};

use crate::support::TestApp;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

const READERS: [(&str, &str); 4] = [
    ("berlin", ""),
    ("new-york", "America/New_York"),
    ("tokyo", "Asia/Tokyo"),
    ("lord-howe", "Australia/Lord_Howe"),
];

async fn morning(start: &str, change: impl FnOnce(&mut Digest)) -> (TestApp, Digest) {
    let app = TestApp::new().await;
    app.advance(at(start) - app.deps.now());
    let digest = app
        .digest_with("daily", |digest| {
            digest.cron = Some("0 7 * * *".to_owned());
            digest.rules.local_time = true;
            change(digest);
        })
        .await;
    for (name, zone) in READERS {
        let form = format!("&timezone={}", zone.replace('/', "%2F"));
        app.subscribe(&format!("{name}@inbox.example"), &form).await;
    }
    (app, digest)
}

/// Runs the service in steps and says when each reader got a mail, as their clocks showed it.
async fn arrivals(app: &TestApp, until: &str) -> Vec<(String, String)> {
    let mut seen = READERS.map(|(name, _)| app.mails_for(&format!("{name}@inbox.example")));
    let mut arrivals = Vec::new();
    while app.deps.now() < at(until) {
        app.advance(Duration::minutes(15));
        plan_issue::plan_due(&app.deps).await.unwrap();
        let mut tx = app.deps.store.read().await.unwrap();
        let composing = issues::in_state(&mut tx, IssueState::Composing, app.deps.now()).await;
        drop(tx);
        for issue in composing.unwrap() {
            compose_issue::compose(&app.deps, issue.id).await.unwrap();
        }
        app.deliver().await.unwrap();
        for ((name, zone), seen) in READERS.iter().zip(&mut seen) {
            let count = app.mails_for(&format!("{name}@inbox.example"));
            if count > *seen {
                let zone = zone.parse().unwrap_or(chrono_tz::Europe::Berlin);
                let local = app.deps.now().with_timezone(&zone);
                arrivals.push(((*name).to_owned(), local.to_rfc3339()));
                *seen = count;
            }
        }
    }
    arrivals
}

#[tokio::test]
async fn a_weekend_on_which_the_clocks_change() {
    // Europe goes forward in the night to Sunday; New York has, Tokyo never does.
    let (app, digest) = morning("2026-03-27T12:00:00Z", |_| {}).await;
    for n in 0..8 {
        app.article(&format!("a{n}"), &format!("Story {n}"), &[])
            .await;
    }
    let mut tx = app.deps.store.read().await.unwrap();
    let waiting = digests::find(&mut tx, digest.id).await.unwrap().unwrap();
    drop(tx);
    // Lord Howe, eleven hours ahead of Greenwich, is the first to wake.
    assert_eq!(waiting.look_at, Some(at("2026-03-27T20:00:00Z")));
    assert_eq!(waiting.next_run_at, Some(at("2026-03-28T06:00:00Z")));

    let first = arrivals(&app, "2026-03-28T12:00:00Z").await;
    let name = |name: &str, time: &str| (name.to_owned(), time.to_owned());
    assert_eq!(
        first,
        [
            name("lord-howe", "2026-03-28T07:00:00+11:00"),
            name("tokyo", "2026-03-28T07:00:00+09:00"),
            name("berlin", "2026-03-28T07:00:00+01:00"),
            name("new-york", "2026-03-28T07:00:00-04:00"),
        ]
    );
    // The mail is dated with the day that it is for, not with that of the first wave.
    let text = app.newest("lord-howe@inbox.example").text().unwrap();
    assert!(text.contains("28 March 2026"), "{text}");

    app.article("sunday", "A Sunday story", &[]).await;
    let second = arrivals(&app, "2026-03-29T12:00:00Z").await;
    assert_eq!(
        second,
        [
            name("lord-howe", "2026-03-29T07:00:00+11:00"),
            name("tokyo", "2026-03-29T07:00:00+09:00"),
            name("berlin", "2026-03-29T07:00:00+02:00"),
            name("new-york", "2026-03-29T07:00:00-04:00"),
        ]
    );
    let mut tx = app.deps.store.read().await.unwrap();
    let all = issues::list(&mut tx, None, 10).await.unwrap();
    let sent = all.iter().filter(|i| i.state == IssueState::Sent).count();
    assert_eq!(sent, 2, "{all:?}");
}

#[tokio::test]
async fn an_issue_stays_on_its_way_until_the_last_wave() {
    let (app, _) = morning("2026-03-27T12:00:00Z", |_| {}).await;
    app.article("one", "A story", &[]).await;
    arrivals(&app, "2026-03-27T23:00:00Z").await;
    let mut tx = app.deps.store.read().await.unwrap();
    let issue = issues::list(&mut tx, None, 1).await.unwrap().remove(0);
    let counts = issues::counts(&mut tx, issue.id).await.unwrap();
    let next = waves::next_due(&mut tx, issue.id).await.unwrap();
    drop(tx);
    assert_eq!(issue.state, IssueState::Sending);
    assert_eq!((counts.sent, counts.pending), (2, 2));
    assert_eq!(next, Some(at("2026-03-28T06:00:00Z")));
}

#[tokio::test]
async fn by_hand_it_goes_to_everybody_at_once() {
    let (app, digest) = morning("2026-03-27T12:00:00Z", |_| {}).await;
    app.article("one", "A story", &[]).await;
    let id = app.send(&digest).await;
    assert_eq!(app.issue(id).await.1.sent, 4);
}

#[tokio::test]
async fn a_wave_that_would_be_too_late_is_missed() {
    let (app, _) = morning("2026-03-27T12:00:00Z", |digest| {
        digest.rules.calendar.not_later_than_minutes = Some(120);
    })
    .await;
    app.article("one", "A story", &[]).await;
    // The service stands still until seven in Berlin.
    app.advance(at("2026-03-28T06:00:00Z") - app.deps.now());
    arrivals(&app, "2026-03-28T12:00:00Z").await;
    let mut tx = app.deps.store.read().await.unwrap();
    let issue = issues::list(&mut tx, None, 1).await.unwrap().remove(0);
    drop(tx);
    let lines = app.ledger(issue.id).await;
    let states: Vec<(String, String)> = lines
        .into_iter()
        .map(|line| {
            (
                line.email,
                line.reason.unwrap_or_else(|| line.state.to_string()),
            )
        })
        .collect();
    let of = |name: &str| {
        let found = states.iter().find(|(email, _)| email.starts_with(name));
        found.unwrap().1.clone()
    };
    assert_eq!(
        (of("berlin"), of("new-york")),
        ("sent".into(), "sent".into())
    );
    assert!(of("tokyo").starts_with("missed: due at 2026-03-27 22:00 UTC"));
    assert!(of("lord-howe").starts_with("missed: "));
}
