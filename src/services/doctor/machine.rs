//! Checks of this machine: secret key, database, disk, clock, workers, public address.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use url::{Host, Url};

use super::{Case, Finding, LIMIT, limited};
use crate::domain::clock::Time;
use crate::domain::hold::Hold;
use crate::domain::publication::Publication;
use crate::feeds::probe::{Probed, probe};
use crate::store::{Store, StoreError, health, holds, nodes, publications};

/// Less free room than this is no good: SQLite's log alone grows to 150 MB for a million readers.
const LEAST_ROOM: u64 = 200_000_000;
/// How far two clocks may be apart: a node not seen for ten seconds is taken for dead.
const SKEW: chrono::TimeDelta = chrono::TimeDelta::seconds(2);
const MOST_SKEW: chrono::TimeDelta = chrono::TimeDelta::seconds(5);
/// What group and others may do with a file.
const OTHERS: u32 = 0o077;
/// This version was not there before.
const FIRST_YEAR: i32 = 2026;

/// The file of the secret key: there, and for its owner alone.
pub(super) fn key_file(case: &Case) -> Finding {
    let check = "secret key";
    let Some(path) = &case.key_file else {
        return Finding::ok(check, "", "given in the settings");
    };
    let subject = path.display().to_string();
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::warn(
            check,
            subject,
            "there is no key yet",
            "`paperround init` or the first start of `serve` makes it; keep a copy of it",
        ),
        Err(error) => Finding::fail(
            check,
            subject,
            error.to_string(),
            "let the user that runs Paperround read it",
        ),
        Ok(metadata) => {
            let mode = metadata.permissions().mode() & 0o777;
            let found = format!("mode {mode:04o}");
            if mode & OTHERS == 0 {
                Finding::ok(check, subject, found)
            } else {
                let remedy = format!("chmod 600 {}: links are signed with it", path.display());
                Finding::fail(check, subject, found + ", others may read it", remedy)
            }
        }
    }
}

/// Database, disk, clock and workers; and the publications, where they can be read.
pub(super) async fn database(case: &Case) -> (Vec<Finding>, Option<Vec<Publication>>) {
    let file = health::file(case.database.url.expose_secret());
    let subject = match &file {
        Some(path) => path.display().to_string(),
        None => "PostgreSQL".to_owned(),
    };
    let looked = tokio::time::timeout(LIMIT, look(case, file.as_ref())).await;
    let clock_alone = || clock(case.clock.now(), None, None);
    let (mut findings, known) = match looked {
        Ok(Ok(seen)) => {
            let mut findings = vec![schema(case, &subject, &seen)];
            findings.push(clock(case.clock.now(), seen.skew, seen.newest));
            findings.extend(seen.publications.is_some().then(|| workers(seen.workers)));
            findings.extend(seen.hold.map(|hold| held(&hold)));
            (findings, seen.publications)
        }
        Ok(Err(finding)) => (vec![*finding, clock_alone()], None),
        Err(_) => {
            let found = format!("no answer within {} seconds", LIMIT.as_secs());
            let remedy = "check database.url, the server and firewalls";
            let fail = Finding::fail("database", subject, found, remedy);
            (vec![fail, clock_alone()], None)
        }
    };
    findings.insert(1, disk(file.as_deref()));
    (findings, known)
}

/// What the database showed.
struct Seen {
    kind: &'static str,
    size: u64,
    missing: usize,
    skew: Option<chrono::TimeDelta>,
    newest: Option<Time>,
    workers: i64,
    hold: Option<Hold>,
    /// Where the schema is up to date.
    publications: Option<Vec<Publication>>,
}

async fn look(case: &Case, file: Option<&PathBuf>) -> Result<Seen, Box<Finding>> {
    let subject = file.map_or("PostgreSQL".to_owned(), |path| path.display().to_string());
    if file.is_some_and(|path| !path.exists()) {
        let remedy = "`paperround migrate` or the first start of `serve` makes it; else correct \
                      database.url and the folder from which you run this";
        let found = "there is no database yet";
        return Err(Box::new(Finding::fail("database", subject, found, remedy)));
    }
    let failed = |error: StoreError| {
        let remedy = match &error {
            StoreError::Full => "free some space",
            StoreError::Busy => "find the process that holds it; a shell, or a backup",
            _ => "check database.url, that the server runs, and who may read and write the file",
        };
        Box::new(Finding::fail(
            "database",
            subject.as_str(),
            error.to_string(),
            remedy,
        ))
    };
    let store = Store::connect(case.database.url.expose_secret())
        .await
        .map_err(failed)?;
    let seen = read(case, &store).await.map_err(failed)?;
    if seen.missing == 0 {
        let written = health::try_write(&store, case.clock.now()).await;
        written.map_err(|error| {
            let found = format!("cannot be written: {error}");
            let remedy = "let the user that runs Paperround write the file and its folder, or to \
                          the tables; or free some space";
            Box::new(Finding::fail("database", subject.as_str(), found, remedy))
        })?;
    }
    store.close().await;
    Ok(seen)
}

async fn read(case: &Case, store: &Store) -> Result<Seen, StoreError> {
    let mut tx = store.read().await?;
    let before = case.clock.now();
    let server = health::server_time(&mut tx).await?;
    let middle = before + (case.clock.now() - before) / 2;
    let missing = health::missing_migrations(&mut tx).await?;
    let mut seen = Seen {
        kind: store.kind(),
        size: health::size(&mut tx).await?,
        missing,
        skew: server.map(|server| middle - server),
        newest: None,
        workers: 0,
        hold: None,
        publications: None,
    };
    if missing == 0 {
        seen.newest = health::last_seen(&mut tx).await?;
        seen.workers = nodes::workers(&mut tx, case.clock.now()).await?;
        seen.hold = holds::find(&mut tx).await?;
        seen.publications = Some(publications::list(&mut tx).await?);
    }
    Ok(seen)
}

fn schema(case: &Case, subject: &str, seen: &Seen) -> Finding {
    let (kind, size) = (seen.kind, megabytes(seen.size));
    if seen.missing == 0 {
        let found = format!("{kind}, readable and writable, up to date, {size}");
        return Finding::ok("database", subject, found);
    }
    let found = format!("{kind}, {size}; {} migrations are missing", seen.missing);
    if case.database.migrates {
        let remedy = "the next start of `serve`, or `paperround migrate`, applies them";
        Finding::warn("database", subject, found, remedy)
    } else {
        Finding::fail("database", subject, found, "run `paperround migrate`")
    }
}

/// Free room where SQLite's file is.
fn disk(file: Option<&Path>) -> Finding {
    let check = "disk";
    let Some(file) = file else {
        return Finding::ok(check, "", "the database server's own business");
    };
    let parent = file.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new("."));
    let subject = folder.display().to_string();
    match rustix::fs::statvfs(folder) {
        Ok(disk) => room(subject, disk.f_bavail.saturating_mul(disk.f_frsize)),
        Err(error) => Finding::fail(check, subject, error.to_string(), "check database.url"),
    }
}

fn room(subject: String, free: u64) -> Finding {
    let found = format!("{} free", megabytes(free));
    if free < LEAST_ROOM {
        let remedy = "free some space: sending pauses when the disk is full";
        Finding::warn("disk", subject, found, remedy)
    } else {
        Finding::ok("disk", subject, found)
    }
}

fn megabytes(bytes: u64) -> String {
    match bytes / 1_000_000 {
        0 => format!("{} kB", bytes / 1000),
        million @ ..10_000 => format!("{million} MB"),
        more => format!("{} GB", more / 1000),
    }
}

/// `skew`: how far this clock is ahead of the database server's.
fn clock(now: Time, skew: Option<chrono::TimeDelta>, last_seen: Option<Time>) -> Finding {
    let check = "clock";
    let remedy = "set the clock by NTP, as with systemd-timesyncd or chrony";
    let shown = now.format("%Y-%m-%d %H:%M:%S UTC");
    let year = chrono::Datelike::year(&now);
    if !(FIRST_YEAR..FIRST_YEAR + 100).contains(&year) {
        return Finding::fail(check, "", format!("{shown} cannot be right"), remedy);
    }
    if let Some(seen) = last_seen.filter(|seen| *seen > now + MOST_SKEW) {
        let seen = seen.format("%Y-%m-%d %H:%M:%S UTC");
        let found = format!("{shown}, but a process of ours ran at {seen}");
        return Finding::fail(check, "", found, remedy);
    }
    let Some(skew) = skew else {
        return Finding::ok(check, "", shown.to_string());
    };
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let seconds = skew.num_milliseconds().abs() as f64 / 1000.0;
    let found = format!("{seconds:.1} s away from the database server's");
    if skew.abs() <= SKEW {
        Finding::ok(check, "", found)
    } else if skew.abs() <= MOST_SKEW {
        Finding::warn(check, "", found, remedy)
    } else {
        Finding::fail(check, "", found, remedy)
    }
}

fn workers(count: i64) -> Finding {
    match count {
        0 => Finding::warn(
            "workers",
            "",
            "no `serve` that sends was seen within ten seconds",
            "start `paperround serve`; nothing goes out without it",
        ),
        1 => Finding::ok("workers", "", "1 is alive"),
        more => Finding::ok("workers", "", format!("{more} are alive")),
    }
}

fn held(hold: &Hold) -> Finding {
    let at = hold.backup_at.format("%F %R UTC");
    Finding::fail(
        "sending",
        "",
        format!("held: this is a copy from a backup of {at}"),
        "`paperround resume-sending`, once no other copy sends and who left since is suppressed",
    )
}

/// The address in every link: protected, and answering.
pub(super) async fn public_url(case: &Case) -> Finding {
    let subject = case.public_url.as_str();
    limited("public URL", subject, look_at_url(subject)).await
}

async fn look_at_url(subject: &str) -> Finding {
    let check = "public URL";
    let Ok(url) = Url::parse(subject) else {
        let remedy = "set http.public_url to an address such as https://news.example.org";
        return Finding::fail(check, subject, "this is no address", remedy);
    };
    let is_loopback = is_loopback(&url);
    if url.scheme() != "https" && !is_loopback {
        return Finding::fail(
            check,
            subject,
            "not https",
            "put a proxy that ends TLS before Paperround and set http.public_url to https://: \
             one-click unsubscribing, which Gmail and Yahoo want, needs it (RFC 8058, 3.1)",
        );
    }
    let target = format!("{}/healthz", subject.trim_end_matches('/'));
    let remedy = "let the proxy before Paperround pass everything on to http.listen, and check \
                  that `serve` runs";
    match probe(&target, super::STEP_LIMIT).await {
        Probed::Answered(200, text) if text.trim() == "ok" && is_loopback => {
            Finding::ok(check, subject, "answers; on this machine alone")
        }
        Probed::Answered(200, text) if text.trim() == "ok" => {
            Finding::ok(check, subject, "https, answers")
        }
        Probed::Answered(200, _) => {
            let found = "/healthz is answered by something else than Paperround";
            Finding::fail(check, subject, found, remedy)
        }
        Probed::Answered(status, _) => {
            let found = format!("/healthz is answered with {status}");
            Finding::fail(check, subject, found, remedy)
        }
        Probed::Refused if is_loopback => {
            Finding::ok(check, subject, "nothing runs on this machine at present")
        }
        Probed::Refused => Finding::fail(check, subject, "nobody listens there", remedy),
        Probed::Failed(text) => Finding::fail(check, subject, text, remedy),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn a_clock_is_measured_against_others() {
        let now: Time = "2026-11-24T12:00:00Z".parse().unwrap();
        let by = |seconds| clock(now, Some(chrono::TimeDelta::seconds(seconds)), None).result;
        assert_eq!(
            [0, -2, 3, -5, 6, -3600].map(by),
            [
                Level::Ok,
                Level::Ok,
                Level::Warn,
                Level::Warn,
                Level::Fail,
                Level::Fail
            ]
        );
        let seen = |at: &str| clock(now, None, Some(at.parse().unwrap())).result;
        assert_eq!(seen("2026-11-24T12:00:03Z"), Level::Ok);
        assert_eq!(seen("2026-11-24T12:01:00Z"), Level::Fail);
        let past = "1970-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(clock(past, None, None).result, Level::Fail);
    }

    #[test]
    fn little_room_is_worth_a_warning() {
        let level = |free| room(".".to_owned(), free).result;
        assert_eq!(level(199_999_999), Level::Warn);
        assert_eq!(level(200_000_000), Level::Ok);
        assert_eq!(megabytes(5_000), "5 kB");
        assert_eq!(megabytes(250_000_000), "250 MB");
        assert_eq!(megabytes(25_000_000_000), "25 GB");
    }
}
