//! Refusals at each step, in groups and one by one; the next mail goes through.

use super::*;

/// Says this to the verb, the first time.
fn once(verb: &'static str, reply: &'static str) -> impl Fn(&Heard) -> Option<Vec<Deed>> {
    move |heard| (heard.verb == verb && heard.count == 1).then(|| vec![say(reply)])
}

/// The commands of a mail after the refusal of another in `step`, where RSET must come first.
const STEPS: [(&str, Step, bool); 4] = [
    ("MAIL", Step::Mail, false),
    ("RCPT", Step::Rcpt, true),
    ("DATA", Step::Data, true),
    ("DOT", Step::Body, false),
];

#[tokio::test]
async fn a_refusal_leaves_the_session_for_the_next_mail() {
    for (verb, step, is_left_open) in STEPS {
        for (reply, expected) in [
            ("450-4.7.1 not\r\n450 4.7.1 now\r\n", 450),
            ("550 5.1.1 no\r\n", 550),
        ] {
            for pipelining in [true, false] {
                // A server in its right mind refuses what follows a refusal.
                let refuse = once(verb, reply);
                let player = Player::plain(move |heard| {
                    let follows = match verb {
                        "MAIL" => ["RCPT", "DATA"].contains(&heard.verb.as_str()),
                        "RCPT" => heard.verb == "DATA",
                        _ => false,
                    };
                    let echo = follows && heard.count == 1 && pipelining;
                    refuse(heard).or_else(|| echo.then(|| vec![say("503 5.5.1 first\r\n")]))
                })
                .await;
                let relay = relay(&player, |config| config.pipelining = pipelining);
                let mut session = relay.open().await.unwrap();
                let (at, outcome) = match one(&mut session, &mail(1)).await {
                    Ok(outcome) => (Step::Body, outcome),
                    Err(refusal) => (refusal.step, refusal.outcome),
                };
                assert_eq!((at, code(&outcome)), (step, expected));
                assert!(session.is_usable());
                let (Outcome::Deferred(kept) | Outcome::Refused(kept)) = outcome else {
                    panic!();
                };
                assert!(
                    kept.enhanced.is_some() && !kept.text.contains('\n'),
                    "{kept:?}"
                );
                let heard = player.lines().len();
                let outcome = one(&mut session, &mail(2)).await.unwrap();
                assert!(is_accepted(&outcome) && session.pipelines() == pipelining);
                let is_reset = player.lines()[heard] == "RSET";
                assert_eq!(is_reset, is_left_open, "{verb} {pipelining}");
                assert_eq!(player.connections(), 1);
            }
        }
    }
}

#[tokio::test]
async fn the_mail_behind_a_refused_one_is_not_touched() {
    let player = Player::plain(once("DOT", "554 5.7.1 spam\r\n")).await;
    let mut session = open(&player).await;
    session.announce(&mail(1)).await;
    session.ready().await.unwrap();
    let outcome = session.send(MESSAGE, Some(&mail(2))).await;
    assert_eq!(code(&outcome), 554);
    session.ready().await.unwrap();
    let outcome = session.send(MESSAGE, Some(&mail(3))).await;
    assert!(is_accepted(&outcome));
    session.ready().await.unwrap();
    assert!(is_accepted(&session.send(MESSAGE, None).await));
}

#[tokio::test]
async fn a_refused_mail_that_was_announced_along_is_followed_by_another() {
    for pipelining in [true, false] {
        let player = Player::plain(move |heard| match (heard.verb.as_str(), heard.count) {
            ("RCPT", 2) => Some(vec![say("550 5.1.1 no\r\n")]),
            ("DATA", 2) if pipelining => Some(vec![say("554 5.5.1 nobody\r\n")]),
            _ => None,
        })
        .await;
        let relay = relay(&player, |config| config.pipelining = pipelining);
        let mut session = relay.open().await.unwrap();
        session.announce(&mail(1)).await;
        session.ready().await.unwrap();
        assert!(is_accepted(&session.send(MESSAGE, Some(&mail(2))).await));
        let refusal = session.ready().await.unwrap_err();
        assert_eq!((refusal.step, code(&refusal.outcome)), (Step::Rcpt, 550));
        assert!(is_accepted(&one(&mut session, &mail(3)).await.unwrap()));
        assert_eq!(player.messages().len(), 2);
    }
}

#[tokio::test]
async fn a_message_for_nobody_is_a_lone_dot() {
    for (verb, step) in [("RCPT", Step::Rcpt), ("MAIL", Step::Mail)] {
        let player = Player::plain(move |heard| match (heard.verb.as_str(), heard.count) {
            (v, 1) if v == verb => Some(vec![say("550 5.1.1 no\r\n")]),
            ("DOT", 1) => Some(vec![say("554 5.5.1 no valid recipients\r\n")]),
            _ => None,
        })
        .await;
        let mut session = open(&player).await;
        let refusal = one(&mut session, &mail(1)).await.unwrap_err();
        assert_eq!((refusal.step, code(&refusal.outcome)), (step, 550));
        assert_eq!(player.messages(), [b""]);
        assert!(is_accepted(&one(&mut session, &mail(2)).await.unwrap()));
        assert!(!player.lines().contains(&"RSET".to_owned()));
    }
}

#[tokio::test]
async fn a_server_that_says_goodbye_is_believed() {
    for (verb, step, _) in STEPS {
        for pipelining in [true, false] {
            let player = Player::plain(move |heard| {
                (heard.verb == verb && heard.count == 1)
                    .then(|| vec![say("421 4.3.2 shutting down\r\n"), Deed::Cut])
            })
            .await;
            let relay = relay(&player, |config| config.pipelining = pipelining);
            let mut session = relay.open().await.unwrap();
            let (at, outcome) = match one(&mut session, &mail(1)).await {
                Ok(outcome) => (Step::Body, outcome),
                Err(refusal) => (refusal.step, refusal.outcome),
            };
            assert_eq!((at, code(&outcome)), (step, 421));
            assert!(!session.is_usable());
            let refusal = one(&mut session, &mail(2)).await.unwrap_err();
            assert_eq!(code(&refusal.outcome), 0);
            let mut session = relay.open().await.unwrap();
            assert!(is_accepted(&one(&mut session, &mail(3)).await.unwrap()));
            assert_eq!(session.pipelines(), pipelining);
        }
    }
}

#[tokio::test]
async fn a_wish_for_a_sign_in_is_no_word_about_the_reader() {
    for (verb, step, _) in STEPS {
        for reply in ["530 5.7.0 STARTTLS first\r\n", "535 5.7.8 who are you\r\n"] {
            let player = Player::plain(once(verb, reply)).await;
            let mut session = open(&player).await;
            let (at, outcome) = match one(&mut session, &mail(1)).await {
                Ok(outcome) => (Step::Body, outcome),
                Err(refusal) => (refusal.step, refusal.outcome),
            };
            let Outcome::NotBegun(text) = outcome else {
                panic!("{outcome:?}");
            };
            assert!(at == step && text.contains("sign-in") && text.contains(reply.trim()));
            assert!(!session.is_usable());
        }
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_reset_is_given_up() {
    let player = Player::plain(|heard| match (heard.verb.as_str(), heard.count) {
        ("RCPT" | "DATA", 1) => Some(vec![say("550 5.1.1 no\r\n")]),
        ("RSET", _) => Some(vec![say("500 5.5.1 what\r\n")]),
        _ => None,
    })
    .await;
    let mut session = open(&player).await;
    assert_eq!(
        code(&one(&mut session, &mail(1)).await.unwrap_err().outcome),
        550
    );
    let refusal = one(&mut session, &mail(2)).await.unwrap_err();
    assert_eq!((refusal.step, code(&refusal.outcome)), (Step::Mail, 0));
    assert!(!session.is_usable());
}
