//! One mail after the other over an open connection.
//!
//! What counts is the final dot. Before it has left the server has no mail, whatever happens;
//! after it, a lost reply means that nobody knows (RFC 1047).

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::plan::{Plan, Verb};
use super::stream::{Patience, Wire};
use super::{Broken, Capabilities, Envelope, Pieces, Refusal, Step};
use crate::domain::delivery::{Outcome, Reply};
use crate::mail::outcome;
use crate::mail::relay::Relay;

/// Nobody needs the reply to QUIT.
const QUIT_TIMEOUT: Duration = Duration::from_secs(5);
/// For what a server may have said before it hung up on us: it is there or it is not.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);

/// What may be called next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Idle,
    /// A mail is announced; `ready` tells what came of it.
    Announced,
    /// The server waits for the message.
    Ready,
    /// In the middle of `send`. Whoever drops that cannot go on: nobody knows what has left.
    Sending,
}

/// An open connection to a relay.
pub struct Session {
    pub(super) relay: Relay,
    /// `None` once it is closed.
    pub(super) wire: Option<Wire>,
    pub(super) capabilities: Capabilities,
    /// Mails announced on it.
    pub(super) begun: u32,
    pub(super) stage: Stage,
    pub(super) plan: Plan,
    /// Of the announced mail.
    pub(super) refusal: Option<Refusal>,
    /// Whether the server has a MAIL that RSET must take back before the next.
    pub(super) is_mail_open: bool,
    /// From when on the next reply is waited for.
    pub(super) since: Instant,
    /// Whether the server has taken a message in a chunk.
    pub(super) is_chunk_proven: bool,
}

impl Session {
    pub(super) fn new(relay: Relay, wire: Wire, capabilities: Capabilities) -> Self {
        Self {
            relay,
            wire: Some(wire),
            capabilities,
            begun: 0,
            stage: Stage::Idle,
            plan: Plan::default(),
            refusal: None,
            is_mail_open: false,
            since: Instant::now(),
            is_chunk_proven: false,
        }
    }

    /// What the server can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether commands are sent in groups (RFC 2920): offered, wanted by the settings, and not
    /// found to be an empty promise.
    pub fn pipelines(&self) -> bool {
        self.capabilities.pipelining && self.relay.0.may_pipeline()
    }

    /// Whether to go on with it: it is open, and an announced mail waits or another may be
    /// announced.
    pub fn is_usable(&self) -> bool {
        self.wire.is_some()
            && match self.stage {
                Stage::Idle => self.has_room(),
                Stage::Announced | Stage::Ready => true,
                Stage::Sending => false,
            }
    }

    fn has_room(&self) -> bool {
        let share = self.relay.0.messages_per_connection;
        share == 0 || self.begun < share
    }

    /// Begins a mail: its commands leave at once, all of them where the server pipelines. What
    /// comes of it `ready` tells. Not for a session on which a mail is announced already, for
    /// that closes it.
    pub async fn announce(&mut self, envelope: &Envelope) {
        if self.stage != Stage::Idle || !self.has_room() {
            self.close();
        }
        self.stage = Stage::Announced;
        self.plan.clear();
        self.refusal = None;
        if self.wire.is_none() {
            return;
        }
        if let Some(outcome) = self.interruption() {
            let step = Step::Mail;
            self.refusal = Some(Refusal { step, outcome });
            return self.close();
        }
        self.plan_mail(envelope);
        if let (Some(verb), Err(broken)) = (self.plan.due(), self.say().await) {
            self.give_up(verb, &broken);
        }
    }

    /// Waits until the announced mail may be sent. May be dropped and called again.
    pub async fn ready(&mut self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Ready => return Ok(()),
            Stage::Announced => {}
            Stage::Idle | Stage::Sending => return Err(not_begun("no mail is announced")),
        }
        while let Some(verb) = self.plan.due() {
            match self.exchange().await {
                Ok(code) => self.take(verb, code),
                Err(broken) => self.give_up(verb, &broken),
            }
            if self.stage == Stage::Ready {
                return Ok(());
            }
        }
        self.stage = Stage::Idle;
        let refusal = self.refusal.take();
        Err(refusal.unwrap_or_else(|| not_begun("the connection is closed")))
    }

    /// Hands over the message of the mail that is `ready`: with CRLF line ends, dots doubled at
    /// the start of lines, without the final dot. `next` is announced along with it, so that
    /// `ready` is what comes after; it is passed over where the connection has had its share.
    pub async fn send<'m>(
        &mut self,
        message: impl Into<Pieces<'m>>,
        next: Option<&Envelope>,
    ) -> Outcome {
        let message = message.into();
        debug_assert!(
            is_whole(message.bytes()),
            "a lone CR or LF, or a single dot"
        );
        if self.stage != Stage::Ready {
            return Outcome::NotBegun("the server does not wait for a message".to_owned());
        }
        self.stage = Stage::Sending;
        if let Some(outcome) = self.interruption() {
            self.close();
            self.stage = Stage::Idle;
            return outcome;
        }
        self.plan.clear();
        self.refusal = None;
        self.is_mail_open = false;
        let has_line_end = message.is_empty() || message.has_line_end();
        let dot: &[u8] = if has_line_end { b".\r\n" } else { b"\r\n.\r\n" };
        self.plan.push(Verb::Body, dot);
        let next = next.filter(|_| self.has_room());
        if let Some(envelope) = next {
            self.plan_mail(envelope);
        }
        let outcome = self.hand_over(&message, message.len() + dot.len()).await;
        self.stage = match next {
            Some(_) => Stage::Announced,
            None => Stage::Idle,
        };
        outcome
    }

    /// Whether a mail is announced, so that `ready` comes next.
    pub fn is_announced(&self) -> bool {
        matches!(self.stage, Stage::Announced | Stage::Ready)
    }

    /// Takes back what is announced: once the server waits for the message, only the end of the
    /// connection does.
    pub fn abandon(&mut self) {
        self.close();
        self.stage = Stage::Idle;
    }

    /// Takes leave.
    pub async fn quit(mut self) {
        let Some(wire) = &mut self.wire else { return };
        let patience = patience(QUIT_TIMEOUT, QUIT_TIMEOUT);
        let leave = async {
            // In the middle of a mail QUIT would be taken for a part of it.
            if self.stage == Stage::Idle {
                let said = wire.write(&[b"QUIT\r\n"], &mut 0, patience).await;
                if said.is_ok() {
                    let _ = wire.reply(Instant::now(), QUIT_TIMEOUT).await;
                }
            }
            wire.close().await;
        };
        // Whether the server answers makes no difference any more.
        let _ = timeout(QUIT_TIMEOUT, leave).await;
    }

    fn plan_mail(&mut self, envelope: &Envelope) {
        self.begun = self.begun.saturating_add(1);
        if let Err(outcome) = envelope.check(&self.capabilities) {
            let step = Verb::Mail.step();
            self.refusal = Some(Refusal { step, outcome });
            return;
        }
        if self.is_mail_open {
            self.plan.push(Verb::Reset, b"RSET\r\n");
        }
        self.plan.push_mail(envelope, &self.capabilities);
    }

    /// Says what may be said by now.
    async fn say(&mut self) -> Result<(), Broken> {
        let reach = self.plan.reach(self.pipelines());
        if self.plan.written >= reach {
            return Ok(());
        }
        let Some(wire) = &mut self.wire else {
            return Err(Broken::Ended("the connection is closed".to_owned()));
        };
        let Plan { bytes, written, .. } = &mut self.plan;
        let limit = self.relay.0.command_timeout;
        let result = wire
            .write(&[&bytes[..reach]], written, patience(limit, limit))
            .await;
        self.since = Instant::now();
        result
    }

    /// The code of the reply that is due.
    async fn exchange(&mut self) -> Result<u16, Broken> {
        let said = self.say().await;
        let Some(wire) = &mut self.wire else {
            return Err(Broken::Ended("the connection is closed".to_owned()));
        };
        let code = match said {
            Ok(()) => {
                let limit = self.relay.0.command_timeout;
                wire.reply(self.since, limit).await?
            }
            // A server that hangs up may have said why.
            Err(broken) => wire
                .reply(self.since, LAST_WORDS)
                .await
                .map_err(|_| broken)?,
        };
        Ok(code)
    }

    /// The last reply, for keeping.
    pub(super) fn kept(&self) -> Reply {
        let kept = self.wire.as_ref().map(Wire::kept);
        kept.unwrap_or_else(|| outcome::reply(outcome::CLOSING, ""))
    }

    /// The last reply in words.
    pub(super) fn said(&self) -> String {
        self.kept().to_string()
    }

    /// The last reply, which is a negative one, as an outcome.
    pub(super) fn negative(&self, code: u16) -> Outcome {
        if code / 100 == 4 {
            Outcome::Deferred(self.kept())
        } else {
            Outcome::Refused(self.kept())
        }
    }

    /// Ends the connection; nothing that was said on it will be answered.
    pub(super) fn close(&mut self) {
        self.wire = None;
        self.plan.clear();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("relay", &self.relay)
            .field("open", &self.wire.is_some())
            .field("stage", &self.stage)
            .field("begun", &self.begun)
            .finish_non_exhaustive()
    }
}

pub(super) fn patience(stall: Duration, total: Duration) -> Patience {
    Patience { stall, total }
}

fn not_begun(text: &str) -> Refusal {
    Refusal {
        step: Step::Mail,
        outcome: Outcome::NotBegun(text.to_owned()),
    }
}

/// Whether nothing in a message could be read as its end (RFC 5321, 2.3.8 and 4.5.2).
fn is_whole(message: impl Iterator<Item = u8>) -> bool {
    let mut before = *b"\r\n";
    let mut is_single = false;
    for byte in message {
        let is_alone = (byte == b'\n') != (before[1] == b'\r');
        if is_alone || (is_single && byte != b'.') {
            return false;
        }
        is_single = byte == b'.' && before == *b"\r\n";
        before = [before[1], byte];
    }
    before[1] != b'\r' && !is_single
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_end_early() {
        for good in ["", "a\r\n", "a", "a\r\n\r\n..\r\nb.\r\n", "..", "a.b"] {
            assert!(is_whole(good.bytes()), "{good:?}");
        }
        for wrong in [
            "\n",
            "a\n.\r\n",
            "a\r",
            "a\rb",
            "\r\r\n",
            ".",
            ".a",
            "a\r\n.\r\n",
        ] {
            assert!(!is_whole(wrong.bytes()), "{wrong:?}");
        }
    }
}
