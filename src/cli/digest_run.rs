//! `paperround digest skip`, `skip-next` and `move`: single runs

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::Args;

use super::context;
use super::digest::as_json;
use super::output::Output;
use crate::domain::run::RunChange;
use crate::services::{Deps, change_run};

#[derive(Debug, Args)]
pub(super) struct Skip {
    /// PUBLICATION/DIGEST
    digest: String,
    /// When the run is, as `digest next` shows it: 2026-12-01T07:00:00+01:00
    #[arg(long, value_name = "TIME")]
    at: DateTime<Utc>,
    /// Take that back
    #[arg(long)]
    undo: bool,
}

#[derive(Debug, Args)]
pub(super) struct SkipNext {
    /// PUBLICATION/DIGEST
    digest: String,
    /// Take that back
    #[arg(long)]
    undo: bool,
}

#[derive(Debug, Args)]
pub(super) struct Move {
    /// PUBLICATION/DIGEST
    digest: String,
    /// When the run is, as `digest next` shows it: 2026-12-01T07:00:00+01:00
    #[arg(long, value_name = "TIME")]
    at: DateTime<Utc>,
    /// When it is to be
    #[arg(long, value_name = "TIME", required_unless_present = "back")]
    to: Option<DateTime<Utc>>,
    /// Back to where the schedule has it
    #[arg(long, conflicts_with = "to")]
    back: bool,
}

impl Skip {
    pub(super) async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        let (_, digest) = context::digest(deps, &self.digest).await?;
        let run = change_run::skip(deps, digest.id, self.at, self.undo).await?;
        let text = |at| format!("the run on {at} {}", said(self.undo));
        tell(deps, &self.digest, run, text, out).await
    }
}

impl SkipNext {
    pub(super) async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        let (_, digest) = context::digest(deps, &self.digest).await?;
        let run = change_run::skip_next(deps, digest.id, self.undo).await?;
        let text = |at| format!("the run on {at} {}", said(self.undo));
        tell(deps, &self.digest, run, text, out).await
    }
}

impl Move {
    pub(super) async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        let (_, digest) = context::digest(deps, &self.digest).await?;
        let run = change_run::move_to(deps, digest.id, self.at, self.to).await?;
        let what = if self.back {
            "is back on"
        } else {
            "is moved to"
        };
        let text = |at| format!("the run {what} {at}");
        tell(deps, &self.digest, run, text, out).await
    }
}

fn said(undo: bool) -> &'static str {
    if undo {
        "goes out after all"
    } else {
        "is left out"
    }
}

async fn tell(
    deps: &Deps,
    name: &str,
    run: RunChange,
    text: impl FnOnce(String) -> String,
    out: &Output,
) -> Result<()> {
    let (publication, digest) = context::digest(deps, name).await?;
    let at = run.at.with_timezone(&digest.timezone);
    let at = at.format("%A %F at %R %Z").to_string();
    out.result(
        &as_json(&publication, &digest),
        &format!("{name}: {}.", text(at)),
    )
}
