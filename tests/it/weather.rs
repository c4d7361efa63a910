//! A relay that refuses, hangs up and loses its replies, in the shares that a bad day brings.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use paperround::config::relay::{Relay, Relays};
use paperround::demo::mailbox::Mailbox;
use paperround::domain::delivery::DeliveryState;
use paperround::domain::issue::IssueState;
use paperround::domain::random::{Random as _, StdRandom};

use crate::support::TestApp;
use crate::support::sink::{Act, Heard, Sink};

const READERS: usize = 3000;
const SEED: u64 = 5_321;
/// Waits between tries at a reader's mail, in seconds, and by how much chance may stretch them.
const WAITS: [i64; 6] = [60, 300, 1800, 3600, 7200, 10_800];
const JITTER: f64 = 1.2;
/// How far the test's clock jumps.
const STEP: i64 = 60;

/// What a reader's mail has been through.
#[derive(Debug, Clone, Default)]
struct Past {
    tries: Vec<i64>,
    cuts: usize,
}

struct Weather {
    random: StdRandom,
    /// The test's clock.
    now: AtomicI64,
    pasts: Mutex<HashMap<String, Past>>,
}

impl Weather {
    fn on(&self, heard: Heard<'_>) -> Act {
        let mut pasts = self.pasts.lock().unwrap();
        let chance = self.random.fraction();
        match heard {
            Heard::Rcpt(reader) => {
                let past = pasts.entry(reader.to_owned()).or_default();
                past.tries.push(self.now.load(Ordering::SeqCst));
                if past.tries.len() == 1 {
                    return Act::Refuse("451 4.7.1 Greylisted, come back later");
                }
                match chance {
                    ..0.06 => Act::Refuse("450 4.2.0 mailbox busy"),
                    ..0.12 => Act::Refuse("451 try again"),
                    ..0.16 => Act::Refuse("452 4.2.2 mailbox full"),
                    ..0.18 => Act::Dismiss("421 4.3.2 going down"),
                    _ => Act::Usual,
                }
            }
            Heard::Dot(_) if chance < 0.05 => Act::Refuse("451 4.3.0 local trouble"),
            Heard::Dot(reader) if chance < 0.1 => {
                pasts.entry(reader.to_owned()).or_default().cuts += 1;
                Act::Cut
            }
            Heard::Mail | Heard::Dot(_) => Act::Usual,
        }
    }
}

/// How the rounds of a send went.
#[derive(Debug, Default)]
struct Rounds {
    working: usize,
    interrupted: usize,
    longest: Duration,
}

/// Sends round after round until the issue ends.
async fn send_all(
    app: &TestApp,
    weather: &Weather,
    id: paperround::domain::ids::IssueId,
) -> Rounds {
    let mut rounds = Rounds::default();
    for _ in 0..2000 {
        let tries = |weather: &Weather| -> usize {
            let pasts = weather.pasts.lock().unwrap();
            pasts.values().map(|past| past.tries.len()).sum()
        };
        let before = tries(weather);
        let began = Instant::now();
        let sent = app.deliver().await;
        if tries(weather) > before {
            rounds.working += 1;
            rounds.longest = rounds.longest.max(began.elapsed());
        }
        if app.state(id).await.is_final() {
            return rounds;
        }
        if sent.is_err() {
            // The relay is left alone for a moment; no reader's clock goes on meanwhile.
            rounds.interrupted += 1;
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        }
        app.advance(chrono::Duration::seconds(STEP));
        weather.now.fetch_add(STEP, Ordering::SeqCst);
    }
    panic!("the issue does not end: {rounds:?}");
}

/// No wait was shorter than a minute or longer than the schedule has it.
fn check_waits(reader: &str, past: &Past) {
    for (at, pair) in past.tries.windows(2).enumerate() {
        let wait = pair[1] - pair[0];
        #[expect(clippy::cast_precision_loss, reason = "hours at most")]
        let most = WAITS[at.min(WAITS.len() - 1)] as f64 * JITTER;
        #[expect(clippy::cast_precision_loss, reason = "hours at most")]
        let is_right = wait >= WAITS[0] && wait as f64 <= most + STEP as f64;
        assert!(is_right, "{reader} waited {wait} s: {past:?}; seed {SEED}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_bad_day_everybody_is_served_once() {
    everybody_is_served_once(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_bad_day_everybody_is_served_once_in_windows_too() {
    everybody_is_served_once(true).await;
}

async fn everybody_is_served_once(in_windows: bool) {
    let weather = Arc::new(Weather {
        random: StdRandom::seeded(SEED),
        now: AtomicI64::new(0),
        pasts: Mutex::default(),
    });
    let part = Arc::clone(&weather);
    let on = move |heard: Heard<'_>| part.on(heard);
    let sink = if in_windows {
        Sink::chunking(on).await
    } else {
        Sink::start(on).await
    };
    let mailbox = Mailbox::new();
    let app = TestApp::with(Arc::new(mailbox.clone()), mailbox, |settings| {
        settings.relay = Relays(vec![Relay::at(&sink.url())]);
    })
    .await;
    let daily = app.digest("daily", None, 1).await;
    let readers = (0..READERS).map(|n| format!("reader{n}@inbox{}.example", n % 7));
    app.readers(readers).await;
    app.article("one", "A story", &[]).await;
    let id = app.compose(&daily).await;
    let rounds = send_all(&app, &weather, id).await;
    println!("{rounds:?}");

    let (issue, counts) = app.issue(id).await;
    assert_eq!(issue.state, IssueState::Sent, "{counts:?}; seed {SEED}");
    let kept = sink.all();
    assert_eq!(kept.len(), READERS, "somebody was missed; seed {SEED}");
    let pasts = weather.pasts.lock().unwrap().clone();
    let lines = app.ledger(id).await;
    assert_eq!(lines.len(), READERS);
    let (mut cuts, mut unread) = (0, 0);
    for line in lines {
        let (past, mails) = (&pasts[&line.email], &kept[&line.email]);
        if !in_windows {
            check_waits(&line.email, past);
        }
        let context = format!("{line:?} {past:?}; seed {SEED}");
        assert_eq!(line.state, DeliveryState::Sent, "{context}");
        assert_eq!(mails.len(), past.cuts + 1, "an avoidable copy: {context}");
        let (repeats, attempts) = (line.repeats as usize, line.attempts as usize);
        if in_windows {
            // Of a mail behind a cut nobody knows that it was not read.
            assert!(
                repeats >= past.cuts && attempts >= past.tries.len(),
                "{context}"
            );
            unread += repeats - past.cuts;
        } else {
            assert_eq!(
                (repeats, attempts),
                (past.cuts, past.tries.len()),
                "{context}"
            );
        }
        let first = (&mails[0].message_id, mails[0].hash);
        let is_same = |mail| first == mail;
        assert!(mails.iter().map(|m| (&m.message_id, m.hash)).all(is_same));
        cuts += past.cuts;
    }
    if in_windows {
        assert!(sink.resets() > 0, "several mails in one go");
    }
    println!("{cuts} cuts, {unread} mails behind them");
    let behind = Relay::default().window - 1;
    assert!(unread <= behind * cuts, "of each window all but the first");
    assert!(cuts > READERS / 50, "the weather was too fine");
    // Greylisting and a few hang-ups are no reason to slow down.
    assert!(rounds.longest < Duration::from_secs(30), "{rounds:?}");
}
