//! The real program against a database with many readers, to be killed and stopped.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use paperround::app::{App, Nature};
use paperround::config::Settings;
use paperround::config::database::Database;
use paperround::config::security::Security;
use paperround::domain::article::ArticleContent;
use paperround::domain::ids::{DeliveryId, IssueId};
use paperround::domain::issue::{Counts, IssueState};
use paperround::services::import::{self, Options};
use paperround::services::ingest_article::{self, Incoming};
use paperround::services::manage_digest;
use paperround::services::manage_publication;
use paperround::services::{Deps, plan_issue};
use paperround::store::issues;
use paperround::store::ledger::{self, Line};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::database::{TestDatabase, server};
use super::new_publication;

pub const KEY: &str = "a secret key for tests, long enough.";
/// No wait in these tests is near this.
const PATIENCE: Duration = Duration::from_secs(120);

/// A database with an issue for many readers, and what the program needs to send it.
pub struct Stage {
    pub deps: Deps,
    pub issue: IssueId,
    pub readers: usize,
    pub folder: tempfile::TempDir,
    pub database: TestDatabase,
}

pub fn reader(number: usize) -> String {
    format!("reader{number}@inbox.example")
}

impl Stage {
    /// With an issue that waits to be composed.
    pub async fn new(readers: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match server() {
            Some(server) => TestDatabase::postgres(&server).await,
            None => TestDatabase::sqlite(folder.path()),
        };
        let settings = Settings {
            database: Database::at(&database.url),
            security: Security::with_key(KEY),
            ..Settings::default()
        };
        let app = App::connect(settings, Nature::system().unwrap());
        let app = app.await.unwrap();
        app.migrate().await.unwrap();
        let deps = app.deps.clone();
        let issue = issue_for_all(&deps, readers, folder.path()).await;
        Self {
            deps,
            issue,
            readers,
            folder,
            database,
        }
    }

    /// The program with its settings; a relay of ten connections.
    pub fn program(&self, relay: SocketAddr) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paperround"));
        command
            .current_dir(self.folder.path())
            .env("PAPERROUND__DATABASE__URL", &self.database.url)
            .env("PAPERROUND__SECURITY__SECRET_KEY", KEY)
            .env("PAPERROUND__RELAY__URL", format!("smtp://{relay}"))
            .env("PAPERROUND__SIGNUP__PER_IP_PER_HOUR", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// What sends, without the web side.
    pub fn serve(&self, relay: SocketAddr) -> Served {
        let mut command = self.program(relay);
        Served::start(command.args(["serve", "--only", "worker,scheduler"]))
    }

    /// All parts, and where the web side listens.
    pub async fn serve_web(&self, relay: SocketAddr) -> (Served, SocketAddr) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut command = self.program(relay);
        command.env("PAPERROUND__HTTP__LISTEN", address.to_string());
        let served = Served::start(command.arg("serve"));
        until("the web side to listen", async || {
            TcpStream::connect(address).await.is_ok()
        })
        .await;
        (served, address)
    }

    pub async fn state(&self) -> (IssueState, Counts) {
        let mut tx = self.deps.store.read().await.unwrap();
        let issue = issues::find(&mut tx, self.issue).await.unwrap().unwrap();
        let counts = issues::counts(&mut tx, self.issue).await.unwrap();
        (issue.state, counts)
    }

    pub async fn ended(&self) {
        until("the issue to end", async || self.state().await.0.is_final()).await;
    }

    pub async fn ledger(&self) -> Vec<Line> {
        let mut tx = self.deps.store.read().await.unwrap();
        let page = ledger::page(&mut tx, self.issue, None, DeliveryId(0), 1_000_000);
        page.await.unwrap()
    }
}

/// The program; killed when the test ends.
pub struct Served(Child);

impl Served {
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// SIGKILL: no handler runs.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// SIGTERM: how it ended, and after which time.
    pub async fn terminate(&mut self) -> (ExitStatus, Duration) {
        let pid = self.0.id().to_string();
        let began = Instant::now();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.unwrap().success());
        let mut status = None;
        until("the program to stop", async || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        })
        .await;
        (status.unwrap(), began.elapsed())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The status of the answer to a form.
pub async fn post(address: SocketAddr, path: &str, form: &str) -> u16 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

pub async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !done().await {
        assert!(began.elapsed() < PATIENCE, "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn issue_for_all(deps: &Deps, readers: usize, folder: &Path) -> IssueId {
    let new = new_publication("ledger", "The Ledger <news@ledger.example>");
    let publication = manage_publication::create(deps, new).await.unwrap();
    let rows: Vec<String> = (0..readers).map(reader).collect();
    let file = std::io::Cursor::new(format!("email\n{}\n", rows.join("\n")));
    let options = Options {
        consent: Some("I agreed to the old newsletter.".to_owned()),
        dry_run: false,
        source: "import readers.csv".to_owned(),
        rejected: Some(folder.join("rejected.csv")),
        ..Options::default()
    };
    let import = import::import(deps, &publication, &options, Box::new(file), |_| {});
    let counts = import.await.unwrap();
    assert_eq!(counts.confirmed, readers as u64);
    let content = ArticleContent {
        title: "A story".to_owned(),
        url: "https://ledger.example/a".to_owned(),
        ..ArticleContent::default()
    };
    let incoming = Incoming {
        content,
        topics: Vec::new(),
        ..Incoming::default()
    };
    ingest_article::ingest(deps, publication.id, &[incoming])
        .await
        .unwrap();
    let mut digest = manage_digest::draft(deps, &publication, "daily".parse().unwrap(), "Daily");
    digest.timezone = chrono_tz::UTC;
    let digest = manage_digest::create(deps, digest).await.unwrap();
    plan_issue::by_hand(deps, &digest, None).await.unwrap()
}
