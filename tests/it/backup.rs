//! Backups are made and restored by the real program.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::SmtpServer;
use serde_json::Value;

use crate::cli::{CREATE, fails, ok, run};
use crate::support::TestApp;
use crate::support::database::{TestDatabase, server};
use crate::support::program::{KEY, Served, post, until};

/// A folder in which the program runs on SQLite, with a relay that keeps what it gets.
struct Place {
    folder: tempfile::TempDir,
    mailbox: Mailbox,
    smtp: SmtpServer,
    address: std::net::SocketAddr,
}

impl Place {
    async fn new() -> Self {
        let mailbox = Mailbox::new();
        let loopback = "127.0.0.1:0".parse().unwrap();
        let smtp = SmtpServer::start(loopback, std::sync::Arc::new(mailbox.clone())).await;
        let free = std::net::TcpListener::bind(loopback).unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            mailbox,
            smtp: smtp.unwrap(),
            address: free.local_addr().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paperround"));
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .env(
                "PAPERROUND__RELAY__URL",
                format!("smtp://{}", self.smtp.address()),
            )
            .env("PAPERROUND__HTTP__LISTEN", self.address.to_string())
            .env("PAPERROUND__SIGNUP__PER_IP_PER_HOUR", "0")
            .env("PAPERROUND__SECURITY__SECRET_KEY", KEY);
        command
    }

    fn done(&self, arguments: &[&str]) -> Output {
        self.program(arguments).output().unwrap()
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let done = self.done(arguments);
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{arguments:?}: {error}");
        String::from_utf8(done.stdout).unwrap()
    }

    fn fails(&self, arguments: &[&str]) -> String {
        let done = self.done(arguments);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(done.stderr).unwrap()
    }

    async fn serve(&self) -> Served {
        let mut command = self.program(&["serve"]);
        command.stdout(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null());
        let served = Served::start(&mut command);
        until("it to listen", async || {
            tokio::net::TcpStream::connect(self.address).await.is_ok()
        })
        .await;
        served
    }

    async fn sign_up(&self, name: &str) -> u16 {
        let form = format!("email={name}%40inbox.example");
        post(self.address, "/ledger/subscribe", &form).await
    }

    fn mails(&self, name: &str) -> usize {
        let to = format!("{name}@inbox.example");
        let all = self.mailbox.list();
        all.iter().filter(|mail| mail.is_for(&to)).count()
    }

    fn doctor(&self) -> String {
        let done = self.done(&["doctor"]);
        String::from_utf8(done.stdout).unwrap()
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_backup_is_of_one_moment_while_readers_sign_up() {
    let place = Place::new().await;
    place.ok(&CREATE);
    let served = place.serve().await;
    let (stop, accepted) = (AtomicBool::new(false), AtomicUsize::new(0));
    let signing_up = async {
        while !stop.load(Ordering::Relaxed) {
            let n = accepted.load(Ordering::Relaxed);
            assert_eq!(place.sign_up(&format!("reader{n}")).await, 202);
            accepted.fetch_add(1, Ordering::Relaxed);
        }
    };
    let backing_up = async {
        until("the first readers", async || {
            accepted.load(Ordering::Relaxed) > 5
        })
        .await;
        let before = accepted.load(Ordering::Relaxed);
        let mut command = place.program(&["backup", "copy.db", "--json"]);
        let done = tokio::task::spawn_blocking(move || command.output().unwrap());
        let done = done.await.unwrap();
        let after = accepted.load(Ordering::Relaxed);
        stop.store(true, Ordering::Relaxed);
        (before, after, done)
    };
    let ((), (before, after, done)) = tokio::join!(signing_up, backing_up);
    assert!(done.status.success(), "{done:?}");
    let told = json(&String::from_utf8(done.stdout).unwrap());
    let copy = place.path("copy.db");
    let file = copy.metadata().unwrap();
    assert_eq!(told["bytes"], file.len());
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    let log = String::from_utf8(done.stderr).unwrap();
    assert!(log.contains("secret key"), "{log}");
    let kept = readers(&copy).await;
    let (before, after) = (
        i64::try_from(before).unwrap(),
        i64::try_from(after).unwrap() + 1,
    );
    assert!((before..=after).contains(&kept), "{before} {kept} {after}");

    assert!(place.fails(&["backup", "copy.db"]).contains("--force"));
    place.ok(&["backup", "copy.db", "--force"]);
    assert!(readers(&copy).await > kept);
    assert!(
        place
            .fails(&["backup", "nowhere/copy.db"])
            .contains("nowhere")
    );
    drop(served);
}

/// Readers in a copy: taken in, or written down to be.
async fn readers(copy: &Path) -> i64 {
    use sqlx::Connection as _;
    let url = format!("sqlite://{}?mode=ro", copy.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let whole: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(whole, "ok");
    let count = "SELECT (SELECT COUNT(*) FROM subscribers) + (SELECT COUNT(*) FROM arrivals)";
    sqlx::query_scalar(count)
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

/// Notices that a database knows as sent.
async fn sent(database: &Path) -> i64 {
    use sqlx::Connection as _;
    let url = format!("sqlite://{}", database.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let sent = sqlx::query_scalar("SELECT COUNT(*) FROM notices WHERE state = 'sent'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    sent
}

#[tokio::test]
async fn a_restored_copy_sends_nothing_until_it_may() {
    let place = Place::new().await;
    place.ok(&CREATE);
    let mut served = place.serve().await;
    assert_eq!(place.sign_up("ada").await, 202);
    until("the first mail", async || place.mails("ada") == 1).await;
    // The relay has it before its row says so.
    until("its row", async || {
        sent(&place.path("paperround.db")).await == 1
    })
    .await;
    place.ok(&["backup", "copy.db"]);
    assert_eq!(place.sign_up("ben").await, 202);
    until("the second mail", async || place.mails("ben") == 1).await;
    place.ok(&["suppression", "add", "gone@inbox.example"]);
    let list = place.ok(&["suppression", "export"]);
    std::fs::write(place.path("suppressed.csv"), list).unwrap();
    assert!(place.fails(&["resume-sending"]).contains("not held"));

    let restore = ["restore", "copy.db", "--suppressions", "suppressed.csv"];
    let forced = [&restore[..], &["--force"]].concat();
    assert!(place.fails(&forced).contains("serve` first"), "in use");
    served.terminate().await;
    assert!(place.fails(&restore).contains("not empty"));
    let told = json(&place.ok(&[&forced[..], &["--json"]].concat()));
    assert_eq!(
        (&told["sending"], &told["is_our_key"], &told["suppressed"]),
        (&"held".into(), &true.into(), &1.into())
    );
    let kept = PathBuf::from(told["kept"].as_str().unwrap());
    assert!(place.path(kept.to_str().unwrap()).exists(), "{kept:?}");
    let mode = place
        .path("paperround.db")
        .metadata()
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    assert!(place.ok(&["subscriber", "find", "ada"]).contains("ada@"));
    assert!(
        !place
            .done(&["subscriber", "show", "ben@inbox.example"])
            .status
            .success()
    );

    let served = place.serve().await;
    assert_eq!(place.sign_up("cid").await, 202);
    assert_eq!(place.sign_up("gone").await, 202);
    let doctor = place.doctor();
    assert!(doctor.contains("held: this is a copy"), "{doctor}");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(place.mails("cid"), 0);
    let resumed = json(&place.ok(&["resume-sending", "--json"]));
    assert_eq!(resumed["notices_given_up"], 0);
    until("its mail", async || place.mails("cid") == 1).await;
    assert_eq!((place.mails("ada"), place.mails("gone")), (1, 0));
    assert!(!place.doctor().contains("held"));
    drop(served);
}

#[tokio::test]
async fn what_is_no_backup_is_not_restored() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let refused = |file: &str| fails(at, &["restore", file], 1);
    assert!(fails(at, &["backup", "copy.db"], 1).contains("no database"));
    assert!(refused("copy.db").contains("no such file"));
    std::fs::write(
        at.join("text.db"),
        "nothing of the kind, but rather long ".repeat(50),
    )
    .unwrap();
    assert!(refused("text.db").contains("no backup"));
    std::fs::write(at.join("empty.db"), "").unwrap();
    assert!(refused("empty.db").contains("no backup"));
    assert!(!at.join("paperround.db").exists(), "nothing was begun");

    ok(at, &CREATE, "");
    ok(at, &["backup", "copy.db"], "");
    assert!(refused("copy.db").contains("not empty"));
    assert!(fails(at, &["restore", "paperround.db", "--force"], 1).contains("itself"));
    // A page in the middle is lost.
    let mut bytes = std::fs::read(at.join("copy.db")).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xA5);
    std::fs::write(at.join("broken.db"), bytes).unwrap();
    assert!(fails(at, &["restore", "broken.db", "--force"], 1).contains("damaged"));
    newer(&at.join("copy.db"), &at.join("newer.db")).await;
    assert!(fails(at, &["restore", "newer.db", "--force"], 1).contains("newer version"));
    std::fs::copy(at.join("copy.db"), at.join("hot.db")).unwrap();
    std::fs::write(at.join("hot.db-wal"), "rows").unwrap();
    assert!(fails(at, &["restore", "hot.db", "--force"], 1).contains("log beside"));
    let leftovers = std::fs::read_dir(at).unwrap().flatten();
    let leftovers: Vec<_> = leftovers
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".tmp") || name.contains("before"))
        .collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
    assert!(
        ok(at, &["publication", "list"], "").contains("ledger"),
        "untouched"
    );

    let done = run(at, &["restore", "copy.db", "--force"], "");
    assert!(done.status.success());
    let told = String::from_utf8(done.stderr).unwrap();
    assert!(told.contains("resume-sending"), "{told}");
    ok(at, &["resume-sending", "--yes"], "");
}

/// A copy that has a migration of a version to come.
async fn newer(from: &Path, to: &Path) {
    use sqlx::Connection as _;
    std::fs::copy(from, to).unwrap();
    let url = format!("sqlite://{}", to.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let add = "INSERT INTO paperround_migrations (version, description, success, checksum, execution_time)
        VALUES (9999, 'to come', TRUE, X'00', 0)";
    sqlx::query(add).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// With PostgreSQL's own programs, where they are there.
#[tokio::test]
async fn postgresql_is_backed_up_and_restored_by_its_own_programs() {
    let Some(server) = server() else {
        return;
    };
    let app = TestApp::new().await;
    if Command::new("pg_dump").arg("--version").output().is_err() {
        let done = app
            .program()
            .args(["backup", "copy.dump"])
            .output()
            .unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(said.contains("pg_dump is not there"), "{said}");
        return;
    }
    app.subscribe("ada@inbox.example", "").await;
    let in_place = |url: &str, arguments: &[&str]| {
        let mut command = app.program();
        command
            .env("PAPERROUND__DATABASE__URL", url)
            .args(arguments);
        command.output().unwrap()
    };
    let said = |done: &Output| String::from_utf8_lossy(&done.stderr).into_owned();
    let made = in_place(app.database_url(), &["backup", "copy.dump"]);
    assert!(made.status.success(), "{}", said(&made));
    let refused = in_place(app.database_url(), &["restore", "copy.dump"]);
    assert!(said(&refused).contains("createdb"), "{}", said(&refused));

    let empty = TestDatabase::postgres(&server).await;
    let restored = in_place(&empty.url, &["restore", "copy.dump", "--json"]);
    assert!(restored.status.success(), "{}", said(&restored));
    let told = json(&String::from_utf8(restored.stdout).unwrap());
    assert_eq!(told["is_our_key"], true);
    let shown = in_place(&empty.url, &["subscriber", "show", "ada@inbox.example"]);
    assert!(shown.status.success(), "{}", said(&shown));
    let watched = in_place(&empty.url, &["doctor"]);
    let found = String::from_utf8(watched.stdout).unwrap();
    assert!(found.contains("held: this is a copy"), "{found}");
    let resumed = in_place(&empty.url, &["resume-sending", "--json"]);
    assert!(resumed.status.success(), "{}", said(&resumed));
    // A backup of the copy is one of its own.
    let again = in_place(&empty.url, &["backup", "again.dump"]);
    assert!(again.status.success(), "{}", said(&again));
}
