//! The whole engine against servers that take several mails in one go and misbehave: nobody is
//! missed, and of copies there are no more than mails whose answer was lost.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use paperround::domain::delivery::DeliveryState;
use paperround::domain::issue::IssueState;
use paperround::store::ledger::Line;

use crate::misbehaving::{
    Case, Effect, READERS, all, case, issue, nonsense, readers, send_all, start, turn,
};
use crate::smtp_session::player::{CHUNKS, Deed, say, usual};

/// The mails that are on the line at once on a connection.
const WINDOW: usize = 8;

fn chunks(verb: &'static str, deeds: Vec<Deed>, effect: Effect) -> Case {
    Case {
        offers: CHUNKS,
        ..case(verb, deeds, effect)
    }
}

/// Sends until the issue ends, and looks what came of it.
async fn goes_well(case: Case) {
    let (player, hits) = start(&case).await;
    let (app, id) = issue(&case, &player).await;
    send_all(&app, &case, id).await;
    let hits = hits.load(Ordering::SeqCst);
    assert!(hits > 0, "{case}: the fault did not strike");
    let lines = app.ledger(id).await;
    let context = format!("{case}: {hits} hits, {lines:#?}");
    let of_state = |state: DeliveryState| lines.iter().filter(move |line| line.state == state);
    let failed = match case.effect {
        Effect::Failed => hits,
        _ => 0,
    };
    assert_eq!(of_state(DeliveryState::Failed).count(), failed, "{context}");
    let sent = of_state(DeliveryState::Sent).count();
    assert_eq!(sent, READERS - failed, "{context}");
    let got = readers(&player);
    let distinct: BTreeSet<&str> = got.iter().map(String::as_str).collect();
    for line in of_state(DeliveryState::Sent) {
        assert!(distinct.contains(&*line.email), "{context}");
    }
    let repeats: u32 = lines.iter().map(|line| line.repeats).sum();
    let repeats = usize::try_from(repeats).unwrap();
    match case.effect {
        Effect::Unknown => {
            assert!(repeats > 0 && repeats <= hits * WINDOW, "{context}");
            assert!(got.len() <= READERS + repeats, "{context}");
        }
        _ => {
            assert_eq!(repeats, 0, "{context}");
            // The whole of a refused message has come all the same.
            let is_in_vain = case.verb == "BDAT" && case.effect != Effect::None;
            let extra = if is_in_vain { hits } else { 0 };
            assert_eq!(got.len(), READERS - failed + extra, "{context}");
        }
    }
    let ended = match failed {
        0 => IssueState::Sent,
        _ => IssueState::SentWithFailures,
    };
    assert_eq!(app.state(id).await, ended, "{context}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_mail_takes_no_other_with_it() {
    let mut cases = Vec::new();
    for verb in ["MAIL", "RCPT", "BDAT"] {
        let later = vec![say("451 4.3.0 later\r\n")];
        cases.push(chunks(verb, later, Effect::Deferred));
        let never = vec![say("550 5.1.1 never\r\n")];
        cases.push(chunks(verb, never, Effect::Failed));
        let bye = vec![say("421 4.3.2 going down\r\n"), Deed::Cut];
        cases.push(chunks(verb, bye, Effect::Deferred));
    }
    all(cases, goes_well).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_may_come_slowly_and_in_pieces() {
    let mut cases = Vec::new();
    for verb in ["MAIL", "RCPT", "BDAT", "RSET"] {
        let [Deed::Say(usual)] = &usual(verb)[..] else {
            panic!("{verb}");
        };
        let slow = vec![Deed::Wait(Duration::from_millis(200)), say(usual)];
        cases.push(chunks(verb, slow, Effect::None));
        cases.push(chunks(verb, vec![Deed::Spell(usual.clone())], Effect::None));
    }
    all(cases, goes_well).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_answered_is_sent_again() {
    let mut cases = Vec::new();
    for verb in ["MAIL", "RCPT", "BDAT"] {
        for deeds in nonsense() {
            cases.push(chunks(verb, deeds, Effect::Unknown));
        }
        cases.push(chunks(verb, vec![Deed::Hang], Effect::Unknown));
    }
    let cut = chunks("BDAT", vec![Deed::Cut], Effect::Unknown);
    cases.push(Case { tls: true, ..cut });
    let kept = vec![say("250 2.0.0 kept\r\n"), Deed::Cut];
    cases.push(chunks("BDAT", kept, Effect::Unknown));
    all(cases, goes_well).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_bear_windows_is_found_out() {
    let mut cases = Vec::new();
    for reply in ["500 5.5.1 what\r\n", "503 5.5.1 DATA first\r\n"] {
        let always = chunks("BDAT", vec![say(reply)], Effect::None);
        cases.push(Case {
            when: |_| true,
            ..always
        });
    }
    all(cases, goes_well_in_the_end).await;
}

/// Whatever the server heard in vain before it was found out.
async fn goes_well_in_the_end(case: Case) {
    let (player, hits) = start(&case).await;
    let (app, id) = issue(&case, &player).await;
    for _ in 0..20 {
        if turn(&app, &case).await {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    let lines = app.ledger(id).await;
    let context = format!("{case}: {lines:#?}");
    assert_eq!(app.state(id).await, IssueState::Sent, "{context}");
    // One for each connection that tried.
    assert!((1..=3).contains(&hits.load(Ordering::SeqCst)), "{context}");
    let tries: u32 = lines.iter().map(|line| line.attempts).sum();
    assert_eq!(tries as usize, READERS, "no attempt of a reader: {context}");
    assert!(lines.iter().all(|line| line.repeats == 0), "{context}");
}

/// A mail is written while its mark is on its way to the database, so that is too late to take it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_written_fails_alone() {
    const BROKEN: &str = "reader12@inbox.example";
    let case = Case {
        when: |_| false,
        ..chunks("RSET", usual("RSET"), Effect::None)
    };
    let (player, _) = start(&case).await;
    let (app, id) = issue(&case, &player).await;
    // No way in lets such a name through.
    let break_one = format!(
        "UPDATE subscribers SET name = 'Ann\nof' WHERE email = '{BROKEN}' RETURNING CAST(1 AS BIGINT)"
    );
    assert_eq!(app.number(&break_one).await, 1);
    assert!(!turn(&app, &case).await, "the relay is not to blame");
    let lines = app.ledger(id).await;
    let (failed, others): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.email == BROKEN);
    assert_eq!(failed[0].state, DeliveryState::Failed, "{failed:?}");
    assert_eq!(failed[0].repeats, 0, "{failed:?}");
    let is_sent = |line: &&Line| line.state == DeliveryState::Sent && line.attempts == 1;
    assert!(others.iter().all(is_sent), "{others:?}");
    assert_eq!(readers(&player).len(), READERS - 1);
    assert_eq!(app.state(id).await, IssueState::SentWithFailures);
    assert_eq!(app.number("SELECT COUNT(*) FROM begun").await, 0);
}
