//! `paperround article update`

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::Args;

use crate::domain::ids::ArticleId;
use crate::domain::slug::Slug;
use crate::services::edit_article::Edits;

/// What an editor changes; "none" takes a value away.
#[derive(Debug, Args)]
pub(super) struct Update {
    /// The article
    pub id: ArticleId,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// The headline
    #[arg(long)]
    title: Option<String>,
    /// The address of its page
    #[arg(long)]
    url: Option<String>,
    /// The summary, in Markdown
    #[arg(long, value_name = "MARKDOWN")]
    summary: Option<String>,
    /// An author; give it again for more of them, or none
    #[arg(long, value_name = "NAME")]
    author: Vec<String>,
    /// The address of a picture, or none
    #[arg(long, value_name = "URL")]
    image_url: Option<String>,
    /// What the picture shows, or none
    #[arg(long, value_name = "TEXT")]
    image_alt: Option<String>,
    /// Its language, as in en or pt-BR, or none
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// The topics from now on, instead of those that it has; or none
    #[arg(long, value_name = "SLUG")]
    topic: Vec<String>,
    /// Keep it back until this time, as in 2026-12-01T07:00:00+01:00, or none
    #[arg(long, value_name = "TIME", value_parser = time)]
    not_before: Option<Maybe>,
    /// It is no news any more from this time on, or none
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires_at: Option<Maybe>,
}

#[derive(Debug, Clone)]
struct Maybe(Option<DateTime<Utc>>);

fn time(text: &str) -> Result<Maybe, String> {
    if text == "none" {
        return Ok(Maybe(None));
    }
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(Maybe(Some(time.to_utc()))),
        Err(_) => Err("write a time as in 2026-12-01T07:00:00+01:00, or none".to_owned()),
    }
}

/// A list that is given at all; `none` alone empties it.
fn list(given: Vec<String>) -> Option<Vec<String>> {
    match given.as_slice() {
        [] => None,
        [only] if only == "none" => Some(Vec::new()),
        _ => Some(given),
    }
}

impl Update {
    pub(super) fn edits(self) -> Result<(ArticleId, Edits)> {
        let changes = self.changes;
        let maybe = |text: Option<String>| text.map(|text| (text != "none").then_some(text));
        let topics = match list(changes.topic) {
            Some(slugs) => Some(
                slugs
                    .iter()
                    .map(|slug| slug.parse::<Slug>())
                    .collect::<Result<_, _>>()?,
            ),
            None => None,
        };
        let edits = Edits {
            title: changes.title,
            url: changes.url,
            summary: changes.summary,
            authors: list(changes.author),
            image_url: maybe(changes.image_url),
            image_alt: maybe(changes.image_alt),
            language: maybe(changes.language),
            topics,
            not_before: changes.not_before.map(|time| time.0),
            expires_at: changes.expires_at.map(|time| time.0),
        };
        Ok((self.id, edits))
    }
}
