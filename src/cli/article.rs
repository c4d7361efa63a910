//! `paperround article`

use std::io::Read;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::{Value, json};

use super::output::{Output, Row};
use super::{Global, context};
use crate::domain::article as domain;
use crate::services::article_input;
use crate::services::ingest_article::{self, Ingested};
use crate::store::articles;

#[derive(Debug, Subcommand)]
pub(super) enum Article {
    /// Add articles from JSON: one object or an array; a known address is updated
    Add {
        /// The publication
        publication: String,
        /// A file, or - for standard input
        file: String,
    },
    /// List the latest articles of a publication
    List {
        /// The publication
        publication: String,
        /// How many
        #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
    },
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

fn as_json(a: &domain::Article) -> Value {
    let c = &a.content;
    json!({
        "id": a.id, "title": c.title, "url": c.url, "topics": a.topics, "authors": c.authors,
        "published_at": c.published_at, "updated_at": c.updated_at, "first_seen_at": a.first_seen_at,
        "summary_html": c.summary_html, "image_url": c.image_url, "language": c.language, "feed": a.feed,
    })
}

impl Article {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::Add { publication, file } => {
                let publication = context::publication(&deps, &publication).await?.id;
                let incoming =
                    article_input::read(&read_input(&file)?).with_context(|| file.clone())?;
                let outcomes = ingest_article::ingest(&deps, publication, &incoming).await?;
                for (outcome, article) in outcomes.iter().zip(&incoming) {
                    let (word, id) = match outcome {
                        Ingested::Added(id) => ("added", id),
                        Ingested::Updated(id) => ("updated", id),
                        Ingested::Unchanged(id) => ("unchanged", id),
                    };
                    let url = &article.content.url;
                    out.result(
                        &json!({ "id": id, "url": url, "outcome": word }),
                        &format!("{word}: {url}"),
                    )?;
                }
            }
            Self::List { publication, limit } => {
                let id = context::publication(&deps, &publication).await?.id;
                let mut tx = deps.store.read().await?;
                let rows: Vec<Row> = articles::latest(&mut tx, id, limit)
                    .await?
                    .iter()
                    .map(|a| Row {
                        json: as_json(a),
                        cells: vec![
                            a.dated().format("%F %R").to_string(),
                            a.topics
                                .iter()
                                .map(ToString::to_string)
                                .collect::<Vec<_>>()
                                .join(","),
                            a.content.title.clone(),
                            a.content.url.clone(),
                        ],
                    })
                    .collect();
                let empty = "there is no article yet; `paperround feed fetch` or `paperround article add` brings some";
                out.list(&["date (utc)", "topics", "title", "url"], &rows, empty)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
