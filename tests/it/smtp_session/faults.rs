//! Servers that break off, hang, talk nonsense or do not keep their word.

use super::*;

/// A mail against a server that does this at the first such verb, with short limits where it
/// hangs: what came of it and whether the session lives on.
async fn played(
    verb: &'static str,
    deeds: Vec<Deed>,
    pipelining: bool,
    message: &[u8],
) -> (Outcome, bool) {
    let hangs = deeds.iter().any(|deed| matches!(deed, Deed::Hang));
    let player =
        Player::plain(move |heard| (heard.verb == verb && heard.count == 1).then(|| deeds.clone()))
            .await;
    let relay = relay(&player, |config| {
        config.pipelining = pipelining;
        if hangs {
            hasty(config);
        }
    });
    let mut session = relay.open().await.unwrap();
    session.announce(&mail(1)).await;
    let outcome = match session.ready().await {
        Ok(()) => session.send(message, Some(&mail(2))).await,
        Err(refusal) => refusal.outcome,
    };
    let lives = session.is_usable() && session.ready().await.is_ok();
    (outcome, lives)
}

#[tokio::test]
async fn before_the_message_nothing_was_begun() {
    for verb in ["MAIL", "RCPT", "DATA"] {
        for deeds in [
            vec![Deed::Cut],
            vec![Deed::Hang],
            vec![say("what?\r\n")],
            vec![say("250-half\r\n251 another\r\n")],
            vec![say(&format!("250 {}\r\n", "x".repeat(5000)))],
            vec![say(&"250-again\r\n".repeat(101))],
            vec![say("199 early\r\n")],
            vec![say("250-cut in the mid"), Deed::Cut],
        ] {
            for pipelining in [true, false] {
                let (outcome, lives) = played(verb, deeds.clone(), pipelining, MESSAGE).await;
                let is_right = matches!(outcome, Outcome::NotBegun(_)) && !lives;
                assert!(is_right, "{verb} {deeds:?}: {outcome:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_reply_of_the_wrong_class_breaks_the_connection() {
    for (verb, reply) in [
        ("MAIL", "354 go on\r\n"),
        ("RCPT", "354 go on\r\n"),
        ("DATA", "250 taken already\r\n"),
        ("MAIL", "503 5.5.1 out of turn\r\n"),
    ] {
        for pipelining in [true, false] {
            let (outcome, lives) = played(verb, vec![say(reply)], pipelining, MESSAGE).await;
            let is_right = matches!(outcome, Outcome::NotBegun(_)) && !lives;
            assert!(is_right, "{verb} {reply:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn in_the_middle_of_the_message_nothing_was_begun() {
    // More than the buffers of both sockets hold.
    let message = b"0123456789012345678901234567890123456789\r\n".repeat(500_000);
    for deeds in [vec![Deed::Cut], vec![Deed::Hang]] {
        let (outcome, lives) = played("BODY", deeds, true, &message).await;
        let is_right = matches!(outcome, Outcome::NotBegun(_)) && !lives;
        assert!(is_right, "{outcome:?}");
    }
    // What the server says before it breaks off is believed.
    let early = vec![
        say("552 5.3.4 too long\r\n"),
        Deed::Wait(SHORT / 10),
        Deed::Cut,
    ];
    let (outcome, lives) = played("BODY", early, true, &message).await;
    assert!(code(&outcome) == 552 && !lives, "{outcome:?}");
}

#[tokio::test]
async fn after_the_final_dot_nobody_knows() {
    for deeds in [
        vec![Deed::Cut],
        vec![Deed::Hang],
        vec![say("what?\r\n")],
        vec![say("354 once more?\r\n")],
        vec![say("250-half a reply"), Deed::Cut],
        vec![say("250-half a reply\r\n251 of two codes\r\n")],
        vec![say(&format!("250 {}\r\n", "x".repeat(5000)))],
    ] {
        for pipelining in [true, false] {
            let (outcome, lives) = played("DOT", deeds.clone(), pipelining, MESSAGE).await;
            let is_right = matches!(outcome, Outcome::Unknown(_)) && !lives;
            assert!(is_right, "{deeds:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_after_taking_a_mail_has_it() {
    let deeds = vec![say("250 2.0.0 kept\r\n"), Deed::Cut];
    let (outcome, lives) = played("DOT", deeds, true, MESSAGE).await;
    assert!(is_accepted(&outcome) && !lives);
}

#[tokio::test]
async fn the_message_waits_for_a_server_that_talks_out_of_its_turn() {
    for (extra, expected) in [("250 what else\r\n", 0), ("421 4.4.2 bye\r\n", 421)] {
        let said = vec![say("354 go on\r\n"), say(extra)];
        let (outcome, lives) = played("DATA", said, true, MESSAGE).await;
        assert!(code(&outcome) == expected && !lives, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_goodbye_before_a_mail_is_heard() {
    let bye = "250 2.0.0 kept\r\n421 4.4.2 bye\r\n";
    let player =
        Player::plain(move |heard| (heard.verb == "DOT").then(|| vec![say(bye), Deed::Cut])).await;
    let mut session = open(&player).await;
    assert!(is_accepted(&one(&mut session, &mail(1)).await.unwrap()));
    let refusal = one(&mut session, &mail(2)).await.unwrap_err();
    assert_eq!((refusal.step, code(&refusal.outcome)), (Step::Mail, 421));
    assert!(!session.is_usable());
    assert_eq!(player.lines().len(), 4);
}

/// Plays the part until it is found out; then a new connection takes the mail step by step.
async fn is_found_out(
    part: impl Fn(&Heard) -> Option<Vec<Deed>> + Send + Sync + 'static,
) -> Outcome {
    let player = Player::plain(part).await;
    let relay = relay(&player, hasty);
    let mut session = relay.open().await.unwrap();
    assert!(session.pipelines());
    let outcome = {
        session.announce(&mail(1)).await;
        match session.ready().await {
            Err(refusal) => refusal.outcome,
            Ok(()) => match session.send(MESSAGE, Some(&mail(2))).await {
                Outcome::Accepted(_) => session.ready().await.unwrap_err().outcome,
                other => other,
            },
        }
    };
    assert!(!session.is_usable());
    let mut session = relay.clone().open().await.unwrap();
    assert!(!session.pipelines());
    session.announce(&mail(3)).await;
    session.ready().await.unwrap();
    assert!(is_accepted(&session.send(MESSAGE, Some(&mail(4))).await));
    session.ready().await.unwrap();
    assert!(is_accepted(&session.send(MESSAGE, None).await));
    outcome
}

#[tokio::test]
async fn a_server_that_loses_what_came_early_is_found_out() {
    for verb in ["MAIL", "RCPT", "DOT"] {
        let outcome = is_found_out(move |heard| {
            let forgets = heard.verb == verb;
            forgets.then(|| [vec![Deed::Forget], player::usual(verb)].concat())
        })
        .await;
        assert!(
            matches!(outcome, Outcome::NotBegun(_)),
            "{verb}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_answers_too_little_is_found_out() {
    for (verb, reply) in [("MAIL", ""), ("RCPT", ""), ("RCPT", "503 5.5.1 what\r\n")] {
        let outcome = is_found_out(move |heard| {
            (heard.verb == verb && heard.connection == 1).then(|| vec![say(reply)])
        })
        .await;
        assert!(
            matches!(outcome, Outcome::NotBegun(_)),
            "{verb}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_wants_the_dot_last_is_found_out() {
    // It looks for the final dot at the end of what it has read, and does not find it.
    let outcome = is_found_out(|heard| {
        (heard.verb == "DOT" && heard.connection == 1).then(|| vec![Deed::Hang])
    })
    .await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_refusal_in_a_group_that_ends_in_silence_is_not_believed() {
    // RCPT is lost, so that this is the reply to DATA.
    let outcome = is_found_out(|heard| {
        let lost = heard.connection == 1;
        match heard.verb.as_str() {
            "RCPT" if lost => Some(vec![]),
            "DATA" if lost => Some(vec![say("554 5.5.1 no valid recipients\r\n")]),
            _ => None,
        }
    })
    .await;
    assert!(matches!(outcome, Outcome::NotBegun(_)), "{outcome:?}");
}
