//! What the form of a digest says, read into a recipe.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use chrono::{NaiveDate, NaiveTime};

use super::digest_form::AS_PUBLICATION;
use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::forms::{Errors, take, take_zone};
use crate::domain::cadence::{Cadence, Days, LAST_COMMON_DAY};
use crate::domain::calendar::{Calendar, Hours};
use crate::domain::digest::{Breaking, Digest, Rules, SectionRule};
use crate::domain::slug::Slug;
use crate::domain::span;
use crate::domain::text::LineError;
use crate::services::manage_digest::DigestError;

impl From<DigestError> for AdminError {
    fn from(error: DigestError) -> Self {
        match error {
            DigestError::Store(error) => error.into(),
            DigestError::Unknown => Self::NotFound,
            other => Self::Refused(other.to_string()),
        }
    }
}

/// The digest that the form makes of another; notes all that is wrong.
pub(super) fn read(fields: &Fields, old: &Digest, errors: &mut Errors) -> Option<Digest> {
    let timezone = take_zone(fields, errors);
    let (cron, breaking) = way(fields, errors);
    let max_items = number(fields, "max_items", 1..=100, errors);
    let most = max_items.unwrap_or(100);
    let min_items = number(fields, "min_items", 1..=most, errors);
    let window = take(fields, "window", errors);
    let topics = fields.all("topics").map(str::parse::<Slug>);
    let topics = topics.collect::<Result<Vec<Slug>, _>>();
    let topics = topics.map_err(|why| noted(errors, "topics", &why));
    let design = match fields.text("design") {
        "" | AS_PUBLICATION => None,
        _ => take(fields, "design", errors),
    };
    let rules = rules(fields, &old.rules, errors);
    if !errors.is_empty() {
        return None;
    }
    let has_schedule = cron.is_some();
    Some(Digest {
        name: fields.text("name").to_owned(),
        timezone: timezone?,
        max_items: max_items?,
        min_items: min_items?,
        window: window?,
        topics: topics.ok()?,
        rules: Rules {
            breaking,
            local_time: has_schedule && fields.text("local_time") == "yes",
            ..rules?
        },
        design,
        cron,
        ..old.clone()
    })
}

/// Puts the recipe of one digest in the place of another's.
pub(super) fn take_over(given: &Digest, digest: &mut Digest) {
    let recipe = given.clone();
    *digest = Digest {
        name: recipe.name,
        timezone: recipe.timezone,
        max_items: recipe.max_items,
        min_items: recipe.min_items,
        window: recipe.window,
        topics: recipe.topics,
        rules: recipe.rules,
        design: recipe.design,
        cron: recipe.cron,
        ..digest.clone()
    };
}

fn noted(errors: &mut Errors, name: &'static str, why: &dyn Display) {
    errors.insert(name, sentence(&why.to_string()));
}

/// Reads a number, or notes which would do.
fn number(
    fields: &Fields,
    name: &'static str,
    range: RangeInclusive<u32>,
    errors: &mut Errors,
) -> Option<u32> {
    let read = fields.text(name).trim().parse().ok();
    let fits = read.filter(|number| range.contains(number));
    if fits.is_none() {
        let (least, most) = range.into_inner();
        noted(
            errors,
            name,
            &format!("a number from {least} to {most} is expected"),
        );
    }
    fits
}

/// Reads each line that is not empty, or notes the first that is wrong.
fn lines<T, E: Display>(
    fields: &Fields,
    name: &'static str,
    errors: &mut Errors,
    read: impl Fn(&str) -> Result<T, E>,
) -> Option<Vec<T>> {
    let lines = fields.text(name).lines().map(str::trim);
    let read = lines.filter(|line| !line.is_empty()).map(read);
    let read = read.collect::<Result<Vec<T>, E>>();
    read.map_err(|why| noted(errors, name, &why)).ok()
}

/// How it goes out: a cron line, or the rule of what goes out with the news.
fn way(fields: &Fields, errors: &mut Errors) -> (Option<String>, Option<Breaking>) {
    match fields.text("goes_out") {
        "hand" => (None, None),
        "news" => {
            let gap = span::minutes(fields.text("min_gap"));
            let gap = gap.map_err(|why| noted(errors, "min_gap", &why));
            let most_a_day = number(fields, "max_per_day", 1..=100, errors);
            let rule = gap.ok().zip(most_a_day);
            let rule = rule.map(|(gap_minutes, most_a_day)| Breaking {
                gap_minutes,
                most_a_day,
            });
            (None, rule)
        }
        "cron" => {
            let line = fields.optional("cron").map(str::to_owned);
            if line.is_none() {
                noted(errors, "cron", &"write a cron line, as in 0 7 * * mon-fri");
            }
            (line, None)
        }
        _ => (cadence(fields, errors).map(|plain| plain.cron()), None),
    }
}

fn cadence(fields: &Fields, errors: &mut Errors) -> Option<Cadence> {
    let days = match fields.text("goes_out") {
        "daily" => Some(Days::Every),
        "weekdays" => Some(Days::Weekdays),
        "weekly" => take(fields, "weekday", errors).map(Days::Weekly),
        "monthly" => number(fields, "day", 1..=LAST_COMMON_DAY, errors).map(Days::Monthly),
        _ => {
            noted(errors, "goes_out", &"choose how often it goes out");
            None
        }
    };
    let at = fields.text("at").trim();
    // Browsers may add the seconds.
    let read = ["%H:%M", "%H:%M:%S"].map(|form| NaiveTime::parse_from_str(at, form).ok());
    let time = read.into_iter().flatten().next();
    if time.is_none() {
        noted(
            errors,
            "at",
            &format!("{at:?} is not a time of day; write it as 07:00"),
        );
    }
    Some(Cadence {
        days: days?,
        time: time?,
    })
}

/// The rest of the recipe.
fn rules(fields: &Fields, old: &Rules, errors: &mut Errors) -> Option<Rules> {
    let full_items = number(fields, "full_items", 1..=100, errors);
    let sections = lines(fields, "sections", errors, str::parse::<SectionRule>);
    let languages = take(fields, "languages", errors);
    let calendar = calendar(fields, errors);
    Some(Rules {
        full_items: full_items?,
        sections: sections?,
        languages: languages?,
        subject: fields.optional("subject").map(str::to_owned),
        intro: fields.words("intro"),
        outro: fields.words("outro"),
        notice: fields.words("notice"),
        notice_label: fields.text("notice_label").trim().to_owned(),
        require_approval: fields.text("require_approval") == "yes",
        calendar: calendar?,
        ..old.clone()
    })
}

fn calendar(fields: &Fields, errors: &mut Errors) -> Option<Calendar> {
    let hours = lines(fields, "hours", errors, str::parse::<Hours>);
    let day = |line: &str| {
        let read = line.parse::<NaiveDate>();
        read.map_err(|_| format!("{line:?} is not a day; write it as 2026-12-25"))
    };
    let holidays = lines(fields, "holidays", errors, day);
    let on_holiday = take(fields, "on_holiday", errors);
    let limit = fields.optional("not_later_than").map(span::minutes);
    let limit = limit.transpose();
    let limit = limit.map_err(|why| noted(errors, "not_later_than", &why));
    Some(Calendar {
        hours: hours?,
        holidays: holidays?.into_iter().collect::<BTreeSet<_>>(),
        on_holiday: on_holiday?,
        not_later_than_minutes: limit.ok()?.filter(|minutes| *minutes > 0),
    })
}

/// Puts an error of the service beside its field; returns the one that belongs to none.
pub(super) fn place(error: DigestError, errors: &mut Errors) -> Result<Option<String>, AdminError> {
    let name = match &error {
        DigestError::Store(_) | DigestError::Unknown => return Err(error.into()),
        DigestError::Exists(_) => "slug",
        DigestError::Topic { .. } | DigestError::SectionTwice(_) => "sections",
        DigestError::Items => "max_items",
        DigestError::LocalTime => "local_time",
        DigestError::MostADay => "max_per_day",
        DigestError::Subject(_) => "subject",
        DigestError::Schedule(_) => "cron",
        DigestError::Line(line) => of_line(line),
        other => return Ok(Some(sentence(&other.to_string()))),
    };
    noted(errors, name, &error);
    Ok(None)
}

fn of_line(error: &LineError) -> &'static str {
    let (LineError::Empty { field }
    | LineError::TooLong { field, .. }
    | LineError::Control { field }) = error;
    match *field {
        "the intro" => "intro",
        "the outro" => "outro",
        "the notice" => "notice",
        "the notice's label" => "notice_label",
        "the subject" => "subject",
        _ => "name",
    }
}
