//! `paperround webhook`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{Output, Row};
use super::{Global, context, webhook_log};
use crate::domain::UnknownWord;
use crate::domain::ids::{WebhookCallId, WebhookId};
use crate::domain::webhook::{EventChoice, EventKind, Webhook as Hook, WebhookSecret};
use crate::services::Deps;
use crate::services::manage_webhook::{self as service, NewWebhook, WebhookChange};
use crate::services::output::webhooks::WebhookOutput;
use crate::services::output::{Slugs, slugs};
use crate::store::webhook_calls::Tally;
use crate::store::{webhook_calls, webhooks};

#[derive(Debug, Subcommand)]
pub(super) enum Webhook {
    /// Tell a program of events; prints the secret that its calls are signed with
    Add(Add),
    /// List the webhooks
    List,
    /// Show a webhook, its secret not
    Show {
        /// Its id, as `list` shows it
        id: WebhookId,
    },
    /// Change what is given, and leave the rest
    Update(Update),
    /// Make a new secret and print it; the one before signs along for a day
    RotateSecret {
        /// Its id
        id: WebhookId,
    },
    /// Call a webhook no more; what it was still to be told counts as failed
    Disable {
        /// Its id
        id: WebhookId,
    },
    /// Call a webhook again, of what happens from now on
    Enable {
        /// Its id
        id: WebhookId,
    },
    /// Remove a webhook with its log
    Remove {
        /// Its id
        id: WebhookId,
    },
    /// Show the latest calls
    Log(webhook_log::Log),
    /// Make calls again, under the same ids
    Replay {
        /// A call that has ended, as `log` shows it
        #[arg(required_unless_present = "failed", conflicts_with = "failed")]
        call: Option<WebhookCallId>,
        /// All calls that failed
        #[arg(long)]
        failed: bool,
        /// Only those of this webhook
        #[arg(long, value_name = "ID", requires = "failed")]
        webhook: Option<WebhookId>,
    },
    /// Send a `ping`, and say how to see what came of it
    Test {
        /// Its id
        id: WebhookId,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The publication of which it is told, and its address; with --all the address alone
    #[arg(num_args = 1..=2, required = true, value_names = ["PUB", "URL"])]
    at: Vec<String>,
    /// Of all publications, and of alerts that concern none
    #[arg(long)]
    all: bool,
    /// An event of which it is told; may be given several times; without it all
    #[arg(long = "event", value_name = "EVENT", value_parser = event)]
    events: Vec<EventKind>,
    /// Tell it the addresses of readers too; else their ids alone
    #[arg(long)]
    with_addresses: bool,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// Its id
    id: WebhookId,
    /// Another address
    #[arg(long)]
    url: Option<String>,
    /// An event of which it is told from now on, in place of those before; may be given several times
    #[arg(long = "event", value_name = "EVENT", value_parser = event)]
    events: Vec<EventKind>,
    /// Tell it of all events
    #[arg(long, conflicts_with = "events")]
    all_events: bool,
    /// Tell it the addresses of readers too
    #[arg(long, conflicts_with = "without_addresses")]
    with_addresses: bool,
    /// Tell it no addresses
    #[arg(long)]
    without_addresses: bool,
}

/// Reads an event that can be chosen.
fn event(text: &str) -> Result<EventKind, String> {
    let kind: EventKind = text.parse().map_err(|why: UnknownWord| why.to_string())?;
    let chosen = EventChoice::new([kind]).map(|_| kind);
    chosen.map_err(|why| why.to_string())
}

impl Webhook {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::Add(new) => add(&deps, new, out).await?,
            Self::List => list(&deps, out).await?,
            Self::Show { id } => show(&deps, id, out).await?,
            Self::Update(change) => update(&deps, change, out).await?,
            Self::RotateSecret { id } => {
                let (webhook, secret) = service::rotate_secret(&deps, id).await?;
                print_secret(&deps, &webhook, &secret, out).await?;
            }
            Self::Disable { id } => {
                let webhook = service::disable(&deps, id).await?;
                done(&deps, &webhook, "is disabled", out).await?;
            }
            Self::Enable { id } => {
                let webhook = service::enable(&deps, id).await?;
                done(&deps, &webhook, "is told of what happens from now on", out).await?;
            }
            Self::Remove { id } => {
                service::remove(&deps, id).await?;
                let text = format!("{id} is removed.");
                out.result(&json!({ "id": id, "removed": true }), &text)?;
            }
            Self::Log(log) => log.run(&deps, out).await?,
            Self::Replay {
                call,
                failed: _,
                webhook,
            } => replay(&deps, call, webhook, out).await?,
            Self::Test { id } => {
                let call = service::test(&deps, id).await?;
                let text = format!("{call}\nSee `paperround webhook log {id}` for the answer.");
                out.result(&json!({ "id": id, "call": call }), &text)?;
                context::warn_without_worker(&deps, out).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn add(deps: &Deps, new: Add, out: &Output) -> Result<()> {
    let (publication, url) = match (&new.at[..], new.all) {
        ([url], true) => (None, url),
        ([slug, url], false) => (Some(context::publication(deps, slug).await?.id), url),
        ([_], false) => bail!("give a publication and an address, or --all and an address"),
        _ => bail!("--all stands in the place of a publication; give the address alone"),
    };
    let new = NewWebhook {
        publication,
        url: url.clone(),
        events: EventChoice::new(new.events)?,
        with_addresses: new.with_addresses,
    };
    let (webhook, secret) = service::add(deps, new).await?;
    out.remark(&format!("webhook {}", webhook.id));
    print_secret(deps, &webhook, &secret, out).await
}

async fn print_secret(
    deps: &Deps,
    webhook: &Hook,
    secret: &WebhookSecret,
    out: &Output,
) -> Result<()> {
    let mut shown = as_json(deps, webhook).await?;
    shown["secret"] = secret.reveal().into();
    out.result(&shown, &secret.reveal())?;
    out.remark(
        "This is the only time that the secret is shown; keep it where the calls are taken.",
    );
    Ok(())
}

async fn done(deps: &Deps, webhook: &Hook, what: &str, out: &Output) -> Result<()> {
    let shown = as_json(deps, webhook).await?;
    out.result(&shown, &format!("{} {what}.", webhook.url))
}

async fn update(deps: &Deps, given: Update, out: &Output) -> Result<()> {
    let events = if given.all_events {
        Some(EventChoice::default())
    } else if given.events.is_empty() {
        None
    } else {
        Some(EventChoice::new(given.events)?)
    };
    let with_addresses = match (given.with_addresses, given.without_addresses) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let change = WebhookChange {
        url: given.url,
        events,
        with_addresses,
    };
    let webhook = service::update(deps, given.id, change).await?;
    done(deps, &webhook, "is changed", out).await
}

async fn replay(
    deps: &Deps,
    call: Option<WebhookCallId>,
    webhook: Option<WebhookId>,
    out: &Output,
) -> Result<()> {
    let replayed = match call {
        Some(call) => {
            service::replay(deps, call).await?;
            1
        }
        None => service::replay_failed(deps, webhook).await?,
    };
    let text = match replayed {
        0 => "nothing has failed".to_owned(),
        1 => "1 call is made again".to_owned(),
        _ => format!("{replayed} calls are made again"),
    };
    out.result(&json!({ "replayed": replayed }), &text)?;
    context::warn_without_worker(deps, out).await
}

async fn list(deps: &Deps, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let slugs = slugs(&mut tx).await?;
    let tallies = webhook_calls::tallies(&mut tx).await?;
    let rows: Vec<Row> = webhooks::list(&mut tx)
        .await?
        .iter()
        .map(|webhook| Row {
            json: json!(WebhookOutput::new(webhook, &slugs, &tallies)),
            cells: vec![
                webhook.id.to_string(),
                place(webhook, &slugs).unwrap_or("all").to_owned(),
                webhook.state().to_string(),
                count(webhook.id, &tallies, "pending").to_string(),
                count(webhook.id, &tallies, "failed").to_string(),
                webhook.url.clone(),
            ],
        })
        .collect();
    let head = ["id", "publication", "state", "waiting", "failed", "address"];
    out.list(
        &head,
        &rows,
        "there is no webhook yet; `paperround webhook add` makes one",
    )
}

async fn show(deps: &Deps, id: WebhookId, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let slugs = slugs(&mut tx).await?;
    let tallies = webhook_calls::tallies(&mut tx).await?;
    let Some(webhook) = webhooks::find(&mut tx, id).await? else {
        bail!(service::WebhookError::Unknown(id));
    };
    let events = webhook.events.key().replace(',', ", ");
    let time = |at: Option<crate::domain::clock::Time>| {
        at.map_or_else(String::new, |at| at.format("%F %R UTC").to_string())
    };
    let why = webhook.disabled_reason.clone().unwrap_or_default();
    let lines = [
        ("address", webhook.url.clone()),
        (
            "publication",
            place(&webhook, &slugs).unwrap_or("all").to_owned(),
        ),
        (
            "events",
            if events.is_empty() {
                "all".to_owned()
            } else {
                events
            },
        ),
        (
            "addresses of readers",
            if webhook.with_addresses { "yes" } else { "no" }.to_owned(),
        ),
        (
            "state",
            format!("{} {why}", webhook.state()).trim_end().to_owned(),
        ),
        ("failing since", time(webhook.failing_since)),
        (
            "old secret until",
            time(webhook.secret.old.as_ref().map(|old| old.1)),
        ),
        ("waiting", count(id, &tallies, "pending").to_string()),
        ("sent", count(id, &tallies, "sent").to_string()),
        ("failed", count(id, &tallies, "failed").to_string()),
    ];
    let lines: Vec<String> = lines
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<22}{value}"))
        .collect();
    let shown = WebhookOutput::new(&webhook, &slugs, &tallies);
    out.result(&json!(shown), &lines.join("\n"))
}

/// A webhook as it is now.
async fn as_json(deps: &Deps, webhook: &Hook) -> Result<Value> {
    let mut tx = deps.store.read().await?;
    let slugs = slugs(&mut tx).await?;
    let tallies = webhook_calls::tallies(&mut tx).await?;
    Ok(json!(WebhookOutput::new(webhook, &slugs, &tallies)))
}

fn place<'s>(webhook: &Hook, slugs: &'s Slugs) -> Option<&'s str> {
    slugs.get(&webhook.publication?).map(String::as_str)
}

fn count(id: WebhookId, tallies: &[Tally], state: &str) -> i64 {
    let found = tallies
        .iter()
        .find(|tally| tally.webhook == id && tally.state == state);
    found.map_or(0, |tally| tally.count)
}
