//! `paperround suppression`

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::article::read_input;
use super::confirm::{Confirm, readers};
use super::output::{Output, Row};
use super::{Global, context};
use crate::domain::email_address::EmailAddress;
use crate::domain::suppression::{self as domain, SuppressionReason};
use crate::services::suppression_input::{self, Otherwise};
use crate::services::table::write_row;
use crate::services::{Deps, suppress};
use crate::store::suppressions;

/// Rows read at a time.
const PAGE: i64 = 1000;

#[derive(Debug, Subcommand)]
pub(super) enum Suppression {
    /// Send nothing more to an address, whatever it is subscribed to
    Add {
        /// The address
        address: EmailAddress,
        /// manual, reader, hard-bounce, soft-bounces, complaint or erased (which keeps a hash only)
        #[arg(long, default_value = "manual")]
        reason: SuppressionReason,
        /// Who said so
        #[arg(long)]
        source: Option<String>,
    },
    /// Let an address get mail again
    Remove {
        /// The address
        address: EmailAddress,
    },
    /// List the latest suppressions
    List {
        /// How many
        #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Suppress all of a list: one address a line, or a table as `export` writes it
    Import {
        /// A file, or - for standard input
        file: String,
        /// The reason where the list names none
        #[arg(long, default_value = "manual")]
        reason: SuppressionReason,
        /// Who said so, where the list says nothing
        #[arg(long)]
        source: Option<String>,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Print all suppressions: CSV, or JSON lines with --json
    Export,
}

fn as_json(s: &domain::Suppression) -> Value {
    json!({
        "email": s.email, "email_hash": s.email_hash.to_string(), "reason": s.reason,
        "source": s.source, "created_at": s.created_at,
    })
}

impl Suppression {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::Add {
                address,
                reason,
                source,
            } => {
                let added = suppress::add(&deps, &address, reason, source.as_deref()).await?;
                let text = if added {
                    format!("{address} gets no more mail.")
                } else {
                    format!("{address} was suppressed already.")
                };
                let shown = json!({ "email": address, "reason": reason, "added": added });
                out.result(&shown, &text)?;
            }
            Self::Remove { address } => {
                if !suppress::remove(&deps, &address).await? {
                    bail!("{address} is not suppressed");
                }
                let text = format!("{address} may get mail again.");
                out.result(&json!({ "email": address, "removed": true }), &text)?;
            }
            Self::List { limit } => list(&deps, limit, out).await?,
            Self::Import {
                file,
                reason,
                source,
                confirm,
            } => {
                let otherwise = Otherwise { reason, source };
                import(&deps, &file, otherwise, confirm, out).await?;
            }
            Self::Export => export(&deps, out).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(deps: &Deps, limit: i64, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let rows: Vec<Row> = suppressions::latest(&mut tx, limit)
        .await?
        .iter()
        .map(|s| {
            // An erased address is known by its hash alone.
            let erased = || format!("#{}", s.email_hash);
            let email = s.email.as_ref().map_or_else(erased, ToString::to_string);
            Row {
                json: as_json(s),
                cells: vec![
                    s.created_at.format("%F %R").to_string(),
                    s.reason.to_string(),
                    email,
                    s.source.clone().unwrap_or_default(),
                ],
            }
        })
        .collect();
    let head = ["since (utc)", "reason", "address", "source"];
    out.list(&head, &rows, "no address is suppressed")
}

async fn import(
    deps: &Deps,
    file: &str,
    otherwise: Otherwise,
    confirm: Confirm,
    out: &Output,
) -> Result<()> {
    let bytes = read_input(file)?;
    let list = suppression_input::read(&bytes[..], &otherwise).with_context(|| file.to_owned())?;
    if list.entries.is_empty() {
        let first = list.rejected.first();
        let why = first.map_or_else(String::new, |(line, why)| format!("; line {line}: {why}"));
        bail!("{file}: no address to suppress{why}");
    }
    let number = i64::try_from(list.entries.len()).unwrap_or(i64::MAX);
    confirm.ask(&format!("Send nothing more to {}?", readers(number)))?;
    let added = suppress::add_list(deps, &list.entries).await?;
    for (line, why) in &list.rejected {
        out.warn(&format!("line {line} is rejected: {why}"));
    }
    let (read, rejected) = (
        list.entries.len() + list.rejected.len(),
        list.rejected.len(),
    );
    out.result(
        &json!({ "read": read, "added": added, "rejected": rejected }),
        &format!("{read} read, {added} new, {rejected} rejected."),
    )
}

async fn export(deps: &Deps, out: &Output) -> Result<()> {
    if !out.is_json() {
        out.line("email,email_hash,reason,source,created_at")?;
    }
    let mut after = None;
    loop {
        let mut tx = deps.store.read().await?;
        let page = suppressions::page(&mut tx, after, PAGE).await?;
        drop(tx);
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.email_hash);
        for s in &page {
            if out.is_json() {
                out.line(&as_json(s).to_string())?;
                continue;
            }
            let (hash, time) = (s.email_hash.to_string(), s.created_at.to_rfc3339());
            let fields = [
                s.email.as_ref().map_or("", EmailAddress::as_str),
                &hash,
                s.reason.as_str(),
                s.source.as_deref().unwrap_or_default(),
                &time,
            ];
            let mut row = Vec::new();
            // Nothing is defused for spreadsheets here: `suppression import` reads it back.
            write_row(&mut row, &fields.map(str::as_bytes), b',');
            out.line(String::from_utf8_lossy(&row).trim_end_matches('\n'))?;
        }
    }
}
