//! `paperround article`

use std::io::Read;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::TimeDelta;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::article_update::Update;
use super::output::{Output, Row};
use super::{Global, context};
use crate::domain::article::{self as domain, Visibility};
use crate::domain::clock::Time;
use crate::domain::feed::parse_span;
use crate::domain::ids::{ArticleId, FeedId};
use crate::domain::slug::Slug;
use crate::domain::story::title_key;
use crate::services::edit_article::{self, EditError};
use crate::services::output::articles::{ArticleOutput, OutcomeOutput};
use crate::services::{Deps, article_input, ingest_article};
use crate::store::articles::{self, Filter, Place};

#[derive(Debug, Subcommand)]
pub(super) enum Article {
    /// Add articles from JSON: one object or an array; a known address is updated
    Add {
        /// The publication
        publication: String,
        /// A file, or - for standard input
        file: String,
    },
    /// List the articles of a publication, the latest first
    List(List),
    /// Show all that is known of an article
    Show {
        /// Its id, as `list` shows it
        id: ArticleId,
    },
    /// Keep an article out of everything that has not gone out yet
    Hide {
        /// Its id, as `list` shows it
        id: ArticleId,
    },
    /// Show a hidden article again
    Unhide {
        /// Its id, as `list` shows it
        id: ArticleId,
    },
    /// Put an article before all others
    Pin {
        /// Its id, as `list` shows it
        id: ArticleId,
    },
    /// Treat a pinned article as any other
    Unpin {
        /// Its id, as `list` shows it
        id: ArticleId,
    },
    /// Change an article; feeds leave alone from then on what is changed here
    Update(Box<Update>),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// The publication
    publication: String,
    /// Only those of this topic
    #[arg(long, value_name = "SLUG")]
    topic: Option<Slug>,
    /// Only those of this feed
    #[arg(long, value_name = "ID")]
    feed: Option<FeedId>,
    /// Only those with these words in the title
    #[arg(long, value_name = "WORDS")]
    title: Option<String>,
    /// Only those in this language
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Only those seen within this span, as in 12h or 7d
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    within: Option<Duration>,
    /// Only those that are pinned
    #[arg(long)]
    pinned: bool,
    /// Only those that readers do not see now: hidden, under an embargo, or expired
    #[arg(long)]
    withheld: bool,
    /// How many
    #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=1000))]
    limit: i64,
    /// Those after this article, the last one of the page before
    #[arg(long, value_name = "ID")]
    after: Option<ArticleId>,
}

/// Reads a file or standard input; bounded, since nothing sensible is larger.
pub(super) fn read_input(file: &str) -> Result<Vec<u8>> {
    const MOST: u64 = 100_000_000;
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin()
            .take(MOST)
            .read_to_end(&mut bytes)
            .context("standard input")?;
    } else {
        let opened = std::fs::File::open(file).with_context(|| file.to_owned())?;
        opened
            .take(MOST)
            .read_to_end(&mut bytes)
            .with_context(|| file.to_owned())?;
    }
    Ok(bytes)
}

fn as_json(a: &domain::Article, now: Time) -> Result<Value> {
    Ok(serde_json::to_value(ArticleOutput::new(a, now))?)
}

/// What stands out about an article, in a word or two.
fn state(a: &domain::Article, now: Time) -> String {
    let withheld = a.withheld(now).map(domain::Withheld::as_str);
    let pinned = a.pinned_at.map(|_| "pinned");
    let words: Vec<&str> = withheld.into_iter().chain(pinned).collect();
    words.join(", ")
}

fn topics(a: &domain::Article) -> String {
    let slugs: Vec<&str> = a.topics.iter().map(Slug::as_str).collect();
    slugs.join(",")
}

impl Article {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::Add { publication, file } => add(&deps, &publication, &file, out).await?,
            Self::List(what) => list(&deps, what, out).await?,
            Self::Show { id } => {
                let mut tx = deps.store.read().await?;
                let found = articles::find(&mut tx, id).await?;
                let article = found.ok_or(EditError::Unknown(id))?;
                show(&article, deps.now(), out)?;
            }
            Self::Hide { id } => {
                let article = edit_article::hide(&deps, id).await?;
                done(&article, "is hidden", deps.now(), out)?;
            }
            Self::Unhide { id } => {
                let article = edit_article::unhide(&deps, id).await?;
                done(&article, "is not hidden", deps.now(), out)?;
            }
            Self::Pin { id } => {
                let article = edit_article::pin(&deps, id, true).await?;
                done(&article, "is pinned", deps.now(), out)?;
            }
            Self::Unpin { id } => {
                let article = edit_article::pin(&deps, id, false).await?;
                done(&article, "is not pinned", deps.now(), out)?;
            }
            Self::Update(update) => {
                let (id, edits) = update.edits()?;
                let article = edit_article::update(&deps, id, edits).await?;
                done(&article, "is changed", deps.now(), out)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn done(article: &domain::Article, what: &str, now: Time, out: &Output) -> Result<()> {
    let text = format!("{} {what}: {}", article.id, article.content.title);
    out.result(&as_json(article, now)?, &text)
}

async fn add(deps: &Deps, publication: &str, file: &str, out: &Output) -> Result<()> {
    let publication = context::publication(deps, publication).await?.id;
    let read = article_input::read_for(deps, publication, read_input(file)?).await;
    let incoming = read.with_context(|| file.to_owned())?;
    let outcomes = ingest_article::ingest(deps, publication, &incoming).await?;
    for (outcome, article) in outcomes.into_iter().zip(&incoming) {
        let told = OutcomeOutput::new(outcome, &article.content.url);
        let text = format!("{}: {}", told.outcome, told.url);
        out.result(&serde_json::to_value(&told)?, &text)?;
    }
    Ok(())
}

async fn list(deps: &Deps, what: List, out: &Output) -> Result<()> {
    let publication = context::publication(deps, &what.publication).await?.id;
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let after = match what.after {
        Some(id) => {
            let last = articles::find(&mut tx, id).await?;
            Some(Place::of(&last.ok_or(EditError::Unknown(id))?))
        }
        None => None,
    };
    let within = what.within.and_then(|span| TimeDelta::from_std(span).ok());
    let filter = Filter {
        topic: what.topic,
        feed: what.feed,
        title: what.title.map(|words| title_key(&words)),
        seen_since: within.map(|span| now - span),
        pinned: what.pinned,
        visibility: what.withheld.then_some(Visibility::Withheld),
        language: what.language,
        after,
    };
    let found = articles::page(&mut tx, publication, &filter, now, what.limit).await?;
    let row = |a: &domain::Article| -> Result<Row> {
        Ok(Row {
            json: as_json(a, now)?,
            cells: vec![
                a.id.to_string(),
                a.dated().format("%F %R").to_string(),
                topics(a),
                state(a, now),
                a.content.title.clone(),
                a.content.url.clone(),
            ],
        })
    };
    let rows = found.iter().map(row).collect::<Result<Vec<Row>>>()?;
    let empty =
        "there is no such article; `paperround feed fetch` or `paperround article add` brings some";
    let head = ["id", "date (utc)", "topics", "state", "title", "url"];
    out.list(&head, &rows, empty)?;
    if let Some(last) = found.last()
        && i64::try_from(found.len()).is_ok_and(|n| n == what.limit)
    {
        out.remark(&format!("there may be more: --after {}", last.id));
    }
    Ok(())
}

fn show(a: &domain::Article, now: Time, out: &Output) -> Result<()> {
    let c = &a.content;
    let time = |at: Option<Time>| at.map(|t| format!("{} UTC", t.format("%F %R")));
    let fields = [
        ("title", Some(c.title.clone())),
        ("url", Some(c.url.clone())),
        ("topics", Some(topics(a))),
        ("authors", Some(c.authors.join(", "))),
        ("language", c.language.clone()),
        ("published", time(c.published_at)),
        ("updated", time(c.updated_at)),
        ("first seen", time(Some(a.first_seen_at))),
        ("source", Some(a.source())),
        ("reading time", Some(format!("{} min", a.reading_minutes()))),
        ("image", c.image_url.clone()),
        ("image text", c.image_alt.clone()),
        ("not before", time(a.not_before)),
        ("expires", time(a.expires_at)),
        ("state", Some(state(a, now))),
        ("summary", Some(c.summary_text.clone())),
    ];
    let lines: Vec<String> = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)))
        .map(|(name, value)| format!("{name:<13} {}", value.replace('\n', "\n              ")))
        .collect();
    out.result(&as_json(a, now)?, &lines.join("\n"))
}
