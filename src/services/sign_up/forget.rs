//! Forgets what was asked for and never confirmed, with everything personal about it; the counts of
//! the funnel stay.

use chrono::TimeDelta;

use crate::domain::funnel::FunnelStep;
use crate::domain::ids;
use crate::services::{Deps, forgotten};
use crate::store::expired::{self, Expired};
use crate::store::funnel::{self, Steps};
use crate::store::{StoreError, arrivals, suppressions};

/// Sign-ups in one transaction.
const GROUP: i64 = 500;

/// Forgets sign-ups whose link has ended, and their readers where nothing else is known of them;
/// returns how many. Sign-ups that could not be taken in for as long as a link lives go too.
pub async fn forget(deps: &Deps) -> Result<usize, StoreError> {
    forget_arrivals(deps).await?;
    let mut forgotten = 0;
    loop {
        let some = forget_some(deps).await?;
        forgotten += some;
        if i64::try_from(some).is_ok_and(|some| some < GROUP) {
            break;
        }
        tokio::time::sleep(deps.store.breather()).await;
    }
    if forgotten > 0 {
        tracing::info!(
            sign_ups = forgotten,
            "sign-ups that nobody confirmed are forgotten"
        );
    }
    Ok(forgotten)
}

async fn forget_some(deps: &Deps) -> Result<usize, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    if expired::find(&mut tx, now, 1).await?.is_empty() {
        return Ok(0);
    }
    drop(tx);
    let mut tx = deps.store.begin().await?;
    // No sign-up and no import may come upon a reader who is just being forgotten.
    suppressions::lock_out(&mut tx).await?;
    let old = expired::find(&mut tx, now, GROUP).await?;
    let mut steps = Steps::default();
    for sign_up in old.iter().filter(|old| old.is_undecided) {
        steps.add(sign_up.publication, FunnelStep::Expired, 1);
    }
    for sign_up in &old {
        forgotten::keep(deps, &mut tx, sign_up).await?;
    }
    let ids: Vec<_> = old.iter().map(|old: &Expired| old.sign_up).collect();
    expired::remove(&mut tx, &ids).await?;
    let subscriptions: Vec<_> = old.iter().map(|old| old.subscription).collect();
    let subscribers: Vec<_> = old.iter().map(|old| old.subscriber).collect();
    expired::remove_readers(&mut tx, &subscriptions, &subscribers).await?;
    funnel::count(&mut tx, &steps, now).await?;
    tx.commit().await?;
    Ok(old.len())
}

async fn forget_arrivals(deps: &Deps) -> Result<(), StoreError> {
    let oldest = deps.now() - TimeDelta::days(i64::from(deps.limits.pending_days));
    let mut tx = deps.store.begin().await?;
    let lost = arrivals::prune(&mut tx, ids::first_of(oldest)).await?;
    tx.commit().await?;
    if lost > 0 {
        tracing::warn!(
            number = lost,
            "sign-ups that could not be taken in all the time are forgotten"
        );
    }
    Ok(())
}
