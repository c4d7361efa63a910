//! How fast issues go out. Their ledgers are looked through now and then, and what was found is kept, so
//! that the page of an issue costs nothing, however long its ledger is.

use std::time::Instant;

use chrono::TimeDelta;

use super::Deps;
use crate::domain::clock::Time;
use crate::domain::send_rate::{SendRate, grain};
use crate::store::curves::{self, Due};
use crate::store::{StoreError, Tx};

/// What is on its way when an issue is cancelled has ended by then.
const SETTLED: TimeDelta = TimeDelta::seconds(15);
/// The least time between two curves of an issue that goes out.
const ANEW: TimeDelta = TimeDelta::minutes(1);
/// Looking through a long ledger takes its time: no more than a part of it in so many.
const SHARE: u32 = 30;

/// Draws the curve of an issue that goes out, and of one that has ended.
pub async fn draw(deps: &Deps) -> Result<(), StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let under_way = curves::outdated(&mut tx, now).await?;
    let ended = curves::undrawn(&mut tx, now - SETTLED).await?;
    drop(tx);
    for due in under_way.iter().chain(&ended) {
        draw_one(deps, due).await?;
    }
    Ok(())
}

async fn draw_one(deps: &Deps, due: &Due) -> Result<(), StoreError> {
    let now = deps.now();
    let began = Instant::now();
    let mut tx = deps.store.read().await?;
    let curve = count(&mut tx, due, now).await?;
    drop(tx);
    let rest = TimeDelta::from_std(began.elapsed() * SHARE).unwrap_or(ANEW);
    let mut tx = deps.store.begin().await?;
    if let Some(curve) = curve {
        curves::keep(&mut tx, due, &curve, now, now + rest.max(ANEW)).await?;
    }
    if due.finished_at.is_some() {
        curves::drawn(&mut tx, due, now).await?;
    }
    tx.commit().await
}

async fn count(tx: &mut Tx, due: &Due, now: Time) -> Result<Option<SendRate>, StoreError> {
    let until = due.finished_at.unwrap_or(now);
    let grain = grain(until - due.started_at.unwrap_or(until));
    let parts = curves::parts(tx, due.issue, due.publication, grain).await?;
    Ok(SendRate::of(&parts, grain))
}
