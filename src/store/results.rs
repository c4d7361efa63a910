//! What the delivery engine writes of each mail: that it begins, and how it ended. Rows are written
//! in groups, one statement for each kind of change.

use std::collections::{BTreeMap, HashSet};

use serde::{Serialize, Serializer};
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Row as _};

use super::lists::json;
use super::{Store, StoreError, Tx, micros, on, postgres, sqlite};
use crate::domain::clock::Time;
use crate::domain::delivery::{DeliveryState, Reply};
use crate::domain::ids::DeliveryId;

/// A mail that is about to go over the line, and the time that its Date field gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begin {
    pub id: DeliveryId,
    pub at: Time,
}

/// Marks claimed deliveries as begun, the last step before their mails go over the line. What is
/// not in the answer must not be sent: the claim is no longer ours, or the reader left.
pub async fn begin(
    tx: &mut Tx,
    begins: &[Begin],
    node: &str,
) -> Result<HashSet<DeliveryId>, StoreError> {
    let statement = match tx {
        Tx::Sqlite(_) => sqlite::BEGIN_DELIVERIES,
        Tx::Postgres(_) => postgres::BEGIN_DELIVERIES,
    };
    let ids: Vec<i64> = on!(tx, |conn| sqlx::query_scalar(statement)
        .bind(json(&times(begins))?)
        .bind(node)
        .fetch_all(conn)
        .await)?;
    Ok(ids.into_iter().map(DeliveryId).collect())
}

/// How an attempt ended, as the ledger keeps it.
#[derive(Debug, Clone)]
pub struct Record {
    pub id: DeliveryId,
    pub state: DeliveryState,
    pub reply: Option<Reply>,
    pub reason: Option<String>,
    pub next_attempt_at: Option<Time>,
    /// Whether the mail may go out a second time because its outcome was lost.
    pub repeated: bool,
    /// The name of the relay that answered.
    pub relay: Option<String>,
    pub at: Time,
    /// When the attempt was made, where it was refused before its mail was marked as begun.
    pub first_at: Option<Time>,
}

#[derive(Serialize)]
struct RecordRow<'a> {
    id: i64,
    state: &'static str,
    code: Option<u16>,
    enhanced: Option<&'a str>,
    text: Option<&'a str>,
    reason: Option<&'a str>,
    #[serde(serialize_with = "maybe_micros")]
    next: Option<Time>,
    #[serde(serialize_with = "maybe_micros")]
    sent_at: Option<Time>,
    repeats: u8,
    relay: Option<&'a str>,
    tries: u8,
    #[serde(serialize_with = "maybe_micros")]
    tried_at: Option<Time>,
}

/// Records how attempts ended; nothing where the claim is no longer ours.
pub async fn record(tx: &mut Tx, records: &[Record], node: &str) -> Result<(), StoreError> {
    let rows: Vec<RecordRow<'_>> = records
        .iter()
        .map(|record| {
            let reply = record.reply.as_ref();
            RecordRow {
                id: record.id.0,
                state: record.state.as_str(),
                code: reply.map(|reply| reply.code),
                enhanced: reply.and_then(|reply| reply.enhanced.as_deref()),
                text: reply.map(|reply| reply.text.as_str()),
                reason: record.reason.as_deref(),
                next: record.next_attempt_at,
                sent_at: (record.state == DeliveryState::Sent).then_some(record.at),
                repeats: u8::from(record.repeated),
                relay: record.relay.as_deref(),
                tries: u8::from(record.first_at.is_some()),
                tried_at: record.first_at,
            }
        })
        .collect();
    let statement = match tx {
        Tx::Sqlite(_) => sqlite::RECORD_DELIVERIES,
        Tx::Postgres(_) => postgres::RECORD_DELIVERIES,
    };
    on!(tx, |conn| sqlx::query(statement)
        .bind(json(&rows)?)
        .bind(node)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Writes the groups of one process, without waiting for the disk.
#[derive(Debug)]
pub struct Steps {
    store: Store,
    node: String,
    /// Kept from group to group: a pool looks at a connection before it lends it out.
    connection: Option<PoolConnection<Postgres>>,
}

impl Steps {
    pub fn new(store: &Store, node: &str) -> Self {
        Self {
            store: store.clone(),
            node: node.to_owned(),
            connection: None,
        }
    }

    /// Records results and marks mails as begun, in one transaction; returns those that may be
    /// sent.
    pub async fn write(
        &mut self,
        records: &[Record],
        begins: &[Begin],
    ) -> Result<HashSet<DeliveryId>, StoreError> {
        let Some(alike) = alike(records) else {
            let mut tx = self.store.begin_relaxed().await?;
            record(&mut tx, records, &self.node).await?;
            let begun = begin(&mut tx, begins, &self.node).await?;
            tx.commit().await?;
            return Ok(begun);
        };
        let texts: BTreeMap<i64, &str> = records
            .iter()
            .map(|record| {
                let text = record.reply.as_ref().map_or("", |reply| &reply.text);
                (record.id.0, text)
            })
            .collect();
        let texts = json(&texts)?;
        let times = json(&times(begins))?;
        let sent_at = records.iter().map(|record| micros(record.at)).max();
        macro_rules! step {
            ($statement:expr) => {
                sqlx::query($statement)
                    .bind(texts)
                    .bind(&self.node)
                    .bind(alike.code)
                    .bind(alike.enhanced)
                    .bind(alike.relay)
                    .bind(sent_at)
                    .bind(times)
            };
        }
        let ids = match &self.store {
            Store::Sqlite(pools) => pools.step(step!(sqlite::STEP)).await?,
            Store::Postgres(pool) => {
                let mut connection = match self.connection.take() {
                    Some(connection) => connection,
                    None => pool.acquire().await?,
                };
                let rows = step!(postgres::STEP).fetch_all(&mut *connection).await?;
                self.connection = Some(connection);
                // One row without an id stands for none.
                let ids = rows.iter().filter_map(|row| row.try_get(0).transpose());
                ids.collect::<Result<Vec<i64>, sqlx::Error>>()?
            }
        };
        Ok(ids.into_iter().map(DeliveryId).collect())
    }
}

/// What the mails of a usual group have in common.
struct Alike<'a> {
    code: Option<i64>,
    enhanced: Option<&'a str>,
    relay: Option<&'a str>,
}

/// Mails that were taken with the same code through the same relay are nearly all, and need one
/// statement; `None` where others are among them.
fn alike(records: &[Record]) -> Option<Alike<'_>> {
    let of = |record| {
        let Record {
            state,
            reply,
            first_at,
            repeated,
            ..
        }: &Record = record;
        let is_usual = *state == DeliveryState::Sent && first_at.is_none() && !repeated;
        let reply = reply.as_ref().filter(|_| is_usual)?;
        Some((
            reply.code,
            reply.enhanced.as_deref(),
            record.relay.as_deref(),
        ))
    };
    let Some(first) = records.first() else {
        return Some(Alike {
            code: None,
            enhanced: None,
            relay: None,
        });
    };
    let common = of(first)?;
    records
        .iter()
        .all(|record| of(record) == Some(common))
        .then_some(Alike {
            code: Some(i64::from(common.0)),
            enhanced: common.1,
            relay: common.2,
        })
}

fn times(begins: &[Begin]) -> BTreeMap<i64, i64> {
    let times = begins.iter().map(|begin| (begin.id.0, micros(begin.at)));
    times.collect()
}

#[expect(clippy::ref_option, reason = "the form that serde asks for")]
pub(super) fn maybe_micros<S: Serializer>(
    value: &Option<Time>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.map(micros).serialize(serializer)
}
