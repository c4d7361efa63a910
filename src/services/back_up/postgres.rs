//! Backups of PostgreSQL, by its own programs: they know its formats and versions best.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use tempfile::NamedTempFile;
use tokio::process::Command;

use super::BackUpError;
use crate::store::postgres::environment;

const DUMP: &str = "pg_dump";
const RESTORE: &str = "pg_restore";

/// Writes the whole database into a file, in PostgreSQL's own format.
pub(super) async fn dump(url: &str, file: &Path) -> Result<(), BackUpError> {
    let into = OpenOptions::new().write(true).truncate(true).open(file);
    let into = into.map_err(BackUpError::at(file))?;
    let mut command = program(DUMP, url)?;
    command
        .args(["--format=custom", "--no-owner", "--no-privileges"])
        .stdout(into);
    run(DUMP, command).await.map(drop)
}

/// The numbers of our migrations in a file; none where it is no backup of ours.
pub async fn migrations(url: &str, file: &Path) -> Result<Vec<i64>, BackUpError> {
    let mut command = program(RESTORE, url)?;
    command
        .args(["--data-only", "--table=paperround_migrations", "--file=-"])
        .arg(file)
        .stdout(Stdio::piped());
    let rows = run(RESTORE, command).await?;
    let number = |line: &str| line.split('\t').next()?.parse().ok();
    // The rows of the one COPY, whose first column is the number.
    Ok(rows.lines().filter_map(number).collect())
}

/// Makes the tables of a backup; they are empty until `fill`.
pub async fn make_tables(url: &str, file: &Path) -> Result<(), BackUpError> {
    section(url, file, "pre-data").await
}

/// Puts the rows in, and makes what keeps them in order.
pub async fn fill(url: &str, file: &Path) -> Result<(), BackUpError> {
    section(url, file, "data").await?;
    section(url, file, "post-data").await
}

async fn section(url: &str, file: &Path, section: &str) -> Result<(), BackUpError> {
    let wanted = contents(url, file).await?;
    let mut command = program(RESTORE, url)?;
    command
        .args(["--exit-on-error", "--no-owner", "--no-privileges"])
        .arg(format!("--section={section}"))
        .arg("--dbname")
        .arg(name(url)?)
        .arg("--use-list")
        .arg(wanted.path())
        .arg(file)
        .stdout(Stdio::null());
    run(RESTORE, command).await.map(drop)
}

/// What is restored: not whether sending was held, which the copy has of its own, nor remarks on
/// extensions, which belong to the server's administrator.
async fn contents(url: &str, file: &Path) -> Result<NamedTempFile, BackUpError> {
    let mut command = program(RESTORE, url)?;
    command.arg("--list").arg(file).stdout(Stdio::piped());
    let all = run(RESTORE, command).await?;
    let list = NamedTempFile::new().map_err(BackUpError::at(file))?;
    let is_wanted = |line: &&str| {
        let is_hold = line.contains("TABLE DATA") && line.contains(" sending_holds ");
        !is_hold && !line.contains("COMMENT - EXTENSION")
    };
    let wanted: Vec<&str> = all.lines().filter(is_wanted).collect();
    let written = list.as_file().write_all(wanted.join("\n").as_bytes());
    written.map_err(BackUpError::at(list.path()))?;
    Ok(list)
}

fn program(name: &'static str, url: &str) -> Result<Command, BackUpError> {
    let mut command = Command::new(name);
    command
        .envs(environment(url)?)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    Ok(command)
}

/// The database that the environment names, since `pg_restore` takes it on its command line alone.
fn name(url: &str) -> Result<String, BackUpError> {
    let variables = environment(url)?;
    let of = |name| variables.iter().find(|(known, _)| *known == name);
    let found = of("PGDATABASE").or(of("PGUSER"));
    Ok(found.map_or_else(String::new, |(_, value)| value.clone()))
}

async fn run(name: &'static str, mut command: Command) -> Result<String, BackUpError> {
    let failed = |error| BackUpError::NoProgram {
        program: name,
        error,
    };
    let child = command.spawn().map_err(failed)?;
    let done = child.wait_with_output().await.map_err(failed)?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(BackUpError::Program {
        program: name,
        said,
    })
}
