//! `paperround topic`

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::confirm::Confirm;
use super::output::{Output, Row};
use super::topic_rule::TopicRule;
use super::{Global, context};
use crate::domain::slug::Slug;
use crate::services::{Deps, manage_publication, remove_topic};
use crate::store::publications;

#[derive(Debug, Subcommand)]
pub(super) enum Topic {
    /// Add a topic to a publication
    Add {
        /// The publication
        publication: String,
        /// The name in forms and on the command line, as in energy
        slug: Slug,
        /// The name for people
        #[arg(long)]
        name: String,
    },
    /// List the topics of a publication
    List {
        /// The publication
        publication: String,
    },
    /// Give a topic another name for people; its slug stays
    Rename {
        /// The publication
        publication: String,
        /// The topic
        slug: Slug,
        /// The new name
        #[arg(long)]
        name: String,
    },
    /// Remove a topic; readers who chose no other stay, and get nothing until they choose again
    Remove {
        /// The publication
        publication: String,
        /// The topic
        slug: Slug,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Rules that put articles under topics by what occurs in them
    #[command(subcommand)]
    Rule(TopicRule),
}

impl Topic {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::Add {
                publication,
                slug,
                name,
            } => {
                let id = context::publication(&deps, &publication).await?.id;
                let topic = manage_publication::add_topic(&deps, id, slug, &name).await?;
                let text = format!("{publication} has the topic {}.", topic.slug);
                out.result(&json!({ "slug": topic.slug, "name": topic.name }), &text)?;
            }
            Self::List { publication } => {
                let id = context::publication(&deps, &publication).await?.id;
                let mut tx = deps.store.read().await?;
                let topics = publications::topics(&mut tx, id).await?;
                let rows: Vec<Row> = topics
                    .into_iter()
                    .map(|t| Row {
                        json: json!({ "slug": t.slug, "name": t.name }),
                        cells: vec![t.slug.to_string(), t.name],
                    })
                    .collect();
                out.list(
                    &["slug", "name"],
                    &rows,
                    "there is no topic yet; `paperround topic add` makes one",
                )?;
            }
            Self::Rename {
                publication,
                slug,
                name,
            } => {
                let id = context::publication(&deps, &publication).await?.id;
                manage_publication::rename_topic(&deps, id, &slug, &name).await?;
                out.result(
                    &json!({ "slug": slug, "name": name.trim() }),
                    &format!("{slug} is renamed."),
                )?;
            }
            Self::Remove {
                publication,
                slug,
                confirm,
            } => remove(&deps, &publication, &slug, confirm, out).await?,
            Self::Rule(command) => command.run(&deps, out).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn remove(
    deps: &Deps,
    publication: &str,
    slug: &Slug,
    confirm: Confirm,
    out: &Output,
) -> Result<()> {
    let id = context::publication(deps, publication).await?.id;
    let readers = remove_topic::sole_readers(deps, id, slug).await?;
    let concerned = match readers {
        0 => "No reader chose it alone.".to_owned(),
        1 => "1 reader chose it alone, and gets nothing until they choose again.".to_owned(),
        _ => format!("{readers} readers chose it alone, and get nothing until they choose again."),
    };
    confirm.ask(&format!("Remove the topic {slug}? {concerned}"))?;
    remove_topic::remove(deps, id, slug).await?;
    let shown = json!({ "slug": slug, "removed": true, "sole_readers": readers });
    out.result(&shown, &format!("{slug} is removed. {concerned}"))
}
