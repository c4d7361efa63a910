//! `paperround serve`

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Global, context, operator};
use crate::app::Roles;
use crate::services::{Deps, hold, manage_operator, sign_mail};
use crate::store::migrate;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    Web,
    Scheduler,
    Worker,
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Run only these parts
    #[arg(long, value_delimiter = ',', value_name = "PARTS")]
    only: Vec<Role>,
}

impl Serve {
    fn roles(&self) -> Roles {
        if self.only.is_empty() {
            return Roles::ALL;
        }
        Roles {
            web: self.only.contains(&Role::Web),
            scheduler: self.only.contains(&Role::Scheduler),
            worker: self.only.contains(&Role::Worker),
        }
    }

    pub(super) async fn run(self, global: &Global) -> Result<ExitCode> {
        let roles = self.roles();
        // First of all, so that a stop that comes early is one too.
        let stop = CancellationToken::new();
        watch_signals(stop.clone())?;
        let app = context::connect(global).await?;
        if app.settings().database.migrate {
            app.migrate().await?;
        } else if !migrate::is_current(&app.deps.store).await? {
            bail!("the database's schema is not up to date; run `paperround migrate`");
        }
        let listener = if roles.web {
            let address = app.settings().http.listen;
            let listener = TcpListener::bind(address).await;
            Some(listener.with_context(|| format!("cannot listen on {address} (http.listen)"))?)
        } else {
            None
        };
        app.watch_settings(global.config.as_deref(), stop.clone())?;
        warn_about_signing(&app.deps).await?;
        if let Some(hold) = hold::find(&app.deps).await? {
            tracing::warn!(backup_at = %hold.backup_at, "{}", hold.says());
        }
        let store = app.deps.store.kind();
        match &listener {
            Some(listener) => {
                let (listen, url) = (listener.local_addr()?, &app.settings().http.public_url);
                tracing::info!(%listen, public_url = %url, store, "paperround serves");
            }
            None => tracing::info!(store, "paperround works"),
        }
        if roles.web {
            invite_first_owner(&app.deps).await?;
        }
        app.run(roles, listener, stop).await?;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

/// Where nobody can sign in yet, prints the link with which the first owner does. On standard error and
/// not in the log, which others may read.
async fn invite_first_owner(deps: &Deps) -> Result<()> {
    if let Some(link) = manage_operator::first_link(deps).await? {
        eprintln!(
            "Nobody can sign in to the admin pages yet. The first owner chooses address and password \
             here, once within 24 hours:\n  {}",
            operator::url(deps, &link)
        );
    }
    Ok(())
}

/// Says at start what providers would hold against the mails.
async fn warn_about_signing(deps: &Deps) -> Result<()> {
    for warning in deps.dkim.warnings() {
        tracing::warn!("{warning}");
    }
    for publication in sign_mail::unsigned(deps).await? {
        let (slug, domain) = (&publication.slug, publication.from.email.domain());
        tracing::warn!(
            publication = %slug,
            %domain,
            "no [[dkim]] entry covers the sender's domain, so its mails are not signed; \
             `paperround dkim generate` makes a key, and signed_by = \"relay\" says that the \
             relay signs"
        );
    }
    Ok(())
}

/// SIGTERM and SIGINT stop in good order; a second one ends at once.
pub(super) fn watch_signals(stop: CancellationToken) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen to signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen to signals")?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.is_cancelled() {
                std::process::exit(130);
            }
            stop.cancel();
        }
    });
    Ok(())
}
