//! What each job does: one service call. Running a job twice is harmless.

use std::sync::Arc;

use apalis::prelude::BoxDynError;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::queue::{State, Wakes};
use crate::domain::job::Job;
use crate::services::{Deps, compose_issue, fetch_feed, send_notice, websub};

/// What handlers work with.
#[derive(Clone)]
pub(super) struct Hands {
    pub deps: Deps,
    pub wakes: Arc<Wakes>,
    /// How many jobs of the queue run at a time.
    pub permits: Arc<Semaphore>,
    /// Those that do, to be waited for at a stop.
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
}

/// Runs a job. It always ends as done: whether there is more to do stands in the rows, which the
/// sweep reads, and not in the queue.
pub(super) async fn handle(job: Job, hands: State) -> Result<(), BoxDynError> {
    start(Hands::clone(&hands), job).await;
    Ok(())
}

/// Starts a job as a task of its own: a panic ends there, and neither the worker's pulse nor its
/// end waits for long work. At a stop the queue's worker is no longer driven while it waits for its
/// handlers, and a transaction that it has begun would keep others from the database.
pub(super) async fn start(hands: Hands, job: Job) {
    let permit = tokio::select! {
        permit = Arc::clone(&hands.permits).acquire_owned() => permit,
        // The rows tell whoever starts next.
        () = hands.stop.cancelled() => return,
    };
    let tasks = hands.tasks.clone();
    tasks.spawn(async move {
        let done = perform(&hands, &job).await;
        drop(permit);
        if let Err(error) = done {
            tracing::error!(?job, error = format!("{error:#}"), "a job failed");
        }
    });
}

async fn perform(hands: &Hands, job: &Job) -> anyhow::Result<()> {
    let deps = hands.deps.present();
    match job {
        Job::SendNotice { notice } => send_notice::send(&deps, *notice).await?,
        Job::FetchFeed { feed } => match fetch_feed::fetch(&deps, *feed).await {
            // Recorded with the feed, where operators look for it.
            Ok(_)
            | Err(
                fetch_feed::FeedError::Fetch(_)
                | fetch_feed::FeedError::Parse(_)
                | fetch_feed::FeedError::Gone,
            ) => {}
            Err(error) => return Err(error.into()),
        },
        Job::AskHub { hub } => websub::ask(&deps, *hub).await?,
        Job::ComposeIssue { issue } => compose_issue::compose(&deps, *issue).await?,
        // The engine looks after all issues that are going out.
        Job::Deliver { .. } => hands.wakes.engine.notify_one(),
    }
    Ok(())
}
