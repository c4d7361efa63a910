//! The log of changes: whole, and never changed.

use paperround::domain::audit::{ActorKind, Entry, Kind};
use paperround::domain::operator::Role;
use paperround::store::audit::{self, Filter};
use sqlx::{Connection, Executor};

use crate::support::TestApp;
use crate::support::browser::Browser;

async fn entries(app: &TestApp) -> Vec<Entry> {
    let mut tx = app.deps.store.read().await.unwrap();
    audit::page(&mut tx, &Filter::default(), 1000)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_change_stands_in_the_log_with_who_and_what() {
    let app = TestApp::new().await;
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let invite = [("email", "ben@ops.example"), ("role", "viewer")];
    owner
        .post("/admin/operators", "/admin/operators", &invite)
        .await;
    let email = "ben@ops.example".parse().unwrap();
    let ben = paperround::services::manage_operator::by_email(&app.deps, &email)
        .await
        .unwrap();
    let page = format!("/admin/operators/{}", ben.id);
    owner
        .post(&page, &format!("{page}/rights"), &[("role", "editor")])
        .await;

    let all = entries(&app).await;
    let changed = &all[0];
    assert_eq!(changed.actor, ActorKind::Operator);
    assert_eq!(changed.actor_name, "ann@ops.example");
    assert_eq!(
        (changed.verb.as_str(), changed.kind),
        ("change rights", Kind::Operator)
    );
    assert_eq!(changed.object, ben.id.to_string());
    let told: Vec<_> = changed.differences();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (
            told[0].field.as_str(),
            told[0].before.as_str(),
            told[0].after.as_str()
        ),
        ("role", "viewer", "editor")
    );
    assert_eq!(all[1].verb, "add");
    assert!(all[1].before.is_none() && all[1].after.is_some());
    assert!(
        all.iter()
            .any(|e| e.kind == Kind::Session && e.verb == "sign in")
    );

    let body = owner.get("/admin/audit").await.body;
    assert!(
        body.contains("<del>viewer</del> <ins>editor</ins>"),
        "{body}"
    );
    let none = owner.get("/admin/audit?kind=feed").await.body;
    assert!(none.contains("No change passes this filter"));
    let by_her = owner
        .get("/admin/audit?actor=ann%40ops.example&kind=operator")
        .await
        .body;
    assert!(
        by_her.contains("change <b>") || by_her.contains("change rights"),
        "{by_her}"
    );
}

#[tokio::test]
async fn a_change_that_fails_leaves_no_entry() {
    let app = TestApp::new().await;
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let before = entries(&app).await.len();
    let invite = [("email", "ann@ops.example"), ("role", "viewer")];
    owner
        .post("/admin/operators", "/admin/operators", &invite)
        .await;
    assert_eq!(entries(&app).await.len(), before);
}

#[tokio::test]
async fn the_log_is_read_in_pages() {
    let app = TestApp::new().await;
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    for number in 0..60 {
        let slug = format!("topic-{number}");
        paperround::services::manage_token::create(
            &app.deps,
            paperround::services::manage_token::NewToken {
                name: slug,
                role: Role::Viewer,
                may_send: false,
                publications: Vec::new(),
                valid_for: None,
            },
        )
        .await
        .unwrap();
    }
    let first = owner.get("/admin/audit?kind=token").await.body;
    assert!(first.contains("topic-59") && !first.contains("topic-9<"));
    let (_, rest) = first
        .split_once("href=\"/admin/audit?kind=token&amp;before=")
        .unwrap();
    let cursor = rest.split('"').next().unwrap();
    let second = owner
        .get(&format!("/admin/audit?kind=token&before={cursor}"))
        .await
        .body;
    assert!(
        second.contains("topic-9<") && second.contains("topic-0<") && !second.contains("topic-59")
    );
    assert!(!second.contains("rel=\"next\""));
}

#[tokio::test]
async fn entries_cannot_be_changed_or_deleted() {
    let app = TestApp::new().await;
    Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let before = entries(&app).await;
    let url = app.database_url();
    let statements = [
        "UPDATE audit_entries SET actor_name = 'eve'",
        "DELETE FROM audit_entries",
    ];
    if url.starts_with("postgres") {
        let mut db = sqlx::PgConnection::connect(url).await.unwrap();
        for statement in statements.into_iter().chain(["TRUNCATE audit_entries"]) {
            let error = db.execute(statement).await.unwrap_err();
            assert!(
                error.to_string().contains("never changed or deleted"),
                "{error}"
            );
        }
    } else {
        let mut db = sqlx::SqliteConnection::connect(url).await.unwrap();
        for statement in statements {
            let error = db.execute(statement).await.unwrap_err();
            assert!(error.to_string().contains("are never"), "{error}");
        }
    }
    assert_eq!(entries(&app).await, before);
}
