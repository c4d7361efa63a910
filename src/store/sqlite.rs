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

/// Due deliveries of an issue: $1 issue, $2 now, $3 and $4 the position after which, $5 limit.
/// The write lock that the transaction holds keeps other claimers out.
pub(super) const DUE_DELIVERIES: &str = "
    SELECT d.id, d.subscription_id, d.edition_id, r.email, r.name, s.confirmed_at, s.source,
        CASE WHEN s.state = 'confirmed' AND r.suppressed_at IS NULL THEN 1 ELSE 0 END AS reachable,
        d.attempts, d.first_attempt_at, d.next_attempt_at
    FROM (
        SELECT * FROM deliveries
        WHERE issue_id = $1 AND state IN ('pending', 'deferred') AND next_attempt_at <= $2
            AND (next_attempt_at, id) > ($3, $4)
            AND EXISTS (SELECT 1 FROM issues i WHERE i.id = $1 AND i.state = 'sending')
        ORDER BY next_attempt_at, id LIMIT $5
    ) d
    JOIN subscriptions s ON s.id = d.subscription_id
    JOIN subscribers r ON r.id = s.subscriber_id
    ORDER BY d.next_attempt_at, d.id";

/// Claims deliveries: $1 JSON list of ids, $2 node.
pub(super) const CLAIM_DELIVERIES: &str = "
    UPDATE deliveries SET state = 'sending', claimed_by = $2, begun_at = NULL
    WHERE id IN (SELECT value FROM json_each($1))";

/// Skips deliveries of readers who left or are suppressed: $1 JSON list of ids.
pub(super) const SKIP_DELIVERIES: &str = "
    UPDATE deliveries SET state = 'skipped', claimed_by = NULL,
        reason = CASE WHEN EXISTS (SELECT 1 FROM subscriptions s JOIN subscribers r ON r.id = s.subscriber_id
            WHERE s.id = deliveries.subscription_id AND r.suppressed_at IS NOT NULL)
            THEN 'suppressed' ELSE 'unsubscribed' END
    WHERE id IN (SELECT value FROM json_each($1))";

/// Marks claimed deliveries as begun: $1 JSON list of `claims::Begin`, $2 node.
pub(super) const BEGIN_DELIVERIES: &str = "
    UPDATE deliveries SET begun_at = v.value ->> 'at', attempts = attempts + 1,
        first_attempt_at = COALESCE(first_attempt_at, v.value ->> 'at')
    FROM json_each($1) AS v
    WHERE deliveries.id = v.value ->> 'id' AND state = 'sending' AND claimed_by = $2 AND begun_at IS NULL
    RETURNING deliveries.id";

/// Records results: $1 JSON list of `claims::RecordRow`, $2 node.
pub(super) const RECORD_DELIVERIES: &str = "
    UPDATE deliveries SET state = v.value ->> 'state', reply_code = v.value ->> 'code',
        reply_enhanced = v.value ->> 'enhanced', reply_text = v.value ->> 'text', reason = v.value ->> 'reason',
        next_attempt_at = COALESCE(v.value ->> 'next', next_attempt_at), sent_at = v.value ->> 'sent_at',
        repeats = deliveries.repeats + (v.value ->> 'repeats'), relay = v.value ->> 'relay',
        attempts = attempts + (v.value ->> 'tries'),
        first_attempt_at = COALESCE(first_attempt_at, v.value ->> 'tried_at'),
        claimed_by = NULL, begun_at = NULL
    FROM json_each($1) AS v
    WHERE deliveries.id = v.value ->> 'id' AND deliveries.state = 'sending' AND claimed_by = $2";

/// Gives claims back: $1 JSON list of `claims::HandBack`, $2 node.
pub(super) const HAND_BACK_DELIVERIES: &str = "
    UPDATE deliveries SET claimed_by = NULL,
        state = CASE WHEN attempts > 0 THEN 'deferred' ELSE 'pending' END,
        next_attempt_at = COALESCE(v.value ->> 'next', next_attempt_at)
    FROM json_each($1) AS v
    WHERE deliveries.id = v.value ->> 'id' AND state = 'sending' AND claimed_by = $2 AND begun_at IS NULL";

/// Deletes finished wake-ups of the queue that are older than $1 (Unix seconds).
pub(super) const PRUNE_JOBS: &str =
    "DELETE FROM Jobs WHERE status IN ('Done', 'Killed', 'Failed') AND run_at < $1";

/// Deletes the queue's records of workers not seen since $1 (Unix seconds).
pub(super) const PRUNE_WORKERS: &str = "DELETE FROM Workers WHERE last_seen < $1
    AND NOT EXISTS (SELECT 1 FROM Jobs WHERE Jobs.lock_by = Workers.id)";
