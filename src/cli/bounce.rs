//! `paperround bounce`

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Output;
use super::{Global, context};
use crate::domain::bounce::Report;
use crate::domain::bounced::{BounceSource, Received};
use crate::reports;
use crate::reports::mailbox::{self, Messages as Reader};
use crate::services::Deps;
use crate::services::receive_mail::{self, Incoming};

#[derive(Debug, Subcommand)]
pub(super) enum Bounce {
    /// Say what messages that came back mean, without storing anything: a JSON line each
    ///
    /// Exit 1 where a file cannot be read; the others are read all the same.
    Classify(Messages),
    /// Keep what messages that came back say, and act on it
    ///
    /// Addresses that do not exist and readers who complained get no more mail; docs/operations.md has
    /// the rules. What has come before changes nothing. Mails are known by our signature, else by
    /// their Message-ID, else by the address: only give it files that you trust. Exit 1 where a file
    /// cannot be read; the others are read all the same.
    Ingest(Messages),
}

/// Messages and where they are.
#[derive(Debug, Args)]
pub(super) struct Messages {
    /// Messages (.eml), mailboxes (mbox) or Maildir folders; - for standard input
    #[arg(default_value = "-", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Bounce {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let (Messages { files }, deps) = match self {
            Self::Classify(messages) => (messages, None),
            Self::Ingest(messages) => (messages, Some(context::open(global).await?)),
        };
        let mut lines = Lines::new(out, deps);
        lines.head()?;
        let mut is_whole = true;
        for file in &files {
            is_whole &= lines.path(file).await?;
        }
        lines.sum();
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
    /// Where the reports are kept, if they are.
    deps: Option<Deps>,
    /// How many led to what.
    sums: BTreeMap<&'static str, u64>,
}

impl<'o> Lines<'o> {
    fn new(out: &'o Output, deps: Option<Deps>) -> Self {
        Self {
            out,
            is_table: !out.is_json() && io::stdout().is_terminal(),
            deps,
            sums: BTreeMap::new(),
        }
    }

    fn head(&self) -> Result<()> {
        if self.is_table {
            let result = self.deps.as_ref().map(|_| "RESULT");
            self.row(["KIND", "REASON", "STATUS", "RECIPIENT", "FILE"], result)?;
        }
        Ok(())
    }

    /// Shows each message of a path; says whether all of it could be read.
    async fn path(&mut self, path: &Path) -> Result<bool> {
        if path == Path::new("-") {
            return self.messages(io::stdin().lock(), path).await;
        }
        let files = match mailbox::files(path) {
            Ok(files) => files,
            Err(error) => return Ok(self.failed(path, &error)),
        };
        let mut is_whole = true;
        for file in files {
            is_whole &= match File::open(&file) {
                Ok(opened) => self.messages(BufReader::new(opened), &file).await?,
                Err(error) => self.failed(&file, &error),
            };
        }
        Ok(is_whole)
    }

    async fn messages(&mut self, reader: impl BufRead, name: &Path) -> Result<bool> {
        let mut messages = Reader::new(reader);
        loop {
            match messages.next_message() {
                Ok(Some(message)) => {
                    let report = reports::read(message);
                    let result = match &self.deps {
                        Some(deps) => Some(ingest(deps, &report, message).await?),
                        None => None,
                    };
                    self.show(name, &report, result)?;
                }
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

    fn show(&mut self, file: &Path, report: &Report, result: Option<Received>) -> Result<()> {
        let result = result.map(Received::as_str);
        if let Some(result) = result {
            *self.sums.entry(result).or_default() += 1;
        }
        let file = file.display().to_string();
        if self.is_table {
            let recipient = report.recipient.as_deref().unwrap_or("-");
            let status = report.status.as_deref().unwrap_or("-");
            let (kind, reason) = (report.kind.as_str(), report.reason.as_str());
            return self.row([kind, reason, status, recipient, &file], result);
        }
        let mut line = json!({
            "file": file,
            "kind": report.kind,
            "recipient": report.recipient,
            "status": report.status,
            "reason": report.reason,
            "message_id": report.message_id,
        });
        if let (Some(result), Some(fields)) = (result, line.as_object_mut()) {
            fields.insert("result".to_owned(), result.into());
        }
        self.out.line(&line.to_string())
    }

    fn row(&self, cells: [&str; 5], result: Option<&str>) -> Result<()> {
        let [kind, reason, status, recipient, file] = cells;
        let result = result.map_or_else(String::new, |word| format!("{word:<10}  "));
        let line =
            format!("{kind:<10}  {reason:<16}  {status:<9}  {result}{recipient:<32}  {file}");
        self.out.line(&line)
    }

    /// Says in the end what all of it led to.
    fn sum(&self) {
        if self.deps.is_none() {
            return;
        }
        let sums: Vec<String> = self
            .sums
            .iter()
            .map(|(result, count)| format!("{count} {result}"))
            .collect();
        if sums.is_empty() {
            self.out.remark("no message was found");
        } else {
            self.out.remark(&sums.join(", "));
        }
    }
}

/// An operator vouches for the file.
async fn ingest(deps: &Deps, report: &Report, message: &[u8]) -> Result<Received> {
    let mail = Incoming {
        recipient: None,
        report,
        is_from_nobody: reports::return_path(message).is_some_and(str::is_empty),
        vouched: Some(BounceSource::File),
    };
    Ok(receive_mail::receive(deps, mail).await?)
}
