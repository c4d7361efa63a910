//! Readers leave by mail.

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
