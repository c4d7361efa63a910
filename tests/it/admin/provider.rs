//! Signing in with a service elsewhere that vouches for an operator's address.

use std::sync::Arc;

use axum::http::StatusCode;
use paperround::config::oidc::Oidc;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::audit::Kind;
use paperround::domain::operator::Role;
use paperround::services::{manage_operator, second_step};
use paperround::store::audit::{self, Filter};
use paperround::store::operators;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use crate::support::TestApp;
use crate::support::browser::{Browser, operator};
use crate::support::identity::{Identity, Token};

const START: &str = "/admin/sign-in/provider";
const BACK: &str = "/admin/sign-in/provider/back";

async fn service(identity: &Identity) -> TestApp {
    let mailbox = Mailbox::new();
    TestApp::with(Arc::new(mailbox.clone()), mailbox, |settings| {
        settings.oidc = Oidc {
            issuer: identity.issuer.clone(),
            client_id: "paperround".to_owned(),
            client_secret: Some(SecretString::from("s:e cret".to_owned())),
            client_secret_file: None,
            name: "Desk ID".to_owned(),
        };
    })
    .await
}

/// What stands in the address that a browser is sent to.
fn asked(to: &str) -> std::collections::HashMap<String, String> {
    Url::parse(to).unwrap().query_pairs().into_owned().collect()
}

fn claims(app: &TestApp, identity: &Identity, nonce: &str, change: Value) -> Value {
    let now = app.deps.now().timestamp();
    let mut claims = json!({
        "iss": identity.issuer, "aud": "paperround", "sub": "42", "iat": now, "exp": now + 300,
        "nonce": nonce, "email": "Ann@ops.example", "email_verified": true,
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn token(claims: Value) -> Token {
    Token {
        claims,
        kid: "one",
        forged: false,
    }
}

/// Goes there and comes back with what the service says; the answer to that.
async fn round(
    app: &TestApp,
    identity: &Identity,
    browser: &mut Browser<'_>,
    change: Value,
) -> crate::support::Answer {
    let there = browser.get(&format!("{START}?next=/admin/audit")).await;
    let sent = asked(&there.location());
    identity.vouch(token(claims(app, identity, &sent["nonce"], change)));
    browser
        .get(&format!("{BACK}?code=abc&state={}", sent["state"]))
        .await
}

#[tokio::test]
async fn an_operator_is_let_in_by_the_service() {
    let identity = Identity::open();
    let app = service(&identity).await;
    operator(&app, "ann@ops.example", Role::Owner).await;
    let mut browser = Browser::new(&app);
    let door = browser.get("/admin/sign-in").await.body;
    assert!(door.contains("Sign in with Desk ID"), "{door}");

    let there = browser.get(&format!("{START}?next=/admin/audit")).await;
    let sent = asked(&there.location());
    assert!(
        there
            .location()
            .starts_with(&format!("{}/authorize?", identity.issuer))
    );
    assert_eq!(sent["scope"], "openid email");
    assert_eq!(sent["redirect_uri"], format!("https://news.example{BACK}"));
    assert_eq!(sent["code_challenge_method"], "S256");
    identity.vouch(token(claims(&app, &identity, &sent["nonce"], json!({}))));
    let back = format!(
        "{BACK}?code=abc&state={}&iss={}",
        sent["state"], identity.issuer
    );
    let landed = browser.get(&back).await;
    assert_eq!(landed.location(), "/admin/audit", "{}", landed.body);
    assert_eq!(browser.get("/admin/operators").await.status, StatusCode::OK);

    let form = &identity.asked()[0];
    assert_eq!(form["code"], "abc");
    // "paperround:s%3Ae+cret", as RFC 6749 has it.
    assert_eq!(form["authorization"], "Basic cGFwZXJyb3VuZDpzJTNBZStjcmV0");
    assert!(form["code_verifier"].len() >= 43 && !form.contains_key("client_secret"));
    let mut tx = app.deps.store.read().await.unwrap();
    let filter = Filter {
        kind: Some(Kind::Session),
        ..Filter::default()
    };
    let entries = audit::page(&mut tx, &filter, 9).await.unwrap();
    assert!(format!("{:?}", entries[0]).contains("service elsewhere"));

    let again = browser.get(&back).await;
    assert_eq!(
        again.location(),
        "/admin/sign-in",
        "a way back leads in once"
    );
}

#[tokio::test]
async fn a_second_step_stays_one_and_nobody_becomes_an_operator() {
    let identity = Identity::open();
    let app = service(&identity).await;
    let ann = operator(&app, "ann@ops.example", Role::Owner).await;
    let secret = second_step::begin(&app.deps, ann.id).await.unwrap();
    let code = secret.code_at(app.deps.now());
    second_step::confirm(&app.deps, ann.id, &code)
        .await
        .unwrap();
    let mut browser = Browser::new(&app);
    let landed = round(&app, &identity, &mut browser, json!({})).await;
    assert!(landed.location().starts_with("/admin/sign-in/code?"));
    assert!(
        browser
            .get("/admin")
            .await
            .location()
            .starts_with("/admin/sign-in")
    );

    let unknown = round(
        &app,
        &identity,
        &mut browser,
        json!({ "email": "eve@ops.example" }),
    )
    .await;
    let said = browser.follow(&unknown).await.body;
    assert!(
        said.contains("Nobody with this address is an operator here"),
        "{said}"
    );
    manage_operator::set_disabled(
        &app.deps,
        operator(&app, "ben@ops.example", Role::Owner).await.id,
        true,
    )
    .await
    .unwrap();
    let disabled = round(
        &app,
        &identity,
        &mut browser,
        json!({ "email": "ben@ops.example" }),
    )
    .await;
    assert_eq!(disabled.location(), "/admin/sign-in");
    let mut tx = app.deps.store.read().await.unwrap();
    assert_eq!(operators::list(&mut tx).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_not_in_order_lets_nobody_in() {
    let identity = Identity::open();
    let app = service(&identity).await;
    operator(&app, "ann@ops.example", Role::Owner).await;
    let now = app.deps.now().timestamp();
    for wrong in [
        json!({ "iss": "https://evil.example" }),
        json!({ "aud": "another" }),
        json!({ "aud": ["paperround", "another"] }),
        json!({ "azp": "another" }),
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "exp": now - 61 }),
        json!({ "iat": now - 3600 }),
        json!({ "email_verified": false }),
        json!({ "email_verified": null }),
        json!({ "email": null }),
    ] {
        let mut browser = Browser::new(&app);
        let landed = round(&app, &identity, &mut browser, wrong.clone()).await;
        assert_eq!(landed.location(), "/admin/sign-in", "{wrong}");
        let inside = browser.get("/admin").await;
        assert!(inside.location().starts_with("/admin/sign-in"), "{wrong}");
    }

    let mut browser = Browser::new(&app);
    let there = browser.get(START).await;
    let sent = asked(&there.location());
    let good = claims(&app, &identity, &sent["nonce"], json!({}));
    identity.vouch(Token {
        forged: true,
        ..token(good.clone())
    });
    let back = format!("{BACK}?code=abc&state={}", sent["state"]);
    assert_eq!(
        browser.get(&back).await.location(),
        "/admin/sign-in",
        "forged"
    );

    // A stranger's way back, a denial, another sender, and a service that says no.
    for back in [
        format!("{BACK}?code=abc&state=another"),
        format!("{BACK}?state={}&error=access_denied", sent["state"]),
        format!(
            "{BACK}?code=abc&state={}&iss=https://evil.example",
            sent["state"]
        ),
        format!("{BACK}?code=abc&state={}", sent["state"]),
        BACK.to_owned(),
    ] {
        let mut browser = Browser::new(&app);
        browser.get(START).await;
        let landed = browser.get(&back).await;
        assert_eq!(landed.location(), "/admin/sign-in", "{back}");
    }
    assert_eq!(app.rows("sessions").await, 0);
}

#[tokio::test]
async fn a_new_key_of_the_service_is_found() {
    let identity = Identity::open();
    let app = service(&identity).await;
    operator(&app, "ann@ops.example", Role::Owner).await;
    let mut browser = Browser::new(&app);
    let there = browser.get(START).await;
    let sent = asked(&there.location());
    identity.turn_key("two");
    identity.vouch(Token {
        kid: "two",
        ..token(claims(
            &app,
            &identity,
            &sent["nonce"],
            json!({ "aud": ["paperround"] }),
        ))
    });
    let back = format!("{BACK}?code=abc&state={}", sent["state"]);
    assert_eq!(browser.get(&back).await.location(), "/admin");
}

#[tokio::test]
async fn without_a_service_there_is_no_such_door() {
    let app = TestApp::new().await;
    let mut browser = Browser::new(&app);
    assert!(!browser.get("/admin/sign-in").await.body.contains(START));
    assert_eq!(browser.get(START).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(BACK).await.status, StatusCode::NOT_FOUND);
}
