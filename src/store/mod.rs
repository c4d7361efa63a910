//! The only room that knows SQL: one `Store`, one SQL text for both databases, and what differs
//! apart in `sqlite` and `postgres`.

pub mod address_changes;
pub mod alerts;
pub mod api_tokens;
pub mod arrivals;
pub mod articles;
pub mod audience;
pub mod audit;
pub mod bounces;
pub mod claims;
pub mod clicks;
pub mod consents;
pub mod copies;
pub mod counters;
pub mod curves;
pub mod deliveries;
pub mod digests;
pub mod drafts;
pub mod editions;
pub mod erasure;
pub mod expired;
pub mod feeds;
pub mod fresh_links;
pub mod funnel;
pub mod health;
pub mod holds;
pub mod idempotency_keys;
pub mod import;
pub mod imports;
pub mod inbox_turns;
pub mod issues;
pub mod ledger;
pub mod link_requests;
mod lists;
pub mod mail_domains;
pub mod merging;
pub mod migrate;
pub mod nodes;
pub mod notices;
pub mod opens;
pub mod operators;
pub mod password_links;
pub mod postgres;
pub mod publications;
pub mod queue;
pub mod recovery_codes;
pub mod relay_budgets;
pub mod results;
pub mod run_changes;
pub mod sealed_links;
pub mod sessions;
pub mod sign_in_attempts;
pub mod sign_ups;
pub mod signup_rules;
pub mod sqlite;
pub mod statistics;
pub mod subscribers;
pub mod subscriptions;
pub mod suppressions;
pub mod templates;
pub mod test_addresses;
pub mod topic_rules;
pub mod topics;
pub mod used_proofs;
pub mod waves;
pub mod webhook_calls;
pub mod webhooks;

use sqlx::{PgPool, Postgres, SqlitePool, Transaction};
use thiserror::Error;

use crate::domain::clock::Time;

/// The database.
#[derive(Debug, Clone)]
pub enum Store {
    Sqlite(sqlite::Pools),
    Postgres(PgPool),
}

/// A transaction; dropped without `commit` it is undone.
pub enum Tx {
    Sqlite(sqlite::SqliteTx),
    Postgres(Transaction<'static, Postgres>),
}

/// What can go wrong with the database.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the same row exists already")]
    Conflict,
    #[error("the database is locked by another process; try again")]
    Busy,
    #[error("the disk is full: nothing was written; free some space")]
    Full,
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    #[error("{table}.{column} of {id} holds what this version cannot read")]
    Corrupt {
        table: &'static str,
        column: &'static str,
        id: String,
    },
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
    #[error("the schema cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("this process was taken for dead by another one, and its claims were freed")]
    ClaimsLost,
    #[error("the queue failed: {0}")]
    Queue(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => Self::Conflict,
            sqlx::Error::Database(inner) => match inner.code().as_deref() {
                // SQLITE_BUSY and its extended codes; PostgreSQL's lock_not_available.
                Some("5" | "261" | "517" | "55P03") => Self::Busy,
                // SQLITE_FULL; SQLITE_IOERR_SHMSIZE, for the index of the log; PostgreSQL's disk_full.
                Some("13" | "4874" | "53100") => Self::Full,
                Some("14") => Self::Unreachable(
                    "the file cannot be opened; does its folder exist?".to_owned(),
                ),
                _ => Self::Database(error),
            },
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Io(inner) => Self::Unreachable(inner.to_string()),
            _ => Self::Database(error),
        }
    }
}

/// Expands one body for both drivers.
macro_rules! on {
    ($tx:expr, |$conn:ident| $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(inner) => {
                let $conn = &mut **inner;
                $body
            }
            $crate::store::Tx::Postgres(inner) => {
                let $conn = &mut **inner;
                $body
            }
        }
    };
}
pub(crate) use on;

/// Reads a column that holds a word, an address or a list; names the place where it cannot.
pub(crate) fn read<T: std::str::FromStr>(
    table: &'static str,
    column: &'static str,
    id: impl ToString,
    text: &str,
) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt {
        table,
        column,
        id: id.to_string(),
    })
}

/// A time as the ledger keeps it: microseconds since 1970, which is as exact as our clock.
pub(crate) fn micros(time: Time) -> i64 {
    time.timestamp_micros()
}

/// The time back.
pub(crate) fn moment(micros: i64) -> Time {
    Time::from_timestamp_micros(micros).unwrap_or_default()
}

/// A count or size that the database keeps as a signed integer.
pub(crate) fn unsigned(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

impl Store {
    /// Connects to `sqlite://FILE` (made where missing) or `postgres://...`.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres") {
            postgres::connect(url).await.map(Self::Postgres)
        } else {
            sqlite::Pools::connect(url).await.map(Self::Sqlite)
        }
    }

    /// Begins a transaction that writes; on SQLite it takes the write lock at once.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.begin_at(sqlite::Place::InLine).await
    }

    /// The same, before all others that wait to write on SQLite: for what many people wait for at
    /// once.
    pub async fn begin_first(&self) -> Result<Tx, StoreError> {
        self.begin_at(sqlite::Place::First).await
    }

    async fn begin_at(&self, place: sqlite::Place) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(pools) => Tx::Sqlite(pools.begin(sqlite::Commit::Durable, place).await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins a transaction that writes and whose commit does not wait for the disk: it survives
    /// the end of the process, but a power cut only after the next `sync`.
    pub async fn begin_relaxed(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(pools) => {
                let (commit, place) = (sqlite::Commit::Relaxed, sqlite::Place::InLine);
                Tx::Sqlite(pools.begin(commit, place).await?)
            }
            Self::Postgres(pool) => Tx::Postgres(pool.begin_with(postgres::BEGIN_RELAXED).await?),
        })
    }

    /// Makes durable all that was committed before this call.
    pub async fn sync(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(pools) => pools.sync().await.map_err(sqlx::Error::Io)?,
            Self::Postgres(pool) => postgres::sync(pool).await?,
        }
        Ok(())
    }

    /// Begins a transaction that reads one consistent state.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite(pools) => Tx::Sqlite(pools.read().await?),
            Self::Postgres(pool) => Tx::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        })
    }

    /// The same database for a runtime of its own: a connection to PostgreSQL lives and ends with
    /// the runtime that opened it, those to SQLite are threads.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        match self {
            Self::Sqlite(pools) => Self::Sqlite(pools.clone()),
            Self::Postgres(pool) => Self::Postgres(postgres::elsewhere(pool)),
        }
    }

    /// Closes what [`Store::elsewhere`] opened.
    pub async fn leave(&self) {
        if let Self::Postgres(pool) = self {
            pool.close().await;
        }
    }

    /// The name of the database in use.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// Closes all connections. What SQLite's readers are at ends there; PostgreSQL's statements are waited
    /// for, for a moment, and then left to the server.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pools) => pools.close().await,
            Self::Postgres(pool) => postgres::close(pool).await,
        }
    }

    pub fn queue_pool(&self) -> QueuePool {
        match self {
            Self::Sqlite(pools) => QueuePool::Sqlite(pools.queue.clone()),
            Self::Postgres(pool) => QueuePool::Postgres(pool.clone()),
        }
    }
}

/// The pool that the queue's workers use.
pub enum QueuePool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Tx {
    /// Makes the changes durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
