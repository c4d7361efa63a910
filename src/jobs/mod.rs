//! What runs by itself: the queues' workers, the delivery engine, the scheduler's tick, the
//! sweep and the heartbeat. All of them may be lost at any moment: the rows tell where to go on.

mod engine;
mod handlers;
pub mod queue;
mod rounds;
mod webhooks;

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::domain::job::Queue;
use crate::services::Deps;
use queue::Wakes;

/// What a process does beside answering requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duties {
    /// Plans issues, takes due feeds, sweeps.
    pub scheduler: bool,
    /// Works on the queues and sends.
    pub worker: bool,
}

/// Runs until `stop` is cancelled and what is in flight has ended.
pub async fn run(deps: Deps, wakes: Arc<Wakes>, duties: Duties, stop: CancellationToken) {
    let mut tasks = JoinSet::new();
    let roles = match (duties.scheduler, duties.worker) {
        (true, true) => "scheduler,worker",
        (true, false) => "scheduler",
        (false, true) => "worker",
        (false, false) => "web",
    };
    tasks.spawn(rounds::heartbeat(deps.clone(), roles, stop.clone()));
    tasks.spawn(rounds::guard(deps.clone(), stop.clone()));
    if duties.scheduler {
        tasks.spawn(rounds::schedule(deps.clone(), stop.clone()));
        tasks.spawn(rounds::sweep(deps.clone(), stop.clone()));
        tasks.spawn(rounds::alerts(deps.clone(), stop.clone()));
    }
    if duties.worker {
        tasks.spawn(rounds::sign_ups(deps.clone(), stop.clone()));
        tasks.spawn(queue::work_directly(
            deps.clone(),
            Arc::clone(&wakes),
            stop.clone(),
        ));
        for name in Queue::ALL {
            tasks.spawn(queue::work(
                deps.clone(),
                Arc::clone(&wakes),
                name,
                stop.clone(),
            ));
        }
        tasks.spawn(rounds::relays(deps.clone(), stop.clone()));
        tasks.spawn(webhooks::run(deps.clone(), stop.clone()));
        tasks.spawn(rounds::imports(deps.clone(), stop.clone()));
        tasks.spawn(engine::run(deps, wakes, stop));
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a background task failed");
        }
    }
}
