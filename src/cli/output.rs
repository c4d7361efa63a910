//! What commands print: aligned tables or lines for people, JSON for programs.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::Value;

use super::Global;

/// Where a command's results go.
pub(super) struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    pub(super) fn new(global: &Global) -> Self {
        Self {
            json: global.json,
            quiet: global.quiet,
        }
    }

    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// What must not be overlooked, on standard error, also when quiet.
    #[expect(
        clippy::unused_self,
        reason = "results go through the same door as lists and remarks"
    )]
    pub(super) fn warn(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// A result: its JSON, or a line for people.
    pub(super) fn result(&self, json: &Value, text: &str) -> anyhow::Result<()> {
        if self.json {
            self.line(&json.to_string())
        } else {
            self.line(text)
        }
    }

    /// A remark for people, on standard error.
    pub(super) fn remark(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// A list: one JSON document a line, or a table with a line that says what to do where it is
    /// empty.
    pub(super) fn list(&self, head: &[&str], rows: &[Row], empty: &str) -> anyhow::Result<()> {
        if self.json {
            return rows
                .iter()
                .try_for_each(|row| self.line(&row.json.to_string()));
        }
        if rows.is_empty() {
            self.remark(empty);
            return Ok(());
        }
        let mut widths: Vec<usize> = head.iter().map(|h| h.chars().count()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(&row.cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        self.line(&aligned(head.iter().map(|h| h.to_uppercase()), &widths))?;
        rows.iter()
            .try_for_each(|row| self.line(&aligned(row.cells.iter().cloned(), &widths)))
    }

    /// One line on standard output. A reader that has had enough (`| head`) is no error.
    pub(super) fn line(&self, text: &str) -> anyhow::Result<()> {
        self.raw(format!("{text}\n").as_bytes())
    }

    /// Bytes on standard output as they are.
    #[expect(
        clippy::unused_self,
        reason = "results go through the same door as lists and remarks"
    )]
    pub(super) fn raw(&self, bytes: &[u8]) -> anyhow::Result<()> {
        match io::stdout().lock().write_all(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            other => Ok(other?),
        }
    }
}

/// A row of a list.
pub(super) struct Row {
    pub json: Value,
    pub cells: Vec<String>,
}

fn aligned(cells: impl Iterator<Item = String>, widths: &[usize]) -> String {
    let padded: Vec<String> = cells
        .zip(widths)
        .map(|(cell, &width)| format!("{cell:<width$}"))
        .collect();
    padded.join("  ").trim_end().to_owned()
}

/// Says what failed, in one line.
pub(super) fn failed(error: &anyhow::Error) -> ExitCode {
    let text = format!("{error:#}").replace('\n', " ");
    let _ = writeln!(io::stderr(), "paperround: {text}");
    ExitCode::FAILURE
}
