//! The store's contract: the same cases on SQLite and, with `TEST_DATABASE_URL`, on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::large_futures)]

#[path = "../it/support/database.rs"]
mod database;

mod cases;
mod postgres;
mod sign_ups;
mod sqlite;
mod suppressions;

use std::future::Future;

use paperround::store::{Store, migrate};

use database::TestDatabase;

/// A fresh database with its schema.
struct Fresh {
    store: Store,
    _database: TestDatabase,
    _folder: tempfile::TempDir,
}

async fn fresh(database: impl AsyncFnOnce(&std::path::Path) -> TestDatabase) -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path()).await;
    let store = Store::connect(&database.url).await.unwrap();
    migrate::run(&store).await.unwrap();
    Fresh {
        store,
        _database: database,
        _folder: folder,
    }
}

/// Runs a case on SQLite, and on PostgreSQL where there is a server.
async fn on_both<F: Future<Output = ()>>(case: impl Fn(Store) -> F) {
    let sqlite = fresh(async |folder| TestDatabase::sqlite(folder)).await;
    case(sqlite.store.clone()).await;
    sqlite.store.close().await;
    if let Some(server) = database::server() {
        let postgres = fresh(async |_| TestDatabase::postgres(&server).await).await;
        case(postgres.store.clone()).await;
        postgres.store.close().await;
    }
}
