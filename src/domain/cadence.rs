//! How often a digest comes, in the plain choices that most need, and the cron line that each makes.

use chrono::{NaiveTime, Timelike};

named_states! {
    /// A day of the week, as cron writes it.
    Weekday {
        Monday => "mon",
        Tuesday => "tue",
        Wednesday => "wed",
        Thursday => "thu",
        Friday => "fri",
        Saturday => "sat",
        Sunday => "sun",
    }
}

impl Weekday {
    const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The name of the day.
    pub fn name(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }

    /// All days, from Monday.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }

    /// The day of a field of cron: three letters, or a number of which 0 and 7 are Sunday.
    fn of_cron(field: &str) -> Option<Self> {
        match field.parse::<usize>() {
            Ok(number) if number <= 7 => Some(Self::ALL[(number + 6) % 7]),
            Ok(_) => None,
            Err(_) => field.to_ascii_lowercase().parse().ok(),
        }
    }
}

/// The last day that every month has.
pub const LAST_COMMON_DAY: u32 = 28;

/// On which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    Every,
    /// Monday to Friday.
    Weekdays,
    Weekly(Weekday),
    /// The day of the month, at most [`LAST_COMMON_DAY`].
    Monthly(u32),
}

/// Days, and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    pub days: Days,
    pub time: NaiveTime,
}

impl Cadence {
    /// The cron line that says the same.
    pub fn cron(&self) -> String {
        let (minute, hour) = (self.time.minute(), self.time.hour());
        let days = match self.days {
            Days::Every => "* * *".to_owned(),
            Days::Weekdays => "* * mon-fri".to_owned(),
            Days::Weekly(day) => format!("* * {day}"),
            Days::Monthly(day) => format!("{day} * *"),
        };
        format!("{minute} {hour} {days}")
    }

    /// What a cron line says, where it is one of the plain choices.
    pub fn of_cron(cron: &str) -> Option<Self> {
        let fields: Vec<&str> = cron.split_whitespace().collect();
        let &[minute, hour, day, "*", weekday] = fields.as_slice() else {
            return None;
        };
        let time = NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, 0)?;
        let days = match (day, weekday.to_ascii_lowercase().as_str()) {
            ("*", "*") => Days::Every,
            ("*", "mon-fri" | "1-5") => Days::Weekdays,
            ("*", one) => Days::Weekly(Weekday::of_cron(one)?),
            (day, "*") => {
                let day = day.parse().ok();
                Days::Monthly(day.filter(|day| (1..=LAST_COMMON_DAY).contains(day))?)
            }
            _ => return None,
        };
        Some(Self { days, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::Schedule;

    #[test]
    fn each_choice_makes_a_line_and_is_found_in_it_again() {
        let now = "2026-03-02T08:00:00Z".parse().unwrap();
        for (days, line) in [
            (Days::Every, "5 7 * * *"),
            (Days::Weekdays, "5 7 * * mon-fri"),
            (Days::Weekly(Weekday::Thursday), "5 7 * * thu"),
            (Days::Monthly(28), "5 7 28 * *"),
        ] {
            let time = NaiveTime::from_hms_opt(7, 5, 0).unwrap();
            let cadence = Cadence { days, time };
            assert_eq!(cadence.cron(), line);
            assert_eq!(Cadence::of_cron(line), Some(cadence));
            assert!(Schedule::parse(line, "Europe/Berlin", now).is_ok());
        }
        assert_eq!(
            Cadence::of_cron("05 07 * * 1-5").map(|c| c.cron()).unwrap(),
            "5 7 * * mon-fri"
        );
        assert_eq!(
            Cadence::of_cron("0 7 * * 0").map(|c| c.days),
            Some(Days::Weekly(Weekday::Sunday))
        );
    }

    #[test]
    fn other_lines_are_for_experts() {
        for line in [
            "@daily",
            "*/5 * * * *",
            "0 7,12 * * *",
            "0 7 * 1 *",
            "0 7 31 * *",
            "0 7 1 * mon",
            "0 7 * * mon,thu",
            "0 7 * * 8",
            "0 24 * * *",
            "0 7 * *",
        ] {
            assert_eq!(Cadence::of_cron(line), None, "{line}");
        }
    }
}
