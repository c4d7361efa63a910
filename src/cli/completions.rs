//! `paperround completions` and `paperround man`: what shells and `man` know of the command line,
//! made from its definition.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use clap_complete::Shell;
use clap_mangen::Man as Page;
use serde_json::json;

use super::output::Output;

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// bash, zsh, fish, powershell or elvish
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, out: &Output) -> Result<ExitCode> {
        let mut script = Vec::new();
        let mut command = super::command();
        clap_complete::generate(self.shell, &mut command, "paperround", &mut script);
        out.raw(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Where a page for each command goes; without it the first page is printed
    dir: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self, out: &Output) -> Result<ExitCode> {
        let mut command = super::command().disable_help_subcommand(true);
        command.build();
        let Some(dir) = self.dir else {
            let mut page = Vec::new();
            Page::new(command).render(&mut page)?;
            out.raw(&page)?;
            return Ok(ExitCode::SUCCESS);
        };
        if !dir.is_dir() {
            bail!("there is no folder {}", dir.display());
        }
        let mut pages = Vec::new();
        collect(&command, &mut pages);
        for page in &pages {
            let written = page.generate_to(&dir);
            written.with_context(|| format!("cannot write to {}", dir.display()))?;
        }
        let text = format!("{} pages are in {}", pages.len(), dir.display());
        out.result(&json!({ "folder": dir, "pages": pages.len() }), &text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The pages of a command and of those beneath it, named as in `paperround-digest-send`.
fn collect(command: &clap::Command, pages: &mut Vec<Page>) {
    let inner = command.get_subcommands();
    for inner in inner.filter(|inner| !inner.is_hide_set()) {
        collect(inner, pages);
    }
    pages.push(Page::new(command.clone()));
}
