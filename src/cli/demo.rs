//! `paperround demo`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::Global;

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The first of three ports: the news site, the service, the inbox
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// Play the whole round by itself, print each step, and exit
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) async fn run(self, _global: &Global) -> Result<ExitCode> {
        let _ = (self.port, self.once);
        anyhow::bail!("wip")
    }
}
