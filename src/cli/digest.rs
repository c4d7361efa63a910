//! `paperround digest`

use std::process::ExitCode;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::confirm::{Confirm, readers};
use super::digest_run::{Move, Skip, SkipNext};
use super::issue::print_issue;
use super::output::{Output, Row};
use super::preview::{Preview, Test};
use super::recipe::{Change, Recipe};
use super::watch::watch;
use super::{Global, context};
use crate::domain::digest as domain;
use crate::domain::ids::IssueId;
use crate::domain::issue::IssueState;
use crate::domain::look::Design;
use crate::domain::publication::Publication;
use crate::domain::slug::Slug;
use crate::services::output::digests::DigestOutput;
use crate::services::runs::{self, Run};
use crate::services::{Deps, manage_digest, plan_issue};
use crate::store::{digests, issues, subscriptions};

#[derive(Debug, Subcommand)]
pub(super) enum Digest {
    /// Define a digest; the first of a publication is what readers get who choose none
    Create(Create),
    /// Change a digest; what is not named stays
    Update(Update),
    /// List the digests of a publication
    List {
        /// The publication
        publication: String,
    },
    /// Show a digest
    Show {
        /// PUBLICATION/DIGEST
        digest: String,
    },
    /// Show the next runs
    Next {
        /// PUBLICATION/DIGEST
        digest: String,
        /// How many
        #[arg(short, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
        n: u16,
    },
    /// Make an issue by hand; prints its id
    Send(Send),
    /// Let no issue go out by schedule until it is resumed
    Pause {
        /// PUBLICATION/DIGEST
        digest: String,
    },
    /// Leave the next run out
    SkipNext(SkipNext),
    /// Leave one run out
    Skip(Skip),
    /// Move one run to another time
    Move(Move),
    /// Show what would go out, without storing or sending anything
    Preview(Preview),
    /// Send what would go out to one address, as a test: marked, and with links that lead nowhere
    Test(Test),
    /// Go on with the next run
    Resume {
        /// PUBLICATION/DIGEST
        digest: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The publication
    publication: String,
    /// The name in forms and addresses, as in daily
    slug: Slug,
    /// The name for people
    #[arg(long)]
    name: String,
    #[command(flatten)]
    recipe: Recipe,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// PUBLICATION/DIGEST
    digest: String,
    /// The name for people
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    recipe: Recipe,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
pub(super) struct Send {
    /// PUBLICATION/DIGEST
    digest: String,
    /// At once (the default)
    #[arg(long, conflicts_with = "at")]
    now: bool,
    /// At this time, as in 2026-12-01T07:00:00+01:00; the articles are chosen then
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime<Utc>>,
    /// Show the progress until it ends; exit 1 unless everything was sent
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    confirm: Confirm,
}

pub(super) fn as_json(publication: &Publication, d: &domain::Digest) -> Value {
    json!(DigestOutput::new(publication, d))
}

impl Digest {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::Create(new) => create(&deps, new, out).await?,
            Self::Update(change) => update(&deps, change, out).await?,
            Self::List { publication } => {
                let publication = context::publication(&deps, &publication).await?;
                let mut tx = deps.store.read().await?;
                let rows: Vec<Row> = digests::list(&mut tx, publication.id)
                    .await?
                    .iter()
                    .map(|d| Row {
                        json: as_json(&publication, d),
                        cells: cells(d),
                    })
                    .collect();
                let empty = "there is no digest yet; `paperround digest create` makes one";
                out.list(
                    &["slug", "name", "schedule", "zone", "design", "next run"],
                    &rows,
                    empty,
                )?;
            }
            Self::Show { digest } => {
                let (publication, digest) = context::digest(&deps, &digest).await?;
                let shown = as_json(&publication, &digest);
                out.result(&shown, &serde_json::to_string_pretty(&shown)?)?;
            }
            Self::Next { digest, n } => next(&deps, &digest, n, out).await?,
            Self::Send(send) => return send.run(&deps, out).await,
            Self::SkipNext(skip) => skip.run(&deps, out).await?,
            Self::Skip(skip) => skip.run(&deps, out).await?,
            Self::Move(change) => change.run(&deps, out).await?,
            Self::Preview(preview) => preview.run(&deps, out).await?,
            Self::Test(test) => test.run(&deps, out).await?,
            Self::Pause { digest } => set_paused(&deps, &digest, true, out).await?,
            Self::Resume { digest } => set_paused(&deps, &digest, false, out).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn cells(d: &domain::Digest) -> Vec<String> {
    let next = match (d.paused_at, d.next_run_at) {
        (Some(_), _) => "paused".to_owned(),
        (None, Some(at)) => at.with_timezone(&d.timezone).format("%a %F %R").to_string(),
        (None, None) if d.rules.breaking.is_some() => "with news".to_owned(),
        (None, None) => "by hand".to_owned(),
    };
    let cron = d.cron.clone().unwrap_or_default();
    vec![
        d.slug.to_string(),
        d.name.clone(),
        cron,
        d.timezone.name().to_owned(),
        // The word that --design takes.
        d.design.map_or("publication", Design::as_str).to_owned(),
        next,
    ]
}

async fn create(deps: &Deps, new: Create, out: &Output) -> Result<()> {
    let publication = context::publication(deps, &new.publication).await?;
    let mut draft = manage_digest::draft(deps, &publication, new.slug, &new.name);
    let recipe = new.recipe.read()?;
    recipe.check(&draft)?;
    recipe.apply(&mut draft);
    let digest = manage_digest::create(deps, draft).await?;
    let when = match digest.next_run_at {
        Some(at) => format!(
            "goes out first on {}",
            at.with_timezone(&digest.timezone).format("%A %F at %R %Z")
        ),
        None if digest.rules.breaking.is_some() => "goes out when there is news".to_owned(),
        None => "goes out by hand: `paperround digest send`".to_owned(),
    };
    out.result(
        &as_json(&publication, &digest),
        &format!("{}/{} {when}.", publication.slug, digest.slug),
    )
}

async fn update(deps: &Deps, given: Update, out: &Output) -> Result<()> {
    let (publication, digest) = context::digest(deps, &given.digest).await?;
    let recipe = given.recipe.read()?;
    recipe.check(&digest)?;
    let next_intro = given.change.next_intro()?;
    let digest = manage_digest::update(deps, digest.id, next_intro.as_deref(), |digest| {
        if let Some(name) = given.name {
            digest.name = name;
        }
        given.change.apply(digest);
        recipe.apply(digest);
    })
    .await?;
    out.result(
        &as_json(&publication, &digest),
        &format!("{}/{} is changed.", publication.slug, digest.slug),
    )
}

async fn next(deps: &Deps, name: &str, n: u16, out: &Output) -> Result<()> {
    let (_, digest) = context::digest(deps, name).await?;
    let found = runs::next(&digest, deps.now(), usize::from(n))?;
    let rows: Vec<Row> = found
        .into_iter()
        .map(|Run { at, slot, note, .. }| {
            let local = at.with_timezone(&digest.timezone);
            Row {
                json: json!({ "at": at, "local": local.to_rfc3339(), "slot_at": slot, "note": note }),
                cells: vec![
                    local.format("%a %F %R %Z").to_string(),
                    at.format("%F %R UTC").to_string(),
                    note.unwrap_or_default(),
                ],
            }
        })
        .collect();
    let empty = match digest.rules.breaking {
        Some(_) => "the digest goes out when there is news",
        None => "the digest goes out only by hand",
    };
    out.list(&["local", "utc", ""], &rows, empty)
}

async fn set_paused(deps: &Deps, name: &str, paused: bool, out: &Output) -> Result<()> {
    let (publication, digest) = context::digest(deps, name).await?;
    manage_digest::set_paused(deps, &digest, paused).await?;
    let (_, digest) = context::digest(deps, name).await?;
    let text = if paused { "is paused" } else { "goes on" };
    out.result(&as_json(&publication, &digest), &format!("{name} {text}."))
}

impl Send {
    async fn run(self, deps: &Deps, out: &Output) -> Result<ExitCode> {
        let (publication, digest) = context::digest(deps, &self.digest).await?;
        if !digest.rules.require_approval {
            let mut tx = deps.store.read().await?;
            let (confirmed, ..) = subscriptions::count(&mut tx, publication.id).await?;
            drop(tx);
            let who = readers(confirmed);
            let question = format!("Send {} to those of {who} who take it?", self.digest);
            self.confirm.ask(&question)?;
        }
        let issue = plan_issue::by_hand(deps, &digest, self.at).await?;
        say_what_follows(deps, issue, out).await?;
        if self.watch {
            return watch(deps, issue, out).await;
        }
        if out.is_json() {
            print_issue(deps, issue, out).await?;
        } else {
            out.line(&issue.to_string())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Says what an issue made by hand waits for, or why nothing goes out.
async fn say_what_follows(deps: &Deps, id: IssueId, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let issue = issues::find(&mut tx, id).await?;
    drop(tx);
    match issue {
        Some(issue) if issue.state == IssueState::Skipped => {
            let reason = issue.reason.unwrap_or_default();
            out.remark(&format!("nothing goes out: {reason}"));
        }
        Some(issue) if issue.state == IssueState::Awaiting => {
            out.remark(&format!("`paperround issue approve {id}` sends it"));
        }
        _ => context::warn_without_worker(deps, out).await?,
    }
    Ok(())
}
