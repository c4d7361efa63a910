//! The delivery engine: sends what is due of an issue over several connections at a time.
//!
//! A connection claims a few rows, marks one as begun, sends its mail, and records the reply
//! together with the mark of the next one. What is claimed and not begun has not been sent; what
//! is begun and not recorded may have been: a process that is killed leaves at most one such row
//! for each connection.

mod lane;
mod letter;
mod recorder;

use std::sync::Arc;

use thiserror::Error;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Deps;
use crate::domain::ids::IssueId;
use crate::domain::issue::{Issue, IssueState};
use crate::store::{StoreError, deliveries, digests, issues, publications};

pub use letter::message_id;

/// Why a run of the engine ended early.
#[derive(Debug, Error)]
pub enum DeliverError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    RelayDown(String),
    #[error("a connection's task failed: {0}")]
    Task(String),
}

/// Sends what is due of an issue until nothing is, `stop` is cancelled or `until` has come. What
/// is in flight is finished and recorded first.
pub async fn run(
    deps: &Deps,
    id: IssueId,
    stop: &CancellationToken,
    until: Option<Instant>,
) -> Result<(), DeliverError> {
    recover(deps).await?;
    let Some(letters) = load(deps, id).await? else {
        return Ok(());
    };
    let letters = Arc::new(letters);
    let recorder = recorder::Recorder::start(deps.clone());
    let mut lanes = JoinSet::new();
    for number in 0..deps.relay.connections() {
        let lane = lane::Lane::new(deps, &letters, &recorder, number, stop.clone(), until);
        lanes.spawn(lane.run());
    }
    // The recorder ends when the last lane has let go of it.
    drop(recorder);
    let mut result = Ok(());
    while let Some(ended) = lanes.join_next().await {
        let ended = ended.unwrap_or_else(|panic| Err(DeliverError::Task(panic.to_string())));
        if ended.is_err() && !matches!(result, Err(DeliverError::Store(_))) {
            result = ended;
        }
    }
    note_trouble(deps, &letters.issue, &result).await?;
    result?;
    finish(deps, id).await.map_err(DeliverError::from)
}

/// Frees what an earlier run of this process left behind where even its last writes failed. Runs
/// follow each other, so whatever this node still holds now belongs to nobody.
async fn recover(deps: &Deps) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    let held = deliveries::any_held(&mut tx, &deps.node).await?;
    drop(tx);
    if held {
        let mut tx = deps.store.begin().await?;
        let (idle, unknown) =
            deliveries::release_node(&mut tx, &deps.node, deps.limits.on_unknown, deps.now())
                .await?;
        tx.commit().await?;
        tracing::warn!(idle, unknown, "claims of an interrupted run were freed");
    }
    Ok(())
}

async fn load(deps: &Deps, id: IssueId) -> Result<Option<letter::Letters>, StoreError> {
    let mut tx = deps.store.read().await?;
    let Some(issue) = issues::find(&mut tx, id).await? else {
        return Ok(None);
    };
    if issue.state != IssueState::Sending {
        return Ok(None);
    }
    if !deliveries::any_due(&mut tx, id, deps.now()).await? {
        drop(tx);
        finish(deps, id).await?;
        return Ok(None);
    }
    let Some(publication) = publications::find(&mut tx, issue.publication).await? else {
        return Ok(None);
    };
    let Some(digest) = digests::find(&mut tx, issue.digest).await? else {
        return Ok(None);
    };
    Ok(Some(letter::Letters::new(issue, publication, &digest)))
}

/// Ends the issue where no delivery is open any more.
async fn finish(deps: &Deps, id: IssueId) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    let counts = issues::counts(&mut tx, id).await?;
    drop(tx);
    if counts.open() > 0 {
        return Ok(());
    }
    let mut tx = deps.store.begin().await?;
    // Counted again under the lock: a reader who came back may have opened a row.
    let counts = issues::counts(&mut tx, id).await?;
    if counts.open() == 0 {
        let state = counts.final_state();
        if issues::advance(&mut tx, id, IssueState::Sending, state, deps.now()).await? {
            tx.commit().await?;
            let (sent, failed, skipped) = (counts.sent, counts.failed, counts.skipped);
            tracing::info!(issue = %id, %state, sent, failed, skipped, "issue ended");
        }
    }
    Ok(())
}

/// Lets operators see that the relay does not answer, and that it does again.
async fn note_trouble(
    deps: &Deps,
    issue: &Issue,
    result: &Result<(), DeliverError>,
) -> Result<(), StoreError> {
    let trouble = match result {
        Err(DeliverError::RelayDown(text)) => Some(text.as_str()),
        _ => None,
    };
    if trouble == issue.trouble.as_deref() {
        return Ok(());
    }
    let mut tx = deps.store.begin().await?;
    issues::set_trouble(&mut tx, issue.id, trouble).await?;
    tx.commit().await
}
