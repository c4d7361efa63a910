//! The days that a page of the calendar shows.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime};
use chrono_tz::Tz;

use crate::domain::clock::Time;
use crate::domain::schedule::instant;

/// A week or a month, around a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) on: NaiveDate,
    pub(super) is_month: bool,
}

impl Range {
    /// The first day that is shown: a Monday.
    pub(super) fn first(self) -> NaiveDate {
        let day = if self.is_month {
            self.on.with_day(1).unwrap_or(self.on)
        } else {
            self.on
        };
        let behind = u64::from(day.weekday().num_days_from_monday());
        day.checked_sub_days(Days::new(behind)).unwrap_or(day)
    }

    /// All days that are shown, in whole weeks.
    pub(super) fn days(self) -> Vec<NaiveDate> {
        let weeks = if self.is_month {
            let last = self.beside(1).with_day(1).unwrap_or(self.on);
            let days = (last - self.first()).num_days();
            (days + 6) / 7
        } else {
            1
        };
        let count = usize::try_from(7 * weeks).unwrap_or(7);
        self.first().iter_days().take(count).collect()
    }

    pub(super) fn has(self, day: NaiveDate) -> bool {
        !self.is_month || (day.year(), day.month()) == (self.on.year(), self.on.month())
    }

    /// The same day of a week or a month before or after.
    pub(super) fn beside(self, by: i32) -> NaiveDate {
        let (number, is_back) = (by.unsigned_abs(), by < 0);
        let moved = match (self.is_month, is_back) {
            (true, true) => self.on.checked_sub_months(Months::new(number)),
            (true, false) => self.on.checked_add_months(Months::new(number)),
            (false, true) => self.on.checked_sub_days(Days::new(7 * u64::from(number))),
            (false, false) => self.on.checked_add_days(Days::new(7 * u64::from(number))),
        };
        moved.unwrap_or(self.on)
    }

    /// As in "2 to 8 March 2026", "30 March to 5 April 2026" or "March 2026".
    pub(super) fn name(self) -> String {
        if self.is_month {
            return self.on.format("%B %Y").to_string();
        }
        let first = self.first();
        let last = first.checked_add_days(Days::new(6)).unwrap_or(first);
        let begin = if first.year() != last.year() {
            first.format("%-d %B %Y")
        } else if first.month() != last.month() {
            first.format("%-d %B")
        } else {
            first.format("%-d")
        };
        format!("{begin} to {}", last.format("%-d %B %Y"))
    }

    /// When the days begin and end on the clocks of a zone.
    pub(super) fn within(self, zone: Tz) -> (Time, Time) {
        let days = self.days();
        let (first, last) = (self.first(), days.last().copied().unwrap_or(self.on));
        let end = last.checked_add_days(Days::new(1)).unwrap_or(last);
        let midnight = |day: NaiveDate| instant(zone, day.and_time(NaiveTime::MIN));
        (midnight(first), midnight(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(on: &str, is_month: bool) -> Range {
        Range {
            on: on.parse().unwrap(),
            is_month,
        }
    }

    #[test]
    fn weeks_begin_on_mondays_and_months_are_whole_weeks() {
        let week = range("2026-03-29", false);
        assert_eq!(week.first().to_string(), "2026-03-23");
        assert_eq!(week.days().len(), 7);
        let month = range("2026-03-29", true);
        assert_eq!(month.first().to_string(), "2026-02-23");
        assert_eq!(month.days().len(), 42);
        assert_eq!(month.days().last().unwrap().to_string(), "2026-04-05");
        assert!(month.has("2026-03-31".parse().unwrap()));
        assert!(!month.has("2026-04-01".parse().unwrap()));
        // Begins on a Monday, and has four weeks.
        assert_eq!(range("2027-02-10", true).days().len(), 28);
        assert_eq!(range("2026-12-31", true).days().len(), 35);
    }

    #[test]
    fn one_goes_on_and_back() {
        let month = range("2026-03-31", true);
        assert_eq!(month.beside(-1).to_string(), "2026-02-28");
        assert_eq!(month.beside(1).to_string(), "2026-04-30");
        assert_eq!(
            range("2026-12-30", false).beside(1).to_string(),
            "2027-01-06"
        );
    }

    #[test]
    fn ranges_have_names() {
        assert_eq!(range("2026-03-04", false).name(), "2 to 8 March 2026");
        assert_eq!(
            range("2026-04-01", false).name(),
            "30 March to 5 April 2026"
        );
        assert_eq!(
            range("2026-12-31", false).name(),
            "28 December 2026 to 3 January 2027"
        );
        assert_eq!(range("2026-03-04", true).name(), "March 2026");
    }

    #[test]
    fn a_week_with_a_change_of_clocks_is_an_hour_shorter() {
        let (from, to) = range("2026-03-29", false).within(chrono_tz::Europe::Berlin);
        assert_eq!((to - from).num_hours(), 7 * 24 - 1);
    }
}
