//! Somebody has read an issue, and lets it go out.

use thiserror::Error;

use super::audit::{images, note};
use super::{Deps, tell};
use crate::domain::audit::{Change, Kind};
use crate::domain::ids::IssueId;
use crate::domain::issue::{Issue, IssueState};
use crate::domain::job::Job;
use crate::store::{StoreError, digests, issues};

/// Why an issue was left as it is.
#[derive(Debug, Error)]
pub enum ApproveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there is no issue {0}; `paperround issue list` shows them")]
    Unknown(IssueId),
    #[error("the issue is {0}; only one that is awaiting approval can be approved")]
    State(IssueState),
}

/// Gives the issue its number, and lets it be composed and sent.
pub async fn approve(deps: &Deps, id: IssueId) -> Result<Issue, ApproveError> {
    let mut tx = deps.store.begin().await?;
    let issue = issues::find_locked(&mut tx, id).await?;
    let issue = issue.ok_or(ApproveError::Unknown(id))?;
    if issue.state != IssueState::Awaiting {
        return Err(ApproveError::State(issue.state));
    }
    let number = digests::take_number(&mut tx, issue.digest).await?;
    issues::approve(&mut tx, id, number).await?;
    tell::issue(deps, &mut tx, id).await?;
    let job = Job::ComposeIssue { issue: id };
    deps.push(&mut tx, &job).await?;
    let before = images::issue(&issue);
    let issue = Issue {
        state: IssueState::Composing,
        number: Some(number),
        ..issue
    };
    let entry = Change::of("approve", Kind::Issue, id).within(issue.publication);
    note(deps, &mut tx, entry.from(before).to(images::issue(&issue))).await?;
    tx.commit().await?;
    deps.wake(&job);
    Ok(issue)
}
