//! Counts for the plots: readers when a day has ended, mails by domain when an issue has.

use chrono::{NaiveTime, TimeDelta};

use super::Deps;
use crate::domain::ids::{IssueId, PublicationId};
use crate::domain::statistics::{MailSum, ReaderDay, with_others};
use crate::store::{StoreError, issues, statistics, subscriptions};

/// Domains that have a line of their own for each issue.
const LARGEST: i64 = 20;
/// What is on its way when an issue is cancelled has ended by then.
const SETTLED: TimeDelta = TimeDelta::minutes(1);
/// Issues that one call sums: for each of them all readers of its publication are looked at.
const MOST: i64 = 1;

/// Notes how many readers each publication had when yesterday (UTC) ended, unless that is noted. A day
/// that ends while no process runs is left out: nobody knows what it was like.
pub async fn count_readers(deps: &Deps) -> Result<(), StoreError> {
    let today = deps.now().date_naive();
    let Some(yesterday) = today.pred_opt() else {
        return Ok(());
    };
    let midnight = today.and_time(NaiveTime::MIN).and_utc();
    let mut tx = deps.store.read().await?;
    let mut days = Vec::new();
    for id in statistics::without_day(&mut tx, yesterday, midnight).await? {
        let (active, pending, left) = subscriptions::count(&mut tx, id).await?;
        let day = ReaderDay {
            day: yesterday,
            active,
            pending,
            left,
        };
        days.push((id, day));
    }
    drop(tx);
    if days.is_empty() {
        return Ok(());
    }
    let mut tx = deps.store.begin().await?;
    for (publication, day) in &days {
        statistics::note_day(&mut tx, *publication, day).await?;
    }
    tx.commit().await
}

/// Sums up issues that have ended by the domains of their readers.
pub async fn sum_issues(deps: &Deps) -> Result<(), StoreError> {
    let until = deps.now() - SETTLED;
    let mut tx = deps.store.read().await?;
    let due = statistics::unsummed(&mut tx, until, MOST).await?;
    drop(tx);
    for (issue, publication) in due {
        sum(deps, issue, publication).await?;
    }
    Ok(())
}

async fn sum(deps: &Deps, issue: IssueId, publication: PublicationId) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    let counts = issues::counts(&mut tx, issue).await?;
    // Whoever was to get it: a skipped issue has no ledger to look through.
    let largest = if counts.recipients > 0 {
        statistics::largest_domains(&mut tx, issue, publication, LARGEST).await?
    } else {
        Vec::new()
    };
    drop(tx);
    let all = MailSum {
        sent: counts.sent,
        failed: counts.failed,
        unknown: counts.unknown,
        skipped: counts.skipped,
    };
    let sums = with_others(largest, &all);
    let mut tx = deps.store.begin().await?;
    // An issue whose failures are tried again meanwhile is summed when it has ended once more.
    if statistics::keep_sums(&mut tx, issue, &sums, deps.now()).await? {
        tx.commit().await?;
    }
    Ok(())
}
