//! Links, roles, and the owner who must stay.

use axum::http::StatusCode;
use chrono::Duration;
use paperround::domain::operator::Role;
use paperround::services::manage_operator;

use crate::support::TestApp;
use crate::support::browser::{Browser, PASSWORD, operator};

/// The path of a link in a page.
fn link(body: &str) -> String {
    let (_, rest) = body
        .split_once("https://news.example/admin/welcome/")
        .unwrap();
    let token = rest.split('<').next().unwrap();
    format!("/admin/welcome/{token}")
}

#[tokio::test]
async fn the_first_owner_comes_by_a_link_that_works_once() {
    let app = TestApp::new().await;
    let token = manage_operator::first_link(&app.deps)
        .await
        .unwrap()
        .unwrap();
    let other = manage_operator::first_link(&app.deps)
        .await
        .unwrap()
        .unwrap();
    let path = token.path();
    let mut browser = Browser::new(&app);
    for _ in 0..2 {
        let page = browser.get(&path).await;
        assert!(
            page.body.contains("You become the first owner"),
            "{}",
            page.body
        );
    }
    let choose =
        |email: &'static str, password: &'static str| [("email", email), ("password", password)];
    let wrong = browser
        .post_raw(&path, &choose("no address", PASSWORD))
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("aria-invalid"));
    let short = browser
        .post_raw(&path, &choose("ann@ops.example", "short"))
        .await;
    assert!(short.body.contains("at least 12"), "{}", short.body);
    let foreign = browser
        .post_from(
            "https://evil.example",
            &path,
            &choose("eve@ops.example", PASSWORD),
        )
        .await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let entered = browser
        .post_raw(&path, &choose("ann@ops.example", PASSWORD))
        .await;
    assert_eq!(entered.location(), "/admin", "{}", entered.body);
    assert!(
        browser
            .get("/admin/operators")
            .await
            .body
            .contains("ann@ops.example")
    );

    for path in [path, other.path(), "/admin/welcome/nonsense".to_owned()] {
        let used = Browser::new(&app).get(&path).await;
        assert_eq!(used.status, StatusCode::NOT_FOUND, "{}", used.body);
        let again = Browser::new(&app)
            .post_raw(&path, &choose("eve@ops.example", PASSWORD))
            .await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }
    assert!(
        manage_operator::first_link(&app.deps)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn an_owner_invites_by_a_link_and_says_what_one_may_do() {
    let app = TestApp::new().await;
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let invite = [("email", "ben@ops.example"), ("role", "viewer")];
    let made = owner
        .post("/admin/operators", "/admin/operators", &invite)
        .await;
    let path = link(&made.body);
    let twice = owner
        .post("/admin/operators", "/admin/operators", &invite)
        .await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        twice
            .body
            .contains("There is an operator ben@ops.example already")
    );
    assert_eq!(
        Browser::new(&app)
            .sign_in("ben@ops.example", "")
            .await
            .status,
        StatusCode::UNPROCESSABLE_ENTITY
    );

    let mut ben = Browser::new(&app);
    // The address of an invitation cannot be chosen.
    let fields = [("email", "eve@ops.example"), ("password", PASSWORD)];
    assert_eq!(ben.post_raw(&path, &fields).await.location(), "/admin");
    let page = ben.get("/admin").await;
    assert!(page.body.contains("ben@ops.example") && page.body.contains(">viewer<"));
    assert!(!page.body.contains("/admin/operators"), "is not led there");
    let refused = ben.get("/admin/operators").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(
        refused.body.contains("This takes the role of an owner"),
        "{}",
        refused.body
    );
    let forced = ben
        .post(
            "/admin/account",
            "/admin/tokens",
            &[("name", "x"), ("role", "owner")],
        )
        .await;
    assert_eq!(forced.status, StatusCode::FORBIDDEN);

    let email = "ben@ops.example".parse().unwrap();
    let id = manage_operator::by_email(&app.deps, &email)
        .await
        .unwrap()
        .id;
    let page = format!("/admin/operators/{id}");
    let rights = [("role", "owner"), ("may_send", "yes")];
    let saved = owner.post(&page, &format!("{page}/rights"), &rights).await;
    assert!(
        owner
            .follow(&saved)
            .await
            .body
            .contains("is owner and may send now")
    );
    assert_eq!(
        ben.get("/admin/operators").await.status,
        StatusCode::OK,
        "at once"
    );
    owner.post(&page, &format!("{page}/disable"), &[]).await;
    assert_eq!(
        ben.get("/admin").await.location(),
        "/admin/sign-in",
        "at once"
    );
    assert_eq!(
        ben.sign_in("ben@ops.example", PASSWORD).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    owner.post(&page, &format!("{page}/enable"), &[]).await;
    assert_eq!(
        ben.sign_in("ben@ops.example", PASSWORD).await.location(),
        "/admin"
    );

    let reset = owner.post(&page, &format!("{page}/reset"), &[]).await;
    assert_eq!(ben.get("/admin").await.location(), "/admin/sign-in");
    assert_eq!(
        ben.sign_in("ben@ops.example", PASSWORD).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let path = link(&reset.body);
    app.advance(Duration::hours(24));
    let late = ben.post_raw(&path, &[("password", PASSWORD)]).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_last_owner_stays() {
    let app = TestApp::new().await;
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    operator(&app, "ben@ops.example", Role::Editor).await;
    let email = "ann@ops.example".parse().unwrap();
    let id = manage_operator::by_email(&app.deps, &email)
        .await
        .unwrap()
        .id;
    let page = format!("/admin/operators/{id}");
    for (path, fields) in [("disable", vec![]), ("rights", vec![("role", "editor")])] {
        let refused = owner.post(&page, &format!("{page}/{path}"), &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            refused.body.contains("is the last owner who can sign in"),
            "{}",
            refused.body
        );
    }
    operator(&app, "cid@ops.example", Role::Owner).await;
    let done = owner
        .post(&page, &format!("{page}/rights"), &[("role", "editor")])
        .await;
    assert_eq!(done.location(), page);
    assert_eq!(owner.get(&page).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn tokens_are_shown_once_and_revoked() {
    let app = TestApp::new().await;
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let fields = [
        ("name", "web site"),
        ("role", "editor"),
        ("publications", "ledger"),
        ("expires", "90d"),
    ];
    let made = owner.post("/admin/tokens", "/admin/tokens", &fields).await;
    let (_, rest) = made.body.split_once("<code>paperround_").unwrap();
    let token = format!("paperround_{}", rest.split('<').next().unwrap());
    let page = owner.get("/admin/tokens").await;
    assert!(page.body.contains("web site") && !page.body.contains(&token));
    assert!(
        page.body
            .contains("<td data-label=\"Role\">editor</td><td data-label=\"May send\">no</td>")
    );
    let sends = [("name", "desk"), ("role", "viewer"), ("may_send", "yes")];
    owner.post("/admin/tokens", "/admin/tokens", &sends).await;
    let page = owner.get("/admin/tokens").await;
    assert!(
        page.body
            .contains("<td data-label=\"Role\">viewer</td><td data-label=\"May send\">yes</td>")
    );
    let twice = owner.post("/admin/tokens", "/admin/tokens", &fields).await;
    assert!(
        twice
            .body
            .contains("There is a token &quot;web site&quot; already"),
        "{}",
        twice.body
    );
    let revoked = owner
        .post(
            "/admin/tokens",
            "/admin/tokens/revoke",
            &[("name", "web site")],
        )
        .await;
    let page = owner.follow(&revoked).await;
    assert!(page.body.contains("web site is revoked.") && page.body.contains(">revoked<"));
}

#[tokio::test]
async fn a_link_to_choose_a_password_goes_out_by_mail_too() {
    let app = TestApp::new().await;
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let invite = [("email", "ben@ops.example"), ("role", "editor")];
    let made = owner
        .post("/admin/operators", "/admin/operators", &invite)
        .await;
    assert!(
        made.body.contains("on its way to <b>ben@ops.example</b>"),
        "{}",
        made.body
    );
    let shown = link(&made.body);
    let token = shown.rsplit('/').next().unwrap();
    for (table, column) in [("notices", "recipient"), ("audit_entries", "after_json")] {
        assert!(!app.dump(table, column).await.contains(token));
    }
    app.send_notices().await;
    let mail = app.newest("ben@ops.example");
    assert_eq!(
        mail.subject(),
        "Choose your password for Paperround at news.example"
    );
    let text = mail.text().unwrap();
    assert!(text.contains(&shown), "the link of the page: {text}");
    assert!(text.contains("editor who may not send"), "{text}");
    let mut ben = Browser::new(&app);
    let chosen = [("password", PASSWORD)];
    let entered = ben.post_raw(&shown, &chosen).await;
    assert_eq!(entered.location(), "/admin", "{}", entered.body);

    // Two in a row: the first link ends, and its mail is not sent.
    let mut tx = app.deps.store.read().await.unwrap();
    let ben = paperround::store::operators::list(&mut tx).await.unwrap();
    drop(tx);
    let ben = ben.iter().find(|o| o.email.as_str() == "ben@ops.example");
    let id = ben.unwrap().id;
    for _ in 0..2 {
        manage_operator::reset(&app.deps, id, false).await.unwrap();
    }
    app.send_notices().await;
    assert_eq!(app.mails_for("ben@ops.example"), 2);
    let again = app.newest("ben@ops.example");
    assert!(again.subject().starts_with("Choose another password"));
}
