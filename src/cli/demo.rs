//! `paperround demo`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::Global;
use super::output::Output;
use super::serve::watch_signals;
use crate::demo::stage::{Fault, Language};
use crate::demo::{round, show};

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The first of three ports: the news site, the service, the inbox
    #[arg(long, default_value_t = 8090, value_parser = clap::value_parser!(u16).range(1..=65_533))]
    port: u16,
    /// Play the whole round by itself, print each step, and exit
    #[arg(long)]
    once: bool,
    /// Try a language out, as in ar=ar.ftl: a Fluent file with some of the texts of src/render/texts
    #[arg(long, value_name = "TAG=FILE", value_parser = language, conflicts_with = "once")]
    language: Option<Language>,
    /// Break one part on purpose, to see that the round notices
    #[arg(long = "break", value_name = "PART", requires = "once")]
    fault: Option<Fault>,
}

/// Reads TAG=FILE.
fn language(given: &str) -> Result<Language, String> {
    let (tag, file) = given
        .split_once('=')
        .filter(|(tag, _)| !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_lowercase()))
        .ok_or_else(|| format!("{given:?} is not of the form ar=ar.ftl"))?;
    let texts = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    Ok(Language {
        tag: tag.to_owned(),
        texts,
    })
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
            show::run(self.port, self.language.as_ref(), &stop, say).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
