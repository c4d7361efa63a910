//! The delivery engine: sends what is due of all issues over the connections of all relays.
//!
//! A feeder claims rows and hands them to the relays; each connection is a task that writes,
//! announces and sends one mail after the other; one writer records results and marks in groups.
//! What is claimed and not begun has not been sent; what is begun and not recorded may have been:
//! a process that is killed leaves at most one such row for each connection, or a window of them where
//! the relay takes several mails in one go.

mod budget;
mod domains;
mod failures;
mod feeder;
mod health;
mod intake;
mod item;
mod judge;
mod lane;
mod letter;
mod parking;
mod recorder;
mod routes;
mod signers;
mod window;

use std::sync::Arc;
use std::thread;

use thiserror::Error;
use tokio::runtime;
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Deps, tell};
use crate::domain::ids::IssueId;
use crate::domain::issue::IssueState;
use crate::store::{StoreError, claims, deliveries, issues};
use failures::Tallies;
use feeder::Feeder;
use item::Shared;
use lane::Lane;
use recorder::Recorder;
use signers::Signers;

pub use budget::{Budget, WarmUp};
pub use domains::DomainRule;
pub use health::Condition;
pub use letter::{Sample, language_of, message_id, sample, signed_up};
pub use routes::{RelayHealth, RouteConfig, Routes};

/// Mails that wait for the connections of a relay.
const QUEUE: usize = 256;
/// Connections to a relay without a limit of its own.
const UNLIMITED: usize = 50;

/// Why a turn of the engine ended early.
#[derive(Debug, Error)]
pub enum DeliverError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    RelayDown(String),
    #[error("a task of the delivery engine failed: {0}")]
    Task(String),
}

/// Sends what is due of all issues until nothing is, or `stop` is cancelled. What is in flight is
/// finished and recorded first.
pub async fn run(deps: &Deps, stop: &CancellationToken) -> Result<(), DeliverError> {
    recover(deps).await?;
    if any_due(deps).await? {
        let sent = send_apart(deps, stop).await;
        recover(deps).await?;
        deps.routes.settle(deps).await?;
        sent?;
    }
    finish(deps).await.map_err(DeliverError::from)
}

async fn any_due(deps: &Deps) -> Result<bool, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    for issue in issues::in_state(&mut tx, IssueState::Sending, now).await? {
        if deliveries::any_due(&mut tx, issue.id, &deps.node, now).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Sends on a thread and a runtime of its own: connections, feeder and writer hand work to each
/// other for every mail, and between the threads of a runtime for all each of that costs a wake-up
/// by the kernel.
async fn send_apart(deps: &Deps, stop: &CancellationToken) -> Result<(), DeliverError> {
    let task = |error: std::io::Error| DeliverError::Task(error.to_string());
    let engine = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(task)?;
    let (deps, stop) = (deps.clone(), stop.clone());
    let (end, ended) = oneshot::channel();
    let work = move || {
        let sent = engine.block_on(async {
            let store = deps.store.elsewhere();
            let deps = Deps { store, ..deps };
            let sent = send(&deps, &stop).await;
            deps.store.leave().await;
            sent
        });
        // Nobody is left to hear it where the process ends meanwhile.
        let _ = end.send(sent);
    };
    let thread = thread::Builder::new().name("engine".to_owned());
    thread.spawn(work).map_err(task)?;
    let failed = || DeliverError::Task("the thread ended".to_owned());
    ended.await.unwrap_or_else(|_| Err(failed()))
}

/// Starts feeder, connections and writer, and waits for their end.
async fn send(deps: &Deps, stop: &CancellationToken) -> Result<(), DeliverError> {
    // The connections end with the feeder, whatever makes it end.
    let halt = stop.child_token();
    // Other relays and keys end the turn too, but no result is given up for that.
    let pause = halt.child_token();
    let watching = tokio::spawn(pause_when_replaced(deps.replaced.clone(), pause.clone()));
    deps.routes.domains.reset();
    let mut tx = deps.store.begin_relaxed().await?;
    claims::open(&mut tx, &deps.node).await?;
    tx.commit().await?;
    let (shared, returned) = Shared::new(Tallies::new(deps));
    let failing = tokio::spawn(failures::watch(
        deps.clone(),
        Arc::clone(&shared),
        pause.clone(),
    ));
    let (recorder, writing) = Recorder::start(deps);
    let mut lanes = JoinSet::new();
    let mut queues = Vec::new();
    for at in 0..deps.routes.len() {
        let (queue, items) = flume::bounded(QUEUE);
        queues.push(queue);
        let connections = match deps.routes.relay(at).connections() {
            0 => UNLIMITED,
            limited => limited,
        };
        let door = Arc::new(Mutex::new(()));
        for _ in 0..connections {
            let lane = Lane {
                door: Arc::clone(&door),
                deps: deps.clone(),
                routes: Arc::clone(&deps.routes),
                at,
                queue: items.clone(),
                shared: Arc::clone(&shared),
                recorder: recorder.clone(),
                stop: pause.clone(),
                give_up: halt.clone(),
                step: recorder::Step::default(),
            };
            lanes.spawn(lane.run());
        }
    }
    drop(recorder);
    let (signing, signers) = Signers::start(deps, &shared, &queues)
        .map_err(|error| DeliverError::Task(error.to_string()))?;
    let feeder = Feeder::new(deps, shared, returned, queues, signing, pause.clone());
    let mut result = feeder.run().await;
    pause.cancel();
    if result.is_err() || !deps.replaced.is_cancelled() {
        halt.cancel();
    }
    while let Some(ended) = lanes.join_next().await {
        let ended = match ended {
            Ok(ended) => ended.map_err(DeliverError::from),
            Err(panic) => Err(DeliverError::Task(panic.to_string())),
        };
        if ended.is_err() && !matches!(result, Err(DeliverError::Store(_))) {
            result = ended;
        }
    }
    signers.join().await;
    // All results are on the disk when the turn ends.
    let _ = writing.await;
    let _ = watching.await;
    let _ = failing.await;
    result
}

async fn pause_when_replaced(replaced: CancellationToken, pause: CancellationToken) {
    tokio::select! {
        () = replaced.cancelled() => pause.cancel(),
        () = pause.cancelled() => {}
    }
}

/// Frees what a turn of this process left behind: mails that found no connection, and rows whose
/// last writes failed. Turns follow each other, so what this node still holds belongs to nobody.
async fn recover(deps: &Deps) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    let held = claims::any_held(&mut tx, &deps.node).await?;
    drop(tx);
    if held {
        let mut tx = deps.store.begin().await?;
        let policy = deps.limits.on_unknown;
        let unknown = claims::release_node(&mut tx, &deps.node, policy, deps.now()).await?;
        tx.commit().await?;
        if unknown > 0 {
            tracing::warn!(unknown, "claims of an interrupted turn were freed");
        }
    }
    Ok(())
}

/// Ends the issues of which no delivery is open any more.
async fn finish(deps: &Deps) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    let sending = issues::in_state(&mut tx, IssueState::Sending, deps.now()).await?;
    let mut ended = Vec::new();
    for issue in sending {
        if issue.is_filled && !deliveries::any_open(&mut tx, issue.id).await? {
            ended.push(issue.id);
        }
    }
    drop(tx);
    for id in ended {
        finish_one(deps, id).await?;
    }
    Ok(())
}

async fn finish_one(deps: &Deps, id: IssueId) -> Result<(), StoreError> {
    let mut tx = deps.store.begin().await?;
    // Looked at again under the lock: a reader who came back may have opened a row.
    let counts = issues::counts(&mut tx, id).await?;
    if counts.open() == 0 {
        let state = counts.final_state();
        if issues::advance(&mut tx, id, IssueState::Sending, state, deps.now()).await? {
            issues::set_trouble(&mut tx, id, None).await?;
            tell::issue(deps, &mut tx, id).await?;
            tx.commit().await?;
            let (sent, failed, skipped) = (counts.sent, counts.failed, counts.skipped);
            tracing::info!(issue = %id, %state, sent, failed, skipped, "issue ended");
        }
    }
    Ok(())
}
