//! Issues that go out as soon as there is news.

use chrono::Duration;
use paperround::domain::clock::Time;
use paperround::domain::digest::Breaking;
use paperround::services::{approve_issue, compose_issue, control_issue, plan_issue};

use super::{all, at, found, run_to};
use crate::support::TestApp;

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
