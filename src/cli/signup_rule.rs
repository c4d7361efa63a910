//! `paperround signup-rule`

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::article::read_input;
use super::output::{Output, Row};
use super::{Global, context};
use crate::domain::signup_rule::{Effect, SignUpRule, Subject};
use crate::services::Deps;
use crate::services::signup_rules::{self as service, Otherwise};
use crate::services::table::write_row;
use crate::store::signup_rules;

/// Rows read at a time.
const PAGE: i64 = 1000;

#[derive(Debug, Subcommand)]
pub(super) enum SignupRule {
    /// Let in or keep out an address, a domain with its subdomains, or a network
    Add {
        /// block (answered as always, no mail), refuse (the form says so), or allow (goes before both, and before the list of throw-away domains and the look at the DNS)
        effect: Effect,
        /// An address, a domain, or a network as 192.0.2.0/24
        subject: Subject,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        /// Who said so
        #[arg(long)]
        source: Option<String>,
    },
    /// Take a rule away
    Remove {
        /// As it was added
        subject: Subject,
    },
    /// List the latest rules
    List {
        /// How many
        #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Take over a list: one subject a line, or a table as `export` writes it
    Import {
        /// A file, or - for standard input
        file: String,
        /// The effect where the list names none
        #[arg(long, default_value = "block")]
        effect: Effect,
        /// Why, where the list says nothing
        #[arg(long)]
        reason: Option<String>,
        /// Who said so, where the list says nothing
        #[arg(long)]
        source: Option<String>,
    },
    /// Print all rules: CSV, or JSON lines with --json
    Export,
}

fn as_json(rule: &SignUpRule) -> Value {
    json!({
        "subject": rule.subject.to_string(), "effect": rule.effect, "reason": rule.reason,
        "source": rule.source, "created_at": rule.created_at,
    })
}

impl SignupRule {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::Add {
                effect,
                subject,
                reason,
                source,
            } => {
                let created_at = deps.now();
                let rule = SignUpRule {
                    subject,
                    effect,
                    reason,
                    source,
                    created_at,
                };
                service::put(&deps, std::slice::from_ref(&rule)).await?;
                let done = match effect {
                    Effect::Allow => "may sign up",
                    Effect::Block => "gets no confirmation mail",
                    Effect::Refuse => "is refused by the form",
                };
                out.result(&as_json(&rule), &format!("{} {done}.", rule.subject))?;
            }
            Self::Remove { subject } => {
                if !service::remove(&deps, &subject).await? {
                    bail!("there is no rule on {subject}");
                }
                let shown = json!({ "subject": subject.to_string(), "removed": true });
                out.result(&shown, &format!("No rule on {subject} any more."))?;
            }
            Self::List { limit } => list(&deps, limit, out).await?,
            Self::Import {
                file,
                effect,
                reason,
                source,
            } => {
                let otherwise = Otherwise {
                    effect,
                    reason,
                    source,
                };
                import(&deps, &file, &otherwise, out).await?;
            }
            Self::Export => export(&deps, out).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(deps: &Deps, limit: i64, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let rows: Vec<Row> = signup_rules::latest(&mut tx, limit)
        .await?
        .iter()
        .map(|rule| Row {
            json: as_json(rule),
            cells: vec![
                rule.created_at.format("%F %R").to_string(),
                rule.effect.to_string(),
                rule.subject.to_string(),
                rule.reason.clone().unwrap_or_default(),
                rule.source.clone().unwrap_or_default(),
            ],
        })
        .collect();
    let head = ["since (utc)", "effect", "subject", "reason", "source"];
    out.list(&head, &rows, "there are no rules")
}

async fn import(deps: &Deps, file: &str, otherwise: &Otherwise, out: &Output) -> Result<()> {
    let bytes = read_input(file)?;
    let list = service::read(&bytes[..], otherwise, deps.now()).with_context(|| file.to_owned())?;
    if list.entries.is_empty() {
        let first = list.rejected.first();
        let why = first.map_or_else(String::new, |(line, why)| format!("; line {line}: {why}"));
        bail!("{file}: no rule{why}");
    }
    service::put(deps, &list.entries).await?;
    for (line, why) in &list.rejected {
        out.warn(&format!("line {line} is rejected: {why}"));
    }
    let (taken, rejected) = (list.entries.len(), list.rejected.len());
    out.result(
        &json!({ "read": taken + rejected, "taken": taken, "rejected": rejected }),
        &format!(
            "{} read, {taken} taken, {rejected} rejected.",
            taken + rejected
        ),
    )
}

async fn export(deps: &Deps, out: &Output) -> Result<()> {
    if !out.is_json() {
        out.line("subject,effect,reason,source,created_at")?;
    }
    let mut after = String::new();
    loop {
        let mut tx = deps.store.read().await?;
        let page = signup_rules::page(&mut tx, &after, PAGE).await?;
        drop(tx);
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.subject.to_string();
        for rule in &page {
            if out.is_json() {
                out.line(&as_json(rule).to_string())?;
                continue;
            }
            let (subject, time) = (rule.subject.to_string(), rule.created_at.to_rfc3339());
            let fields = [
                subject.as_str(),
                rule.effect.as_str(),
                rule.reason.as_deref().unwrap_or_default(),
                rule.source.as_deref().unwrap_or_default(),
                &time,
            ];
            let mut row = Vec::new();
            // Nothing is defused for spreadsheets here: `signup-rule import` reads it back.
            write_row(&mut row, &fields.map(str::as_bytes), b',');
            out.line(String::from_utf8_lossy(&row).trim_end_matches('\n'))?;
        }
    }
}
