//! Who is let in, and who is not.

use axum::http::StatusCode;
use chrono::Duration;
use paperround::domain::operator::Role;
use paperround::services::manage_operator;

use crate::support::TestApp;
use crate::support::browser::{Browser, PASSWORD, operator};

const SESSION: &str = "__Host-paperround";

#[tokio::test]
async fn an_operator_signs_in_and_out() {
    let app = TestApp::new().await;
    operator(&app, "ann@ops.example", Role::Owner).await;
    let mut browser = Browser::new(&app);
    let sent = browser.get("/admin/audit?kind=feed").await;
    assert_eq!(
        sent.location(),
        "/admin/sign-in?next=%2Fadmin%2Faudit%3Fkind%3Dfeed"
    );
    let page = browser.follow(&sent).await;
    assert!(
        page.body.contains("value=\"/admin/audit?kind=feed\""),
        "{}",
        page.body
    );

    let fields = [
        ("email", "Ann@OPS.example"),
        ("password", PASSWORD),
        ("next", "/admin/audit?kind=feed"),
    ];
    let answer = browser.post_raw("/admin/sign-in", &fields).await;
    assert_eq!(answer.location(), "/admin/audit?kind=feed");
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-paperround="), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
    let page = browser.follow(&answer).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("ann@ops.example"));

    let token = browser.cookies[SESSION].clone();
    let out = browser.post("/admin", "/admin/sign-out", &[]).await;
    assert_eq!(out.location(), "/admin/sign-in");
    assert!(!browser.cookies.contains_key(SESSION));
    assert!(
        browser
            .follow(&out)
            .await
            .body
            .contains("You are signed out.")
    );
    browser.cookies.insert(SESSION.to_owned(), token);
    assert_eq!(browser.get("/admin").await.location(), "/admin/sign-in");
}

#[tokio::test]
async fn whoever_is_refused_learns_nothing_but_that() {
    let app = TestApp::new().await;
    operator(&app, "ann@ops.example", Role::Owner).await;
    let gone = operator(&app, "ben@ops.example", Role::Editor).await;
    manage_operator::set_disabled(&app.deps, gone.id, true)
        .await
        .unwrap();
    let mut told = Vec::new();
    for (email, password) in [
        ("ann@ops.example", "seven gulls on the roof"),
        ("nobody@ops.example", PASSWORD),
        ("ben@ops.example", PASSWORD),
        ("no address", PASSWORD),
    ] {
        let mut browser = Browser::new(&app);
        let answer = browser.sign_in(email, password).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(browser.cookies.is_empty());
        told.push(answer.body.replace(email, "…"));
    }
    assert!(told.iter().all(|body| *body == told[0]), "{told:#?}");
    assert!(told[0].contains("Address and password do not fit."));
}

#[tokio::test]
async fn failures_keep_the_next_attempt_waiting() {
    let app = TestApp::new().await;
    operator(&app, "ann@ops.example", Role::Owner).await;
    let mut known = Browser::new(&app);
    known.address = "198.51.100.9".to_owned();
    assert_eq!(
        known.sign_in("ann@ops.example", PASSWORD).await.location(),
        "/admin"
    );

    let mut guesser = Browser::new(&app);
    for number in 0..6 {
        guesser.address = format!("203.0.113.{number}");
        let answer = guesser.sign_in("ann@ops.example", "not it, not it").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
    }
    // From wherever it comes, and also with the right password.
    guesser.address = "192.0.2.1".to_owned();
    let answer = guesser.sign_in("ann@ops.example", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "2");
    // But not for the operator where they have signed in before.
    assert_eq!(
        known.sign_in("ann@ops.example", PASSWORD).await.location(),
        "/admin"
    );
    app.advance(Duration::seconds(2));
    let answer = guesser.sign_in("ann@ops.example", PASSWORD).await;
    assert_eq!(answer.location(), "/admin", "never a lock");
}

#[tokio::test]
async fn a_network_that_tries_many_accounts_waits_too() {
    let app = TestApp::new().await;
    operator(&app, "ann@ops.example", Role::Owner).await;
    let mut guesser = Browser::new(&app);
    for number in 0..6 {
        let email = format!("someone{number}@ops.example");
        let answer = guesser.sign_in(&email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = guesser.sign_in("ann@ops.example", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let mut other = Browser::new(&app);
    other.address = "198.51.100.9".to_owned();
    assert_eq!(
        other.sign_in("ann@ops.example", PASSWORD).await.location(),
        "/admin"
    );
}

#[tokio::test]
async fn a_session_is_renewed_at_sign_in_and_ends_by_rest_and_by_age() {
    let app = TestApp::new().await;
    let mut browser = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let first = browser.cookies[SESSION].clone();
    // A session that somebody else has planted does not become the operator's.
    let planted = "A".repeat(43);
    browser.cookies.insert(SESSION.to_owned(), planted.clone());
    assert_eq!(browser.get("/admin").await.location(), "/admin/sign-in");
    browser.sign_in("ann@ops.example", PASSWORD).await;
    let second = browser.cookies[SESSION].clone();
    assert!(second != planted && second != first);

    for _ in 0..3 {
        app.advance(Duration::hours(11));
        assert_eq!(browser.get("/admin").await.status, StatusCode::OK);
    }
    app.advance(Duration::hours(12));
    assert_eq!(browser.get("/admin").await.location(), "/admin/sign-in");

    browser.sign_in("ann@ops.example", PASSWORD).await;
    for _ in 0..15 {
        app.advance(Duration::hours(11));
        assert_eq!(browser.get("/admin").await.status, StatusCode::OK);
    }
    app.advance(Duration::hours(3));
    assert_eq!(
        browser.get("/admin").await.location(),
        "/admin/sign-in",
        "after a week"
    );
}

#[tokio::test]
async fn a_form_of_another_site_or_session_does_nothing() {
    let app = TestApp::new().await;
    let mut ann = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let mut ben = Browser::of(&app, "ben@ops.example", Role::Owner).await;
    let foreign_token = ben.get("/admin/operators").await.form_token();
    let own_token = ann.get("/admin/operators").await.form_token();
    let form = |token: &'static str| {
        [
            ("form_token", token),
            ("email", "eve@ops.example"),
            ("role", "owner"),
        ]
    };
    let leak = |text: String| -> &'static str { text.leak() };
    let own = form(leak(own_token));
    for (what, answer) in [
        (
            "no token",
            ann.post_raw("/admin/operators", &own[1..]).await,
        ),
        (
            "another session's",
            ann.post_raw("/admin/operators", &form(leak(foreign_token)))
                .await,
        ),
        (
            "another site",
            ann.post_from("https://evil.example", "/admin/operators", &own)
                .await,
        ),
        (
            "a hidden site",
            ann.post_from("null", "/admin/operators", &own).await,
        ),
        (
            "no session",
            Browser::new(&app).post_raw("/admin/operators", &own).await,
        ),
        (
            "sign-in from elsewhere",
            Browser::new(&app)
                .post_from(
                    "https://evil.example",
                    "/admin/sign-in",
                    &[("email", "ann@ops.example"), ("password", PASSWORD)],
                )
                .await,
        ),
    ] {
        let is_refused =
            answer.status == StatusCode::FORBIDDEN || answer.location() == "/admin/sign-in";
        assert!(is_refused, "{what}: {} {}", answer.status, answer.body);
    }
    let page = ann.get("/admin/operators").await;
    assert!(!page.body.contains("eve@ops.example"));
    let answer = ann.post_raw("/admin/operators", &own).await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "the same form from here: {}",
        answer.body
    );
}

#[tokio::test]
async fn a_session_is_listed_and_revoked() {
    let app = TestApp::new().await;
    let mut home = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let mut stolen = Browser::new(&app);
    stolen.cookies = home.cookies.clone();
    stolen.address = "198.51.100.9".to_owned();
    assert_eq!(stolen.get("/admin").await.status, StatusCode::OK);
    let mut other = Browser::new(&app);
    other.address = "192.0.2.8".to_owned();
    other.sign_in("ann@ops.example", PASSWORD).await;

    let page = other.get("/admin/account").await;
    assert!(page.body.contains("Firefox on Linux") && page.body.contains("203.0.113.0/24"));
    let (_, rest) = page.body.split_once("/admin/account/sessions/").unwrap();
    let id = rest.split('/').next().unwrap().to_owned();
    let ended = other
        .post(
            "/admin/account",
            &format!("/admin/account/sessions/{id}/end"),
            &[],
        )
        .await;
    assert!(
        other
            .follow(&ended)
            .await
            .body
            .contains("The session has ended.")
    );
    assert_eq!(stolen.get("/admin").await.location(), "/admin/sign-in");
    assert_eq!(home.get("/admin").await.location(), "/admin/sign-in");
    assert_eq!(other.get("/admin").await.status, StatusCode::OK);
    // What is not one's own is not there.
    let mut ben = Browser::of(&app, "ben@ops.example", Role::Owner).await;
    let page = other.get("/admin/account").await;
    assert!(!page.body.contains("/end\""), "only this session is left");
    let listed = paperround::store::sessions::of_operator(
        &mut app.deps.store.read().await.unwrap(),
        manage_operator::by_email(&app.deps, &"ann@ops.example".parse().unwrap())
            .await
            .unwrap()
            .id,
    )
    .await
    .unwrap();
    let path = format!("/admin/account/sessions/{}/end", listed[0].id);
    ben.post("/admin/account", &path, &[]).await;
    assert_eq!(other.get("/admin").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    let app = TestApp::new().await;
    let mut home = Browser::of(&app, "ann@ops.example", Role::Viewer).await;
    let mut other = Browser::new(&app);
    other.sign_in("ann@ops.example", PASSWORD).await;
    let path = "/admin/account/password";
    let change =
        |current: &'static str, new: &'static str| [("current", current), ("password", new)];
    let wrong = home
        .post(
            "/admin/account",
            path,
            &change("a guess at it", "eight gulls on the quay"),
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong
            .body
            .contains("The password that you have is another one.")
    );
    let short = home
        .post("/admin/account", path, &change(PASSWORD, "gulls"))
        .await;
    assert!(
        short.body.contains("at least 12 are needed"),
        "{}",
        short.body
    );
    let done = home
        .post(
            "/admin/account",
            path,
            &change(PASSWORD, "eight gulls on the quay"),
        )
        .await;
    assert_eq!(done.location(), "/admin/account");
    assert_eq!(home.get("/admin").await.status, StatusCode::OK);
    assert_eq!(other.get("/admin").await.location(), "/admin/sign-in");
    assert_eq!(
        other.sign_in("ann@ops.example", PASSWORD).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        other
            .sign_in("ann@ops.example", "eight gulls on the quay")
            .await
            .location(),
        "/admin"
    );
}

#[tokio::test]
async fn pages_are_kept_by_nobody_and_framed_by_nobody() {
    let app = TestApp::new().await;
    let mut browser = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    for path in [
        "/admin",
        "/admin/sign-in",
        "/admin/nowhere",
        "/admin/operators",
    ] {
        let answer = browser.get(path).await;
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(
            policy.contains("script-src 'self'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("strict-transport-security"), "max-age=31536000");
    }
    assert_eq!(
        browser.get("/admin/nowhere").await.status,
        StatusCode::NOT_FOUND
    );
    let method = browser.get("/admin/sign-out").await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    let page = browser.get("/admin").await;
    let (_, rest) = page.body.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let css = browser.get(rest.split('"').next().unwrap()).await;
    assert_eq!(css.headers["content-type"], "text/css; charset=utf-8");
    assert!(
        css.headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}

#[tokio::test]
async fn without_tls_the_cookie_has_a_plain_name() {
    let app = TestApp::with(
        std::sync::Arc::new(paperround::demo::mailbox::Mailbox::new()),
        paperround::demo::mailbox::Mailbox::new(),
        |settings| "http://127.0.0.1:8080".clone_into(&mut settings.http.public_url),
    )
    .await;
    operator(&app, "ann@ops.example", Role::Owner).await;
    let mut browser = Browser::new(&app);
    let fields = [("email", "ann@ops.example"), ("password", PASSWORD)];
    let answer = browser
        .post_from("http://127.0.0.1:8080", "/admin/sign-in", &fields)
        .await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("paperround=") && !cookie.contains("Secure"),
        "{cookie}"
    );
    assert_eq!(browser.get("/admin").await.status, StatusCode::OK);
}
