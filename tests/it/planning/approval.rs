//! Issues that wait for approval.

use chrono::Duration;
use paperround::domain::digest::Digest;
use paperround::domain::ids::IssueId;
use paperround::domain::issue::IssueState;
use paperround::services::{
    approve_issue, compose_issue, control_issue, edit_article, plan_issue, preview_digest,
};
use paperround::store::articles;

use super::{all, daily, run_to};
use crate::support::TestApp;

/// Plans an issue by hand for now, a moment after the last.
async fn by_hand(app: &TestApp, digest: &Digest) -> IssueId {
    app.advance(Duration::seconds(1));
    let id = plan_issue::by_hand(&app.deps, digest, None).await;
    id.unwrap()
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
