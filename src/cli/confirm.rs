//! Asks before what reaches many readers or cannot be taken back.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Result, bail};
use clap::Args;

/// For commands that ask.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Confirm {
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Confirm {
    /// Asks on a terminal; elsewhere nobody could answer, and whoever wrote the script has decided.
    pub(super) fn ask(self, question: &str) -> Result<()> {
        if self.yes || !io::stdin().is_terminal() {
            return Ok(());
        }
        let mut error = io::stderr();
        write!(error, "{question} [y/N] ")?;
        error.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if matches!(answer.trim(), "y" | "Y" | "yes") {
            return Ok(());
        }
        bail!("nothing was changed");
    }
}

/// A number of readers in words.
pub(super) fn readers(number: i64) -> String {
    match number {
        1 => "1 reader".to_owned(),
        number => format!("{number} readers"),
    }
}
