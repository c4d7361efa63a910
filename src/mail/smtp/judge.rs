//! What a reply, or the lack of one, means for the mail and for the connection.

use std::time::Duration;

use tokio::time::Instant;

use super::plan::Verb;
use super::session::{LAST_WORDS, Session, Stage, patience};
use super::{Broken, Pieces, Refusal};
use crate::domain::delivery::Outcome;
use crate::mail::outcome;

/// RFC 5321, 4.2.3: a command out of its turn.
const BAD_SEQUENCE: u16 = 503;
/// The same: no such command, which is what the rest of a lost one looks like.
const NO_COMMAND: [u16; 2] = [500, 502];

impl Session {
    /// What the reply to a command before the message comes to.
    pub(super) fn take(&mut self, verb: Verb, code: u16) {
        let is_first = self.refusal.is_none();
        match (verb, code / 100) {
            _ if code == outcome::CLOSING => return self.farewell(verb),
            (_, 4 | 5) if is_first && verb != Verb::Nothing && self.is_our_fault(code) => {
                return self.blame_us(verb, code);
            }
            (Verb::Mail, 2) => self.is_mail_open = true,
            (Verb::Rcpt, 2) => {}
            (Verb::Reset, 2) | (Verb::Nothing, 2 | 4 | 5) => self.is_mail_open = false,
            (Verb::Data, 3) if is_first => self.stage = Stage::Ready,
            // No recipient is left and the server wants the message all the same: it gets none
            // (RFC 2920, 3.1).
            (Verb::Data, 3) => self.plan.push(Verb::Nothing, b".\r\n"),
            (Verb::Mail | Verb::Rcpt | Verb::Data, 4 | 5) => {
                let outcome = self.negative(code);
                self.refuse(verb, outcome);
                self.plan.cut();
            }
            _ => {
                let said = self.said();
                return self.out_of_step(verb, format!("{verb}: unexpected reply: {said}"));
            }
        }
        self.plan.answer();
        self.since = Instant::now();
    }

    /// No reply will come any more.
    pub(super) fn give_up(&mut self, verb: Verb, broken: &Broken) {
        let text = format!("{verb}: {broken}");
        if self.has_waited(broken) && self.plan.may_be_lost() {
            return self.out_of_step(verb, text);
        }
        self.refuse(verb, Outcome::NotBegun(text));
        self.close();
    }

    /// Writes message, final dot and what may follow, and reads the reply to the message.
    /// `dot` is where the line with the final dot ends.
    pub(super) async fn hand_over(&mut self, message: &Pieces<'_>, dot: usize) -> Outcome {
        let reach = self.plan.reach(self.pipelines());
        let limits = &self.relay.0;
        let (stall, total) = (limits.command_timeout, limits.data_timeout);
        let Some(wire) = &mut self.wire else {
            return Outcome::NotBegun("the connection is closed".to_owned());
        };
        let mut done = 0;
        let commands = &self.plan.bytes[..reach];
        let pieces: Vec<&[u8]> = message.iter().chain([commands]).collect();
        let written = wire.write(&pieces, &mut done, patience(stall, total)).await;
        self.since = Instant::now();
        self.plan.written = done.saturating_sub(message.len());
        let reply = match &written {
            Ok(()) => wire.reply(self.since, total).await,
            // What was said before the end is still to be had.
            Err(Broken::Stalled(_)) => wire.reply(self.since, Duration::ZERO).await,
            Err(_) => wire.reply(self.since, LAST_WORDS).await,
        };
        let has_left = done >= dot;
        let outcome = match (reply, written.is_ok()) {
            (Ok(code), _) => self.verdict(code, has_left),
            (Err(broken), true) => self.lost(&broken, has_left),
            (Err(_), false) => {
                let broken = written.as_ref().err();
                let text = broken.map_or_else(String::new, ToString::to_string);
                self.lost(&Broken::Ended(text), has_left)
            }
        };
        if written.is_err() {
            self.close();
        }
        outcome
    }

    /// The reply to a message.
    fn verdict(&mut self, code: u16, has_left: bool) -> Outcome {
        let outcome = match code / 100 {
            2 if has_left => Outcome::Accepted(self.kept()),
            4 | 5 if self.is_our_fault(code) => {
                if !is_sign_in(code) && self.plan.may_be_lost() {
                    self.distrust();
                }
                let text = self.fault(Verb::Body, code);
                self.close();
                return Outcome::NotBegun(text);
            }
            4 | 5 => self.negative(code),
            _ => {
                let said = self.said();
                return self.lost(
                    &Broken::Garbled(format!("unexpected reply: {said}")),
                    has_left,
                );
            }
        };
        if code == outcome::CLOSING {
            self.close();
        }
        self.plan.answer();
        self.since = Instant::now();
        outcome
    }

    /// A message of which nobody knows what became, or that did not leave whole.
    fn lost(&mut self, broken: &Broken, has_left: bool) -> Outcome {
        if self.plan.may_be_lost() && (self.has_waited(broken) || is_garbled(broken)) {
            self.distrust();
        }
        self.close();
        if has_left {
            Outcome::Unknown(format!("after the final dot: {broken}"))
        } else {
            Outcome::NotBegun(format!("message: {broken}"))
        }
    }

    /// What the server has said though nothing was asked: it may want to close (RFC 5321, 3.8).
    pub(super) fn interruption(&mut self) -> Option<Outcome> {
        let Some(wire) = &mut self.wire else {
            return Some(Outcome::NotBegun("the connection is closed".to_owned()));
        };
        if wire.is_quiet() {
            return None;
        }
        Some(match wire.heard() {
            Ok(Some(outcome::CLOSING)) => Outcome::Deferred(wire.kept()),
            _ => Outcome::NotBegun("the server talks out of its turn".to_owned()),
        })
    }

    /// The server takes leave with its reply.
    fn farewell(&mut self, verb: Verb) {
        let waited = Broken::Ended(String::new());
        if self.has_waited(&waited) && self.plan.may_be_lost() {
            self.distrust();
        }
        let outcome = self.negative(outcome::CLOSING);
        self.refuse(verb, outcome);
        self.close();
    }

    /// Whether a negative reply is about us and not about the mail.
    fn is_our_fault(&self, code: u16) -> bool {
        if is_sign_in(code) || code == BAD_SEQUENCE {
            return true;
        }
        self.plan.may_be_lost() && self.is_out_of_step(code)
    }

    /// Whether a negative reply says that the server heard another command, where it may have.
    pub(super) fn is_out_of_step(&self, code: u16) -> bool {
        let is_plain = |enhanced: Option<String>| enhanced.is_none_or(|e| e.starts_with("5.5."));
        code == BAD_SEQUENCE || NO_COMMAND.contains(&code) && is_plain(self.kept().enhanced)
    }

    /// Our fault in words.
    pub(super) fn fault(&self, verb: Verb, code: u16) -> String {
        let said = self.said();
        if is_sign_in(code) {
            format!(
                "{verb}: the relay wants a sign-in or TLS first; check its url and the password \
                 ({said})"
            )
        } else {
            format!("{verb}: out of step: {said}")
        }
    }

    fn blame_us(&mut self, verb: Verb, code: u16) {
        let text = self.fault(verb, code);
        if is_sign_in(code) {
            self.refuse(verb, Outcome::NotBegun(text));
            self.close();
        } else {
            self.out_of_step(verb, text);
        }
    }

    /// The two sides do not talk of the same command any more, so that no earlier reply of the
    /// group counts either.
    fn out_of_step(&mut self, verb: Verb, text: String) {
        if self.plan.may_be_lost() {
            self.distrust();
            self.refusal = None;
        }
        self.refuse(verb, Outcome::NotBegun(text));
        self.close();
    }

    /// Whether the server may have been waiting for a command that it lost: it said nothing for
    /// a while, whoever broke off in the end.
    fn has_waited(&self, broken: &Broken) -> bool {
        matches!(broken, Broken::Stalled(_))
            || self.since.elapsed() >= self.relay.0.command_timeout / 10
    }

    /// Keeps in mind, for every connection to this relay, that it loses commands.
    fn distrust(&self) {
        self.relay.0.stop_pipelining();
    }

    /// The first refusal counts; what follows is but its echo.
    fn refuse(&mut self, verb: Verb, outcome: Outcome) {
        let step = verb.step();
        self.refusal.get_or_insert(Refusal { step, outcome });
    }
}

/// Whether the relay wants TLS or other credentials before it talks of mail.
fn is_sign_in(code: u16) -> bool {
    outcome::SIGN_IN_FIRST.contains(&code)
}

fn is_garbled(broken: &Broken) -> bool {
    matches!(broken, Broken::Garbled(_))
}
