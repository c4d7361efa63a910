//! What an operator wants to know of the database, found without changing anything.

use std::path::PathBuf;
use std::str::FromStr;

use sqlx::sqlite::SqliteConnectOptions;

use super::{Store, StoreError, Tx, migrate, on};
use crate::domain::clock::Time;

/// The file that an address of SQLite names; `None` for PostgreSQL.
pub fn file(url: &str) -> Option<PathBuf> {
    if url.starts_with("postgres") {
        return None;
    }
    let options = SqliteConnectOptions::from_str(url).ok()?;
    Some(options.get_filename().to_owned())
}

/// The bytes that the data takes.
pub async fn size(tx: &mut Tx) -> Result<u64, StoreError> {
    let size: i64 = match tx {
        Tx::Sqlite(inner) => {
            sqlx::query_scalar(
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            )
            .fetch_one(&mut **inner)
            .await?
        }
        Tx::Postgres(inner) => {
            sqlx::query_scalar("SELECT pg_database_size(current_database())")
                .fetch_one(&mut **inner)
                .await?
        }
    };
    Ok(u64::try_from(size).unwrap_or_default())
}

/// The clock of the database's server, where it has one of its own.
pub async fn server_time(tx: &mut Tx) -> Result<Option<Time>, StoreError> {
    match tx {
        Tx::Sqlite(_) => Ok(None),
        Tx::Postgres(inner) => Ok(Some(
            sqlx::query_scalar("SELECT clock_timestamp()")
                .fetch_one(&mut **inner)
                .await?,
        )),
    }
}

/// The newest time at which a process of ours is known to have run.
pub async fn last_seen(tx: &mut Tx) -> Result<Option<Time>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(
        "SELECT MAX(seen_at) FROM nodes"
    )
    .fetch_one(conn)
    .await)?)
}

/// Whether rows can be written: one is, and taken back.
pub async fn try_write(store: &Store, now: Time) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    on!(&mut tx, |conn| sqlx::query(
        "INSERT INTO nodes (name, roles, started_at, seen_at) VALUES ('doctor', '', $1, $1)"
    )
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    // Dropped without a commit.
    drop(tx);
    Ok(())
}

/// How many migrations are missing; makes no table to find out.
pub async fn missing_migrations(tx: &mut Tx) -> Result<usize, StoreError> {
    let has_ledger: bool = match tx {
        Tx::Sqlite(inner) => {
            sqlx::query_scalar("SELECT COUNT(*) > 0 FROM sqlite_master WHERE name = $1")
                .bind(migrate::LEDGER)
                .fetch_one(&mut **inner)
                .await?
        }
        Tx::Postgres(inner) => {
            sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
                .bind(migrate::LEDGER)
                .fetch_one(&mut **inner)
                .await?
        }
    };
    let applied: Vec<i64> = if has_ledger {
        on!(tx, |conn| sqlx::query_scalar(
            "SELECT version FROM paperround_migrations WHERE success"
        )
        .fetch_all(conn)
        .await)?
    } else {
        Vec::new()
    };
    Ok(migrate::versions()
        .into_iter()
        .filter(|version| !applied.contains(version))
        .count())
}
