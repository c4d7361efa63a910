//! How often a digest comes, in words.

use super::words::{ENGLISH, Words, words};

/// How often a digest comes, in words, as in "every weekday at 7:00".
pub fn when(cron: Option<&str>, language: &str) -> String {
    let words = words(language);
    match cron {
        None => words.when_news.to_owned(),
        Some(cron) => regular(cron, words).unwrap_or_else(|| words.set_times.to_owned()),
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
    if let Some(often) = often(minute, hour, words) {
        return (day == "*" && weekday == "*").then_some(often);
    }
    let minute: u32 = minute.parse().ok().filter(|m| *m < 60)?;
    let times: Vec<(u32, u32)> = hour
        .split(',')
        .map(|hour| hour.parse().ok().filter(|h| *h < 24).map(|h| (h, minute)))
        .collect::<Option<_>>()?;
    let days = days(day, weekday, words)?;
    Some(format!("{days} {}", words.at_times(&times)))
}

/// Runs that come more often than daily.
fn often(minute: &str, hour: &str, words: &Words) -> Option<String> {
    let every = |field: &str, one: &str, many: fn(u32) -> String| {
        let count: u32 = field.strip_prefix("*/")?.parse().ok()?;
        match count {
            0 => None,
            1 => Some(one.to_owned()),
            _ => Some(many(count)),
        }
    };
    if hour == "*" {
        return match minute {
            "*" => Some(words.every_minute.to_owned()),
            _ if minute.parse::<u32>().is_ok() => Some(words.every_hour.to_owned()),
            _ => every(minute, words.every_minute, words.minutes),
        };
    }
    minute.parse::<u32>().ok()?;
    every(hour, words.every_hour, words.hours)
}

/// "every day", "every weekday", "every Monday and Thursday", "on day 1 of each month".
fn days(day: &str, weekday: &str, words: &Words) -> Option<String> {
    if day != "*" {
        let number: u32 = day.parse().ok()?;
        return (weekday == "*").then(|| (words.day_of_month)(number));
    }
    let named = |names: &[&str]| {
        let names: Vec<String> = names
            .iter()
            .map(|name| named_day(name, words).map(str::to_owned))
            .collect::<Option<_>>()?;
        Some(format!("{}{}", words.every, words.listed(&names)))
    };
    match weekday.to_ascii_lowercase().as_str() {
        "*" | "*/1" | "0-6" | "1-7" | "mon-sun" => Some(words.every_day.to_owned()),
        "1-5" | "mon-fri" => Some(words.every_weekday.to_owned()),
        "0,6" | "6,0" | "6,7" | "sat,sun" | "sun,sat" => named(&["6", "7"]),
        given => named(&given.split(',').collect::<Vec<_>>()),
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
