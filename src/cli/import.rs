//! `paperround import`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::confirm::Confirm;
use super::output::{Output, Row};
use super::{Global, context};
use crate::domain::ids::ImportId;
use crate::domain::import::{Import as Entry, ImportState};
use crate::services::output::imports::ImportOutput;
use crate::services::{Deps, import};
use crate::store::{imports, publications};

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// List the imports of readers into a publication, the latest first
    List {
        /// The publication
        publication: String,
        /// How many
        #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Show what became of the rows of an import
    Show {
        /// Its id, as `subscriber import` and `list` tell it
        id: ImportId,
    },
    /// Take an import back: the subscriptions that it made go, unless something happened to them since
    Undo {
        /// Its id
        id: ImportId,
        #[command(flatten)]
        confirm: Confirm,
    },
}

impl Import {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::List { publication, limit } => list(&deps, &publication, limit, out).await?,
            Self::Show { id } => {
                let (slug, import) = find(&deps, id).await?;
                let text = described(&slug, &import);
                out.result(&json!(ImportOutput::new(&slug, import)), &text)?;
            }
            Self::Undo { id, confirm } => return undo(&deps, id, confirm, out).await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// An import, and the slug of its publication.
async fn find(deps: &Deps, id: ImportId) -> Result<(String, Entry)> {
    let mut tx = deps.store.read().await?;
    let Some(import) = imports::find(&mut tx, id).await? else {
        bail!("there is no import {id}; `paperround import list` shows those of a publication");
    };
    let publication = publications::find(&mut tx, import.publication).await?;
    let slug = publication.map_or_else(String::new, |p| p.slug.to_string());
    Ok((slug, import))
}

async fn list(deps: &Deps, publication: &str, limit: i64, out: &Output) -> Result<()> {
    let publication = context::publication(deps, publication).await?;
    let mut tx = deps.store.read().await?;
    let found = imports::page(&mut tx, publication.id, None, limit).await?;
    let row = |import: Entry| {
        let cells = vec![
            import.created_at.format("%F %R").to_string(),
            import.id.to_string(),
            import.state.to_string(),
            import.counts.read.to_string(),
            import.counts.added.to_string(),
            import.file_name.clone(),
        ];
        Row {
            json: json!(ImportOutput::new(publication.slug.as_str(), import)),
            cells,
        }
    };
    let rows: Vec<Row> = found.into_iter().map(row).collect();
    let head = ["begun (utc)", "id", "state", "rows", "added", "file"];
    out.list(
        &head,
        &rows,
        "nothing has been imported in the last 90 days",
    )
}

fn described(publication: &str, import: &Entry) -> String {
    let counts = &import.counts;
    let undo = &import.undo;
    let mut lines = vec![
        ("publication", publication.to_owned()),
        ("file", import.file_name.clone()),
        ("state", import.state.to_string()),
        ("rows read", counts.read.to_string()),
        ("added", counts.added.to_string()),
        ("confirmed", counts.confirmed.to_string()),
        ("pending", counts.pending.to_string()),
        ("unchanged", counts.unchanged.to_string()),
        ("unsubscribed", counts.unsubscribed.to_string()),
        ("suppressed", counts.suppressed.to_string()),
        ("duplicates", counts.duplicates.to_string()),
        ("rejected", counts.rejected.to_string()),
    ];
    lines.extend(import.error.clone().map(|error| ("trouble", error)));
    if import.state == ImportState::Undone {
        lines.push(("removed", undo.removed.to_string()));
        lines.push(("left alone", undo.left().to_string()));
    }
    let lines: Vec<String> = lines
        .into_iter()
        .map(|(name, value)| format!("{name:<14}{value}"))
        .collect();
    lines.join("\n")
}

/// Takes it back here and now, unless a worker is quicker.
async fn undo(deps: &Deps, id: ImportId, confirm: Confirm, out: &Output) -> Result<ExitCode> {
    let (slug, import) = find(deps, id).await?;
    let (added, file) = (import.counts.added, &import.file_name);
    confirm.ask(&format!(
        "Take back the import of {file:?} into {slug}, which added {added}?"
    ))?;
    import::take_back(deps, id).await?;
    import::perform(deps, id, &CancellationToken::new()).await?;
    let (slug, import) = find(deps, id).await?;
    let undo = &import.undo;
    let text = if import.state == ImportState::Undone {
        let (removed, left) = (undo.removed, undo.left());
        format!(
            "{removed} subscriptions are gone; {left} were left alone: something happened to them since."
        )
    } else {
        format!("It is being taken back; `paperround import show {id}` tells how far it is.")
    };
    out.result(&json!(ImportOutput::new(&slug, import)), &text)?;
    Ok(ExitCode::SUCCESS)
}
