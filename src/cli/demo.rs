//! `paperround demo`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::Global;
use super::output::Output;
use super::serve::watch_signals;
use crate::demo::stage::Fault;
use crate::demo::{round, show};

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The first of three ports: the news site, the service, the inbox
    #[arg(long, default_value_t = 8090, value_parser = clap::value_parser!(u16).range(1..=65_533))]
    port: u16,
    /// Play the whole round by itself, print each step, and exit
    #[arg(long)]
    once: bool,
    /// Break one part on purpose, to see that the round notices
    #[arg(long = "break", value_name = "PART", requires = "once")]
    fault: Option<Fault>,
}

impl Demo {
    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let out = Output::new(global);
        let say = |text: &str| {
            let _ = out.line(text);
        };
        if self.once {
            round::play(self.fault, say).await?;
        } else {
            let stop = CancellationToken::new();
            watch_signals(stop.clone())?;
            show::run(self.port, &stop, say).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
