//! When issues are planned: holidays, hours, lateness.

mod approval;
mod news;

use chrono::{Duration, TimeDelta};
use paperround::domain::calendar::OnHoliday;
use paperround::domain::clock::Time;
use paperround::domain::digest::Digest;
use paperround::domain::issue::{Issue, IssueState};
use paperround::services::{change_run, plan_issue};
use paperround::store::{digests, issues};

use crate::support::TestApp;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// Lets the clock run to a time, in steps in which the scheduler looks.
async fn run_to(app: &TestApp, end: &str, step: TimeDelta) {
    let end = at(end);
    while app.deps.now() < end {
        app.advance(step.min(end - app.deps.now()));
        plan_issue::plan_due(&app.deps).await.unwrap();
    }
}

/// All issues, the first one first.
async fn all(app: &TestApp) -> Vec<Issue> {
    let mut tx = app.deps.store.read().await.unwrap();
    let mut found = issues::list(&mut tx, None, 1000).await.unwrap();
    found.reverse();
    found
}

async fn reasons(app: &TestApp) -> Vec<(String, String)> {
    let all = all(app).await.into_iter();
    all.map(|issue| {
        let reason = issue.reason.unwrap_or_else(|| issue.state.to_string());
        (issue.planned_at.format("%F %R").to_string(), reason)
    })
    .collect()
}

async fn found(app: &TestApp, digest: &Digest) -> Digest {
    let mut tx = app.deps.store.read().await.unwrap();
    digests::find(&mut tx, digest.id).await.unwrap().unwrap()
}

/// A digest at seven in Berlin, with a reader.
async fn daily(change: impl FnOnce(&mut Digest)) -> (TestApp, Digest) {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "").await;
    let daily = app
        .digest_with("daily", |digest| {
            digest.cron = Some("0 7 * * *".to_owned());
            change(digest);
        })
        .await;
    (app, daily)
}

#[tokio::test]
async fn holidays_are_left_out_with_the_reason() {
    let (app, _) = daily(|digest| {
        digest.rules.calendar.holidays = ["2026-03-03".parse().unwrap()].into();
    })
    .await;
    app.article("one", "A story", &[]).await;
    run_to(&app, "2026-03-04T06:00:00Z", Duration::hours(1)).await;
    assert_eq!(
        reasons(&app).await,
        [
            ("2026-03-03 06:00".into(), "2026-03-03 is a holiday".into()),
            ("2026-03-04 06:00".into(), "composing".into())
        ]
    );
}

#[tokio::test]
async fn a_moved_issue_takes_the_place_of_the_next() {
    let (app, digest) = daily(|digest| {
        digest.cron = Some("0 7 * * tue,thu".to_owned());
        digest.rules.calendar.holidays = ["2026-03-03".parse().unwrap()].into();
        digest.rules.calendar.on_holiday = OnHoliday::Move;
    })
    .await;
    app.article("one", "A story", &[]).await;
    run_to(&app, "2026-03-03T06:00:00Z", Duration::hours(1)).await;
    assert!(all(&app).await.is_empty());
    let next = found(&app, &digest).await.next_run_at;
    assert_eq!(next, Some(at("2026-03-04T06:00:00Z")));
    run_to(&app, "2026-03-05T06:00:00Z", Duration::hours(1)).await;
    assert_eq!(
        reasons(&app).await,
        [
            ("2026-03-04 06:00".into(), "composing".into()),
            ("2026-03-05 06:00".into(), "nothing new".into())
        ]
    );
}

#[tokio::test]
async fn the_next_run_is_left_out_once() {
    let (app, digest) = daily(|_| {}).await;
    app.article("one", "A story", &[]).await;
    let run = change_run::skip_next(&app.deps, digest.id, false).await;
    assert_eq!(run.unwrap().at, at("2026-03-03T06:00:00Z"));
    run_to(&app, "2026-03-04T06:00:00Z", Duration::hours(1)).await;
    assert_eq!(
        reasons(&app).await,
        [
            ("2026-03-03 06:00".into(), "left out by hand".into()),
            ("2026-03-04 06:00".into(), "composing".into())
        ]
    );
    change_run::skip_next(&app.deps, digest.id, false)
        .await
        .unwrap();
    change_run::skip_next(&app.deps, digest.id, true)
        .await
        .unwrap();
    app.article("two", "Another story", &[]).await;
    run_to(&app, "2026-03-05T06:00:00Z", Duration::hours(1)).await;
    assert_eq!(all(&app).await[2].state, IssueState::Composing);
}

#[tokio::test]
async fn after_a_standstill_what_is_too_late_is_missed() {
    let (app, digest) = daily(|digest| {
        digest.cron = Some("0 * * * *".to_owned());
        digest.rules.calendar.not_later_than_minutes = Some(120);
    })
    .await;
    app.article("one", "A story", &[]).await;
    // It is nine in Berlin: the run at ten comes first, and nobody looks until half past three.
    app.advance(Duration::minutes(6 * 60 + 30));
    for _ in 0..5 {
        plan_issue::plan_due(&app.deps).await.unwrap();
    }
    let reasons = reasons(&app).await;
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert_eq!(
        reasons[0],
        (
            "2026-03-02 09:00".into(),
            "missed: due at 2026-03-02 09:00 UTC, noticed 5 h 30 min later; at most 2 h is allowed"
                .into()
        )
    );
    assert_eq!(reasons[1], ("2026-03-02 13:00".into(), "composing".into()));
    let next = found(&app, &digest).await.next_run_at;
    assert_eq!(next, Some(at("2026-03-02T15:00:00Z")));
}

#[tokio::test]
async fn an_issue_by_hand_at_the_time_of_a_run_takes_its_place() {
    let (app, digest) = daily(|_| {}).await;
    app.article("one", "A story", &[]).await;
    let run = digest.next_run_at;
    plan_issue::by_hand(&app.deps, &digest, run).await.unwrap();
    run_to(&app, "2026-03-03T07:00:00Z", Duration::hours(1)).await;
    assert_eq!(reasons(&app).await.len(), 1);
    let next = found(&app, &digest).await.next_run_at;
    assert_eq!(next, Some(at("2026-03-04T06:00:00Z")));
}

#[tokio::test]
async fn two_nodes_freeze_an_issue_by_hand_once_and_use_no_number_for_nothing() {
    let (app, digest) = daily(|_| {}).await;
    for n in 1..=4 {
        app.article(&format!("a{n}"), &format!("Story {n}"), &[])
            .await;
        let at = app.deps.now() + Duration::minutes(1);
        plan_issue::by_hand(&app.deps, &digest, Some(at))
            .await
            .unwrap();
        app.advance(Duration::minutes(1));
        let (one, two) = tokio::join!(
            plan_issue::plan_due(&app.deps),
            plan_issue::plan_due(&app.deps)
        );
        assert_eq!(one.unwrap() + two.unwrap(), 1);
    }
    let numbers: Vec<Option<i64>> = all(&app).await.iter().map(|i| i.number).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3), Some(4)]);
}
