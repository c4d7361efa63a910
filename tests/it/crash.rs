//! The process is killed or stopped in the middle of a send, and started again.

use std::collections::HashMap;
use std::time::Duration;

use paperround::domain::issue::IssueState;
use paperround::domain::random::{Random as _, StdRandom};

use crate::support::program::{Stage, until};
use crate::support::sink::{Act, Heard, Kept, Sink};

const READERS: usize = 20_000;
const CONNECTIONS: usize = 10;
/// Mails on the line at once on a connection where the sink takes chunks.
const WINDOW: usize = 8;
const SEED: u64 = 20_261_124;
/// The sink's time for a mail: slow enough that every kill finds a send.
const PACE: Duration = Duration::from_millis(5);

/// Random moments within a send; the same ones for the same seed.
struct Moments(StdRandom);

impl Moments {
    fn new() -> Self {
        Self(StdRandom::seeded(SEED))
    }

    fn upto(&self, most: usize) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "small numbers"
        )]
        let chosen = (self.0.fraction() * most as f64) as usize;
        chosen
    }

    /// Waits for one, with so many interruptions to come. Every fourth comes soon after the
    /// start, whatever the process does by then; the others after some mails.
    async fn wait(&self, sink: &Sink, number: usize, to_come: usize) {
        if number % 4 == 3 {
            let soon = self.upto(600) as u64;
            tokio::time::sleep(Duration::from_millis(soon)).await;
            return;
        }
        let from = sink.count();
        let most = 2 * READERS.saturating_sub(from) / (to_come + 3);
        let wanted = from + 1 + self.upto(most);
        until("the send to go on", async || sink.count() >= wanted).await;
        let offset = self.upto(8000) as u64;
        tokio::time::sleep(Duration::from_micros(offset)).await;
    }
}

/// How many mails came more than once; every reader has one, and all copies are the same mail.
fn copies(kept: &HashMap<String, Vec<Kept>>) -> usize {
    assert_eq!(kept.len(), READERS, "somebody was missed; seed {SEED}");
    for (reader, mails) in kept {
        let is_same =
            |mail: &Kept| (&mail.message_id, mail.hash) == (&mails[0].message_id, mails[0].hash);
        assert!(
            !mails[0].message_id.is_empty() && mails.iter().all(is_same),
            "copies for {reader} differ: {mails:?}; seed {SEED}"
        );
    }
    kept.values().map(|mails| mails.len() - 1).sum()
}

async fn has_ended_well(stage: &Stage) {
    let (state, counts) = stage.state().await;
    assert_eq!(state, IssueState::Sent, "{counts:?}; seed {SEED}");
    assert_eq!(counts.sent, i64::try_from(stage.readers).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_thirty_times_nobody_is_missed() {
    killed(Sink::paced(PACE).await, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_thirty_times_with_several_mails_on_each_line() {
    killed(Sink::chunking(busy).await, WINDOW).await;
}

fn busy(heard: Heard<'_>) -> Act {
    match heard {
        Heard::Dot(_) => Act::After(PACE),
        Heard::Mail | Heard::Rcpt(_) => Act::Usual,
    }
}

/// A kill leaves at most `window` mails on each connection of which nobody knows.
async fn killed(sink: Sink, window: usize) {
    const KILLS: usize = 30;
    let stage = Stage::new(READERS).await;
    let moments = Moments::new();
    for kill in 0..KILLS {
        let mut served = stage.serve(sink.address);
        moments.wait(&sink, kill, KILLS - kill).await;
        served.kill();
    }
    let (_, counts) = stage.state().await;
    assert!(counts.open() > 0, "killed to the end: {counts:?}");
    let _served = stage.serve(sink.address);
    stage.ended().await;
    has_ended_well(&stage).await;
    let kept = sink.all();
    if window > 1 {
        assert!(sink.resets() > READERS / 2, "several mails in one go");
    }
    let extra = copies(&kept);
    let lines = stage.ledger().await;
    let repeats: u32 = lines.iter().map(|line| line.repeats).sum();
    println!("{extra} copies and {repeats} repeats after {KILLS} kills");
    assert!(
        extra <= KILLS * CONNECTIONS * window,
        "{extra} copies after {KILLS} kills; seed {SEED}"
    );
    for line in lines {
        let mails = kept[&line.email].len();
        assert!(
            line.repeats as usize + 1 >= mails,
            "{}: {mails} mails, {} repeats; seed {SEED}",
            line.email,
            line.repeats
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_ten_times_nobody_is_missed_and_nobody_gets_a_copy() {
    stopped(Sink::paced(PACE).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_ten_times_with_several_mails_on_each_line() {
    stopped(Sink::chunking(busy).await).await;
}

async fn stopped(sink: Sink) {
    const STOPS: usize = 10;
    let stage = Stage::new(READERS).await;
    let moments = Moments::new();
    let mut longest = Duration::ZERO;
    for stop in 0..STOPS {
        let before = sink.count();
        let mut served = stage.serve(sink.address);
        moments.wait(&sink, stop, STOPS - stop).await;
        let (status, took) = served.terminate().await;
        println!(
            "stop {stop}: {status} after {took:?}, {} mails",
            sink.count()
        );
        // One that has hardly come to life knows no signals yet, and has begun nothing.
        let is_early = stop % 4 == 3 && sink.count() == before;
        assert!(status.success() || is_early, "{status}; seed {SEED}");
        assert!(took < Duration::from_secs(5), "{took:?}; seed {SEED}");
        longest = longest.max(took);
        let (_, counts) = stage.state().await;
        assert_eq!(counts.sending, 0, "all claims are given back; seed {SEED}");
    }
    let _served = stage.serve(sink.address);
    stage.ended().await;
    has_ended_well(&stage).await;
    assert_eq!(copies(&sink.all()), 0, "seed {SEED}");
    let repeats: u32 = stage.ledger().await.iter().map(|line| line.repeats).sum();
    assert_eq!(repeats, 0, "seed {SEED}");
    println!("the longest of {STOPS} exits took {longest:?}");
}
