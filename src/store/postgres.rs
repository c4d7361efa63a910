//! What is particular to PostgreSQL.

use std::str::FromStr;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::StoreError;

pub(super) async fn connect(url: &str) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)?.application_name("paperround");
    let pool = PgPoolOptions::new()
        .max_connections(12)
        .acquire_timeout(Duration::from_secs(30));
    // Reported now rather than after the pool's long patience with a server that is away.
    tokio::time::timeout(Duration::from_secs(10), pool.connect_with(options))
        .await
        .map_err(|_| StoreError::Unreachable("no answer within 10 seconds".to_owned()))?
        .map_err(StoreError::from)
}

/// Claims due deliveries of an issue: $1 issue, $2 now, $3 limit, $4 node, $5 lane.
pub(super) const CLAIM_DELIVERIES: &str = "
    UPDATE deliveries SET state = 'sending', claimed_by = $4, lane = $5, begun_at = NULL
    WHERE id IN (
        SELECT id FROM deliveries
        WHERE issue_id = $1 AND state IN ('pending', 'deferred') AND next_attempt_at <= $2
        ORDER BY next_attempt_at, id LIMIT $3
        FOR UPDATE SKIP LOCKED
    )";

/// Deletes finished wake-ups of the queue that are older than $1 (Unix seconds).
pub(super) const PRUNE_JOBS: &str = "DELETE FROM apalis.jobs
    WHERE status IN ('Done', 'Killed', 'Failed') AND run_at < to_timestamp($1)";

/// Deletes the queue's records of workers not seen since $1 (Unix seconds).
pub(super) const PRUNE_WORKERS: &str =
    "DELETE FROM apalis.workers WHERE last_seen < to_timestamp($1)
    AND NOT EXISTS (SELECT 1 FROM apalis.jobs WHERE apalis.jobs.lock_by = apalis.workers.id)";
