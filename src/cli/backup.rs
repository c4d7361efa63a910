//! `paperround backup`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::output::Output;
use super::progress::Progress;
use super::{Global, context};
use crate::domain::audit::Actor;
use crate::services::back_up;
use crate::store::health;

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// Where to; for SQLite a database file, for PostgreSQL what `pg_dump` writes
    file: PathBuf,
    /// Take the place of a file that is there
    #[arg(long)]
    force: bool,
}

impl Backup {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let settings = crate::config::load(global.config.as_deref())?;
        let url = settings.database.url().map_err(anyhow::Error::msg)?;
        let url = url.expose_secret();
        if let Some(file) = health::file(url).filter(|file| !file.exists()) {
            bail!("{}: there is no database", file.display());
        }
        let key = if settings.security.is_in_place() {
            "the secret key".to_owned()
        } else {
            let file = settings.security.secret_key_file.display();
            format!("the secret key ({file})")
        };
        // Also before an upgrade: the schema stays as it is.
        let app = context::connect(global).await?;
        let deps = app.deps.by(Actor::CommandLine);
        let mut progress = Progress::new(out);
        let told = |bytes: u64, all: Option<u64>| {
            progress.at(bytes, all, &format!("{} written", megabytes(bytes)));
        };
        let made = tokio::select! {
            made = back_up::make(&deps, url, &self.file, self.force, told) => made,
            _ = tokio::signal::ctrl_c() => bail!("stopped; no backup was made"),
        };
        progress.clear();
        let made = made.with_context(|| "no backup was made".to_owned())?;
        deps.store.close().await;
        let file = shown(&self.file);
        out.result(
            &json!({
                "file": file, "bytes": made.bytes, "made_at": made.made_at,
                "database": deps.store.kind(),
            }),
            &format!("{file}: {}, readable by you alone.", megabytes(made.bytes)),
        )?;
        out.remark(&format!(
            "Not in it: the settings, {key} and the keys that sign mails. Keep them with it: without the \
             secret key the links in mails that were sent lead nowhere."
        ));
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

pub(super) fn megabytes(bytes: u64) -> String {
    match bytes {
        ..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}
