//! Operators leave single runs of a digest out, move them, or take that back.

use chrono::{Datelike as _, TimeDelta};
use serde_json::json;
use thiserror::Error;

use super::audit::note;
use super::{Deps, plan_issue};
use crate::domain::audit::{Change, Kind};
use crate::domain::calendar::Ruling;
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::ids::DigestId;
use crate::domain::run::{RunChange, Runs, YEARS, next_with};
use crate::domain::schedule::{Schedule, ScheduleError};
use crate::store::{StoreError, Tx, digests, issues, run_changes};

/// How long it is known that a run was changed, after it was.
const REMEMBERED: TimeDelta = TimeDelta::days(400);

/// How far ahead a run may be moved.
const FARTHEST: TimeDelta = TimeDelta::days(366);

/// Why a run was left as it is.
#[derive(Debug, Error)]
pub enum RunError {
    #[error("there is no such digest any more")]
    Unknown,
    #[error("the digest has no schedule, and so no runs")]
    NoRuns,
    #[error("the digest has no run at {at} that is still to come; the next is at {next}")]
    NoRun { at: String, next: String },
    #[error("{0} is over; a run can be moved to a time that is still to come")]
    Over(String),
    #[error("{0} is more than a year ahead; a run can be moved no further than that")]
    Far(String),
    #[error("the digest has a run or an issue at {0} already; choose another time")]
    Taken(String),
    #[error("at {at} the digest may not go out: {reason}; choose another time")]
    Closed { at: String, reason: String },
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Leaves the run at a time out, or takes that back.
pub async fn skip(deps: &Deps, id: DigestId, at: Time, undo: bool) -> Result<RunChange, RunError> {
    let mut tx = deps.store.begin().await?;
    let (digest, run) = find(deps, &mut tx, id, at).await?;
    skip_found(deps, tx, &digest, run, undo).await
}

/// Leaves the next run out, or takes that back.
pub async fn skip_next(deps: &Deps, id: DigestId, undo: bool) -> Result<RunChange, RunError> {
    let mut tx = deps.store.begin().await?;
    let digest = locked(&mut tx, id).await?;
    let run = digest.next_run().ok_or(RunError::NoRuns)?;
    skip_found(deps, tx, &digest, run, undo).await
}

async fn skip_found(
    deps: &Deps,
    mut tx: Tx,
    digest: &Digest,
    run: RunChange,
    undo: bool,
) -> Result<RunChange, RunError> {
    let left_out = !undo;
    let changed = RunChange { left_out, ..run };
    let verb = if undo {
        "no longer skip a run of"
    } else {
        "skip a run of"
    };
    run_changes::put(&mut tx, digest.id, &changed).await?;
    let entry = entry(verb, digest).to(json!({ "run": run.at }));
    note(deps, &mut tx, entry).await?;
    tx.commit().await?;
    Ok(changed)
}

/// Moves the run at a time to another, or back to where the schedule has it. One that was left out goes
/// out then.
pub async fn move_to(
    deps: &Deps,
    id: DigestId,
    at: Time,
    to: Option<Time>,
) -> Result<RunChange, RunError> {
    let mut tx = deps.store.begin().await?;
    let (digest, run) = find(deps, &mut tx, id, at).await?;
    let changed = RunChange {
        at: to.unwrap_or(run.slot),
        left_out: false,
        ..run
    };
    if changed.at != run.at {
        check(deps, &mut tx, &digest, changed.at).await?;
    }
    run_changes::put(&mut tx, id, &changed).await?;
    run_changes::forget_before(&mut tx, id, deps.now() - REMEMBERED).await?;
    renew_next(deps, &mut tx, &digest, run, changed).await?;
    let (was, is) = (json!({ "run": run.at }), json!({ "run": changed.at }));
    note(
        deps,
        &mut tx,
        entry("move a run of", &digest).from(was).to(is),
    )
    .await?;
    tx.commit().await?;
    Ok(changed)
}

fn entry(verb: &'static str, digest: &Digest) -> Change {
    Change::of(verb, Kind::Digest, &digest.slug).within(digest.publication)
}

/// The digest, which nobody plans meanwhile.
async fn locked(tx: &mut Tx, id: DigestId) -> Result<Digest, RunError> {
    run_changes::lock(tx, id).await?;
    digests::find(tx, id).await?.ok_or(RunError::Unknown)
}

/// Finds a run that is still to come: by when it is, else by when the schedule has it.
async fn find(
    deps: &Deps,
    tx: &mut Tx,
    id: DigestId,
    at: Time,
) -> Result<(Digest, RunChange), RunError> {
    let digest = locked(tx, id).await?;
    let next = digest.next_run().ok_or(RunError::NoRuns)?;
    let run = digest.run_to_come(at, deps.now())?;
    let run = run.ok_or_else(|| RunError::NoRun {
        at: told(&digest, at),
        next: told(&digest, next.at),
    })?;
    Ok((digest, run))
}

/// Whether a run may be at a time.
async fn check(deps: &Deps, tx: &mut Tx, digest: &Digest, at: Time) -> Result<(), RunError> {
    let told = || told(digest, at);
    if at <= deps.now() {
        return Err(RunError::Over(told()));
    }
    if at > deps.now() + FARTHEST {
        return Err(RunError::Far(told()));
    }
    if digest
        .run_to_come(at, deps.now())?
        .is_some_and(|run| run.at == at)
        || issues::is_taken(tx, digest.id, at).await?
    {
        return Err(RunError::Taken(told()));
    }
    let closed = |reason| RunError::Closed { at: told(), reason };
    match digest.rules.calendar.ruling(at, at, digest.timezone) {
        Ruling::Go => Ok(()),
        Ruling::Skip(reason) => Err(closed(reason)),
        Ruling::Move(to) => {
            let reason = format!(
                "its hours and holidays would put it off to {}",
                self::told(digest, to)
            );
            Err(closed(reason))
        }
    }
}

/// Sets the next run anew after one was moved.
async fn renew_next(
    deps: &Deps,
    tx: &mut Tx,
    before: &Digest,
    was: RunChange,
    is: RunChange,
) -> Result<(), RunError> {
    let (Some(cron), Some(next)) = (&before.cron, before.next_run_at) else {
        return Ok(());
    };
    // One whose time has come waits for its turn.
    if next <= deps.now() {
        return Ok(());
    }
    let digest = digests::find(tx, before.id)
        .await?
        .ok_or(RunError::Unknown)?;
    let schedule = Schedule::parse(cron, digest.timezone.name(), deps.now())?;
    let runs = Runs::new(&schedule, &digest.changes);
    if let Some(next) = next_with(&runs, next, was.at, is.at) {
        let look_at = plan_issue::look_at(tx, &digest, next).await?;
        digests::advance(tx, before, next, look_at).await?;
    }
    Ok(())
}

/// A time on the clocks of a digest.
fn told(digest: &Digest, at: Time) -> String {
    let utc = at.format("%FT%TZ").to_string();
    if !YEARS.contains(&at.year()) {
        return utc;
    }
    let local = at.with_timezone(&digest.timezone);
    format!("{} ({utc})", local.format("%a %F %R %Z"))
}
