//! What the outcome of an attempt means for its row.

use crate::domain::clock::Time;
use crate::domain::delivery::{
    Concern, DeliveryState, Lane, OnUnknown, Outcome, Reply, after_pace, concern, next_attempt,
};
use crate::services::Deps;
use crate::store::claims::Claimed;
use crate::store::results::Record;

/// Attempts whose connection broke, after which a reader's mail waits like any other.
const FREE_TRIES: u32 = 2;

/// The row's next state after an attempt.
pub(super) fn judge(
    deps: &Deps,
    claimed: &Claimed,
    first_at: Time,
    relay: Option<&str>,
    outcome: Outcome,
) -> Record {
    let attempt = Attempt {
        deps,
        attempts: claimed.attempts + 1,
        first_at,
    };
    let blank = Record {
        id: claimed.id,
        state: DeliveryState::Sent,
        reply: None,
        reason: None,
        next_attempt_at: None,
        repeated: false,
        relay: relay.map(str::to_owned),
        at: deps.now(),
        tried_at: claimed.first_attempt_at.is_none().then_some(first_at),
    };
    match outcome {
        Outcome::Accepted(reply) => Record {
            reply: Some(reply),
            ..blank
        },
        Outcome::Refused(reply) => Record {
            state: DeliveryState::Failed,
            reply: Some(reply),
            ..blank
        },
        Outcome::Deferred(reply) => Record {
            reply: Some(reply.clone()),
            ..retry(blank, attempt.after_refusal(&reply))
        },
        // The first broken connections are the relay's fault: tried again without waiting.
        Outcome::NotBegun(text) => {
            let next = if attempt.attempts <= FREE_TRIES {
                Some(deps.now())
            } else {
                attempt.later()
            };
            Record {
                reason: Some(text),
                ..retry(blank, next)
            }
        }
        Outcome::Unknown(text) => match deps.limits.on_unknown {
            OnUnknown::Resend => Record {
                reason: Some(text),
                repeated: true,
                ..retry(blank, attempt.later())
            },
            OnUnknown::Hold => Record {
                state: DeliveryState::Unknown,
                reason: Some(text),
                ..blank
            },
        },
    }
}

/// The record of a mail that cannot be written, whichever relay would take it.
pub(super) fn unwritable(
    deps: &Deps,
    claimed: &Claimed,
    at: Time,
    error: &dyn std::fmt::Display,
) -> Record {
    tracing::error!(delivery = %claimed.id, %error, "a mail could not be written");
    let reply = Reply {
        code: 0,
        enhanced: None,
        text: error.to_string(),
    };
    judge(deps, claimed, at, None, Outcome::Refused(reply))
}

struct Attempt<'a> {
    deps: &'a Deps,
    attempts: u32,
    first_at: Time,
}

impl Attempt<'_> {
    fn later(&self) -> Option<Time> {
        next_attempt(
            Lane::Delivery,
            self.attempts,
            self.first_at,
            self.deps.now(),
            self.deps.limits.retry_for,
            self.deps.random.fraction(),
        )
    }

    fn after_refusal(&self, reply: &Reply) -> Option<Time> {
        match concern(reply) {
            Concern::Reader => self.later(),
            Concern::Domain | Concern::Relay => after_pace(
                self.first_at,
                self.deps.now(),
                self.deps.limits.retry_for,
                self.deps.random.fraction(),
            ),
        }
    }
}

fn retry(record: Record, next: Option<Time>) -> Record {
    match next {
        Some(_) => Record {
            state: DeliveryState::Deferred,
            next_attempt_at: next,
            ..record
        },
        None => Record {
            state: DeliveryState::Failed,
            reason: Some("given up: refused for as long as mails are tried again".to_owned()),
            ..record
        },
    }
}
