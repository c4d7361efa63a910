//! From articles to issues: selection, skipping, freezing, one issue per slot.

use chrono::Duration;
use paperround::domain::digest::Breaking;
use paperround::domain::issue::IssueState;
use paperround::services::plan_issue;
use paperround::store::{digests, issues};

use crate::support::TestApp;

#[tokio::test]
async fn each_article_goes_out_once() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    app.subscribe("ada@inbox.example", "").await;
    app.article("one", "The first story", &[]).await;
    app.send(&daily).await;
    assert_eq!(app.newest("ada@inbox.example").subject(), "The first story");

    app.advance(Duration::hours(24));
    app.article("one", "The first story, corrected", &[]).await;
    let id = app.compose(&daily).await;
    let (issue, _) = app.issue(id).await;
    assert_eq!(
        (issue.state, issue.reason.as_deref(), issue.number),
        (IssueState::Skipped, Some("nothing new"), None)
    );

    app.article("two", "The second story", &[]).await;
    let id = app.send(&daily).await;
    let (issue, counts) = app.issue(id).await;
    assert_eq!(
        (issue.state, issue.number, counts.sent),
        (IssueState::Sent, Some(2), 1)
    );
    let html = app.newest("ada@inbox.example").html().unwrap();
    assert!(html.contains("The second story") && !html.contains("first story"));
}

#[tokio::test]
async fn a_minimum_waits_for_more() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 2).await;
    app.subscribe("ada@inbox.example", "").await;
    app.article("one", "The first story", &[]).await;
    let id = app.compose(&daily).await;
    let (issue, _) = app.issue(id).await;
    assert_eq!(
        issue.reason.as_deref(),
        Some("only 1 new article, at least 2 are wanted")
    );
    app.article("two", "The second story", &[]).await;
    let id = app.send(&daily).await;
    assert_eq!(app.state(id).await, IssueState::Sent);
}

#[tokio::test]
async fn readers_get_their_topics() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    app.subscribe("all@inbox.example", "").await;
    app.subscribe("energy@inbox.example", "&topics=energy")
        .await;
    app.subscribe("retail@inbox.example", "&topics=retail")
        .await;
    app.article("wind", "Wind power grows", &["energy"]).await;
    app.article("bonds", "Bonds fall", &["markets"]).await;
    let id = app.send(&daily).await;
    let (_, counts) = app.issue(id).await;
    assert_eq!((counts.recipients, counts.sent, counts.skipped), (3, 2, 1));
    let all = app.newest("all@inbox.example").text().unwrap();
    assert!(all.contains("Wind power grows") && all.contains("Bonds fall"));
    let energy = app.newest("energy@inbox.example").text().unwrap();
    assert!(energy.contains("Wind power grows") && !energy.contains("Bonds fall"));
    assert_eq!(
        app.mails_for("retail@inbox.example"),
        1,
        "only the confirmation"
    );
}

#[tokio::test]
async fn readers_of_another_digest_are_left_alone() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    app.advance(Duration::seconds(1));
    app.digest("weekly", None, 1).await;
    app.subscribe("daily@inbox.example", "").await;
    app.subscribe("weekly@inbox.example", "&frequency=weekly")
        .await;
    app.article("one", "A story", &[]).await;
    let id = app.send(&daily).await;
    assert_eq!(app.issue(id).await.1.recipients, 1);
}

#[tokio::test]
async fn a_slot_is_planned_once_however_many_nodes_look() {
    let app = TestApp::new().await;
    app.digest("daily", Some("0 7 * * *"), 1).await;
    app.subscribe("ada@inbox.example", "").await;
    app.article("one", "A story", &[]).await;
    app.advance(Duration::hours(30));
    app.article("two", "Another story", &[]).await;
    let (a, b, c) = (app.deps.clone(), app.deps.clone(), app.deps.clone());
    let (a, b, c) = tokio::join!(
        plan_issue::plan_due(&a),
        plan_issue::plan_due(&b),
        plan_issue::plan_due(&c)
    );
    assert_eq!(a.unwrap() + b.unwrap() + c.unwrap(), 1);
    let mut tx = app.deps.store.read().await.unwrap();
    let all = issues::list(&mut tx, None, 10).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].planned_at.to_rfc3339(), "2026-03-03T06:00:00+00:00");
    let digest = digests::list(&mut tx, app.publication_id())
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        digest.next_run_at.unwrap().to_rfc3339(),
        "2026-03-04T06:00:00+00:00"
    );
}

#[tokio::test]
async fn nobody_to_write_to_leaves_the_news_for_later() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    app.article("one", "A story", &[]).await;
    let id = app.compose(&daily).await;
    assert_eq!(
        app.issue(id).await.0.reason.as_deref(),
        Some("no confirmed readers")
    );
    app.subscribe("ada@inbox.example", "").await;
    let id = app.send(&daily).await;
    assert_eq!(app.issue(id).await.1.sent, 1);
}

#[tokio::test]
async fn a_digest_that_nobody_chose_makes_no_issue() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    app.advance(Duration::seconds(1));
    let weekly = app.digest("weekly", None, 1).await;
    app.digest_with("breaking", |digest| {
        digest.rules.breaking = Some(Breaking::default());
    })
    .await;
    app.subscribe("ada@inbox.example", "").await;
    app.advance(Duration::minutes(1));
    app.article("one", "A fire in the port", &[]).await;
    app.advance(Duration::minutes(2));
    assert_eq!(plan_issue::plan_due(&app.deps).await.unwrap(), 0);
    let id = app.compose(&weekly).await;
    let (issue, _) = app.issue(id).await;
    assert_eq!(issue.state, IssueState::Skipped);
    assert_eq!(issue.reason.as_deref(), Some("no confirmed readers"));
    assert_eq!(issue.number, None);

    app.subscribe("bob@inbox.example", "&frequency=breaking")
        .await;
    app.advance(Duration::minutes(2));
    assert_eq!(plan_issue::plan_due(&app.deps).await.unwrap(), 1);
    let id = app.send(&daily).await;
    assert_eq!(app.issue(id).await.1.sent, 1);
}

#[tokio::test]
async fn the_archive_shows_an_issue_without_its_readers() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    app.subscribe("ada@inbox.example", "&topics=energy").await;
    app.article("one", "A <script>alert(1)</script> story", &["energy"])
        .await;
    app.send(&daily).await;
    let list = app.get("/ledger/archive").await;
    assert!(list.body.contains("/ledger/archive/daily-1"));
    let page = app.get(&app.link("ada@inbox.example", "/archive/")).await;
    assert_eq!(page.status, 200);
    for secret in [
        "ada@inbox.example",
        "/unsubscribe/",
        "/preferences/",
        "<script",
    ] {
        assert!(!page.body.contains(secret), "{secret}");
    }
    assert_eq!(app.get("/ledger/archive/daily-2").await.status, 404);
}
