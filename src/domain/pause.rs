//! Until when a reader wants no mail.

use chrono::{Days, Months, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use thiserror::Error;

use super::clock::Time;
use super::schedule;

/// Days that a pause may last.
const LONGEST: u64 = 366;

/// How long a reader wants to pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseWish {
    Week,
    Month,
    /// Mail comes again from this day on.
    Until(NaiveDate),
}

/// Not a day to come within a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("choose a day from tomorrow on, within a year")]
pub struct BadDay;

/// The first and the last day that a pause may end on, by the clock of a zone.
pub fn days(zone: Tz, now: Time) -> (NaiveDate, NaiveDate) {
    let today = now.with_timezone(&zone).date_naive();
    (today + Days::new(1), today + Days::new(LONGEST))
}

/// When the pause ends: as the day begins by the clock of the reader's zone.
pub fn end(wish: PauseWish, zone: Tz, now: Time) -> Result<Time, BadDay> {
    let today = now.with_timezone(&zone).date_naive();
    let day = match wish {
        PauseWish::Week => today + Days::new(7),
        PauseWish::Month => today + Months::new(1),
        PauseWish::Until(day) => day,
    };
    let (first, last) = days(zone, now);
    if !(first..=last).contains(&day) {
        return Err(BadDay);
    }
    Ok(schedule::instant(zone, day.and_time(NaiveTime::MIN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_as_a_day_begins_where_the_reader_is() {
        let now: Time = "2026-01-31T23:30:00Z".parse().unwrap();
        let end = |wish, zone| end(wish, zone, now).map(|at| at.to_rfc3339());
        let vienna = chrono_tz::Europe::Vienna;
        // It is February there already.
        assert_eq!(
            end(PauseWish::Week, vienna).unwrap(),
            "2026-02-07T23:00:00+00:00"
        );
        assert_eq!(
            end(PauseWish::Month, chrono_tz::UTC).unwrap(),
            "2026-02-28T00:00:00+00:00"
        );
        let day = |text: &str| PauseWish::Until(text.parse().unwrap());
        assert_eq!(end(day("2026-02-01"), vienna), Err(BadDay));
        assert!(end(day("2026-02-01"), chrono_tz::UTC).is_ok());
        assert_eq!(end(day("2027-02-05"), vienna), Err(BadDay));
    }
}
