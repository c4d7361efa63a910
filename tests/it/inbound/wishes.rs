//! Readers leave by mail.

use paperround::domain::publication::Welcome;
use paperround::services::preview_digest::{self, Eyes};
use paperround::services::{manage_publication, test_digest};

use super::*;

#[tokio::test]
async fn a_mail_to_the_way_out_ends_the_subscription() {
    let app = service(|_| {}).await;
    let (digest, _, mail) = sent(&app).await;
    let mut client = Client::connect(&app).await;
    let to = leave_address(&mail);
    let reply = client
        .hand_over(ANN, &to, &letter(&to, "unsubscribe", ""))
        .await;
    assert!(reply.starts_with("250 "), "{reply}");
    assert_eq!(place(&app).await.state, SubscriptionState::Unsubscribed);
    assert_eq!(withdrawals(&app).await, ["mail"]);
    assert_eq!(reason(&app).await, None, "other publications go on");
    let before = app.mails_for(ANN);
    again(&app, &digest, 2).await;
    assert_eq!(
        app.mails_for(ANN),
        before,
        "nothing more is sent, nor an answer"
    );
    // As often as they like.
    let reply = client.hand_over(ANN, &to, &letter(&to, "", "bye")).await;
    assert!(reply.starts_with("250 "), "{reply}");
    assert_eq!(withdrawals(&app).await, ["mail"]);
}

#[tokio::test]
async fn it_is_the_second_way_out_and_signed_with_the_first() {
    let app = service(|_| {}).await;
    let (_, _, mail) = sent(&app).await;
    let raw = mail.source();
    let unfolded = raw.replace("\r\n ", " ");
    let field = unfolded
        .lines()
        .find(|line| line.starts_with("List-Unsubscribe:"))
        .unwrap();
    let https = field.find("<https://news.example/unsubscribe/").unwrap();
    assert!(https < field.find("<mailto:leave+").unwrap(), "{field}");
    assert!(raw.split("\r\n").all(|line| line.len() <= 998));
    assert!(
        mail.envelope().from.starts_with("bounce+"),
        "{}",
        mail.envelope().from
    );
    assert!(mail.envelope().from.ends_with(&format!("@{DOMAIN}")));
    let (local, _) = mail.envelope().from.rsplit_once('@').unwrap();
    assert!(local.len() <= 64);
}

#[tokio::test]
async fn without_a_domain_nobody_reads_mail_and_none_is_offered() {
    let app = TestApp::new().await;
    let (_, _, mail) = sent(&app).await;
    let raw = mail.source();
    assert!(!raw.contains("mailto:leave"));
    assert_eq!(mail.envelope().from, app.publication.from.email.as_str());
}

#[tokio::test]
async fn what_programs_write_by_themselves_ends_nothing() {
    let app = service(|_| {}).await;
    let (_, _, mail) = sent(&app).await;
    let to = leave_address(&mail);
    let mut client = Client::connect(&app).await;
    let vacation = letter(&to, "Automatic reply: unsubscribe", "I am away.")
        .replace("Subject:", "Auto-Submitted: auto-replied\nSubject:");
    for (from, message) in [
        (ANN, vacation.as_str()),
        ("", &letter(&to, "unsubscribe", "")),
        ("", &report("5.1.1", GONE)),
    ] {
        let reply = client.hand_over(from, &to, message).await;
        assert!(reply.starts_with("250 "), "{reply}");
        assert_eq!(
            place(&app).await.state,
            SubscriptionState::Confirmed,
            "{message}"
        );
    }
}

#[tokio::test]
async fn who_answers_a_mail_with_the_wish_to_leave_leaves() {
    let app = service(|_| {}).await;
    let (_, _, mail) = sent(&app).await;
    let to = mail.envelope().from.clone();
    let mut client = Client::connect(&app).await;
    let other = letter(&to, "Re: Fire at the mill", "Thank you for this piece.");
    client.hand_over(ANN, &to, &other).await;
    assert_eq!(place(&app).await.state, SubscriptionState::Confirmed);
    let wish = letter(
        &to,
        "Re: Fire at the mill",
        "Unsubscribe\n\n> Fire at the mill",
    );
    client.hand_over(ANN, &to, &wish).await;
    assert_eq!(place(&app).await.state, SubscriptionState::Unsubscribed);
    assert_eq!(withdrawals(&app).await, ["mail"]);
}

#[tokio::test]
async fn only_what_was_signed_here_is_taken() {
    let app = service(|_| {}).await;
    let (_, _, mail) = sent(&app).await;
    let to = leave_address(&mail);
    let mut client = Client::connect(&app).await;
    let forged = to
        .replacen("leave+a", "leave+b", 1)
        .replacen("leave+c", "leave+d", 1);
    let forged = if forged == to {
        to.replacen("leave+", "leave+a", 1)
    } else {
        forged
    };
    let elsewhere = to.replace(DOMAIN, "other.example");
    let bounce = mail.envelope().from.replacen("bounce+", "leave+", 1);
    for wrong in [forged, elsewhere, bounce, format!("nobody@{DOMAIN}")] {
        let reply = client
            .hand_over(ANN, &wrong, &letter(&wrong, "unsubscribe", ""))
            .await;
        assert!(reply.starts_with("550 5.1.1"), "{wrong}: {reply}");
    }
    assert_eq!(place(&app).await.state, SubscriptionState::Confirmed);
    let capitals = to.to_ascii_uppercase();
    let reply = client.hand_over(ANN, &capitals, &letter(&to, "", "")).await;
    assert!(reply.starts_with("250 "), "{reply}");
    assert_eq!(place(&app).await.state, SubscriptionState::Unsubscribed);
}

#[tokio::test]
async fn a_mail_program_leaves_for_its_reader() {
    let app = service(|_| {}).await;
    let (_, _, mail) = sent(&app).await;
    let to = leave_address(&mail);
    let mut client = Client::connect(&app).await;
    let marked = letter(&to, "unsubscribe", "Written by a program.")
        .replace("Subject:", "Auto-Submitted: auto-generated\nSubject:");
    client.hand_over(ANN, &to, &marked).await;
    assert_eq!(place(&app).await.state, SubscriptionState::Unsubscribed);
    assert_eq!(withdrawals(&app).await, ["mail"]);
}

/// The names of the header fields of a message, without the signatures.
fn fields(message: &str) -> Vec<&str> {
    let (head, _) = message.split_once("\r\n\r\n").unwrap();
    let lines = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']));
    let names = lines.map(|line| line.split(':').next().unwrap());
    names.filter(|name| *name != "DKIM-Signature").collect()
}

/// The mail of what would go out now, to Ann.
async fn looked_at(app: &TestApp, digest: &Digest) -> String {
    let reader = ANN.parse().unwrap();
    let (publication, digest) = (app.publication.clone(), digest.clone());
    let made = preview_digest::digest(&app.deps, publication, digest, None, Eyes::Reader(&reader));
    String::from_utf8(made.await.unwrap().message(&app.deps).unwrap()).unwrap()
}

#[tokio::test]
async fn what_is_only_looked_at_shows_both_ways_out_and_neither_leads_anywhere() {
    let app = service(|_| {}).await;
    let (digest, _, _) = sent(&app).await;
    app.article("port", "The port reopens", &[]).await;
    let shown = looked_at(&app, &digest).await;
    let editor = "editor@ledger.example";
    let publication = app.publication.clone();
    test_digest::send(
        &app.deps,
        publication,
        digest.clone(),
        &editor.parse().unwrap(),
    )
    .await
    .unwrap();
    let test = app.newest(editor);
    app.send(&digest).await;
    let mail = app.newest(ANN);
    assert_eq!(fields(&shown), fields(&mail.source()));
    assert_eq!(fields(&test.source()), fields(&mail.source()));
    for name in [
        "List-Id",
        "List-Unsubscribe-Post",
        "Precedence",
        "Feedback-ID",
    ] {
        assert_eq!(test.header(name), mail.header(name), "{name}");
        assert!(mail.header(name).is_some(), "{name}");
    }
    let to = leave_address(&test);
    let ways_out = format!(
        "List-Unsubscribe: <https://news.example/ledger#preview>, <mailto:{to}?subject=unsubscribe>"
    );
    assert!(
        shown.replace("\r\n ", " ").contains(&ways_out),
        "{ways_out}: {shown}"
    );
    assert_ne!(to, leave_address(&mail));
    let mut client = Client::connect(&app).await;
    let reply = client
        .hand_over(ANN, &to, &letter(&to, "unsubscribe", ""))
        .await;
    assert!(reply.starts_with("550 5.1.1"), "{reply}");
    assert_eq!(place(&app).await.state, SubscriptionState::Confirmed);
}

#[tokio::test]
async fn without_a_domain_what_is_looked_at_offers_no_mail_either() {
    let app = TestApp::new().await;
    let (digest, _, _) = sent(&app).await;
    app.article("port", "The port reopens", &[]).await;
    let shown = looked_at(&app, &digest).await;
    assert!(shown.contains("\r\nList-Unsubscribe: <https://news.example/ledger#preview>\r\n"));
    assert!(!shown.contains("mailto:"));
}

#[tokio::test]
async fn a_mail_of_welcome_can_be_left_by_mail() {
    let app = service(|_| {}).await;
    manage_publication::update(&app.deps, "ledger", |publication| {
        publication.welcome = Welcome::On;
        Ok(())
    })
    .await
    .unwrap();
    app.subscribe(ANN, "").await;
    app.send_notices().await;
    let to = leave_address(&app.newest(ANN));
    let mut client = Client::connect(&app).await;
    let reply = client
        .hand_over(ANN, &to, &letter(&to, "unsubscribe", ""))
        .await;
    assert!(reply.starts_with("250 "), "{reply}");
    assert_eq!(place(&app).await.state, SubscriptionState::Unsubscribed);
    assert_eq!(withdrawals(&app).await, ["mail"]);
}
