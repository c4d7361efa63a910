//! What only SQLite does: a full disk, transactions given up half-way, and two writers in turn.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use paperround::domain::clock::Time;
use paperround::store::{QueuePool, Store, StoreError, Tx, nodes};
use sqlx::SqliteConnection;

use crate::database::TestDatabase;
use crate::{Fresh, fresh};

async fn sqlite() -> Fresh {
    fresh(async |folder| TestDatabase::sqlite(folder)).await
}

fn now() -> Time {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn connection(tx: &mut Tx) -> &mut SqliteConnection {
    let Tx::Sqlite(tx) = tx else {
        panic!("not SQLite")
    };
    &mut *tx
}

/// No page more than the database has is what a full disk looks like.
async fn fill(connection: &mut SqliteConnection) {
    sqlx::query("PRAGMA max_page_count = 1")
        .execute(connection)
        .await
        .unwrap();
}

async fn empty(connection: &mut SqliteConnection) {
    sqlx::query("PRAGMA max_page_count = 1000000")
        .execute(connection)
        .await
        .unwrap();
}

/// Writes rows until there is no room.
async fn stuff(tx: &mut Tx, name: &str) -> StoreError {
    for n in 0..1000 {
        let name = format!("{name}-{n}-{}", "x".repeat(2000));
        if let Err(error) = nodes::seen(tx, &name, "web", now()).await {
            return error;
        }
    }
    panic!("the limit does nothing");
}

async fn count(store: &Store, like: &str) -> i64 {
    let mut tx = store.read().await.unwrap();
    sqlx::query_scalar("SELECT COUNT(*) FROM nodes WHERE name LIKE $1")
        .bind(like)
        .fetch_one(connection(&mut tx))
        .await
        .unwrap()
}

/// Another process may write: nothing of ours holds the lock. With one that is held, SQLite itself
/// gives up after ten seconds.
async fn assert_unlocked(store: &Store) {
    let started = Instant::now();
    let mut tx = store.begin().await.unwrap();
    nodes::seen(&mut tx, "after", "web", now()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(
        started.elapsed() < Duration::from_secs(9),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn writing_goes_on_when_a_full_disk_has_room_again() {
    let fresh = sqlite().await;
    let store = &fresh.store;
    for relaxed in [false, true] {
        let begin = async || {
            if relaxed {
                store.begin_relaxed().await.unwrap()
            } else {
                store.begin().await.unwrap()
            }
        };
        let mut tx = begin().await;
        nodes::seen(&mut tx, &format!("kept-{relaxed}"), "web", now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut tx = begin().await;
        fill(connection(&mut tx)).await;
        tx.commit().await.unwrap();
        // Given up at the error, and committed in spite of it.
        let mut tx = begin().await;
        assert!(matches!(stuff(&mut tx, "lost").await, StoreError::Full));
        drop(tx);
        let mut tx = begin().await;
        assert!(matches!(stuff(&mut tx, "lost").await, StoreError::Full));
        assert!(tx.commit().await.is_err(), "SQLite has undone it already");
        let mut tx = begin().await;
        empty(connection(&mut tx)).await;
        nodes::seen(&mut tx, "room", "web", now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_unlocked(store).await;
    }
    assert_eq!(count(store, "kept-%").await, 2);
    assert_eq!(count(store, "lost-%").await, 0);
    assert_eq!(count(store, "room").await, 1);
}

#[tokio::test]
async fn the_queue_lets_go_of_the_lock_after_a_full_disk() {
    let fresh = sqlite().await;
    let QueuePool::Sqlite(pool) = fresh.store.queue_pool() else {
        panic!("not SQLite")
    };
    fill(&mut pool.acquire().await.unwrap()).await;
    // The queue's way: sqlx's transactions. SQLite undoes the one that finds no room by itself; the
    // next ones on that connection would be given up with the write lock in hand.
    let mut tx = pool.begin().await.unwrap();
    let mut rows = 0;
    while insert(&mut tx, rows).await.is_ok() {
        rows += 1;
        assert!(rows < 1000, "the limit does nothing");
    }
    drop(tx);
    for _ in 0..4 {
        let mut tx = pool.begin().await.unwrap();
        let deleted = sqlx::query("DELETE FROM nodes").execute(&mut *tx).await;
        deleted.unwrap();
        drop(tx);
    }
    assert_unlocked(&fresh.store).await;
}

#[tokio::test]
async fn the_queue_takes_turns_with_the_writers() {
    let fresh = sqlite().await;
    let QueuePool::Sqlite(pool) = fresh.store.queue_pool() else {
        panic!("not SQLite")
    };
    for _ in 0..3 {
        let tx = fresh.store.begin().await.unwrap();
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { pool.acquire().await.unwrap() }
        });
        // Long enough for it to stand in the line; it must not be served before the turn ends.
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert!(!waiting.is_finished(), "two writers at once");
        tx.commit().await.unwrap();
        let held = waiting.await.unwrap();
        let writer = tokio::time::timeout(Duration::from_millis(30), fresh.store.begin());
        assert!(writer.await.is_err(), "two writers at once");
        drop(held);
        assert_unlocked(&fresh.store).await;
    }
    // Who is given up while it waits leaves the line.
    let tx = fresh.store.begin().await.unwrap();
    let given_up = tokio::time::timeout(Duration::from_millis(30), pool.acquire());
    assert!(given_up.await.is_err());
    tx.commit().await.unwrap();
    drop(pool.acquire().await.unwrap());
    assert_unlocked(&fresh.store).await;
}

#[tokio::test]
async fn who_goes_first_waits_for_one_other_writer_at_most() {
    let fresh = sqlite().await;
    let store = &fresh.store;
    let at_work = store.begin().await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = tokio::task::JoinSet::new();
    for name in ["a", "b", "c", "first"] {
        let (store, order) = (store.clone(), Arc::clone(&order));
        tasks.spawn(async move {
            let tx = match name {
                "first" => store.begin_first().await.unwrap(),
                _ => store.begin().await.unwrap(),
            };
            order.lock().unwrap().push(name);
            tx.commit().await.unwrap();
        });
        // In this order.
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    at_work.commit().await.unwrap();
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["a", "first", "b", "c"]);
}

async fn insert(connection: &mut SqliteConnection, n: i64) -> Result<(), sqlx::Error> {
    let statement = "INSERT INTO nodes (name, roles, started_at, seen_at)
        VALUES ($1 || hex(randomblob(1000)), 'web', 'x', 'x')";
    let done = sqlx::query(statement).bind(n).execute(connection).await;
    done.map(drop)
}

#[tokio::test]
async fn a_transaction_given_up_at_any_moment_leaves_the_writer_usable() {
    let fresh = sqlite().await;
    let store = &fresh.store;
    for polls in 0..12 {
        for relaxed in [false, true] {
            let work = async {
                let mut tx = if relaxed {
                    store.begin_relaxed().await?
                } else {
                    store.begin().await?
                };
                nodes::seen(&mut tx, &format!("given-up-{polls}"), "web", now()).await?;
                tx.commit().await
            };
            poll_times(polls, work).await;
            assert_unlocked(store).await;
        }
    }
    let integrity: String = {
        let mut tx = store.read().await.unwrap();
        sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_one(connection(&mut tx))
            .await
            .unwrap()
    };
    assert_eq!(integrity, "ok");
}

/// Polls a future some times, with a pause for the database's thread between, and drops it.
async fn poll_times(polls: usize, future: impl Future<Output = Result<(), StoreError>>) {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        let mut context = Context::from_waker(Waker::noop());
        if future.as_mut().poll(&mut context).is_ready() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn the_writers_differ_only_in_waiting_for_the_disk() {
    let fresh = sqlite().await;
    let synchronous = async |tx: &mut Tx| -> i64 {
        sqlx::query_scalar("PRAGMA synchronous")
            .fetch_one(connection(tx))
            .await
            .unwrap()
    };
    let mut tx = fresh.store.begin_relaxed().await.unwrap();
    assert_eq!(synchronous(&mut tx).await, 1, "NORMAL");
    nodes::seen(&mut tx, "relaxed", "web", now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fresh.store.begin().await.unwrap();
    assert_eq!(synchronous(&mut tx).await, 2, "FULL");
    tx.commit().await.unwrap();
    fresh.store.sync().await.unwrap();
    assert_eq!(count(&fresh.store, "relaxed").await, 1);
}

/// On one thread, so that nothing runs between asking for a turn and standing in the line.
#[tokio::test(flavor = "current_thread")]
async fn a_durable_write_waits_for_nobody_who_came_later() {
    const LOOPS: usize = 5;
    let fresh = sqlite().await;
    let begun = Arc::new(AtomicUsize::new(0));
    let mut busy = tokio::task::JoinSet::new();
    for n in 0..LOOPS {
        let (store, begun) = (fresh.store.clone(), Arc::clone(&begun));
        busy.spawn(async move {
            loop {
                let mut tx = store.begin_relaxed().await.unwrap();
                begun.fetch_add(1, Ordering::Relaxed);
                nodes::seen(&mut tx, &format!("busy-{n}"), "worker", now())
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    while begun.load(Ordering::Relaxed) < 2 * LOOPS {
        tokio::task::yield_now().await;
    }
    for _ in 0..30 {
        let before = begun.load(Ordering::Relaxed);
        let mut tx = fresh.store.begin().await.unwrap();
        let ahead = begun.load(Ordering::Relaxed) - before;
        // Each loop may stand before us once.
        assert!(ahead <= LOOPS, "{ahead} came before");
        nodes::seen(&mut tx, "durable", "web", now()).await.unwrap();
        tx.commit().await.unwrap();
    }
    busy.shutdown().await;
    assert_unlocked(&fresh.store).await;
}

/// A sum over more rows than anybody waits for: given up by who asked, or still waited for.
#[tokio::test]
async fn what_is_read_ends_with_the_store() {
    const ENDLESS: &str =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT SUM(i) FROM n";
    let fresh = sqlite().await;
    let (begun, begins) = tokio::sync::oneshot::channel();
    let sum = async |store: Store, begun: Option<tokio::sync::oneshot::Sender<()>>| {
        let mut tx = store.read().await.unwrap();
        begun.map(|begun| begun.send(()));
        sqlx::query_scalar::<_, i64>(ENDLESS)
            .fetch_one(connection(&mut tx))
            .await
    };
    let waited_for = tokio::spawn(sum(fresh.store.clone(), Some(begun)));
    let given_up = sum(fresh.store.clone(), None);
    let soon = Duration::from_millis(200);
    assert!(tokio::time::timeout(soon, given_up).await.is_err());
    begins.await.unwrap();
    let close = tokio::time::timeout(Duration::from_secs(60), fresh.store.close());
    close.await.expect("the store closes");
    let error = waited_for.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("interrupted"), "{error}");
}
