//! Sees to it that a request which a program repeats is carried out once.
//!
//! A request claims its key in a transaction of its own, and its answer is kept in the transaction
//! that does the work: either both are there or neither.

use chrono::TimeDelta;
use thiserror::Error;

use super::Deps;
use crate::domain::clock::Time;
use crate::domain::ids::ApiTokenId;
use crate::store::idempotency_keys::{self, Answer, Request};
use crate::store::{StoreError, Tx};

/// For how long a key is remembered.
pub const KEPT: TimeDelta = TimeDelta::days(1);
/// A request that has not ended by then never will: the web server gives up earlier.
const GIVEN_UP: TimeDelta = TimeDelta::seconds(60);

/// The right to carry a request out.
#[derive(Debug, Clone)]
pub struct Claim {
    token: ApiTokenId,
    key: String,
    at: Time,
}

/// What became of asking for it.
#[derive(Debug)]
pub enum Begun {
    Claimed(Claim),
    /// The same request was carried out; this was its answer.
    Answered(Answer),
    /// The same request is being carried out.
    Running,
    /// The key belongs to another request.
    Taken,
}

/// Another request has taken the claim over.
#[derive(Debug, Error)]
#[error("the same request is being carried out")]
pub struct ClaimLost;

/// Claims a key for a request.
pub async fn begin(deps: &Deps, request: Request<'_>) -> Result<Begun, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    if idempotency_keys::claim(&mut tx, request, now, now - GIVEN_UP, now - KEPT).await? {
        tx.commit().await?;
        return Ok(Begun::Claimed(Claim {
            token: request.token,
            key: request.key.to_owned(),
            at: now,
        }));
    }
    let found = idempotency_keys::find(&mut tx, request.token, request.key).await?;
    Ok(match found {
        Some(known) if known.fingerprint != request.fingerprint => Begun::Taken,
        Some(known) => known.answer.map_or(Begun::Running, Begun::Answered),
        // Its request has just come to nothing.
        None => Begun::Running,
    })
}

/// Keeps the answer, within the transaction that did the work.
pub(super) async fn finish(
    tx: &mut Tx,
    claim: &Claim,
    answer: &Answer,
) -> Result<Result<(), ClaimLost>, StoreError> {
    let kept = idempotency_keys::answer(tx, claim.token, &claim.key, claim.at, answer).await?;
    Ok(kept.then_some(()).ok_or(ClaimLost))
}

/// Frees the key of a request that came to nothing, so that it can be tried again at once.
pub async fn release(deps: &Deps, claim: &Claim) -> Result<(), StoreError> {
    let mut tx = deps.store.begin().await?;
    idempotency_keys::release(&mut tx, claim.token, &claim.key, claim.at).await?;
    tx.commit().await
}

/// Keeps the answer of work that has its own transaction. One who has lost the claim meanwhile leaves
/// that of the other.
pub async fn keep(deps: &Deps, claim: &Claim, answer: &Answer) -> Result<(), StoreError> {
    let mut tx = deps.store.begin().await?;
    idempotency_keys::answer(&mut tx, claim.token, &claim.key, claim.at, answer).await?;
    tx.commit().await
}
