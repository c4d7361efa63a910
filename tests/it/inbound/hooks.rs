//! Mail providers that call.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use super::*;

const SECRET: &str = "5bd1e3a7c4f29086d1a2b3c4d5e6f708";

async fn called() -> TestApp {
    service(|settings| settings.bounces.webhook_secret = Some(SECRET.to_owned().into())).await
}

async fn call(app: &TestApp, provider: &str, secret: &str, body: String) -> (StatusCode, String) {
    let request = Request::post(format!("/hooks/{provider}/{secret}"))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    let answer = app.request_from("198.51.100.9", request).await;
    (answer.status, answer.body)
}

/// The Message-ID of a mail, without angle brackets.
fn id_of(mail: &StoredMail) -> String {
    let raw = mail.source();
    let (_, rest) = raw.split_once("Message-ID: <").unwrap();
    rest.split('>').next().unwrap().to_owned()
}

fn sendgrid(event: &str, mail: &StoredMail) -> String {
    let id = id_of(mail);
    format!(
        r#"[{{"email":"{ANN}","event":"{event}","type":"bounce","status":"5.1.1","reason":"550 5.1.1 no such user","smtp-id":"<{id}>"}}]"#
    )
}

#[tokio::test]
async fn a_bounce_that_a_provider_tells_of_is_kept_once_and_acted_on() {
    let app = called().await;
    let (_, issue, mail) = sent(&app).await;
    for matched in ["\"matched\":1", "\"matched\":1"] {
        let (status, body) = call(&app, "sendgrid", SECRET, sendgrid("bounce", &mail)).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert!(
            body.contains("\"reports\":1") && body.contains(matched),
            "{body}"
        );
    }
    let kept = known(&app).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].kind, kept[0].source),
        (ReportKind::Hard, BounceSource::Webhook)
    );
    assert_eq!(kept[0].issue, Some(issue));
    assert_eq!(reason(&app).await, Some(SuppressionReason::HardBounce));
}

#[tokio::test]
async fn who_does_not_know_the_secret_is_told_nothing_and_changes_nothing() {
    let app = called().await;
    let (_, _, mail) = sent(&app).await;
    let body = sendgrid("spamreport", &mail);
    let wrong = SECRET.replace('5', "6");
    for (provider, secret) in [
        ("sendgrid", wrong.as_str()),
        ("sendgrid", "x"),
        ("nobody", SECRET),
    ] {
        let (status, said) = call(&app, provider, secret, body.clone()).await;
        assert_eq!(
            (status, said.as_str()),
            (StatusCode::NOT_FOUND, "not found\n")
        );
    }
    assert_eq!(
        app.get(&format!("/hooks/sendgrid/{SECRET}")).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert!(known(&app).await.is_empty());
    let shut = service(|_| {}).await;
    let (status, _) = call(&shut, "sendgrid", "", body.clone()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = call(&shut, "sendgrid", SECRET, body).await;
    assert_eq!(
        status,
        StatusCode::NOT_FOUND,
        "without a secret nobody calls"
    );
}

#[tokio::test]
async fn a_complaint_and_a_wish_to_leave_end_it() {
    let app = called().await;
    let (_, _, mail) = sent(&app).await;
    let id = id_of(&mail);
    let left = format!(
        r#"{{"event-data":{{"event":"unsubscribed","recipient":"{ANN}","message":{{"headers":{{"message-id":"{id}"}}}}}}}}"#
    );
    let (status, body) = call(&app, "mailgun", SECRET, left).await;
    assert_eq!(
        (status, body.contains("\"matched\":1")),
        (StatusCode::OK, true),
        "{body}"
    );
    assert_eq!(place(&app).await.state, SubscriptionState::Unsubscribed);
    assert_eq!(reason(&app).await, None, "who left may come again");
    let spam = format!(r#"{{"RecordType":"SpamComplaint","Email":"{ANN}"}}"#);
    call(&app, "postmark", SECRET, spam).await;
    assert_eq!(reason(&app).await, Some(SuppressionReason::Complaint));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_strangers_are_passed_over() {
    let app = called().await;
    sent(&app).await;
    let (status, said) = call(&app, "ses", SECRET, "not json".to_owned()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(said.contains("no JSON"), "{said}");
    let inward = r#"{"Type":"SubscriptionConfirmation","SubscribeURL":"http://127.0.0.1:1/"}"#;
    let (status, said) = call(&app, "ses", SECRET, inward.to_owned()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(said.contains("not one of Amazon's"), "{said}");
    let stranger = r#"{"event":"hard_bounce","email":"nobody@x.example","reason":"550 5.1.1"}"#;
    let (status, said) = call(&app, "brevo", SECRET, stranger.to_owned()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        said.contains("\"reports\":1") && said.contains("\"matched\":0"),
        "{said}"
    );
    assert!(known(&app).await.is_empty());
}
