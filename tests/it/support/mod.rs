//! What flow tests share: the real router, a real database each, a real SMTP conversation.
//!
//! With `TEST_DATABASE_URL` (a PostgreSQL server on which databases may be made) the same tests
//! run on PostgreSQL.

pub mod browser;
pub mod database;
pub mod dns;
pub mod hub;
pub mod identity;
mod inspect;
mod mails;
pub mod newsstand;
pub mod program;
pub mod receiver;
pub mod sink;
mod web;

pub use web::Answer;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use paperround::app::{App, Nature};
use paperround::config::Settings;
use paperround::config::relay::{Relay, Relays};
use paperround::config::security::Security;
use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::{Script, SmtpServer};
use paperround::domain::article::ArticleContent;
use paperround::domain::clock::ManualClock;
use paperround::domain::digest::{Digest, DigestChoice};
use paperround::domain::email_address::EmailAddress;
use paperround::domain::ids::{
    DeliveryId, IssueId, PublicationId, SignUpId, SubscriberId, SubscriptionId,
};
use paperround::domain::issue::{Counts, Issue, IssueState};
use paperround::domain::publication::{Publication, TopicChoice};
use paperround::domain::random::StdRandom;
use paperround::domain::subscription::SignUp;
use paperround::services::ingest_article::{self, Incoming};
use paperround::services::manage_digest;
use paperround::services::manage_publication::{self, NewPublication};
use paperround::services::{
    Deps, compose_issue, deliver, mail_link, plan_issue, send_notice, sign_up,
};
use paperround::store::ledger::{self, Line};
use paperround::store::{issues, notices, subscribers, subscriptions};
use tokio_util::sync::CancellationToken;

use database::TestDatabase;

/// The service on its own database and clock, with an SMTP server to talk to.
pub struct TestApp {
    pub deps: Deps,
    pub clock: Arc<ManualClock>,
    pub mailbox: Mailbox,
    pub publication: Publication,
    router: axum::Router,
    _smtp: SmtpServer,
    folder: tempfile::TempDir,
    database: TestDatabase,
}

impl TestApp {
    /// With an SMTP server that takes everything.
    pub async fn new() -> Self {
        let mailbox = Mailbox::new();
        Self::with(Arc::new(mailbox.clone()), mailbox, |_| {}).await
    }

    /// With a script for the SMTP server and changed settings.
    pub async fn with(
        script: Arc<dyn Script>,
        mailbox: Mailbox,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let smtp = SmtpServer::start(loopback, script).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = match database::server() {
            Some(server) => TestDatabase::postgres(&server).await,
            None => TestDatabase::sqlite(folder.path()),
        };
        let mut settings = Settings {
            database: paperround::config::database::Database::at(&database.url),
            security: Security::with_key(program::KEY),
            relay: Relays(vec![Relay::at(&format!("smtp://{}", smtp.address()))]),
            ..Settings::default()
        };
        "https://news.example".clone_into(&mut settings.http.public_url);
        change(&mut settings);
        let clock = Arc::new(ManualClock::new("2026-03-02T08:00:00Z".parse().unwrap()));
        let nature = Nature {
            clock: clock.clone(),
            random: Arc::new(StdRandom::seeded(7)),
        };
        let app = App::connect(settings, nature).await.unwrap();
        app.migrate().await.unwrap();
        let deps = app.deps.clone();
        let publication = publication(&deps).await;
        Self {
            router: app.router(),
            deps,
            clock,
            mailbox,
            publication,
            _smtp: smtp,
            folder,
            database,
        }
    }

    /// Another process on the same database and clock, with changed settings.
    pub async fn beside(&self, change: impl FnOnce(&mut Settings)) -> Deps {
        let mut settings = Settings {
            database: paperround::config::database::Database::at(&self.database.url),
            security: Security::with_key(program::KEY),
            ..Settings::default()
        };
        change(&mut settings);
        let nature = Nature {
            clock: self.clock.clone(),
            random: Arc::new(StdRandom::seeded(8)),
        };
        App::connect(settings, nature).await.unwrap().deps
    }

    pub fn advance(&self, by: chrono::Duration) {
        self.clock.advance(by);
    }

    /// Sets the clock.
    pub fn clock_at(&self, time: &str) {
        let time: paperround::domain::clock::Time = time.parse().unwrap();
        self.advance(time - self.deps.now());
    }

    /// Where the database is, for a connection beside the service's own.
    pub fn database_url(&self) -> &str {
        &self.database.url
    }

    /// The web side, to be served on a listener.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }

    /// The real program on the same database.
    pub fn program(&self) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_paperround"));
        command
            .current_dir(self.folder.path())
            .env("PAPERROUND__DATABASE__URL", &self.database.url)
            .env("PAPERROUND__SECURITY__SECRET_KEY", program::KEY);
        command
    }

    /// Fills in the form, opens the mail and presses its button.
    pub async fn subscribe(&self, email: &str, form: &str) {
        let answer = self
            .post(
                "/ledger/subscribe",
                &format!("email={}{form}", email.replace('@', "%40")),
            )
            .await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        self.send_notices().await;
        let link = self.link(email, "/confirm/");
        assert_eq!(self.post(&link, "").await.status, StatusCode::OK);
    }

    /// Takes in the sign-ups that have arrived.
    pub async fn take_in(&self) {
        while sign_up::take_in(&self.deps).await.unwrap() {}
        while mail_link::take_in(&self.deps).await.unwrap() {}
    }

    /// Takes in what has arrived, and sends the notices that are due.
    pub async fn send_notices(&self) -> usize {
        self.take_in().await;
        let mut tx = self.deps.store.read().await.unwrap();
        let due = notices::due(&mut tx, self.deps.now(), 1000).await.unwrap();
        drop(tx);
        for id in &due {
            send_notice::send(&self.deps, *id).await.unwrap();
        }
        due.len()
    }

    /// Adds an article that is published now.
    pub async fn article(&self, slug: &str, title: &str, topics: &[&str]) {
        self.article_with(slug, title, topics, |_| {}).await;
    }

    /// Adds an article that differs from the usual.
    pub async fn article_with(
        &self,
        slug: &str,
        title: &str,
        topics: &[&str],
        change: impl FnOnce(&mut ArticleContent),
    ) {
        let mut incoming = Incoming {
            content: ArticleContent {
                title: title.to_owned(),
                url: format!("https://ledger.example/{slug}"),
                summary_html: format!("<p>About {title}.</p>"),
                summary_text: format!("About {title}."),
                published_at: Some(self.deps.now()),
                ..ArticleContent::default()
            },
            topics: topics.iter().map(|t| t.parse().unwrap()).collect(),
            ..Incoming::default()
        };
        change(&mut incoming.content);
        ingest_article::ingest(&self.deps, self.publication.id, &[incoming])
            .await
            .unwrap();
    }

    /// Defines a digest.
    pub async fn digest(&self, slug: &str, cron: Option<&str>, min_items: u32) -> Digest {
        self.digest_with(slug, |digest| {
            digest.cron = cron.map(str::to_owned);
            digest.min_items = min_items;
        })
        .await
    }

    /// Defines a digest that differs from the usual.
    pub async fn digest_with(&self, slug: &str, change: impl FnOnce(&mut Digest)) -> Digest {
        let slug = slug.parse().unwrap();
        let mut draft = manage_digest::draft(&self.deps, &self.publication, slug, "Daily");
        draft.name = draft.slug.to_string();
        change(&mut draft);
        manage_digest::create(&self.deps, draft).await.unwrap()
    }

    /// Makes an issue by hand and composes it.
    pub async fn compose(&self, digest: &Digest) -> IssueId {
        self.advance(chrono::Duration::seconds(1));
        let id = plan_issue::by_hand(&self.deps, digest, None).await.unwrap();
        compose_issue::compose(&self.deps, id).await.unwrap();
        id
    }

    /// Confirmed readers, straight into the database.
    pub async fn readers(&self, addresses: impl Iterator<Item = String>) {
        let now = self.deps.now();
        let mut tx = self.deps.store.begin().await.unwrap();
        for address in addresses {
            let email: EmailAddress = address.parse().unwrap();
            let id = self.deps.new_id(SubscriberId::new);
            let subscriber = subscribers::find_or_insert(&mut tx, &email, id, now)
                .await
                .unwrap();
            let subscription = self.deps.new_id(SubscriptionId::new);
            subscriptions::find_or_insert(
                &mut tx,
                subscription,
                subscriber,
                self.publication.id,
                now,
            )
            .await
            .unwrap();
            let sign_up = SignUp {
                id: self.deps.new_id(SignUpId::new),
                subscription,
                name: None,
                topics: TopicChoice::default(),
                digests: DigestChoice::default(),
                language: None,
                source: None,
                network: None,
                created_at: now,
                expires_at: now,
                used_at: None,
            };
            subscriptions::confirm(&mut tx, &sign_up, now)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// The whole ledger of an issue.
    pub async fn ledger(&self, id: IssueId) -> Vec<Line> {
        let mut tx = self.deps.store.read().await.unwrap();
        ledger::page(&mut tx, id, None, DeliveryId(0), 10_000)
            .await
            .unwrap()
    }

    /// How many mails each relay took.
    pub async fn relays_used(&self, id: IssueId) -> BTreeMap<String, usize> {
        let mut used = BTreeMap::new();
        for relay in self
            .ledger(id)
            .await
            .into_iter()
            .filter_map(|line| line.relay)
        {
            *used.entry(relay).or_default() += 1;
        }
        used
    }

    /// Sends what is due; trouble with the relay is handed back.
    pub async fn deliver(&self) -> Result<(), deliver::DeliverError> {
        let stop = CancellationToken::new();
        tokio::time::timeout(Duration::from_secs(60), deliver::run(&self.deps, &stop))
            .await
            .unwrap()
    }

    pub async fn send(&self, digest: &Digest) -> IssueId {
        let id = self.compose(digest).await;
        self.deliver().await.unwrap();
        id
    }

    pub async fn issue(&self, id: IssueId) -> (Issue, Counts) {
        let mut tx = self.deps.store.read().await.unwrap();
        let issue = issues::find(&mut tx, id).await.unwrap().unwrap();
        (issue, issues::counts(&mut tx, id).await.unwrap())
    }

    pub async fn state(&self, id: IssueId) -> IssueState {
        self.issue(id).await.0.state
    }

    /// How many rows a table has.
    pub async fn rows(&self, table: &str) -> i64 {
        inspect::number(&self.database.url, &format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// The one number that a statement gives, past all that the service knows.
    pub async fn number(&self, statement: &str) -> i64 {
        inspect::number(&self.database.url, statement).await
    }

    /// All that a column of texts holds.
    pub async fn dump(&self, table: &str, column: &str) -> String {
        let all = format!("SELECT COALESCE({column}, '') FROM {table}");
        inspect::texts(&self.database.url, &all).await.join("\n")
    }

    pub fn publication_id(&self) -> PublicationId {
        self.publication.id
    }
}

/// A publication to be made, with all that has no default.
pub fn new_publication(slug: &str, from: &str) -> NewPublication {
    NewPublication {
        slug: slug.parse().unwrap(),
        name: "The Ledger".to_owned(),
        from: from.parse().unwrap(),
        reply_to: None,
        postal_address: "1 Old Quay, Port Marrow".to_owned(),
        language: "en".to_owned(),
        timezone: chrono_tz::UTC,
        description: None,
        privacy_url: None,
        languages: Vec::new(),
        relays: Vec::new(),
    }
}

async fn publication(deps: &Deps) -> Publication {
    let new = NewPublication {
        name: "The Harbour Ledger".to_owned(),
        timezone: chrono_tz::Europe::Berlin,
        ..new_publication("ledger", "The Harbour Ledger <news@ledger.example>")
    };
    let made = manage_publication::create(deps, new).await.unwrap();
    for (slug, name) in [
        ("energy", "Energy"),
        ("markets", "Markets"),
        ("retail", "Retail"),
    ] {
        manage_publication::add_topic(deps, made.id, slug.parse().unwrap(), name)
            .await
            .unwrap();
    }
    made
}
