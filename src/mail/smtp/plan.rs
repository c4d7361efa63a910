//! The commands that are said or to be said, in the order in which their replies come.

use super::{Capabilities, Envelope, Step};

/// A command as far as its reply is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Reset,
    Mail,
    Rcpt,
    Data,
    /// The message with its final dot.
    Body,
    /// A final dot without a message, for a server that wants one for nobody (RFC 2920, 3.1).
    Nothing,
}

impl Verb {
    /// The step of the mail that it belongs to.
    pub(super) fn step(self) -> Step {
        match self {
            Self::Reset | Self::Mail => Step::Mail,
            Self::Rcpt => Step::Rcpt,
            Self::Data => Step::Data,
            Self::Body | Self::Nothing => Step::Body,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Reset => "RSET",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Body | Self::Nothing => "message",
        }
    }
}

impl std::fmt::Display for Verb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One group of commands. The text of a message is the first of its group, and only its final
/// dot stands here.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) bytes: Vec<u8>,
    /// How much of `bytes` has left.
    pub(super) written: usize,
    /// With where they end in `bytes`.
    commands: Vec<(Verb, usize)>,
    answered: usize,
    /// Whether a command was said before the one before it was answered.
    is_ahead: bool,
}

impl Plan {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.commands.clear();
        self.written = 0;
        self.answered = 0;
        self.is_ahead = false;
    }

    pub(super) fn push(&mut self, verb: Verb, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.commands.push((verb, self.bytes.len()));
    }

    /// MAIL, RCPT and DATA.
    pub(super) fn push_mail(&mut self, envelope: &Envelope, server: &Capabilities) {
        envelope.write_mail(server, &mut self.bytes);
        self.push(Verb::Mail, b"");
        envelope.write_rcpt(server, &mut self.bytes);
        self.push(Verb::Rcpt, b"");
        self.push(Verb::Data, b"DATA\r\n");
    }

    /// The command whose reply comes next.
    pub(super) fn due(&self) -> Option<Verb> {
        self.commands.get(self.answered).map(|(verb, _)| *verb)
    }

    /// Up to where `bytes` may be written now: all in a group, else the next command.
    pub(super) fn reach(&mut self, in_group: bool) -> usize {
        let next = self.commands.get(self.answered).map(|(_, end)| *end);
        match next {
            Some(end) if in_group && end < self.bytes.len() && self.written < self.bytes.len() => {
                self.is_ahead = true;
                self.bytes.len()
            }
            Some(end) => end,
            None => self.written,
        }
    }

    /// The reply that was due has come.
    pub(super) fn answer(&mut self) {
        self.answered += 1;
    }

    /// Takes back what was not said yet.
    pub(super) fn cut(&mut self) {
        let written = self.written;
        self.commands.retain(|(_, end)| *end <= written);
        self.bytes.truncate(written);
    }

    /// Whether the command that is due, or one behind it, was said before its turn, so that a
    /// server that does not keep its word about PIPELINING may have lost it. To wait for the
    /// first reply of a group is nothing special, except where it is that of a message: a server
    /// that looks for the final dot at the end of what it read does not find it.
    pub(super) fn may_be_lost(&self) -> bool {
        let due = self.due();
        self.is_ahead
            && due != Some(Verb::Nothing)
            && (self.answered > 0 || due == Some(Verb::Body))
    }
}
