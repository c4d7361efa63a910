//! From the form to a confirmed subscription.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::Duration;
use futures_util::future::join_all;
use paperround::config::Settings;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::subscription::{ConsentKind, SubscriptionState};
use paperround::services::manage_publication::add_topic;
use paperround::store::{consents, subscribers, subscriptions};

use crate::support::TestApp;

async fn subscription(
    app: &TestApp,
    email: &str,
) -> paperround::domain::subscription::Subscription {
    let mut tx = app.deps.store.read().await.unwrap();
    let reader = subscribers::find_by_email(&mut tx, &email.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id())
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn a_reader_confirms_and_the_evidence_is_kept() {
    let app = TestApp::new().await;
    app.digest("daily", Some("0 7 * * *"), 1).await;
    let form = "email=ada%40inbox.example&topics=energy&frequency=daily&source=https%3A%2F%2Fledger.example%2Fa";
    assert_eq!(
        app.post("/ledger/subscribe", form).await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(app.send_notices().await, 1);
    let mail = app.newest("ada@inbox.example");
    assert_eq!(
        mail.header("Auto-Submitted").as_deref(),
        Some("auto-generated")
    );
    assert_eq!(mail.header("List-Unsubscribe"), None);

    let link = app.link("ada@inbox.example", "/confirm/");
    for _ in 0..3 {
        let page = app.get(&link).await;
        assert_eq!(
            (page.status, page.headers["cache-control"].to_str().unwrap()),
            (StatusCode::OK, "no-store")
        );
    }
    assert_eq!(
        subscription(&app, "ada@inbox.example").await.state,
        SubscriptionState::Pending
    );
    for _ in 0..2 {
        assert_eq!(app.post(&link, "").await.status, StatusCode::OK);
    }
    let confirmed = subscription(&app, "ada@inbox.example").await;
    assert_eq!(
        (confirmed.state, confirmed.topics.key()),
        (SubscriptionState::Confirmed, "energy".to_owned())
    );

    let mut tx = app.deps.store.read().await.unwrap();
    let evidence = consents::list(&mut tx, confirmed.id).await.unwrap();
    let kinds: Vec<ConsentKind> = evidence.iter().map(|c| c.kind).collect();
    assert_eq!(kinds, [ConsentKind::Requested, ConsentKind::Confirmed]);
    assert_eq!(evidence[0].network.as_deref(), Some("203.0.113.0/24"));
    assert_eq!(
        evidence[0].source.as_deref(),
        Some("https://ledger.example/a")
    );
    assert!(evidence[0].text_version.is_some());
}

#[tokio::test]
async fn the_answer_does_not_tell_whether_an_address_is_known() {
    let app = TestApp::new().await;
    app.subscribe("known@inbox.example", "").await;
    let known = app
        .post("/ledger/subscribe", "email=known%40inbox.example")
        .await;
    let fresh = app
        .post("/ledger/subscribe", "email=fresh%40inbox.example")
        .await;
    let again = app
        .post("/ledger/subscribe", "email=fresh%40inbox.example")
        .await;
    assert_eq!(known.status, fresh.status);
    assert_eq!(
        known.body.replace("known@", "x@"),
        fresh.body.replace("fresh@", "x@")
    );
    assert_eq!(fresh.body, again.body);
    let json = |email: &str| {
        Request::post("/ledger/subscribe")
            .header("content-type", "application/json")
            .body(Body::from(format!(r#"{{"email":"{email}"}}"#)))
            .unwrap()
    };
    let known = app
        .request_from("203.0.113.8", json("known@inbox.example"))
        .await;
    let fresh = app
        .request_from("203.0.113.8", json("new@inbox.example"))
        .await;
    assert_eq!(
        (known.status, &known.body),
        (StatusCode::ACCEPTED, &fresh.body)
    );
}

#[tokio::test]
async fn what_others_type_does_not_change_a_subscription() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "&topics=energy").await;
    app.advance(Duration::hours(25));
    app.post(
        "/ledger/subscribe",
        "email=ADA%40inbox.example&topics=retail",
    )
    .await;
    assert_eq!(
        subscription(&app, "ada@inbox.example").await.topics.key(),
        "energy"
    );
    app.send_notices().await;
    let link = app.link("ada@inbox.example", "/confirm/");
    app.post(&link, "").await;
    assert_eq!(
        subscription(&app, "ada@inbox.example").await.topics.key(),
        "retail"
    );
}

#[tokio::test]
async fn an_address_gets_one_confirmation_mail_a_day() {
    let app = TestApp::new().await;
    for _ in 0..5 {
        assert_eq!(
            app.post("/ledger/subscribe", "email=victim%40inbox.example")
                .await
                .status,
            StatusCode::ACCEPTED
        );
        app.send_notices().await;
    }
    assert_eq!(app.mails_for("victim@inbox.example"), 1);
    app.advance(Duration::hours(25));
    app.post("/ledger/subscribe", "email=victim%40inbox.example")
        .await;
    app.send_notices().await;
    assert_eq!(app.mails_for("victim@inbox.example"), 2);
}

#[tokio::test]
async fn a_network_has_its_limit_and_learns_when_to_come_back() {
    let app = TestApp::new().await;
    for n in 0..20 {
        assert_eq!(
            app.post("/ledger/subscribe", &format!("email=r{n}%40inbox.example"))
                .await
                .status,
            202
        );
    }
    let refused = app
        .post("/ledger/subscribe", "email=r21%40inbox.example")
        .await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=3600).contains(&wait), "{wait}");
    // A header that anybody can write does not help.
    let forged = Request::post("/ledger/subscribe")
        .header("x-forwarded-for", "198.51.100.1")
        .body(Body::from("email=r22%40inbox.example"))
        .unwrap();
    assert_eq!(app.request_from("203.0.113.7", forged).await.status, 429);
    app.advance(Duration::hours(1));
    assert_eq!(
        app.post("/ledger/subscribe", "email=r21%40inbox.example")
            .await
            .status,
        202
    );
}

#[tokio::test]
async fn a_link_expires_and_says_so() {
    let app = TestApp::new().await;
    app.post("/ledger/subscribe", "email=late%40inbox.example")
        .await;
    app.send_notices().await;
    let link = app.link("late@inbox.example", "/confirm/");
    app.advance(Duration::days(8));
    assert_eq!(app.get(&link).await.status, StatusCode::GONE);
    assert_eq!(app.post(&link, "").await.status, StatusCode::GONE);
    assert_eq!(
        subscription(&app, "late@inbox.example").await.state,
        SubscriptionState::Pending
    );
    assert_eq!(
        app.get("/confirm/nonsense").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn bad_input_is_named_and_kept() {
    let app = TestApp::new().await;
    let hostile = [
        "a%40b",
        "a%0D%0ABcc%3A%20x%40y.org%40b.org",
        "a%00%40b.org",
        "%22a%20b%22%40b.org",
        "",
        "a%40%5B127.0.0.1%5D",
    ];
    for email in hostile {
        let answer = app
            .post(
                "/ledger/subscribe",
                &format!("email={email}&name=Ada+Lovelace"),
            )
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert!(
            answer.body.contains("aria-invalid") && answer.body.contains("Ada Lovelace"),
            "{email}"
        );
    }
    let long = format!("email={}%40b.org", "a".repeat(300));
    assert_eq!(app.post("/ledger/subscribe", &long).await.status, 422);
    assert_eq!(
        app.post("/ledger/subscribe", "email=a%40b.org&topics=weather")
            .await
            .status,
        422
    );
    assert_eq!(
        app.post("/ledger/subscribe", "email=a%40b.org&frequency=hourly")
            .await
            .status,
        422
    );
    let huge = format!("email=a%40b.org&name={}", "x".repeat(100_000));
    assert_eq!(
        app.post("/ledger/subscribe", &huge).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        app.post("/nowhere/subscribe", "email=a%40b.org")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    // IDN domains are taken as A-labels.
    assert_eq!(
        app.post("/ledger/subscribe", "email=a%40b%C3%BCcher.example")
            .await
            .status,
        202
    );
    app.send_notices().await;
    assert_eq!(app.mails_for("a@xn--bcher-kva.example"), 1);
}

#[tokio::test]
async fn the_hidden_field_catches_programs() {
    let app = TestApp::new().await;
    let answer = app
        .post(
            "/ledger/subscribe",
            "email=bot%40inbox.example&website=http%3A%2F%2Fspam",
        )
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(app.send_notices().await, 0);
}

/// They share what is read of the publication; none may get what was read before it came.
#[tokio::test]
async fn forms_that_come_together_see_the_present() {
    let mailbox = Mailbox::new();
    let no_limit = |settings: &mut Settings| settings.signup.per_ip_per_hour = 0;
    let app = TestApp::with(Arc::new(mailbox.clone()), mailbox, no_limit).await;
    let post = |number: usize, topic: String| {
        let form = format!("email=reader{number}%40inbox.example&topics={topic}");
        let app = &app;
        async move { app.post("/ledger/subscribe", &form).await.status }
    };
    for round in 0..10 {
        let topic = format!("topic-{round}");
        let earlier = join_all((0..20).map(|number| post(number, "energy".to_owned())));
        let later = async {
            let slug = topic.parse().unwrap();
            let added = add_topic(&app.deps, app.publication_id(), slug, "New");
            added.await.unwrap();
            join_all((20..40).map(|number| post(number, topic.clone()))).await
        };
        let (earlier, later) = tokio::join!(earlier, later);
        for status in earlier.into_iter().chain(later) {
            assert_eq!(status, StatusCode::ACCEPTED, "round {round}");
        }
    }
    let unknown = post(0, "topic-99".to_owned()).await;
    assert_eq!(unknown, StatusCode::UNPROCESSABLE_ENTITY);
    app.take_in().await;
    app.send_notices().await;
}
