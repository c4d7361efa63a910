//! Frees what nodes that are gone had claimed, and forgets what is no longer needed.

use chrono::TimeDelta;

use super::{Deps, control_issue, idempotency, sign_up};
use crate::domain::issue::IssueState;
use crate::domain::job::{Job, Queue};
use crate::domain::{back_off, session};
use crate::store::imports::parts::{self, Before};
use crate::store::{
    StoreError, alerts as alert_rows, claims, counters, fresh_links, idempotency_keys, inbox_turns,
    issues, mail_domains, nodes, notices, operators, password_links, queue, relay_budgets,
    sealed_links, sessions, sign_in_attempts, used_proofs, webhook_calls,
};

/// How long alerts that are over are kept.
const KEEP_ALERTS: TimeDelta = TimeDelta::days(90);
/// How long a file is kept that was uploaded and not imported.
const KEEP_OPEN_FILES: TimeDelta = TimeDelta::days(1);
/// How long the rows of an import are kept that could not be read.
const KEEP_REJECTED_ROWS: TimeDelta = TimeDelta::days(7);
/// How long an import can be undone.
const KEEP_IMPORTS: TimeDelta = TimeDelta::days(90);
/// Notices that one sweep takes: more in a second than an import makes due.
const MOST_NOTICES: i64 = 1000;

/// Says that this node is alive, and frees the claims of nodes that are not.
pub async fn heartbeat(deps: &Deps, roles: &str) -> Result<(), StoreError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    nodes::seen(&mut tx, &deps.node, roles, now).await?;
    let (freed, unknown) = claims::release_dead(&mut tx, deps.limits.on_unknown, now).await?;
    let notices = notices::release_dead(&mut tx, now).await?;
    let calls = webhook_calls::release_dead(&mut tx, now).await?;
    tx.commit().await?;
    if freed + notices + calls > 0 {
        tracing::warn!(
            unknown,
            notices,
            calls,
            "what a node that is gone had claimed is free again"
        );
        deps.wakeups.wake(Queue::Issues);
    }
    Ok(())
}

/// Takes this node out of the list, so that nobody waits for it.
pub async fn farewell(deps: &Deps) -> Result<(), StoreError> {
    let mut tx = deps.store.begin().await?;
    nodes::gone(&mut tx, &deps.node).await?;
    tx.commit().await
}

/// Looks for rows that are due whatever happened to their jobs, and enqueues jobs for them.
pub async fn sweep(deps: &Deps) -> Result<usize, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let mut jobs: Vec<Job> = notices::due(&mut tx, now, MOST_NOTICES)
        .await?
        .into_iter()
        .map(|notice| Job::SendNotice { notice })
        .collect();
    for issue in issues::in_state(&mut tx, IssueState::Composing, now).await? {
        jobs.push(Job::ComposeIssue { issue: issue.id });
    }
    for issue in issues::in_state(&mut tx, IssueState::Sending, now).await? {
        if !issue.is_filled {
            jobs.push(Job::ComposeIssue { issue: issue.id });
        }
        jobs.push(Job::Deliver { issue: issue.id });
    }
    let cancelled = issues::cancelled_since(&mut tx, now - TimeDelta::days(2)).await?;
    drop(tx);
    for issue in cancelled {
        // A mail that was on its way may have been put off since.
        control_issue::skip_rest(deps, issue).await?;
    }
    if jobs.is_empty() {
        return Ok(0);
    }
    let mut tx = deps.store.begin().await?;
    for job in &jobs {
        deps.push(&mut tx, job).await?;
    }
    tx.commit().await?;
    for job in &jobs {
        deps.wake(job);
    }
    Ok(jobs.len())
}

/// Forgets sign-ups that nobody confirmed, counters, nodes, answers to repeated requests and finished jobs of the past.
pub async fn prune(deps: &Deps) -> Result<(), StoreError> {
    sign_up::forget(deps).await?;
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    counters::prune(&mut tx, now - TimeDelta::days(2)).await?;
    inbox_turns::prune(&mut tx, now - TimeDelta::days(2)).await?;
    fresh_links::prune(&mut tx, now - TimeDelta::days(30)).await?;
    nodes::prune(&mut tx, now).await?;
    relay_budgets::prune(&mut tx, now - TimeDelta::days(40)).await?;
    mail_domains::prune(&mut tx, now).await?;
    used_proofs::prune(&mut tx, now).await?;
    sealed_links::prune(&mut tx, now).await?;
    idempotency_keys::prune(&mut tx, now - idempotency::KEPT).await?;
    sessions::prune(&mut tx, now, now - session::IDLE).await?;
    password_links::prune(&mut tx, now - TimeDelta::days(2)).await?;
    sign_in_attempts::prune(&mut tx, now - back_off::FORGOTTEN).await?;
    operators::prune_networks(&mut tx, now - TimeDelta::days(90)).await?;
    let kept = TimeDelta::days(deps.limits.webhook_days.into());
    webhook_calls::prune(&mut tx, now - kept).await?;
    alert_rows::prune(&mut tx, now - KEEP_ALERTS).await?;
    let before = Before {
        open: now - KEEP_OPEN_FILES,
        parts: now - KEEP_REJECTED_ROWS,
        imports: now - KEEP_IMPORTS,
    };
    parts::prune(&mut tx, before).await?;
    tx.commit().await?;
    queue::prune(&deps.store, now).await
}
