//! The one guarded path of sign-ups: whether a form has to prove that it does not come by the
//! thousand, and what it proves itself with. The same for forms, JSON, and whatever door comes next.
//!
//! What it knows stands in memory and is brought up to date twice a second, so that a request costs
//! the database nothing before it is written down.

mod ask_dns;
mod gate;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DurationRound, TimeDelta};

use super::{Deps, sign_up};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::PublicationId;
use crate::domain::pressure::{MINUTES, Recent};
use crate::domain::proof::{Challenge, NoProof, Proof, ProofOfWork, Stamp};
use crate::domain::subscription;
use crate::mail::dns::Dns;
use crate::store::{StoreError, Tx, counters};

pub(super) use ask_dns::look_up;
pub use gate::{Admission, Refusal, admit};
use gate::{Gate, is_open_question};

/// Forms of a network in an hour that may be sent faster than a person could: a browser that fills
/// in by itself does that, now and then.
const HASTY_PER_HOUR: u32 = 5;
/// Networks that are remembered as hasty.
const MOST_HASTY: usize = 100_000;

/// What a process knows.
#[derive(Default)]
pub struct Guard {
    is_pressed: AtomicBool,
    state: Mutex<State>,
    gate: Gate,
    /// Who is asked whether domains take mail.
    dns: Option<Dns>,
}

#[derive(Debug, Default)]
struct State {
    /// Forms that were asked for a proof, which the pressure counts too: else it would end as soon
    /// as it is answered.
    asked: Recent,
    hasty_in: Option<Time>,
    hasty: HashMap<String, u32>,
    dns_rests_until: Option<Time>,
}

/// What a form brings along.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    pub stamp: &'a str,
    pub solution: &'a str,
    pub address: IpAddr,
}

/// Whether a form is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weighed {
    /// With the proof that is used up by it, where one was asked for.
    In(Option<Proof>),
    /// It has to come again with a proof.
    Asked,
}

impl Guard {
    /// One that asks this resolver.
    pub fn asking(dns: Option<Dns>) -> Self {
        Self {
            dns,
            ..Self::default()
        }
    }

    fn is_dns_resting(&self, now: Time) -> bool {
        let until = self.state().dns_rests_until;
        until.is_some_and(|until| now < until)
    }

    fn rest_dns(&self, until: Time) {
        let mut state = self.state();
        if state.dns_rests_until.is_none_or(|before| before < until) {
            state.dns_rests_until = Some(until);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a form that was sent too fast; true where its network has sent too many of them.
    fn is_too_hasty(&self, network: String, now: Time) -> bool {
        let hour = now.duration_trunc(TimeDelta::hours(1)).ok();
        let mut state = self.state();
        if state.hasty_in != hour {
            state.hasty_in = hour;
            state.hasty.clear();
        }
        if state.hasty.len() >= MOST_HASTY && !state.hasty.contains_key(&network) {
            return false;
        }
        let count = state.hasty.entry(network).or_default();
        *count += 1;
        *count > HASTY_PER_HOUR
    }
}

/// Whether forms are asked for a proof at present, whatever they bring along.
pub fn is_asking(deps: &Deps, address: IpAddr) -> bool {
    match deps.limits.proof_of_work {
        ProofOfWork::Always => true,
        ProofOfWork::Never => false,
        ProofOfWork::Auto => {
            !address.is_loopback() && deps.guard.is_pressed.load(Ordering::Relaxed)
        }
    }
}

/// Weighs a form. A proof is not used up by it yet: that is done in the transaction that keeps the
/// request.
pub fn weigh(deps: &Deps, publication: PublicationId, evidence: Evidence<'_>) -> Weighed {
    let now = deps.now();
    let stamp = (!evidence.stamp.is_empty())
        .then(|| deps.keys.read_stamp(publication, evidence.stamp, now));
    if !is_asking(deps, evidence.address) && !is_odd(deps, stamp.as_ref(), evidence.address, now) {
        return Weighed::In(None);
    }
    let solved = deps.keys.solved(publication, evidence.solution, now);
    match solved.or_else(|_| stamp.unwrap_or(Err(NoProof))?.proof(now)) {
        Ok(proof) => Weighed::In(Some(proof)),
        Err(NoProof) => {
            deps.guard.state().asked.add(now);
            Weighed::Asked
        }
    }
}

/// Whether the stamp alone gives cause to ask. A form without one does not: it may stand in any page.
fn is_odd(deps: &Deps, stamp: Option<&Result<Stamp, NoProof>>, address: IpAddr, now: Time) -> bool {
    if deps.limits.proof_of_work != ProofOfWork::Auto || address.is_loopback() {
        return false;
    }
    match stamp {
        None => false,
        Some(Err(NoProof)) => true,
        Some(Ok(stamp)) => {
            stamp.is_hasty(now) && deps.guard.is_too_hasty(subscription::counted(address), now)
        }
    }
}

/// The stamp for a form. One that came with it stays, so that its wait goes on; unless the wait is
/// over, and the form was asked for a proof all the same: then it counts no more.
pub fn stamp(deps: &Deps, publication: PublicationId, before: &str, is_asked: bool) -> String {
    let now = deps.now();
    let stays = |stamp: Stamp| {
        let counts_no_more = is_asked && stamp.proof(now).is_ok();
        !counts_no_more && !stamp.is_stale(now)
    };
    let known = deps.keys.read_stamp(publication, before, now);
    if known.is_ok_and(stays) {
        return before.to_owned();
    }
    deps.keys.stamp(publication, now, chance(deps))
}

/// A sum for a form.
pub fn challenge(deps: &Deps, publication: PublicationId) -> Challenge {
    let most = deps.limits.proof_of_work_cost;
    deps.keys
        .challenge(publication, most, deps.now(), chance(deps))
}

fn chance<const N: usize>(deps: &Deps) -> [u8; N] {
    let mut bytes = [0; N];
    deps.random.fill(&mut bytes);
    bytes
}

/// Counts confirmation mails towards the pressure, in the transaction that has them sent.
pub(super) async fn count_mails(
    deps: &Deps,
    tx: &mut Tx,
    number: i64,
    now: Time,
) -> Result<(), StoreError> {
    if number == 0 {
        return Ok(());
    }
    let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
    let numbers = [(sign_up::pressure_counter(deps), number)].into();
    counters::add(tx, &numbers, minute).await.map(drop)
}

/// Brings what the process knows up to date.
pub async fn refresh(deps: &Deps) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    deps.guard.gate.refresh(deps, &mut tx).await?;
    if deps.limits.proof_of_work == ProofOfWork::Auto {
        feel_pressure(deps, &mut tx).await?;
    }
    Ok(())
}

async fn feel_pressure(deps: &Deps, tx: &mut Tx) -> Result<(), StoreError> {
    let (limits, now) = (&deps.limits, deps.now());
    let name = sign_up::pressure_counter(deps);
    let mails = counters::sum_since(tx, &name, now - TimeDelta::minutes(MINUTES)).await?;
    let is_half_spent = limits.per_hour > 0
        && sign_up::mails_of_hour(deps, tx, now).await? * 2 >= i64::from(limits.per_hour);
    let recent = mails + deps.guard.state().asked.sum(now);
    let is_much = limits.proof_of_work_from > 0 && recent >= i64::from(limits.proof_of_work_from);
    let is_pressed = is_half_spent || is_much;
    if deps.guard.is_pressed.swap(is_pressed, Ordering::Relaxed) != is_pressed {
        tracing::warn!(
            is_pressed,
            mails,
            "sign-ups are many: whether forms are asked for a proof"
        );
    }
    Ok(())
}

/// What becomes of a request that was written down, now that its mail is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtLast {
    Goes,
    /// The rules have changed, or its domain takes no mail.
    Dropped,
    /// The DNS has not been asked yet.
    Open,
}

/// Weighs an address once more.
pub(super) fn at_last(deps: &Deps, email: &EmailAddress) -> AtLast {
    match admit(deps, email, None) {
        Admission::Open if is_open_question(deps, email) => AtLast::Open,
        Admission::Open => AtLast::Goes,
        Admission::Dropped | Admission::Refused(_) => AtLast::Dropped,
    }
}
