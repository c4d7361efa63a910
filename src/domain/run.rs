//! The runs of a digest: those of its schedule, but for what an operator has changed about single ones.

use std::ops::RangeInclusive;

use chrono::Datelike as _;

use super::clock::Time;
use super::schedule::Schedule;

/// Years of which runs are told; beyond them times cannot be reckoned with.
pub const YEARS: RangeInclusive<i32> = 1970..=9990;

/// What an operator has changed about one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunChange {
    /// The time at which the schedule has it.
    pub slot: Time,
    /// When it is.
    pub at: Time,
    pub left_out: bool,
}

impl RunChange {
    /// Nothing, so far.
    pub fn none(slot: Time) -> Self {
        Self {
            slot,
            at: slot,
            left_out: false,
        }
    }

    /// Whether it changes nothing.
    pub fn is_none(&self) -> bool {
        self.at == self.slot && !self.left_out
    }

    pub fn is_moved(&self) -> bool {
        self.at != self.slot
    }
}

/// A schedule with what was changed about single runs of it.
#[derive(Debug, Clone, Copy)]
pub struct Runs<'a> {
    schedule: &'a Schedule,
    changes: &'a [RunChange],
}

impl<'a> Runs<'a> {
    /// `changes` are those of the runs from the next one on.
    pub fn new(schedule: &'a Schedule, changes: &'a [RunChange]) -> Self {
        Self { schedule, changes }
    }

    /// The first run after a time, or `None` when there is none.
    pub fn next_after(&self, after: Time) -> Option<RunChange> {
        let regular = std::iter::successors(self.schedule.next_after(after), |slot| {
            self.schedule.next_after(*slot)
        });
        // No more of them are moved away than there are changes.
        let mut regular = regular.take(self.changes.len() + 1);
        let regular = regular.find(|slot| !self.is_moved(*slot));
        let moved = self.changes.iter().filter(|c| c.is_moved() && c.at > after);
        let moved = moved.map(|change| change.at).min();
        let next = match (regular, moved) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        next.map(|next| at(self.changes, next))
    }

    /// The runs after a time, in their order.
    pub fn after(self, after: Time) -> impl Iterator<Item = RunChange> + 'a {
        std::iter::successors(self.next_after(after), move |run| self.next_after(run.at))
    }

    /// Whether the schedule has a run at a time.
    pub fn has_slot(&self, at: Time) -> bool {
        let before = at.checked_sub_signed(chrono::TimeDelta::microseconds(1));
        let before = before.filter(|before| YEARS.contains(&before.year()));
        before.is_some_and(|before| self.schedule.next_after(before) == Some(at))
    }

    fn is_moved(&self, slot: Time) -> bool {
        let mut changes = self.changes.iter();
        changes.any(|change| change.slot == slot && change.is_moved())
    }
}

/// The run at a time, with what was changed about it.
pub fn at(changes: &[RunChange], time: Time) -> RunChange {
    let found = changes.iter().find(|change| change.at == time);
    found.copied().unwrap_or(RunChange::none(time))
}

/// The next run after one was changed, where it was `next` before: nothing has been between that and now.
/// `was` and `is` are when the changed one was and is.
pub fn next_with(runs: &Runs<'_>, next: Time, was: Time, is: Time) -> Option<Time> {
    if was == next {
        let later = runs.next_after(next).map(|run| run.at);
        return later.map_or(Some(is), |later| Some(later.min(is)));
    }
    Some(next.min(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    /// At seven in Berlin, over the change of clocks on Sunday 29 March 2026.
    fn daily() -> Schedule {
        Schedule::parse("0 7 * * *", "Europe/Berlin", time("2026-03-01T00:00:00Z")).unwrap()
    }

    fn moved(slot: &str, to: &str) -> RunChange {
        RunChange {
            slot: time(slot),
            at: time(to),
            left_out: false,
        }
    }

    fn times(changes: &[RunChange], after: &str, count: usize) -> Vec<String> {
        let schedule = daily();
        let runs = Runs::new(&schedule, changes).after(time(after)).take(count);
        runs.map(|run| run.at.format("%d %R").to_string()).collect()
    }

    #[test]
    fn a_run_is_moved_earlier_and_later_over_the_change_of_clocks() {
        let from = "2026-03-27T12:00:00Z";
        assert_eq!(
            times(&[], from, 3),
            ["28 06:00", "29 05:00", "30 05:00"],
            "as the schedule has them"
        );
        let earlier = moved("2026-03-29T05:00:00Z", "2026-03-28T20:00:00Z");
        assert_eq!(
            times(&[earlier], from, 3),
            ["28 06:00", "28 20:00", "30 05:00"]
        );
        let later = moved("2026-03-28T06:00:00Z", "2026-03-29T08:00:00Z");
        assert_eq!(
            times(&[later], from, 3),
            ["29 05:00", "29 08:00", "30 05:00"]
        );
        // Several, one of them onto a slot that was moved away.
        let away = moved("2026-03-28T06:00:00Z", "2026-03-30T09:00:00Z");
        let onto = moved("2026-03-29T05:00:00Z", "2026-03-28T06:00:00Z");
        assert_eq!(
            times(&[away, onto], from, 3),
            ["28 06:00", "30 05:00", "30 09:00"]
        );
    }

    #[test]
    fn a_run_that_is_left_out_keeps_its_place() {
        let schedule = daily();
        let change = RunChange {
            left_out: true,
            ..moved("2026-03-29T05:00:00Z", "2026-03-29T09:00:00Z")
        };
        let changes = [change];
        let runs = Runs::new(&schedule, &changes);
        let found: Vec<_> = runs.after(time("2026-03-28T06:00:00Z")).take(2).collect();
        assert_eq!(found[0], change);
        assert_eq!(found[1], RunChange::none(time("2026-03-30T05:00:00Z")));
        assert!(runs.has_slot(time("2026-03-29T05:00:00Z")));
        assert!(!runs.has_slot(time("2026-03-29T06:00:00Z")));
        assert!(!runs.has_slot(Time::MAX_UTC) && !runs.has_slot(Time::MIN_UTC));
    }

    #[test]
    fn the_next_run_follows_what_is_changed() {
        let schedule = daily();
        let (sat, sun) = (time("2026-03-28T06:00:00Z"), time("2026-03-29T05:00:00Z"));
        let next = |changes: &[RunChange], next, was, is| {
            next_with(&Runs::new(&schedule, changes), next, was, is).unwrap()
        };
        // The next one is moved before and behind the one after it, and back.
        let (soon, late) = (time("2026-03-27T20:00:00Z"), time("2026-03-29T08:00:00Z"));
        let to = |at| {
            [RunChange {
                slot: sat,
                at,
                left_out: false,
            }]
        };
        assert_eq!(next(&to(soon), sat, sat, soon), soon);
        assert_eq!(next(&to(late), sat, sat, late), sun);
        assert_eq!(next(&[], sun, late, sat), sat);
        assert_eq!(next(&[], soon, soon, sat), sat);
        // Another one is moved before it.
        let first = time("2026-03-27T18:00:00Z");
        assert_eq!(next(&[], sat, sun, first), first);
        assert_eq!(next(&[], sat, sun, late), sat);
    }
}
