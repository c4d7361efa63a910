//! Sets the show up: news site, SMTP server, inbox and service, all on loopback and in a
//! temporary folder that goes with them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::inbox::{self, MailView, Mails};
use super::mailbox::{Mailbox, StoredMail};
use super::site::Site;
use super::smtp::{Action, Script, SmtpServer};
use crate::app::{App, Nature, Roles};
use crate::config::Settings;
use crate::config::database::Database;
use crate::config::init::new_key;
use crate::config::relay::{Relay, Relays};
use crate::config::security::Security;
use crate::domain::feed::Every;
use crate::domain::ids::FeedId;
use crate::domain::publication::Publication;
use crate::services::Deps;
use crate::services::manage_digest;
use crate::services::manage_feed::{self, NewFeed};
use crate::services::manage_publication::{self, NewPublication};

/// The publication's slug.
pub const PUBLICATION: &str = "ledger";

/// A language that the pages and mails speak as well.
#[derive(Debug, Clone)]
pub struct Language {
    pub tag: String,
    /// Its Fluent file.
    pub texts: String,
}

/// A part that is broken on purpose, to see that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// The news site's feed is an HTML page.
    Feed,
    /// The SMTP server refuses every recipient.
    Smtp,
    /// The links in mails are damaged on their way.
    Links,
    /// No worker runs.
    Worker,
}

/// The running parts.
pub struct Stage {
    pub deps: Deps,
    pub site: Arc<Site>,
    pub site_url: String,
    pub service_url: String,
    pub inbox_url: String,
    pub mailbox: Mailbox,
    pub publication: Publication,
    pub feed: FeedId,
    stop: CancellationToken,
    service: JoinHandle<Result<()>>,
    servers: Vec<JoinHandle<()>>,
    smtp: SmtpServer,
    folder: TempDir,
}

/// Refuses every recipient.
struct Refuse;

impl Script for Refuse {
    fn on_rcpt(&self, _to: &str) -> Action {
        Action::Reply(554, "5.7.1 refused on purpose".to_owned())
    }
}

impl Stage {
    /// Starts everything on three ports from `port` on, or on any free ports.
    pub async fn set(
        port: Option<u16>,
        fault: Option<Fault>,
        language: Option<&Language>,
    ) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let nature = Nature::system()?;
        let ports = |n: u16| port.map_or(0, |first| first.saturating_add(n));
        let (site_listener, site_url) = listen(ports(0)).await?;
        let (service_listener, service_url) = listen(ports(1)).await?;
        let (inbox_listener, inbox_url) = listen(ports(2)).await?;

        let mailbox = Mailbox::new();
        let script: Arc<dyn Script> = if fault == Some(Fault::Smtp) {
            Arc::new(Refuse)
        } else {
            Arc::new(mailbox.clone())
        };
        let smtp = SmtpServer::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), script).await?;

        let site = Site::new(
            nature.clock.now(),
            service_url.clone(),
            PUBLICATION,
            site_url.clone(),
        );
        let site = Arc::new(site);
        site.set_feed_broken(fault == Some(Fault::Feed));

        let key = new_key(&*nature.random);
        let mut app = App::connect(
            settings(&folder, key.trim(), &service_url, smtp.address()),
            nature,
        )
        .await?;
        if let Some(language) = language {
            app.speak(&language.tag, &language.texts)?;
        }
        app.migrate().await?;
        let deps = app.deps.clone();
        let (publication, feed) = define(&deps, &site.feed_url()).await?;

        let stop = CancellationToken::new();
        let roles = Roles {
            worker: fault != Some(Fault::Worker),
            ..Roles::ALL
        };
        let service = tokio::spawn(app.run(roles, Some(service_listener), stop.clone()));
        let servers = vec![
            spawn_server(site_listener, Arc::clone(&site).router(), &stop),
            spawn_server(
                inbox_listener,
                inbox::router(Arc::new(mailbox.clone())),
                &stop,
            ),
        ];
        Ok(Self {
            deps,
            site,
            site_url,
            service_url,
            inbox_url,
            mailbox,
            publication,
            feed,
            stop,
            service,
            servers,
            smtp,
            folder,
        })
    }

    /// Stops everything and removes the folder.
    pub async fn strike(self) -> Result<()> {
        self.stop.cancel();
        self.service.await??;
        for server in self.servers {
            // An open keep-alive connection of a browser does not hold up the end.
            if tokio::time::timeout(Duration::from_secs(1), server)
                .await
                .is_err()
            {
                tracing::debug!("a connection was still open");
            }
        }
        self.smtp.shutdown().await;
        self.folder
            .close()
            .context("cannot remove the temporary folder")
    }
}

async fn listen(port: u16) -> Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener
        .with_context(|| format!("cannot listen on port {port}; choose another with --port"))?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

fn spawn_server(
    listener: TcpListener,
    router: axum::Router,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let stopped = stop.clone().cancelled_owned();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router)
            .with_graceful_shutdown(stopped)
            .await
        {
            tracing::error!(%error, "a page server failed");
        }
    })
}

fn settings(folder: &TempDir, key: &str, url: &str, smtp: SocketAddr) -> Settings {
    let mut settings = Settings {
        database: Database::at(&format!(
            "sqlite://{}",
            folder.path().join("demo.db").display()
        )),
        security: Security::with_key(key),
        relay: Relays(vec![Relay::at(&format!("smtp://{smtp}"))]),
        ..Settings::default()
    };
    url.clone_into(&mut settings.http.public_url);
    settings.delivery.shutdown_seconds = 3;
    settings.feeds.allow_private_addresses = true;
    settings.feeds.host_gap_seconds = 0;
    // One person tries the form many times.
    settings.signup.per_address_per_day = 20;
    settings.signup.per_ip_per_hour = 0;
    settings
}

async fn define(deps: &Deps, feed_url: &str) -> Result<(Publication, FeedId)> {
    let publication = manage_publication::create(
        deps,
        NewPublication {
            slug: PUBLICATION.parse()?,
            name: "The Harbour Ledger".to_owned(),
            from: "The Harbour Ledger <news@ledger.example>".parse()?,
            reply_to: None,
            postal_address: "The Harbour Ledger, 1 Old Quay, Port Marrow".to_owned(),
            language: "en".to_owned(),
            timezone: chrono_tz::Europe::London,
            description: Some("Business news from the harbour, as often as you like.".to_owned()),
            privacy_url: None,
            languages: Vec::new(),
            relays: Vec::new(),
        },
    )
    .await?;
    let topics = [
        ("markets", "Markets"),
        ("energy", "Energy"),
        ("technology", "Technology"),
        ("shipping", "Shipping"),
        ("retail", "Retail"),
    ];
    for (slug, name) in topics {
        manage_publication::add_topic(deps, publication.id, slug.parse()?, name).await?;
    }
    let mapping = topics
        .iter()
        .map(|(slug, name)| Ok(((*name).to_owned(), slug.parse()?)));
    let feed = NewFeed {
        publication: publication.id,
        url: feed_url.to_owned(),
        topics: Vec::new(),
        mapping: mapping.collect::<Result<_>>()?,
        every: Every::Fixed(Duration::from_secs(60)),
        article_pages: false,
    };
    let feed = manage_feed::add(deps, feed).await?;
    digest(deps, &publication, "daily", "Daily", "0 7 * * *").await?;
    digest(deps, &publication, "weekly", "Weekly", "0 8 * * sat").await?;
    digest(
        deps,
        &publication,
        "two-minutes",
        "Every two minutes",
        "*/2 * * * *",
    )
    .await?;
    Ok((publication, feed.id))
}

async fn digest(
    deps: &Deps,
    publication: &Publication,
    slug: &str,
    name: &str,
    cron: &str,
) -> Result<()> {
    let mut draft = manage_digest::draft(deps, publication, slug.parse()?, name);
    draft.cron = Some(cron.to_owned());
    draft.timezone = chrono_tz::Europe::London;
    manage_digest::create(deps, draft).await?;
    Ok(())
}

impl Mails for Mailbox {
    fn list(&self) -> Vec<MailView> {
        Mailbox::list(self).iter().map(view).collect()
    }

    fn get(&self, number: u64) -> Option<MailView> {
        Mailbox::get(self, number).as_ref().map(view)
    }
}

fn view(mail: &StoredMail) -> MailView {
    let shown = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Auto-Submitted",
    ];
    let headers = shown
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), mail.header(name)?)));
    MailView {
        number: mail.number(),
        from: mail.from(),
        to: mail.to(),
        subject: mail.subject(),
        date: mail.date().unwrap_or_default(),
        text: mail.text().unwrap_or_default(),
        html: mail.html(),
        headers: headers.collect(),
        source: mail.source(),
    }
}
