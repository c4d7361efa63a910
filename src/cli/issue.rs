//! `paperround issue`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::Subcommand;
use serde_json::{Value, json};

use super::output::{Output, Row};
use super::{Global, context};
use crate::domain::delivery::DeliveryState;
use crate::domain::ids::{DeliveryId, IssueId};
use crate::domain::issue::{Counts, Issue as DomainIssue, IssueState};
use crate::domain::publication::Publication;
use crate::services::Deps;
use crate::services::deliver::message_id;
use crate::store::{articles, digests, issues, ledger, publications};

/// Lines of the ledger read at a time.
const PAGE: i64 = 1000;

#[derive(Debug, Subcommand)]
pub(super) enum Issue {
    /// List the latest issues
    List {
        /// Only those of this publication
        publication: Option<String>,
        /// How many
        #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Show an issue and the sums of its ledger
    Show { id: IssueId },
    /// Show the progress of an issue until it ends; exit 1 unless everything was sent
    Watch { id: IssueId },
    /// Print the ledger of an issue: CSV, or JSON lines with --json
    Deliveries {
        id: IssueId,
        /// Only deliveries in this state
        #[arg(long)]
        state: Option<DeliveryState>,
    },
}

impl Issue {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::List { publication, limit } => {
                list(&deps, publication.as_deref(), limit, out).await?;
            }
            Self::Show { id } => print_issue(&deps, id, out).await?,
            Self::Watch { id } => {
                context::warn_without_worker(&deps, out).await?;
                return watch(&deps, id, out).await;
            }
            Self::Deliveries { id, state } => deliveries(&deps, id, state, out).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// An issue with what belongs to it.
struct Whole {
    issue: DomainIssue,
    publication: Publication,
    digest_slug: String,
    articles: usize,
    counts: Counts,
}

async fn whole(deps: &Deps, id: IssueId) -> Result<Whole> {
    let mut tx = deps.store.read().await?;
    let unknown = || anyhow!("there is no issue {id}; `paperround issue list` shows them");
    let issue = issues::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let publication = publications::find(&mut tx, issue.publication)
        .await?
        .ok_or_else(unknown)?;
    let digest = digests::find(&mut tx, issue.digest)
        .await?
        .ok_or_else(unknown)?;
    Ok(Whole {
        articles: articles::of_issue(&mut tx, id).await?.len(),
        counts: issues::counts(&mut tx, id).await?,
        digest_slug: digest.slug.to_string(),
        publication,
        issue,
    })
}

fn as_json(whole: &Whole) -> Value {
    let i = &whole.issue;
    json!({
        "id": i.id, "publication": whole.publication.slug, "digest": whole.digest_slug, "number": i.number,
        "state": i.state, "reason": i.reason, "trouble": i.trouble, "planned_at": i.planned_at,
        "started_at": i.started_at, "finished_at": i.finished_at, "articles": whole.articles,
        "counts": whole.counts,
    })
}

pub(super) async fn print_issue(deps: &Deps, id: IssueId, out: &Output) -> Result<()> {
    let whole = whole(deps, id).await?;
    let shown = as_json(&whole);
    out.result(&shown, &serde_json::to_string_pretty(&shown)?)
}

async fn list(deps: &Deps, publication: Option<&str>, limit: i64, out: &Output) -> Result<()> {
    let of = match publication {
        Some(slug) => Some(context::publication(deps, slug).await?.id),
        None => None,
    };
    let mut tx = deps.store.read().await?;
    let found = issues::list(&mut tx, of, limit).await?;
    drop(tx);
    let mut rows = Vec::with_capacity(found.len());
    for issue in found {
        let whole = whole(deps, issue.id).await?;
        let number = issue.number.map_or_else(String::new, |n| n.to_string());
        rows.push(Row {
            json: as_json(&whole),
            cells: vec![
                issue.id.to_string(),
                format!("{}/{}", whole.publication.slug, whole.digest_slug),
                number,
                issue.planned_at.format("%F %R").to_string(),
                issue.reason.map_or_else(
                    || issue.state.to_string(),
                    |reason| format!("{}: {reason}", issue.state),
                ),
                format!("{}/{}", whole.counts.sent, whole.counts.recipients),
            ],
        });
    }
    out.list(
        &["id", "digest", "no.", "planned (utc)", "state", "sent"],
        &rows,
        "there is no issue yet",
    )
}

/// Shows progress until the issue ends.
pub(super) async fn watch(deps: &Deps, id: IssueId, out: &Output) -> Result<ExitCode> {
    let mut last = String::new();
    loop {
        let whole = whole(deps, id).await?;
        let (issue, c) = (&whole.issue, &whole.counts);
        let done = c.recipients - c.open();
        let trouble = issue
            .trouble
            .as_deref()
            .map(|t| format!(" ({t})"))
            .unwrap_or_default();
        let line = format!(
            "{}: {done} of {} done, {} sent, {} failed{trouble}",
            issue.state, c.recipients, c.sent, c.failed
        );
        if line != last {
            out.remark(&line);
            last = line;
        }
        if issue.state.is_final() {
            out.result(&as_json(&whole), &id.to_string())?;
            return Ok(if issue.state == IssueState::Sent {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn deliveries(
    deps: &Deps,
    id: IssueId,
    state: Option<DeliveryState>,
    out: &Output,
) -> Result<()> {
    let whole = whole(deps, id).await?;
    if !out.is_json() {
        out.line("address,state,reason,attempts,repeats,reply,message_id,first_attempt_at,next_attempt_at,sent_at")?;
    }
    let mut after = DeliveryId(0);
    loop {
        let mut tx = deps.store.read().await?;
        let lines = ledger::page(&mut tx, id, state, after, PAGE).await?;
        drop(tx);
        let Some(last) = lines.last() else {
            return Ok(());
        };
        after = last.id;
        for line in &lines {
            print_line(&whole, line, out)?;
        }
    }
}

fn print_line(whole: &Whole, line: &ledger::Line, out: &Output) -> Result<()> {
    let message_id = message_id(whole.issue.id, line.id, &whole.publication);
    if out.is_json() {
        let row = json!({
            "address": line.email, "state": line.state, "reason": line.reason, "attempts": line.attempts,
            "repeats": line.repeats, "reply": line.reply, "message_id": message_id,
            "first_attempt_at": line.first_attempt_at, "next_attempt_at": line.next_attempt_at,
            "sent_at": line.sent_at,
        });
        return out.line(&row.to_string());
    }
    let time =
        |at: Option<crate::domain::clock::Time>| at.map(|t| t.to_rfc3339()).unwrap_or_default();
    let cells = [
        line.email.clone(),
        line.state.to_string(),
        line.reason.clone().unwrap_or_default(),
        line.attempts.to_string(),
        line.repeats.to_string(),
        line.reply.clone().unwrap_or_default(),
        message_id,
        time(line.first_attempt_at),
        time(line.next_attempt_at),
        time(line.sent_at),
    ];
    out.line(&cells.map(|cell| csv_cell(&cell)).join(","))
}

/// RFC 4180, 2; a cell that a spreadsheet would take for a formula is defused.
fn csv_cell(text: &str) -> String {
    let defused = if text.starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if defused.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", defused.replace('"', "\"\""))
    } else {
        defused
    }
}

#[cfg(test)]
mod tests {
    use super::csv_cell;

    #[test]
    fn csv_is_quoted_and_harmless() {
        assert_eq!(csv_cell("550 no, \"never\""), "\"550 no, \"\"never\"\"\"");
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(csv_cell("a@b.example"), "a@b.example");
    }
}
