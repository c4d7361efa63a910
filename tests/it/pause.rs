//! Less rather than nothing: a pause, a digest that comes less often; and what is asked of who leaves.

use axum::http::StatusCode;
use chrono::Duration;
use paperround::domain::delivery::DeliveryState;
use paperround::services::manage_publication;
use paperround::store::{consents, subscribers, subscriptions};

use crate::support::{TestApp, new_publication};

const ANN: &str = "ann@inbox.example";

async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.subscribe(ANN, "").await;
    app.subscribe("bob@inbox.example", "").await;
    app
}

/// The links to a reader's choices and to leaving, as a mail has them.
async fn links(app: &TestApp) -> (String, String) {
    app.post("/ledger/link", "email=ann%40inbox.example").await;
    app.send_notices().await;
    let choices = app.link(ANN, "/preferences/");
    let page = app.get(&choices).await.body;
    let leave = page
        .split("\"https://news.example/unsubscribe/")
        .nth(1)
        .unwrap();
    let leave = leave.split('"').next().unwrap();
    (choices, format!("/unsubscribe/{leave}"))
}

/// Kind and detail of the evidence.
async fn evidence(app: &TestApp) -> Vec<(String, String)> {
    let email = ANN.parse().unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    let reader = subscribers::find_by_email(&mut tx, &email)
        .await
        .unwrap()
        .unwrap();
    let place = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id());
    let place = place.await.unwrap().unwrap();
    let records = consents::list(&mut tx, place.id).await.unwrap();
    let told = records
        .into_iter()
        .map(|record| (record.kind.to_string(), record.detail.unwrap_or_default()));
    told.collect()
}

async fn state(app: &TestApp, issue: paperround::domain::ids::IssueId) -> (DeliveryState, String) {
    let lines = app.ledger(issue).await;
    let line = lines.into_iter().find(|line| line.email == ANN).unwrap();
    (line.state, line.reason.unwrap_or_default())
}

#[tokio::test]
async fn nothing_is_sent_during_a_pause_and_it_ends_by_itself() {
    let app = app().await;
    let daily = app.digest("daily", None, 1).await;
    let (choices, _) = links(&app).await;
    // On its way when the pause begins.
    app.article("a", "A new pier", &["energy"]).await;
    let before = app.compose(&daily).await;
    let mails = app.mails_for(ANN);
    let paused = app.post(&choices, "action=pause-week&lang=en").await;
    assert_eq!(paused.status, StatusCode::OK);
    let until = "Mail comes again from Monday, 9 March 2026";
    assert!(paused.body.contains(until), "{}", paused.body);
    assert!(app.get(&choices).await.body.contains("End the pause"));
    app.deliver().await.unwrap();
    let skipped = (DeliveryState::Skipped, "paused".to_owned());
    assert_eq!(state(&app, before).await, skipped);
    app.article("b", "A new mill", &["energy"]).await;
    let during = app.send(&daily).await;
    assert_eq!(state(&app, during).await, skipped);
    assert_eq!(
        app.issue(during).await.1.sent,
        1,
        "the other reader gets it"
    );
    assert_eq!(app.mails_for(ANN), mails);

    app.clock_at("2026-03-08T22:59:00Z");
    app.article("c", "A new bank", &["energy"]).await;
    let last = app.send(&daily).await;
    assert_eq!(state(&app, last).await, skipped);
    app.clock_at("2026-03-08T23:00:00Z");
    app.article("d", "A new fund", &["energy"]).await;
    let after = app.send(&daily).await;
    assert_eq!(state(&app, after).await.0, DeliveryState::Sent);
    assert!(!app.get(&choices).await.body.contains("End the pause"));
    let told = evidence(&app).await;
    let (kind, detail) = told.last().unwrap();
    assert_eq!(
        (&kind[..], &detail[..]),
        ("changed", "paused until 2026-03-08T23:00:00Z")
    );
}

#[tokio::test]
async fn a_pause_that_is_ended_lets_go_what_is_still_going_out() {
    let app = app().await;
    let daily = app.digest("daily", None, 1).await;
    let (choices, _) = links(&app).await;
    app.post(&choices, "action=pause-month").await;
    app.article("a", "A new pier", &["energy"]).await;
    let issue = app.compose(&daily).await;
    assert_eq!(state(&app, issue).await.0, DeliveryState::Skipped);
    let page = app.post(&choices, "action=resume").await.body;
    assert!(page.contains("For a week"));
    app.deliver().await.unwrap();
    assert_eq!(state(&app, issue).await.0, DeliveryState::Sent);
    assert_eq!(evidence(&app).await.last().unwrap().1, "pause ended");
}

#[tokio::test]
async fn a_pause_ends_on_a_day_to_come() {
    let app = app().await;
    let (choices, _) = links(&app).await;
    let page = app.get(&choices).await.body;
    assert!(
        page.contains("min=\"2026-03-03\" max=\"2027-03-03\""),
        "{page}"
    );
    for day in ["", "2026-03-02", "2027-03-04", "soon", "2026-02-30"] {
        let form = format!("action=pause-until&until={day}");
        let refused = app.post(&choices, &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
        assert!(
            refused.body.contains("aria-describedby=\"until-error\""),
            "{day}"
        );
    }
    assert_eq!(evidence(&app).await.len(), 2);
    let paused = app
        .post(&choices, "action=pause-until&until=2026-03-03")
        .await;
    assert!(
        paused.body.contains("from Tuesday, 3 March 2026"),
        "{}",
        paused.body
    );
}

#[tokio::test]
async fn who_leaves_is_offered_less_once_and_asked_why_afterwards() {
    let app = app().await;
    for (slug, cron) in [
        ("daily", "0 7 * * *"),
        ("weekly", "0 7 * * 5"),
        ("monthly", "0 7 1 * *"),
    ] {
        app.digest(slug, Some(cron), 1).await;
        app.advance(Duration::seconds(1));
    }
    let (_, leave) = links(&app).await;
    let page = app.get(&leave).await.body;
    assert!(
        page.contains("You could get weekly instead, every Friday at 7:00"),
        "{page}"
    );
    assert!(!page.contains("name=\"why\""));
    let less = page.split("<form action=\"").nth(2).unwrap();
    let less = less.split('"').next().unwrap().to_owned();
    let saved = app
        .post(&less, "action=only&frequency=weekly&lang=en")
        .await;
    assert!(
        saved
            .body
            .contains("Saved. They count from the next issue."),
        "{}",
        saved.body
    );
    assert!(saved.body.contains("value=\"weekly\" checked"));
    let told = evidence(&app).await;
    assert_eq!(told.last().unwrap().1, "topics: all; digests: weekly");
    let page = app.get(&leave).await.body;
    assert!(page.contains("You could get monthly instead"));
    assert_eq!(
        app.post(&less, "action=only&frequency=none").await.status,
        404
    );

    // Before leaving nothing is told, and each leaving is explained once.
    app.post(&leave, "action=why&why=too-often").await;
    assert_eq!(evidence(&app).await.len(), 3);
    let goodbye = app.post(&leave, "").await.body;
    assert!(goodbye.contains("name=\"why\" value=\"too-often\"") && goodbye.contains("Undo"));
    for why in ["", "nonsense"] {
        let again = app.post(&leave, &format!("action=why&why={why}")).await;
        assert!(again.body.contains("name=\"why\""), "{why}");
    }
    for _ in 0..2 {
        let thanked = app.post(&leave, "action=why&why=too-often").await.body;
        assert!(thanked.contains("Thank you") && thanked.contains("Undo"));
    }
    let told = evidence(&app).await;
    assert_eq!(told.len(), 5);
    assert_eq!(told[4], ("explained".to_owned(), "too-often".to_owned()));
}

#[tokio::test]
async fn the_page_shows_other_publications_and_asks_for_them_by_mail() {
    let app = app().await;
    let tides = new_publication("tides", "Tides <tides@ledger.example>");
    manage_publication::create(&app.deps, tides).await.unwrap();
    let (choices, _) = links(&app).await;
    let page = app.get(&choices).await.body;
    assert!(page.contains("Other newsletters from here"));
    assert!(page.contains("name=\"publication\" value=\"tides\""));
    let mails = app.mails_for(ANN);
    app.advance(Duration::hours(25));
    let asked = app
        .post(&choices, "action=join&publication=tides&lang=en")
        .await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    app.send_notices().await;
    assert_eq!(app.mails_for(ANN), mails + 1);
    let confirm = app.link(ANN, "/confirm/");
    assert!(
        app.get(&choices).await.body.contains("value=\"tides\""),
        "not before it is confirmed"
    );
    app.post(&confirm, "").await;
    let page = app.get(&choices).await.body;
    assert!(
        !page.contains("value=\"tides\"") && page.contains("Leave The Ledger"),
        "{page}"
    );
    assert_eq!(
        app.post(&choices, "action=join&publication=none")
            .await
            .status,
        404
    );
}
