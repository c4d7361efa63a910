//! What reports lead to.

use super::*;

#[tokio::test]
async fn an_address_that_does_not_exist_gets_no_more_mail() {
    let app = service(|_| {}).await;
    let (digest, issue, mail) = sent(&app).await;
    let mut client = Client::connect(&app).await;
    for _ in 0..2 {
        let reply = client
            .hand_over("", &mail.envelope().from, &report("5.1.1", GONE))
            .await;
        assert!(reply.starts_with("250 "), "{reply}");
    }
    let kept = known(&app).await;
    assert_eq!(kept.len(), 1, "a report that comes twice is kept once");
    assert_eq!(kept[0].kind, ReportKind::Hard);
    assert_eq!(kept[0].source, BounceSource::ReturnPath);
    assert_eq!(kept[0].issue, Some(issue));
    assert_eq!(kept[0].status.as_deref(), Some("5.1.1"));
    assert_eq!(reason(&app).await, Some(SuppressionReason::HardBounce));
    let before = app.mails_for(ANN);
    again(&app, &digest, 2).await;
    assert_eq!(app.mails_for(ANN), before);
    // An operator who knows better is believed, whatever comes again of the old mail.
    suppress::remove(&app.deps, &ANN.parse().unwrap())
        .await
        .unwrap();
    client
        .hand_over("", &mail.envelope().from, &report("5.1.1", GONE))
        .await;
    assert_eq!(reason(&app).await, None);
}

#[tokio::test]
async fn soft_bounces_of_enough_issues_end_it() {
    let app = service(|settings| settings.bounces.soft_limit = 3).await;
    let (digest, _, first) = sent(&app).await;
    let mut client = Client::connect(&app).await;
    client
        .hand_over("", &first.envelope().from, &report("4.2.2", FULL))
        .await;
    client
        .hand_over(
            "",
            &first.envelope().from,
            &report("4.4.7", "delivery time expired"),
        )
        .await;
    assert_eq!(reason(&app).await, None, "two reports of one mail");
    let (_, second) = again(&app, &digest, 2).await;
    client
        .hand_over("", &second.envelope().from, &report("4.2.2", FULL))
        .await;
    // What the server holds against us says nothing about the mailbox.
    let (_, blocked) = again(&app, &digest, 3).await;
    let text = "550 5.7.1 your IP is on our blocklist";
    client
        .hand_over("", &blocked.envelope().from, &report("5.7.1", text))
        .await;
    assert_eq!(reason(&app).await, None);
    // And what is long ago does not count.
    app.advance(Duration::days(61));
    let (_, third) = again(&app, &digest, 4).await;
    client
        .hand_over("", &third.envelope().from, &report("4.2.2", FULL))
        .await;
    assert_eq!(reason(&app).await, None);
    for number in 5..7 {
        let (_, mail) = again(&app, &digest, number).await;
        client
            .hand_over("", &mail.envelope().from, &report("4.2.2", FULL))
            .await;
    }
    assert_eq!(reason(&app).await, Some(SuppressionReason::SoftBounces));
}

#[tokio::test]
async fn a_complaint_is_heeded_though_the_address_is_left_out() {
    let app = service(|_| {}).await;
    let (_, issue, mail) = sent(&app).await;
    let mut client = Client::connect(&app).await;
    let to = format!("feedback@{DOMAIN}");
    let reply = client
        .hand_over("feedback@inbox.example", &to, &complaint(&mail))
        .await;
    assert!(reply.starts_with("250 "), "{reply}");
    let kept = known(&app).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].kind, kept[0].issue),
        (ReportKind::Complaint, Some(issue))
    );
    assert_eq!(reason(&app).await, Some(SuppressionReason::Complaint));
    assert_eq!(place(&app).await.state, SubscriptionState::Unsubscribed);
    assert_eq!(withdrawals(&app).await, ["complaint"]);
}

#[tokio::test]
async fn a_report_without_our_signature_does_nothing() {
    let app = service(|_| {}).await;
    let (_, _, mail) = sent(&app).await;
    let mut client = Client::connect(&app).await;
    let message = complaint(&mail);
    // The address and the Message-ID are known to others.
    let (head, rest) = message.split_once("List-Unsubscribe:").unwrap();
    let (_, rest) = rest.split_once("\nList-Unsubscribe-Post").unwrap();
    let bare = format!("{head}List-Unsubscribe-Post{rest}").replace(
        "Version: 1",
        &format!("Version: 1\nOriginal-Rcpt-To: {ANN}"),
    );
    assert!(bare.contains("Message-ID: <") || bare.contains("Message-Id: <"));
    let reply = client
        .hand_over("", &format!("feedback@{DOMAIN}"), &bare)
        .await;
    assert!(reply.starts_with("250 "), "{reply}");
    assert!(known(&app).await.is_empty());
    assert_eq!(reason(&app).await, None);
}

#[tokio::test]
async fn a_mail_that_asks_to_confirm_and_comes_back_suppresses_nobody() {
    let app = service(|settings| settings.signup.reminder_after = Some(Duration::days(1))).await;
    app.post("/ledger/subscribe", "email=ann%40inbox.example")
        .await;
    app.send_notices().await;
    let mail = app.newest(ANN);
    assert!(
        mail.envelope().from.starts_with("notice+"),
        "{}",
        mail.envelope().from
    );
    let mut client = Client::connect(&app).await;
    client
        .hand_over("", &mail.envelope().from, &report("5.1.1", GONE))
        .await;
    assert_eq!(known(&app).await.len(), 1);
    assert_eq!(reason(&app).await, None);
    // Nobody is reminded of what did not arrive.
    app.advance(Duration::hours(25));
    paperround::services::sign_up::remind(&app.deps)
        .await
        .unwrap();
    app.send_notices().await;
    assert_eq!(app.mails_for(ANN), 1);
}

/// Refuses the recipients that a function names.
struct Refusing(Mailbox, fn(&str) -> bool);

impl Script for Refusing {
    fn on_rcpt(&self, to: &str) -> Action {
        if (self.1)(to) {
            return Action::Reply(550, "5.1.1 no such user".to_owned());
        }
        Action::Accept
    }

    fn on_message(&self, mail: &paperround::demo::smtp::ReceivedMail) -> Action {
        self.0.on_message(mail)
    }
}

async fn refusing(which: fn(&str) -> bool) -> TestApp {
    let mailbox = Mailbox::new();
    let script = Arc::new(Refusing(mailbox.clone(), which));
    TestApp::with(script, mailbox, |settings| {
        settings.alerts.failure_minimum = 10;
        settings.alerts.failure_percent = 50;
    })
    .await
}

#[tokio::test]
async fn what_a_relay_refuses_at_once_is_a_bounce_once_the_issue_has_ended() {
    let app = refusing(|to| to == ANN).await;
    let digest = app.digest("daily", None, 1).await;
    let others = (0..20).map(|n| format!("reader{n}@inbox.example"));
    app.readers(others.chain([ANN.to_owned()])).await;
    app.article("news", "News", &[]).await;
    let issue = app.send(&digest).await;
    assert_eq!(app.issue(issue).await.1.failed, 1);
    record_bounce::look_through(&app.deps).await.unwrap();
    assert_eq!(reason(&app).await, None, "it has only just ended");
    app.advance(Duration::minutes(1));
    for _ in 0..2 {
        record_bounce::look_through(&app.deps).await.unwrap();
    }
    assert_eq!(reason(&app).await, Some(SuppressionReason::HardBounce));
    let kept = known(&app).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].source, BounceSource::Refused);
}

#[tokio::test]
async fn a_relay_that_refuses_nearly_everybody_costs_nobody_anything() {
    let app = refusing(|_| true).await;
    let digest = app.digest("daily", None, 1).await;
    let others = (0..8).map(|n| format!("reader{n}@inbox.example"));
    app.readers(others.chain([ANN.to_owned()])).await;
    app.article("news", "News", &[]).await;
    let issue = app.send(&digest).await;
    assert_eq!(app.issue(issue).await.1.failed, 9);
    let mut deps = app.deps.clone();
    deps.limits.alerts.failure_minimum = 9;
    app.advance(Duration::minutes(1));
    record_bounce::look_through(&deps).await.unwrap();
    assert_eq!(reason(&app).await, None);
    assert!(known(&app).await.is_empty());
}

#[tokio::test]
async fn too_many_complaints_stop_an_issue_and_open_an_alert() {
    let app = service(|settings| {
        settings.alerts.failure_minimum = 3;
        settings.alerts.complaint_percent = 50.0;
    })
    .await;
    let digest = app.digest("daily", None, 1).await;
    let others = (0..2).map(|n| format!("reader{n}@inbox.example"));
    app.readers(others.chain([ANN.to_owned()])).await;
    app.article("news", "News", &[]).await;
    let issue = app.send(&digest).await;
    let mut client = Client::connect(&app).await;
    let to = format!("feedback@{DOMAIN}");
    for reader in ["reader0@inbox.example", ANN] {
        alerts::check(&app.deps).await.unwrap();
        let mail = app.newest(reader);
        client.hand_over("", &to, &complaint(&mail)).await;
    }
    alerts::check(&app.deps).await.unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    let opened = paperround::store::alerts::opened(&mut tx).await.unwrap();
    drop(tx);
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0].kind.as_str(), "complaint-rate");
    assert_eq!(
        opened[0].summary,
        "of 3 mails of an issue of ledger/daily 2 led to a complaint (limit: 50 %)"
    );
    assert_eq!(
        app.issue(issue).await.0.state,
        IssueState::Sent,
        "too late to stop it"
    );
    app.advance(Duration::days(4));
    alerts::check(&app.deps).await.unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    assert!(
        paperround::store::alerts::opened(&mut tx)
            .await
            .unwrap()
            .is_empty()
    );
}
