//! What is particular to PostgreSQL.

use std::str::FromStr;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};

use super::StoreError;

/// The most that a node opens at a time: three for the queues, the others for pages and whatever
/// runs by itself.
const CONNECTIONS: u32 = 14;
/// What the engine opens beside them while it sends: one for the writer of results, the others for
/// claims and budgets. Four nodes fit into PostgreSQL's default of 100.
const ENGINE_CONNECTIONS: u32 = 6;

/// How long the end of the process waits for statements that are still at work.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// In one message, so that it costs no round trip more than `BEGIN`.
pub(super) const BEGIN_RELAXED: &str = "BEGIN; SET LOCAL synchronous_commit = off";

pub(super) async fn connect(url: &str) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)?.application_name("paperround");
    let pool = pool_of(CONNECTIONS);
    // Reported now rather than after the pool's long patience with a server that is away.
    tokio::time::timeout(Duration::from_secs(10), pool.connect_with(options))
        .await
        .map_err(|_| StoreError::Unreachable("no answer within 10 seconds".to_owned()))?
        .map_err(StoreError::from)
}

/// What PostgreSQL's own programs need to reach the database of an address, as variables of their
/// environment: what stands on a command line, others on the machine can read.
pub fn environment(url: &str) -> Result<Vec<(&'static str, String)>, StoreError> {
    let options = PgConnectOptions::from_str(url)?;
    let host = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => options.get_host().to_owned(),
    };
    let mode = match options.get_ssl_mode() {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    };
    let mut variables = vec![
        ("PGHOST", host),
        ("PGPORT", options.get_port().to_string()),
        ("PGUSER", options.get_username().to_owned()),
        ("PGSSLMODE", mode.to_owned()),
    ];
    let given = options.get_database().map(|name| ("PGDATABASE", name));
    let also = options.get_options().map(|text| ("PGOPTIONS", text));
    variables.extend(
        given
            .into_iter()
            .chain(also)
            .map(|(k, v)| (k, v.to_owned())),
    );
    variables.extend(password(url).map(|password| ("PGPASSWORD", password)));
    Ok(variables)
}

/// The password of an address; without one, PostgreSQL's programs look where they always do.
fn password(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    // Forms are escaped in the same way, but for the plus.
    let escaped = format!("p={}", url.password()?.replace('+', "%2B"));
    let mut pairs = url::form_urlencoded::parse(escaped.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned())
}

/// A pool of the runtime that calls this; it connects when it is used.
pub(super) fn elsewhere(pool: &PgPool) -> PgPool {
    pool_of(ENGINE_CONNECTIONS).connect_lazy_with((*pool.connect_options()).clone())
}

/// Closes a pool; whoever still waits for a long statement is not waited for.
pub(super) async fn close(pool: &PgPool) {
    if tokio::time::timeout(LAST_WAIT, pool.close()).await.is_err() {
        tracing::debug!("left PostgreSQL in the middle of a statement");
    }
}

/// Without just-in-time compilation: how many rows a JSON list has the planner can only guess, and
/// where it guesses too many it compiles for 200 ms what runs for one. Set by a statement, since a
/// connection pooler in between refuses options that come with the sign-in.
fn pool_of(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(30))
        .after_connect(|connection, _| {
            Box::pin(async move {
                // Servers that know no such thing are as good.
                let _ = sqlx::query("SET jit = off").execute(connection).await;
                Ok(())
            })
        })
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

/// Lets one claimer work at a time, so that each sees what the others have; any number that nothing
/// else uses.
pub(super) const CLAIM_LOCK: &str = "SELECT pg_advisory_xact_lock(8097879447823384578)";

/// Due deliveries of an issue: $1 issue, $2 now, $3 and $4 the position after which, $5 limit, $6
/// node, $7 JSON list of what it has. `CLAIM_LOCK` keeps other claimers out. `LATERAL` has the readers
/// looked up one by one, where a join would read all of a small audience for each claim. `unnest(ARRAY(`
/// has the planner expect ten ids of a list and hash them: it takes `begun` for a hundred thousands,
/// and would compare each row with each of these, in parallel.
pub(super) const DUE_DELIVERIES: &str = "
    SELECT d.id, d.subscription_id, d.edition_id, s.email, s.name, s.confirmed_at, s.source,
        CASE WHEN s.state = 'confirmed' AND s.suppressed_at IS NULL AND COALESCE(s.paused_until, 0) <= $2
            THEN 1::bigint ELSE 0 END AS reachable,
        d.attempts, d.first_attempt_at, d.next_attempt_at
    FROM (
        SELECT * FROM deliveries
        WHERE issue_id = $1 AND state IN ('pending', 'deferred') AND next_attempt_at <= $2
            AND (next_attempt_at, id) > ($3, $4)
            AND id NOT IN (SELECT unnest(ARRAY(SELECT value::bigint FROM json_array_elements_text($7::json))))
            AND id NOT IN (SELECT unnest(ARRAY(SELECT delivery_id FROM claimed WHERE node <> $6)))
            AND id NOT IN (SELECT unnest(ARRAY(SELECT delivery_id FROM begun)))
            AND EXISTS (SELECT 1 FROM issues i WHERE i.id = $1 AND i.state = 'sending')
            AND NOT EXISTS (SELECT 1 FROM sending_holds)
        ORDER BY next_attempt_at, id LIMIT $5
    ) d
    CROSS JOIN LATERAL (
        SELECT r.email, r.name, r.suppressed_at, s.state, s.confirmed_at, s.source, s.paused_until
        FROM subscriptions s JOIN subscribers r ON r.id = s.subscriber_id
        WHERE s.id = d.subscription_id LIMIT 1
    ) s
    ORDER BY d.next_attempt_at, d.id";

// Below, a few rows are looked up by their ids. `|| ''` keeps PostgreSQL from reading the whole index
// of open rows instead, and `ANY(ARRAY(...))` from reading the whole table: it takes a JSON list for a
// hundred rows, and an array for ten.

/// Skips deliveries of readers who left, take a pause or are suppressed: $1 JSON list of ids.
pub(super) const SKIP_DELIVERIES: &str = "
    UPDATE deliveries SET state = 'skipped',
        reason = CASE WHEN EXISTS (SELECT 1 FROM subscriptions s JOIN subscribers r ON r.id = s.subscriber_id
            WHERE s.id = deliveries.subscription_id AND r.suppressed_at IS NOT NULL)
            THEN 'suppressed'
            WHEN EXISTS (SELECT 1 FROM subscriptions s
                WHERE s.id = deliveries.subscription_id AND s.state = 'confirmed')
            THEN 'paused' ELSE 'unsubscribed' END
    WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";

/// One group of the usual kind in one round trip: $1 JSON object of ids and reply texts of mails
/// that were taken with the same code through the same relay, $2 node, $3 code, $4 enhanced code,
/// $5 relay, $6 time, $7 time of the attempts; $8 and $9 JSON objects of ids and times: what is still
/// on the line, and what is to begin. Returns the object of what is on the line from now on. Of the
/// latter those are in it that may be sent: the node's claims stand, the reader is still there, the
/// issue goes out. The commit that ends it does not wait for the disk.
/// `(SELECT $1::jsonb)` is parsed once, and not again for each row.
pub(super) const STEP: &str = "
    WITH relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
    taken AS (
        UPDATE deliveries SET state = 'sent', reply_code = $3, reply_enhanced = $4,
            reply_text = (SELECT $1::jsonb) ->> id::text, reason = NULL, sent_at = $6, relay = $5,
            attempts = attempts + 1, first_attempt_at = COALESCE(first_attempt_at, $7)
        WHERE id = ANY(ARRAY(SELECT key::bigint FROM jsonb_object_keys($1::jsonb) AS v (key)))
            AND (state || '') IN ('pending', 'deferred', 'skipped', 'unknown')
    ),
    flight AS (
        INSERT INTO in_flight (node, mails)
        SELECT $2, ($8::jsonb || COALESCE(jsonb_object_agg(d.id, (SELECT $9::jsonb) -> d.id::text), '{}'))::text
        FROM deliveries d JOIN issues i ON i.id = d.issue_id AND (i.state || '') = 'sending'
        WHERE d.id = ANY(ARRAY(SELECT key::bigint FROM jsonb_object_keys($9::jsonb) AS v (key)))
            AND (d.state || '') IN ('pending', 'deferred')
            AND EXISTS (SELECT 1 FROM claims c WHERE c.node = $2)
        ON CONFLICT (node) DO UPDATE SET mails = excluded.mails RETURNING mails
    )
    SELECT flight.mails FROM relaxed, flight";

/// Records results: $1 JSON list of `results::RecordRow`, $2 node.
pub(super) const RECORD_DELIVERIES: &str = "
    UPDATE deliveries SET state = v.state, reply_code = v.code,
        reply_enhanced = v.enhanced, reply_text = v.text, reason = v.reason,
        next_attempt_at = COALESCE(v.next, next_attempt_at), sent_at = v.sent_at,
        repeats = deliveries.repeats + (v.repeats), relay = v.relay,
        attempts = attempts + 1, first_attempt_at = COALESCE(first_attempt_at, v.tried_at)
    FROM json_to_recordset($1::json) AS v(id bigint, state text, code bigint, enhanced text,
            text text, reason text, next bigint, sent_at bigint, repeats bigint, relay text,
            tried_at bigint)
    WHERE deliveries.id = v.id
        AND deliveries.id = ANY(ARRAY(SELECT id FROM json_to_recordset($1::json) AS l (id bigint)))
        AND ((v.state = 'sent' AND (deliveries.state || '') IN ('skipped', 'unknown'))
            OR ((deliveries.state || '') IN ('pending', 'deferred')
                AND (v.state = 'sent' OR EXISTS (SELECT 1 FROM claims c WHERE c.node = $2))))";

/// Gives claims a later time: $1 JSON list of `claims::HandBack`.
pub(super) const HAND_BACK_DELIVERIES: &str = "
    UPDATE deliveries SET next_attempt_at = v.next
    FROM json_to_recordset($1::json) AS v(id bigint, next bigint)
    WHERE deliveries.id = v.id
        AND deliveries.id = ANY(ARRAY(SELECT id FROM json_to_recordset($1::json) AS l (id bigint)))
        AND (state || '') IN ('pending', 'deferred')
        AND deliveries.id NOT IN (SELECT delivery_id FROM begun)";

/// Deletes finished wake-ups of the queue that are older than $1 (Unix seconds).
pub(super) const PRUNE_JOBS: &str = "DELETE FROM apalis.jobs
    WHERE status IN ('Done', 'Killed', 'Failed') AND run_at < to_timestamp($1)";

/// Deletes the queue's records of workers not seen since $1 (Unix seconds).
pub(super) const PRUNE_WORKERS: &str =
    "DELETE FROM apalis.workers WHERE last_seen < to_timestamp($1)
    AND NOT EXISTS (SELECT 1 FROM apalis.jobs WHERE apalis.jobs.lock_by = apalis.workers.id)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_postgresql_are_told_where_the_database_is() {
        let url = "postgres://ann:p%40s+s%25@db.example:6432/news?sslmode=require";
        let told = environment(url).unwrap();
        let of = |name| {
            told.iter()
                .find(|(k, _)| *k == name)
                .map(|(_, v)| v.as_str())
        };
        assert_eq!(of("PGHOST"), Some("db.example"));
        assert_eq!(of("PGPORT"), Some("6432"));
        assert_eq!(of("PGUSER"), Some("ann"));
        assert_eq!(of("PGDATABASE"), Some("news"));
        assert_eq!(of("PGSSLMODE"), Some("require"));
        assert_eq!(of("PGPASSWORD"), Some("p@s+s%"));
        let bare = environment("postgres://ann@localhost/news").unwrap();
        assert!(!bare.iter().any(|(k, _)| *k == "PGPASSWORD"));
    }
}
