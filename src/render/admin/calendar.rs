//! The calendar: what goes out on which day, what went out, and what did not.

use serde::Serialize;

use super::frame::{Choice, Frame, State};
use super::when::When;

/// A run or an issue, or several runs of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// RFC 3339 in UTC.
    pub iso: String,
    /// As in "07:00".
    pub time: String,
    /// As in "CET".
    pub zone: String,
    /// As in "Europe/Berlin".
    pub zone_name: String,
    pub publication: String,
    pub digest: String,
    pub number: Option<i64>,
    pub state: State,
    pub note: Option<String>,
    /// The page of the issue, or of the run.
    pub url: Option<String>,
    /// Runs of the digest that come on that day besides.
    pub more: usize,
}

/// A day with what is on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// As in 2026-03-02.
    pub iso: String,
    /// As in "Mon 2 Mar".
    pub name: String,
    pub is_today: bool,
    /// Of the month before or after.
    pub is_outside: bool,
    /// Digests whose holiday it is.
    pub holiday_of: Vec<String>,
    pub entries: Vec<Entry>,
}

/// `GET /admin/calendar`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CalendarPage {
    pub frame: Frame,
    /// As in "2 to 8 March 2026" or "March 2026".
    pub range: String,
    pub is_month: bool,
    /// The day that is looked at, as in 2026-03-02.
    pub on: String,
    pub publications: Vec<Choice>,
    pub days: Vec<Day>,
    pub is_empty: bool,
    /// Some digest runs too often for all its runs to be told.
    pub is_cut: bool,
    pub earlier_url: String,
    pub later_url: String,
    pub today_url: String,
    pub other_url: String,
    pub holidays_url: &'static str,
}

/// `GET /admin/calendar/runs/{publication}/{digest}`: a run to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunPage {
    pub frame: Frame,
    /// Behind `/admin/calendar/runs/`.
    pub path: String,
    pub publication: String,
    pub digest: String,
    pub at: When,
    /// When the schedule has it, where that is another time.
    pub slot: Option<When>,
    pub cron: String,
    pub state: State,
    pub note: Option<String>,
    pub is_left_out: bool,
    /// As in "Europe/Berlin".
    pub zone: String,
    /// On the clocks of the zone, as in 2026-03-02T07:00.
    pub to: String,
    pub error: Option<String>,
    pub may_change: bool,
    pub may_send: bool,
    /// The page of the digest, from where an issue is sent at once.
    pub digest_url: String,
    pub calendar_url: String,
}

/// A holiday of a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HolidayRow {
    /// As in 2026-12-25.
    pub date: String,
    /// As in "Fri 25 Dec 2026".
    pub name: String,
    /// The slugs of publication and digest, as in "ledger/daily".
    pub of: String,
    pub publication: String,
    pub digest: String,
    /// What becomes of its issue.
    pub becomes: String,
}

/// What a digest does on holidays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HolidayRule {
    pub of: String,
    pub name: String,
    pub choices: Vec<Choice>,
}

/// `GET /admin/calendar/holidays`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HolidaysPage {
    pub frame: Frame,
    pub holidays: Vec<HolidayRow>,
    pub digests: Vec<Choice>,
    pub rules: Vec<HolidayRule>,
    /// What was typed.
    pub date: String,
    pub error: Option<String>,
    pub may_change: bool,
}

super::admin_pages! {
    CalendarPage => "admin/calendar.html",
    RunPage => "admin/calendar_run.html",
    HolidaysPage => "admin/calendar_holidays.html",
}
