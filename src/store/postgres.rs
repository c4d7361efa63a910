//! What is particular to PostgreSQL.

use std::str::FromStr;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::StoreError;

/// The most that a node opens at a time: ten for the lanes of the engine, one for the writer of
/// their results, three for the queues, and six for pages and whatever runs by itself. Four nodes
/// fit into PostgreSQL's default of 100.
const CONNECTIONS: u32 = 20;

/// In one message, so that it costs no round trip more than `BEGIN`.
pub(super) const BEGIN_RELAXED: &str = "BEGIN; SET LOCAL synchronous_commit = off";

pub(super) async fn connect(url: &str) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)?.application_name("paperround");
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(30));
    // Reported now rather than after the pool's long patience with a server that is away.
    tokio::time::timeout(Duration::from_secs(10), pool.connect_with(options))
        .await
        .map_err(|_| StoreError::Unreachable("no answer within 10 seconds".to_owned()))?
        .map_err(StoreError::from)
}

/// Makes durable what relaxed transactions have committed.
///
/// PostgreSQL flushes its log up to a commit only for a transaction that has written to the log; an
/// empty one returns at once, even with an id. This message is the smallest thing to write. It
/// touches no table, needs no privilege, and reaches nobody but logical replication, where
/// subscribers skip prefixes that they do not know.
pub(super) async fn sync(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_logical_emit_message(true, 'paperround', '')")
        .execute(pool)
        .await
        .map(drop)
}

/// Due deliveries of an issue: $1 issue, $2 now, $3 and $4 the position after which, $5 limit.
/// `FOR UPDATE SKIP LOCKED` keeps other claimers out until the claim is written.
pub(super) const DUE_DELIVERIES: &str = "
    SELECT d.id, d.subscription_id, d.edition_id, r.email, r.name, s.confirmed_at, s.source,
        CASE WHEN s.state = 'confirmed' AND r.suppressed_at IS NULL THEN 1::bigint ELSE 0 END AS reachable,
        d.attempts, d.first_attempt_at, d.next_attempt_at
    FROM (
        SELECT * FROM deliveries
        WHERE issue_id = $1 AND state IN ('pending', 'deferred') AND next_attempt_at <= $2
            AND (next_attempt_at, id) > ($3, $4)
            AND EXISTS (SELECT 1 FROM issues i WHERE i.id = $1 AND i.state = 'sending')
        ORDER BY next_attempt_at, id LIMIT $5
        FOR UPDATE SKIP LOCKED
    ) d
    JOIN subscriptions s ON s.id = d.subscription_id
    JOIN subscribers r ON r.id = s.subscriber_id
    ORDER BY d.next_attempt_at, d.id";

/// Claims deliveries: $1 JSON list of ids, $2 node.
pub(super) const CLAIM_DELIVERIES: &str = "
    UPDATE deliveries SET state = 'sending', claimed_by = $2, begun_at = NULL
    WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";

/// Skips deliveries of readers who left or are suppressed: $1 JSON list of ids.
pub(super) const SKIP_DELIVERIES: &str = "
    UPDATE deliveries SET state = 'skipped', claimed_by = NULL,
        reason = CASE WHEN EXISTS (SELECT 1 FROM subscriptions s JOIN subscribers r ON r.id = s.subscriber_id
            WHERE s.id = deliveries.subscription_id AND r.suppressed_at IS NOT NULL)
            THEN 'suppressed' ELSE 'unsubscribed' END
    WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";

// `IS NOT DISTINCT FROM` below keeps PostgreSQL from reading the whole index of claimed rows, with
// all that were claimed since it was vacuumed, instead of looking the few rows up.

/// One group of the usual kind in one round trip: $1 JSON object of ids and reply texts of mails
/// that were taken with the same code through the same relay, $2 node, $3 code, $4 enhanced code,
/// $5 relay, $6 time; $7 JSON object of ids and times of mails that begin. The commit that ends it
/// does not wait for the disk.
pub(super) const STEP: &str = "
    WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
    taken AS (
        UPDATE deliveries SET state = 'sent', reply_code = $3, reply_enhanced = $4,
            reply_text = v.value, reason = NULL, sent_at = $6, relay = $5,
            claimed_by = NULL, begun_at = NULL
        FROM json_each_text($1::json) AS v (key, value)
        WHERE deliveries.id = v.key::bigint AND state IS NOT DISTINCT FROM 'sending' AND claimed_by IS NOT DISTINCT FROM $2
    ),
    begun AS (
        UPDATE deliveries SET begun_at = v.value::bigint, attempts = attempts + 1,
            first_attempt_at = COALESCE(first_attempt_at, v.value::bigint)
        FROM json_each_text($7::json) AS v (key, value)
        WHERE deliveries.id = v.key::bigint AND state IS NOT DISTINCT FROM 'sending' AND claimed_by IS NOT DISTINCT FROM $2
            AND begun_at IS NULL
        RETURNING deliveries.id
    )
    SELECT begun.id FROM relaxed LEFT JOIN begun ON true";

/// Marks claimed deliveries as begun: $1 JSON object of ids and times, $2 node.
pub(super) const BEGIN_DELIVERIES: &str = "
    UPDATE deliveries SET begun_at = v.value::bigint, attempts = attempts + 1,
        first_attempt_at = COALESCE(first_attempt_at, v.value::bigint)
    FROM json_each_text($1::json) AS v (key, value)
    WHERE deliveries.id = v.key::bigint AND state IS NOT DISTINCT FROM 'sending' AND claimed_by IS NOT DISTINCT FROM $2 AND begun_at IS NULL
    RETURNING deliveries.id";

/// Records results: $1 JSON list of `results::RecordRow`, $2 node.
pub(super) const RECORD_DELIVERIES: &str = "
    UPDATE deliveries SET state = v.state, reply_code = v.code,
        reply_enhanced = v.enhanced, reply_text = v.text, reason = v.reason,
        next_attempt_at = COALESCE(v.next, next_attempt_at), sent_at = v.sent_at,
        repeats = deliveries.repeats + (v.repeats), relay = v.relay,
        attempts = attempts + v.tries, first_attempt_at = COALESCE(first_attempt_at, v.tried_at),
        claimed_by = NULL, begun_at = NULL
    FROM json_to_recordset($1::json) AS v(id bigint, state text, code bigint, enhanced text,
            text text, reason text, next bigint, sent_at bigint, repeats bigint, relay text,
            tries bigint, tried_at bigint)
    WHERE deliveries.id = v.id AND deliveries.state IS NOT DISTINCT FROM 'sending'
        AND claimed_by IS NOT DISTINCT FROM $2";

/// Gives claims back: $1 JSON list of `claims::HandBack`, $2 node.
pub(super) const HAND_BACK_DELIVERIES: &str = "
    UPDATE deliveries SET claimed_by = NULL,
        state = CASE WHEN attempts > 0 THEN 'deferred' ELSE 'pending' END,
        next_attempt_at = COALESCE(v.next, next_attempt_at)
    FROM json_to_recordset($1::json) AS v(id bigint, next bigint)
    WHERE deliveries.id = v.id AND state IS NOT DISTINCT FROM 'sending' AND claimed_by IS NOT DISTINCT FROM $2 AND begun_at IS NULL";

/// Deletes finished wake-ups of the queue that are older than $1 (Unix seconds).
pub(super) const PRUNE_JOBS: &str = "DELETE FROM apalis.jobs
    WHERE status IN ('Done', 'Killed', 'Failed') AND run_at < to_timestamp($1)";

/// Deletes the queue's records of workers not seen since $1 (Unix seconds).
pub(super) const PRUNE_WORKERS: &str =
    "DELETE FROM apalis.workers WHERE last_seen < to_timestamp($1)
    AND NOT EXISTS (SELECT 1 FROM apalis.jobs WHERE apalis.jobs.lock_by = apalis.workers.id)";
