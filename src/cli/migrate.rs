//! `paperround migrate`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::output::{Output, Row};
use super::{Global, context};
use crate::store::migrate;

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Only show which migrations have been applied
    #[arg(long)]
    status: bool,
}

impl Migrate {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let app = context::connect(global).await?;
        if !self.status {
            app.migrate().await?;
        }
        let steps = migrate::status(&app.deps.store).await?;
        let rows: Vec<Row> = steps
            .iter()
            .map(|step| Row {
                json: json!(step),
                cells: vec![
                    step.version.to_string(),
                    step.name.clone(),
                    if step.applied { "applied" } else { "missing" }.to_owned(),
                ],
            })
            .collect();
        out.list(
            &["version", "name", "state"],
            &rows,
            "there are no migrations",
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
