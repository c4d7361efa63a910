//! The disk fills up under the running service, and gets room again.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use paperround::store::Tx;
use sqlx::{Connection, SqliteConnection};

use crate::support::TestApp;
use crate::support::database::server;

async fn limit(app: &TestApp, pragma: &'static str) {
    let mut tx = app.deps.store.begin().await.unwrap();
    if let Tx::Sqlite(inner) = &mut tx {
        sqlx::query(pragma).execute(&mut **inner).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_full_database_refuses_for_the_moment_and_loses_nothing() {
    if server().is_some() {
        return;
    }
    let app = TestApp::new().await;
    let sign_up = async |name: &str| {
        let form = format!("email={name}%40inbox.example&source={}", "x".repeat(900));
        app.post("/ledger/subscribe", &form).await.status
    };
    assert_eq!(sign_up("first").await, StatusCode::ACCEPTED);
    limit(&app, "PRAGMA max_page_count = 1").await;
    let mut accepted = Vec::new();
    let refused = loop {
        let name = format!("reader{}", accepted.len());
        app.advance(chrono::Duration::hours(1));
        match sign_up(&name).await {
            StatusCode::ACCEPTED => accepted.push(name),
            status => break status,
        }
        assert!(accepted.len() < 500, "the limit does nothing");
    };
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    limit(&app, "PRAGMA max_page_count = 1000000").await;
    app.advance(chrono::Duration::hours(1));
    assert_eq!(sign_up("last").await, StatusCode::ACCEPTED);
    app.send_notices().await;
    for name in accepted.iter().map(String::as_str).chain(["first", "last"]) {
        assert_eq!(app.mails_for(&format!("{name}@inbox.example")), 1, "{name}");
    }
}

/// A small file system of its own; unmounted when the test ends.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where this user may not mount.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", "size=3m", "tmpfs"], folder.path());
        mounted.then_some(Self(folder))
    }

    fn grow(&self) {
        assert!(mount(&["-o", "remount,size=20m"], self.0.path()));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    Command::new("mount")
        .args(arguments)
        .arg(folder)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The real program; killed when the test fails.
struct Served {
    child: Child,
    address: SocketAddr,
}

impl Served {
    fn start(folder: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let child = program(folder)
            .arg("serve")
            .env("PAPERROUND__HTTP__LISTEN", address.to_string())
            .spawn()
            .unwrap();
        let served = Self { child, address };
        let patience = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < patience, "it does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        served
    }

    /// The status of a sign-up's answer.
    fn sign_up(&self, name: &str) -> u16 {
        let body = format!("email={name}%40inbox.example");
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(
            stream,
            "POST /ledger/subscribe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paperround"));
    command
        .current_dir(folder)
        .env("PAPERROUND__DATABASE__URL", "sqlite://paperround.db")
        .env("PAPERROUND__RELAY__URL", "smtp://127.0.0.1:1")
        .env("PAPERROUND__SIGNUP__PER_IP_PER_HOUR", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[tokio::test]
async fn the_service_takes_sign_ups_again_as_soon_as_the_disk_has_room() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("not run: this user may not mount a small disk");
        return;
    };
    let folder = disk.0.path();
    let created = program(folder)
        .args(["publication", "create", "ledger", "--name", "The Ledger"])
        .args(["--from", "The Ledger <a@ledger.example>"])
        .args(["--postal-address", "1 Quay"])
        .status();
    assert!(created.unwrap().success());
    let mut served = Served::start(folder);
    let mut accepted = 0;
    let refused = loop {
        match served.sign_up(&format!("early{accepted}")) {
            202 => accepted += 1,
            status => break status,
        }
        assert!(accepted < 5000, "the disk does not fill up");
    };
    assert_eq!(refused, 503);
    // Long enough for the heartbeat and the queue to meet the full disk too.
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        // A small one may still find its place.
        let status = served.sign_up("refused");
        assert!(matches!(status, 202 | 503), "{status}");
        std::thread::sleep(Duration::from_millis(20));
    }
    disk.grow();
    let grown = Instant::now();
    while served.sign_up("late") != 202 {
        assert!(grown.elapsed() < Duration::from_secs(2), "still refused");
    }
    assert!(grown.elapsed() < Duration::from_secs(2));
    for n in 0..20 {
        assert_eq!(served.sign_up(&format!("later{n}")), 202);
    }
    let pid = served.child.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    assert!(served.child.wait().unwrap().success());
    let file = format!("sqlite://{}", folder.join("paperround.db").display());
    let mut connection = SqliteConnection::connect(&file).await.unwrap();
    // Taken in already, or written down to be.
    let kept: i64 = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM subscribers WHERE email LIKE 'early%')
            + (SELECT COUNT(*) FROM arrivals WHERE body LIKE '%\"early%')",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert!(kept >= accepted, "{kept} of {accepted}");
    connection.close().await.unwrap();
}
