//! Operators stop an issue, let it go on, end it, or try again what failed. Each takes effect with
//! its commit, on every node: a claim that is not begun is taken back with it.

use serde_json::json;
use thiserror::Error;

use super::audit::{images, note};
use super::{Deps, alerts, tell};
use crate::domain::audit::{Change, Kind};
use crate::domain::ids::IssueId;
use crate::domain::issue::{Counts, Issue, IssueState};
use crate::domain::job::Job;
use crate::store::{StoreError, Tx, claims, deliveries, issues};

/// Rows that one transaction skips, so that others get their turn.
const SKIP: i64 = 10_000;

/// Why an issue was left as it is.
#[derive(Debug, Error)]
pub enum ControlError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there is no issue {0}; `paperround issue list` shows them")]
    Unknown(IssueId),
    #[error("the issue is {state}; {remedy}")]
    State {
        state: IssueState,
        remedy: &'static str,
    },
    #[error("nothing of the issue has failed")]
    NothingFailed,
}

/// What is left of the issue after a change.
#[derive(Debug, Clone)]
pub struct Controlled {
    pub issue: Issue,
    pub counts: Counts,
    /// Mails that were on their way; their results are still recorded.
    pub in_flight: i64,
}

/// Stops sending; what is on its way is finished.
pub async fn pause(deps: &Deps, id: IssueId) -> Result<Controlled, ControlError> {
    let mut tx = deps.store.begin().await?;
    let issue = find(&mut tx, id).await?;
    match issue.state {
        IssueState::Paused => {}
        IssueState::Sending => {
            issues::advance(
                &mut tx,
                id,
                IssueState::Sending,
                IssueState::Paused,
                deps.now(),
            )
            .await?;
            tell::issue(deps, &mut tx, id).await?;
            note(deps, &mut tx, entry("pause", &issue)).await?;
        }
        state => {
            let remedy = "only one that is being sent can be paused";
            return Err(ControlError::State { state, remedy });
        }
    }
    tx.commit().await?;
    controlled(deps, id).await
}

/// Stops an issue of which too many mails fail, and says so; nothing where it is not being sent.
pub(super) async fn pause_failing(
    deps: &Deps,
    id: IssueId,
    failed: u64,
    ended: u64,
) -> Result<(), StoreError> {
    let mut tx = deps.store.begin().await?;
    let limit = deps.limits.alerts.failure_percent;
    let reason = format!(
        "{failed} of {ended} mails failed for good, and at {limit} % it stops \
         (alerts.failure_percent); `paperround issue deliveries {id} --state failed` shows them"
    );
    if pause_itself(deps, &mut tx, id, &reason).await? {
        alerts::open_failing(deps, &mut tx, id).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Stops an issue that is being sent, with the reason; false where it is not.
pub(super) async fn pause_itself(
    deps: &Deps,
    tx: &mut Tx,
    id: IssueId,
    reason: &str,
) -> Result<bool, StoreError> {
    let (sending, paused) = (IssueState::Sending, IssueState::Paused);
    if !issues::advance(tx, id, sending, paused, deps.now()).await? {
        return Ok(false);
    }
    tracing::error!(issue = %id, reason, "an issue has paused itself");
    issues::set_reason(tx, id, Some(reason)).await?;
    tell::issue(deps, tx, id).await?;
    Ok(true)
}

/// Goes on with a paused issue.
pub async fn resume(deps: &Deps, id: IssueId) -> Result<Controlled, ControlError> {
    let mut tx = deps.store.begin().await?;
    let issue = find(&mut tx, id).await?;
    match issue.state {
        IssueState::Sending => {}
        IssueState::Paused => {
            issues::advance(
                &mut tx,
                id,
                IssueState::Paused,
                IssueState::Sending,
                deps.now(),
            )
            .await?;
            issues::set_reason(&mut tx, id, None).await?;
            tell::issue(deps, &mut tx, id).await?;
            note(deps, &mut tx, entry("resume", &issue)).await?;
        }
        state => {
            let remedy = "only one that is paused can be resumed";
            return Err(ControlError::State { state, remedy });
        }
    }
    send(deps, tx, id).await?;
    controlled(deps, id).await
}

/// Ends an issue: what was not sent is skipped.
pub async fn cancel(deps: &Deps, id: IssueId) -> Result<Controlled, ControlError> {
    let mut tx = deps.store.begin().await?;
    let issue = find(&mut tx, id).await?;
    if issue.state.is_final() && issue.state != IssueState::Cancelled {
        let remedy = "it has ended; nothing is left to cancel";
        return Err(ControlError::State {
            state: issue.state,
            remedy,
        });
    }
    issues::advance(&mut tx, id, issue.state, IssueState::Cancelled, deps.now()).await?;
    if issue.state != IssueState::Cancelled {
        note(deps, &mut tx, entry("cancel", &issue)).await?;
    }
    if issue.number.is_none() {
        // Nobody saw it: what it holds is still news.
        issues::release_articles(&mut tx, id).await?;
    }
    if issue.state != IssueState::Cancelled {
        tell::issue(deps, &mut tx, id).await?;
    }
    tx.commit().await?;
    skip_rest(deps, id).await?;
    controlled(deps, id).await
}

/// Takes back an issue that was sent by hand a moment ago and has not begun.
pub async fn undo(deps: &Deps, id: IssueId) -> Result<(), ControlError> {
    let mut tx = deps.store.begin().await?;
    let issue = find(&mut tx, id).await?;
    if issue.state != IssueState::Planned {
        let remedy = "it is too late to take it back; on its page it can be paused and cancelled";
        return Err(ControlError::State {
            state: issue.state,
            remedy,
        });
    }
    let (planned, cancelled) = (IssueState::Planned, IssueState::Cancelled);
    issues::advance(&mut tx, id, planned, cancelled, deps.now()).await?;
    note(deps, &mut tx, entry("take back", &issue)).await?;
    tell::issue(deps, &mut tx, id).await?;
    Ok(tx.commit().await?)
}

/// Skips what is open of a cancelled issue, in parts; harmless to run again.
pub(super) async fn skip_rest(deps: &Deps, id: IssueId) -> Result<(), StoreError> {
    loop {
        let mut tx = deps.store.begin().await?;
        let skipped = deliveries::skip_cancelled(&mut tx, id, SKIP).await?;
        tx.commit().await?;
        if skipped == 0 {
            return Ok(());
        }
    }
}

/// Puts what failed back to pending, as a new first attempt; with `unknown` also what may have
/// arrived. Readers who left meanwhile get nothing.
pub async fn retry_failed(
    deps: &Deps,
    id: IssueId,
    unknown: bool,
) -> Result<(u64, Controlled), ControlError> {
    let mut tx = deps.store.begin().await?;
    let issue = find(&mut tx, id).await?;
    match issue.state {
        IssueState::Sending | IssueState::Paused => {}
        IssueState::Sent | IssueState::SentWithFailures => {
            issues::advance(&mut tx, id, issue.state, IssueState::Sending, deps.now()).await?;
            tell::issue(deps, &mut tx, id).await?;
        }
        state => {
            let remedy = "only one that was sent can be tried again";
            return Err(ControlError::State { state, remedy });
        }
    }
    let rows = deliveries::retry_failed(&mut tx, id, unknown, deps.now()).await?;
    if rows == 0 {
        return Err(ControlError::NothingFailed);
    }
    let tried = json!({ "deliveries": rows, "unknown_too": unknown });
    note(
        deps,
        &mut tx,
        entry("retry what failed of", &issue).to(tried),
    )
    .await?;
    send(deps, tx, id).await?;
    Ok((rows, controlled(deps, id).await?))
}

/// What is done to an issue, from the state that it was in.
fn entry(verb: &'static str, issue: &Issue) -> Change {
    let change = Change::of(verb, Kind::Issue, issue.id).within(issue.publication);
    change.from(images::issue(issue))
}

async fn find(tx: &mut Tx, id: IssueId) -> Result<Issue, ControlError> {
    let found = issues::find_locked(tx, id).await?;
    found.ok_or(ControlError::Unknown(id))
}

async fn send(deps: &Deps, mut tx: Tx, id: IssueId) -> Result<(), StoreError> {
    let job = Job::Deliver { issue: id };
    deps.push(&mut tx, &job).await?;
    tx.commit().await?;
    deps.wake(&job);
    Ok(())
}

async fn controlled(deps: &Deps, id: IssueId) -> Result<Controlled, ControlError> {
    let mut tx = deps.store.read().await?;
    Ok(Controlled {
        issue: issues::find(&mut tx, id)
            .await?
            .ok_or(ControlError::Unknown(id))?,
        counts: issues::counts(&mut tx, id).await?,
        in_flight: claims::in_flight(&mut tx, id).await?,
    })
}
