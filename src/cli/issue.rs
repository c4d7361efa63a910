//! `paperround issue`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::Subcommand;
use serde_json::{Value, json};

use super::confirm::{Confirm, readers};
use super::output::{Output, Row};
use super::preview::IssuePreview;
use super::watch::watch;
use super::{Global, context};
use crate::domain::clock::Time;
use crate::domain::delivery::DeliveryState;
use crate::domain::digest::Digest;
use crate::domain::ids::{DeliveryId, IssueId};
use crate::domain::issue::{Counts, Issue as DomainIssue};
use crate::domain::opens::WORTH;
use crate::domain::publication::Publication;
use crate::services::control_issue::{self, Controlled};
use crate::services::output::issues::{IssueOutput, IssueWithCounts, OpensOutput};
use crate::services::output::ledger::LedgerOutput;
use crate::services::{Deps, approve_issue};
use crate::store::{
    articles, bounces, claims, clicks, digests, issues, ledger, opens, publications, waves,
};

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
    Show {
        /// Its id, as `list` shows it
        id: IssueId,
    },
    /// Show the progress of an issue until it ends; exit 1 unless everything was sent
    Watch {
        /// Its id, as `list` shows it
        id: IssueId,
    },
    /// Let an issue go out that awaits approval
    Approve {
        /// Its id, as `list` shows it
        id: IssueId,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Show the mail of an issue that awaits approval, or has gone out
    Preview(IssuePreview),
    /// Show how often its links were followed, where the publication counts that
    Clicks {
        /// Its id, as `list` shows it
        id: IssueId,
    },
    /// Show how often the picture of its mails was loaded, where the publication counts opens
    Opens {
        /// Its id, as `list` shows it
        id: IssueId,
    },
    /// Stop sending an issue; what is on its way is finished
    Pause {
        /// Its id, as `list` shows it
        id: IssueId,
    },
    /// Go on with a paused issue
    Resume {
        /// Its id, as `list` shows it
        id: IssueId,
    },
    /// End an issue: what was not sent is skipped
    Cancel {
        /// Its id, as `list` shows it
        id: IssueId,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Send again what failed
    RetryFailed {
        /// Its id, as `list` shows it
        id: IssueId,
        /// Also what may have arrived: mails whose outcome was lost
        #[arg(long)]
        unknown: bool,
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Print the ledger of an issue: CSV, or JSON lines with --json
    Deliveries {
        /// Its id, as `list` shows it
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
            Self::Approve { id, confirm } => {
                confirm.ask(&approval(&deps, id).await?)?;
                context::warn_without_worker(&deps, out).await?;
                let issue = approve_issue::approve(&deps, id).await?;
                let shown = as_json(&whole(&deps, id).await?);
                let number = issue.number.unwrap_or_default();
                out.result(&shown, &format!("approved: it goes out as No. {number}"))?;
            }
            Self::Preview(preview) => preview.run(&deps, out).await?,
            Self::Clicks { id } => print_clicks(&deps, id, out).await?,
            Self::Opens { id } => print_opens(&deps, id, out).await?,
            Self::Pause { id } => {
                let paused = control_issue::pause(&deps, id).await?;
                print_controlled(&deps, "paused", settle(&deps, paused).await?, out).await?;
            }
            Self::Resume { id } => {
                context::warn_without_worker(&deps, out).await?;
                let resumed = control_issue::resume(&deps, id).await?;
                print_controlled(&deps, "resumed", resumed, out).await?;
            }
            Self::Cancel { id, confirm } => {
                let open = whole(&deps, id).await?.counts.open();
                let who = readers(open);
                confirm.ask(&format!("End it for good? {who} will not get it."))?;
                let cancelled = control_issue::cancel(&deps, id).await?;
                print_controlled(&deps, "cancelled", settle(&deps, cancelled).await?, out).await?;
            }
            Self::RetryFailed {
                id,
                unknown,
                confirm,
            } => {
                let counts = whole(&deps, id).await?.counts;
                let lost = if unknown { counts.unknown } else { 0 };
                let who = readers(counts.failed + lost);
                confirm.ask(&format!("Send it again to {who}?"))?;
                context::warn_without_worker(&deps, out).await?;
                let (rows, controlled) = control_issue::retry_failed(&deps, id, unknown).await?;
                out.remark(&format!(
                    "{rows} {} sent again",
                    if rows == 1 { "mail is" } else { "mails are" }
                ));
                print_controlled(&deps, "sending", controlled, out).await?;
            }
            Self::Deliveries { id, state } => deliveries(&deps, id, state, out).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What approving asks.
async fn approval(deps: &Deps, id: IssueId) -> Result<String> {
    let whole = whole(deps, id).await?;
    let (publication, digest) = (&whole.publication.slug, &whole.digest.slug);
    let audience = whole.issue.audience;
    let who = audience.map_or("all who take it".to_owned(), readers);
    Ok(format!("Send {publication}/{digest} to {who}?"))
}

/// An issue with what belongs to it.
pub(super) struct Whole {
    pub(super) issue: DomainIssue,
    publication: Publication,
    digest: Digest,
    articles: usize,
    pub(super) counts: Counts,
    /// Mails that came back.
    came_back: bounces::Counts,
    /// Where its mails carry a picture.
    opens: Option<opens::Opens>,
    /// When the next of its mails is due.
    pub(super) next_due_at: Option<Time>,
    /// Mails that are on their way.
    in_flight: i64,
}

pub(super) async fn whole(deps: &Deps, id: IssueId) -> Result<Whole> {
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
        came_back: bounces::counts(&mut tx, id).await?,
        opens: opens::find(&mut tx, id).await?,
        next_due_at: waves::next_due(&mut tx, id).await?,
        in_flight: claims::in_flight(&mut tx, id).await?,
        digest,
        publication,
        issue,
    })
}

pub(super) fn as_json(whole: &Whole) -> Value {
    let digest = &whole.digest;
    let brief = IssueOutput::new(&whole.publication.slug, &digest.slug, &whole.issue);
    let (articles, counts, back) = (whole.articles, whole.counts, whole.came_back);
    let (due, in_flight) = (whole.next_due_at, whole.in_flight);
    json!(IssueWithCounts::new(
        brief,
        articles,
        due,
        counts,
        back,
        whole.opens,
        in_flight
    ))
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
                format!("{}/{}", whole.publication.slug, whole.digest.slug),
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

/// Gives what is on its way a moment to arrive, so that the answer is complete where it can be.
async fn settle(deps: &Deps, mut controlled: Controlled) -> Result<Controlled> {
    for _ in 0..20 {
        if controlled.in_flight == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut tx = deps.store.read().await?;
        controlled.counts = issues::counts(&mut tx, controlled.issue.id).await?;
        controlled.in_flight = claims::in_flight(&mut tx, controlled.issue.id).await?;
    }
    Ok(controlled)
}

async fn print_controlled(
    deps: &Deps,
    what: &str,
    controlled: Controlled,
    out: &Output,
) -> Result<()> {
    let (counts, in_flight) = (&controlled.counts, controlled.in_flight);
    let on_the_way = match in_flight {
        0 => String::new(),
        1 => "; 1 mail is on its way, its result will be recorded".to_owned(),
        more => format!("; {more} mails are on their way, their results will be recorded"),
    };
    let text = format!(
        "{what}: {} of {} sent, {} open, {} failed, {} skipped{on_the_way}",
        counts.sent,
        counts.recipients,
        counts.open() - in_flight,
        counts.failed,
        counts.skipped
    );
    let mut shown = as_json(&whole(deps, controlled.issue.id).await?);
    shown["in_flight"] = json!(in_flight);
    out.result(&shown, &text)
}

async fn deliveries(
    deps: &Deps,
    id: IssueId,
    state: Option<DeliveryState>,
    out: &Output,
) -> Result<()> {
    let whole = whole(deps, id).await?;
    if !out.is_json() {
        out.line(LedgerOutput::HEAD)?;
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
        for line in lines {
            let line = LedgerOutput::new(id, &whole.publication, line);
            if out.is_json() {
                out.line(&serde_json::to_string(&line)?)?;
            } else {
                out.line(&line.csv())?;
            }
        }
    }
}

async fn print_clicks(deps: &Deps, id: IssueId, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let found = issues::find(&mut tx, id).await?;
    found.ok_or_else(|| anyhow!("there is no issue {id}; `paperround issue list` shows them"))?;
    let rows: Vec<Row> = clicks::of_issue(&mut tx, id)
        .await?
        .into_iter()
        .map(|row| Row {
            json: json!({
                "article": row.article, "title": row.title, "followed": row.followed,
                "counted": row.counted,
            }),
            cells: vec![row.counted.to_string(), row.followed.to_string(), row.title],
        })
        .collect();
    out.list(
        &["counted", "followed", "article"],
        &rows,
        "nobody has followed a link of this issue, or they are not counted",
    )
}

async fn print_opens(deps: &Deps, id: IssueId, out: &Output) -> Result<()> {
    let whole = whole(deps, id).await?;
    let row = |found: opens::Opens| Row {
        json: json!(OpensOutput::from(found)),
        cells: [found.counted, found.by_providers, found.loaded]
            .map(|number| number.to_string())
            .to_vec(),
    };
    let rows: Vec<Row> = whole.opens.into_iter().map(row).collect();
    out.list(
        &["counted", "by providers", "loaded"],
        &rows,
        "the mails of this issue carry no picture: its opens are not counted",
    )?;
    if !rows.is_empty() {
        out.remark(WORTH);
    }
    Ok(())
}
