//! Confirmation mails pass a running send.

use std::time::{Duration, Instant};

use paperround::domain::issue::IssueState;

use crate::support::program::{Stage, post, until};
use crate::support::sink::Sink;

const READERS: usize = 50_000;
const SIGN_UPS: usize = 30;
/// A second is the rule; this debug build has other tests beside it.
const USUAL: Duration = Duration::from_secs(2);
const MOST: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_does_not_wait_for_a_send() {
    let sink = Sink::paced(Duration::ZERO).await;
    let stage = Stage::new(READERS).await;
    let (_served, web) = stage.serve_web(sink.address).await;
    until("the send to get under way", async || sink.count() >= 500).await;
    let began = Instant::now();
    let from = sink.count();
    let mut waits = Vec::new();
    for number in 0..SIGN_UPS {
        let form = format!("email=new{number}%40inbox.example");
        let asked = Instant::now();
        assert_eq!(post(web, "/ledger/subscribe", &form).await, 202);
        let email = format!("new{number}@inbox.example");
        until("the confirmation mail", async || {
            !sink.of(&email).is_empty()
        })
        .await;
        waits.push(sink.of(&email)[0].at - asked);
    }
    let sent = sink.count() - from - SIGN_UPS;
    let (state, counts) = stage.state().await;
    assert!(
        state == IssueState::Sending && counts.pending > 0,
        "the send ended first: {counts:?}"
    );
    waits.sort();
    let [half, most, longest] = [50, 99, 100].map(|p| waits[(waits.len() * p).div_ceil(100) - 1]);
    println!(
        "{SIGN_UPS} confirmations beside {sent} mails in {:?}: p50 {half:?}, p99 {most:?}, \
         max {longest:?}",
        began.elapsed()
    );
    assert!(half < USUAL && longest < MOST, "{waits:?}");
}
