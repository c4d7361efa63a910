//! Whole copies of a database: made while it is in use, looked at, and prepared to take its place.

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::nodes::alive_since;
use super::sqlite::Pools;
use super::{Store, StoreError, Tx, migrate, on};
use crate::domain::clock::Time;
use crate::domain::hold::Hold;

/// The migration that lets a database hold sending: no backup of ours is older.
pub const HOLDS: i64 = 78;

/// Kilobytes that a copying connection may keep to itself.
const CACHE: &str = "-65536";

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Examined {
    /// A database of ours, whole, whose schema this version knows.
    Good,
    /// No database of ours.
    Strange,
    /// What SQLite says of it.
    Damaged(String),
    /// It has migrations that this version does not know.
    Newer,
}

/// The address of a file, for `Store::connect`.
pub fn address(file: &Path) -> String {
    let path = file.display().to_string();
    let escaped = path
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23");
    format!("sqlite://{escaped}")
}

/// Where SQLite keeps what is not yet in the file itself.
pub fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// The bytes that a copy will take.
pub async fn size(tx: &mut Tx) -> Result<u64, StoreError> {
    let size: i64 = match tx {
        Tx::Sqlite(inner) => {
            sqlx::query_scalar(
                "SELECT (page_count - freelist_count) * page_size
                 FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()",
            )
            .fetch_one(&mut **inner)
            .await?
        }
        Tx::Postgres(_) => 0,
    };
    Ok(u64::try_from(size).unwrap_or(0))
}

/// Writes a copy into an empty file: one moment of the database, while others read and write it. Pages
/// that hold nothing any more are left out. It is on the disk when this returns.
pub async fn write(pools: &Pools, file: &Path) -> Result<(), StoreError> {
    let options = pools.reader_options().pragma("cache_size", CACHE);
    let mut connection = options.connect().await?;
    // One statement, which reads one state; SQLite lets others write meanwhile.
    let done = sqlx::query("VACUUM INTO $1")
        .bind(file.display().to_string())
        .execute(&mut connection)
        .await;
    connection.close().await?;
    done?;
    let file = std::fs::File::open(file).map_err(sqlx::Error::Io)?;
    Ok(file.sync_all().map_err(sqlx::Error::Io)?)
}

/// A file by itself, with no log beside it.
async fn alone(file: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Delete)
        .connect()
        .await
}

/// Holds sending in a copy, and takes out of it which processes ran and what they were about to look at:
/// none of that is true of the copy.
pub async fn hold(file: &Path, hold: &Hold) -> Result<(), StoreError> {
    let mut connection = alone(file).await?;
    let done = hold_in(&mut connection, hold).await;
    connection.close().await?;
    Ok(done?)
}

async fn hold_in(connection: &mut SqliteConnection, hold: &Hold) -> Result<(), sqlx::Error> {
    let mut tx = connection.begin().await?;
    for statement in [
        "DELETE FROM Jobs",
        "DELETE FROM Workers",
        "DELETE FROM nodes",
    ] {
        sqlx::query(statement).execute(&mut *tx).await?;
    }
    // An older schema has no such table, and gets the row when it is restored.
    let can_hold: bool =
        sqlx::query_scalar("SELECT COUNT(*) > 0 FROM sqlite_master WHERE name = 'sending_holds'")
            .fetch_one(&mut *tx)
            .await?;
    if can_hold {
        sqlx::query(
            "INSERT INTO sending_holds (id, backup_at, restored_at, key_mark) VALUES (1, $1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET backup_at = excluded.backup_at,
                restored_at = excluded.restored_at, key_mark = excluded.key_mark",
        )
        .bind(hold.backup_at)
        .bind(hold.restored_at)
        .bind(&hold.key_mark)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

/// Looks whether a file is a database of ours, is whole, and has a schema that this version knows.
pub async fn examine(file: &Path) -> Result<Examined, StoreError> {
    let looked = async {
        let mut connection = alone(file).await?;
        let found = examine_with(&mut connection).await;
        connection.close().await?;
        found
    };
    match looked.await {
        Ok(found) => Ok(found),
        Err(sqlx::Error::Database(error)) => match error.code().as_deref() {
            // SQLITE_NOTADB, and SQLITE_CORRUPT.
            Some("26") => Ok(Examined::Strange),
            Some("11") => Ok(Examined::Damaged(error.to_string())),
            _ => Err(sqlx::Error::Database(error).into()),
        },
        Err(error) => Err(error.into()),
    }
}

async fn examine_with(connection: &mut SqliteConnection) -> Result<Examined, sqlx::Error> {
    let is_ours: bool =
        sqlx::query_scalar("SELECT COUNT(*) > 0 FROM sqlite_master WHERE name = $1")
            .bind(migrate::LEDGER)
            .fetch_one(&mut *connection)
            .await?;
    if !is_ours {
        return Ok(Examined::Strange);
    }
    let verdict: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut *connection)
        .await?;
    if verdict != "ok" {
        return Ok(Examined::Damaged(verdict));
    }
    let applied: Vec<i64> = sqlx::query_scalar("SELECT version FROM paperround_migrations")
        .fetch_all(&mut *connection)
        .await?;
    Ok(if is_known(&applied) {
        Examined::Good
    } else {
        Examined::Newer
    })
}

/// Whether this version knows all of these migrations.
pub fn is_known(versions: &[i64]) -> bool {
    let known = migrate::versions();
    versions.iter().all(|version| known.contains(version))
}

/// What would be lost with a database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Content {
    /// Processes that run on it.
    pub nodes: i64,
    /// Publications, readers, operators, suppressions: whether there are any.
    pub has_rows: bool,
}

/// Looks what a database has; nothing where its schema was never made.
pub async fn content(store: &Store, now: Time) -> Result<Content, StoreError> {
    let mut tx = store.read().await?;
    if super::health::missing_migrations(&mut tx).await? == migrate::versions().len() {
        return Ok(Content::default());
    }
    let nodes = on!(&mut tx, |conn| sqlx::query_scalar(
        "SELECT COUNT(*) FROM nodes WHERE seen_at > $1"
    )
    .bind(alive_since(now))
    .fetch_one(conn)
    .await)?;
    let has_rows: i64 = on!(&mut tx, |conn| {
        sqlx::query_scalar(
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM publications) OR EXISTS (SELECT 1 FROM subscribers)
            OR EXISTS (SELECT 1 FROM operators) OR EXISTS (SELECT 1 FROM suppressions)
            THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END"
    )
    .fetch_one(conn)
    .await
    })?;
    Ok(Content {
        nodes,
        has_rows: has_rows > 0,
    })
}

/// How many tables a PostgreSQL database has, whosever they are.
pub async fn tables(tx: &mut Tx) -> Result<i64, StoreError> {
    match tx {
        Tx::Sqlite(_) => Ok(0),
        Tx::Postgres(inner) => Ok(sqlx::query_scalar(
            "SELECT COUNT(*) FROM pg_catalog.pg_tables
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
        )
        .fetch_one(&mut **inner)
        .await?),
    }
}
