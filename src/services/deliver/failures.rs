//! Counts how the mails of each issue end, and stops an issue of which too many fail.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::item::Shared;
use crate::domain::alert::is_failing;
use crate::domain::delivery::DeliveryState;
use crate::domain::ids::IssueId;
use crate::services::{Deps, control_issue};

/// How an issue has gone since this process began with it, or since it was paused.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    ended: u64,
    failed: u64,
}

/// The tallies of all issues that are being sent.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    by_issue: Mutex<HashMap<IssueId, Tally>>,
    percent: u32,
    minimum: u32,
    /// Rung when an issue is over the limit.
    bell: Notify,
}

impl Tallies {
    pub(super) fn new(deps: &Deps) -> Self {
        Self {
            percent: deps.limits.alerts.failure_percent,
            minimum: deps.limits.alerts.failure_minimum,
            ..Self::default()
        }
    }

    /// A mail of an issue has come to a state.
    pub(super) fn note(&self, issue: IssueId, state: DeliveryState) {
        let has_failed = state == DeliveryState::Failed;
        if self.percent == 0 || !(has_failed || state == DeliveryState::Sent) {
            return;
        }
        let mut all = self.by_issue.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = all.entry(issue).or_default();
        tally.ended += 1;
        tally.failed += u64::from(has_failed);
        if has_failed && self.is_over(*tally) {
            self.bell.notify_one();
        }
    }

    fn is_over(&self, tally: Tally) -> bool {
        is_failing(tally.failed, tally.ended, self.percent, self.minimum)
    }

    /// Takes the tallies that are over the limit; those issues begin anew.
    fn take_over_limit(&self) -> Vec<(IssueId, Tally)> {
        let mut all = self.by_issue.lock().unwrap_or_else(PoisonError::into_inner);
        let over: Vec<(IssueId, Tally)> = all
            .iter()
            .filter(|(_, tally)| self.is_over(**tally))
            .map(|(id, tally)| (*id, *tally))
            .collect();
        for (id, _) in &over {
            all.remove(id);
        }
        over
    }
}

/// Pauses issues of which too many mails fail, until `end`.
pub(super) async fn watch(deps: Deps, shared: Arc<Shared>, end: CancellationToken) {
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = shared.tallies.bell.notified() => {}
        }
        for (id, tally) in shared.tallies.take_over_limit() {
            let Tally { ended, failed } = tally;
            if let Err(error) = control_issue::pause_failing(&deps, id, failed, ended).await {
                // What fails next rings again, once there are enough.
                tracing::error!(issue = %id, %error, failed, ended, "an issue could not pause itself");
            }
        }
    }
}
