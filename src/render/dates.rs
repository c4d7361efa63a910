//! Dates and times in words, in the zone of a publication. The language is passed along; so
//! far all of them get English.

use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;

use crate::domain::clock::Time;

/// The words of a language.
struct Words {
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
}

const ENGLISH: Words = Words {
    weekdays: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};

/// The words for a language tag.
fn words(_language: &str) -> &'static Words {
    &ENGLISH
}

impl Words {
    fn month(&self, local: &DateTime<Tz>) -> &'static str {
        self.months[local.month0() as usize % 12]
    }

    fn weekday(&self, local: &DateTime<Tz>) -> &'static str {
        self.weekdays[local.weekday().num_days_from_monday() as usize % 7]
    }
}

/// "Tuesday, 24 November 2026".
pub fn long(time: Time, zone: Tz, language: &str) -> String {
    let (local, words) = (time.with_timezone(&zone), words(language));
    let (weekday, month) = (words.weekday(&local), words.month(&local));
    format!("{weekday}, {} {month} {}", local.day(), local.year())
}

/// "24 November 2026".
pub fn plain(time: Time, zone: Tz, language: &str) -> String {
    let (local, words) = (time.with_timezone(&zone), words(language));
    format!("{} {} {}", local.day(), words.month(&local), local.year())
}

/// "24 Nov".
pub fn short(time: Time, zone: Tz, language: &str) -> String {
    let (local, words) = (time.with_timezone(&zone), words(language));
    let month: String = words.month(&local).chars().take(3).collect();
    format!("{} {month}", local.day())
}

/// "7:05", by the clock of 24 hours.
pub fn clock(time: Time, zone: Tz) -> String {
    let local = time.with_timezone(&zone);
    format!("{}:{:02}", local.hour(), local.minute())
}

/// "Tuesday, 24 November 2026, at 7:05".
pub fn moment(time: Time, zone: Tz, language: &str) -> String {
    format!("{}, at {}", long(time, zone, language), clock(time, zone))
}

/// "24 November 2026 at 7:05 CET": exact, for what a reader may have to prove or to doubt.
pub fn exact(time: Time, zone: Tz, language: &str) -> String {
    let name = time.with_timezone(&zone).format("%Z").to_string();
    let date = plain(time, zone, language);
    format!("{date} at {} {name}", clock(time, zone))
}

/// How often a digest comes, in words, as in "every weekday at 7:00".
pub fn when(cron: Option<&str>, language: &str) -> String {
    match cron {
        None => "when there is news".to_owned(),
        Some(cron) => regular(cron, words(language)).unwrap_or_else(|| "at set times".to_owned()),
    }
}

/// The words for the usual expressions.
fn regular(cron: &str, words: &Words) -> Option<String> {
    let cron = match cron.trim() {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        other => other,
    };
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let &[minute, hour, day, month, weekday] = fields.as_slice() else {
        return None;
    };
    if month != "*" {
        return None;
    }
    if let Some(often) = often(minute, hour) {
        return (day == "*" && weekday == "*").then_some(often);
    }
    let minute: u32 = minute.parse().ok().filter(|m| *m < 60)?;
    let hours: Vec<u32> = hour
        .split(',')
        .map(|hour| hour.parse().ok().filter(|h| *h < 24))
        .collect::<Option<_>>()?;
    let times: Vec<String> = hours.iter().map(|h| format!("{h}:{minute:02}")).collect();
    let days = days(day, weekday, words)?;
    Some(format!("{days} at {}", listed(&times)))
}

/// Runs that come more often than daily.
fn often(minute: &str, hour: &str) -> Option<String> {
    let every = |field: &str, one: &str, many: &str| {
        let count: u32 = field.strip_prefix("*/")?.parse().ok()?;
        Some(match count {
            0 => return None,
            1 => format!("every {one}"),
            _ => format!("every {count} {many}"),
        })
    };
    if hour == "*" {
        return match minute {
            "*" => Some("every minute".to_owned()),
            _ if minute.parse::<u32>().is_ok() => Some("every hour".to_owned()),
            _ => every(minute, "minute", "minutes"),
        };
    }
    minute.parse::<u32>().ok()?;
    every(hour, "hour", "hours")
}

/// "every day", "every weekday", "every Monday and Thursday", "on day 1 of each month".
fn days(day: &str, weekday: &str, words: &Words) -> Option<String> {
    if day != "*" {
        let number: u32 = day.parse().ok()?;
        return (weekday == "*").then(|| format!("on day {number} of each month"));
    }
    match weekday.to_ascii_lowercase().as_str() {
        "*" | "*/1" | "0-6" | "1-7" | "mon-sun" => Some("every day".to_owned()),
        "1-5" | "mon-fri" => Some("every weekday".to_owned()),
        "0,6" | "6,0" | "6,7" | "sat,sun" | "sun,sat" => {
            Some("every Saturday and Sunday".to_owned())
        }
        given => {
            let names: Vec<String> = given
                .split(',')
                .map(|name| named_day(name, words).map(str::to_owned))
                .collect::<Option<_>>()?;
            Some(format!("every {}", listed(&names)))
        }
    }
}

/// The weekday of a cron field: a number (0 and 7 are Sunday) or three letters.
fn named_day(given: &str, words: &Words) -> Option<&'static str> {
    let index = match given.parse::<usize>() {
        Ok(number) if number <= 7 => (number + 6) % 7,
        Ok(_) => return None,
        Err(_) => ENGLISH
            .weekdays
            .iter()
            .position(|name| name.to_ascii_lowercase().get(..3) == Some(given))?,
    };
    words.weekdays.get(index).copied()
}

/// "a", "a and b", "a, b and c".
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_zone() {
        let time: Time = "2026-11-23T23:05:00Z".parse().unwrap();
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(long(time, berlin, "en"), "Tuesday, 24 November 2026");
        assert_eq!(plain(time, berlin, "en"), "24 November 2026");
        assert_eq!(short(time, chrono_tz::UTC, "en"), "23 Nov");
        assert_eq!(
            moment(time, berlin, "en"),
            "Tuesday, 24 November 2026, at 0:05"
        );
        assert_eq!(exact(time, berlin, "en"), "24 November 2026 at 0:05 CET");
    }

    #[test]
    fn schedules_in_words() {
        for (cron, expected) in [
            ("0 7 * * mon-fri", "every weekday at 7:00"),
            ("30 6 * * *", "every day at 6:30"),
            ("0 8 * * 1", "every Monday at 8:00"),
            ("0 8 * * 7", "every Sunday at 8:00"),
            ("0 8 * * TUE,fri", "every Tuesday and Friday at 8:00"),
            ("0 7,12,18 * * *", "every day at 7:00, 12:00 and 18:00"),
            ("0 9 1 * *", "on day 1 of each month at 9:00"),
            ("*/2 * * * *", "every 2 minutes"),
            ("0 */6 * * *", "every 6 hours"),
            ("0 * * * *", "every hour"),
            ("@weekly", "every Sunday at 0:00"),
            ("0 7 1-7 * mon", "at set times"),
            ("0 25 * * *", "at set times"),
        ] {
            assert_eq!(when(Some(cron), "en"), expected, "{cron}");
        }
        assert_eq!(when(None, "en"), "when there is news");
    }
}
