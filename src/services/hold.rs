//! A restored copy sends nothing until an operator says so. What was open when its backup was made may
//! have gone out since: it is not sent a second time, but left to the operator or given up.

use serde_json::json;
use thiserror::Error;

use super::audit::note;
use super::plan_issue::{self, PlanError};
use super::{Deps, tell};
use crate::domain::audit::{Change, Kind};
use crate::domain::clock::Time;
use crate::domain::hold::Hold;
use crate::domain::ids::IssueId;
use crate::domain::issue::IssueState;
use crate::store::{StoreError, Tx, digests, holds, issues, notices, webhook_calls};

/// Why sending goes on as it was.
#[derive(Debug, Error)]
pub enum ResumeError {
    #[error("sending is not held")]
    NotHeld,
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of what was due.
#[derive(Debug, Clone, Default)]
pub struct Resumed {
    /// Issues that were being sent when the backup was made, now paused.
    pub paused: Vec<IssueId>,
    /// Issues that wait for somebody as they did then.
    pub waiting: Vec<IssueId>,
    /// Runs and issues whose time has passed.
    pub missed: Vec<IssueId>,
    /// Digests that go out as soon as there is news, which readers may have.
    pub on_news: Vec<String>,
    /// Notices and calls of webhooks that were open then, given up.
    pub notices: u64,
    pub calls: u64,
}

/// Whether sending is held.
pub async fn find(deps: &Deps) -> Result<Option<Hold>, StoreError> {
    let mut tx = deps.store.read().await?;
    holds::find(&mut tx).await
}

/// Lets mail go out again.
pub async fn resume(deps: &Deps) -> Result<Resumed, ResumeError> {
    let hold = find(deps).await?.ok_or(ResumeError::NotHeld)?;
    let mut resumed = Resumed::default();
    miss_runs(deps, &hold, &mut resumed).await?;
    let mut tx = deps.store.begin().await?;
    let hold = holds::find_locked(&mut tx).await?;
    let hold = hold.ok_or(ResumeError::NotHeld)?;
    let now = deps.now();
    let before = hold.restored_at.unwrap_or(hold.backup_at);
    pause_issues(deps, &mut tx, before, &mut resumed).await?;
    miss_planned(deps, &mut tx, now, &mut resumed).await?;
    let reason = "given up: it was open when the backup was made that this database comes from";
    resumed.notices = notices::give_up(&mut tx, hold.backup_at, reason).await?;
    resumed.calls = webhook_calls::give_up(&mut tx, hold.backup_at, reason).await?;
    holds::lift(&mut tx).await?;
    let entry = Change::of("resume sending", Kind::Settings, "database");
    let entry = entry.from(json!({ "backup_at": hold.backup_at, "restored_at": hold.restored_at }));
    let after = json!({
        "paused": resumed.paused.len(), "missed": resumed.missed.len(),
        "notices_given_up": resumed.notices, "calls_given_up": resumed.calls,
    });
    note(deps, &mut tx, entry.to(after)).await?;
    tx.commit().await?;
    Ok(resumed)
}

/// Leaves out the runs that have passed, one for each digest. They were most likely sent, by the service
/// that the backup is of.
async fn miss_runs(deps: &Deps, hold: &Hold, resumed: &mut Resumed) -> Result<(), ResumeError> {
    let mut tx = deps.store.read().await?;
    let due = digests::due(&mut tx, deps.now()).await?;
    drop(tx);
    let reason = reason(hold);
    for digest in due {
        if digest.rules.breaking.is_some() {
            resumed.on_news.push(digest.name);
        } else {
            let missed = plan_issue::missed(deps, &digest, &reason).await?;
            resumed.missed.extend(missed);
        }
    }
    Ok(())
}

fn reason(hold: &Hold) -> String {
    let at = hold.backup_at.format("%F %R UTC");
    format!("missed: sending was held after restoring a backup of {at}")
}

/// Stops what was being sent at the time of the backup; what was begun since the copy was restored was
/// begun by somebody who saw that it is one.
async fn pause_issues(
    deps: &Deps,
    tx: &mut Tx,
    before: Time,
    resumed: &mut Resumed,
) -> Result<(), StoreError> {
    let open = issues::open_since_before(tx, before).await?;
    for issue in open {
        match issue.state {
            IssueState::Composing | IssueState::Sending => {
                issues::advance(tx, issue.id, issue.state, IssueState::Paused, deps.now()).await?;
                let reason = "it was going out when the backup was made: look whether readers have \
                              it before you go on";
                issues::set_reason(tx, issue.id, Some(reason)).await?;
                tell::issue(deps, tx, issue.id).await?;
                resumed.paused.push(issue.id);
            }
            _ => resumed.waiting.push(issue.id),
        }
    }
    Ok(())
}

/// Leaves out issues that were planned by hand for a time that has passed.
async fn miss_planned(
    deps: &Deps,
    tx: &mut Tx,
    now: Time,
    resumed: &mut Resumed,
) -> Result<(), StoreError> {
    for issue in issues::in_state(tx, IssueState::Planned, now).await? {
        let at = issue.planned_at.format("%F %R UTC");
        let reason = format!("missed: sending was held at {at}");
        issues::skip(tx, issue.id, &reason, now).await?;
        tell::issue(deps, tx, issue.id).await?;
        resumed.missed.push(issue.id);
    }
    Ok(())
}
