//! The process is killed in the middle of a send, and started again.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use paperround::app::{App, Nature};
use paperround::config::Settings;
use paperround::config::database::Database;
use paperround::config::security::Security;
use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::{Action, ReceivedMail, Script, SmtpServer};
use paperround::domain::article::ArticleContent;
use paperround::domain::digest::Window;
use paperround::domain::email_address::EmailAddress;
use paperround::domain::ids::{IssueId, SignUpId, SubscriberId, SubscriptionId};
use paperround::domain::publication::TopicChoice;
use paperround::domain::subscription::SignUp;
use paperround::services::ingest_article::{self, Incoming};
use paperround::services::manage_digest::{self, NewDigest};
use paperround::services::manage_publication::{self, NewPublication};
use paperround::services::{Deps, plan_issue};
use paperround::store::{issues, subscribers, subscriptions};

use crate::support::database::{TestDatabase, server};

pub const READERS: usize = 2000;
const CONNECTIONS: usize = 8;
pub const KEY: &str = "a secret key for tests, long enough.";

/// Answers each mail after a while, so that the kill finds mails in flight.
pub struct Slow(pub Mailbox);

impl Script for Slow {
    fn on_message(&self, mail: &ReceivedMail) -> Action {
        self.0.keep(mail.clone());
        Action::Delay(Duration::from_millis(4), Box::new(Action::Accept))
    }
}

/// The real program; killed when the test ends.
struct Served(Child);

impl Served {
    fn start(folder: &Path, url: &str, relay: SocketAddr) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_paperround"))
            .args(["serve", "--only", "worker,scheduler"])
            .current_dir(folder)
            .env("PAPERROUND__DATABASE__URL", url)
            .env("PAPERROUND__SECURITY__SECRET_KEY", KEY)
            .env("PAPERROUND__RELAY__URL", format!("smtp://{relay}"))
            .env("PAPERROUND__RELAY__CONNECTIONS", CONNECTIONS.to_string())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// SIGKILL: no handler runs.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub async fn connect(url: &str) -> Deps {
    let settings = Settings {
        database: Database::at(url),
        security: Security::with_key(KEY),
        ..Settings::default()
    };
    let app = App::connect(settings, Nature::system().unwrap())
        .await
        .unwrap();
    app.migrate().await.unwrap();
    app.deps.clone()
}

/// A publication with its readers, and an issue for all of them.
pub async fn issue_for_all(deps: &Deps) -> IssueId {
    let new = NewPublication {
        slug: "ledger".parse().unwrap(),
        name: "The Ledger".to_owned(),
        from: "The Ledger <news@ledger.example>".parse().unwrap(),
        reply_to: None,
        postal_address: "1 Quay".to_owned(),
        language: "en".to_owned(),
        timezone: chrono_tz::UTC,
        description: None,
        privacy_url: None,
        relays: Vec::new(),
    };
    let publication = manage_publication::create(deps, new).await.unwrap().id;
    let mut tx = deps.store.begin().await.unwrap();
    for n in 0..READERS {
        let email: EmailAddress = format!("reader{n}@inbox.example").parse().unwrap();
        let now = deps.now();
        let subscriber =
            subscribers::find_or_insert(&mut tx, &email, deps.new_id(SubscriberId::new), now)
                .await
                .unwrap();
        let new_id = deps.new_id(SubscriptionId::new);
        subscriptions::find_or_insert(&mut tx, new_id, subscriber, publication, now)
            .await
            .unwrap();
        let sign_up = SignUp {
            id: deps.new_id(SignUpId::new),
            subscription: new_id,
            name: None,
            topics: TopicChoice::default(),
            digest: None,
            language: None,
            source: None,
            created_at: now,
            expires_at: now,
            used_at: None,
        };
        subscriptions::confirm(&mut tx, &sign_up, now)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let content = ArticleContent {
        title: "A story".to_owned(),
        url: "https://ledger.example/a".to_owned(),
        ..ArticleContent::default()
    };
    ingest_article::ingest(
        deps,
        publication,
        &[Incoming {
            content,
            guid: None,
            topics: Vec::new(),
        }],
    )
    .await
    .unwrap();
    let digest = NewDigest {
        publication,
        slug: "daily".parse().unwrap(),
        name: "Daily".to_owned(),
        cron: None,
        timezone: chrono_tz::UTC,
        max_items: 12,
        min_items: 1,
        window: Window::LastIssue,
        topics: Vec::new(),
    };
    let digest = manage_digest::create(deps, digest).await.unwrap();
    plan_issue::by_hand(deps, &digest, None).await.unwrap()
}

pub async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !done().await {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "waited too long for {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_send_nobody_is_missed() {
    let mailbox = Mailbox::new();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let smtp = SmtpServer::start(listen, Arc::new(Slow(mailbox.clone())))
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = match server() {
        Some(server) => TestDatabase::postgres(&server).await,
        None => TestDatabase::sqlite(folder.path()),
    };
    let deps = connect(&database.url).await;
    let issue = issue_for_all(&deps).await;

    let mut served = Served::start(folder.path(), &database.url, smtp.address());
    for part in [READERS / 4, READERS / 2] {
        until("the send to get under way", async || {
            mailbox.list().len() > part
        })
        .await;
        served.kill();
        let mut tx = deps.store.read().await.unwrap();
        let counts = issues::counts(&mut tx, issue).await.unwrap();
        drop(tx);
        assert!(
            counts.sent > 0 && counts.open() > 0,
            "killed in the middle: {counts:?}"
        );
        served = Served::start(folder.path(), &database.url, smtp.address());
    }
    until("the issue to end", async || {
        let mut tx = deps.store.read().await.unwrap();
        issues::find(&mut tx, issue)
            .await
            .unwrap()
            .unwrap()
            .state
            .is_final()
    })
    .await;

    let mut copies: HashMap<String, Vec<Option<String>>> = HashMap::new();
    for mail in mailbox.list() {
        copies
            .entry(mail.envelope().to[0].clone())
            .or_default()
            .push(mail.header("Message-ID"));
    }
    assert_eq!(copies.len(), READERS, "somebody was missed");
    let extra: usize = copies.values().map(|ids| ids.len() - 1).sum();
    assert!(
        extra <= 2 * CONNECTIONS,
        "{extra} copies after two kills with {CONNECTIONS} connections"
    );
    for ids in copies.values() {
        assert!(
            ids.iter().all(|id| id == &ids[0]),
            "a copy has the same Message-ID"
        );
    }
    let mut tx = deps.store.read().await.unwrap();
    let counts = issues::counts(&mut tx, issue).await.unwrap();
    assert_eq!(counts.sent, i64::try_from(READERS).unwrap());
}
