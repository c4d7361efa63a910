//! What is particular to SQLite: pools, the write lock, and the few statements that differ.

use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::StoreError;

/// How long a writer waits for another process's write.
const BUSY: Duration = Duration::from_secs(10);

/// One writer, a few readers, and the queue's own connections.
#[derive(Debug, Clone)]
pub struct Pools {
    pub(super) write: SqlitePool,
    read: SqlitePool,
    pub(super) queue: SqlitePool,
}

impl Pools {
    pub(super) async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .synchronous(SqliteSynchronous::Full);
        let pool = |size| {
            SqlitePoolOptions::new()
                .max_connections(size)
                .acquire_timeout(Duration::from_secs(30))
        };
        // The writer comes first: it makes the file that the readers open read-only.
        let write = pool(1).connect_with(options.clone()).await?;
        let read = pool(4).connect_lazy_with(options.clone().read_only(true));
        // A job is only a wake-up, so the queue need not wait for the disk.
        let queue = pool(2).connect_lazy_with(options.synchronous(SqliteSynchronous::Normal));
        Ok(Self { write, read, queue })
    }

    pub(super) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.write.begin_with("BEGIN IMMEDIATE").await
    }

    pub(super) async fn read(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.read.begin().await
    }

    pub(super) async fn close(&self) {
        self.read.close().await;
        self.queue.close().await;
        self.write.close().await;
    }
}

/// Claims due deliveries of an issue: $1 issue, $2 now, $3 limit, $4 node, $5 lane.
/// The write lock that the transaction holds keeps other claimers out.
pub(super) const CLAIM_DELIVERIES: &str = "
    UPDATE deliveries SET state = 'sending', claimed_by = $4, lane = $5, begun_at = NULL
    WHERE id IN (
        SELECT id FROM deliveries
        WHERE issue_id = $1 AND state IN ('pending', 'deferred') AND next_attempt_at <= $2
        ORDER BY next_attempt_at, id LIMIT $3
    )";

/// Deletes finished wake-ups of the queue that are older than $1 (Unix seconds).
pub(super) const PRUNE_JOBS: &str =
    "DELETE FROM Jobs WHERE status IN ('Done', 'Killed', 'Failed') AND run_at < $1";

/// Deletes the queue's records of workers not seen since $1 (Unix seconds).
pub(super) const PRUNE_WORKERS: &str = "DELETE FROM Workers WHERE last_seen < $1
    AND NOT EXISTS (SELECT 1 FROM Jobs WHERE Jobs.lock_by = Workers.id)";
