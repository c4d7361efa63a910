//! Counting in windows of time, for limits that hold over restarts and nodes.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::lists::{Texts, json};
use super::{StoreError, Tx, on};
use crate::domain::clock::Time;

const ADD: Texts = Texts {
    sqlite: "INSERT INTO counters (name, window_at, count)
        SELECT unhex(value ->> 'name'), $2, value ->> 'number' FROM json_each($1) WHERE true
        ON CONFLICT (name, window_at) DO UPDATE SET count = counters.count + excluded.count
        RETURNING name, count",
    postgres: "INSERT INTO counters (name, window_at, count)
        SELECT decode(name, 'hex'), $2, number
        FROM json_to_recordset($1::json) AS j (name text, number bigint)
        ON CONFLICT (name, window_at) DO UPDATE SET count = counters.count + excluded.count
        RETURNING name, count",
};

const READ: Texts = Texts {
    sqlite: "SELECT name, count FROM counters
        WHERE window_at = $2 AND name IN (SELECT unhex(value) FROM json_each($1))",
    postgres:
        "SELECT name, count FROM counters
        WHERE window_at = $2 AND name IN (SELECT decode(json_array_elements_text($1::json), 'hex'))",
};

#[derive(Serialize)]
struct More {
    name: String,
    number: i64,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Adds to counters and gives their counts of the window. The rows are locked until the commit, in
/// the order of their names; a number may be 0.
pub async fn add(
    tx: &mut Tx,
    numbers: &BTreeMap<Vec<u8>, i64>,
    window_at: Time,
) -> Result<HashMap<Vec<u8>, i64>, StoreError> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let more = |(name, number): (&Vec<u8>, &i64)| More {
        name: hex(name),
        number: *number,
    };
    let list: Vec<More> = numbers.iter().map(more).collect();
    let statement = ADD.on(tx);
    let counts: Vec<(Vec<u8>, i64)> = on!(tx, |conn| sqlx::query_as(statement)
        .bind(json(&list)?)
        .bind(window_at)
        .fetch_all(conn)
        .await)?;
    Ok(counts.into_iter().collect())
}

/// The counts of a window; a counter that was never added to is left out.
pub async fn read<'a>(
    tx: &mut Tx,
    names: impl Iterator<Item = &'a [u8]>,
    window_at: Time,
) -> Result<HashMap<Vec<u8>, i64>, StoreError> {
    let list: Vec<String> = names.map(hex).collect();
    if list.is_empty() {
        return Ok(HashMap::new());
    }
    let statement = READ.on(tx);
    let counts: Vec<(Vec<u8>, i64)> = on!(tx, |conn| sqlx::query_as(statement)
        .bind(json(&list)?)
        .bind(window_at)
        .fetch_all(conn)
        .await)?;
    Ok(counts.into_iter().collect())
}

/// The sum of a counter over the windows from `since` on.
pub async fn sum_since(tx: &mut Tx, name: &[u8], since: Time) -> Result<i64, StoreError> {
    let counts: Vec<i64> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT count FROM counters WHERE name = $1 AND window_at >= $2"
    )
    .bind(name)
    .bind(since)
    .fetch_all(conn)
    .await)?;
    Ok(counts.into_iter().sum())
}

/// Forgets windows that began before `before`.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM counters WHERE window_at < $1"
    )
    .bind(before)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
