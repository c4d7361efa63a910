//! `paperround restore`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::article::read_input;
use super::backup::megabytes;
use super::output::Output;
use super::progress::Progress;
use super::{Global, context};
use crate::app::{App, Nature};
use crate::config::database::Database;
use crate::config::{self, Settings};
use crate::domain::audit::Actor;
use crate::domain::clock::Time;
use crate::domain::suppression::SuppressionReason;
use crate::services::restore::{self, Backup, RestoreError};
use crate::services::suppress::Entry;
use crate::services::suppression_input::{self, Otherwise};
use crate::store::{copies, health};

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A backup that `paperround backup` wrote
    file: PathBuf,
    /// Take the place of a database that is not empty, and keep that beside (SQLite alone)
    #[arg(long)]
    force: bool,
    /// Also suppress who is in this list, as `suppression export` wrote it since
    #[arg(long, value_name = "FILE")]
    suppressions: Option<String>,
}

/// What was restored.
struct Restored {
    backup: Backup,
    suppressed: u64,
    kept: Option<PathBuf>,
}

impl Restore {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let settings = config::load(global.config.as_deref())?;
        if !self.file.is_file() {
            bail!("{}: there is no such file", self.file.display());
        }
        let url = settings.database.url().map_err(anyhow::Error::msg)?;
        let list = self.list()?;
        let restored = match health::file(url.expose_secret()) {
            Some(target) => self.sqlite(settings, &target, &list, out).await,
            None => self.postgres(global, url.expose_secret(), &list, out).await,
        };
        let restored = restored.context("nothing was restored")?;
        self.tell(&restored, out)?;
        Ok(ExitCode::SUCCESS)
    }

    fn list(&self) -> Result<Vec<Entry>> {
        let Some(file) = &self.suppressions else {
            return Ok(Vec::new());
        };
        let otherwise = Otherwise {
            reason: SuppressionReason::Manual,
            source: Some("restore".to_owned()),
        };
        let bytes = read_input(file)?;
        let list = suppression_input::read(&bytes[..], &otherwise);
        let list = list.with_context(|| file.to_owned())?;
        if let Some((line, why)) = list.rejected.first() {
            bail!("{file}: line {line}: {why}");
        }
        Ok(list.entries)
    }

    async fn sqlite(
        &self,
        settings: Settings,
        target: &Path,
        list: &[Entry],
        out: &Output,
    ) -> Result<Restored> {
        let nature = Nature::system()?;
        let now = nature.clock.now();
        restore::may_replace(target, self.force, now).await?;
        let copy = self.bring(target, out).await?;
        let settings = Settings {
            database: Database::at(&copies::address(copy.path())),
            ..settings
        };
        let app = App::connect(settings, nature).await?;
        app.migrate().await?;
        let deps = app.deps.by(Actor::CommandLine);
        let (backup, suppressed) = restore::prepare(&deps, self.written_at(), list).await?;
        deps.store.close().await;
        // Once more: a process may have been started meanwhile.
        restore::may_replace(target, self.force, now).await?;
        let kept = restore::replace(copy, target, now)?;
        Ok(Restored {
            backup,
            suppressed,
            kept,
        })
    }

    /// When the file was written, which is no earlier than when the backup was made.
    fn written_at(&self) -> Option<Time> {
        let written = self.file.metadata().and_then(|found| found.modified());
        written.ok().map(Time::from)
    }

    async fn bring(&self, target: &Path, out: &Output) -> Result<tempfile::NamedTempFile> {
        let (done, all) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (at, of) = (Arc::clone(&done), Arc::clone(&all));
        let told = move |bytes, whole| {
            at.store(bytes, Ordering::Relaxed);
            of.store(whole, Ordering::Relaxed);
        };
        let work = restore::bring(&self.file, target, told);
        tokio::pin!(work);
        let mut progress = Progress::new(out);
        let copy = loop {
            tokio::select! {
                copy = &mut work => break copy,
                _ = tokio::signal::ctrl_c() => bail!("stopped"),
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    let (bytes, all) = (done.load(Ordering::Relaxed), all.load(Ordering::Relaxed));
                    let text = if bytes < all {
                        format!("{} copied", megabytes(bytes))
                    } else {
                        "looking whether it is whole".to_owned()
                    };
                    progress.at(bytes, Some(all), &text);
                }
            }
        };
        progress.clear();
        Ok(copy?)
    }

    async fn postgres(
        &self,
        global: &Global,
        url: &str,
        list: &[Entry],
        out: &Output,
    ) -> Result<Restored> {
        if self.force {
            return Err(RestoreError::HasTables).context("--force is for SQLite alone");
        }
        let app = context::connect(global).await?;
        let deps = app.deps.by(Actor::CommandLine);
        out.remark("pg_restore fills the database");
        restore::fill_postgres(&deps, url, &self.file).await?;
        app.migrate().await?;
        let (backup, suppressed) = restore::prepare(&deps, None, list).await?;
        Ok(Restored {
            backup,
            suppressed,
            kept: None,
        })
    }

    fn tell(&self, restored: &Restored, out: &Output) -> Result<()> {
        let (file, made_at) = (self.file.display(), restored.backup.made_at);
        let kept = restored
            .kept
            .as_ref()
            .map(|kept| kept.display().to_string());
        out.result(
            &json!({
                "file": file.to_string(), "made_at": made_at, "is_our_key": restored.backup.is_our_key,
                "suppressed": restored.suppressed, "kept": kept, "sending": "held",
            }),
            &format!("{file} is restored, as of {}.", made_at.format("%F %R UTC")),
        )?;
        if let Some(kept) = &kept {
            out.remark(&format!("What it took the place of is kept as {kept}."));
        }
        if restored.suppressed > 0 {
            out.remark(&format!("{} more are suppressed.", restored.suppressed));
        }
        if restored.backup.is_our_key == Some(false) {
            out.warn(
                "The secret key is not the one of the backup: links in mails that were sent lead nowhere, \
                 and what is sealed (webhooks, second steps) cannot be opened. Put the backup's key back.",
            );
        }
        out.warn("Nothing is sent until `paperround resume-sending`. Before that:");
        for step in [
            "start `paperround serve` and look at the pages: /admin says what is held",
            "have who left since the backup suppressed (`paperround suppression import`): the copy \
             still has them as readers",
            "look at each digest's coming issue: articles that went out since count as news again",
        ] {
            out.warn(&format!("- {step}"));
        }
        Ok(())
    }
}
