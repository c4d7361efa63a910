//! `paperround alert`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::json;

use super::output::{Output, Row};
use super::{Global, context};
use crate::domain::alert::Alert as Entry;
use crate::domain::clock::Time;
use crate::domain::ids::AlertId;
use crate::services::Deps;
use crate::services::alerts::{self as service, AlertError};
use crate::services::output::alerts::AlertOutput;
use crate::services::output::slugs;
use crate::store::alerts;

#[derive(Debug, Subcommand)]
pub(super) enum Alert {
    /// List what is open
    List {
        /// Also what is over
        #[arg(long)]
        all: bool,
        /// How many, with --all
        #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Show an alert
    Show {
        /// Its id, as `list` shows it
        id: AlertId,
    },
    /// Say that you know: nobody is reminded of it any more
    Acknowledge {
        /// Its id
        id: AlertId,
    },
}

impl Alert {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::List { all, limit } => list(&deps, all, limit, out).await?,
            Self::Show { id } => {
                let mut tx = deps.store.read().await?;
                let Some(alert) = alerts::find(&mut tx, id).await? else {
                    bail!(AlertError::Unknown(id));
                };
                let shown = AlertOutput::new(&alert, &slugs(&mut tx).await?);
                out.result(&json!(shown), &described(&alert))?;
            }
            Self::Acknowledge { id } => {
                let alert = service::acknowledge(&deps, id).await?;
                let text = format!("Nobody is reminded any more: {}", alert.summary);
                let mut tx = deps.store.read().await?;
                let shown = AlertOutput::new(&alert, &slugs(&mut tx).await?);
                out.result(&json!(shown), &text)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(deps: &Deps, all: bool, limit: i64, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let found = if all {
        alerts::latest(&mut tx, limit).await?
    } else {
        alerts::opened(&mut tx).await?
    };
    let slugs = slugs(&mut tx).await?;
    let rows: Vec<Row> = found
        .iter()
        .map(|alert| Row {
            json: json!(AlertOutput::new(alert, &slugs)),
            cells: vec![
                minute(alert.opened_at),
                alert.id.to_string(),
                alert.kind.to_string(),
                alert.state().to_string(),
                alert.summary.clone(),
            ],
        })
        .collect();
    let head = ["since (utc)", "id", "kind", "state", "what"];
    out.list(&head, &rows, "nothing is wrong")
}

fn minute(at: Time) -> String {
    at.format("%F %R").to_string()
}

fn described(alert: &Entry) -> String {
    let lines = [
        ("what", Some(alert.summary.clone())),
        ("kind", Some(alert.kind.to_string())),
        ("about", Some(alert.subject.clone())),
        ("state", Some(alert.state().to_string())),
        ("since", Some(minute(alert.opened_at) + " UTC")),
        ("told", alert.told_at.map(minute)),
        ("reminded", alert.reminded_at.map(minute)),
        ("acknowledged", alert.acknowledged_at.map(minute)),
        ("over", alert.closed_at.map(minute)),
    ];
    let lines: Vec<String> = lines
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name:<14}{}", value?)))
        .collect();
    lines.join("\n")
}
