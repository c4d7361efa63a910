//! `paperround bounce`

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Output;
use crate::domain::bounce::Report;
use crate::reports;
use crate::reports::mailbox::{self, Messages};

#[derive(Debug, Subcommand)]
pub(super) enum Bounce {
    /// Say what messages that came back mean, without storing anything: a JSON line each
    ///
    /// Exit 1 where a file cannot be read; the others are read all the same.
    Classify(Classify),
}

#[derive(Debug, Args)]
pub(super) struct Classify {
    /// Messages (.eml), mailboxes (mbox) or Maildir folders; - for standard input
    #[arg(default_value = "-", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Bounce {
    pub(super) fn run(self, out: &Output) -> Result<ExitCode> {
        let Self::Classify(Classify { files }) = self;
        let lines = Lines::new(out);
        lines.head()?;
        let mut is_whole = true;
        for file in &files {
            is_whole &= lines.path(file)?;
        }
        Ok(if is_whole {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// What is printed as it comes: a mailbox may be larger than memory.
struct Lines<'o> {
    out: &'o Output,
    is_table: bool,
}

impl<'o> Lines<'o> {
    fn new(out: &'o Output) -> Self {
        Self {
            out,
            is_table: !out.is_json() && io::stdout().is_terminal(),
        }
    }

    fn head(&self) -> Result<()> {
        if self.is_table {
            self.row(["KIND", "REASON", "STATUS", "RECIPIENT", "FILE"])?;
        }
        Ok(())
    }

    /// Shows each message of a path; says whether all of it could be read.
    fn path(&self, path: &Path) -> Result<bool> {
        if path == Path::new("-") {
            return self.messages(io::stdin().lock(), path);
        }
        let files = match mailbox::files(path) {
            Ok(files) => files,
            Err(error) => return Ok(self.failed(path, &error)),
        };
        let mut is_whole = true;
        for file in files {
            is_whole &= match File::open(&file) {
                Ok(opened) => self.messages(BufReader::new(opened), &file)?,
                Err(error) => self.failed(&file, &error),
            };
        }
        Ok(is_whole)
    }

    fn messages(&self, reader: impl BufRead, name: &Path) -> Result<bool> {
        let mut messages = Messages::new(reader);
        loop {
            match messages.next_message() {
                Ok(Some(message)) => self.show(name, &reports::read(message))?,
                Ok(None) => return Ok(true),
                Err(error) => return Ok(self.failed(name, &error)),
            }
        }
    }

    fn failed(&self, name: &Path, error: &io::Error) -> bool {
        self.out
            .warn(&format!("paperround: {}: {error}", name.display()));
        false
    }

    fn show(&self, file: &Path, report: &Report) -> Result<()> {
        let file = file.display().to_string();
        if self.is_table {
            let recipient = report.recipient.as_deref().unwrap_or("-");
            let status = report.status.as_deref().unwrap_or("-");
            let (kind, reason) = (report.kind.as_str(), report.reason.as_str());
            return self.row([kind, reason, status, recipient, &file]);
        }
        let line = json!({
            "file": file,
            "kind": report.kind,
            "recipient": report.recipient,
            "status": report.status,
            "reason": report.reason,
            "message_id": report.message_id,
        });
        self.out.line(&line.to_string())
    }

    fn row(&self, [kind, reason, status, recipient, file]: [&str; 5]) -> Result<()> {
        let line = format!("{kind:<10}  {reason:<16}  {status:<9}  {recipient:<32}  {file}");
        self.out.line(&line)
    }
}
