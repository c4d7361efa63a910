//! What only PostgreSQL does: commits that do not wait for the disk, and what makes them durable.

use std::time::Duration;

use paperround::store::{Store, Tx, nodes};
use sqlx::PgConnection;

use crate::database::{self, TestDatabase};
use crate::fresh;

fn connection(tx: &mut Tx) -> &mut PgConnection {
    let Tx::Postgres(tx) = tx else {
        panic!("not PostgreSQL")
    };
    &mut *tx
}

async fn ask<T>(tx: &mut Tx, question: &'static str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    sqlx::query_scalar(question)
        .fetch_one(connection(tx))
        .await
        .unwrap()
}

async fn synchronous_commit(tx: &mut Tx) -> String {
    ask(tx, "SHOW synchronous_commit").await
}

/// Writes in a relaxed transaction, syncs, and gives how far the log is on the disk beyond it.
async fn flushed_beyond(store: &Store, name: &str) -> i64 {
    let mut tx = store.begin_relaxed().await.unwrap();
    let now = "2026-03-02T08:00:00Z".parse().unwrap();
    nodes::seen(&mut tx, name, "worker", now).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.read().await.unwrap();
    let written: String = ask(&mut tx, "SELECT pg_current_wal_insert_lsn()::text").await;
    drop(tx);
    store.sync().await.unwrap();
    let mut tx = store.read().await.unwrap();
    sqlx::query_scalar("SELECT (pg_current_wal_flush_lsn() - $1::pg_lsn)::bigint")
        .bind(written)
        .fetch_one(connection(&mut tx))
        .await
        .unwrap()
}

#[tokio::test]
async fn relaxed_commits_are_on_the_disk_after_a_sync() {
    let Some(server) = database::server() else {
        return;
    };
    let fresh = fresh(async |_| TestDatabase::postgres(&server).await).await;
    let store = &fresh.store;
    let mut tx = store.begin_relaxed().await.unwrap();
    assert_eq!(synchronous_commit(&mut tx).await, "off");
    tx.commit().await.unwrap();
    // The setting ends with the transaction, whichever connection comes next.
    for _ in 0..3 {
        let mut tx = store.begin().await.unwrap();
        assert_eq!(synchronous_commit(&mut tx).await, "on");
        tx.commit().await.unwrap();
    }
    for n in 0..20 {
        let beyond = flushed_beyond(store, &format!("node-{n}")).await;
        assert!(beyond >= 0, "{beyond} bytes are missing");
    }
}

#[tokio::test]
async fn a_statement_at_work_does_not_keep_the_process() {
    let Some(server) = database::server() else {
        return;
    };
    let fresh = fresh(async |_| TestDatabase::postgres(&server).await).await;
    let store = fresh.store.clone();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let waiting = tokio::spawn(async move {
        let mut tx = store.read().await.unwrap();
        begun.send(()).unwrap();
        let sleep = sqlx::query("SELECT pg_sleep(600)");
        sleep.execute(connection(&mut tx)).await
    });
    begins.await.unwrap();
    let close = tokio::time::timeout(Duration::from_secs(60), fresh.store.close());
    close.await.expect("the store closes");
    assert!(!waiting.is_finished());
}
