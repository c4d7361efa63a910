//! The disk fills up under the running service, and gets room again.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
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
        app.post("/ledger/subscribe", &form).await
    };
    assert_eq!(sign_up("first").await.status, StatusCode::ACCEPTED);
    limit(&app, "PRAGMA max_page_count = 1").await;
    let mut accepted = Vec::new();
    let refused = loop {
        let name = format!("reader{}", accepted.len());
        app.advance(chrono::Duration::hours(1));
        let answer = sign_up(&name).await;
        match answer.status {
            StatusCode::ACCEPTED => accepted.push(name),
            _ => break answer,
        }
        assert!(accepted.len() < 500, "the limit does nothing");
    };
    let (status, body) = (refused.status, &refused.body);
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
    limit(&app, "PRAGMA max_page_count = 1000000").await;
    app.advance(chrono::Duration::hours(1));
    assert_eq!(sign_up("last").await.status, StatusCode::ACCEPTED);
    app.send_notices().await;
    for name in accepted.iter().map(String::as_str).chain(["first", "last"]) {
        assert_eq!(app.mails_for(&format!("{name}@inbox.example")), 1, "{name}");
    }
}

/// What is left to the service when the ballast is in: some sign-ups, whose log and pages it holds.
const LEFT: u64 = 256 * 1024;
/// No wait of these tests is near this, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// Refusals after there is room that belong to what had begun before.
const LAST_REFUSALS: u32 = 5;

/// A small file system of its own; unmounted when the test ends. It has room for any schema, and is
/// filled up by a file that nobody needs.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where this user may not mount.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(Self(folder))
    }

    fn ballast(&self) -> PathBuf {
        self.0.path().join("ballast")
    }

    /// Fills it up but for [`LEFT`].
    fn fill(&self) {
        let mut file = File::create(self.ballast()).unwrap();
        let mut size = 0;
        loop {
            match file.write(&[0; 4096]) {
                Ok(written) => size += u64::try_from(written).unwrap(),
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
        file.set_len(size - LEFT).unwrap();
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// The real program; killed when the test fails.
struct Served {
    child: Child,
    /// Not on the small disk.
    log: tempfile::NamedTempFile,
    address: SocketAddr,
}

impl Served {
    /// It chooses its port by itself: one that was free before may be another test's by then.
    fn start(folder: &Path) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut child = program(folder)
            .arg("serve")
            .env("PAPERROUND__HTTP__LISTEN", "127.0.0.1:0")
            .env_remove("RUST_LOG")
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let patience = Instant::now() + PATIENCE;
        loop {
            let text = std::fs::read_to_string(log.path()).unwrap();
            if let Some(address) = listens_at(&text) {
                let served = Self {
                    child,
                    log,
                    address,
                };
                return served;
            }
            let ended = child.try_wait().unwrap();
            if ended.is_some() || Instant::now() > patience {
                let _ = child.kill();
                panic!("it does not listen: {ended:?}\n{text}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The status of a sign-up's answer: it was taken, or refused for the moment.
    fn sign_up(&self, name: &str) -> u16 {
        let mut answer = String::new();
        let asked = TcpStream::connect(self.address).and_then(|mut stream| {
            let source = "x".repeat(900);
            let body = format!("email={name}%40inbox.example&source={source}");
            write!(
                stream,
                "POST /ledger/subscribe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )?;
            stream.read_to_string(&mut answer)
        });
        let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
        match status {
            Some(status @ (202 | 503)) => status,
            _ => panic!("{name}: {asked:?}\n{answer}\n{}", self.told()),
        }
    }

    fn told(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap_or_default()
    }
}

/// The address in the line of the log that says so.
fn listens_at(log: &str) -> Option<SocketAddr> {
    let mut lines = log.lines().filter_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line["listen"].as_str()?.parse().ok()
    });
    lines.next_back()
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nothing but the disk keeps a sign-up out.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paperround"));
    command
        .current_dir(folder)
        .env("PAPERROUND__DATABASE__URL", "sqlite://paperround.db")
        .env("PAPERROUND__RELAY__URL", "smtp://127.0.0.1:1")
        .env("PAPERROUND__SIGNUP__PER_IP_PER_HOUR", "0")
        .env("PAPERROUND__SIGNUP__PER_DOMAIN_PER_HOUR", "0")
        .env("PAPERROUND__SIGNUP__PER_HOUR", "0")
        .env("PAPERROUND__SIGNUP__PROOF_OF_WORK", "never")
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
        .output()
        .unwrap();
    assert!(created.status.success(), "{created:?}");
    let mut served = Served::start(folder);
    assert_eq!(served.sign_up("early0"), 202);
    disk.fill();
    let mut accepted = 1;
    let full = Instant::now();
    while served.sign_up(&format!("early{accepted}")) == 202 {
        accepted += 1;
        assert!(full.elapsed() < PATIENCE, "{accepted}: it does not fill up");
    }
    // Long enough for the heartbeat and the queue to meet the full disk too.
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        // A small one may still find its place.
        served.sign_up("refused");
        std::thread::sleep(Duration::from_millis(20));
    }
    disk.make_room();
    let mut refusals = 0;
    while served.sign_up("late") != 202 {
        refusals += 1;
        assert!(
            refusals <= LAST_REFUSALS,
            "still refused\n{}",
            served.told()
        );
    }
    for n in 0..20 {
        assert_eq!(
            served.sign_up(&format!("later{n}")),
            202,
            "{}",
            served.told()
        );
    }
    let pid = served.child.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    let ended = served.child.wait().unwrap();
    assert!(ended.success(), "{ended}\n{}", served.told());
    assert!(kept(folder).await >= accepted, "of {accepted}");
}

/// How many of those that were told so are taken in already, or written down to be.
async fn kept(folder: &Path) -> i64 {
    let file = format!("sqlite://{}", folder.join("paperround.db").display());
    let mut connection = SqliteConnection::connect(&file).await.unwrap();
    let kept = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM subscribers WHERE email LIKE 'early%')
            + (SELECT COUNT(*) FROM arrivals WHERE body LIKE '%\"early%')",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    kept
}
