//! Several mails on the line at once, where the server takes messages in chunks (CHUNKING, RFC
//! 3030) and commands in groups (PIPELINING, RFC 2920): BDAT says how long a message is, so that no
//! go-ahead is waited for, and a whole window costs one round trip.
//!
//! Replies come in the order of the commands. A mail that is refused halfway leaves its sender with
//! the server, which would refuse the next MAIL: so there is a RSET between two mails.

use std::io::Write as _;
use std::ops::Range;

use tokio::time::Instant;

use super::plan::Verb;
use super::session::{LAST_WORDS, Session, Stage, patience};
use super::{Broken, Envelope, Pieces, Step};
use crate::domain::delivery::Outcome;
use crate::mail::outcome;

/// A mail of a window: its message has CRLF line ends, one at its end, and no line that begins
/// with a dot, so that it is the same for DATA and for BDAT.
#[derive(Debug, Clone)]
pub struct Parcel<'a> {
    pub envelope: &'a Envelope,
    pub message: Pieces<'a>,
}

/// What became of a mail of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Where it was refused; of a mail that was not, its message.
    pub step: Step,
    pub outcome: Outcome,
}

/// What is said of one mail.
struct Said {
    /// Its commands.
    commands: Range<usize>,
    has_reset: bool,
    /// Where its message ends in all that is written.
    end: usize,
    /// Why nothing is said of it.
    refusal: Option<Answer>,
}

/// The line while the replies are read.
struct Line {
    /// How much has left.
    done: usize,
    /// Why no more replies come.
    cut: Option<String>,
    /// Whether writing broke off: then only what was said before that can still be heard.
    is_broken: bool,
    /// The server has taken leave: what it has not answered by now it has not read.
    is_leaving: bool,
    /// The connection is of no more use when all is heard.
    is_spoilt: bool,
    /// The two sides do not talk of the same command any more: a kind word may be about another.
    is_out_of_step: bool,
}

impl Session {
    /// How many mails `send_window` takes at present; `None` where mails go one by one, by
    /// `announce`. The first mail on a connection goes alone: it shows whether the server keeps
    /// what it offers.
    pub fn window(&self) -> Option<usize> {
        let settings = &self.relay.0;
        let most = settings.window();
        if most < 2 || !self.capabilities.chunking || !self.pipelines() {
            return None;
        }
        let left = match settings.messages_per_connection {
            0 => usize::MAX,
            share => share.saturating_sub(self.begun) as usize,
        };
        Some(if self.is_chunk_proven {
            most.min(left)
        } else {
            1
        })
    }

    /// Sends mails in one go; their answers come in the same order. `NotBegun` is said of those of
    /// which the server has nothing. Whoever drops this halfway cannot go on with the session.
    pub async fn send_window(&mut self, mails: &[Parcel<'_>]) -> Vec<Answer> {
        debug_assert!(mails.iter().all(|mail| is_ready(&mail.message)));
        if let Some(text) = self.hindrance().await {
            self.close();
            return mails.iter().map(|_| not_begun(&text)).collect();
        }
        self.stage = Stage::Sending;
        let said = self.say_all(mails);
        let mut line = self.write_all(mails, &said).await;
        let mut answers = Vec::with_capacity(mails.len());
        for said in said {
            let answer = match said.refusal {
                Some(refusal) => refusal,
                None => self.answer(&said, &mut line).await,
            };
            answers.push(answer);
        }
        self.relay
            .0
            .note_window(line.cut.is_none() || line.is_leaving);
        if line.cut.is_some() || line.is_leaving || line.is_spoilt {
            self.close();
        }
        self.stage = Stage::Idle;
        answers
    }

    /// Why nothing can be sent.
    async fn hindrance(&mut self) -> Option<String> {
        if self.stage != Stage::Idle {
            return Some("another mail is announced".to_owned());
        }
        if let Some(wire) = &mut self.wire
            && let Err(broken) = wire.glance().await
        {
            return Some(broken.to_string());
        }
        match self.interruption()? {
            Outcome::Deferred(reply) => Some(format!("the server takes leave: {reply}")),
            Outcome::NotBegun(text) => Some(text),
            _ => Some("the server talks out of its turn".to_owned()),
        }
    }

    /// Puts the commands of all mails into the plan's buffer.
    fn say_all(&mut self, mails: &[Parcel<'_>]) -> Vec<Said> {
        self.plan.clear();
        let (mut must_reset, mut end) = (self.is_mail_open, 0);
        let say = |mail: &Parcel<'_>| {
            self.begun = self.begun.saturating_add(1);
            let bytes = &mut self.plan.bytes;
            let start = bytes.len();
            let refusal = mail.envelope.check(&self.capabilities).err();
            let has_reset = must_reset && refusal.is_none();
            if refusal.is_none() {
                if has_reset {
                    bytes.extend_from_slice(b"RSET\r\n");
                }
                mail.envelope.write_mail(&self.capabilities, bytes);
                mail.envelope.write_rcpt(&self.capabilities, bytes);
                // Writing to memory does not fail.
                let _ = write!(bytes, "BDAT {} LAST\r\n", mail.message.len());
                must_reset = true;
                end += bytes.len() - start + mail.message.len();
            }
            Said {
                commands: start..bytes.len(),
                has_reset,
                end,
                refusal: refusal.map(|outcome| Answer {
                    step: Step::Mail,
                    outcome,
                }),
            }
        };
        mails.iter().map(say).collect()
    }

    async fn write_all(&mut self, mails: &[Parcel<'_>], said: &[Said]) -> Line {
        let mut line = Line {
            done: 0,
            cut: None,
            is_broken: false,
            is_leaving: false,
            is_spoilt: false,
            is_out_of_step: false,
        };
        let Some(wire) = &mut self.wire else {
            return line;
        };
        let mut pieces: Vec<&[u8]> = Vec::new();
        for (said, mail) in said.iter().zip(mails) {
            if said.refusal.is_none() {
                pieces.push(&self.plan.bytes[said.commands.clone()]);
                pieces.extend(mail.message.iter());
            }
        }
        // The server may be busy with the first messages while the last one waits to leave.
        let limit = self.relay.0.data_timeout;
        let most = u32::try_from(mails.len()).unwrap_or(1);
        let patience = patience(limit, limit.saturating_mul(most));
        let written = wire.write(&pieces, &mut line.done, patience).await;
        self.since = Instant::now();
        if let Err(broken) = written {
            line.is_broken = true;
            line.cut = Some(broken.to_string());
        }
        line
    }

    /// Reads what the server says of one mail.
    async fn answer(&mut self, said: &Said, line: &mut Line) -> Answer {
        let (mut refusal, mut last) = (None, 0);
        let verbs = [Verb::Reset, Verb::Mail, Verb::Rcpt, Verb::Body];
        for verb in &verbs[usize::from(!said.has_reset)..] {
            let heard = match self.due(*verb, line).await {
                Ok(code) => self.weigh(*verb, code, &mut refusal, line).map(|()| code),
                Err(broken) => Err(broken),
            };
            match heard {
                Ok(code) => last = code,
                Err(broken) => {
                    self.note_cut(&broken, line);
                    return refusal.unwrap_or_else(|| lost(said, line));
                }
            }
        }
        let step = Step::Body;
        if line.is_out_of_step && last / 100 == 2 {
            let outcome =
                Outcome::Unknown("after the message: the replies are out of step".to_owned());
            return Answer { step, outcome };
        }
        refusal.unwrap_or_else(|| {
            self.is_chunk_proven = true;
            let outcome = Outcome::Accepted(self.kept());
            Answer { step, outcome }
        })
    }

    /// The code of the reply to a command.
    async fn due(&mut self, verb: Verb, line: &Line) -> Result<u16, Broken> {
        let limits = &self.relay.0;
        let limit = match verb {
            _ if line.is_broken || line.is_leaving => LAST_WORDS,
            Verb::Body => limits.data_timeout,
            _ => limits.command_timeout,
        };
        match &mut self.wire {
            Some(wire) => {
                let code = wire.reply(self.since, limit).await?;
                self.since = Instant::now();
                Ok(code)
            }
            None => Err(Broken::Ended("the connection is closed".to_owned())),
        }
    }

    /// What a reply comes to. Of a mail the first refusal counts: what follows is but its echo.
    fn weigh(
        &mut self,
        verb: Verb,
        code: u16,
        refusal: &mut Option<Answer>,
        line: &mut Line,
    ) -> Result<(), Broken> {
        // Who says more after a goodbye reads on.
        line.is_leaving = code == outcome::CLOSING;
        match (verb, code / 100) {
            (Verb::Reset | Verb::Body, 2) => self.is_mail_open = false,
            (Verb::Mail, 2) => self.is_mail_open = true,
            (Verb::Mail | Verb::Rcpt | Verb::Body, 4 | 5) if refusal.is_none() => {
                *refusal = Some(self.refused(verb, code, line));
            }
            // What the server thinks of the mail behind it says itself.
            (Verb::Reset, 4 | 5) => {
                line.is_spoilt = true;
                if self.is_out_of_step(code) {
                    self.relay.0.stop_windows();
                }
            }
            (Verb::Rcpt, 2) | (Verb::Mail | Verb::Rcpt | Verb::Body, 4 | 5) => {}
            _ => {
                let said = self.said();
                return Err(Broken::Garbled(format!("{verb}: unexpected reply: {said}")));
            }
        }
        Ok(())
    }

    fn refused(&mut self, verb: Verb, code: u16, line: &mut Line) -> Answer {
        let outcome = if self.is_out_of_step(code) {
            (line.is_spoilt, line.is_out_of_step) = (true, true);
            self.relay.0.stop_windows();
            Outcome::NotBegun(self.fault(verb, code))
        } else if outcome::SIGN_IN_FIRST.contains(&code) {
            line.is_spoilt = true;
            Outcome::NotBegun(self.fault(verb, code))
        } else {
            self.negative(code)
        };
        let step = verb.step();
        Answer { step, outcome }
    }

    /// No reply will come any more.
    fn note_cut(&mut self, broken: &Broken, line: &mut Line) {
        let is_silent = matches!(broken, Broken::Stalled(_)) && !line.is_leaving;
        if !line.is_broken && (is_silent || matches!(broken, Broken::Garbled(_))) {
            self.relay.0.stop_windows();
        }
        line.cut.get_or_insert_with(|| broken.to_string());
        self.wire = None;
    }
}

/// What is said of a mail that was not answered.
fn lost(said: &Said, line: &Line) -> Answer {
    let text = line.cut.as_deref().unwrap_or("the connection is closed");
    let outcome = if said.end <= line.done && !line.is_leaving {
        Outcome::Unknown(format!("after the message: {text}"))
    } else {
        Outcome::NotBegun(format!("message: {text}"))
    };
    let step = Step::Body;
    Answer { step, outcome }
}

fn not_begun(text: &str) -> Answer {
    Answer {
        step: Step::Mail,
        outcome: Outcome::NotBegun(text.to_owned()),
    }
}

/// Whether a message may go in a chunk as it is (RFC 3030, 2).
fn is_ready(message: &Pieces<'_>) -> bool {
    let befores = std::iter::once(b'\n').chain(message.bytes());
    let begins_with_dot = befores
        .zip(message.bytes())
        .any(|pair| pair == (b'\n', b'.'));
    message.has_line_end() && !begins_with_dot
}
