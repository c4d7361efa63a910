//! The composition root: settings become `Deps`, web server and workers.

pub mod examine;
mod incoming;
mod keys;
mod limits;
mod relays;
mod reload;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Settings;
use crate::config::dkim::Dkim;
use crate::domain::audit::Actor;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::language::primary;
use crate::domain::random::{Random, StdRandom};
use crate::feeds::call::{CallLimits, Caller};
use crate::feeds::fetch::{FetchLimits, Fetcher};
use crate::jobs::queue::Wakes;
use crate::jobs::{self, Duties};
use crate::mail::dkim::{DkimKeyConfig, DkimKeys, SignedBy};
use crate::mail::dns::Dns;
use crate::metrics;
use crate::oidc::{Provider, ProviderConfig};
use crate::render::Renderer;
use crate::render::texts::Texts;
use crate::services::guard::{self, Guard};
use crate::services::plan::{Plan, Plans};
use crate::services::{Deps, cleanup};
use crate::store::{Store, migrate};
use crate::web::{self, Web};

/// Time and chance.
#[derive(Clone)]
pub struct Nature {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

impl Nature {
    /// The machine's.
    pub fn system() -> Result<Self> {
        let random =
            StdRandom::from_system().map_err(|e| anyhow!("the system has no randomness: {e}"))?;
        Ok(Self {
            clock: Arc::new(SystemClock),
            random: Arc::new(random),
        })
    }
}

/// Which parts a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    pub web: bool,
    pub scheduler: bool,
    pub worker: bool,
}

impl Roles {
    pub const ALL: Self = Self {
        web: true,
        scheduler: true,
        worker: true,
    };
}

/// The service, connected and ready to run.
pub struct App {
    pub deps: Deps,
    wakes: Arc<Wakes>,
    settings: Settings,
    live: web::Live,
}

impl App {
    /// Connects to the database and prepares everything; sends and listens to nothing yet.
    pub async fn connect(settings: Settings, nature: Nature) -> Result<Self> {
        let url = settings
            .database
            .url()
            .map_err(|e| anyhow!("database.url: {e}"))?;
        let store = Store::connect(url.expose_secret())
            .await
            .context("cannot open the database")?;
        let wakes = Arc::new(Wakes::default());
        let fetcher = Fetcher::new(FetchLimits {
            max_bytes: settings.feeds.max_bytes,
            timeout: Duration::from_secs(settings.feeds.timeout_seconds),
            allow_private_addresses: settings.feeds.allow_private_addresses,
            host_gap: Duration::from_secs(settings.feeds.host_gap_seconds),
        })?;
        let caller = Caller::new(CallLimits {
            timeout: Duration::from_secs(settings.webhooks.timeout_seconds),
            allow_private_addresses: settings.webhooks.allow_private_addresses,
        })?;
        let plan = plan(&settings)?;
        let deps = Deps {
            store,
            renderer: Arc::new(Renderer::with(texts(&settings)?)?),
            routes: Arc::clone(&plan.routes),
            dkim: Arc::clone(&plan.dkim),
            replaced: plan.replaced.clone(),
            plans: Plans::new(plan),
            fetcher,
            caller,
            keys: keys::keys(&settings, &*nature.random)?,
            node: node_name(&*nature.random),
            clock: nature.clock,
            random: nature.random,
            wakeups: Arc::clone(&wakes) as _,
            limits: limits::limits(&settings),
            desk: Arc::default(),
            guard: Arc::new(Guard::asking(resolver(&settings))),
            provider: provider(&settings)?,
            passwords: Arc::default(),
            counted: Arc::default(),
            sums: Arc::default(),
            actor: Arc::new(Actor::Service),
        };
        Ok(Self {
            deps,
            wakes,
            settings,
            live: web::Live::default(),
        })
    }

    /// Adds a language from a Fluent file, to try it out; what the file leaves out is said in English.
    pub fn speak(&mut self, tag: &str, file: &str) -> Result<()> {
        let mut texts = Texts::new()?;
        texts.add(tag, file)?;
        self.deps.renderer = Arc::new(Renderer::with(texts)?);
        Ok(())
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<()> {
        Ok(migrate::run(&self.deps.store).await?)
    }

    /// Watches the settings until `stop`: relays, domain rules and DKIM keys that change come into
    /// force at once. Also on SIGHUP.
    pub fn watch_settings(&self, file: Option<&Path>, stop: CancellationToken) -> Result<()> {
        let watch = reload::Watch::new(self.deps.clone(), self.settings.clone(), file);
        let hangup = signal(SignalKind::hangup()).context("cannot listen to signals")?;
        tokio::spawn(watch.run(hangup, stop));
        Ok(())
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The web side alone, for a listener or a test of one's own.
    pub fn router(&self) -> axum::Router {
        let trusted_proxies = self.settings.http.trusted_proxies.clone().into();
        let embed_origins = self.settings.signup.embed_origins.clone().into();
        web::router(Web {
            deps: self.deps.clone(),
            offers: Arc::default(),
            trusted_proxies,
            embed_origins,
            api_limiter: Arc::new(web::Limiter::new(self.settings.api.requests_per_minute)),
            live: self.live.clone(),
        })
    }

    /// Runs until `stop` is cancelled: takes no more work then, finishes what is in flight, and
    /// returns within `delivery.shutdown_seconds`.
    pub async fn run(
        self,
        roles: Roles,
        listener: Option<TcpListener>,
        stop: CancellationToken,
    ) -> Result<()> {
        // The rules hold from the first request on.
        if let Err(error) = guard::refresh(&self.deps).await {
            tracing::error!(%error, "the rules of sign-ups cannot be read; tried again");
        }
        let duties = Duties {
            scheduler: roles.scheduler,
            worker: roles.worker,
        };
        let patience = Duration::from_secs(self.settings.delivery.shutdown_seconds);
        let work = tokio::spawn(jobs::run(
            self.deps.clone(),
            self.wakes.clone(),
            duties,
            stop.clone(),
        ));
        let incoming = if roles.worker {
            self.take_mail(&stop).await?
        } else {
            TaskTracker::new()
        };
        incoming.close();
        self.show_metrics(&stop).await?;
        let server = listener.map(|listener| {
            let service = self
                .router()
                .into_make_service_with_connect_info::<SocketAddr>();
            let stopped = stop.clone().cancelled_owned();
            tokio::spawn(async move {
                axum::serve(listener, service)
                    .with_graceful_shutdown(stopped)
                    .await
            })
        });
        stop.cancelled().await;
        self.live.close();
        let finish = async {
            let _ = work.await;
            incoming.wait().await;
            if let Some(server) = server {
                let _ = server.await;
            }
        };
        if tokio::time::timeout(patience, finish).await.is_err() {
            tracing::warn!(
                "stopped before everything in flight had ended; the rows tell where to go on"
            );
        }
        cleanup::farewell(&self.deps).await?;
        self.deps.store.close().await;
        Ok(())
    }
}

impl App {
    /// Counts, and shows that where the settings say.
    async fn show_metrics(&self, stop: &CancellationToken) -> Result<()> {
        let Some(address) = self.settings.metrics.listen() else {
            return Ok(());
        };
        let counted = metrics::install()?;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address} (metrics.listen)"))?;
        let pages = web::metrics_router(self.deps.clone(), counted);
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            let served = axum::serve(listener, pages).with_graceful_shutdown(stopped);
            if let Err(error) = served.await {
                tracing::error!(%error, "metrics are not shown any more");
            }
        });
        Ok(())
    }
}

/// Our texts, and the operator's.
fn texts(settings: &Settings) -> Result<Texts> {
    let mut texts = Texts::new()?;
    for path in settings.texts.files().context("texts.folder")? {
        let shown = path.display().to_string();
        let tag = path.file_stem().and_then(|stem| stem.to_str());
        let tag = tag.filter(|tag| (2..=3).contains(&tag.len()) && primary(tag) == *tag);
        let tag =
            tag.ok_or_else(|| anyhow!("{shown} is not named after a language, as in pt.ftl"))?;
        let file = std::fs::read_to_string(&path).with_context(|| shown.clone())?;
        texts.add(tag, &file).with_context(|| shown.clone())?;
    }
    Ok(texts)
}

fn plan(settings: &Settings) -> Result<Plan> {
    Ok(Plan::new(
        relays::routes(settings)?,
        dkim_keys(settings)?,
        settings.redacted(),
    ))
}

/// The keys that sign mails, read and tried.
pub fn dkim_keys(settings: &Settings) -> Result<DkimKeys> {
    let entries: Vec<DkimKeyConfig> = settings.dkim.iter().map(key_entry).collect::<Result<_>>()?;
    Ok(DkimKeys::load(&entries)?)
}

fn key_entry(entry: &Dkim) -> Result<DkimKeyConfig> {
    let wrong = |text: String| anyhow!("dkim {:?}: {text}", entry.domain);
    let signed_by = if entry.is_signed_by_relay() {
        SignedBy::Relay
    } else {
        SignedBy::Key {
            selector: entry.selector.clone().unwrap_or_default(),
            algorithm: entry.algorithm().parse().map_err(wrong)?,
            private_key: entry.key().map_err(wrong)?,
            origin: entry.origin(),
        }
    };
    let domain = entry.ascii_domain().map_err(wrong)?;
    Ok(DkimKeyConfig { domain, signed_by })
}

/// The service elsewhere that operators may sign in with.
fn provider(settings: &Settings) -> Result<Option<Provider>> {
    let oidc = &settings.oidc;
    if !oidc.is_set() {
        return Ok(None);
    }
    let secret = oidc.secret().map_err(|text| anyhow!("oidc: {text}"))?;
    let base = settings.http.base();
    let provider = Provider::new(ProviderConfig {
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_secret: secret.unwrap_or_default(),
        name: oidc.name.trim().to_owned(),
        back_url: format!("{base}/admin/sign-in/provider/back"),
    })?;
    Ok(Some(provider))
}

/// Who is asked whether domains take mail. Without one, all of them count as doing so.
fn resolver(settings: &Settings) -> Option<Dns> {
    if !settings.signup.mx_check {
        return None;
    }
    let dns = match settings.signup.resolver {
        Some(address) => Dns::at(address),
        None => Dns::system(),
    };
    if let Err(error) = &dns {
        tracing::error!(error, "signup.mx_check: no domain can be looked up");
    }
    dns.ok()
}

/// A name that no other start of any process has had.
fn node_name(random: &dyn Random) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut chance = [0_u8; 6];
    random.fill(&mut chance);
    let chance: String = chance.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{chance}", host.trim(), std::process::id())
}
