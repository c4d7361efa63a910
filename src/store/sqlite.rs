//! What is particular to SQLite: connections, the write lock, and the few statements that differ.

mod writer;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Row as _, Sqlite, SqlitePool};

use super::StoreError;
use writer::{Lent, Writers, roll_back};

pub use writer::SqliteTx;
pub(super) use writer::{Commit, Place, Turn};

/// How long a writer waits for another process's write.
const BUSY: Duration = Duration::from_secs(10);

/// Kilobytes of the database that a reader's or the queue's connection keeps to itself. The system
/// has its pages too; SQLite's usual 2 MB for each of them is memory that grows with the ledger.
const SMALL_CACHE: &str = "-256";

/// Instructions of SQLite's machine, a few milliseconds' worth, after which a reader looks whether the
/// process ends.
const LOOK_UP_AFTER: i32 = 100_000;

/// Two writers and the queue's connection that take turns, and a few readers.
#[derive(Debug, Clone)]
pub struct Pools {
    write: Writers,
    read: SqlitePool,
    pub(super) queue: SqlitePool,
    /// The turn of the queue's connection.
    lent: Lent,
    /// The write-ahead log.
    wal: PathBuf,
    is_closing: Arc<AtomicBool>,
}

impl Pools {
    pub(super) async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .synchronous(SqliteSynchronous::Full)
            // The log grows with the largest transaction, 150 MB for a million readers, and would
            // keep that size. The other settings stay as SQLite has them: measured on a ledger of a
            // million rows, checkpoints four or sixteen times rarer gave at most a tenth more rows
            // and longer pauses, and larger caches or memory maps nothing beyond the noise. A
            // connection of its own for checkpoints, beside the writer, gave nothing either.
            .pragma("journal_size_limit", "67108864")
            // What is erased is overwritten where its page is written anyway.
            .pragma("secure_delete", "fast");
        let relaxed = options.clone().synchronous(SqliteSynchronous::Normal);
        // The writer comes first: it makes the file that the readers open read-only.
        let write = Writers::connect(options.clone(), relaxed.clone()).await?;
        let reader = options.clone().read_only(true);
        let is_closing = Arc::new(AtomicBool::new(false));
        let read =
            read_pool(&is_closing).connect_lazy_with(reader.pragma("cache_size", SMALL_CACHE));
        let lent = Lent::of(&write);
        // A job is only a wake-up, so the queue need not wait for the disk.
        let queue = queue_pool(&lent).connect_lazy_with(relaxed.pragma("cache_size", SMALL_CACHE));
        Ok(Self {
            write,
            read,
            queue,
            lent,
            wal: wal_of(&options),
            is_closing,
        })
    }

    /// For a connection of one's own that writes nothing.
    pub(super) fn reader_options(&self) -> SqliteConnectOptions {
        (*self.read.connect_options()).clone()
    }

    pub(super) async fn begin(
        &self,
        commit: Commit,
        place: Place,
    ) -> Result<SqliteTx, sqlx::Error> {
        self.write.begin(commit, place).await
    }

    pub(super) async fn read(&self) -> Result<SqliteTx, sqlx::Error> {
        SqliteTx::read(self.read.acquire().await?).await
    }

    /// Makes durable what relaxed transactions have committed.
    ///
    /// A commit has written its pages to the log before it returns, so the log is all that has to
    /// reach the disk. Pages that a checkpoint has moved into the database meanwhile were synced
    /// there before their place in the log is used again, since no connection of ours has
    /// `synchronous` off. A second handle does no harm: closing one drops all POSIX locks that a
    /// process has on that file, but SQLite holds its locks on the database and on the `-shm` file,
    /// never on the log.
    pub(super) async fn sync(&self) -> Result<(), std::io::Error> {
        let wal = self.wal.clone();
        let sync = move || match std::fs::File::open(wal) {
            Ok(file) => file.sync_data(),
            // Nothing was written yet, or all of it was moved into the database.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        tokio::task::spawn_blocking(sync).await?
    }

    /// Runs `STEP`, which commits by itself; its answer, once it is committed.
    pub(super) async fn step(
        &self,
        query: Query<'_, Sqlite, SqliteArguments>,
    ) -> Result<String, sqlx::Error> {
        let mut turn = self.write.take(Commit::Relaxed, Place::InLine).await?;
        // To the end: asked for one row alone, the driver hands it out before the commit.
        let rows = query.fetch_all(&mut *turn).await?;
        turn.finish();
        rows.first().ok_or(sqlx::Error::RowNotFound)?.try_get(0)
    }

    /// The durable writer by itself, for migrations, which begin their own transactions.
    pub(super) async fn alone(&self) -> Result<Turn, sqlx::Error> {
        self.write.take(Commit::Durable, Place::InLine).await
    }

    /// Ends what is still being read: sums over a long ledger would take their time.
    pub(super) async fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
        self.read.close().await;
        self.queue.close().await;
        // A pool that is closed gives its connections back without a word.
        self.lent.give_back();
        self.write.close().await;
    }
}

/// SQLite keeps its log beside the file that a symbolic link leads to.
fn wal_of(options: &SqliteConnectOptions) -> PathBuf {
    let file = options.get_filename();
    let mut wal = file
        .canonicalize()
        .unwrap_or_else(|_| file.to_owned())
        .into_os_string();
    wal.push("-wal");
    wal.into()
}

/// The readers. Their pool takes no connection back which may still be inside a transaction.
fn read_pool(is_closing: &Arc<AtomicBool>) -> SqlitePoolOptions {
    let is_closing = Arc::clone(is_closing);
    SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(30))
        .after_connect(move |connection, _| {
            let is_closing = Arc::clone(&is_closing);
            Box::pin(async move {
                let goes_on = move || !is_closing.load(Ordering::Relaxed);
                let mut handle = connection.lock_handle().await?;
                handle.set_progress_handler(LOOK_UP_AFTER, goes_on);
                Ok(())
            })
        })
        .after_release(|connection, _| Box::pin(async { Ok(roll_back(connection).await) }))
}

/// The queue's one connection, which has a turn among the writers from when it is handed out until it
/// is back. Were it left to SQLite who of them writes, the one that waits would sleep up to 100 ms at
/// a time, with the others behind it: a few hundred sign-ups a second would bring all to a halt. The queue
/// begins its transactions with sqlx's count, which a full disk leaves wrong: the next `BEGIN` becomes a
/// savepoint, and undoing that keeps the transaction, and the write lock, for good.
fn queue_pool(lent: &Lent) -> SqlitePoolOptions {
    let (connected, acquired, released) = (lent.clone(), lent.clone(), lent.clone());
    SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        // It stays open: one that is closed does not come back through `after_release`.
        .max_lifetime(None)
        .idle_timeout(None)
        .test_before_acquire(false)
        .after_connect(move |_, _| {
            let lent = connected.clone();
            Box::pin(async move { lent.take().await })
        })
        .before_acquire(move |_, _| {
            let lent = acquired.clone();
            Box::pin(async move { lent.take().await.map(|()| true) })
        })
        .after_release(move |connection, _| {
            let lent = released.clone();
            Box::pin(async move {
                let is_clean = roll_back(connection).await;
                lent.give_back();
                Ok(is_clean)
            })
        })
}

/// Due deliveries of an issue: $1 issue, $2 now, $3 and $4 the position after which, $5 limit, $6
/// node, $7 JSON list of what it has. The write lock that the transaction holds keeps other claimers
/// out. One JSON list of the columns of `claims::ClaimedRow`, in no order: each row of its own would be
/// a message between two threads. `LIMIT $5` alone would have the statement prepared anew each time,
/// since SQLite plans with its value.
pub(super) const DUE_DELIVERIES: &str = "
    SELECT json_group_array(json_array(d.id, hex(d.subscription_id), NULLIF(hex(d.edition_id), ''),
        r.email, r.name, s.confirmed_at, s.source,
        s.state = 'confirmed' AND r.suppressed_at IS NULL AND COALESCE(s.paused_until, 0) <= $2,
        d.attempts, d.first_attempt_at, d.next_attempt_at))
    FROM (
        SELECT * FROM deliveries
        WHERE issue_id = $1 AND state IN ('pending', 'deferred') AND next_attempt_at <= $2
            AND (next_attempt_at, id) > ($3, $4)
            AND id NOT IN (SELECT value FROM json_each($7))
            AND id NOT IN (SELECT delivery_id FROM claimed WHERE node <> $6)
            AND id NOT IN (SELECT delivery_id FROM begun)
            AND EXISTS (SELECT 1 FROM issues i WHERE i.id = $1 AND i.state = 'sending')
            AND NOT EXISTS (SELECT 1 FROM sending_holds)
        ORDER BY next_attempt_at, id LIMIT $5 + 0
    ) d
    JOIN subscriptions s ON s.id = d.subscription_id
    JOIN subscribers r ON r.id = s.subscriber_id";

/// Skips deliveries of readers who left, take a pause or are suppressed: $1 JSON list of ids.
pub(super) const SKIP_DELIVERIES: &str = "
    UPDATE deliveries SET state = 'skipped',
        reason = CASE WHEN EXISTS (SELECT 1 FROM subscriptions s JOIN subscribers r ON r.id = s.subscriber_id
            WHERE s.id = deliveries.subscription_id AND r.suppressed_at IS NOT NULL)
            THEN 'suppressed'
            WHEN EXISTS (SELECT 1 FROM subscriptions s
                WHERE s.id = deliveries.subscription_id AND s.state = 'confirmed')
            THEN 'paused' ELSE 'unsubscribed' END
    WHERE id IN (SELECT value FROM json_each($1))";

/// One group of the usual kind: $1 JSON object of ids and reply texts of mails that were taken with
/// the same code through the same relay, $2 node, $3 code, $4 enhanced code, $5 relay, $6 time, $7
/// time of the attempts; $8 and $9 JSON objects of ids and times: what is still on the line, and what
/// is to begin. Returns the object of what is on the line from now on. Of the latter those are in it
/// that may be sent: the node's claims stand, the reader is still there, the issue goes out.
///
/// Each message from SQLite's thread wakes the caller, so there are few: the two statements commit
/// by themselves, since nothing is lost between them, and the answer is one row. A flat object is
/// read once; the fields of one object for each row would be parsed again and again.
pub(super) const STEP: &str = "
    UPDATE deliveries SET state = 'sent', reply_code = $3, reply_enhanced = $4,
        reply_text = v.value, reason = NULL, sent_at = $6, relay = $5, attempts = attempts + 1,
        first_attempt_at = COALESCE(first_attempt_at, $7)
    FROM json_each($1) AS v
    WHERE deliveries.id = CAST(v.key AS INTEGER)
        AND +state IN ('pending', 'deferred', 'skipped', 'unknown');
    INSERT INTO in_flight (node, mails) VALUES ($2, json_patch($8,
        (SELECT json_group_object(v.key, v.value) FROM json_each($9) v
            CROSS JOIN deliveries d ON d.id = CAST(v.key AS INTEGER) AND +d.state IN ('pending', 'deferred')
            CROSS JOIN issues i ON i.id = d.issue_id AND +i.state = 'sending'
            WHERE EXISTS (SELECT 1 FROM claims c WHERE c.node = $2))))
    ON CONFLICT (node) DO UPDATE SET mails = excluded.mails RETURNING mails";

/// Records results: $1 JSON list of `results::RecordRow`, $2 node.
pub(super) const RECORD_DELIVERIES: &str = "
    UPDATE deliveries SET state = v.value ->> 'state', reply_code = v.value ->> 'code',
        reply_enhanced = v.value ->> 'enhanced', reply_text = v.value ->> 'text', reason = v.value ->> 'reason',
        next_attempt_at = COALESCE(v.value ->> 'next', next_attempt_at), sent_at = v.value ->> 'sent_at',
        repeats = deliveries.repeats + (v.value ->> 'repeats'), relay = v.value ->> 'relay',
        attempts = attempts + 1, first_attempt_at = COALESCE(first_attempt_at, v.value ->> 'tried_at')
    FROM json_each($1) AS v
    WHERE deliveries.id = v.value ->> 'id'
        AND ((v.value ->> 'state' = 'sent' AND +deliveries.state IN ('skipped', 'unknown'))
            OR (+deliveries.state IN ('pending', 'deferred')
                AND (v.value ->> 'state' = 'sent' OR EXISTS (SELECT 1 FROM claims c WHERE c.node = $2))))";

/// Gives claims a later time: $1 JSON list of `claims::HandBack`.
pub(super) const HAND_BACK_DELIVERIES: &str = "
    UPDATE deliveries SET next_attempt_at = v.value ->> 'next'
    FROM json_each($1) AS v
    WHERE deliveries.id = v.value ->> 'id' AND +state IN ('pending', 'deferred')
        AND deliveries.id NOT IN (SELECT delivery_id FROM begun)";

/// Deletes finished wake-ups of the queue that are older than $1 (Unix seconds).
pub(super) const PRUNE_JOBS: &str =
    "DELETE FROM Jobs WHERE status IN ('Done', 'Killed', 'Failed') AND run_at < $1";

/// Deletes the queue's records of workers not seen since $1 (Unix seconds).
pub(super) const PRUNE_WORKERS: &str = "DELETE FROM Workers WHERE last_seen < $1
    AND NOT EXISTS (SELECT 1 FROM Jobs WHERE Jobs.lock_by = Workers.id)";
