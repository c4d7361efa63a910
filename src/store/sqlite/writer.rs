//! The connections that write, and their transactions.
//!
//! sqlx keeps count of transactions by itself. When SQLite undoes one on its own, as it does on a
//! full disk, that count stays wrong for good, and with it the connection. So `BEGIN`, `COMMIT` and
//! `ROLLBACK` are plain statements here, and what SQLite answers to `ROLLBACK` is the truth.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

/// How long a writer waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Commit {
    Durable,
    Relaxed,
}

/// Where a writer stands among those that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Place {
    /// A person waits for it.
    First,
    InLine,
}

/// The two writers of a process. They share one lock, which serves in order of arrival: a sign-up
/// waits for the one transaction at work and for one more at most, however busy the ledger is.
/// SQLite's own lock is only left to other processes.
#[derive(Debug, Clone)]
pub(super) struct Writers {
    both: Arc<Mutex<Both>>,
    /// Where all wait but those who go first: one of them at a time stands in the line for the lock.
    gate: Arc<Mutex<()>>,
}

#[derive(Debug)]
struct Both {
    durable: Writer,
    relaxed: Writer,
    is_closed: bool,
}

#[derive(Debug)]
struct Writer {
    options: SqliteConnectOptions,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    connection: SqliteConnection,
    /// False from before `BEGIN` until the end of the transaction is certain.
    is_clean: bool,
}

impl Writers {
    /// Opens the durable writer at once, which makes the file, and the relaxed one when needed.
    pub(super) async fn connect(
        durable: SqliteConnectOptions,
        relaxed: SqliteConnectOptions,
    ) -> Result<Self, sqlx::Error> {
        let mut both = Both {
            durable: Writer::new(durable),
            relaxed: Writer::new(relaxed),
            is_closed: false,
        };
        both.durable.ready().await?;
        Ok(Self {
            both: Arc::new(Mutex::new(both)),
            gate: Arc::default(),
        })
    }

    /// Waits for the turn; no transaction is open then.
    async fn turn(&self, place: Place) -> Result<OwnedMutexGuard<Both>, sqlx::Error> {
        let turn = async {
            let _gate = match place {
                Place::First => None,
                Place::InLine => Some(self.gate.lock().await),
            };
            Arc::clone(&self.both).lock_owned().await
        };
        let mut both = tokio::time::timeout(PATIENCE, turn)
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?;
        if both.is_closed {
            return Err(sqlx::Error::PoolClosed);
        }
        both.mend().await;
        Ok(both)
    }

    /// Takes the turn and one of the connections, outside any transaction.
    pub(super) async fn take(&self, commit: Commit, place: Place) -> Result<Turn, sqlx::Error> {
        let mut both = self.turn(place).await?;
        both.writer(commit).ready().await?;
        let writer = OwnedMutexGuard::try_map(both, |both| both.writer(commit).open.as_mut())
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let home = self.clone();
        let mut turn = Turn { writer, home };
        turn.writer.is_clean = false;
        Ok(turn)
    }

    /// Begins a transaction that holds the write lock from the start.
    pub(super) async fn begin(
        &self,
        commit: Commit,
        place: Place,
    ) -> Result<SqliteTx, sqlx::Error> {
        let mut turn = self.take(commit, place).await?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *turn).await?;
        Ok(SqliteTx(Held::Write(turn)))
    }

    /// Waits for the transaction at work and closes both connections.
    pub(super) async fn close(&self) {
        let mut both = self.both.lock().await;
        both.is_closed = true;
        both.durable.close().await;
        both.relaxed.close().await;
    }
}

/// The turn while somebody else's one connection has it.
#[derive(Debug, Clone)]
pub(super) struct Lent {
    writers: Writers,
    held: Arc<std::sync::Mutex<Option<OwnedMutexGuard<Both>>>>,
}

impl Lent {
    pub(super) fn of(writers: &Writers) -> Self {
        Self {
            writers: writers.clone(),
            held: Arc::default(),
        }
    }

    /// Waits for the turn and keeps it.
    pub(super) async fn take(&self) -> Result<(), sqlx::Error> {
        // There is one connection, so a turn that is still held is one that was not given back.
        self.give_back();
        let turn = self.writers.turn(Place::InLine).await?;
        self.slot().replace(turn);
        Ok(())
    }

    pub(super) fn give_back(&self) {
        drop(self.slot().take());
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<OwnedMutexGuard<Both>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Both {
    fn writer(&mut self, commit: Commit) -> &mut Writer {
        match commit {
            Commit::Durable => &mut self.durable,
            Commit::Relaxed => &mut self.relaxed,
        }
    }

    /// Undoes what somebody left who gave up in the middle.
    async fn mend(&mut self) {
        self.durable.mend().await;
        self.relaxed.mend().await;
    }
}

impl Writer {
    fn new(options: SqliteConnectOptions) -> Self {
        Self {
            options,
            open: None,
        }
    }

    async fn ready(&mut self) -> Result<(), sqlx::Error> {
        if self.open.is_none() {
            self.open = Some(Open {
                connection: self.options.connect().await?,
                is_clean: true,
            });
        }
        Ok(())
    }

    async fn mend(&mut self) {
        let Some(open) = self.open.as_mut().filter(|open| !open.is_clean) else {
            return;
        };
        if roll_back(&mut open.connection).await {
            open.is_clean = true;
        } else {
            self.close().await;
        }
    }

    /// Closing undoes an open transaction too.
    async fn close(&mut self) {
        if let Some(open) = self.open.take()
            && let Err(error) = open.connection.close().await
        {
            tracing::warn!(%error, "a connection to the database did not close in order");
        }
    }
}

/// Ends whatever transaction a connection may be in. False where it must not be used again.
///
/// It may also be called after a future was dropped in the middle of a statement: the connection's
/// thread takes statements in order, so this one comes after.
pub(super) async fn roll_back(connection: &mut SqliteConnection) -> bool {
    let is_over = match sqlx::query("ROLLBACK").execute(&mut *connection).await {
        Ok(_) => true,
        // What SQLite says when it has undone the transaction itself, or when there was none.
        Err(sqlx::Error::Database(error)) => error.message().contains("no transaction is active"),
        Err(_) => false,
    };
    // sqlx's own count, which others may have used on this connection.
    is_over && !connection.is_in_transaction()
}

/// The right to write, with a connection. Dropped before `finish`, it has the connection mended by
/// a task; whoever takes the turn first, that task or the next writer, does it.
pub(in crate::store) struct Turn {
    writer: OwnedMappedMutexGuard<Both, Open>,
    home: Writers,
}

impl Turn {
    /// Says that no transaction is open.
    pub(in crate::store) fn finish(mut self) {
        self.writer.is_clean = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.writer.is_clean {
            return;
        }
        // Without a runtime nobody can wait for the database; the next writer will mend it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let home = Arc::clone(&self.home.both);
            runtime.spawn(async move { home.lock().await.mend().await });
        }
    }
}

impl Deref for Turn {
    type Target = SqliteConnection;

    fn deref(&self) -> &Self::Target {
        &self.writer.connection
    }
}

impl DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.writer.connection
    }
}

/// A transaction on SQLite; dropped without a commit it is undone.
pub struct SqliteTx(Held);

enum Held {
    /// Undone by the pool when it gets the connection back.
    Read(PoolConnection<Sqlite>),
    Write(Turn),
}

impl SqliteTx {
    /// Begins a transaction that reads one consistent state.
    pub(super) async fn read(mut connection: PoolConnection<Sqlite>) -> Result<Self, sqlx::Error> {
        sqlx::query("BEGIN").execute(&mut *connection).await?;
        Ok(Self(Held::Read(connection)))
    }

    pub(in crate::store) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let done = sqlx::query("COMMIT").execute(&mut *self).await;
        // A commit that fails may or may not have undone the transaction.
        let is_over = done.is_ok() || roll_back(&mut self).await;
        if let Held::Write(turn) = self.0
            && is_over
        {
            turn.finish();
        }
        done.map(drop)
    }
}

impl Deref for SqliteTx {
    type Target = SqliteConnection;

    fn deref(&self) -> &Self::Target {
        match &self.0 {
            Held::Read(connection) => connection,
            Held::Write(turn) => turn,
        }
    }
}

impl DerefMut for SqliteTx {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match &mut self.0 {
            Held::Read(connection) => connection,
            Held::Write(turn) => turn,
        }
    }
}
