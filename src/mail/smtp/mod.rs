//! Our own SMTP session for bulk mail (RFC 5321): one connection, one mail after the other, and
//! one round trip for each where the server takes commands in groups (PIPELINING, RFC 2920).
//!
//! A mail goes through three calls. `announce` says MAIL, RCPT and DATA; `ready` waits until the
//! server wants the message; `send` hands it over and announces the next mail in the same breath.
//! Between `ready` and `send` nothing is lost by dropping the session: the server has no mail
//! before the final dot. Where the server takes messages in chunks (CHUNKING, RFC 3030), several
//! mails go in one go: `send_window`.

mod auth;
mod capabilities;
mod envelope;
mod examine;
mod incoming;
mod judge;
mod open;
mod pieces;
mod plan;
mod session;
mod stream;
mod window;

use std::fmt;

pub use auth::{Auth, Mechanism};
pub use capabilities::Capabilities;
pub use envelope::Envelope;
pub use examine::{Examined, Protection};
pub use pieces::Pieces;
pub use session::Session;
pub use window::{Answer, Parcel};

use crate::domain::delivery::Outcome;

/// Where a mail was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Mail,
    Rcpt,
    Data,
    Body,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Body => "message",
        })
    }
}

/// An announced mail that will not be sent: the server has no part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub step: Step,
    /// `Deferred`, `Refused` or `NotBegun`.
    pub outcome: Outcome,
}

/// Why a reply could not be had; the connection is of no more use.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Broken {
    /// Nothing happened within the time limit.
    Stalled(String),
    /// The connection ended.
    Ended(String),
    /// What came makes no sense.
    Garbled(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Stalled(text) | Self::Ended(text) | Self::Garbled(text)) = self;
        f.write_str(text)
    }
}
