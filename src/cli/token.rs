//! `paperround token`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{Output, Row};
use super::{Global, context};
use crate::domain::api_token::{ApiToken, Role};
use crate::domain::clock::Time;
use crate::domain::feed::parse_span;
use crate::domain::operator::sends_by_default;
use crate::services::Deps;
use crate::services::manage_token::{self, NewToken};
use crate::services::output::tokens::TokenOutput;
use crate::services::output::{Slugs, slugs};
use crate::store::api_tokens;

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token and print it, this once
    Create(Create),
    /// List the tokens; the tokens themselves are not known
    List,
    /// End a token at once
    Revoke {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// What it is for, as in 'web site'
    name: String,
    /// What it may do: viewer reads, editor also adds and changes, owner may do everything
    #[arg(long)]
    role: Role,
    /// May approve, send, pause and end issues [default: owners and editors may]
    #[arg(long, overrides_with = "no_send")]
    may_send: bool,
    /// May not approve, send, pause or end issues
    #[arg(long)]
    no_send: bool,
    /// The only publication that it reaches; may be given several times
    #[arg(long = "publication", value_name = "SLUG")]
    publications: Vec<String>,
    /// For how long it is valid, as in 90d; without this until it is revoked
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    expires: Option<Duration>,
}

impl Token {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::Create(new) => create(&deps, new, out).await?,
            Self::List => list(&deps, out).await?,
            Self::Revoke { name } => {
                manage_token::revoke(&deps, &name).await?;
                let done = json!({ "name": name, "state": "revoked" });
                out.result(&done, &format!("{name} is revoked."))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn create(deps: &Deps, new: Create, out: &Output) -> Result<()> {
    let mut reached = Vec::with_capacity(new.publications.len());
    for slug in &new.publications {
        reached.push(context::publication(deps, slug).await?.id);
    }
    let new = NewToken {
        name: new.name,
        role: new.role,
        may_send: new.may_send || (!new.no_send && sends_by_default(new.role)),
        publications: reached,
        valid_for: new.expires,
    };
    let (token, bearer) = manage_token::create(deps, new).await?;
    let mut tx = deps.store.read().await?;
    let slugs = slugs(&mut tx).await?;
    let mut made = json!(TokenOutput::new(&token, &slugs, deps.now()));
    made["token"] = bearer.reveal().into();
    out.result(&made, bearer.reveal())?;
    out.remark("This is the only time that the token is shown; keep it where passwords are kept.");
    Ok(())
}

async fn list(deps: &Deps, out: &Output) -> Result<()> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let slugs = slugs(&mut tx).await?;
    let day = |at: Option<Time>| at.map_or("never".to_owned(), |t| t.format("%F").to_string());
    let rows: Vec<Row> = api_tokens::list(&mut tx)
        .await?
        .iter()
        .map(|token| Row {
            json: json!(TokenOutput::new(token, &slugs, now)),
            cells: vec![
                token.name.clone(),
                token.role.to_string(),
                if token.may_send { "yes" } else { "no" }.to_owned(),
                reach(token, &slugs)
                    .unwrap_or_else(|| vec!["all"])
                    .join(","),
                token.state(now).to_string(),
                day(Some(token.created_at)),
                day(token.last_used_at),
                day(token.expires_at),
            ],
        })
        .collect();
    let head = [
        "name",
        "role",
        "may send",
        "publications",
        "state",
        "created",
        "last used",
        "expires",
    ];
    out.list(
        &head,
        &rows,
        "there is no token yet; `paperround token create` makes one",
    )
}

/// The publications that a token is limited to; none where it reaches all.
fn reach<'s>(token: &ApiToken, slugs: &'s Slugs) -> Option<Vec<&'s str>> {
    if token.reaches_all() {
        return None;
    }
    let named = token.publications.iter().filter_map(|id| slugs.get(id));
    Some(named.map(String::as_str).collect())
}
