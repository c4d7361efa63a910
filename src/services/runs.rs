//! The runs of a digest, and what becomes of those that do not go out as usual.

use std::ops::Range;

use chrono::TimeDelta;

use crate::domain::calendar::Ruling;
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::run::{RunChange, Runs};
use crate::domain::schedule::ScheduleError;

/// What becomes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    GoesOut,
    /// The digest is paused.
    Rests,
    LeftOut,
    /// Holidays or hours put it off.
    PutOff,
}

/// A run to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub at: Time,
    /// When the schedule has it.
    pub slot: Time,
    pub outcome: Outcome,
    /// What becomes of it, where it does not go out as usual.
    pub note: Option<String>,
}

/// The next runs; none where the digest has no schedule.
pub fn next(digest: &Digest, now: Time, count: usize) -> Result<Vec<Run>, ScheduleError> {
    let (Some(schedule), Some(first)) = (digest.schedule(now)?, digest.next_run()) else {
        return Ok(Vec::new());
    };
    let later = Runs::new(&schedule, &digest.changes).after(first.at);
    let all = std::iter::once(first).chain(later).take(count);
    Ok(all.map(|run| told(digest, run)).collect())
}

/// The runs to come in a range of time, up to so many.
pub fn between(digest: &Digest, now: Time, range: &Range<Time>, most: usize) -> Vec<Run> {
    let (Ok(Some(schedule)), Some(first)) = (digest.schedule(now), digest.next_run()) else {
        return Vec::new();
    };
    let begin = first.at.max(range.start - TimeDelta::microseconds(1));
    let later = Runs::new(&schedule, &digest.changes).after(begin);
    let all = std::iter::once(first).chain(later);
    all.take_while(|run| run.at < range.end)
        .filter(|run| run.at >= range.start)
        .take(most)
        .map(|run| told(digest, run))
        .collect()
}

/// The times in a range at which the schedule had a run by now that should have gone out, up to so many.
pub fn missed(digest: &Digest, now: Time, range: &Range<Time>, most: usize) -> Vec<Time> {
    let (Ok(Some(schedule)), Some(next), Some(since)) =
        (digest.schedule(now), digest.next_run_at, digest.since_at)
    else {
        return Vec::new();
    };
    let end = range.end.min(next).min(now);
    let end = digest.paused_at.map_or(end, |paused| end.min(paused));
    let begin = since.max(range.start - TimeDelta::microseconds(1));
    let calendar = &digest.rules.calendar;
    Runs::new(&schedule, &digest.changes)
        .after(begin)
        .map(|run| run.at)
        .take_while(|at| *at < end)
        .filter(|at| calendar.ruling(*at, *at, digest.timezone) == Ruling::Go)
        .take(most)
        .collect()
}

/// The next runs of a digest as it is written here, kept or not.
pub fn ahead(digest: &Digest, now: Time, count: usize) -> Result<Vec<Run>, ScheduleError> {
    let Some(schedule) = digest.schedule(now)? else {
        return Ok(Vec::new());
    };
    let kept = Digest {
        next_run_at: schedule.next_after(now),
        changes: Vec::new(),
        ..digest.clone()
    };
    next(&kept, now, count)
}

/// What becomes of a run.
pub fn told(digest: &Digest, run: RunChange) -> Run {
    let (outcome, note) = outcome(digest, run);
    let moved = run.is_moved().then(|| {
        let slot = run.slot.with_timezone(&digest.timezone);
        format!("moved from {}", slot.format("%a %F %R"))
    });
    let note = match (note, moved) {
        (Some(note), Some(moved)) => Some(format!("{note}; {moved}")),
        (note, moved) => note.or(moved),
    };
    Run {
        at: run.at,
        slot: run.slot,
        outcome,
        note,
    }
}

fn outcome(digest: &Digest, run: RunChange) -> (Outcome, Option<String>) {
    if digest.paused_at.is_some() {
        let note = "not while it is paused".to_owned();
        return (Outcome::Rests, Some(note));
    }
    if run.left_out {
        return (Outcome::LeftOut, Some("left out by hand".to_owned()));
    }
    let calendar = &digest.rules.calendar;
    match calendar.ruling(run.at, run.at, digest.timezone) {
        Ruling::Go if digest.rules.local_time => {
            let note = "at the time of each reader".to_owned();
            (Outcome::GoesOut, Some(note))
        }
        Ruling::Go => (Outcome::GoesOut, None),
        Ruling::Skip(reason) => (Outcome::LeftOut, Some(format!("left out: {reason}"))),
        Ruling::Move(to) => {
            let to = to.with_timezone(&digest.timezone);
            let note = format!("moved to {}", to.format("%a %F %R"));
            (Outcome::PutOff, Some(note))
        }
    }
}
