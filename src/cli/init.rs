//! `paperround init`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use serde_json::json;

use super::output::Output;
use crate::config::init::{TEMPLATE, new_key, write_new};
use crate::config::load::DEFAULT_FILE;
use crate::domain::random::StdRandom;

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder to write into
    #[arg(default_value = ".")]
    dir: PathBuf,
}

impl Init {
    pub(super) fn run(self, out: &Output) -> Result<ExitCode> {
        std::fs::create_dir_all(&self.dir)
            .with_context(|| format!("cannot make {}", self.dir.display()))?;
        let (settings, key) = (self.dir.join(DEFAULT_FILE), self.dir.join("paperround.key"));
        let random =
            StdRandom::from_system().map_err(|e| anyhow!("the system has no randomness: {e}"))?;
        for (path, content, secret) in [
            (&settings, TEMPLATE, false),
            (&key, new_key(&random).as_str(), true),
        ] {
            write_new(path, content, secret).with_context(|| {
                format!(
                    "cannot write {} (an existing file is never replaced)",
                    path.display()
                )
            })?;
        }
        let text = format!(
            "{} and {} are written.\nNext: set [[relay]] and http.public_url, then `paperround serve`.",
            settings.display(),
            key.display()
        );
        out.result(
            &json!({ "config": settings, "secret_key_file": key }),
            &text,
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
