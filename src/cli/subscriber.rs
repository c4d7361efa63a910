//! `paperround subscriber`

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::Output;
use super::progress::Progress;
use super::subscriber_add::Add;
use super::subscriber_erase::{Erase, export};
use super::subscriber_find::Find;
use super::subscriber_show::show;
use super::{Global, context};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::ImportId;
use crate::services::import::{self, Counts, Options};

#[derive(Debug, Subcommand)]
pub(super) enum Subscriber {
    /// Bring readers along from a CSV file
    Import(Import),
    /// Add one reader, as an import of one row would
    Add(Add),
    /// Show all that is known of a reader: choices, evidence of consent, and what was sent
    Show {
        /// The address
        address: EmailAddress,
    },
    /// Find readers by the beginning of their address or by its domain
    Find(Find),
    /// Print all that is kept about a reader as JSON, as they can download it themselves
    Export {
        /// The address
        address: EmailAddress,
    },
    /// Take away everything about a reader; a keyed hash stays, so that no import brings them back
    Erase(Erase),
}

#[derive(Debug, Args)]
#[command(after_help = "\
The first line names the columns: email, and any of name, language, topics and digests (slugs joined
by ;), status (confirmed, pending, unsubscribed), confirmed_at, confirm_ip. Commas, semicolons or tabs.

Readers who are there already are not changed, who left is not brought back, and suppressed
addresses stay out. Rows that cannot be read go into FILE.rejected.csv with the reason. An import
may be stopped at any moment and run again.")]
pub(super) struct Import {
    /// The publication
    publication: String,
    /// The file, or - for standard input
    file: String,
    /// The readers agreed already: they get no confirmation mail
    #[arg(long, requires = "consent")]
    confirmed: bool,
    /// What they agreed to, kept as evidence
    #[arg(long, value_name = "TEXT", requires = "confirmed")]
    consent: Option<String>,
    /// Change nothing, say what would happen
    #[arg(long)]
    dry_run: bool,
}

impl Subscriber {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        match self {
            Self::Import(command) => command.run(global, out).await,
            Self::Add(command) => command.run(global, out).await,
            Self::Show { address } => {
                let deps = context::open(global).await?;
                show(&deps, &address, out).await?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Find(command) => command.run(global, out).await,
            Self::Export { address } => {
                export(&context::open(global).await?, &address, out).await?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Erase(command) => command.run(global, out).await,
        }
    }
}

impl Import {
    async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let consent = agreed(self.consent.as_deref())?;
        let (input, size) = open(&self.file)?;
        let deps = context::open(global).await?;
        let publication = context::publication(&deps, &self.publication).await?;
        let rejected = rejected_path(&self.file);
        let options = Options {
            consent,
            dry_run: self.dry_run,
            source: format!("import {}", file_name(&self.file)),
            rejected: Some(rejected.clone()),
            ..Options::default()
        };
        let mut progress = Progress::new(out);
        let mut begun = None;
        let name = file_name(&self.file);
        let ended = import::by_hand(
            &deps,
            &publication,
            &options,
            &name,
            input,
            |now| match now {
                import::Progress::Begun(id) => begun = Some(id),
                import::Progress::Reading { bytes, rows } => {
                    progress.at(bytes, size, &format!("{rows} rows read"));
                }
                import::Progress::Rejected { line, reason } => {
                    progress.say(&format!("line {line} is rejected: {reason}"));
                }
                import::Progress::Writing { rows, of } => {
                    progress.at(rows, Some(of), &format!("{rows} of {of} rows done"));
                }
            },
        )
        .await;
        progress.clear();
        let counts = ended.with_context(|| match begun {
            Some(id) => format!("{}: import {id}", self.file),
            None => self.file.clone(),
        })?;
        let file = (counts.rejected > 0 && !self.dry_run).then_some(rejected.as_path());
        let seconds = progress.elapsed().as_secs_f64();
        report(begun, &counts, file, seconds, out)?;
        if counts.pending > 0 && !self.dry_run {
            context::warn_without_worker(&deps, out).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The text that readers agreed to, where the operator vouches for that.
pub(super) fn agreed(consent: Option<&str>) -> Result<Option<String>> {
    let consent = consent.map(str::trim);
    if consent == Some("") {
        bail!("--consent: give the text that the readers agreed to");
    }
    Ok(consent.map(str::to_owned))
}

fn open(file: &str) -> Result<(Box<dyn Read + Send>, Option<u64>)> {
    if file == "-" {
        return Ok((Box::new(std::io::stdin()), None));
    }
    let opened = std::fs::File::open(file).with_context(|| file.to_owned())?;
    let about = opened.metadata().with_context(|| file.to_owned())?;
    if about.is_dir() {
        bail!("{file}: a folder, not a file");
    }
    let size = about.is_file().then_some(about.len());
    Ok((Box::new(opened), size))
}

fn file_name(file: &str) -> String {
    let name = Path::new(file)
        .file_name()
        .map(|name| name.to_string_lossy());
    match name {
        Some(name) if file != "-" => name.into_owned(),
        _ => "standard input".to_owned(),
    }
}

/// `readers.csv` has its rejected rows in `readers.rejected.csv` beside it.
fn rejected_path(file: &str) -> PathBuf {
    if file == "-" {
        return PathBuf::from("import.rejected.csv");
    }
    let path = Path::new(file);
    let is_csv = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    if is_csv {
        path.with_extension("rejected.csv")
    } else {
        PathBuf::from(format!("{file}.rejected.csv"))
    }
}

/// A dry run has no id.
fn report(
    import: Option<ImportId>,
    counts: &Counts,
    rejected: Option<&Path>,
    seconds: f64,
    out: &Output,
) -> Result<()> {
    if out.is_json() {
        let mut document = serde_json::to_value(counts)?;
        document["rejected_file"] = json!(rejected);
        document["seconds"] = json!((seconds * 1000.0).round() / 1000.0);
        document["dry_run"] = json!(import.is_none());
        document["import"] = json!(import);
        out.line(&document.to_string())?;
    } else {
        let rows = [
            ("rows read", counts.read, ""),
            ("confirmed", counts.confirmed, ""),
            ("pending", counts.pending, "get a confirmation mail"),
            ("unchanged", counts.unchanged, "were there already"),
            ("unsubscribed", counts.unsubscribed, "have left and stay so"),
            ("suppressed", counts.suppressed, "get no mail at all"),
            (
                "duplicates",
                counts.duplicates,
                "of an earlier row of the file",
            ),
            ("rejected", counts.rejected, ""),
        ];
        for (name, count, remark) in rows {
            out.line(format!("{name:<13} {count:>10}  {remark}").trim_end())?;
        }
        out.line(&format!(
            "{} new subscriptions in {seconds:.1} s",
            counts.added
        ))?;
    }
    if counts.rejected > 0 {
        let (count, rows) = (
            counts.rejected,
            if counts.rejected == 1 { "row" } else { "rows" },
        );
        let place = rejected.map_or_else(
            || "a dry run writes no file of them".to_owned(),
            |path| format!("correct and import {}", path.display()),
        );
        out.warn(&format!(
            "WARNING: {count} {rows} could not be read and went nowhere; {place}"
        ));
    }
    match import {
        None => out.remark("This was a dry run: nothing has changed."),
        Some(id) => out.remark(&format!(
            "`paperround import undo {id}` takes this import back."
        )),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_rows_lie_beside_their_file() {
        let path = |file| rejected_path(file).display().to_string();
        assert_eq!(path("old/readers.csv"), "old/readers.rejected.csv");
        assert_eq!(path("READERS.CSV"), "READERS.rejected.csv");
        assert_eq!(path("readers.v2.txt"), "readers.v2.txt.rejected.csv");
        assert_eq!(path("-"), "import.rejected.csv");
        assert_eq!(file_name("old/readers.csv"), "readers.csv");
    }
}
