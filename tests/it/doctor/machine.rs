//! The machine: secret key, database, workers, public address.

use std::os::unix::fs::PermissionsExt as _;

use paperround::app::{App, Nature};
use paperround::config::Settings;
use paperround::config::security::Security;
use paperround::services::cleanup;
use paperround::store::{Store, migrate};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::support::database::{TestDatabase, server};

#[tokio::test]
async fn a_secret_key_is_for_its_owner_alone() {
    let patient = Patient::new(Zone::default()).await;
    let finding = patient.finding("secret key").await;
    assert_finding(&finding, Level::Ok, "mode 0600", "");
    let path = patient.case.key_file.clone().unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let finding = patient.finding("secret key").await;
    assert_finding(&finding, Level::Fail, "mode 0640", "chmod 600");
    std::fs::remove_file(&path).unwrap();
    let finding = patient.finding("secret key").await;
    assert_finding(&finding, Level::Warn, "no key yet", "init");
    assert!(!path.exists(), "a look makes no key");
}

#[tokio::test]
async fn a_database_is_there_and_up_to_date() {
    let mut patient = Patient::new(Zone::default()).await;
    let file = patient.folder.path().join("test.db");
    let finding = patient.finding("database").await;
    assert_finding(&finding, Level::Fail, "no database yet", "migrate");
    assert!(!file.exists(), "a look makes no database");

    let store = Store::connect(patient.case.database.url.expose_secret())
        .await
        .unwrap();
    let finding = patient.finding("database").await;
    assert_finding(&finding, Level::Warn, "migrations are missing", "serve");
    patient.case.database.migrates = false;
    let finding = patient.finding("database").await;
    assert_finding(&finding, Level::Fail, "migrations are missing", "migrate");

    migrate::run(&store).await.unwrap();
    let finding = patient.finding("database").await;
    assert_finding(&finding, Level::Ok, "writable, up to date", "");
    let mut tx = store.read().await.unwrap();
    let left = paperround::store::health::last_seen(&mut tx).await.unwrap();
    assert_eq!(left, None, "a look leaves no row");
    drop(tx);
    store.close().await;

    let finding = patient.finding("disk").await;
    assert!(finding.found.ends_with("free"), "{finding:?}");
    std::fs::write(
        &file,
        "this is no database, but long enough to look like one",
    )
    .unwrap();
    let finding = patient.finding("database").await;
    assert_finding(&finding, Level::Fail, "database", "database.url");
    patient.case.database.url = "postgres://nobody@127.0.0.1:1/nothing".to_owned().into();
    let finding = patient.finding("database").await;
    assert_finding(&finding, Level::Fail, "no answer", "database.url");
}

#[tokio::test]
async fn a_database_that_takes_no_rows_fails() {
    let patient = Patient::new(Zone::default()).await;
    let url = patient.case.database.url.expose_secret();
    migrate::run(&Store::connect(url).await.unwrap())
        .await
        .unwrap();
    let refuse =
        "CREATE TRIGGER refuse BEFORE INSERT ON nodes BEGIN SELECT RAISE(ABORT, 'no'); END";
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(url)
        .await
        .unwrap();
    sqlx::query(refuse).execute(&mut connection).await.unwrap();
    let finding = patient.finding("database").await;
    assert_finding(&finding, Level::Fail, "cannot be written", "write the file");
}

#[tokio::test]
async fn workers_and_clock_are_seen_in_the_database() {
    let mut patient = Patient::new(Zone::default()).await;
    let database = match server() {
        Some(server) => TestDatabase::postgres(&server).await,
        None => TestDatabase::sqlite(patient.folder.path()),
    };
    patient.case.database.url = database.url.clone().into();
    let settings = Settings {
        database: paperround::config::database::Database::at(&database.url),
        security: Security::with_key(&"x".repeat(40)),
        ..Settings::default()
    };
    let app = App::connect(settings, Nature::system().unwrap())
        .await
        .unwrap();
    app.migrate().await.unwrap();
    let finding = patient.finding("workers").await;
    assert_finding(&finding, Level::Warn, "ten seconds", "paperround serve");
    cleanup::heartbeat(&app.deps, "worker").await.unwrap();
    let finding = patient.finding("workers").await;
    assert_finding(&finding, Level::Ok, "1 is alive", "");
    assert_eq!(patient.finding("clock").await.result, Level::Ok);
    // A clock that has gone back: rows of ours are from its future, and PostgreSQL's is ahead.
    let behind = patient.at("2026-01-02T00:00:00Z");
    assert_finding(&behind.finding("clock").await, Level::Fail, "", "NTP");
}

/// Answers every request in one way.
async fn web(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            assert!(request[..length].starts_with(b"GET /healthz "));
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn the_public_address_is_protected_and_answers() {
    let mut patient = Patient::new(Zone::default()).await;
    let check = "public URL";
    assert_finding(&patient.finding(check).await, Level::Ok, "nothing runs", "");
    patient.case.public_url =
        web("HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nok\n").await;
    assert_finding(&patient.finding(check).await, Level::Ok, "answers", "");
    patient.case.public_url =
        web("HTTP/1.1 502 Bad\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    assert_finding(&patient.finding(check).await, Level::Fail, "502", "proxy");
    patient.case.public_url =
        web("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello").await;
    let finding = patient.finding(check).await;
    assert_finding(&finding, Level::Fail, "something else", "proxy");
    "http://news.example".clone_into(&mut patient.case.public_url);
    assert_finding(
        &patient.finding(check).await,
        Level::Fail,
        "not https",
        "RFC 8058",
    );
}
