//! Readers leave while the program sends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use paperround::domain::delivery::DeliveryState;
use paperround::domain::issue::IssueState;
use paperround::services::links;
use paperround::store::{publications, subscribers, subscriptions};

use crate::support::program::{Stage, post, reader, until};
use crate::support::sink::{Act, Heard, Sink};

const READERS: usize = 3000;

/// The link in a reader's mail.
async fn leave_link(stage: &Stage, number: usize) -> String {
    let mut tx = stage.deps.store.read().await.unwrap();
    let publication = publications::find_by_slug(&mut tx, "ledger").await.unwrap();
    let email = reader(number).parse().unwrap();
    let found = subscribers::find_by_email(&mut tx, &email).await.unwrap();
    let subscription =
        subscriptions::find_by_subscriber(&mut tx, found.unwrap().id, publication.unwrap().id)
            .await
            .unwrap();
    let link = links::unsubscribe(&stage.deps, subscription.unwrap().id, None);
    let path = link.splitn(4, '/').nth(3).unwrap();
    format!("/{path}")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_or_is_suppressed_in_the_middle_gets_nothing_more() {
    let pace = Arc::new(AtomicU64::new(8));
    let own = Arc::clone(&pace);
    let sink = Sink::start(move |heard| match heard {
        Heard::Dot(_) => Act::After(Duration::from_millis(own.load(Ordering::Relaxed))),
        _ => Act::Usual,
    })
    .await;
    let stage = Stage::new(READERS).await;
    let (_served, web) = stage.serve_web(sink.address).await;
    until("the send to get under way", async || sink.count() >= 100).await;
    // However slow this machine is: the send does not end before they have left.
    pace.store(150, Ordering::Relaxed);
    // The last ones are not claimed yet; some of those nearer by are claimed and not begun.
    let far: Vec<usize> = (READERS - 10..READERS).collect();
    let near: Vec<usize> = (0..10).map(|n| 400 + 10 * n).collect();
    let mut gone = Vec::new();
    for number in near.into_iter().chain(far.iter().copied()) {
        if number % 20 < 10 {
            let link = leave_link(&stage, number).await;
            let status = post(web, &link, "List-Unsubscribe=One-Click").await;
            assert_eq!(status, 200);
        } else {
            let mut command = stage.program(sink.address);
            let added = command
                .args(["suppression", "add", &reader(number)])
                .status();
            assert!(added.unwrap().success());
        }
        gone.push(reader(number));
    }
    let (state, counts) = stage.state().await;
    assert!(
        state == IssueState::Sending && counts.pending > 20,
        "they left in the middle: {counts:?}"
    );
    pace.store(1, Ordering::Relaxed);
    stage.ended().await;
    assert_eq!(stage.state().await.0, IssueState::Sent);

    let lines = stage.ledger().await;
    let mut skipped = 0;
    for line in &lines {
        let mails = sink.of(&line.email).len();
        let expected = match line.state {
            DeliveryState::Sent => 1,
            DeliveryState::Skipped => 0,
            other => panic!("{}: {other:?}", line.email),
        };
        assert_eq!(mails, expected, "{}", line.email);
        assert!(line.state == DeliveryState::Sent || gone.contains(&line.email));
        skipped += usize::from(line.state == DeliveryState::Skipped);
    }
    for number in far {
        assert!(sink.of(&reader(number)).is_empty(), "{number} got the mail");
    }
    // Who left nearer by may have been a moment too late.
    println!("{skipped} of {} got nothing", gone.len());
    assert!(skipped >= 10 && lines.len() == READERS);
}
