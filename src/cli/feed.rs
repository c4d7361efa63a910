//! `paperround feed`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use url::Url;

use super::feed_show::{as_json, list, show};
use super::output::Output;
use super::{Global, article::read_input, context};
use crate::domain::feed::{self as domain, Every, FeedState, parse_interval};
use crate::domain::ids::FeedId;
use crate::domain::slug::Slug;
use crate::feeds::discover::Offer;
use crate::feeds::parse;
use crate::services::discover_feed::{Found, discover};
use crate::services::manage_feed::{self, FeedEdits, NewFeed};
use crate::services::output::slugs;
use crate::services::{Deps, fetch_feed};
use crate::store::feeds::{self, Change, hubs};

#[derive(Debug, Subcommand)]
pub(super) enum Feed {
    /// Connect an RSS, Atom or JSON Feed to a publication; a page's address leads to its feed
    Add(Add),
    /// Change how a feed is asked and sorted
    Update(Update),
    /// Show all that is known of a feed
    Show {
        /// Its id, as `list` shows it
        id: FeedId,
    },
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
    Pause {
        /// Its id, as `list` shows it
        id: FeedId,
    },
    /// Ask a feed again
    Resume {
        /// Its id, as `list` shows it
        id: FeedId,
    },
    /// Disconnect a feed; its articles stay
    Remove {
        /// Its id, as `list` shows it
        id: FeedId,
    },
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
    /// The address of the feed, or of a page that offers it
    url: String,
    /// A topic that every article of the feed belongs to
    #[arg(long, value_name = "SLUG")]
    topic: Vec<Slug>,
    /// A category of the feed and the topic that it means
    #[arg(long, value_name = "CATEGORY=TOPIC", value_parser = parse_mapping)]
    map: Vec<(String, Slug)>,
    /// How often the feed is asked, as in 15m; auto follows its own rhythm
    #[arg(long, default_value = "auto", value_parser = parse_every)]
    every: Every,
    /// Read the articles' pages for picture, description and address where the feed has none
    #[arg(long)]
    article_pages: bool,
    /// Connect the address as it is, without looking at it
    #[arg(long)]
    unchecked: bool,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// The feed
    id: FeedId,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// Its new address
    #[arg(long)]
    url: Option<String>,
    /// How often it is asked, as in 15m; auto follows its own rhythm
    #[arg(long, value_parser = parse_every)]
    every: Option<Every>,
    /// One more topic that every article of the feed belongs to
    #[arg(long, value_name = "SLUG")]
    topic: Vec<Slug>,
    /// One more category of the feed and the topic that it means
    #[arg(long, value_name = "CATEGORY=TOPIC", value_parser = parse_mapping)]
    map: Vec<(String, Slug)>,
    /// Whether articles' pages are read for picture, description and address
    #[arg(long, value_name = "YES")]
    article_pages: Option<bool>,
}

fn parse_every(text: &str) -> Result<Every, String> {
    if text == "auto" {
        return Ok(Every::Adaptive);
    }
    parse_interval(text)
        .map(Every::Fixed)
        .map_err(|error| format!("{error}, or auto"))
}

fn parse_mapping(text: &str) -> Result<(String, Slug), String> {
    let (category, topic) = text
        .rsplit_once('=')
        .ok_or("write CATEGORY=TOPIC, as in 'Oil & Gas=energy'")?;
    let topic = topic.parse::<Slug>().map_err(|e| e.to_string())?;
    Ok((category.to_owned(), topic))
}

impl Feed {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        if let Self::Parse { file, base } = &self {
            return parse_file(file, base.as_ref(), out);
        }
        let deps = context::open(global).await?;
        match self {
            Self::Add(new) => return add(&deps, new, out).await,
            Self::Update(Update { id, changes }) => {
                let edits = FeedEdits {
                    url: changes.url,
                    asking: Change {
                        every: changes.every,
                        article_pages: changes.article_pages,
                    },
                    topics: changes.topic,
                    mapping: changes.map.into_iter().collect(),
                };
                let feed = manage_feed::update(&deps, id, edits).await?;
                let mut tx = deps.store.read().await?;
                let hub = hubs::of_feed(&mut tx, id).await?;
                let text = format!("{id} is changed.");
                let shown = as_json(&slugs(&mut tx).await?, &feed, hub.as_ref(), deps.now());
                out.result(&shown, &text)?;
            }
            Self::Show { id } => show(&deps, id, out).await?,
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

async fn add(deps: &Deps, new: Add, out: &Output) -> Result<ExitCode> {
    let publication = context::publication(deps, &new.publication).await?.id;
    let url = if new.unchecked {
        new.url
    } else {
        crate::domain::article::check_url(&new.url)?;
        match discover(deps, &new.url).await? {
            Found::Feed { url, by_page, .. } => {
                if by_page {
                    out.remark(&format!("{} is a page; its feed is {url}", new.url));
                }
                url
            }
            Found::Several(offers) => return several(&new.url, &offers, out),
            Found::Unreachable(error) => {
                out.remark(&format!("it is connected without a look at it: {error}"));
                new.url
            }
        }
    };
    let mapping: BTreeMap<String, Slug> = new.map.into_iter().collect();
    let new = NewFeed {
        publication,
        url,
        topics: new.topic,
        mapping,
        every: new.every,
        article_pages: new.article_pages,
    };
    let feed = manage_feed::add(deps, new).await?;
    let text = format!("{} is connected as {}.", feed.url, feed.id);
    let slugs = slugs(&mut deps.store.read().await?).await?;
    out.result(&as_json(&slugs, &feed, None, deps.now()), &text)?;
    Ok(ExitCode::SUCCESS)
}

/// A page offers several feeds: shows them, and asks to choose.
fn several(page: &str, offers: &[Offer], out: &Output) -> Result<ExitCode> {
    for offer in offers {
        let title = offer.title.as_deref().unwrap_or("without a title");
        out.result(&json!(offer), &format!("{}  ({title})", offer.url))?;
    }
    bail!(
        "{page} offers {} feeds; give the address of one of them",
        offers.len()
    );
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
        match fetch_feed::fetch_by_hand(deps, feed.id).await {
            Ok(report) => {
                let text = format!("{}: {}", feed.url, brought(&report));
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

fn brought(report: &fetch_feed::Report) -> String {
    if report.not_modified {
        return "nothing changed".to_owned();
    }
    let mut text = format!(
        "{} new, {} updated, {} known, {} without title or address",
        report.added, report.updated, report.unchanged, report.dropped
    );
    if report.left_out > 0 {
        let most = parse::MAX_ENTRIES;
        let _ = write!(
            text,
            ", {} after the first {most} not read",
            report.left_out
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fetch_tells_what_was_not_read_of_a_long_feed() {
        let mut report = fetch_feed::Report {
            added: 500,
            ..fetch_feed::Report::default()
        };
        let short = "500 new, 0 updated, 0 known, 0 without title or address";
        assert_eq!(brought(&report), short);
        report.left_out = 1;
        let long = format!("{short}, 1 after the first 500 not read");
        assert_eq!(brought(&report), long);
    }
}
