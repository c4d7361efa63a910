//! What `digest create` and `digest update` say of a digest.

use std::io::Read as _;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::domain::digest::{Digest, SectionRule, Window};
use crate::domain::language::Languages;
use crate::domain::schedule;
use crate::domain::slug::Slug;

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
        Ok(self)
    }

    /// Takes over what was said.
    pub(super) fn apply(self, digest: &mut Digest) {
        fn set<T>(place: &mut T, given: Option<T>) {
            if let Some(given) = given {
                *place = given;
            }
        }
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
