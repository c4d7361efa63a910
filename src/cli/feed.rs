//! `paperround feed`

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use url::Url;

use super::output::{Output, Row};
use super::{Global, article::read_input, context};
use crate::domain::feed::{self as domain, FeedState, parse_interval};
use crate::domain::ids::FeedId;
use crate::domain::slug::Slug;
use crate::feeds::parse;
use crate::services::Deps;
use crate::services::fetch_feed;
use crate::services::manage_feed::{self, NewFeed};
use crate::store::feeds;

#[derive(Debug, Subcommand)]
pub(super) enum Feed {
    /// Connect an RSS, Atom or JSON Feed to a publication
    Add(Add),
    /// List the feeds
    List {
        /// Only those of this publication
        publication: Option<String>,
    },
    /// Fetch feeds now
    Fetch {
        /// The feed
        #[arg(required_unless_present = "all")]
        id: Option<FeedId>,
        /// All feeds that are not paused
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Ask a feed no more until it is resumed
    Pause { id: FeedId },
    /// Ask a feed again
    Resume { id: FeedId },
    /// Disconnect a feed; its articles stay
    Remove { id: FeedId },
    /// Parse a feed without storing anything, and print what was understood as JSON
    Parse {
        /// A file, or - for standard input
        file: String,
        /// The address that relative links are resolved against
        #[arg(long)]
        base: Option<Url>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The publication
    publication: String,
    /// The address of the feed
    url: String,
    /// A topic that every article of the feed belongs to
    #[arg(long, value_name = "SLUG")]
    topic: Vec<Slug>,
    /// A category of the feed and the topic that it means
    #[arg(long, value_name = "CATEGORY=TOPIC", value_parser = parse_mapping)]
    map: Vec<(String, Slug)>,
    /// How often the feed is asked
    #[arg(long, default_value = "15m", value_parser = parse_interval)]
    every: Duration,
}

fn parse_mapping(text: &str) -> Result<(String, Slug), String> {
    let (category, topic) = text
        .rsplit_once('=')
        .ok_or("write CATEGORY=TOPIC, as in 'Oil & Gas=energy'")?;
    let topic = topic.parse::<Slug>().map_err(|e| e.to_string())?;
    Ok((category.to_owned(), topic))
}

fn as_json(f: &domain::Feed) -> Value {
    json!({
        "id": f.id, "url": f.url, "title": f.title, "state": f.state, "every_seconds": f.every.as_secs(),
        "topics": f.topics, "mapping": f.mapping, "next_fetch_at": f.next_fetch_at,
        "last_fetched_at": f.last_fetched_at, "last_error": f.last_error, "failures": f.failures,
    })
}

impl Feed {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        if let Self::Parse { file, base } = &self {
            return parse_file(file, base.as_ref(), out);
        }
        let deps = context::open(global).await?;
        match self {
            Self::Add(new) => {
                let publication = context::publication(&deps, &new.publication).await?.id;
                let mapping: BTreeMap<String, Slug> = new.map.into_iter().collect();
                let new = NewFeed {
                    publication,
                    url: new.url,
                    topics: new.topic,
                    mapping,
                    every: new.every,
                };
                let feed = manage_feed::add(&deps, new).await?;
                let text = format!("{} is connected as {}.", feed.url, feed.id);
                out.result(&as_json(&feed), &text)?;
            }
            Self::List { publication } => list(&deps, publication.as_deref(), out).await?,
            Self::Fetch { id, all: _ } => return fetch(&deps, id, out).await,
            Self::Pause { id } => {
                manage_feed::set_state(&deps, id, FeedState::Paused).await?;
                out.result(
                    &json!({ "id": id, "state": FeedState::Paused }),
                    &format!("{id} is paused."),
                )?;
            }
            Self::Resume { id } => {
                manage_feed::set_state(&deps, id, FeedState::Active).await?;
                out.result(
                    &json!({ "id": id, "state": FeedState::Active }),
                    &format!("{id} is asked again."),
                )?;
            }
            Self::Remove { id } => {
                manage_feed::remove(&deps, id).await?;
                out.result(
                    &json!({ "id": id, "removed": true }),
                    &format!("{id} is disconnected."),
                )?;
            }
            Self::Parse { .. } => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn parse_file(file: &str, base: Option<&Url>, out: &Output) -> Result<ExitCode> {
    let bytes = read_input(file)?;
    let parsed = parse::parse(&bytes, base).with_context(|| file.to_owned())?;
    out.line(&serde_json::to_string_pretty(&parsed)?)?;
    Ok(ExitCode::SUCCESS)
}

async fn list(deps: &Deps, publication: Option<&str>, out: &Output) -> Result<()> {
    let of = match publication {
        Some(slug) => Some(context::publication(deps, slug).await?.id),
        None => None,
    };
    let mut tx = deps.store.read().await?;
    let rows: Vec<Row> = feeds::list(&mut tx, of)
        .await?
        .iter()
        .map(|feed| Row {
            json: as_json(feed),
            cells: vec![
                feed.id.to_string(),
                feed.title.clone().unwrap_or_default(),
                feed.url.clone(),
                feed.state.to_string(),
                feed.last_fetched_at
                    .map_or("never".to_owned(), |t| t.format("%F %R").to_string()),
                feed.last_error.clone().unwrap_or_default(),
            ],
        })
        .collect();
    let empty = "there is no feed yet; `paperround feed add` connects one";
    out.list(
        &["id", "title", "url", "state", "fetched (utc)", "error"],
        &rows,
        empty,
    )
}

async fn fetch(deps: &Deps, id: Option<FeedId>, out: &Output) -> Result<ExitCode> {
    let mut tx = deps.store.read().await?;
    let chosen: Vec<domain::Feed> = match id {
        Some(id) => feeds::find(&mut tx, id).await?.into_iter().collect(),
        None => feeds::list(&mut tx, None)
            .await?
            .into_iter()
            .filter(|f| f.state == FeedState::Active)
            .collect(),
    };
    drop(tx);
    if let (Some(id), true) = (id, chosen.is_empty()) {
        bail!("there is no feed {id}; `paperround feed list` shows them");
    }
    let mut code = ExitCode::SUCCESS;
    for feed in chosen {
        match fetch_feed::fetch(deps, feed.id).await {
            Ok(report) => {
                let text = if report.not_modified {
                    format!("{}: nothing changed", feed.url)
                } else {
                    format!(
                        "{}: {} new, {} updated, {} known, {} without title or address",
                        feed.url, report.added, report.updated, report.unchanged, report.dropped
                    )
                };
                out.result(
                    &json!({ "id": feed.id, "url": feed.url, "report": report }),
                    &text,
                )?;
            }
            Err(error) => {
                code = ExitCode::FAILURE;
                let error = error.to_string();
                out.result(
                    &json!({ "id": feed.id, "url": feed.url, "error": error }),
                    &format!("{}: {error}", feed.url),
                )?;
            }
        }
    }
    Ok(code)
}
