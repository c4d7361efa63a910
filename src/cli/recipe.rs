//! What `digest create` and `digest update` say of a digest.

use std::io::Read as _;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::Args;

use crate::domain::UnknownWord;
use crate::domain::calendar::{Hours, OnHoliday};
use crate::domain::digest::{Breaking, Digest, Rules, SectionRule, Window};
use crate::domain::language::Languages;
use crate::domain::look::Design;
use crate::domain::schedule;
use crate::domain::slug::Slug;
use crate::domain::span;

#[derive(Debug, Args)]
pub(super) struct Recipe {
    /// When it goes out: minute hour day month weekday, as in "0 7 * * mon-fri"; without it, only by hand
    #[arg(long)]
    cron: Option<String>,
    /// IANA time zone of the schedule [default: the publication's]
    #[arg(long, value_parser = schedule::timezone)]
    timezone: Option<chrono_tz::Tz>,
    /// The most articles in a mail [default: 12]
    #[arg(long)]
    max_items: Option<u32>,
    /// Nothing goes out with fewer new articles than this [default: 1]
    #[arg(long)]
    min_items: Option<u32>,
    /// How many of them have a summary; the others are headlines at the end [default: 8]
    #[arg(long)]
    full_items: Option<u32>,
    /// Which articles count as new: last-issue, 24h or 7d [default: last-issue]
    #[arg(long)]
    window: Option<Window>,
    /// Only articles of this topic; may be given several times
    #[arg(long, value_name = "SLUG")]
    topic: Vec<Slug>,
    /// A section for a topic with at most so many articles, as in energy:3; several come in this order
    #[arg(long, value_name = "TOPIC[:N]")]
    section: Vec<SectionRule>,
    /// Which articles readers get who told a language: auto (theirs where the publication writes in it), same, all [default: auto]
    #[arg(long)]
    languages: Option<Languages>,
    /// The subject, with {{ headline }}, {{ publication }}, {{ digest }}, {{ number }}, {{ date }} or {{ articles }}; empty for the top headline
    #[arg(long, value_name = "TEMPLATE")]
    subject: Option<String>,
    /// Markdown before the articles of every issue; empty for none
    #[arg(long, value_name = "MARKDOWN")]
    intro: Option<String>,
    /// The same from a file, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "intro")]
    intro_file: Option<String>,
    /// Markdown behind the articles of every issue; empty for none
    #[arg(long, value_name = "MARKDOWN")]
    outro: Option<String>,
    /// The same from a file, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "outro")]
    outro_file: Option<String>,
    /// Markdown in a block behind the lead, for a sponsor or a notice; empty for none
    #[arg(long, value_name = "MARKDOWN")]
    notice: Option<String>,
    /// The same from a file, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "notice")]
    notice_file: Option<String>,
    /// What stands above that block, as in "Sponsor"; empty for the word "Notice" in the mail's language
    #[arg(long, value_name = "LABEL")]
    notice_label: Option<String>,
    /// The design of its mails: editorial, compact, plain, or publication for that of the publication [default: publication]
    #[arg(long, value_name = "NAME", value_parser = design)]
    design: Option<OwnDesign>,
    /// Nothing goes out before `issue approve`; =false takes it back
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    require_approval: Option<bool>,
    #[command(flatten)]
    times: Times,
}

/// The design that a digest is to have; `None`: that of its publication.
#[derive(Debug, Clone, Copy)]
struct OwnDesign(Option<Design>);

/// Reads a design, or the word for going back to the publication's.
fn design(text: &str) -> Result<OwnDesign, String> {
    match text.trim() {
        "" | "publication" => Ok(OwnDesign(None)),
        name => {
            let read = name.parse().map(|own| OwnDesign(Some(own)));
            read.map_err(|why: UnknownWord| format!("{why}, publication"))
        }
    }
}

/// When a digest may go out.
#[derive(Debug, Args)]
struct Times {
    /// Each reader gets it when their own clocks show the time of --cron; =false takes it back
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    local_time: Option<bool>,
    /// Only in these hours, as in "mon-fri 06:00-20:00"; may be given several times
    #[arg(long, value_name = "HOURS")]
    hours: Vec<Hours>,
    /// Not on this day, as in 2026-12-25; several are added to those known
    #[arg(long, value_name = "DATE", value_parser = day)]
    holiday: Vec<NaiveDate>,
    /// What becomes of an issue that falls on a holiday: skip or move (to the next day) [default: skip]
    #[arg(long)]
    on_holiday: Option<OnHoliday>,
    /// Leave an issue out that would be later than this, as in 2h; 0m for no limit
    #[arg(long, value_name = "SPAN", value_parser = span::minutes)]
    not_later_than: Option<u32>,
    /// It goes out as soon as there is news, without --cron; =false takes it back
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", conflicts_with = "cron")]
    breaking: Option<bool>,
    /// Of a breaking digest: the shortest time between two issues [default: 1h]
    #[arg(long, value_name = "SPAN", value_parser = span::minutes)]
    min_gap: Option<u32>,
    /// Of a breaking digest: the most issues on a day [default: 4]
    #[arg(long)]
    max_per_day: Option<u32>,
}

/// Reads 2026-12-25.
fn day(text: &str) -> Result<NaiveDate, String> {
    let read = text.trim().parse();
    read.map_err(|_| format!("{text:?} is not a day; write it as 2026-12-25"))
}

impl Times {
    fn apply(self, rules: &mut Rules) {
        let calendar = &mut rules.calendar;
        set(&mut rules.local_time, self.local_time);
        set(&mut calendar.on_holiday, self.on_holiday);
        calendar.holidays.extend(self.holiday);
        if !self.hours.is_empty() {
            calendar.hours = self.hours;
        }
        if let Some(minutes) = self.not_later_than {
            calendar.not_later_than_minutes = Some(minutes).filter(|m| *m > 0);
        }
        match self.breaking {
            Some(true) => rules.breaking = rules.breaking.or(Some(Breaking::default())),
            Some(false) => rules.breaking = None,
            None => {}
        }
        if let Some(rule) = &mut rules.breaking {
            set(&mut rule.gap_minutes, self.min_gap);
            set(&mut rule.most_a_day, self.max_per_day);
        }
    }
}

fn set<T>(place: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *place = given;
    }
}

/// What only an update can say.
#[derive(Debug, Args)]
pub(super) struct Change {
    /// No schedule any more: it goes out only by hand
    #[arg(long, conflicts_with = "cron")]
    by_hand: bool,
    /// Articles of all topics again
    #[arg(long, conflicts_with = "topic")]
    all_topics: bool,
    /// No sections of its own any more
    #[arg(long, conflicts_with = "section")]
    no_sections: bool,
    /// At all hours again
    #[arg(long, conflicts_with = "hours")]
    all_hours: bool,
    /// Forget the holidays that are known
    #[arg(long)]
    no_holidays: bool,
    /// Markdown for the next issue alone, in place of the intro; empty to take it back
    #[arg(long, value_name = "MARKDOWN")]
    next_intro: Option<String>,
    /// The same from a file, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "next_intro")]
    next_intro_file: Option<String>,
}

impl Recipe {
    /// Reads the files that are named.
    pub(super) fn read(mut self) -> Result<Self> {
        self.intro = text(self.intro, self.intro_file.as_deref())?;
        self.outro = text(self.outro, self.outro_file.as_deref())?;
        self.notice = text(self.notice, self.notice_file.as_deref())?;
        Ok(self)
    }

    /// Refuses what says nothing of such a digest.
    pub(super) fn check(&self, digest: &Digest) -> Result<()> {
        let times = &self.times;
        let is_breaking = times.breaking.unwrap_or(digest.rules.breaking.is_some());
        if !is_breaking && (times.min_gap.is_some() || times.max_per_day.is_some()) {
            bail!("--min-gap and --max-per-day are for a digest that goes out with --breaking");
        }
        Ok(())
    }

    /// Takes over what was said.
    pub(super) fn apply(self, digest: &mut Digest) {
        self.times.apply(&mut digest.rules);
        let rules = &mut digest.rules;
        set(&mut digest.cron, self.cron.map(Some));
        set(&mut digest.timezone, self.timezone);
        set(&mut digest.max_items, self.max_items);
        set(&mut digest.min_items, self.min_items);
        set(&mut rules.full_items, self.full_items);
        set(&mut digest.window, self.window);
        set(&mut rules.languages, self.languages);
        set(&mut rules.intro, self.intro);
        set(&mut rules.outro, self.outro);
        set(&mut rules.notice, self.notice);
        set(
            &mut rules.notice_label,
            self.notice_label.map(|label| label.trim().to_owned()),
        );
        set(&mut digest.design, self.design.map(|given| given.0));
        set(&mut rules.require_approval, self.require_approval);
        if let Some(subject) = self.subject {
            rules.subject = Some(subject).filter(|text| !text.trim().is_empty());
        }
        if !self.topic.is_empty() {
            digest.topics = self.topic;
        }
        if !self.section.is_empty() {
            rules.sections = self.section;
        }
    }
}

impl Change {
    /// What was said of the next issue.
    pub(super) fn next_intro(&self) -> Result<Option<String>> {
        text(self.next_intro.clone(), self.next_intro_file.as_deref())
    }

    /// Takes over the rest.
    pub(super) fn apply(&self, digest: &mut Digest) {
        if self.by_hand {
            digest.cron = None;
            digest.rules.breaking = None;
            digest.rules.local_time = false;
        }
        if self.all_hours {
            digest.rules.calendar.hours.clear();
        }
        if self.no_holidays {
            digest.rules.calendar.holidays.clear();
        }
        if self.all_topics {
            digest.topics.clear();
        }
        if self.no_sections {
            digest.rules.sections.clear();
        }
    }
}

/// A text given by itself or in a file.
fn text(given: Option<String>, file: Option<&str>) -> Result<Option<String>> {
    match file {
        None => Ok(given),
        Some("-") => {
            let mut read = String::new();
            std::io::stdin().read_to_string(&mut read)?;
            Ok(Some(read))
        }
        Some(path) => std::fs::read_to_string(path)
            .map(Some)
            .with_context(|| format!("{path} cannot be read")),
    }
}
