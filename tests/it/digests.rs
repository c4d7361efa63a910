//! Readers take several digests of a publication at once.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::Duration;
use paperround::domain::delivery::DeliveryState;
use paperround::domain::digest::Digest;
use paperround::domain::issue::IssueState;
use paperround::domain::subscription::Subscription;
use paperround::services::links;
use paperround::store::{consents, ledger, subscribers, subscriptions};

use crate::support::TestApp;

const ADA: &str = "ada@inbox.example";

/// A publication with three digests, of which `daily` is the first.
async fn digests(app: &TestApp) -> [Digest; 3] {
    let daily = app.digest("daily", Some("0 7 * * *"), 1).await;
    app.advance(Duration::seconds(1));
    let weekly = app.digest("weekly", Some("0 8 * * sat"), 1).await;
    app.advance(Duration::seconds(1));
    let breaking = app.digest("breaking", None, 1).await;
    [daily, weekly, breaking]
}

async fn subscription(app: &TestApp, email: &str) -> Subscription {
    let mut tx = app.deps.store.read().await.unwrap();
    let found = subscribers::find_by_email(&mut tx, &email.parse().unwrap()).await;
    let reader = found.unwrap().unwrap();
    let found = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id()).await;
    found.unwrap().unwrap()
}

async fn preferences(app: &TestApp, email: &str) -> String {
    let link = links::preferences(&app.deps, subscription(app, email).await.id, None);
    format!("/preferences/{}", link.rsplit('/').next().unwrap())
}

async fn evidence(app: &TestApp, email: &str) -> Vec<String> {
    let id = subscription(app, email).await.id;
    let mut tx = app.deps.store.read().await.unwrap();
    let kept = consents::list(&mut tx, id).await.unwrap();
    kept.into_iter().filter_map(|one| one.detail).collect()
}

/// The slugs that are ticked on a page.
fn ticked(page: &str) -> Vec<&str> {
    page.split("name=\"frequency\" value=\"")
        .skip(1)
        .filter(|rest| rest.split('>').next().unwrap().contains(" checked"))
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

#[tokio::test]
async fn a_reader_gets_each_digest_that_they_ticked_and_no_other() {
    let app = TestApp::new().await;
    let [daily, weekly, breaking] = digests(&app).await;
    let form = "email=ada%40inbox.example&frequency=breaking&frequency=weekly&frequency=weekly";
    let answer = app.post("/ledger/subscribe", form).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    app.send_notices().await;
    let mail = app.newest(ADA);
    let names = format!("{}, {}", weekly.name, breaking.name);
    assert!(mail.text().unwrap().contains(&names));
    let link = app.link(ADA, "/confirm/");
    assert!(app.get(&link).await.body.contains(&names));
    let confirmed = app.post(&link, "").await.body;
    assert!(confirmed.contains("Saturday"), "the next of both issues");

    app.article("one", "A fire in the port", &[]).await;
    for (digest, mails) in [(&breaking, 2), (&weekly, 3)] {
        let id = app.send(digest).await;
        assert_eq!(app.issue(id).await.1.sent, 1);
        assert_eq!(app.mails_for(ADA), mails, "the same article in each digest");
    }
    let id = subscription(&app, ADA).await.id;
    let mut tx = app.deps.store.read().await.unwrap();
    let received = ledger::of_subscription(&mut tx, id).await.unwrap();
    drop(tx);
    let received = received
        .iter()
        .map(|one| (one.digest.as_str(), one.number, one.line.state));
    let sent = DeliveryState::Sent;
    assert!(received.eq([("breaking", Some(1), sent), ("weekly", Some(1), sent)]));
    let id = app.compose(&daily).await;
    assert_eq!(app.state(id).await, IssueState::Skipped);
    let chosen = "topics: all; digests: breaking,weekly";
    assert_eq!(evidence(&app, ADA).await, [chosen, chosen]);
}

#[tokio::test]
async fn json_takes_one_frequency_or_a_list() {
    let app = TestApp::new().await;
    digests(&app).await;
    let post = async |body: String| {
        let request = Request::post("/ledger/subscribe")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        app.request_from("203.0.113.8", request).await
    };
    for (n, (given, kept)) in [
        ("", "daily"),
        (r#", "frequency": """#, "daily"),
        (r#", "frequency": []"#, "daily"),
        (r#", "frequency": "weekly""#, "weekly"),
        (
            r#", "frequency": ["weekly", "breaking"]"#,
            "breaking,weekly",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("r{n}@inbox.example");
        let answer = post(format!(r#"{{"email": "{email}"{given}}}"#)).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{given}");
        app.send_notices().await;
        app.post(&app.link(&email, "/confirm/"), "").await;
        assert_eq!(
            subscription(&app, &email).await.digests.key(),
            kept,
            "{given}"
        );
    }
    let unknown = r#"{"email": "a@b.org", "frequency": ["weekly", "hourly"]}"#;
    let answer = post(unknown.to_owned()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains(r#""frequency":"This frequency"#),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn digests_are_changed_on_the_page_and_one_of_them_has_to_stay() {
    let app = TestApp::new().await;
    digests(&app).await;
    app.subscribe(ADA, "&frequency=weekly&topics=energy").await;
    let page = preferences(&app, ADA).await;
    assert_eq!(ticked(&app.get(&page).await.body), ["weekly"]);
    let saved = app
        .post(&page, "topics=energy&frequency=daily&frequency=breaking")
        .await;
    assert_eq!(ticked(&saved.body), ["daily", "breaking"]);
    assert_eq!(ticked(&app.get(&page).await.body), ["daily", "breaking"]);
    assert_eq!(
        evidence(&app, ADA).await.last().map(String::as_str),
        Some("topics: energy; digests: breaking,daily")
    );

    for nothing in ["topics=retail", "topics=retail&frequency="] {
        let refused = app.post(&page, nothing).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let told = "Please tick at least one. To get no more mails, leave by the link below.";
        assert!(refused.body.contains(told));
        assert!(refused.body.contains("/unsubscribe/"));
    }
    let unknown = app.post(&page, "frequency=daily&frequency=hourly").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = subscription(&app, ADA).await;
    let kept = (kept.digests.key(), kept.topics.key());
    assert_eq!(kept, ("breaking,daily".to_owned(), "energy".to_owned()));
}

#[tokio::test]
async fn the_form_comes_back_with_the_digests_that_were_ticked() {
    let app = TestApp::new().await;
    digests(&app).await;
    assert_eq!(ticked(&app.get("/ledger").await.body), ["daily"]);
    let form = "email=ada&frequency=weekly&frequency=breaking";
    let refused = app.post("/ledger/subscribe", form).await;
    assert_eq!(ticked(&refused.body), ["weekly", "breaking"]);
}

#[tokio::test]
async fn who_leaves_leaves_all_digests_and_has_them_back_after_undoing_it() {
    let app = TestApp::new().await;
    let [daily, weekly, _] = digests(&app).await;
    app.subscribe(ADA, "&frequency=daily&frequency=weekly")
        .await;
    app.article("one", "A story", &[]).await;
    app.send(&daily).await;
    let link = app.link(ADA, "/unsubscribe/");
    let page = app.get(&link).await.body;
    let (_, rest) = page.split_once("/preferences/").unwrap();
    let less = format!("/preferences/{}", rest.split('"').next().unwrap());
    let less = app.get(&less).await.body;
    assert_eq!(ticked(&less), ["daily", "weekly"], "less is offered");
    app.post(&link, "List-Unsubscribe=One-Click").await;
    let id = app.compose(&weekly).await;
    assert_eq!(app.state(id).await, IssueState::Skipped);
    app.post(&link, "action=undo").await;
    let id = app.send(&weekly).await;
    assert_eq!(app.issue(id).await.1.sent, 1);
    assert_eq!(subscription(&app, ADA).await.digests.key(), "daily,weekly");
}
