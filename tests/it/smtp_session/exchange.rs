//! What goes over the wire, and how often, when all is well.

use super::*;

#[tokio::test]
async fn many_mails_cost_one_round_trip_each_and_one_more() {
    const COUNT: usize = 20;
    let player = Player::plain(|_| None).await;
    let mut session = open(&player).await;
    assert!(session.pipelines() && session.capabilities().smtp_utf8);
    let before = player.round_trips();
    session.announce(&mail(1)).await;
    for number in 1..=COUNT {
        session.ready().await.unwrap();
        let next = (number < COUNT).then(|| mail(number + 1));
        let outcome = session.send(MESSAGE, next.as_ref()).await;
        assert!(is_accepted(&outcome), "{number}: {outcome:?}");
    }
    assert_eq!(player.round_trips() - before, COUNT + 1);
    session.quit().await;
    assert_eq!(player.messages(), vec![MESSAGE.to_vec(); COUNT]);
    let lines = player.lines();
    assert_eq!(
        lines[1..4],
        [
            "MAIL FROM:<bounce@ledger.example>",
            "RCPT TO:<r1@example.org>",
            "DATA"
        ]
    );
    assert_eq!(lines.len(), 1 + 3 * COUNT + 1);
    assert_eq!(lines.last().unwrap(), "QUIT");
}

#[tokio::test]
async fn without_pipelining_each_command_waits_for_its_turn() {
    for is_offered in [true, false] {
        let player = Player::plain(move |heard| match heard.verb.as_str() {
            "EHLO" if !is_offered => Some(vec![say("250 player\r\n")]),
            "BODY" => None,
            // What came too early would be lost.
            _ => Some([vec![Deed::Forget], player::usual(&heard.verb)].concat()),
        })
        .await;
        let relay = relay(&player, |config| config.pipelining = !is_offered);
        let mut session = relay.open().await.unwrap();
        assert!(!session.pipelines());
        let before = player.round_trips();
        session.announce(&mail(1)).await;
        for number in 1..=3 {
            session.ready().await.unwrap();
            let next = (number < 3).then(|| mail(number + 1));
            assert!(is_accepted(&session.send(MESSAGE, next.as_ref()).await));
        }
        assert_eq!(player.round_trips() - before, 4 * 3);
        assert_eq!(player.messages().len(), 3);
    }
}

#[tokio::test]
async fn parameters_are_those_that_the_server_offers() {
    let player = Player::plain(|heard| {
        let offers = "250-player\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-DSN\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n";
        (heard.verb == "EHLO").then(|| vec![say(offers)])
    })
    .await;
    let mut session = open(&player).await;
    let envelope = Envelope {
        from: String::new(),
        to: "jörg@example.org".parse().unwrap(),
        envid: Some("7+ö".to_owned()),
        needs_8bit: true,
        ..mail(1)
    };
    assert!(is_accepted(&one(&mut session, &envelope).await.unwrap()));
    assert_eq!(
        player.lines()[1..],
        [
            "MAIL FROM:<> SIZE=21 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=7+2B+C3+B6",
            "RCPT TO:<jörg@example.org> NOTIFY=FAILURE",
            "DATA"
        ]
    );
    let long = Envelope {
        size: 1001,
        ..mail(2)
    };
    let refusal = one(&mut session, &long).await.unwrap_err();
    assert_eq!((refusal.step, code(&refusal.outcome)), (Step::Mail, 552));
    assert!(is_accepted(&one(&mut session, &mail(3)).await.unwrap()));
    assert_eq!(player.lines().len(), 1 + 3 + 3);
}

#[tokio::test]
async fn a_next_mail_that_need_not_be_asked_for_is_refused_in_its_turn() {
    let player = Player::plain(|heard| {
        (heard.verb == "EHLO").then(|| vec![say("250-player\r\n250 PIPELINING\r\n")])
    })
    .await;
    let mut session = open(&player).await;
    session.announce(&mail(1)).await;
    session.ready().await.unwrap();
    let next = Envelope {
        needs_8bit: true,
        ..mail(2)
    };
    assert!(is_accepted(&session.send(MESSAGE, Some(&next)).await));
    let refusal = session.ready().await.unwrap_err();
    assert_eq!((refusal.step, code(&refusal.outcome)), (Step::Mail, 554));
    assert!(is_accepted(&one(&mut session, &mail(3)).await.unwrap()));
}

#[tokio::test]
async fn replies_may_come_in_pieces_in_many_lines_and_late() {
    for (reply, wait) in [
        (
            "250-2.0.0 taken\r\n250-2.0.0 and\r\n250 2.0.0 kept\r\n",
            Duration::ZERO,
        ),
        ("250 2.0.0 kept\r\n", Duration::from_millis(300)),
    ] {
        let player = Player::plain(move |heard| {
            let spelt = match heard.verb.as_str() {
                "CONNECT" => "220-hello\r\n220 you\r\n",
                "MAIL" | "RCPT" => "250-one\r\n250 two\r\n",
                "DOT" => reply,
                _ => return None,
            };
            Some(vec![Deed::Wait(wait), Deed::Spell(spelt.to_owned())])
        })
        .await;
        let mut session = open(&player).await;
        session.announce(&mail(1)).await;
        session.ready().await.unwrap();
        let Outcome::Accepted(kept) = session.send(MESSAGE, Some(&mail(2))).await else {
            panic!("not accepted");
        };
        assert_eq!((kept.code, kept.enhanced.as_deref()), (250, Some("2.0.0")));
        assert!(kept.text.starts_with("2.0.0 ") && kept.text.ends_with(" kept"));
        session.ready().await.unwrap();
        assert!(is_accepted(&session.send(MESSAGE, None).await));
    }
}

#[tokio::test]
async fn a_session_has_its_share() {
    let player = Player::plain(|_| None).await;
    let relay = relay(&player, |config| config.messages_per_connection = 2);
    let mut session = relay.open().await.unwrap();
    session.announce(&mail(1)).await;
    session.ready().await.unwrap();
    assert!(is_accepted(&session.send(MESSAGE, Some(&mail(2))).await));
    assert!(session.is_usable(), "the second is announced");
    session.ready().await.unwrap();
    assert!(is_accepted(&session.send(MESSAGE, Some(&mail(3))).await));
    assert!(!session.is_usable(), "the third was passed over");
    session.quit().await;
    assert_eq!(player.lines().last().unwrap(), "QUIT");
    assert_eq!(player.messages().len(), 2);
}

#[tokio::test]
async fn waiting_may_be_broken_off_and_taken_up_again() {
    let player = Player::plain(|heard| {
        let wait = Deed::Wait(Duration::from_millis(20));
        (heard.verb == "RCPT").then(|| {
            vec![
                wait.clone(),
                Deed::Spell("250 o".into()),
                wait,
                say("k\r\n"),
            ]
        })
    })
    .await;
    let mut session = open(&player).await;
    session.announce(&mail(1)).await;
    let mut is_ready = false;
    while !is_ready {
        let waiting = tokio::time::timeout(Duration::from_millis(3), session.ready());
        is_ready = waiting.await.is_ok_and(|ready| {
            ready.unwrap();
            true
        });
    }
    session.ready().await.unwrap();
    assert!(is_accepted(&session.send(MESSAGE, None).await));
}

#[tokio::test]
async fn a_dropped_session_leaves_no_mail() {
    let player = Player::plain(|_| None).await;
    let mut session = open(&player).await;
    session.announce(&mail(1)).await;
    session.ready().await.unwrap();
    drop(session);
    let mut session = open(&player).await;
    // On a task of its own, as the engine has it.
    let sending = tokio::spawn(async move { one(&mut session, &mail(2)).await });
    assert!(is_accepted(&sending.await.unwrap().unwrap()));
    assert_eq!(player.messages(), [MESSAGE]);
}

#[tokio::test]
async fn neither_side_waits_for_the_other_to_read() {
    // More than the buffers of both sockets hold, said before the message is read.
    let chatter = format!("250-{}\r\n", "x".repeat(2000)).repeat(20);
    let player = Player::plain(move |heard| match heard.verb.as_str() {
        "BODY" => Some(vec![Deed::Spell("250-early\r\n".into()), say(&chatter)]),
        "DOT" => Some(vec![say("250 2.0.0 kept\r\n")]),
        _ => None,
    })
    .await;
    let mut session = open(&player).await;
    let message = b"0123456789012345678901234567890123456789\r\n".repeat(500_000);
    session.announce(&mail(1)).await;
    session.ready().await.unwrap();
    let outcome = session.send(&message, None).await;
    assert!(is_accepted(&outcome), "{outcome:?}");
    assert_eq!(player.messages()[0].len(), message.len());
}

#[tokio::test]
async fn a_message_without_a_last_line_end_gets_one() {
    let player = Player::plain(|_| None).await;
    let mut session = open(&player).await;
    for (message, arrived) in [(&b"a\r\n\r\n..b"[..], &b"a\r\n\r\n..b\r\n"[..]), (b"", b"")] {
        session.announce(&mail(1)).await;
        session.ready().await.unwrap();
        assert!(is_accepted(&session.send(message, None).await));
        assert_eq!(player.messages().last().unwrap(), arrived);
    }
}
