//! Dates and times in words, in the zone of a publication and in the language of its reader.

mod schedule;
#[cfg(test)]
mod tests;
mod words;

use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;

use crate::domain::clock::Time;
pub use schedule::when;
use words::{Words, words};

/// "Tuesday, 24 November 2026".
pub fn long(time: Time, zone: Tz, language: &str) -> String {
    let (local, words) = (time.with_timezone(&zone), words(language));
    let weekday = words.weekdays[local.weekday().num_days_from_monday() as usize % 7];
    format!("{weekday}{}{}", words.after_weekday, date(&local, words))
}

/// "24 November 2026".
pub fn plain(time: Time, zone: Tz, language: &str) -> String {
    date(&time.with_timezone(&zone), words(language))
}

/// "24 Nov".
pub fn short(time: Time, zone: Tz, language: &str) -> String {
    let (local, words) = (time.with_timezone(&zone), words(language));
    let month = words.short_months[local.month0() as usize % 12];
    format!("{} {month}", (words.day)(local.day()))
}

/// "Tuesday, 24 November 2026, at 7:05".
pub fn moment(time: Time, zone: Tz, language: &str) -> String {
    let (local, words) = (time.with_timezone(&zone), words(language));
    let at = at(&local, words);
    format!("{}{}{at}", long(time, zone, language), words.before_at)
}

/// "24 November 2026 at 7:05 CET": exact, for what a reader may have to prove or to doubt.
pub fn exact(time: Time, zone: Tz, language: &str) -> String {
    let (local, words) = (time.with_timezone(&zone), words(language));
    let name = local.format("%Z");
    format!("{} {} {name}", date(&local, words), at(&local, words))
}

fn date(local: &DateTime<Tz>, words: &Words) -> String {
    let month = words.months[local.month0() as usize % 12];
    let (day, of) = ((words.day)(local.day()), words.of);
    format!("{day} {of}{month} {of}{}", local.year())
}

/// "at 7:05", by the clock of 24 hours.
fn at(local: &DateTime<Tz>, words: &Words) -> String {
    words.at_times(&[(local.hour(), local.minute())])
}
