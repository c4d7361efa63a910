//! The session for bulk mail against a server that plays any part.
#![allow(clippy::unwrap_used, reason = "a test stops at a surprise")]

use std::time::Duration;

use paperround::domain::delivery::Outcome;
use paperround::mail::smtp::{Envelope, Refusal, Session, Step};
use paperround::mail::{Relay, RelayConfig};
use player::{Deed, Heard, Player, Tls, say};

pub use opening::acceptor;

mod exchange;
mod faults;
mod opening;
pub mod player;
mod refusals;
mod window;

const MESSAGE: &[u8] = b"Subject: x\r\n\r\nHello\r\n";
/// The time limit where a server hangs: enough for a busy machine, short for a test that waits.
const SHORT: Duration = Duration::from_secs(1);
/// The time limit elsewhere, which no test reaches.
const LONG: Duration = Duration::from_secs(30);

fn config(player: &Player) -> RelayConfig {
    RelayConfig {
        command_timeout: LONG,
        data_timeout: LONG,
        ..RelayConfig::new("main", format!("smtp://{}", player.address))
    }
}

fn relay(player: &Player, change: impl FnOnce(&mut RelayConfig)) -> Relay {
    let mut config = config(player);
    change(&mut config);
    Relay::parse(&config).unwrap()
}

/// The limits of a server that hangs somewhere.
fn hasty(config: &mut RelayConfig) {
    config.command_timeout = SHORT;
    config.data_timeout = SHORT;
}

async fn open(player: &Player) -> Session {
    relay(player, |_| {}).open().await.unwrap()
}

/// The mail with this number.
fn mail(number: usize) -> Envelope {
    Envelope {
        from: "bounce@ledger.example".to_owned(),
        to: format!("r{number}@example.org").parse().unwrap(),
        size: MESSAGE.len(),
        envid: None,
        needs_utf8: false,
        needs_8bit: false,
    }
}

/// One mail by itself, from the announcement to its end.
async fn one(session: &mut Session, envelope: &Envelope) -> Result<Outcome, Refusal> {
    session.announce(envelope).await;
    session.ready().await?;
    Ok(session.send(MESSAGE, None).await)
}

fn is_accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted(reply) if reply.code == 250)
}

/// The code of a refusal, with its class right, or 0 where it is the relay's fault.
fn code(outcome: &Outcome) -> u16 {
    match outcome {
        Outcome::Deferred(reply) if reply.code / 100 == 4 => reply.code,
        Outcome::Refused(reply) if reply.code / 100 == 5 => reply.code,
        Outcome::NotBegun(_) => 0,
        other => panic!("{other:?}"),
    }
}
