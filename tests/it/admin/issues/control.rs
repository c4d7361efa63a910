//! Issues are approved, stopped, ended and tried again in the pages, by who may.

use axum::http::StatusCode;
use paperround::domain::audit::Kind;
use paperround::domain::issue::IssueState;
use paperround::domain::operator::Role;
use paperround::services::{compose_issue, plan_issue};
use paperround::store::audit::{self, Filter};

use super::{composed, named};
use crate::support::TestApp;
use crate::support::browser::Browser;

/// What the log says that Ann did to issues, the latest first.
async fn verbs(app: &TestApp) -> Vec<String> {
    let mut tx = app.deps.store.read().await.unwrap();
    let filter = Filter {
        actor: Some("ann@ops.example".to_owned()),
        kind: Some(Kind::Issue),
        ..Filter::default()
    };
    let entries = audit::page(&mut tx, &filter, 100).await.unwrap();
    entries.into_iter().map(|entry| entry.verb).collect()
}

#[tokio::test]
async fn one_pauses_resumes_cancels_and_tries_again_in_the_pages() {
    let (app, id) = composed(named(&["ada", "gone"])).await;
    let mut ann = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let page = format!("/admin/issues/{id}");
    let act = |what: &str| format!("{page}/{what}");
    let paused = ann.post(&page, &act("pause"), &[]).await;
    let shown = ann.follow(&paused).await.body;
    assert!(shown.contains("Paused: 0 of 2 sent."), "{shown}");
    assert_eq!(app.state(id).await, IssueState::Paused);
    assert!(shown.contains("Go on sending") && !shown.contains(">Pause<"));
    let resumed = ann.post(&page, &act("resume"), &[]).await;
    assert!(ann.follow(&resumed).await.body.contains("It goes on"));
    app.deliver().await.unwrap();
    let over = ann.get(&page).await.body;
    assert!(over.contains("Send again to the 1 that failed"), "{over}");
    assert!(
        !over.contains("data-live"),
        "what has ended is not followed"
    );

    let late = ann.post(&page, &act("pause"), &[]).await;
    let said = ann.follow(&late).await.body;
    assert!(
        said.contains("only one that is being sent can be paused."),
        "{said}"
    );
    let again = ann.post(&page, &act("retry"), &[]).await;
    assert!(
        ann.follow(&again)
            .await
            .body
            .contains("1 mail is sent again.")
    );
    let asked = ann.get(&act("cancel")).await.body;
    assert!(
        asked.contains("<b>1</b> reader will not get it."),
        "{asked}"
    );
    let cancelled = ann.post(&act("cancel"), &act("cancel"), &[]).await;
    assert_eq!(cancelled.location(), page);
    assert_eq!(app.state(id).await, IssueState::Cancelled);

    let told = verbs(&app).await;
    assert_eq!(told, ["cancel", "retry what failed of", "resume", "pause"]);
}

#[tokio::test]
async fn one_approves_what_waits_for_it() {
    let app = TestApp::new().await;
    app.readers(["ada@inbox.example".to_owned()].into_iter())
        .await;
    app.article("one", "A berth opens", &[]).await;
    let digest = app
        .digest_with("daily", |digest| digest.rules.require_approval = true)
        .await;
    app.advance(chrono::Duration::seconds(1));
    let id = plan_issue::by_hand(&app.deps, &digest, None).await.unwrap();
    compose_issue::compose(&app.deps, id).await.unwrap();
    assert_eq!(app.state(id).await, IssueState::Awaiting);
    let mut ann = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let page = format!("/admin/issues/{id}");
    let shown = ann.get(&page).await.body;
    assert!(
        shown.contains("It goes out to <b>1</b> reader, who took this digest"),
        "{shown}"
    );
    let mail = ann.get(&format!("{page}/preview")).await.body;
    assert!(mail.contains("A berth opens"));
    let approved = ann.post(&page, &format!("{page}/approve"), &[]).await;
    let said = ann.follow(&approved).await.body;
    assert!(said.contains("Approved: it goes out as No. 1."), "{said}");
    assert_eq!(app.state(id).await, IssueState::Composing);
    let twice = ann.post(&page, &format!("{page}/approve"), &[]).await;
    assert!(ann.follow(&twice).await.body.contains("can be approved."));
    assert_eq!(verbs(&app).await.len(), 1);
}

#[tokio::test]
async fn who_may_not_send_and_who_is_elsewhere_changes_nothing() {
    let (app, id) = composed(named(&["ada"])).await;
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let mut ann = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let page = format!("/admin/issues/{id}");
    for what in ["approve", "pause", "resume", "retry", "cancel"] {
        let path = format!("{page}/{what}");
        let refused = viewer.post("/admin/account", &path, &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{what}");
        assert!(refused.body.contains("the right to send"));
        let forged = ann.post_raw(&path, &[("form_token", "guessed")]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{what}");
        let foreign = ann.post_from("https://evil.example", &path, &[]).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN, "{what}");
    }
    let asked = viewer.get(&format!("{page}/cancel")).await;
    assert_eq!(asked.status, StatusCode::FORBIDDEN);
    assert_eq!(app.state(id).await, IssueState::Sending);
    assert!(verbs(&app).await.is_empty());
}

#[tokio::test]
async fn to_cancel_a_large_issue_its_number_is_typed() {
    let (app, id) = composed((0..1001).map(|n| format!("r{n}"))).await;
    let mut ann = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let path = format!("/admin/issues/{id}/cancel");
    for typed in ["", "1000", "all"] {
        let fields = [("shown", "1001"), ("readers", typed)];
        let refused = ann.post(&path, &path, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(refused.body.contains("Type 1,001 to cancel it"));
    }
    assert_eq!(app.state(id).await, IssueState::Sending);
    let fields = [("shown", "1001"), ("readers", "1,001")];
    let done = ann.post(&path, &path, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(app.state(id).await, IssueState::Cancelled);
}

#[tokio::test]
async fn to_approve_a_large_issue_its_number_is_typed() {
    let app = TestApp::new().await;
    let names = (0..1001).map(|n| format!("r{n}@inbox.example"));
    app.readers(names).await;
    app.article("one", "A berth opens", &[]).await;
    let digest = app
        .digest_with("daily", |digest| digest.rules.require_approval = true)
        .await;
    app.subscribe("zoe@inbox.example", "").await;
    app.digest("weekly", None, 1).await;
    app.subscribe("yan@inbox.example", "&frequency=weekly")
        .await;
    app.advance(chrono::Duration::seconds(1));
    let id = plan_issue::by_hand(&app.deps, &digest, None).await.unwrap();
    let mut ann = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let page = format!("/admin/issues/{id}");
    let path = format!("{page}/approve");
    let shown = ann.get(&page).await.body;
    assert!(
        shown.contains("<b>1,002</b> readers") && shown.contains("Type the number of readers"),
        "without those who take another digest: {shown}"
    );
    for typed in ["", "1001", "yes"] {
        let fields = [("shown", "1002"), ("readers", typed)];
        let refused = ann.post(&page, &path, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(refused.body.contains("Type 1,002 to send it"));
    }
    assert_eq!(app.state(id).await, IssueState::Awaiting);
    assert!(verbs(&app).await.is_empty());
    let fields = [("shown", "1002"), ("readers", "1,002")];
    let done = ann.post(&page, &path, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(app.state(id).await, IssueState::Composing);
}
