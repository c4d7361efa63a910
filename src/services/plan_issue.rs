//! Plans an issue: takes the slot, freezes the articles, gives the number.

use chrono::{Days, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde_json::json;
use thiserror::Error;

use super::audit::note;
use super::coming_issue::{self, Coming};
use super::idempotency::{self, Claim, ClaimLost};
use super::{Deps, candidates, tell};
use crate::domain::audit::{Change, Kind};
use crate::domain::calendar::Ruling;
use crate::domain::clock::Time;
use crate::domain::digest::{Breaking, Digest};
use crate::domain::draft::Decision;
use crate::domain::ids::{IssueId, PublicationId};
use crate::domain::issue::{Issue, IssueState};
use crate::domain::job::Job;
use crate::domain::run::{RunChange, Runs};
use crate::domain::schedule::{self, ScheduleError};
use crate::store::idempotency_keys::Answer;
use crate::store::issues::Frozen;
use crate::store::{
    StoreError, Tx, audience, deliveries, digests, drafts, holds, issues, run_changes, waves,
};

/// How often a digest that waits for news looks for some.
const NEWS_LOOK: TimeDelta = TimeDelta::minutes(1);
/// The time between a wall-clock time in the first zone of the Earth and in the last.
const ALL_WAVES: TimeDelta = TimeDelta::hours(26);

/// Why nothing was planned.
#[derive(Debug, Error)]
pub enum PlanError {
    #[error("the digest has an issue at that very time")]
    Taken,
    #[error(transparent)]
    Lost(#[from] ClaimLost),
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Plans the issues of all digests whose time has come, and freezes issues that were planned by
/// hand for now; none while sending is held. Returns how many were planned here.
pub async fn plan_due(deps: &Deps) -> Result<usize, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    if holds::find(&mut tx).await?.is_some() {
        return Ok(0);
    }
    let due = digests::due(&mut tx, now).await?;
    let planned = issues::in_state(&mut tx, IssueState::Planned, now).await?;
    drop(tx);
    let mut count = 0;
    for digest in due {
        let planned = match digest.rules.breaking {
            Some(rule) => on_news(deps, &digest, rule).await.map_err(PlanError::from),
            None => scheduled(deps, &digest).await,
        };
        match planned {
            Ok(Some(_)) => count += 1,
            Ok(None) => {}
            Err(error) => {
                tracing::error!(digest = %digest.id, %error, "a digest could not be planned");
            }
        }
    }
    for issue in planned {
        match planned_by_hand(deps, issue.id, now).await {
            Ok(true) => count += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(issue = %issue.id, %error, "an issue could not be planned");
            }
        }
    }
    Ok(count)
}

/// Freezes an issue that was planned by hand for now; false where another node was first.
async fn planned_by_hand(deps: &Deps, id: IssueId, now: Time) -> Result<bool, StoreError> {
    let mut tx = deps.store.begin().await?;
    let issue = issues::find_locked(&mut tx, id).await?;
    let Some(issue) = issue.filter(|issue| issue.state == IssueState::Planned) else {
        return Ok(false);
    };
    let Some(digest) = digests::find(&mut tx, issue.digest).await? else {
        return Ok(false);
    };
    freeze(deps, &mut tx, &digest, id, now).await?;
    commit_and_wake(deps, tx, id).await?;
    Ok(true)
}

/// Plans the issue of a digest whose time has come, leaves it out with the reason, or moves it;
/// `None` where there is no issue, or another node was first.
///
/// After a standstill over several slots one issue goes out, for the first of them that is not
/// too late.
pub async fn scheduled(deps: &Deps, digest: &Digest) -> Result<Option<IssueId>, PlanError> {
    run(deps, digest, None).await
}

/// Leaves out what a digest has missed for a reason of its own: one issue says so, whatever lies between
/// it and now.
pub(super) async fn missed(
    deps: &Deps,
    digest: &Digest,
    reason: &str,
) -> Result<Option<IssueId>, PlanError> {
    run(deps, digest, Some(reason)).await
}

async fn run(
    deps: &Deps,
    digest: &Digest,
    missed: Option<&str>,
) -> Result<Option<IssueId>, PlanError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    let Some(digest) = &still(&mut tx, digest).await? else {
        return Ok(None);
    };
    let (Some(schedule), Some(run)) = (digest.schedule(now)?, digest.next_run()) else {
        return Ok(None);
    };
    let slot = run.at;
    let ruling = match missed {
        Some(reason) => Ruling::Skip(reason.to_owned()),
        None => ruling(digest, run, now),
    };
    let runs = Runs::new(&schedule, &digest.changes);
    let next = runs
        .next_after(match missed {
            Some(_) => slot.max(now),
            None => after(digest, &ruling, slot, now),
        })
        .ok_or_else(|| ScheduleError::Never(schedule.expression().to_owned()))?;
    let next = match ruling {
        Ruling::Move(to) => next.at.min(to),
        _ => next.at,
    };
    let look_at = look_at(&mut tx, digest, next).await?;
    if !digests::advance(&mut tx, digest, next, look_at).await? {
        return Ok(None);
    }
    let planned_at = digest.look_at.map_or(slot, |look| look.min(slot));
    let is_taken = issues::is_taken(&mut tx, digest.id, planned_at).await?;
    if is_taken || matches!(ruling, Ruling::Move(_)) {
        tx.commit().await?;
        return Ok(None);
    }
    let id = deps.new_id(IssueId::new);
    insert(deps, &mut tx, digest, id, planned_at).await?;
    if digest.rules.local_time {
        issues::set_slot(&mut tx, id, slot).await?;
    }
    if let Ruling::Skip(reason) = ruling {
        skip(deps, &mut tx, id, &reason).await?;
        tracing::info!(issue = %id, digest = %digest.id, %reason, "issue skipped");
    } else {
        freeze(deps, &mut tx, digest, id, now).await?;
    }
    commit_and_wake(deps, tx, id).await?;
    Ok(Some(id))
}

/// The digest as it is, which nobody else plans or changes a run of until the transaction ends; `None`
/// where somebody has since it was read.
async fn still(tx: &mut Tx, seen: &Digest) -> Result<Option<Digest>, StoreError> {
    run_changes::lock(tx, seen.id).await?;
    let digest = digests::find(tx, seen.id).await?;
    let due = |d: &Digest| (d.next_run_at, d.look_at);
    Ok(digest.filter(|d| d.paused_at.is_none() && due(d) == due(seen)))
}

fn ruling(digest: &Digest, run: RunChange, now: Time) -> Ruling {
    if run.left_out {
        return Ruling::Skip("left out by hand".to_owned());
    }
    // While the last wave is not too late, the others are told apart when the ledger is filled.
    let seen = if digest.rules.local_time {
        now - ALL_WAVES
    } else {
        now
    };
    let calendar = &digest.rules.calendar;
    calendar.ruling(run.at, seen, digest.timezone)
}

/// The time after which the next run is.
fn after(digest: &Digest, ruling: &Ruling, slot: Time, now: Time) -> Time {
    let limit = digest.rules.calendar.not_later_than_minutes;
    match (ruling, limit) {
        (Ruling::Go, _) => slot.max(now),
        // What lies between would be too late as well.
        (Ruling::Skip(_), Some(limit)) => slot.max(now - TimeDelta::minutes(limit.into())),
        _ => slot,
    }
}

/// When the scheduler has to look for a run: at the first of its waves.
pub(super) async fn look_at(tx: &mut Tx, digest: &Digest, run: Time) -> Result<Time, StoreError> {
    if !digest.rules.local_time {
        return Ok(run);
    }
    let zones = waves::zones(tx, digest.publication).await?;
    let zones = zones.iter().filter_map(|zone| zone.parse::<Tz>().ok());
    let first = zones.map(|zone| schedule::wave(run, digest.timezone, zone));
    Ok(first.min().map_or(run, |first| first.min(run)))
}

/// A reader came whose morning may be before that of all others: the scheduler looks sooner.
pub(super) async fn reader_came(tx: &mut Tx, publication: PublicationId) -> Result<(), StoreError> {
    for digest in digests::list(tx, publication).await? {
        let (Some(run), Some(known)) = (digest.next_run_at, digest.look_at) else {
            continue;
        };
        let look = look_at(tx, &digest, run).await?;
        if look < known {
            digests::advance(tx, &digest, run, look).await?;
        }
    }
    Ok(())
}

/// Plans an issue of a digest that waits for news, where there is some and it may go out.
async fn on_news(
    deps: &Deps,
    digest: &Digest,
    rule: Breaking,
) -> Result<Option<IssueId>, StoreError> {
    let (now, zone) = (deps.now(), digest.timezone);
    let today = now.with_timezone(&zone).date_naive();
    let midnight = |date: chrono::NaiveDate| schedule::instant(zone, date.and_time(NaiveTime::MIN));
    let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
    let mut tx = deps.store.begin().await?;
    let lately = issues::lately(&mut tx, digest.id, midnight(today)).await?;
    let closed = digest.rules.calendar.closed_until(now, zone);
    let wait = closed.max(rule.wait_until(lately, now, midnight(tomorrow)));
    // An issue that is refused meanwhile ends the wait.
    let look = wait.unwrap_or(Time::MAX_UTC).min(now + NEWS_LOOK);
    if !digests::advance(&mut tx, digest, look, look).await? {
        return Ok(None);
    }
    let mut coming = None;
    if wait.is_none() && deliveries::any_reader(&mut tx, digest).await? {
        coming = Some(coming_issue::find_locked(&mut tx, digest, now).await?);
    }
    let enough = |coming: &Coming| candidates::too_few(coming.articles.len(), digest).is_none();
    let is_taken = issues::is_taken(&mut tx, digest.id, now).await?;
    let Some(coming) = coming.filter(|coming| !is_taken && enough(coming)) else {
        tx.commit().await?;
        return Ok(None);
    };
    let id = deps.new_id(IssueId::new);
    insert(deps, &mut tx, digest, id, now).await?;
    freeze_with(deps, &mut tx, digest, id, &coming, now).await?;
    commit_and_wake(deps, tx, id).await?;
    Ok(Some(id))
}

/// Plans an issue by hand: now, or for a later time, when its articles are chosen.
pub async fn by_hand(deps: &Deps, digest: &Digest, at: Option<Time>) -> Result<IssueId, PlanError> {
    let mut tx = deps.store.begin().await?;
    let id = insert_by_hand(deps, &mut tx, digest, at).await?;
    commit_and_wake(deps, tx, id).await?;
    Ok(id)
}

/// Does the same for a request that may be repeated, and keeps its answer along with the issue: no
/// reader gets it twice.
pub async fn by_hand_once(
    deps: &Deps,
    digest: &Digest,
    at: Option<Time>,
    claim: &Claim,
    tell: impl FnOnce(&Issue) -> Answer,
) -> Result<Answer, PlanError> {
    let mut tx = deps.store.begin().await?;
    let id = insert_by_hand(deps, &mut tx, digest, at).await?;
    let issue = issues::find(&mut tx, id).await?.ok_or(PlanError::Taken)?;
    let answer = tell(&issue);
    idempotency::finish(&mut tx, claim, &answer).await??;
    commit_and_wake(deps, tx, id).await?;
    Ok(answer)
}

async fn insert_by_hand(
    deps: &Deps,
    tx: &mut Tx,
    digest: &Digest,
    at: Option<Time>,
) -> Result<IssueId, PlanError> {
    let now = deps.now();
    let id = deps.new_id(IssueId::new);
    let planned_at = at.unwrap_or(now);
    match insert(deps, tx, digest, id, planned_at).await {
        Err(StoreError::Conflict) => return Err(PlanError::Taken),
        other => other?,
    }
    if at.is_none_or(|at| at <= now) {
        freeze(deps, tx, digest, id, now).await?;
    }
    let entry = Change::of("plan", Kind::Issue, id).within(digest.publication);
    let after = json!({ "digest": digest.slug, "planned_at": planned_at });
    note(deps, tx, entry.to(after)).await?;
    Ok(id)
}

/// Chooses the articles, or skips the issue and says why.
async fn freeze(
    deps: &Deps,
    tx: &mut Tx,
    digest: &Digest,
    id: IssueId,
    now: Time,
) -> Result<(), StoreError> {
    if !deliveries::any_reader(tx, digest).await? {
        return skip(deps, tx, id, "no confirmed readers").await;
    }
    let coming = coming_issue::find_locked(tx, digest, now).await?;
    if let Some(reason) = candidates::too_few(coming.articles.len(), digest) {
        tracing::info!(issue = %id, digest = %digest.id, %reason, "issue skipped");
        return skip(deps, tx, id, &reason).await;
    }
    freeze_with(deps, tx, digest, id, &coming, now).await
}

/// Freezes articles and the editor's words, and empties the draft that they came from. The issue is composed next, or waits for approval.
async fn freeze_with(
    deps: &Deps,
    tx: &mut Tx,
    digest: &Digest,
    id: IssueId,
    coming: &Coming,
    now: Time,
) -> Result<(), StoreError> {
    let frozen = if digest.rules.require_approval {
        Frozen::Awaiting(audience::takers(tx, digest).await?)
    } else {
        Frozen::Numbered(digests::take_number(tx, digest.id).await?)
    };
    if !issues::freeze(tx, id, frozen, now).await? {
        return Ok(());
    }
    // What was dropped has been considered too: it is no news for the next issue.
    for (place, article) in (0..).zip(coming.articles.iter().chain(&coming.dropped)) {
        let decision = Decision {
            place: Some(place),
            ..coming.decision(article.id)
        };
        drafts::freeze(tx, id, digest.id, article.id, &decision).await?;
    }
    issues::set_words(tx, id, &coming.words(&digest.rules)).await?;
    drafts::spend(tx, &coming.draft, now).await?;
    if matches!(frozen, Frozen::Numbered(_)) {
        deps.push(tx, &Job::ComposeIssue { issue: id }).await?;
    }
    tell::issue(deps, tx, id).await
}

async fn insert(
    deps: &Deps,
    tx: &mut Tx,
    digest: &Digest,
    id: IssueId,
    at: Time,
) -> Result<(), StoreError> {
    issues::insert(tx, id, digest.id, digest.publication, at, deps.now()).await?;
    tell::issue(deps, tx, id).await
}

async fn skip(deps: &Deps, tx: &mut Tx, id: IssueId, reason: &str) -> Result<(), StoreError> {
    issues::skip(tx, id, reason, deps.now()).await?;
    tell::issue(deps, tx, id).await
}

async fn commit_and_wake(deps: &Deps, tx: Tx, issue: IssueId) -> Result<(), StoreError> {
    tx.commit().await?;
    deps.wake(&Job::ComposeIssue { issue });
    Ok(())
}
