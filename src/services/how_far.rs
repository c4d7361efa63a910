//! How far issues are, for pages. Summing up the ledger of a large issue takes its time, more so while it goes
//! out, and every page tells of that: a process does it anew now and then, beside the pages.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Deps;
use crate::domain::ids::IssueId;
use crate::domain::issue::{Counts, Issue};
use crate::store::{StoreError, issues};

/// What takes longer is remembered; the ledgers of most issues are summed up at once.
const LONG: Duration = Duration::from_millis(50);
/// How long a page waits for a sum that is not its subject.
const PATIENCE: Duration = Duration::from_millis(200);
/// A ledger is summed up for no more than one of so many parts of the time.
const SHARE: u32 = 5;

/// What this process has summed up last.
#[derive(Debug, Default)]
pub struct Sums(Mutex<HashMap<IssueId, Sum>>);

#[derive(Debug)]
struct Sum {
    /// `None` until the first is there.
    counts: Option<Counts>,
    at: Instant,
    took: Duration,
    is_at_work: bool,
}

/// How far an issue is now.
pub async fn exactly(deps: &Deps, issue: &Issue) -> Result<Counts, StoreError> {
    let began = Instant::now();
    let mut tx = deps.store.read().await?;
    let counts = issues::counts(&mut tx, issue.id).await?;
    drop(tx);
    deps.sums.keep(issue, counts, began.elapsed());
    Ok(counts)
}

/// How far it is, or was a moment ago where its ledger is long; `None` where that would take a while to tell.
/// Not for who holds a connection.
pub async fn about(deps: &Deps, issue: &Issue) -> Result<Option<Counts>, StoreError> {
    let (known, is_due) = deps.sums.known(issue.id);
    if !is_due {
        return Ok(known);
    }
    let (again, issue) = (deps.clone(), issue.clone());
    let id = issue.id;
    let counting = tokio::spawn(async move {
        let counted = exactly(&again, &issue).await;
        if counted.is_err() {
            again.sums.give_up(id);
        }
        counted
    });
    if known.is_some() {
        return Ok(known);
    }
    match timeout(PATIENCE, counting).await {
        Ok(Ok(counted)) => counted.map(Some),
        // It goes on, and the next page has it.
        Ok(Err(_)) | Err(_) => Ok(None),
    }
}

/// The same of all issues of a list that have not ended; of the others the rows tell at once.
pub async fn of_open(
    deps: &Deps,
    all: &[Issue],
) -> Result<HashMap<IssueId, Option<Counts>>, StoreError> {
    let mut found = HashMap::new();
    for issue in all.iter().filter(|issue| !issue.state.is_final()) {
        found.insert(issue.id, about(deps, issue).await?);
    }
    Ok(found)
}

impl Sums {
    /// What is known, and whether it is the caller's turn to sum up.
    fn known(&self, id: IssueId) -> (Option<Counts>, bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let sum = all.entry(id).or_insert(Sum {
            counts: None,
            at: now,
            took: Duration::ZERO,
            is_at_work: false,
        });
        let is_fresh = sum.counts.is_some() && now - sum.at < sum.took * SHARE;
        let is_due = !is_fresh && !sum.is_at_work;
        sum.is_at_work |= is_due;
        (sum.counts, is_due)
    }

    fn keep(&self, issue: &Issue, counts: Counts, took: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if took < LONG || issue.state.is_final() {
            all.remove(&issue.id);
            return;
        }
        let sum = Sum {
            counts: Some(counts),
            at: Instant::now(),
            took,
            is_at_work: false,
        };
        all.insert(issue.id, sum);
    }

    fn give_up(&self, id: IssueId) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sum_is_remembered_and_one_at_a_time_renews_it() {
        let sums = Sums::default();
        let id = IssueId(uuid::Uuid::from_u128(7));
        assert_eq!(sums.known(id), (None, true), "the first one counts");
        assert_eq!(
            sums.known(id),
            (None, false),
            "others do not count beside it"
        );
        sums.give_up(id);
        assert_eq!(sums.known(id), (None, true), "a failure is not for ever");
        let counts = Counts {
            sent: 3,
            ..Counts::default()
        };
        let old = |age| Sum {
            counts: Some(counts),
            at: Instant::now().checked_sub(age).unwrap(),
            took: Duration::from_secs(60),
            is_at_work: false,
        };
        let put = |age| sums.0.lock().unwrap().insert(id, old(age));
        put(Duration::from_secs(200));
        assert_eq!(sums.known(id), (Some(counts), false));
        put(Duration::from_secs(301));
        assert_eq!(sums.known(id), (Some(counts), true));
        assert_eq!(sums.known(id), (Some(counts), false));
    }
}
