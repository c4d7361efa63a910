//! Putting jobs into the queue inside the caller's transaction (outbox).

use apalis::prelude::TaskBuilder;

use super::{Store, StoreError, Tx, on};
use crate::domain::job::Job;

/// Adds a job; it becomes visible to workers with the transaction's commit.
pub async fn push(tx: &mut Tx, job: &Job) -> Result<(), StoreError> {
    let queue = job.queue().name();
    let args = serde_json::to_vec(job).map_err(|e| StoreError::Queue(e.to_string()))?;
    let task = TaskBuilder::new(args).max_attempts(1).build();
    match tx {
        Tx::Sqlite(tx) => apalis_sqlite::queries::push_tasks(&mut **tx, queue, &[task])
            .await
            .map_err(|e| match e {
                apalis_sqlite::Error::Database(error) => error.into(),
                other => StoreError::Queue(other.to_string()),
            }),
        Tx::Postgres(tx) => apalis_postgres::queries::push_tasks(&mut **tx, queue, vec![task])
            .await
            .map_err(|e| match e {
                apalis_postgres::Error::Database(error) => error.into(),
                other => StoreError::Queue(other.to_string()),
            }),
    }
}

/// Deletes wake-ups that are done, and the records of workers that are gone, older than an hour.
pub async fn prune(store: &Store, now: crate::domain::clock::Time) -> Result<(), StoreError> {
    let before = now.timestamp() - 3600;
    let (jobs, workers) = match store {
        Store::Sqlite(_) => (super::sqlite::PRUNE_JOBS, super::sqlite::PRUNE_WORKERS),
        Store::Postgres(_) => (super::postgres::PRUNE_JOBS, super::postgres::PRUNE_WORKERS),
    };
    let mut tx = store.begin().await?;
    on!(&mut tx, |conn| sqlx::query(jobs)
        .bind(before)
        .execute(conn)
        .await
        .map(drop))?;
    on!(&mut tx, |conn| sqlx::query(workers)
        .bind(before)
        .execute(conn)
        .await
        .map(drop))?;
    tx.commit().await
}
