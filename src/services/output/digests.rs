//! Digests, as programs read of them.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{At, DesignWord, LanguagesWord, OnHolidayWord, WindowWord};
use crate::domain::digest::Digest;
use crate::domain::publication::Publication;
use crate::domain::slug::Slug;

/// The recipe of a recurring mail.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Digest)]
pub struct DigestOutput {
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
    /// The make-up of its mails; null: that of its publication.
    design: Option<DesignWord>,
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
#[derive(Debug, Clone, Serialize, ToSchema)]
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
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Breaking)]
struct BreakingView {
    /// Between two issues.
    gap_minutes: u32,
    most_a_day: u32,
}

impl DigestOutput {
    pub fn new(publication: &Publication, d: &Digest) -> Self {
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
            design: d.design.map(DesignWord),
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
