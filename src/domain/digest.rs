//! The recipe of a recurring mail.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::calendar::Calendar;
use super::clock::Time;
use super::ids::{DigestId, PublicationId};
use super::language::Languages;
use super::look::{Design, Look};
use super::run::{self, RunChange, Runs};
use super::schedule::{Schedule, ScheduleError};
use super::slug::{self, Slug};

named_states! {
    /// Which articles count as new.
    Window {
        LastIssue => "last-issue",
        Day => "24h",
        Week => "7d",
    }
}

/// The recipe: publication, selection rules, and when it goes out.
#[derive(Debug, Clone)]
pub struct Digest {
    pub id: DigestId,
    pub publication: PublicationId,
    pub slug: Slug,
    pub name: String,
    pub timezone: Tz,
    pub max_items: u32,
    pub min_items: u32,
    pub window: Window,
    /// Topics that the digest is limited to; empty means all.
    pub topics: Vec<Slug>,
    pub rules: Rules,
    /// `None`: that of its publication.
    pub design: Option<Design>,
    pub paused_at: Option<Time>,
    /// `None`: it goes out only by hand.
    pub cron: Option<String>,
    pub next_run_at: Option<Time>,
    /// When the scheduler looks at it next: at the run, before it where some readers' morning is
    /// earlier, and now and then where it waits for news.
    pub look_at: Option<Time>,
    /// Since when the schedule is as it is; `None` where that was before it was written down.
    pub since_at: Option<Time>,
    /// What operators have changed about single runs, those that were lately among them.
    pub changes: Vec<RunChange>,
    pub created_at: Time,
}

/// The digests that a reader takes; empty means the publication's first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DigestChoice(pub BTreeSet<Slug>);

impl DigestChoice {
    /// The choice as one text.
    pub fn key(&self) -> String {
        slug::joined(&self.0)
    }

    /// Reads a key back; unknown forms are dropped.
    pub fn from_key(key: &str) -> Self {
        Self(slug::split(key))
    }

    /// Whether a digest is among them.
    pub fn takes(&self, digest: &Slug, is_first: bool) -> bool {
        self.0.contains(digest) || (is_first && self.0.is_empty())
    }

    /// Those of a publication's digests that are among them.
    pub fn among<'a>(&self, all: &'a [Digest]) -> impl Iterator<Item = &'a Digest> {
        let is_taken = |(at, digest): &(usize, &Digest)| self.takes(&digest.slug, *at == 0);
        all.iter()
            .enumerate()
            .filter(is_taken)
            .map(|(_, digest)| digest)
    }
}

impl Digest {
    /// The schedule, where there is one.
    pub fn schedule(&self, now: Time) -> Result<Option<Schedule>, ScheduleError> {
        let cron = self.cron.as_deref();
        let schedule = cron.map(|cron| Schedule::parse(cron, self.timezone.name(), now));
        schedule.transpose()
    }

    /// The design of its mails, where its publication has this look.
    pub fn design_in(&self, look: &Look) -> Design {
        self.design.unwrap_or(look.design)
    }

    /// The next run, with what was changed about it.
    pub fn next_run(&self) -> Option<RunChange> {
        self.next_run_at.map(|at| run::at(&self.changes, at))
    }

    /// The next run, where it is left out by hand.
    pub fn skip_at(&self) -> Option<Time> {
        let next = self.next_run().filter(|run| run.left_out);
        next.map(|run| run.at)
    }

    /// Finds a run that is still to come: by when it is, else by when the schedule has it.
    pub fn run_to_come(&self, at: Time, now: Time) -> Result<Option<RunChange>, ScheduleError> {
        let (Some(schedule), Some(next)) = (self.schedule(now)?, self.next_run()) else {
            return Ok(None);
        };
        let known = |is_it: fn(&RunChange, Time) -> bool| {
            let mut all = std::iter::once(&next).chain(&self.changes);
            all.find(|run| is_it(run, at)).copied()
        };
        let found = known(|run, at| run.at == at).or_else(|| known(|run, at| run.slot == at));
        let regular = Runs::new(&schedule, &self.changes).has_slot(at);
        let found = found.or(regular.then_some(RunChange::none(at)));
        Ok(found.filter(|run| run.at >= next.at && run.at > now))
    }

    /// How far back an article may be dated and still count as news.
    pub fn oldest(&self, now: Time) -> Time {
        if self.rules.breaking.is_some() {
            // Yesterday's news does not break.
            return self.created_at.max(now - chrono::Duration::hours(6));
        }
        match self.window {
            Window::Day => now - chrono::Duration::hours(24),
            Window::LastIssue | Window::Week => now - chrono::Duration::days(7),
        }
    }
}

/// The rest of the recipe, which no query asks about: kept as one JSON text, so that a new rule
/// needs no new column and an older version reads past it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Articles that are shown with a summary; the others of the mail are headlines.
    pub full_items: u32,
    /// The sections that come first, in their order.
    pub sections: Vec<SectionRule>,
    pub languages: Languages,
    /// The template of the subject; the top headline where there is none.
    pub subject: Option<String>,
    /// Markdown before the articles.
    pub intro: String,
    /// Markdown behind the articles.
    pub outro: String,
    /// Markdown in a block behind the lead: a sponsor's words, or a notice of the publication.
    pub notice: String,
    /// What stands above that, as in "Sponsor"; empty for a word in the language of the edition.
    pub notice_label: String,
    /// An issue waits until somebody has approved it.
    pub require_approval: bool,
    /// Readers get it when their own clocks show the time of the schedule.
    pub local_time: bool,
    pub calendar: Calendar,
    /// It goes out when there is news rather than by schedule.
    pub breaking: Option<Breaking>,
}

/// What the editor says in an issue beside its articles; Markdown, but for the label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The template of the subject, where the issue has one of its own.
    pub subject: Option<String>,
    pub intro: String,
    pub outro: String,
    pub notice: String,
    pub notice_label: String,
}

impl Rules {
    /// What an issue says that is made now, with an intro and a subject of its own where it has them.
    pub fn words(&self, intro: Option<String>, subject: Option<String>) -> Words {
        Words {
            subject,
            intro: intro.unwrap_or_else(|| self.intro.clone()),
            outro: self.outro.clone(),
            notice: self.notice.clone(),
            notice_label: self.notice_label.clone(),
        }
    }
}

/// How often a digest that waits for news may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaking {
    /// Between two issues.
    pub gap_minutes: u32,
    pub most_a_day: u32,
}

impl Default for Breaking {
    fn default() -> Self {
        Self {
            gap_minutes: 60,
            most_a_day: 4,
        }
    }
}

/// What a digest that waits for news has sent lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lately {
    pub last_at: Option<Time>,
    pub today: i64,
}

impl Breaking {
    /// Until when nothing may go out after what has; `midnight` ends the day.
    pub fn wait_until(&self, lately: Lately, now: Time, midnight: Time) -> Option<Time> {
        let gap = chrono::TimeDelta::minutes(self.gap_minutes.into());
        let after_gap = lately.last_at.map(|at| at + gap);
        let is_full = lately.today >= i64::from(self.most_a_day);
        let after_day = is_full.then_some(midnight);
        after_gap.max(after_day).filter(|until| *until > now)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            full_items: 8,
            sections: Vec::new(),
            languages: Languages::Auto,
            subject: None,
            intro: String::new(),
            outro: String::new(),
            notice: String::new(),
            notice_label: String::new(),
            require_approval: false,
            local_time: false,
            calendar: Calendar::default(),
            breaking: None,
        }
    }
}

/// A section of the mail: a topic, and how many of its articles are shown with a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SectionRule {
    pub topic: Slug,
    /// `None`: as many as there is room for.
    pub most: Option<u32>,
}

/// A section was not written as TOPIC or TOPIC:NUMBER.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a section: write the topic, or the topic and a number, as in energy:3")]
pub struct SectionError(String);

impl FromStr for SectionRule {
    type Err = SectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || SectionError(text.to_owned());
        let (topic, most) = match text.split_once(':') {
            Some((topic, number)) => {
                let most = number.parse().ok().filter(|n| (1..=100).contains(n));
                (topic, Some(most.ok_or_else(wrong)?))
            }
            None => (text, None),
        };
        let topic = topic.parse().map_err(|_| wrong())?;
        Ok(Self { topic, most })
    }
}

impl fmt::Display for SectionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            Some(most) => write!(f, "{}:{most}", self.topic),
            None => write!(f, "{}", self.topic),
        }
    }
}

impl From<SectionRule> for String {
    fn from(rule: SectionRule) -> Self {
        rule.to_string()
    }
}

impl TryFrom<String> for SectionRule {
    type Error = SectionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_a_topic_and_perhaps_a_number() {
        for text in ["energy", "energy:3"] {
            assert_eq!(text.parse::<SectionRule>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "Energy",
            "energy:",
            "energy:0",
            "energy:101",
            "energy:x",
            ":3",
        ] {
            assert!(wrong.parse::<SectionRule>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn news_waits_for_the_gap_and_for_the_day() {
        let at = |text: &str| -> Time { text.parse().unwrap() };
        let (now, midnight) = (at("2026-03-02T12:00:00Z"), at("2026-03-03T00:00:00Z"));
        let rule = Breaking {
            gap_minutes: 60,
            most_a_day: 3,
        };
        let wait = |last: Option<&str>, today| {
            let last_at = last.map(at);
            rule.wait_until(Lately { last_at, today }, now, midnight)
        };
        assert_eq!(wait(None, 0), None);
        assert_eq!(wait(Some("2026-03-02T11:00:00Z"), 2), None);
        let later = Some(at("2026-03-02T12:30:00Z"));
        assert_eq!(wait(Some("2026-03-02T11:30:00Z"), 1), later);
        assert_eq!(wait(Some("2026-03-02T09:00:00Z"), 3), Some(midnight));
    }

    #[test]
    fn rules_of_other_versions_are_read() {
        let read: Rules = serde_json::from_str(r#"{"full_items":3,"of_tomorrow":true}"#).unwrap();
        assert_eq!(
            read,
            Rules {
                full_items: 3,
                ..Rules::default()
            }
        );
        let rules = Rules {
            sections: vec!["energy:3".parse().unwrap(), "markets".parse().unwrap()],
            languages: Languages::Same,
            subject: Some("{{ headline }}".to_owned()),
            ..Rules::default()
        };
        let text = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), rules);
    }

    #[test]
    fn whoever_chose_no_digest_takes_the_first() {
        let [daily, weekly] = ["daily", "weekly"].map(|slug| slug.parse::<Slug>().unwrap());
        let none = DigestChoice::default();
        assert!(none.takes(&daily, true) && !none.takes(&weekly, false));
        let one = DigestChoice::from_key("weekly");
        assert!(one.takes(&weekly, false) && !one.takes(&daily, true));
        let both = DigestChoice::from_key("weekly,daily");
        assert!(both.takes(&weekly, false) && both.takes(&daily, true));
        assert_eq!(both.key(), "daily,weekly");
    }
}
