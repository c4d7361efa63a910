//! What comes round again and again: heartbeat, schedule, sweep.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::services::{
    Deps, alerts, cleanup, fetch_feed, guard, import, mail_link, plan_issue, record_bounce,
    send_rate, sign_up, sum_up, websub,
};
use crate::store::StoreError;

const HEARTBEAT: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(500);
/// How soon a sign-up is taken in. By the clock and not by its arrival, so that whoever measures how
/// busy the service is learns nothing about the address that they have just typed.
const ARRIVALS: Duration = Duration::from_millis(100);
/// How soon a process knows what presses on the form, and what operators have changed.
const GUARD: Duration = Duration::from_millis(500);
/// How soon what is wrong is noticed.
const ALERTS: Duration = Duration::from_secs(10);
const SWEEP: Duration = Duration::from_secs(10);
/// Sweeps between two clean-ups.
const PRUNE_EVERY: u32 = 360;

/// Does what may end at any place, since the next process does it again: sums over a long ledger, which
/// would keep this one from ending.
async fn unless_stopped<E>(
    stop: &CancellationToken,
    act: impl Future<Output = Result<(), E>>,
) -> Result<(), E> {
    stop.run_until_cancelled(act).await.unwrap_or(Ok(()))
}

/// Calls `act` at every tick until `stop`; a failure is logged and the next tick tries again.
async fn every<F, E>(
    period: Duration,
    name: &'static str,
    stop: &CancellationToken,
    mut act: impl FnMut() -> F,
) where
    F: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match act().await {
            Ok(()) if failing => {
                failing = false;
                tracing::info!(round = name, "works again");
            }
            // Said once, not at every tick of a long trouble.
            Err(error) if !failing => {
                failing = true;
                tracing::error!(round = name, %error, "fails; tried again until it works");
            }
            // All well, or a trouble that has been told.
            _ => {}
        }
    }
}

/// Shows that this node is alive, and frees the claims of those that are not.
pub(super) async fn heartbeat(deps: Deps, roles: &'static str, stop: CancellationToken) {
    every(HEARTBEAT, "heartbeat", &stop, || {
        cleanup::heartbeat(&deps, roles)
    })
    .await;
}

/// Plans issues, and takes feeds and hubs whose time has come.
pub(super) async fn schedule(deps: Deps, stop: CancellationToken) {
    every(TICK, "schedule", &stop, || async {
        plan_issue::plan_due(&deps).await?;
        fetch_feed::enqueue_due(&deps).await?;
        websub::enqueue_due(&deps).await.map(drop)
    })
    .await;
}

/// Takes in the sign-ups that have arrived, and the links that were asked for. While more sign-ups come
/// in, only a few at a time: who has just pressed the button comes first.
pub(super) async fn sign_ups(deps: Deps, stop: CancellationToken) {
    every(ARRIVALS, "sign-ups", &stop, || async {
        while sign_up::take_in(&deps).await? && !stop.is_cancelled() && !deps.desk.is_at_work() {}
        while mail_link::take_in(&deps).await? && !stop.is_cancelled() {}
        Ok::<_, StoreError>(())
    })
    .await;
}

/// Works on imports of readers, one after the other. A task of its own, so that a panic ends there.
pub(super) async fn imports(deps: Deps, stop: CancellationToken) {
    every(TICK, "imports", &stop, || async {
        let (deps, stop) = (deps.clone(), stop.clone());
        let work = tokio::spawn(async move { import::work(&deps, &stop).await });
        work.await
            .map_err(anyhow::Error::from)?
            .map_err(anyhow::Error::from)
    })
    .await;
}

/// Keeps what the guard of the form knows up to date.
pub(super) async fn guard(deps: Deps, stop: CancellationToken) {
    every(GUARD, "guard", &stop, || guard::refresh(&deps)).await;
}

/// Looks for what is wrong, and tells of it.
pub(super) async fn alerts(deps: Deps, stop: CancellationToken) {
    every(ALERTS, "alerts", &stop, || {
        unless_stopped(&stop, async {
            alerts::check(&deps).await?;
            alerts::tell(&deps).await
        })
    })
    .await;
}

/// Writes down which relays this process finds out of order.
pub(super) async fn relays(deps: Deps, stop: CancellationToken) {
    every(ALERTS, "relays", &stop, || alerts::note_relays(&deps)).await;
}

/// Reminds, finds rows that are due whatever happened to their jobs, looks through what
/// was refused, and counts for the plots.
pub(super) async fn sweep(deps: Deps, stop: CancellationToken) {
    let mut rounds = 0_u32;
    every(SWEEP, "sweep", &stop, || {
        rounds += 1;
        let prunes = rounds % PRUNE_EVERY == 1;
        unless_stopped(&stop, Box::pin(sweep_once(&deps, prunes)))
    })
    .await;
}

async fn sweep_once(deps: &Deps, prunes: bool) -> Result<(), StoreError> {
    sign_up::remind(deps).await?;
    cleanup::sweep(deps).await?;
    sum_up::count_readers(deps).await?;
    sum_up::sum_issues(deps).await?;
    record_bounce::look_through(deps).await?;
    send_rate::draw(deps).await?;
    if prunes {
        cleanup::prune(deps).await?;
    }
    Ok(())
}
