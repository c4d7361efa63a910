//! The queue's workers: how soon a job starts, and that rows are found without any job.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use paperround::app::{App, Nature, Roles};
use paperround::config::Settings;
use paperround::config::database::Database;
use paperround::config::relay::{Relay, Relays};
use paperround::config::security::Security;
use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::SmtpServer;
use paperround::domain::ids::NoticeId;
use paperround::domain::job::NoWakeups;
use paperround::domain::notice::NoticeKind;
use paperround::services::Deps;
use paperround::services::manage_publication;
use paperround::services::sign_up::{self, Request};
use paperround::store::notices;
use tokio_util::sync::CancellationToken;

use crate::support::database::{TestDatabase, server};
use crate::support::new_publication;

/// A running service, and the same database as another process would see it.
struct Running {
    other: Deps,
    mailbox: Mailbox,
    stop: CancellationToken,
    service: tokio::task::JoinHandle<anyhow::Result<()>>,
    _smtp: SmtpServer,
    _database: TestDatabase,
    _folder: tempfile::TempDir,
}

async fn running() -> Running {
    let mailbox = Mailbox::new();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let smtp = SmtpServer::start(listen, Arc::new(mailbox.clone()))
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = match server() {
        Some(server) => TestDatabase::postgres(&server).await,
        None => TestDatabase::sqlite(folder.path()),
    };
    let mut settings = Settings {
        database: Database::at(&database.url),
        security: Security::with_key("a secret key for tests, long enough."),
        relay: Relays(vec![Relay::at(&format!("smtp://{}", smtp.address()))]),
        ..Settings::default()
    };
    settings.signup.per_ip_per_hour = 0;
    let app = App::connect(settings, Nature::system().unwrap())
        .await
        .unwrap();
    app.migrate().await.unwrap();
    let mut other = app.deps.clone();
    other.wakeups = Arc::new(NoWakeups);
    let stop = CancellationToken::new();
    let roles = Roles {
        web: false,
        ..Roles::ALL
    };
    let service = tokio::spawn(app.run(roles, None, stop.clone()));
    Running {
        other,
        mailbox,
        stop,
        service,
        _smtp: smtp,
        _database: database,
        _folder: folder,
    }
}

fn request(email: &str) -> Request {
    Request {
        email: email.parse().unwrap(),
        name: None,
        topics: paperround::domain::publication::TopicChoice::default(),
        digests: paperround::domain::digest::DigestChoice::default(),
        language: None,
        timezone: None,
        source: None,
        address: "203.0.113.7".parse().unwrap(),
        is_trapped: false,
        proof: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_another_process_are_found_quickly_and_lost_ones_by_the_sweep() {
    let running = running().await;
    let new = new_publication("ledger", "The Ledger <news@ledger.example>");
    let publication = manage_publication::create(&running.other, new)
        .await
        .unwrap();
    let mut waits = Vec::new();
    for n in 0..10 {
        let email = format!("r{n}@inbox.example");
        let began = Instant::now();
        sign_up::sign_up(&running.other, &publication, &request(&email))
            .await
            .unwrap();
        // Far below the queue's own 30 seconds, and generous to a busy machine.
        let mail = running
            .mailbox
            .wait_for(&email, Duration::from_secs(10))
            .await;
        assert!(mail.is_some(), "{email} waited for nothing");
        waits.push(began.elapsed().as_millis());
    }
    waits.sort_unstable();
    println!("from push to mail, ms: {waits:?}");

    // A notice whose job was lost.
    let mut tx = running.other.store.begin().await.unwrap();
    let id = running.other.new_id(NoticeId::new);
    let email = "r0@inbox.example".parse().unwrap();
    let reader = paperround::store::subscribers::find_by_email(&mut tx, &email)
        .await
        .unwrap()
        .unwrap();
    let found =
        paperround::store::subscriptions::find_by_subscriber(&mut tx, reader.id, publication.id)
            .await;
    let subscription = found.unwrap().unwrap();
    let sign_up = paperround::domain::subscription::SignUp {
        id: running.other.new_id(paperround::domain::ids::SignUpId::new),
        subscription: subscription.id,
        name: None,
        topics: subscription.topics,
        digests: paperround::domain::digest::DigestChoice::default(),
        language: None,
        source: None,
        network: None,
        created_at: running.other.now(),
        expires_at: running.other.now() + chrono::TimeDelta::days(1),
        used_at: None,
    };
    paperround::store::sign_ups::insert(&mut tx, &sign_up, b"lost")
        .await
        .unwrap();
    notices::insert(
        &mut tx,
        id,
        NoticeKind::Confirmation,
        sign_up.id,
        running.other.now(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let before = running.mailbox.list().len();
    let began = Instant::now();
    while running.mailbox.list().len() == before {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the sweep found nothing"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    running.stop.cancel();
    running.service.await.unwrap().unwrap();
}
