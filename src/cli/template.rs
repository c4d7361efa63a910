//! `paperround template`

use std::io::Read;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;

use super::output::{Output, Row};
use super::{Global, context};
use crate::services::manage_template;
use crate::services::output::templates::{PartOutput, VersionOutput};

#[derive(Debug, Subcommand)]
pub(super) enum Template {
    /// List the parts of digest mails, and which of them the publication has of its own
    List {
        /// The publication
        publication: String,
    },
    /// Print the source of a part
    #[command(disable_version_flag = true)]
    Show {
        /// The publication
        publication: String,
        /// As in card.html; `template list` shows them
        part: String,
        /// An earlier version instead of the one in use
        #[arg(long, value_name = "N")]
        version: Option<i64>,
    },
    /// Say whether a file would be taken as a part; changes nothing
    Check {
        /// The publication
        publication: String,
        /// As in card.html; `template list` shows them
        part: String,
        /// A file, or - for standard input
        file: String,
    },
    /// Give the publication a part of its own
    Set {
        /// The publication
        publication: String,
        /// As in card.html; `template list` shows them
        part: String,
        /// A file, or - for standard input
        file: String,
    },
    /// Go back to the part that comes with the program; the history stays
    Reset {
        /// The publication
        publication: String,
        /// As in card.html; `template list` shows them
        part: String,
    },
    /// List the versions of a part, the newest first
    History {
        /// The publication
        publication: String,
        /// As in card.html; `template list` shows them
        part: String,
    },
    /// Take an earlier version up again
    #[command(disable_version_flag = true)]
    Restore {
        /// The publication
        publication: String,
        /// As in card.html; `template list` shows them
        part: String,
        /// The number that `template history` shows
        version: i64,
    },
}

impl Template {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::List { publication } => list(&deps, out, &publication).await?,
            Self::Show {
                publication,
                part,
                version,
            } => {
                let source = manage_template::source(&deps, &publication, &part, version).await?;
                let shown = json!({ "part": part, "version": version, "source": source });
                out.result(&shown, source.trim_end_matches('\n'))?;
            }
            Self::Check {
                publication,
                part,
                file,
            } => {
                let source = read(&file)?;
                let checked = manage_template::check(&deps, &publication, &part, source).await?;
                let text = format!(
                    "{part} is in order: the samples have up to {} bytes of HTML and {} of text.",
                    checked.html_bytes, checked.text_bytes
                );
                out.result(
                    &json!({ "part": part, "ok": true, "samples": checked }),
                    &text,
                )?;
            }
            Self::Set {
                publication,
                part,
                file,
            } => {
                let source = read(&file)?;
                let set = manage_template::set(&deps, &publication, &part, source).await?;
                let (version, checked) = set;
                let text = format!(
                    "{part} of {publication} is version {version} now; the next issue is made with it."
                );
                let shown = json!({ "part": part, "version": version, "samples": checked });
                out.result(&shown, &text)?;
            }
            Self::Reset { publication, part } => {
                let version = manage_template::reset(&deps, &publication, &part).await?;
                let text = format!("{part} of {publication} is that of the program again.");
                out.result(&json!({ "part": part, "version": version }), &text)?;
            }
            Self::History { publication, part } => {
                history(&deps, out, &publication, &part).await?;
            }
            Self::Restore {
                publication,
                part,
                version,
            } => {
                let new = manage_template::restore(&deps, &publication, &part, version).await?;
                let text = format!(
                    "{part} of {publication} is version {version} again, as version {new}."
                );
                out.result(&json!({ "part": part, "version": new }), &text)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(deps: &crate::services::Deps, out: &Output, publication: &str) -> Result<()> {
    let rows: Vec<Row> = manage_template::list(deps, publication)
        .await?
        .into_iter()
        .map(|state| {
            let version = state.newest.as_ref().map(|newest| newest.version);
            let is_own = state.is_own();
            let in_use = match version {
                Some(version) if is_own => format!("version {version}"),
                _ => "built in".to_owned(),
            };
            Row {
                json: json!(PartOutput::from(&state)),
                cells: vec![
                    state.part.name.to_owned(),
                    in_use,
                    state.part.about.to_owned(),
                ],
            }
        })
        .collect();
    out.list(&["part", "in use", "what it is"], &rows, "")
}

async fn history(
    deps: &crate::services::Deps,
    out: &Output,
    publication: &str,
    part: &str,
) -> Result<()> {
    let rows: Vec<Row> = manage_template::history(deps, publication, part)
        .await?
        .into_iter()
        .map(|version| {
            let size = version.source.as_ref().map(String::len);
            Row {
                json: json!(VersionOutput::from(&version)),
                cells: vec![
                    version.version.to_string(),
                    version
                        .created_at
                        .format("%Y-%m-%d %H:%M:%S UTC")
                        .to_string(),
                    size.map_or_else(|| "reset".to_owned(), |size| format!("{size} bytes")),
                ],
            }
        })
        .collect();
    let empty = format!("{part} has always been that of the program");
    out.list(&["version", "at", "what"], &rows, &empty)
}

/// The text of a file, or of standard input.
fn read(file: &str) -> Result<String> {
    let mut text = String::new();
    if file == "-" {
        let read = std::io::stdin().read_to_string(&mut text);
        read.context("standard input could not be read as UTF-8 text")?;
    } else {
        text = std::fs::read_to_string(file)
            .with_context(|| format!("{file} could not be read as UTF-8 text"))?;
    }
    Ok(text)
}
