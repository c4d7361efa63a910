//! The second step of signing in.

use axum::http::StatusCode;
use chrono::Duration;
use paperround::domain::operator::Role;
use paperround::domain::totp::TotpSecret;
use paperround::services::second_step;

use crate::support::TestApp;
use crate::support::browser::{Browser, PASSWORD};

const EMAIL: &str = "ann@ops.example";

/// Sets the second step up on the page; gives the secret and the recovery codes.
async fn set_up(app: &TestApp, browser: &mut Browser<'_>) -> (TotpSecret, Vec<String>) {
    let refused = browser
        .post(
            "/admin/account",
            "/admin/account/second-step",
            &[("current", "a guess at it")],
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let begun = browser
        .post(
            "/admin/account",
            "/admin/account/second-step",
            &[("current", PASSWORD)],
        )
        .await;
    let page = browser.follow(&begun).await;
    assert!(page.body.contains("<svg"), "{}", page.body);
    let email = EMAIL.parse().unwrap();
    let operator = paperround::services::manage_operator::by_email(&app.deps, &email);
    let operator = operator.await.unwrap();
    assert!(!operator.has_totp, "not before a code has come");
    let secret = second_step::begun(&app.deps, &operator)
        .await
        .unwrap()
        .unwrap();
    let shown = secret.base32();
    assert!(page.body.replace(' ', "").contains(&shown));

    let (page, path) = (
        "/admin/account/second-step",
        "/admin/account/second-step/confirm",
    );
    let wrong = browser.post(page, path, &[("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = secret.code_at(app.deps.now());
    let done = browser.post(page, path, &[("code", &code)]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let codes: Vec<String> = done
        .body
        .split("<li><code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

#[tokio::test]
async fn a_code_is_asked_for_and_counts_once() {
    let app = TestApp::new().await;
    let mut browser = Browser::of(&app, EMAIL, Role::Owner).await;
    let (secret, _) = set_up(&app, &mut browser).await;

    let mut other = Browser::new(&app);
    let answer = other.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(answer.location(), "/admin/sign-in/code?next=%2Fadmin");
    assert_eq!(
        other.get("/admin").await.location(),
        "/admin/sign-in",
        "not in yet"
    );
    let waiting = other.cookies.clone();
    // The code of the set-up was used.
    let used = secret.code_at(app.deps.now());
    let again = other
        .post_raw("/admin/sign-in/code", &[("code", &used)])
        .await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    app.advance(Duration::seconds(30));
    let code = secret.code_at(app.deps.now());
    let entered = other
        .post_raw(
            "/admin/sign-in/code",
            &[("code", &code), ("next", "/admin/account")],
        )
        .await;
    assert_eq!(entered.location(), "/admin/account");
    assert_ne!(other.cookies, waiting, "a new token");
    assert_eq!(other.get("/admin").await.status, StatusCode::OK);

    let mut thief = Browser::new(&app);
    thief.cookies = waiting;
    let replayed = thief
        .post_raw("/admin/sign-in/code", &[("code", &code)])
        .await;
    assert_eq!(replayed.location(), "/admin/sign-in", "that wait is over");
    thief.sign_in(EMAIL, PASSWORD).await;
    let replayed = thief
        .post_raw("/admin/sign-in/code", &[("code", &code)])
        .await;
    assert_eq!(replayed.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn guessing_codes_gets_slower_and_the_wait_ends() {
    let app = TestApp::new().await;
    let mut browser = Browser::of(&app, EMAIL, Role::Owner).await;
    let (secret, _) = set_up(&app, &mut browser).await;
    let mut thief = Browser::new(&app);
    thief.sign_in(EMAIL, PASSWORD).await;
    for _ in 0..6 {
        let answer = thief
            .post_raw("/admin/sign-in/code", &[("code", "000000")])
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    app.advance(Duration::seconds(1));
    let code = secret.code_at(app.deps.now());
    let answer = thief
        .post_raw("/admin/sign-in/code", &[("code", &code)])
        .await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    // Beginning anew does not help.
    let mut anew = Browser::new(&app);
    anew.sign_in(EMAIL, PASSWORD).await;
    let answer = anew
        .post_raw("/admin/sign-in/code", &[("code", &code)])
        .await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    app.advance(Duration::minutes(10));
    let late = thief.get("/admin/sign-in/code").await;
    assert_eq!(late.location(), "/admin/sign-in");
}

#[tokio::test]
async fn a_recovery_code_lets_in_once() {
    let app = TestApp::new().await;
    let mut browser = Browser::of(&app, EMAIL, Role::Owner).await;
    let (_, codes) = set_up(&app, &mut browser).await;
    for expected in [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY] {
        let mut other = Browser::new(&app);
        other.sign_in(EMAIL, PASSWORD).await;
        let typed = codes[3].to_uppercase().replace('-', " ");
        let answer = other
            .post_raw("/admin/sign-in/code", &[("code", &typed)])
            .await;
        assert_eq!(answer.status, expected);
    }
    let page = browser.get("/admin/account").await;
    assert!(page.body.contains("9 recovery codes left"), "{}", page.body);
    let renewed = browser
        .post(
            "/admin/account",
            "/admin/account/recovery-codes",
            &[("current", PASSWORD)],
        )
        .await;
    assert!(!renewed.body.contains(&codes[0]));
    let mut other = Browser::new(&app);
    other.sign_in(EMAIL, PASSWORD).await;
    let answer = other
        .post_raw("/admin/sign-in/code", &[("code", &codes[0])])
        .await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "those before do not work"
    );
    let off = browser
        .post(
            "/admin/account",
            "/admin/account/second-step/off",
            &[("current", PASSWORD)],
        )
        .await;
    assert_eq!(off.location(), "/admin/account");
    assert_eq!(
        Browser::new(&app).sign_in(EMAIL, PASSWORD).await.location(),
        "/admin"
    );
}

#[tokio::test]
async fn the_database_alone_makes_no_codes() {
    let app = TestApp::new().await;
    let mut browser = Browser::of(&app, EMAIL, Role::Owner).await;
    let (secret, codes) = set_up(&app, &mut browser).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let email = EMAIL.parse().unwrap();
    let account = paperround::store::operators::account(&mut tx, &email)
        .await
        .unwrap()
        .unwrap();
    let kept = format!("{account:?}");
    assert!(kept.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
    assert!(!kept.contains(PASSWORD) && !kept.contains(&secret.base32()));
    assert!(!kept.contains(&codes[0]));
    let sealed = account.totp_secret.unwrap();
    assert!(sealed.len() > 40, "a nonce, the secret and a tag");
}
