//! When a digest goes out: a cron expression in a time zone.

use chrono::{LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use croner::Cron;
use croner::parser::CronParser;
use thiserror::Error;

use super::clock::Time;

/// A checked cron expression (five fields) with its IANA time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    expression: String,
    timezone: Tz,
}

/// Why a schedule was refused.
#[derive(Debug, Error)]
pub enum ScheduleError {
    #[error(
        "{expression:?} is not a cron expression: {reason}; five fields are expected (minute hour day month weekday), as in \"0 7 * * mon-fri\""
    )]
    Cron { expression: String, reason: String },
    #[error("{given:?} is not a time zone; {hint}")]
    Zone { given: String, hint: String },
    #[error("{0:?} never comes round")]
    Never(String),
}

/// Reads an IANA time zone name, in whatever case.
pub fn timezone(name: &str) -> Result<Tz, ScheduleError> {
    let given = name.trim();
    let known = TZ_VARIANTS
        .iter()
        .find(|zone| zone.name().eq_ignore_ascii_case(given));
    known.copied().ok_or_else(|| ScheduleError::Zone {
        given: name.to_owned(),
        hint: zone_hint(given),
    })
}

/// What was meant by a name that is no zone's: mostly a city.
fn zone_hint(given: &str) -> String {
    let place = given.rsplit('/').next().unwrap_or(given).replace(' ', "_");
    let meant = timezones().find(|name| {
        let city = name.rsplit('/').next();
        city.is_some_and(|city| city.eq_ignore_ascii_case(&place))
    });
    match meant {
        Some(name) => format!("do you mean {name}?"),
        None => "use an IANA name such as Europe/Berlin or UTC".to_owned(),
    }
}

/// The names that people choose from: UTC, and those by continent and city.
pub fn timezones() -> impl Iterator<Item = &'static str> {
    const AREAS: [&str; 10] = [
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    ];
    let by_city = TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| {
        name.split_once('/')
            .is_some_and(|(area, _)| AREAS.contains(&area))
    });
    std::iter::once("UTC").chain(by_city)
}

impl Schedule {
    /// Checks an expression and a zone name; `now` shows whether the schedule ever comes round.
    pub fn parse(expression: &str, zone: &str, now: Time) -> Result<Self, ScheduleError> {
        let timezone = timezone(zone)?;
        let expression = expression.trim().to_owned();
        let refuse = |reason: String| ScheduleError::Cron {
            expression: expression.clone(),
            reason,
        };
        let nickname = expression.starts_with('@');
        let fields = expression.split_whitespace().count();
        if !nickname && fields != 5 {
            return Err(refuse(format!("it has {fields} fields")));
        }
        let cron = CronParser::new()
            .parse(&expression)
            .map_err(|e| refuse(e.to_string()))?;
        let schedule = Self {
            cron,
            expression,
            timezone,
        };
        match schedule.next_after(now) {
            Some(_) => Ok(schedule),
            None => Err(ScheduleError::Never(schedule.expression)),
        }
    }

    /// The expression as given.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The zone that the expression speaks of.
    pub fn timezone(&self) -> Tz {
        self.timezone
    }

    /// The first run after `after`, or `None` when there is none.
    ///
    /// A time that the clocks skip in spring runs when the skipped hour is over; a time that
    /// they show twice in autumn runs once, the first time (intervals run through both).
    pub fn next_after(&self, after: Time) -> Option<Time> {
        let local = after.with_timezone(&self.timezone);
        let regular = self
            .cron
            .find_next_occurrence(&local, false)
            .ok()
            .map(|t| t.with_timezone(&Utc));
        let skipped = self.next_in_gap(local.naive_local(), after);
        match (regular, skipped) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The next `count` runs after `after`.
    pub fn next_runs(&self, after: Time, count: usize) -> Vec<Time> {
        std::iter::successors(self.next_after(after), |last| self.next_after(*last))
            .take(count)
            .collect()
    }

    /// The end of a gap, where the next wall-clock time of the pattern lies within that gap.
    fn next_in_gap(&self, wall: NaiveDateTime, after: Time) -> Option<Time> {
        let next = self
            .cron
            .find_next_occurrence(&Utc.from_utc_datetime(&wall), false)
            .ok()?
            .naive_utc();
        if self.timezone.from_local_datetime(&next) != LocalResult::None {
            return None;
        }
        gap_end(self.timezone, next).filter(|end| *end > after)
    }
}

/// The moment at which clocks of a zone show a time: the first of two, and the end of the gap where
/// they skip it.
pub fn instant(zone: Tz, wall: NaiveDateTime) -> Time {
    match zone.from_local_datetime(&wall).earliest() {
        Some(at) => at.with_timezone(&Utc),
        None => gap_end(zone, wall).unwrap_or_else(|| Utc.from_utc_datetime(&wall)),
    }
}

/// When a reader in `zone` gets what is due at `slot` in the zone of the digest, if it is sent at the
/// reader's own time: when their clocks show what the digest's show then.
pub fn wave(slot: Time, digest_zone: Tz, zone: Tz) -> Time {
    if zone == digest_zone {
        return slot;
    }
    instant(zone, slot.with_timezone(&digest_zone).naive_local())
}

/// The first instant after the gap in which a wall-clock time lies.
fn gap_end(zone: Tz, inside: NaiveDateTime) -> Option<Time> {
    (1..=24 * 4).find_map(|quarters| {
        let after = inside + chrono::Duration::minutes(15 * quarters);
        let found = zone
            .from_local_datetime(&after)
            .earliest()?
            .with_timezone(&Utc);
        // Walk back minute by minute to the very end of the gap.
        let end = (0..15)
            .map(|minutes| found - chrono::Duration::minutes(minutes))
            .take_while(|t| t.with_timezone(&zone).naive_local() > inside)
            .last();
        end.or(Some(found))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn runs(cron: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(cron, zone, at(from)).unwrap();
        let runs = schedule.next_runs(at(from), count);
        runs.iter()
            .map(|t| t.with_timezone(&schedule.timezone()).to_rfc3339())
            .collect()
    }

    #[test]
    fn keeps_local_time_over_both_changes() {
        assert_eq!(
            runs("0 7 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
            [
                "2026-03-28T07:00:00+01:00",
                "2026-03-29T07:00:00+02:00",
                "2026-03-30T07:00:00+02:00"
            ]
        );
        assert_eq!(
            runs("0 7 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2),
            ["2026-11-01T07:00:00-05:00", "2026-11-02T07:00:00-05:00"]
        );
    }

    #[test]
    fn a_skipped_time_runs_when_the_gap_is_over_and_only_once() {
        assert_eq!(
            runs("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]
        );
        assert_eq!(
            runs(
                "15 2 * * *",
                "Australia/Lord_Howe",
                "2026-10-03T12:00:00Z",
                2
            ),
            ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"]
        );
    }

    #[test]
    fn a_repeated_time_runs_once() {
        assert_eq!(
            runs("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]
        );
    }

    #[test]
    fn intervals_run_through_both_changes() {
        let spring = runs("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", 3);
        assert_eq!(spring[0], "2026-03-29T03:00:00+02:00");
        let autumn = runs("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 6);
        assert_eq!(autumn[1], "2026-10-25T02:00:00+01:00");
        assert_eq!(autumn.len(), 6);
    }

    #[test]
    fn waves_over_a_weekend_on_which_clocks_change() {
        use chrono_tz::{America, Asia, Europe};
        // Europe changes in the night to Sunday 29 March 2026, New York did on 8 March.
        let saturday = at("2026-03-28T06:00:00Z");
        let sunday = at("2026-03-29T05:00:00Z");
        let local = |slot, zone: Tz| {
            let at = wave(slot, Europe::Berlin, zone);
            at.with_timezone(&zone).to_rfc3339()
        };
        for (slot, date, berlin) in [
            (saturday, "2026-03-28", "+01:00"),
            (sunday, "2026-03-29", "+02:00"),
        ] {
            for (zone, offset) in [
                (Europe::Berlin, berlin),
                (America::New_York, "-04:00"),
                (Asia::Tokyo, "+09:00"),
            ] {
                assert_eq!(local(slot, zone), format!("{date}T07:00:00{offset}"));
            }
        }
        // At half past two nobody in Berlin is there; a digest of New York goes out at three.
        let new_york = at("2026-03-29T06:30:00Z");
        let berlin = wave(new_york, America::New_York, Europe::Berlin);
        assert_eq!(berlin.to_rfc3339(), "2026-03-29T01:00:00+00:00");
        // And once where the clocks show it twice.
        let autumn = at("2026-10-25T06:30:00Z");
        let berlin = wave(autumn, America::New_York, Europe::Berlin);
        assert_eq!(berlin.to_rfc3339(), "2026-10-25T00:30:00+00:00");
    }

    #[test]
    fn says_what_is_wrong() {
        let now = at("2026-01-01T00:00:00Z");
        let text = |cron, zone| Schedule::parse(cron, zone, now).unwrap_err().to_string();
        assert!(text("0 7 * *", "UTC").contains("it has 4 fields"));
        assert!(text("0 25 * * *", "UTC").contains("0 25 * * *"));
        assert!(text("0 7 * * *", "Europe/Belrin").contains("IANA"));
        assert!(text("0 7 * * *", "rome").contains("do you mean Europe/Rome?"));
        assert!(text("0 7 * * *", "Italy/Rome").contains("do you mean Europe/Rome?"));
        assert_eq!(timezone(" europe/rome").unwrap(), Tz::Europe__Rome);
        assert!(text("0 7 31 2 *", "UTC").contains("never"));
    }
}
