//! Single runs of a digest are left out and moved, and the planner heeds it, whoever plans.

use chrono::{Duration, TimeDelta};
use paperround::domain::calendar::OnHoliday;
use paperround::domain::clock::Time;
use paperround::domain::digest::Digest;
use paperround::services::change_run::{self, RunError};
use paperround::services::{manage_digest, next_issue, plan_issue, runs};
use paperround::store::{digests, issues};

use crate::support::TestApp;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// A digest at seven in Berlin, with a reader and enough news for every run.
async fn daily(change: impl FnOnce(&mut Digest)) -> (TestApp, Digest) {
    let app = TestApp::new().await;
    app.readers(["ada@inbox.example".to_owned()].into_iter())
        .await;
    let daily = app
        .digest_with("daily", |digest| {
            digest.cron = Some("0 7 * * *".to_owned());
            digest.max_items = 1;
            change(digest);
        })
        .await;
    (app, daily)
}

/// Lets the clock run to a time, an article coming each time that the scheduler looks.
async fn run_to(app: &TestApp, end: &str, step: TimeDelta) {
    let end = at(end);
    while app.deps.now() < end {
        app.advance(step.min(end - app.deps.now()));
        let slug = format!("at-{}", app.deps.now().timestamp());
        app.article(&slug, &format!("News {slug}"), &[]).await;
        plan_issue::plan_due(&app.deps).await.unwrap();
    }
}

/// What became of each issue, the first one first.
async fn all(app: &TestApp) -> Vec<String> {
    let mut tx = app.deps.store.read().await.unwrap();
    let mut found = issues::list(&mut tx, None, 1000).await.unwrap();
    found.reverse();
    let told = |issue: paperround::domain::issue::Issue| {
        let what = issue.reason.unwrap_or_else(|| issue.state.to_string());
        format!("{} {what}", issue.planned_at.format("%d %R"))
    };
    found.into_iter().map(told).collect()
}

async fn now_as(app: &TestApp, digest: &Digest) -> Digest {
    let mut tx = app.deps.store.read().await.unwrap();
    digests::find(&mut tx, digest.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_run_is_left_out_wherever_it_is() {
    let (app, digest) = daily(|_| {}).await;
    let (deps, id) = (&app.deps, digest.id);
    let wednesday = at("2026-03-04T06:00:00Z");
    change_run::skip(deps, id, wednesday, false).await.unwrap();
    let thursday = at("2026-03-05T06:00:00Z");
    change_run::skip(deps, id, thursday, false).await.unwrap();
    change_run::skip(deps, id, thursday, true).await.unwrap();
    assert_eq!(now_as(&app, &digest).await.skip_at(), None);
    run_to(&app, "2026-03-03T06:00:00Z", Duration::hours(1)).await;
    let digest = now_as(&app, &digest).await;
    assert_eq!(digest.skip_at(), Some(wednesday));
    let promised = next_issue::of(std::iter::once(&digest), None, deps.now());
    assert_eq!(promised.map(|(at, _)| at), Some(thursday));
    run_to(&app, "2026-03-05T06:00:00Z", Duration::hours(1)).await;
    assert_eq!(
        all(&app).await,
        [
            "03 06:00 composing",
            "04 06:00 left out by hand",
            "05 06:00 composing"
        ]
    );
}

#[tokio::test]
async fn a_run_is_moved_earlier_and_another_later() {
    let (app, digest) = daily(|_| {}).await;
    let (deps, id) = (&app.deps, digest.id);
    let moved = |at, to| change_run::move_to(deps, id, at, Some(to));
    // The next one to this evening, the one after it behind the third.
    let (tue, wed) = (at("2026-03-03T06:00:00Z"), at("2026-03-04T06:00:00Z"));
    moved(tue, at("2026-03-02T20:00:00Z")).await.unwrap();
    let next = now_as(&app, &digest).await.next_run_at;
    assert_eq!(next, Some(at("2026-03-02T20:00:00Z")));
    moved(wed, at("2026-03-05T09:30:00Z")).await.unwrap();
    run_to(&app, "2026-03-06T06:00:00Z", Duration::minutes(30)).await;
    assert_eq!(
        all(&app).await,
        [
            "02 20:00 composing",
            "05 06:00 composing",
            "05 09:30 composing",
            "06 06:00 composing"
        ]
    );
}

#[tokio::test]
async fn what_was_moved_can_be_moved_on_and_back_and_left_out() {
    let (app, digest) = daily(|_| {}).await;
    let (deps, id) = (&app.deps, digest.id);
    let tue = at("2026-03-03T06:00:00Z");
    let (evening, noon) = (at("2026-03-02T20:00:00Z"), at("2026-03-03T11:00:00Z"));
    change_run::move_to(deps, id, tue, Some(evening))
        .await
        .unwrap();
    // By when it is, and by when the schedule has it.
    change_run::move_to(deps, id, evening, Some(noon))
        .await
        .unwrap();
    assert_eq!(now_as(&app, &digest).await.next_run_at, Some(noon));
    change_run::move_to(deps, id, tue, None).await.unwrap();
    let digest = now_as(&app, &digest).await;
    assert_eq!((digest.next_run_at, digest.changes.len()), (Some(tue), 0));
    change_run::move_to(deps, id, tue, Some(noon))
        .await
        .unwrap();
    change_run::skip(deps, id, noon, false).await.unwrap();
    let told = runs::next(&now_as(&app, &digest).await, deps.now(), 2).unwrap();
    assert_eq!(
        told[0].note.as_deref(),
        Some("left out by hand; moved from Tue 2026-03-03 07:00")
    );
    run_to(&app, "2026-03-04T06:00:00Z", Duration::hours(1)).await;
    assert_eq!(
        all(&app).await,
        ["03 11:00 left out by hand", "04 06:00 composing"]
    );
}

#[tokio::test]
async fn runs_are_moved_over_the_change_of_clocks() {
    let (app, digest) = daily(|_| {}).await;
    app.clock_at("2026-03-27T12:00:00Z");
    plan_issue::plan_due(&app.deps).await.unwrap();
    let (deps, id) = (&app.deps, digest.id);
    // At seven on Saturday it is six in UTC, on Sunday five.
    let (sat, sun) = (at("2026-03-28T06:00:00Z"), at("2026-03-29T05:00:00Z"));
    change_run::move_to(deps, id, sat, Some(at("2026-03-29T01:00:00Z")))
        .await
        .unwrap();
    change_run::move_to(deps, id, sun, Some(at("2026-03-28T23:00:00Z")))
        .await
        .unwrap();
    run_to(&app, "2026-03-30T05:00:00Z", Duration::hours(1)).await;
    assert_eq!(
        all(&app).await[1..],
        [
            "28 23:00 composing",
            "29 01:00 composing",
            "30 05:00 composing"
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_the_reason() {
    let (app, digest) = daily(|digest| {
        digest.rules.calendar.holidays = ["2026-03-07".parse().unwrap()].into();
        digest.rules.calendar.on_holiday = OnHoliday::Move;
    })
    .await;
    let (deps, id) = (&app.deps, digest.id);
    let tue = at("2026-03-03T06:00:00Z");
    let refused = async |at: Time, to: Time| {
        let error = change_run::move_to(deps, id, at, Some(to)).await;
        error.unwrap_err().to_string()
    };
    let none = refused(at("2026-03-03T07:00:00Z"), tue).await;
    assert!(
        none.contains("no run at Tue 2026-03-03 08:00 CET"),
        "{none}"
    );
    assert!(
        none.contains("the next is at Tue 2026-03-03 07:00"),
        "{none}"
    );
    let over = refused(tue, deps.now()).await;
    assert!(over.contains("is over"), "{over}");
    let far = refused(tue, at("2027-03-09T06:00:00Z")).await;
    assert!(far.contains("more than a year ahead"), "{far}");
    let nowhere = refused(Time::MAX_UTC, tue).await;
    assert!(nowhere.contains("no run at"), "{nowhere}");
    let taken = refused(tue, at("2026-03-04T06:00:00Z")).await;
    assert!(taken.contains("already"), "{taken}");
    let by_hand = at("2026-03-03T12:00:00Z");
    plan_issue::by_hand(deps, &digest, Some(by_hand))
        .await
        .unwrap();
    assert!(refused(tue, by_hand).await.contains("already"));
    let closed = refused(tue, at("2026-03-07T12:00:00Z")).await;
    assert!(closed.contains("put it off to Sun 2026-03-08"), "{closed}");
    assert!(now_as(&app, &digest).await.changes.is_empty());
    let by_hand = app.digest("by-hand", None, 1).await;
    let none = change_run::skip_next(deps, by_hand.id, false).await;
    assert!(matches!(none, Err(RunError::NoRuns)));
}

#[tokio::test]
async fn another_schedule_forgets_what_was_changed() {
    let (app, digest) = daily(|_| {}).await;
    let (deps, id) = (&app.deps, digest.id);
    let (tue, noon) = (at("2026-03-03T06:00:00Z"), at("2026-03-05T11:00:00Z"));
    change_run::move_to(deps, id, tue, Some(noon))
        .await
        .unwrap();
    let changed = manage_digest::update(deps, id, None, |digest| {
        digest.cron = Some("0 9 * * *".to_owned());
    });
    changed.await.unwrap();
    run_to(&app, "2026-03-05T12:00:00Z", Duration::hours(1)).await;
    assert_eq!(
        all(&app).await,
        [
            "03 08:00 composing",
            "04 08:00 composing",
            "05 08:00 composing"
        ]
    );
}

#[tokio::test]
async fn nodes_that_plan_while_runs_are_moved_send_each_once() {
    let (app, digest) = daily(|digest| digest.cron = Some("0 * * * *".to_owned())).await;
    let other = app.beside(|_| {}).await;
    let (deps, id) = (&app.deps, digest.id);
    for hour in 9..15 {
        let next = at(&format!("2026-03-02T{hour:02}:00:00Z"));
        app.article(&format!("at-{hour}"), &format!("News {hour}"), &[])
            .await;
        app.clock_at(&format!("2026-03-02T{hour:02}:00:00Z"));
        let later = next + Duration::hours(1);
        let to = later + Duration::minutes(20);
        // The run that is due, and one to come that is moved at that very moment.
        let (one, two, moved) = tokio::join!(
            plan_issue::plan_due(deps),
            plan_issue::plan_due(&other),
            change_run::move_to(deps, id, later, Some(to))
        );
        assert_eq!(one.unwrap() + two.unwrap(), 1, "at {hour}");
        moved.unwrap();
        assert_eq!(now_as(&app, &digest).await.next_run_at, Some(to));
        // Back again, which nobody else sees.
        change_run::move_to(deps, id, to, None).await.unwrap();
        assert_eq!(now_as(&app, &digest).await.next_run_at, Some(later));
    }
    assert_eq!(all(&app).await.len(), 6);
}

#[tokio::test]
async fn a_run_whose_time_has_come_waits_for_its_turn() {
    let (app, digest) = daily(|_| {}).await;
    let (deps, id) = (&app.deps, digest.id);
    app.article("one", "A story", &[]).await;
    app.clock_at("2026-03-03T06:30:00Z");
    // Nobody has planned it yet.
    let tue = at("2026-03-03T06:00:00Z");
    let late = change_run::skip(deps, id, tue, false).await;
    assert!(matches!(late, Err(RunError::NoRun { .. })));
    let wed = at("2026-03-04T06:00:00Z");
    change_run::move_to(deps, id, wed, Some(at("2026-03-03T07:00:00Z")))
        .await
        .unwrap();
    assert_eq!(now_as(&app, &digest).await.next_run_at, Some(tue));
    plan_issue::plan_due(deps).await.unwrap();
    let next = now_as(&app, &digest).await.next_run_at;
    assert_eq!(next, Some(at("2026-03-03T07:00:00Z")));
    run_to(&app, "2026-03-05T06:00:00Z", Duration::minutes(30)).await;
    assert_eq!(
        all(&app).await,
        [
            "03 06:00 composing",
            "03 07:00 composing",
            "05 06:00 composing"
        ]
    );
}

#[tokio::test]
async fn runs_that_never_were_are_missing_but_not_those_of_a_pause() {
    let (app, digest) = daily(|digest| digest.cron = Some("0 */6 * * *".to_owned())).await;
    let range = at("2026-03-01T00:00:00Z")..at("2026-03-08T00:00:00Z");
    app.article("one", "A story", &[]).await;
    // Nobody looks for a day.
    app.clock_at("2026-03-03T12:00:00Z");
    plan_issue::plan_due(&app.deps).await.unwrap();
    let missed = async || {
        let digest = now_as(&app, &digest).await;
        let found = runs::missed(&digest, app.deps.now(), &range, 100);
        let told = found.iter().map(|at| at.format("%d %R").to_string());
        told.collect::<Vec<_>>()
    };
    // The first went out, late; the others never will.
    assert_eq!(
        missed().await,
        ["02 11:00", "02 17:00", "02 23:00", "03 05:00", "03 11:00"]
    );
    let digest = now_as(&app, &digest).await;
    manage_digest::set_paused(&app.deps, &digest, true)
        .await
        .unwrap();
    app.clock_at("2026-03-04T12:00:00Z");
    let digest = now_as(&app, &digest).await;
    manage_digest::set_paused(&app.deps, &digest, false)
        .await
        .unwrap();
    assert_eq!(missed().await, [""; 0]);
}
