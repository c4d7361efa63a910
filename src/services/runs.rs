//! The next runs of a digest, and what becomes of those that do not go out as usual.

use crate::domain::calendar::Ruling;
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::schedule::{Schedule, ScheduleError};

/// A run to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub at: Time,
    /// What becomes of it, where it does not go out as usual.
    pub note: Option<String>,
}

/// The next runs; none where the digest has no schedule.
pub fn next(digest: &Digest, now: Time, count: usize) -> Result<Vec<Run>, ScheduleError> {
    let (Some(cron), Some(first)) = (&digest.cron, digest.next_run_at) else {
        return Ok(Vec::new());
    };
    let schedule = Schedule::parse(cron, digest.timezone.name(), now)?;
    let later = schedule.next_runs(first, count);
    let all = std::iter::once(first).chain(later).take(count);
    let run = |at| Run {
        at,
        note: note(digest, at),
    };
    Ok(all.map(run).collect())
}

/// The next runs of a digest as it is written here, kept or not.
pub fn ahead(digest: &Digest, now: Time, count: usize) -> Result<Vec<Run>, ScheduleError> {
    let Some(cron) = &digest.cron else {
        return Ok(Vec::new());
    };
    let schedule = Schedule::parse(cron, digest.timezone.name(), now)?;
    let kept = Digest {
        next_run_at: schedule.next_after(now),
        skip_at: None,
        ..digest.clone()
    };
    next(&kept, now, count)
}

fn note(digest: &Digest, at: Time) -> Option<String> {
    if digest.paused_at.is_some() {
        return Some("not while it is paused".to_owned());
    }
    if digest.skip_at == Some(at) {
        return Some("left out by hand".to_owned());
    }
    match digest.rules.calendar.ruling(at, at, digest.timezone) {
        Ruling::Go if digest.rules.local_time => Some("at the time of each reader".to_owned()),
        Ruling::Go => None,
        Ruling::Skip(reason) => Some(format!("left out: {reason}")),
        Ruling::Move(to) => {
            let to = to.with_timezone(&digest.timezone);
            Some(format!("moved to {}", to.format("%a %F %R")))
        }
    }
}
