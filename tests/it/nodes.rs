//! Two nodes share the work on PostgreSQL.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use paperround::domain::issue::IssueState;

use crate::support::database::server;
use crate::support::program::{Stage, until};
use crate::support::sink::{Kept, Sink};

const READERS: usize = 20_000;
const CONNECTIONS: usize = 10;

/// What both sinks got.
fn together(sinks: &[Sink; 2]) -> HashMap<String, Vec<Kept>> {
    let mut all = sinks[0].all();
    for (reader, mut mails) in sinks[1].all() {
        all.entry(reader).or_default().append(&mut mails);
    }
    all
}

fn copies(sinks: &[Sink; 2]) -> usize {
    let all = together(sinks);
    assert_eq!(all.len(), READERS, "somebody was missed");
    for (reader, mails) in &all {
        let mut ids = mails.iter().map(|mail| (&mail.message_id, mail.hash));
        let first = ids.next().unwrap();
        assert!(ids.all(|id| id == first), "{reader}: {mails:?}");
    }
    all.values().map(|mails| mails.len() - 1).sum()
}

async fn sinks() -> [Sink; 2] {
    let pace = Duration::from_millis(4);
    [Sink::paced(pace).await, Sink::paced(pace).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_an_issue() {
    if server().is_none() {
        return;
    }
    let sinks = sinks().await;
    let stage = Stage::new(READERS).await;
    let _nodes = [stage.serve(sinks[0].address), stage.serve(sinks[1].address)];
    stage.ended().await;
    assert_eq!(stage.state().await.0, IssueState::Sent);
    assert_eq!(copies(&sinks), 0);
    let parts = [sinks[0].count(), sinks[1].count()];
    println!("{parts:?} mails");
    assert!(parts.iter().all(|part| *part > READERS / 5), "{parts:?}");
    let repeats: u32 = stage.ledger().await.iter().map(|line| line.repeats).sum();
    assert_eq!(repeats, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_node_takes_over_from_one_that_is_killed() {
    if server().is_none() {
        return;
    }
    let sinks = sinks().await;
    let stage = Stage::new(READERS).await;
    let mut first = stage.serve(sinks[0].address);
    let _second = stage.serve(sinks[1].address);
    until("both to send", async || {
        sinks.iter().all(|sink| sink.count() > READERS / 10)
    })
    .await;
    first.kill();
    let killed = Instant::now();
    let (state, counts) = stage.state().await;
    assert!(state == IssueState::Sending && counts.pending > 0);
    until("everybody to have the mail", async || {
        let of_second = sinks[1].count();
        sinks[0].count() + of_second >= READERS && together(&sinks).len() == READERS
    })
    .await;
    let took = killed.elapsed();
    stage.ended().await;
    let extra = copies(&sinks);
    println!("all have it {took:?} after the kill, {extra} copies");
    // Ten seconds of silence, the next heartbeat, the claims' own mails, and all others too, which a
    // slow machine takes its time for.
    assert!(took < Duration::from_secs(120), "{took:?}");
    assert!(extra <= CONNECTIONS, "{extra} copies");
    assert_eq!(stage.state().await.0, IssueState::Sent);
}
