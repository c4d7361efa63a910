//! The mail after confirming, and links to confirm that have ended.

use chrono::TimeDelta;
use paperround::demo::mailbox::StoredMail;
use paperround::domain::publication::Welcome;
use paperround::domain::subscription::SubscriptionState;
use paperround::domain::suppression::SuppressionReason;
use paperround::services::{cleanup, manage_publication, suppress};
use paperround::store::{Tx, subscribers, subscriptions};

use crate::support::{Answer, TestApp};

async fn welcoming(welcome: Welcome) -> TestApp {
    let app = TestApp::new().await;
    let changed = manage_publication::update(&app.deps, "ledger", |publication| {
        publication.welcome = welcome;
        Ok(())
    });
    changed.await.unwrap();
    app
}

async fn ask(app: &TestApp, email: &str) {
    let form = format!("email={}", email.replace('@', "%40"));
    assert_eq!(app.post("/ledger/subscribe", &form).await.status, 202);
    app.send_notices().await;
}

async fn state(app: &TestApp, email: &str) -> Option<SubscriptionState> {
    let mut tx = app.deps.store.read().await.unwrap();
    let reader = subscribers::find_by_email(&mut tx, &email.parse().unwrap())
        .await
        .unwrap()?;
    let found = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id()).await;
    found.unwrap().map(|subscription| subscription.state)
}

/// The mail after the one that asked.
async fn welcomed(app: &TestApp, email: &str, form: &str) -> StoredMail {
    app.subscribe(email, form).await;
    app.send_notices().await;
    assert_eq!(app.mails_for(email), 2);
    app.newest(email)
}

#[tokio::test]
async fn nobody_is_welcomed_unless_the_publication_says_so() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "").await;
    app.send_notices().await;
    assert_eq!(app.mails_for("ada@inbox.example"), 1);
}

#[tokio::test]
async fn a_welcome_comes_once_and_one_can_leave_by_it() {
    let app = welcoming(Welcome::On).await;
    app.digest("daily", Some("0 7 * * *"), 1).await;
    let mail = welcomed(&app, "ada@inbox.example", "&topics=energy").await;
    assert_eq!(
        mail.header("Subject").as_deref(),
        Some("Welcome to The Harbour Ledger")
    );
    assert_eq!(
        mail.header("List-Unsubscribe-Post").as_deref(),
        Some("List-Unsubscribe=One-Click")
    );
    assert!(
        mail.header("List-Id")
            .unwrap()
            .contains("<ledger.ledger.example>")
    );
    let text = mail.text().unwrap();
    assert!(text.contains("Tuesday, 3 March 2026, at 7:00"), "{text}");
    assert!(text.contains("Energy"), "{text}");
    let confirm = app
        .mailbox
        .list()
        .into_iter()
        .find_map(|mail| {
            let text = mail.text()?;
            text.split_whitespace()
                .find(|word| word.contains("/confirm/"))
                .map(str::to_owned)
        })
        .unwrap();
    // Another press is no other confirmation.
    assert_eq!(app.post(&confirm, "").await.status, 200);
    app.send_notices().await;
    assert_eq!(app.mails_for("ada@inbox.example"), 2);
    let out = mail.header("List-Unsubscribe").unwrap();
    let link = out.trim_start_matches('<').trim_end_matches('>').to_owned();
    let left = app.post(&link, "List-Unsubscribe=One-Click").await;
    assert_eq!(left.status, 200);
    let now = state(&app, "ada@inbox.example").await;
    assert_eq!(now, Some(SubscriptionState::Unsubscribed));
    // Coming back is a new beginning.
    app.advance(TimeDelta::hours(25));
    app.subscribe("ada@inbox.example", "").await;
    app.send_notices().await;
    assert_eq!(app.mails_for("ada@inbox.example"), 4);
}

#[tokio::test]
async fn who_leaves_before_the_welcome_gets_none() {
    let app = welcoming(Welcome::On).await;
    app.subscribe("ada@inbox.example", "").await;
    let email = "ada@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &email, SuppressionReason::Manual, None)
        .await
        .unwrap();
    app.send_notices().await;
    assert_eq!(app.mails_for("ada@inbox.example"), 1);
}

#[tokio::test]
async fn the_latest_issue_welcomes_and_changes_nothing_of_the_next() {
    let app = welcoming(Welcome::LatestIssue).await;
    let digest = app.digest("daily", None, 1).await;
    app.readers(std::iter::once("old@inbox.example".to_owned()))
        .await;
    // There is no issue yet: a few words.
    let words = welcomed(&app, "first@inbox.example", "").await;
    assert!(!words.text().unwrap().contains("About"), "no article");
    app.article("wind", "Wind rises", &["energy"]).await;
    app.article("rents", "Rents fall", &["retail"]).await;
    let first = app.send(&digest).await;
    let rows = app.ledger(first).await.len();

    let mail = welcomed(&app, "ada@inbox.example", "&topics=energy").await;
    let (text, html) = (mail.text().unwrap(), mail.html().unwrap());
    assert_eq!(
        mail.header("Subject").as_deref(),
        Some("Welcome to The Harbour Ledger")
    );
    for part in [&text, &html] {
        assert!(part.contains("Wind rises"), "{part}");
        assert!(!part.contains("Rents fall"), "{part}");
        assert!(part.contains("Here is the latest issue"), "{part}");
        assert!(
            part.contains("/unsubscribe/") && part.contains("/preferences/"),
            "{part}"
        );
        assert!(!part.contains("#preview"), "{part}");
        assert!(part.contains("ada@inbox.example"), "{part}");
    }
    assert!(mail.header("List-Unsubscribe").is_some());
    assert_eq!(app.ledger(first).await.len(), rows);

    app.advance(TimeDelta::hours(1));
    app.article("solar", "Solar follows", &["energy"]).await;
    let second = app.send(&digest).await;
    let next = app.newest("ada@inbox.example").text().unwrap();
    assert!(
        next.contains("Solar follows") && !next.contains("Wind rises"),
        "{next}"
    );
    assert_eq!(app.ledger(second).await.len(), rows + 1);
    let others = app.newest("old@inbox.example").text().unwrap();
    assert!(others.contains("Solar follows"), "{others}");

    // Who had that issue already is not sent it again on coming back.
    app.post(&app.link("ada@inbox.example", "/unsubscribe/"), "")
        .await;
    app.advance(TimeDelta::hours(25));
    app.subscribe("ada@inbox.example", "&topics=energy").await;
    app.send_notices().await;
    let back = app.newest("ada@inbox.example");
    assert_eq!(
        back.header("Subject").as_deref(),
        Some("Welcome to The Harbour Ledger")
    );
    assert!(!back.text().unwrap().contains("Solar follows"));
}

/// Presses the button of a link that has ended.
async fn again(app: &TestApp, link: &str) -> Answer {
    let page = app.get(link).await;
    assert_eq!(page.status, 410, "{}", page.body);
    assert!(page.body.contains("Send me a new link"), "{}", page.body);
    // The button of a page that was left open confirms nothing.
    assert_eq!(app.post(link, "").await.status, 410);
    app.post(link, "action=again").await
}

#[tokio::test]
async fn a_link_that_has_ended_offers_another() {
    for forgotten in [false, true] {
        let app = TestApp::new().await;
        app.post(
            "/ledger/subscribe",
            "email=late%40inbox.example&topics=retail&name=Lea",
        )
        .await;
        app.send_notices().await;
        let link = app.link("late@inbox.example", "/confirm/");
        app.advance(TimeDelta::days(8));
        if forgotten {
            cleanup::prune(&app.deps).await.unwrap();
            assert_eq!(state(&app, "late@inbox.example").await, None);
        }
        let answer = again(&app, &link).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        assert!(
            answer.body.contains("l•••@inbox.example"),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains("late@"), "{}", answer.body);
        // However often it is pressed, one mail a day.
        assert_eq!(again(&app, &link).await.status, 202);
        app.send_notices().await;
        assert_eq!(
            app.mails_for("late@inbox.example"),
            2,
            "forgotten: {forgotten}"
        );
        let new = app.link("late@inbox.example", "/confirm/");
        assert_ne!(new, link);
        assert_eq!(app.post(&new, "").await.status, 200);
        let mut tx = app.deps.store.read().await.unwrap();
        let email = "late@inbox.example".parse().unwrap();
        let reader = subscribers::find_by_email(&mut tx, &email)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(reader.name.as_deref(), Some("Lea"));
        let found =
            subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id()).await;
        assert_eq!(found.unwrap().unwrap().topics.key(), "retail");
    }
}

#[tokio::test]
async fn a_suppressed_address_is_not_asked_again_and_the_answer_is_the_same() {
    let app = TestApp::new().await;
    for email in ["late@inbox.example", "lost@inbox.example"] {
        ask(&app, email).await;
    }
    let [late, lost] =
        ["late@inbox.example", "lost@inbox.example"].map(|email| app.link(email, "/confirm/"));
    app.advance(TimeDelta::days(8));
    cleanup::prune(&app.deps).await.unwrap();
    let email = "lost@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &email, SuppressionReason::HardBounce, None)
        .await
        .unwrap();
    let (one, other) = (again(&app, &late).await, again(&app, &lost).await);
    assert_eq!((one.status, one.body), (other.status, other.body));
    app.send_notices().await;
    assert_eq!(app.mails_for("late@inbox.example"), 2);
    assert_eq!(app.mails_for("lost@inbox.example"), 1);
}

#[tokio::test]
async fn a_link_that_was_used_says_so_once_its_reader_has_left() {
    let app = TestApp::new().await;
    ask(&app, "ada@inbox.example").await;
    let link = app.link("ada@inbox.example", "/confirm/");
    app.post(&link, "").await;
    assert!(app.get(&link).await.body.contains("You are in already"));
    // It cannot ask anew while the subscription stands.
    let pressed = app.post(&link, "action=again").await;
    assert!(pressed.body.contains("You are in"), "{}", pressed.body);
    let digest = app.digest("daily", None, 1).await;
    app.article("wind", "Wind rises", &[]).await;
    app.send(&digest).await;
    app.post(&app.link("ada@inbox.example", "/unsubscribe/"), "")
        .await;
    app.advance(TimeDelta::hours(25));
    let page = app.get(&link).await;
    assert_eq!(page.status, 410);
    assert!(
        page.body.contains("This link was used before"),
        "{}",
        page.body
    );
    assert_eq!(again(&app, &link).await.status, 202);
    app.send_notices().await;
    let new = app.link("ada@inbox.example", "/confirm/");
    assert_ne!(new, link);
    app.post(&new, "").await;
    let now = state(&app, "ada@inbox.example").await;
    assert_eq!(now, Some(SubscriptionState::Confirmed));
}

#[tokio::test]
async fn forgotten_means_that_only_the_mail_still_knows_the_address() {
    let app = TestApp::new().await;
    ask(&app, "victim@inbox.example").await;
    let never = app.link("victim@inbox.example", "/never/");
    app.advance(TimeDelta::days(8));
    cleanup::prune(&app.deps).await.unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    let statement = "SELECT sealed FROM sealed_links";
    let sealed: Vec<Vec<u8>> = match &mut tx {
        Tx::Sqlite(inner) => sqlx::query_scalar(statement)
            .fetch_all(&mut **inner)
            .await
            .unwrap(),
        Tx::Postgres(inner) => sqlx::query_scalar(statement)
            .fetch_all(&mut **inner)
            .await
            .unwrap(),
    };
    drop(tx);
    assert_eq!(sealed.len(), 2);
    for kept in &sealed {
        assert!(!String::from_utf8_lossy(kept).contains("victim"));
    }
    // The way to stop all mail is still open, and back.
    let page = app.get(&never).await;
    assert!(page.body.contains("v•••@inbox.example"), "{}", page.body);
    assert_eq!(app.post(&never, "").await.status, 200);
    app.advance(TimeDelta::days(1));
    ask(&app, "victim@inbox.example").await;
    assert_eq!(app.mails_for("victim@inbox.example"), 1);
    assert_eq!(app.post(&never, "action=undo").await.status, 200);
    ask(&app, "victim@inbox.example").await;
    assert_eq!(app.mails_for("victim@inbox.example"), 2);
    // Not for ever.
    app.advance(TimeDelta::days(200));
    cleanup::prune(&app.deps).await.unwrap();
    let old = app.get(&never).await;
    assert_eq!(old.status, 404, "{}", old.body);
}
