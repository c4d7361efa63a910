//! What the API says of a digest, and what it is told.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::publications::set;
use super::schemas::{
    At, DayText, HoursText, LanguagesWord, OnHolidayWord, SectionText, SlugText, WindowWord,
    ZoneText, changes, given,
};
use crate::domain::calendar::Calendar;
use crate::domain::digest::{Breaking, Digest};
use crate::domain::publication::Publication;
use crate::domain::slug::Slug;

/// The recipe of a recurring mail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Digest)]
pub(super) struct View {
    /// The slug of its publication.
    publication: String,
    #[schema(examples("daily"))]
    slug: String,
    name: String,
    /// When it goes out: minute hour day month weekday; null: by hand, or when there is news.
    #[schema(examples("0 7 * * mon-fri"))]
    cron: Option<String>,
    timezone: &'static str,
    /// The most articles in a mail.
    max_items: u32,
    /// Nothing goes out with fewer.
    min_items: u32,
    /// How many of them have a summary.
    full_items: u32,
    window: WindowWord,
    /// Topics that it is limited to; empty for all.
    topics: Vec<String>,
    /// Sections that come first, each a topic, or a topic and the most of its articles.
    sections: Vec<String>,
    languages: LanguagesWord,
    /// The template of the subject; null: the top headline.
    subject: Option<String>,
    /// Markdown before the articles.
    intro: String,
    /// Markdown behind them.
    outro: String,
    /// Markdown in a block behind the lead.
    notice: String,
    /// What stands above that.
    notice_label: String,
    /// Whether an issue waits until somebody has approved it.
    require_approval: bool,
    /// Whether each reader gets it when their own clocks show the time of its cron.
    local_time: bool,
    calendar: CalendarView,
    breaking: Option<BreakingView>,
    paused_at: Option<At>,
    next_run_at: Option<At>,
    /// The run that is left out by hand.
    skip_at: Option<At>,
    created_at: At,
}

/// When a digest may go out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Calendar)]
struct CalendarView {
    /// Empty for all hours.
    #[schema(examples(json!(["mon,tue,wed,thu,fri 06:00-20:00"])))]
    hours: Vec<String>,
    #[schema(value_type = Vec<String>, examples(json!(["2026-12-25"])))]
    holidays: BTreeSet<NaiveDate>,
    on_holiday: OnHolidayWord,
    /// How late an issue may be; null: as late as it gets.
    not_later_than_minutes: Option<u32>,
}

/// How often a digest that waits for news may go out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Breaking)]
struct BreakingView {
    /// Between two issues.
    gap_minutes: u32,
    most_a_day: u32,
}

impl View {
    pub(super) fn new(publication: &Publication, d: &Digest) -> Self {
        let rules = &d.rules;
        let calendar = &rules.calendar;
        // The database has them in no order, and the ETag is of the text.
        let topics: BTreeSet<&str> = d.topics.iter().map(Slug::as_str).collect();
        Self {
            publication: publication.slug.to_string(),
            slug: d.slug.to_string(),
            name: d.name.clone(),
            cron: d.cron.clone(),
            timezone: d.timezone.name(),
            max_items: d.max_items,
            min_items: d.min_items,
            full_items: rules.full_items,
            window: d.window.into(),
            topics: topics.into_iter().map(str::to_owned).collect(),
            sections: rules.sections.iter().map(ToString::to_string).collect(),
            languages: rules.languages.into(),
            subject: rules.subject.clone(),
            intro: rules.intro.clone(),
            outro: rules.outro.clone(),
            notice: rules.notice.clone(),
            notice_label: rules.notice_label.clone(),
            require_approval: rules.require_approval,
            local_time: rules.local_time,
            calendar: CalendarView {
                hours: calendar.hours.iter().map(ToString::to_string).collect(),
                holidays: calendar.holidays.clone(),
                on_holiday: calendar.on_holiday.into(),
                not_later_than_minutes: calendar.not_later_than_minutes,
            },
            breaking: rules.breaking.map(|rule| BreakingView {
                gap_minutes: rule.gap_minutes,
                most_a_day: rule.most_a_day,
            }),
            paused_at: d.paused_at.map(At),
            next_run_at: d.next_run_at.map(At),
            skip_at: d.skip_at().map(At),
            created_at: d.created_at.into(),
        }
    }
}

changes! {
    /// What is to change about when it may go out.
    CalendarChange {
        /// Empty for all hours.
        hours: Vec<HoursText>,
        /// Instead of those known.
        holidays: Vec<DayText>,
        on_holiday: OnHolidayWord,
        /// Null: as late as it gets.
        #[schema(minimum = 1, maximum = 44640)]
        not_later_than_minutes: Option<u32>,
    }
}

changes! {
    /// How often a digest that waits for news may go out.
    BreakingChange {
        /// Between two issues; 60 where it was not told.
        #[schema(minimum = 0, maximum = 44640)]
        gap_minutes: u32,
        /// 4 where it was not told.
        #[schema(minimum = 1, maximum = 100)]
        most_a_day: u32,
    }
}

impl CalendarChange {
    fn apply(self, calendar: &mut Calendar) {
        let hours = self.hours.map(|all| all.into_iter().map(|hours| hours.0));
        set(&mut calendar.hours, hours.map(Iterator::collect::<Vec<_>>));
        let days = self.holidays.map(|all| all.into_iter().map(|day| day.0));
        set(
            &mut calendar.holidays,
            days.map(Iterator::collect::<BTreeSet<_>>),
        );
        set(&mut calendar.on_holiday, self.on_holiday.map(|word| word.0));
        set(
            &mut calendar.not_later_than_minutes,
            self.not_later_than_minutes,
        );
    }
}

impl BreakingChange {
    fn apply(self, rule: &mut Breaking) {
        set(&mut rule.gap_minutes, self.gap_minutes);
        set(&mut rule.most_a_day, self.most_a_day);
    }
}

/// A body with fields of its own and, behind them, those of a recipe, each of which may be left out.
macro_rules! with_recipe {
    ($(#[$about:meta])* $name:ident { $($own:tt)* }) => {
        #[derive(Debug, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$about])*
        pub(super) struct $name {
            $($own)*
            /// When it goes out: minute hour day month weekday; null: by hand, or with `breaking`.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = Option<String>, examples("0 7 * * mon-fri"))]
            cron: Option<Option<String>>,
            /// That of the publication where it is not told.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = ZoneText)]
            timezone: Option<ZoneText>,
            /// The most articles in a mail.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = u32, minimum = 1, maximum = 100)]
            max_items: Option<u32>,
            /// Nothing goes out with fewer new articles.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = u32, minimum = 1, maximum = 100)]
            min_items: Option<u32>,
            /// How many have a summary; the others are headlines at the end.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = u32, minimum = 1, maximum = 100)]
            full_items: Option<u32>,
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = WindowWord)]
            window: Option<WindowWord>,
            /// Only articles of these topics; empty for all.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = Vec<SlugText>)]
            topics: Option<Vec<SlugText>>,
            /// Sections that come first, in this order.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = Vec<SectionText>)]
            sections: Option<Vec<SectionText>>,
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = LanguagesWord)]
            languages: Option<LanguagesWord>,
            /// The template of the subject, with `{{ headline }}` and others; null: the top headline.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = Option<String>, max_length = 200)]
            subject: Option<Option<String>>,
            /// Markdown before the articles of every issue.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = String)]
            intro: Option<String>,
            /// Markdown behind them.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = String)]
            outro: Option<String>,
            /// Markdown in a block behind the lead, for a sponsor or a notice.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = String)]
            notice: Option<String>,
            /// What stands above that block; empty for the word "Notice".
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = String, max_length = 40)]
            notice_label: Option<String>,
            /// Nothing goes out before somebody has approved the issue.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = bool)]
            require_approval: Option<bool>,
            /// Each reader gets it when their own clocks show the time of its cron.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = bool)]
            local_time: Option<bool>,
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = CalendarChange)]
            calendar: Option<CalendarChange>,
            /// It goes out as soon as there is news, without cron; null takes that back.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = Option<BreakingChange>)]
            breaking: Option<Option<BreakingChange>>,
        }

        impl $name {
            /// Takes over what was told of the recipe.
            fn apply_recipe(self, digest: &mut Digest) {
                let rules = &mut digest.rules;
                set(&mut digest.cron, self.cron);
                set(&mut digest.timezone, self.timezone.map(|zone| zone.0));
                set(&mut digest.max_items, self.max_items);
                set(&mut digest.min_items, self.min_items);
                set(&mut rules.full_items, self.full_items);
                set(&mut digest.window, self.window.map(|word| word.0));
                let topics = self.topics.map(|all| all.into_iter().map(|slug| slug.0));
                set(&mut digest.topics, topics.map(Iterator::collect::<Vec<_>>));
                let sections = self.sections.map(|all| all.into_iter().map(|section| section.0));
                set(&mut rules.sections, sections.map(Iterator::collect::<Vec<_>>));
                set(&mut rules.languages, self.languages.map(|word| word.0));
                set(&mut rules.subject, self.subject);
                set(&mut rules.intro, self.intro);
                set(&mut rules.outro, self.outro);
                set(&mut rules.notice, self.notice);
                set(&mut rules.notice_label, self.notice_label);
                set(&mut rules.require_approval, self.require_approval);
                set(&mut rules.local_time, self.local_time);
                if let Some(calendar) = self.calendar {
                    calendar.apply(&mut rules.calendar);
                }
                match self.breaking {
                    Some(Some(change)) => change.apply(rules.breaking.get_or_insert_default()),
                    Some(None) => rules.breaking = None,
                    None => {}
                }
            }
        }
    };
}

with_recipe! {
    /// A new digest.
    #[schema(as = NewDigest)]
    New {
        slug: SlugText,
        /// The name for people.
        #[schema(min_length = 1, max_length = 60, examples("The Daily"))]
        name: String,
    }
}

with_recipe! {
    /// What is to change about a digest; what is left out stays.
    #[schema(as = DigestChange)]
    Change {
        /// The name for people.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = String, min_length = 1, max_length = 60)]
        name: Option<String>,
        /// Markdown for the next issue alone, in place of the intro; empty takes it back.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = String)]
        next_intro: Option<String>,
    }
}

impl New {
    /// The slug and the name of the digest.
    pub(super) fn names(&self) -> (Slug, String) {
        (self.slug.0.clone(), self.name.clone())
    }

    /// Takes over the rest.
    pub(super) fn apply(self, digest: &mut Digest) {
        self.apply_recipe(digest);
    }
}

impl Change {
    /// What was told of the next issue.
    pub(super) fn next_intro(&mut self) -> Option<String> {
        self.next_intro.take()
    }

    /// Takes over the rest.
    pub(super) fn apply(mut self, digest: &mut Digest) {
        set(&mut digest.name, self.name.take());
        self.apply_recipe(digest);
    }
}
