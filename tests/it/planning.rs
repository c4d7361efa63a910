//! When issues are planned: holidays, hours, lateness, approval, news.

use chrono::{Duration, TimeDelta};
use paperround::domain::calendar::OnHoliday;
use paperround::domain::clock::Time;
use paperround::domain::digest::{Breaking, Digest};
use paperround::domain::issue::{Issue, IssueState};
use paperround::services::{
    approve_issue, change_run, compose_issue, control_issue, edit_article, plan_issue,
    preview_digest,
};
use paperround::store::{articles, digests, issues};

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
async fn an_issue_waits_for_approval_with_its_articles() {
    let (app, digest) = daily(|digest| digest.rules.require_approval = true).await;
    app.article("one", "The first story", &[]).await;
    run_to(&app, "2026-03-03T06:00:00Z", Duration::hours(1)).await;
    let issue = all(&app).await.remove(0);
    assert_eq!((issue.state, issue.number), (IssueState::Awaiting, None));
    compose_issue::compose(&app.deps, issue.id).await.unwrap();
    app.deliver().await.unwrap();
    assert_eq!(
        app.mails_for("ada@inbox.example"),
        1,
        "only the confirmation"
    );
    assert_eq!(app.get("/ledger/archive/daily-1").await.status, 404);

    // What comes later is not in it.
    app.article("two", "The second story", &[]).await;
    let approved = approve_issue::approve(&app.deps, issue.id).await.unwrap();
    assert_eq!(approved.number, Some(1));
    compose_issue::compose(&app.deps, issue.id).await.unwrap();
    app.deliver().await.unwrap();
    let text = app.newest("ada@inbox.example").text().unwrap();
    assert!(text.contains("The first story") && !text.contains("The second story"));
    let again = approve_issue::approve(&app.deps, issue.id).await;
    assert!(again.unwrap_err().to_string().contains("awaiting approval"));

    // One that is refused gives its news back.
    app.advance(Duration::seconds(1));
    let second = plan_issue::by_hand(&app.deps, &digest, None).await.unwrap();
    control_issue::cancel(&app.deps, second).await.unwrap();
    app.advance(Duration::seconds(1));
    let third = plan_issue::by_hand(&app.deps, &digest, None).await.unwrap();
    approve_issue::approve(&app.deps, third).await.unwrap();
    compose_issue::compose(&app.deps, third).await.unwrap();
    app.deliver().await.unwrap();
    assert_eq!(
        app.newest("ada@inbox.example").subject(),
        "The second story"
    );
    assert_eq!(app.issue(third).await.0.number, Some(2));
}

#[tokio::test]
async fn news_breaks_within_minutes_but_not_too_often() {
    let app = TestApp::new().await;
    app.article("old", "What was there before", &["energy"])
        .await;
    app.advance(Duration::minutes(1));
    let breaking = app
        .digest_with("breaking", |digest| {
            digest.topics = vec!["energy".parse().unwrap()];
            digest.rules.breaking = Some(Breaking {
                gap_minutes: 60,
                most_a_day: 2,
            });
            digest.rules.calendar.hours = vec!["06:00-22:00".parse().unwrap()];
        })
        .await;
    app.subscribe("ada@inbox.example", "").await;
    let step = Duration::seconds(30);
    run_to(&app, "2026-03-02T09:00:00Z", step).await;
    assert!(all(&app).await.is_empty());

    app.article("one", "A fire in the port", &["energy"]).await;
    app.article("other", "Bonds fall", &["markets"]).await;
    run_to(&app, "2026-03-02T09:05:00Z", step).await;
    // Within the gap, then after the most of a day, then at night.
    app.article("two", "The fire is out", &["energy"]).await;
    run_to(&app, "2026-03-02T11:00:00Z", step).await;
    app.article("three", "The fire is back", &["energy"]).await;
    run_to(&app, "2026-03-02T23:30:00Z", step * 10).await;
    app.article("four", "A night story", &["energy"]).await;
    run_to(&app, "2026-03-03T06:00:00Z", step * 10).await;

    let times: Vec<Time> = all(&app).await.iter().map(|i| i.planned_at).collect();
    assert_eq!(times.len(), 3, "{times:?}");
    assert!(times[0] <= at("2026-03-02T09:01:00Z"), "{times:?}");
    assert!(times[1] >= times[0] + Duration::hours(1), "{times:?}");
    assert!(times[1] <= times[0] + Duration::minutes(62), "{times:?}");
    // Hours begin at six in Berlin; the third story was too old by then.
    assert_eq!(times[2], at("2026-03-03T05:00:00Z"));
    for issue in all(&app).await {
        compose_issue::compose(&app.deps, issue.id).await.unwrap();
        app.deliver().await.unwrap();
    }
    assert_eq!(app.newest("ada@inbox.example").subject(), "A night story");
    let shown = found(&app, &breaking).await;
    assert_eq!((shown.cron, shown.next_run_at), (None, None));
}

#[tokio::test]
async fn a_refused_issue_does_not_keep_breaking_news_waiting() {
    let app = TestApp::new().await;
    app.digest_with("breaking", |digest| {
        digest.rules.breaking = Some(Breaking {
            gap_minutes: 60,
            most_a_day: 1,
        });
        digest.rules.require_approval = true;
    })
    .await;
    app.subscribe("ada@inbox.example", "").await;
    let step = Duration::seconds(30);
    run_to(&app, "2026-03-02T09:00:00Z", step).await;
    app.article("rumour", "A rumour", &[]).await;
    run_to(&app, "2026-03-02T09:05:00Z", step).await;
    let refused = all(&app).await.remove(0);
    // While it waits for approval, it counts.
    app.article("fire", "A fire in the port", &[]).await;
    run_to(&app, "2026-03-02T10:30:00Z", step).await;
    assert_eq!(all(&app).await.len(), 1);

    control_issue::cancel(&app.deps, refused.id).await.unwrap();
    run_to(&app, "2026-03-02T10:33:00Z", step).await;
    let issues = all(&app).await;
    assert_eq!(issues.len(), 2, "neither the gap nor the most of a day");
    approve_issue::approve(&app.deps, issues[1].id)
        .await
        .unwrap();
    app.article("water", "Water in the streets", &[]).await;
    run_to(&app, "2026-03-02T13:00:00Z", step).await;
    assert_eq!(all(&app).await.len(), 2, "what went out counts");
}

/// Plans an issue by hand for now, a moment after the last.
async fn by_hand(app: &TestApp, digest: &Digest) -> paperround::domain::ids::IssueId {
    app.advance(Duration::seconds(1));
    let id = plan_issue::by_hand(&app.deps, digest, None).await;
    id.unwrap()
}

#[tokio::test]
async fn what_a_refused_issue_held_is_news_again_however_old() {
    let (app, digest) = daily(|digest| digest.rules.require_approval = true).await;
    app.article("one", "A story of Monday", &[]).await;
    app.advance(Duration::days(5));
    app.article("two", "A story of Saturday", &[]).await;
    let refused = by_hand(&app, &digest).await;
    app.article("three", "A later story", &[]).await;
    let waits = by_hand(&app, &digest).await;
    control_issue::cancel(&app.deps, refused).await.unwrap();
    let next = by_hand(&app, &digest).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let mut titles = Vec::new();
    for id in [waits, next] {
        let held = articles::of_issue(&mut tx, id).await.unwrap();
        titles.push(
            held.into_iter()
                .map(|a| a.content.title)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(titles[0], ["A later story"]);
    assert_eq!(titles[1], ["A story of Saturday", "A story of Monday"]);
}

#[tokio::test]
async fn what_is_hidden_while_an_issue_waits_is_not_in_it() {
    let (app, digest) = daily(|digest| digest.rules.require_approval = true).await;
    app.article("one", "A story that is wrong", &[]).await;
    app.article("two", "A story that is right", &[]).await;
    let id = by_hand(&app, &digest).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let held = articles::of_issue(&mut tx, id).await.unwrap();
    drop(tx);
    let wrong = held.iter().find(|a| a.content.title.contains("wrong"));
    edit_article::hide(&app.deps, wrong.unwrap().id)
        .await
        .unwrap();
    let shown = preview_digest::issue(&app.deps, id, None).await.unwrap();
    approve_issue::approve(&app.deps, id).await.unwrap();
    compose_issue::compose(&app.deps, id).await.unwrap();
    app.deliver().await.unwrap();
    let mail = app.newest("ada@inbox.example");
    assert_eq!(mail.subject(), "A story that is right");
    assert_eq!(shown.edition.subject, mail.subject());
    assert!(!mail.text().unwrap().contains("wrong"));
}

#[tokio::test]
async fn two_who_decide_at_the_same_time_do_not_both_win() {
    let (app, digest) = daily(|digest| digest.rules.require_approval = true).await;
    for n in 1..=6 {
        app.article(&format!("a{n}"), &format!("Story {n}"), &[])
            .await;
        let id = by_hand(&app, &digest).await;
        let deps = &app.deps;
        if n % 2 == 0 {
            let (one, two) = tokio::join!(
                approve_issue::approve(deps, id),
                approve_issue::approve(deps, id)
            );
            assert!(one.is_ok() != two.is_ok());
        } else {
            let (approved, cancelled) = tokio::join!(
                approve_issue::approve(deps, id),
                control_issue::cancel(deps, id)
            );
            let cancelled = cancelled.unwrap();
            assert_eq!(cancelled.issue.state, IssueState::Cancelled);
            assert_eq!(cancelled.issue.number.is_some(), approved.is_ok());
        }
    }
    let numbers: Vec<i64> = all(&app).await.iter().filter_map(|i| i.number).collect();
    let expected: Vec<i64> = (1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
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

#[tokio::test]
async fn an_issue_planned_for_later_does_not_hold_news_back() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "").await;
    let digest = app
        .digest_with("breaking", |digest| {
            digest.rules.breaking = Some(Breaking::default());
        })
        .await;
    let later = Some(app.deps.now() + Duration::days(3));
    plan_issue::by_hand(&app.deps, &digest, later)
        .await
        .unwrap();
    app.advance(Duration::minutes(1));
    app.article("one", "A fire in the port", &[]).await;
    app.advance(Duration::minutes(2));
    assert_eq!(plan_issue::plan_due(&app.deps).await.unwrap(), 1);
}
