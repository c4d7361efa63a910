//! A reader asks to subscribe. The answer is the same whether or not the address was known, and so
//! is the work before it: the request is written down and nothing is looked up. What is known of the
//! address is seen to a moment later, by `take_in`.

mod again;
mod desk;
mod forget;
mod group;
mod remind;
mod resend;
mod take_in;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DurationRound, TimeDelta};
use chrono_tz::Tz;
use thiserror::Error;

use super::{Deps, consent};
use crate::domain::arrival::Arrival;
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::SignUpId;
use crate::domain::proof::Proof;
use crate::domain::publication::{Publication, TopicChoice};
use crate::domain::subscription;
use crate::store::{StoreError, Tx, counters};

pub use again::{again, ended};
pub use desk::Desk;
pub use forget::forget;
pub use remind::remind;
pub use resend::{ResendError, resend};
pub use take_in::take_in;

/// A checked request.
#[derive(Debug, Clone)]
pub struct Request {
    pub email: EmailAddress,
    pub name: Option<String>,
    pub topics: TopicChoice,
    pub digests: DigestChoice,
    pub language: Option<String>,
    pub timezone: Option<Tz>,
    /// The page that carried the form.
    pub source: Option<String>,
    /// Where the request came from.
    pub address: IpAddr,
    /// A field that people do not see was filled in.
    pub is_trapped: bool,
    /// What it was let in by, where a proof was asked for.
    pub proof: Option<Proof>,
}

/// Why a request was refused, whoever's address it names.
#[derive(Debug, Error)]
pub enum SignUpError {
    #[error("too many sign-ups from your network; try again later")]
    TooMany { retry_after: Duration },
    #[error("too many sign-ups at the moment; try again later")]
    Spent { retry_after: Duration },
    #[error("the proof that came with the form has been used before")]
    Unproven,
    #[error(transparent)]
    Store(Arc<StoreError>),
}

/// Keeps the request with its evidence of consent, durably, and nothing else: whatever was answered
/// "check your inbox" is taken in later, whatever becomes of this process.
pub async fn sign_up(
    deps: &Deps,
    publication: &Publication,
    request: &Request,
) -> Result<(), SignUpError> {
    let texts = deps.renderer.texts();
    let language = texts.best_of(publication, request.language.as_deref());
    let arrival = Arrival {
        id: deps.new_id(SignUpId::new),
        publication: publication.id,
        email: request.email.clone(),
        name: request.name.clone(),
        topics: request.topics.clone(),
        digests: request.digests.clone(),
        language: request.language.clone(),
        timezone: request.timezone,
        source: request.source.clone(),
        network: subscription::truncated(request.address),
        consent_text: consent::text(texts, language, publication),
        arrived_at: deps.now(),
    };
    let network = subscription::counted(request.address);
    let entry = group::Entry {
        network: deps.keys.counter_name(&network),
        waits: deps.keys.counter_name(&format!("waits of {network}")),
        proof: request.proof.clone(),
        domain: domain_counter(deps, &request.email),
        is_kept: !request.is_trapped,
        arrival,
    };
    deps.desk.hand_in(deps, entry).await
}

/// The counter of all confirmation mails.
fn all_counter(deps: &Deps) -> Vec<u8> {
    deps.keys.counter_name("confirmations")
}

/// The counter of the confirmation mails of a minute.
pub(super) fn pressure_counter(deps: &Deps) -> Vec<u8> {
    deps.keys.counter_name("confirmations by the minute")
}

/// The counter of the confirmation mails to an address's domain.
fn domain_counter(deps: &Deps, email: &EmailAddress) -> Vec<u8> {
    let text = format!("confirmations to {}", email.domain());
    deps.keys.counter_name(&text)
}

/// The confirmation mails of the present hour.
pub(super) async fn mails_of_hour(deps: &Deps, tx: &mut Tx, now: Time) -> Result<i64, StoreError> {
    let name = all_counter(deps);
    let counts = counters::read(tx, [&name[..]].into_iter(), hour_of(now)).await?;
    Ok(counts.get(&name).copied().unwrap_or(0))
}

/// The counter of the confirmation mails to an inbox, however its address is written.
pub(super) fn inbox_counter(deps: &Deps, email: &EmailAddress) -> Vec<u8> {
    deps.keys.counter_name(&format!("inbox {}", email.inbox()))
}

/// The hour that is counted in.
pub(super) fn hour_of(now: Time) -> Time {
    now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now)
}

/// How long it takes until the next hour counts from nothing.
pub(super) fn rest_of_hour(now: Time) -> Duration {
    (hour_of(now) + TimeDelta::hours(1) - now)
        .to_std()
        .unwrap_or(Duration::from_secs(60))
}
