//! When a digest may go out: hours of the week, holidays, and how late is too late.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Timelike, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::clock::Time;
use super::schedule::instant;

/// What the reason of an issue begins with that would have been too late.
const MISSED: &str = "missed";
/// How far ahead a day is looked for.
const MOST_DAYS: u64 = 400;

named_states! {
    /// What becomes of an issue whose day is a holiday.
    OnHoliday {
        Skip => "skip",
        Move => "move",
    }
}

/// Hours on some days of the week at which mails may go out, in the zone of the digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Hours {
    /// From Monday.
    days: [bool; 7],
    /// Minutes of the day.
    from: u32,
    until: u32,
}

/// Hours were not written as DAYS HH:MM-HH:MM.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} are no hours of a day; write the earlier time and the later one, as in \"mon-fri 06:00-20:00\" or \"sat,sun 09:00-12:00\""
)]
pub struct HoursError(String);

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Hours {
    /// Whether a wall-clock time of a day lies in them.
    fn hold(&self, day: Weekday, time: NaiveTime) -> bool {
        let minute = time.num_seconds_from_midnight() / 60;
        self.are_on(day) && (self.from..self.until).contains(&minute)
    }

    fn are_on(&self, day: Weekday) -> bool {
        self.days[day.num_days_from_monday() as usize]
    }

    fn begin(&self) -> NaiveTime {
        NaiveTime::from_num_seconds_from_midnight_opt(self.from * 60, 0).unwrap_or_default()
    }
}

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || HoursError(text.to_owned());
        let lower = text.trim().to_ascii_lowercase();
        let (days, times) = match lower.rsplit_once(char::is_whitespace) {
            Some((days, times)) => (days_of(days).ok_or_else(wrong)?, times),
            None => ([true; 7], lower.as_str()),
        };
        let (from, until) = times.split_once('-').ok_or_else(wrong)?;
        let (from, until) = (minutes(from).zip(minutes(until))).ok_or_else(wrong)?;
        if from >= until {
            return Err(wrong());
        }
        Ok(Self { days, from, until })
    }
}

/// Reads `mon-fri` or `sat,sun`; a range may go over the end of the week.
fn days_of(text: &str) -> Option<[bool; 7]> {
    let number = |name: &str| DAYS.iter().position(|day| *day == name.trim());
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        let count = (last + 7 - first) % 7;
        for day in first..=first + count {
            days[day % 7] = true;
        }
    }
    Some(days)
}

/// Reads `6:00` or `24:00`.
fn minutes(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    if minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let is_time = (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
    is_time.then_some(hour * 60 + minute)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days != [true; 7] {
            let days = DAYS.iter().zip(self.days).filter(|(_, on)| *on);
            let names: Vec<&str> = days.map(|(name, _)| *name).collect();
            write!(f, "{} ", names.join(","))?;
        }
        let time = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
        write!(f, "{}-{}", time(self.from), time(self.until))
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

impl TryFrom<String> for Hours {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// When a digest may go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calendar {
    /// None: at all times.
    pub hours: Vec<Hours>,
    pub holidays: BTreeSet<NaiveDate>,
    pub on_holiday: OnHoliday,
    /// How late an issue may be; `None`: as late as it gets.
    pub not_later_than_minutes: Option<u32>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            hours: Vec::new(),
            holidays: BTreeSet::new(),
            on_holiday: OnHoliday::Skip,
            not_later_than_minutes: None,
        }
    }
}

/// What becomes of a slot that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    Go,
    /// Left out, for this reason.
    Skip(String),
    /// It becomes a slot at this time.
    Move(Time),
}

impl Calendar {
    /// What becomes of a slot, seen at `now`.
    pub fn ruling(&self, slot: Time, now: Time, zone: Tz) -> Ruling {
        if let Some(reason) = self.too_late(slot, now) {
            return Ruling::Skip(reason);
        }
        let wall = slot.with_timezone(&zone).naive_local();
        if self.holidays.contains(&wall.date()) {
            return match self.on_holiday {
                OnHoliday::Skip => Ruling::Skip(format!("{} is a holiday", wall.date())),
                OnHoliday::Move => self.moved(wall.date(), Some(wall.time()), zone),
            };
        }
        let seen = now.max(slot).with_timezone(&zone).naive_local();
        if self.is_open(seen.date(), seen.time()) {
            return Ruling::Go;
        }
        match self.opening(seen.date(), Some(seen.time()), zone) {
            Some(at) => Ruling::Move(at),
            None => self.moved(seen.date(), None, zone),
        }
    }

    /// Why it is too late for what was due at a time, if it is.
    pub fn too_late(&self, due: Time, now: Time) -> Option<String> {
        let limit = TimeDelta::minutes(self.not_later_than_minutes?.into());
        let late = now - due;
        (late > limit).then(|| {
            format!(
                "{MISSED}: due at {} UTC, noticed {} later; at most {} is allowed",
                due.format("%F %R"),
                span(late),
                span(limit)
            )
        })
    }

    /// Whether nothing goes out at a time, and when the next may.
    pub fn closed_until(&self, now: Time, zone: Tz) -> Option<Time> {
        let wall = now.with_timezone(&zone).naive_local();
        let is_holiday = self.holidays.contains(&wall.date());
        if !is_holiday && self.is_open(wall.date(), wall.time()) {
            return None;
        }
        let today = (!is_holiday).then(|| self.opening(wall.date(), Some(wall.time()), zone));
        match today.flatten() {
            Some(at) => Some(at),
            None => match self.moved(wall.date(), None, zone) {
                Ruling::Move(at) => Some(at),
                _ => Some(now + TimeDelta::days(1)),
            },
        }
    }

    fn is_open(&self, date: NaiveDate, time: NaiveTime) -> bool {
        self.hours.is_empty() || self.hours.iter().any(|h| h.hold(date.weekday(), time))
    }

    /// The first moment of a day at which mails may go out, after a time of it.
    fn opening(&self, date: NaiveDate, after: Option<NaiveTime>, zone: Tz) -> Option<Time> {
        let on_day = self.hours.iter().filter(|h| h.are_on(date.weekday()));
        let begins = on_day.map(Hours::begin);
        let begin = begins
            .filter(|at| after.is_none_or(|after| *at > after))
            .min()?;
        Some(instant(zone, date.and_time(begin)))
    }

    /// The next day that is no holiday: at a time of day where that is allowed, else when the day
    /// opens.
    fn moved(&self, from: NaiveDate, time: Option<NaiveTime>, zone: Tz) -> Ruling {
        let days = (1..=MOST_DAYS).filter_map(|n| from.checked_add_days(Days::new(n)));
        for date in days.filter(|date| !self.holidays.contains(date)) {
            let at_time = time.filter(|time| self.is_open(date, *time));
            let at = match at_time {
                Some(time) => Some(instant(zone, date.and_time(time))),
                None if self.hours.is_empty() => Some(instant(zone, date.and_time(NaiveTime::MIN))),
                None => self.opening(date, None, zone),
            };
            if let Some(at) = at {
                return Ruling::Move(at);
            }
        }
        Ruling::Skip("no day on which it may go out is near".to_owned())
    }
}

/// Whether an issue was left out because it would have been too late.
pub fn is_missed(reason: &str) -> bool {
    reason.starts_with(MISSED)
}

fn span(time: TimeDelta) -> String {
    let minutes = time.num_minutes();
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIENNA: Tz = chrono_tz::Europe::Vienna;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn calendar(hours: &[&str], holidays: &[&str], on_holiday: OnHoliday) -> Calendar {
        Calendar {
            hours: hours.iter().map(|h| h.parse().unwrap()).collect(),
            holidays: holidays.iter().map(|d| d.parse().unwrap()).collect(),
            on_holiday,
            not_later_than_minutes: None,
        }
    }

    fn moved(calendar: &Calendar, slot: &str, now: &str) -> String {
        match calendar.ruling(at(slot), at(now), VIENNA) {
            Ruling::Move(to) => to.with_timezone(&VIENNA).to_rfc3339(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn hours_are_read_and_written() {
        for (given, written) in [
            ("Mon-Fri 6:00-20:00", "mon,tue,wed,thu,fri 06:00-20:00"),
            ("sat,sun 09:00-12:00", "sat,sun 09:00-12:00"),
            ("fri-mon 00:00-24:00", "mon,fri,sat,sun 00:00-24:00"),
            ("07:30-07:31", "07:30-07:31"),
        ] {
            let hours: Hours = given.parse().unwrap();
            assert_eq!(hours.to_string(), written);
            assert_eq!(written.parse(), Ok(hours));
        }
        for wrong in [
            "",
            "mon",
            "mon 6-20",
            "mo 06:00-20:00",
            "20:00-06:00",
            "06:00-25:00",
            "mon-fri 06:00",
        ] {
            assert!(wrong.parse::<Hours>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_holiday_is_left_out_or_moved_to_the_next_day_that_is_none() {
        let slot = "2026-12-25T06:00:00Z";
        let skips = calendar(&[], &["2026-12-25"], OnHoliday::Skip);
        let ruling = skips.ruling(at(slot), at(slot), VIENNA);
        assert_eq!(ruling, Ruling::Skip("2026-12-25 is a holiday".to_owned()));
        let moves = calendar(&[], &["2026-12-25", "2026-12-26"], OnHoliday::Move);
        assert_eq!(moved(&moves, slot, slot), "2026-12-27T07:00:00+01:00");
        // The day is that of the zone.
        let late = at("2026-12-24T23:30:00Z");
        assert!(matches!(skips.ruling(late, late, VIENNA), Ruling::Skip(_)));
        // Not on a day that has no hours, and within those of the day.
        let moves = calendar(&["mon-fri 08:00-20:00"], &["2026-12-25"], OnHoliday::Move);
        assert_eq!(moved(&moves, slot, slot), "2026-12-28T08:00:00+01:00");
    }

    #[test]
    fn outside_its_hours_an_issue_waits_for_them() {
        let hours = calendar(&["mon-fri 06:00-20:00"], &["2026-03-09"], OnHoliday::Skip);
        let slot = "2026-03-06T06:00:00Z";
        assert_eq!(hours.ruling(at(slot), at(slot), VIENNA), Ruling::Go);
        // Seen late: on Friday night, and Monday is a holiday.
        assert_eq!(
            moved(&hours, slot, "2026-03-06T20:00:00Z"),
            "2026-03-10T06:00:00+01:00"
        );
        assert_eq!(moved(&hours, "2026-03-06T03:00:00Z", slot), "Go");
        assert_eq!(
            moved(&hours, "2026-03-06T03:00:00Z", "2026-03-06T03:00:00Z"),
            "2026-03-06T06:00:00+01:00"
        );
    }

    #[test]
    fn closed_hours_end_with_the_next_opening() {
        let hours = calendar(&["06:00-20:00"], &["2026-03-09"], OnHoliday::Skip);
        let until = |now: &str| {
            let at = hours.closed_until(at(now), VIENNA);
            at.map(|at| at.with_timezone(&VIENNA).to_rfc3339())
        };
        assert_eq!(until("2026-03-06T12:00:00Z"), None);
        assert_eq!(
            until("2026-03-06T22:00:00Z").unwrap(),
            "2026-03-07T06:00:00+01:00"
        );
        assert_eq!(
            until("2026-03-09T12:00:00Z").unwrap(),
            "2026-03-10T06:00:00+01:00"
        );
    }

    #[test]
    fn too_late_is_missed() {
        let mut calendar = Calendar::default();
        let (slot, now) = (at("2026-03-06T06:00:00Z"), at("2026-03-06T08:01:00Z"));
        assert_eq!(calendar.ruling(slot, now, VIENNA), Ruling::Go);
        calendar.not_later_than_minutes = Some(120);
        let Ruling::Skip(reason) = calendar.ruling(slot, now, VIENNA) else {
            panic!("it is too late");
        };
        assert_eq!(
            reason,
            "missed: due at 2026-03-06 06:00 UTC, noticed 2 h 1 min later; at most 2 h is allowed"
        );
        assert_eq!(
            calendar.ruling(slot, now - TimeDelta::minutes(1), VIENNA),
            Ruling::Go
        );
    }

    #[test]
    fn a_calendar_that_never_opens_says_so() {
        let mut holidays = calendar(&[], &[], OnHoliday::Move);
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        holidays.holidays = first.iter_days().take(500).collect();
        let now = at("2026-01-01T07:00:00Z");
        assert!(matches!(holidays.ruling(now, now, VIENNA), Ruling::Skip(_)));
    }
}
