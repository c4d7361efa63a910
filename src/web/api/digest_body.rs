//! What the API says of a digest, and what it is told.

use std::collections::BTreeSet;

use serde::Deserialize;
use utoipa::ToSchema;

use super::publications::set;
use super::schemas::{
    DayText, DesignWord, HoursText, LanguagesWord, OnHolidayWord, SectionText, SlugText,
    WindowWord, ZoneText, changes, given,
};
use crate::domain::calendar::Calendar;
use crate::domain::digest::{Breaking, Digest};
use crate::domain::slug::Slug;

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
            /// The make-up of its mails; null: that of the publication.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = Option<DesignWord>)]
            design: Option<Option<DesignWord>>,
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
                set(&mut digest.design, self.design.map(|own| own.map(|word| word.0)));
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
