//! Several mails in one go over a server that takes messages in chunks.

use paperround::mail::smtp::{Answer, Parcel};

use super::player::CHUNKS;
use super::*;

/// A server that takes chunks, and does this to a verb of a mail, counted over all connections.
async fn chunker(part: impl Fn(&Heard) -> Option<Vec<Deed>> + Send + Sync + 'static) -> Player {
    Player::plain(move |heard| {
        let offers = (heard.verb == "EHLO").then(|| vec![say(CHUNKS)]);
        offers.or_else(|| part(heard))
    })
    .await
}

async fn send(session: &mut Session, mails: &[Envelope]) -> Vec<Answer> {
    let parcel = |envelope| Parcel {
        envelope,
        message: MESSAGE.into(),
    };
    let parcels: Vec<Parcel<'_>> = mails.iter().map(parcel).collect();
    session.send_window(&parcels).await
}

fn mails(numbers: std::ops::RangeInclusive<usize>) -> Vec<Envelope> {
    numbers.map(mail).collect()
}

/// A session on which one mail has gone, so that windows are open.
async fn proven(relay: &Relay) -> Session {
    let mut session = relay.open().await.unwrap();
    assert_eq!(session.window(), Some(1), "the first mail goes alone");
    let first = send(&mut session, &mails(0..=0)).await;
    assert!(is_accepted(&first[0].outcome), "{first:?}");
    assert_eq!(session.window(), Some(8));
    session
}

/// What became of each mail: accepted, unknown, or refused in a step with a code (0: not begun).
fn fates(answers: &[Answer]) -> Vec<String> {
    let fate = |answer: &Answer| match &answer.outcome {
        Outcome::Accepted(_) => "sent".to_owned(),
        Outcome::Unknown(_) => "unknown".to_owned(),
        other => format!("{} {}", answer.step, code(other)),
    };
    answers.iter().map(fate).collect()
}

#[tokio::test]
async fn a_window_of_mails_costs_one_round_trip() {
    let player = chunker(|_| None).await;
    let mut session = proven(&relay(&player, |_| {})).await;
    let before = player.round_trips();
    let answers = send(&mut session, &mails(1..=4)).await;
    assert_eq!(fates(&answers), ["sent"; 4]);
    assert_eq!(player.round_trips(), before + 1);
    assert_eq!(player.messages(), vec![MESSAGE; 5]);
    let mail = [
        "MAIL FROM:<bounce@ledger.example>",
        "RCPT TO:<r2@example.org>",
        "BDAT 21 LAST",
    ];
    let lines = player.lines();
    let second = lines.iter().position(|line| line.contains("r2@")).unwrap();
    assert_eq!(lines[second - 2], "RSET");
    assert_eq!(lines[second - 1..=second + 1], mail);
    assert!(session.is_usable());
    session.quit().await;
    assert_eq!(player.lines().last().unwrap(), "QUIT");
}

#[tokio::test]
async fn mails_go_one_by_one_where_windows_are_not_possible() {
    let player = Player::plain(|_| None).await;
    assert_eq!(
        open(&player).await.window(),
        None,
        "CHUNKING is not offered"
    );
    let player = chunker(|_| None).await;
    let session = |change: fn(&mut RelayConfig)| {
        let relay = relay(&player, change);
        async move { relay.open().await.unwrap() }
    };
    assert_eq!(session(|config| config.window = 1).await.window(), None);
    let alone = session(|config| config.pipelining = false).await;
    assert_eq!(alone.window(), None);
    let mut session = session(|config| config.messages_per_connection = 3).await;
    assert_eq!(fates(&send(&mut session, &mails(1..=1)).await), ["sent"]);
    assert_eq!(session.window(), Some(2), "what is left of its share");
    assert_eq!(fates(&send(&mut session, &mails(2..=3)).await), ["sent"; 2]);
    assert!(!session.is_usable());
}

#[tokio::test]
async fn a_refused_mail_takes_no_other_with_it() {
    for (verb, step) in [
        ("MAIL", Step::Mail),
        ("RCPT", Step::Rcpt),
        ("BDAT", Step::Body),
    ] {
        for (reply, expected) in [
            ("450-4.2.1 not\r\n450 4.2.1 now\r\n", 450),
            ("550 5.1.1 no\r\n", 550),
        ] {
            // The second of the window; what follows a refusal is refused too.
            let player = chunker(move |heard| {
                let is_third = heard.count == 3;
                let follows = match verb {
                    "MAIL" => ["RCPT", "BDAT"].contains(&heard.verb.as_str()),
                    "RCPT" => heard.verb == "BDAT",
                    _ => false,
                };
                match heard.verb == verb {
                    true if is_third => Some(vec![say(reply)]),
                    _ if follows && is_third => Some(vec![say("503 5.5.1 first\r\n")]),
                    _ => None,
                }
            })
            .await;
            let mut session = proven(&relay(&player, |_| {})).await;
            let answers = send(&mut session, &mails(1..=3)).await;
            let refused = format!("{step} {expected}");
            assert_eq!(fates(&answers), ["sent", &refused, "sent"], "{verb}");
            assert!(session.is_usable() && session.window() == Some(8));
            assert_eq!(fates(&send(&mut session, &mails(4..=5)).await), ["sent"; 2]);
            assert_eq!(player.connections(), 1);
        }
    }
}

#[tokio::test]
async fn a_mail_that_the_server_cannot_take_is_not_said() {
    let player = Player::plain(|heard| {
        let plain = CHUNKS.replace("250 SMTPUTF8", "250 SIZE 1000");
        (heard.verb == "EHLO").then(|| vec![say(&plain)])
    })
    .await;
    let mut session = proven(&relay(&player, |_| {})).await;
    let mut window = mails(1..=3);
    window[1].to = "jörg@example.org".parse().unwrap();
    let answers = send(&mut session, &window).await;
    assert_eq!(fates(&answers), ["sent", "MAIL 553", "sent"]);
    assert!(session.is_usable());
    assert_eq!(player.messages().len(), 3);
}

#[tokio::test]
async fn a_broken_connection_leaves_those_unknown_that_were_not_answered() {
    for deeds in [
        vec![Deed::Cut],
        vec![Deed::Hang],
        vec![say("what?\r\n")],
        vec![say("354 go on\r\n")],
        vec![say("250-half a reply"), Deed::Cut],
        vec![say("250-half\r\n251 of two codes\r\n")],
        vec![say(&format!("250 {}\r\n", "x".repeat(5000)))],
    ] {
        for verb in ["MAIL", "RCPT", "BDAT"] {
            let (hangs, cuts) = (
                deeds.iter().any(|deed| matches!(deed, Deed::Hang)),
                deeds.iter().any(|deed| matches!(deed, Deed::Cut)),
            );
            let played = deeds.clone();
            let player = chunker(move |heard| {
                (heard.verb == verb && heard.count == 3).then(|| played.clone())
            })
            .await;
            let relay = relay(&player, |config| {
                if hangs {
                    hasty(config);
                }
            });
            let mut session = proven(&relay).await;
            let answers = send(&mut session, &mails(1..=3)).await;
            let context = format!("{verb} {deeds:.80?}");
            assert_eq!(fates(&answers), ["sent", "unknown", "unknown"], "{context}");
            assert!(!session.is_usable(), "{context}");
            // Silence and nonsense may come of the window itself.
            let next = relay.open().await.unwrap();
            assert_eq!(next.window().is_some(), cuts, "{context}");
        }
    }
}

#[tokio::test]
async fn a_goodbye_says_that_what_follows_was_not_read() {
    for (verb, step) in [
        ("MAIL", Step::Mail),
        ("RCPT", Step::Rcpt),
        ("BDAT", Step::Body),
    ] {
        for last in [Deed::Cut, Deed::Hang] {
            let player = chunker(move |heard| {
                let goodbye = vec![say("421 4.3.2 shutting down\r\n"), last.clone()];
                (heard.verb == verb && heard.count == 3).then_some(goodbye)
            })
            .await;
            let relay = relay(&player, |_| {});
            let mut session = proven(&relay).await;
            let answers = send(&mut session, &mails(1..=4)).await;
            let expected = ["sent", &format!("{step} 421"), "message 0", "message 0"];
            assert_eq!(fates(&answers), expected, "{verb}");
            assert!(!session.is_usable());
            assert_eq!(relay.open().await.unwrap().window(), Some(1));
        }
    }
}

#[tokio::test]
async fn a_refused_reset_leaves_it_to_the_mails_behind_it() {
    for (reply, goes_on, stops) in [
        ("421 4.7.0 too many errors\r\n", false, false),
        ("554 too many nonmail commands\r\n", true, false),
        ("502 5.5.1 what\r\n", true, true),
    ] {
        let player = chunker(move |heard| {
            let mut deeds = vec![say(reply)];
            if !goes_on {
                deeds.push(Deed::Cut);
            }
            (heard.verb == "RSET" && heard.count == 2).then_some(deeds)
        })
        .await;
        let relay = relay(&player, |_| {});
        let mut session = proven(&relay).await;
        let answers = send(&mut session, &mails(1..=4)).await;
        let expected = if goes_on {
            ["sent"; 4]
        } else {
            ["sent", "sent", "message 0", "message 0"]
        };
        assert_eq!(fates(&answers), expected, "{reply}");
        assert!(!session.is_usable());
        assert_eq!(relay.open().await.unwrap().window().is_none(), stops);
    }
}

#[tokio::test]
async fn a_kind_word_out_of_step_may_be_about_another_mail() {
    // This server takes the chunk all the same.
    let player = chunker(|heard| match (heard.verb.as_str(), heard.count) {
        ("RCPT", 3) => Some(vec![say("503 5.5.1 what\r\n")]),
        ("BDAT", 3) => Some(vec![say("250 2.0.0 kept\r\n")]),
        _ => None,
    })
    .await;
    let mut session = proven(&relay(&player, |_| {})).await;
    let answers = send(&mut session, &mails(1..=3)).await;
    assert_eq!(fates(&answers), ["sent", "unknown", "unknown"]);
    assert!(!session.is_usable());
}

#[tokio::test]
async fn nothing_is_begun_where_the_server_has_hung_up() {
    let player = chunker(|heard| {
        let cut = vec![say("250 2.0.0 kept\r\n"), Deed::Cut];
        (heard.verb == "BDAT" && heard.count == 1).then_some(cut)
    })
    .await;
    let mut session = open(&player).await;
    assert_eq!(fates(&send(&mut session, &mails(1..=1)).await), ["sent"]);
    tokio::time::sleep(SHORT / 10).await;
    assert_eq!(
        fates(&send(&mut session, &mails(2..=3)).await),
        ["MAIL 0"; 2]
    );
}

#[tokio::test]
async fn windows_that_break_again_and_again_are_given_up() {
    let player = chunker(|heard| (heard.verb == "BDAT").then(|| vec![Deed::Cut])).await;
    let relay = relay(&player, |_| {});
    let mut rounds = 0;
    while relay.open().await.unwrap().window().is_some() {
        rounds += 1;
        assert!(rounds < 20, "it goes on for ever");
        let mut session = relay.open().await.unwrap();
        assert_eq!(fates(&send(&mut session, &mails(0..=0)).await), ["unknown"]);
    }
}

#[tokio::test]
async fn what_did_not_leave_whole_was_not_begun() {
    // More than the buffers of both sockets hold.
    let long = b"0123456789012345678901234567890123456789\r\n".repeat(500_000);
    for last in [Deed::Cut, Deed::Hang] {
        let hangs = matches!(last, Deed::Hang);
        let player = chunker(move |heard| {
            (heard.verb == "BODY" && heard.count == 3).then(|| vec![last.clone()])
        })
        .await;
        let relay = relay(&player, |config| {
            if hangs {
                hasty(config);
            }
        });
        let mut session = proven(&relay).await;
        let envelopes = mails(1..=3);
        let messages = [MESSAGE, &long, MESSAGE];
        let parcels: Vec<Parcel<'_>> = envelopes
            .iter()
            .zip(messages)
            .map(|(envelope, message)| Parcel {
                envelope,
                message: message.into(),
            })
            .collect();
        let answers = session.send_window(&parcels).await;
        assert_eq!(fates(&answers), ["sent", "message 0", "message 0"]);
        assert!(!session.is_usable());
    }
}

#[tokio::test]
async fn a_server_that_does_not_know_its_own_offer_gets_no_more_chunks() {
    for reply in [
        "500 5.5.1 what\r\n",
        "502 no\r\n",
        "503 5.5.1 DATA first\r\n",
    ] {
        let player = chunker(move |heard| (heard.verb == "BDAT").then(|| vec![say(reply)])).await;
        let relay = relay(&player, |_| {});
        let mut session = relay.open().await.unwrap();
        let answers = send(&mut session, &mails(1..=1)).await;
        assert_eq!(fates(&answers), ["message 0"], "{reply}");
        assert!(!session.is_usable());
        let mut session = relay.open().await.unwrap();
        assert_eq!(session.window(), None);
        assert!(is_accepted(&one(&mut session, &mail(2)).await.unwrap()));
    }
}

#[tokio::test]
async fn a_wish_for_a_sign_in_is_no_word_about_any_reader() {
    let player = chunker(|heard| {
        let asked = heard.verb == "MAIL" && heard.turn > 1;
        let follows = ["RCPT", "BDAT"].contains(&heard.verb.as_str()) && heard.turn > 1;
        let reply = if asked {
            "530 5.7.0 sign in\r\n"
        } else {
            "503 5.5.1 first\r\n"
        };
        (asked || follows).then(|| vec![say(reply)])
    })
    .await;
    let relay = relay(&player, |_| {});
    let mut session = proven(&relay).await;
    let answers = send(&mut session, &mails(1..=3)).await;
    assert_eq!(fates(&answers), ["MAIL 0"; 3]);
    let Outcome::NotBegun(text) = &answers[2].outcome else {
        panic!("{answers:?}");
    };
    assert!(text.contains("sign-in"), "{text}");
    assert!(!session.is_usable());
    assert_eq!(relay.open().await.unwrap().window(), Some(1));
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_has_taken_leave() {
    let player = chunker(|heard| {
        let goodbye = vec![say("250 2.0.0 kept\r\n421 4.4.2 bye\r\n")];
        (heard.verb == "BDAT" && heard.count == 1).then_some(goodbye)
    })
    .await;
    let mut session = open(&player).await;
    assert_eq!(fates(&send(&mut session, &mails(1..=1)).await), ["sent"]);
    let answers = send(&mut session, &mails(2..=3)).await;
    assert_eq!(fates(&answers), ["MAIL 0"; 2]);
    let Outcome::NotBegun(text) = &answers[0].outcome else {
        panic!("{answers:?}");
    };
    assert!(text.contains("takes leave: 421 4.4.2 bye"), "{text}");
    assert!(!session.is_usable());
    assert_eq!(player.messages().len(), 1);
}
