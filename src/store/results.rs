//! What the delivery engine writes of each mail: that it begins, and how it ended. Both are written
//! in groups. What a process has begun stands in one row of `in_flight`, since a mark in each
//! delivery would double what the ledger is written.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Serialize, Serializer};
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Row as _};

use super::lists::json;
use super::{Store, StoreError, Tx, micros, moment, on, postgres, sqlite};
use crate::domain::clock::Time;
use crate::domain::delivery::{DeliveryState, Reply};
use crate::domain::ids::DeliveryId;

/// Mails that began within this are recorded with one time of their attempt.
const TOGETHER: TimeDelta = TimeDelta::seconds(1);

/// `STEP` of either database with its values.
macro_rules! step {
    ($query:ident, $statement:expr, $texts:expr, $node:expr, $alike:expr, $rest:expr, $begins:expr) => {
        sqlx::$query($statement)
            .bind($texts)
            .bind($node)
            .bind($alike.code)
            .bind($alike.enhanced)
            .bind($alike.relay)
            .bind($alike.sent_at.map(micros))
            .bind($alike.tried_at.map(micros))
            .bind($rest)
            .bind($begins)
    };
}

/// What a node has on the line: deliveries and the times in the Date fields of their mails.
pub type InFlight = BTreeMap<DeliveryId, Time>;

/// Puts claimed deliveries down as begun, the last step before their mails go over the line, beside
/// what this node has there already; returns all of it. What is not in the answer must not be sent:
/// the node was taken for dead, the reader left, or the issue was paused. For a relaxed transaction.
pub async fn begin(
    tx: &mut Tx,
    already: &InFlight,
    begins: &InFlight,
    node: &str,
) -> Result<InFlight, StoreError> {
    let (rest, begins) = (json(&numbers(already))?, json(&numbers(begins))?);
    let none = Alike::default();
    let mails: Vec<String> = match tx {
        Tx::Sqlite(tx) => {
            let step = step!(query_scalar, sqlite::STEP, "{}", node, none, rest, begins);
            step.fetch_all(&mut **tx).await?
        }
        Tx::Postgres(tx) => {
            let step = step!(query_scalar, postgres::STEP, "{}", node, none, rest, begins);
            step.fetch_all(&mut **tx).await?
        }
    };
    in_flight(mails.first().map_or("{}", String::as_str))
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
    /// When the attempt began, where it was the first.
    pub tried_at: Option<Time>,
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
    #[serde(serialize_with = "maybe_micros")]
    tried_at: Option<Time>,
}

/// Records how attempts ended; nothing where the node was taken for dead meanwhile, unless the mail
/// was taken. That counts whatever became of its row while it was on its way: its reader may have
/// left.
pub async fn record(
    tx: &mut Tx,
    records: &[impl Borrow<Record>],
    node: &str,
) -> Result<(), StoreError> {
    let rows: Vec<RecordRow<'_>> = records
        .iter()
        .map(|record| {
            let record: &Record = record.borrow();
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
                tried_at: record.tried_at,
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
    /// What is begun and not recorded.
    in_flight: InFlight,
    /// Kept from group to group: a pool looks at a connection before it lends it out.
    connection: Option<PoolConnection<Postgres>>,
}

impl Steps {
    pub fn new(store: &Store, node: &str) -> Self {
        Self {
            store: store.clone(),
            node: node.to_owned(),
            in_flight: InFlight::new(),
            connection: None,
        }
    }

    /// Records results, strikes off what was not sent after all, and puts mails down as begun;
    /// returns what is on the line from now on. Of `begins`, what is not there must not be sent.
    pub async fn write(
        &mut self,
        records: &[&Record],
        withdrawn: &[DeliveryId],
        begins: InFlight,
    ) -> Result<&InFlight, StoreError> {
        let written = if let Some(alike) = alike(records) {
            let (rest, begins) = self.next(records, withdrawn, begins);
            self.write_alike(records, &alike, &rest, &begins).await?
        } else {
            let mut tx = self.store.begin_relaxed().await?;
            let written = self.write_in(&mut tx, records, withdrawn, begins).await?;
            tx.commit().await?;
            written
        };
        Ok(self.keep(written))
    }

    /// The same in a transaction to which the caller has more to add; once it is committed, what is
    /// returned is to be kept.
    pub async fn write_in(
        &self,
        tx: &mut Tx,
        records: &[&Record],
        withdrawn: &[DeliveryId],
        begins: InFlight,
    ) -> Result<InFlight, StoreError> {
        let (rest, begins) = self.next(records, withdrawn, begins);
        record(tx, records, &self.node).await?;
        begin(tx, &rest, &begins, &self.node).await
    }

    /// Takes over what is on the line.
    pub fn keep(&mut self, in_flight: InFlight) -> &InFlight {
        self.in_flight = in_flight;
        &self.in_flight
    }

    /// What stays on the line, and what is added to it.
    fn next(
        &self,
        records: &[&Record],
        withdrawn: &[DeliveryId],
        mut begins: InFlight,
    ) -> (InFlight, InFlight) {
        let mut rest = self.in_flight.clone();
        for id in withdrawn {
            rest.remove(id);
        }
        for record in records {
            rest.remove(&record.id);
            // PostgreSQL looks at the state before this step.
            begins.remove(&record.id);
        }
        (rest, begins)
    }

    async fn write_alike(
        &mut self,
        records: &[&Record],
        alike: &Alike<'_>,
        rest: &InFlight,
        begins: &InFlight,
    ) -> Result<InFlight, StoreError> {
        let texts: BTreeMap<i64, &str> = records
            .iter()
            .map(|record| {
                let text = record.reply.as_ref().map_or("", |reply| &reply.text);
                (record.id.0, text)
            })
            .collect();
        let (texts, node) = (json(&texts)?, self.node.as_str());
        let (rest, begins) = (json(&numbers(rest))?, json(&numbers(begins))?);
        let mails: String = match &self.store {
            Store::Sqlite(pools) => {
                let step = step!(query, sqlite::STEP, texts, node, alike, rest, begins);
                pools.step(step).await?
            }
            Store::Postgres(pool) => {
                let mut connection = match self.connection.take() {
                    Some(connection) => connection,
                    None => pool.acquire().await?,
                };
                let step = step!(query, postgres::STEP, texts, node, alike, rest, begins);
                let row = step.fetch_one(&mut *connection).await?;
                self.connection = Some(connection);
                row.try_get(0)?
            }
        };
        in_flight(&mails)
    }
}

/// What the mails of a usual group have in common.
#[derive(Default)]
struct Alike<'a> {
    code: Option<i64>,
    enhanced: Option<&'a str>,
    relay: Option<&'a str>,
    /// When the last of them was taken.
    sent_at: Option<Time>,
    /// When the first of them began that were not tried before.
    tried_at: Option<Time>,
}

/// Mails that began within a second and were taken with the same code through the same relay are
/// nearly all, and need one statement; `None` where others are among them.
fn alike<'a>(records: &[&'a Record]) -> Option<Alike<'a>> {
    let of = |record: &&'a Record| {
        let Record {
            state,
            reply,
            repeated,
            relay,
            ..
        } = *record;
        let is_usual = *state == DeliveryState::Sent && !repeated;
        let reply = reply.as_ref().filter(|_| is_usual)?;
        Some((reply.code, reply.enhanced.as_deref(), relay.as_deref()))
    };
    let Some(first) = records.first() else {
        return Some(Alike::default());
    };
    let common = of(first)?;
    let began = || records.iter().filter_map(|record| record.tried_at);
    let tried_at = began().min();
    let is_close = tried_at
        .zip(began().max())
        .is_none_or(|(first, last)| last - first < TOGETHER);
    (is_close && records.iter().all(|record| of(record) == Some(common))).then_some(Alike {
        code: Some(i64::from(common.0)),
        enhanced: common.1,
        relay: common.2,
        sent_at: records.iter().map(|record| record.at).max(),
        tried_at,
    })
}

/// As the table keeps it.
fn numbers(mails: &InFlight) -> BTreeMap<i64, i64> {
    mails.iter().map(|(id, at)| (id.0, micros(*at))).collect()
}

fn in_flight(text: &str) -> Result<InFlight, StoreError> {
    let numbers: BTreeMap<i64, i64> = serde_json::from_str(text)
        .map_err(|error| StoreError::Database(sqlx::Error::Decode(error.into())))?;
    let mails = numbers.into_iter();
    Ok(mails.map(|(id, at)| (DeliveryId(id), moment(at))).collect())
}

pub(super) fn as_micros<S: Serializer>(value: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    micros(*value).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "the form that serde asks for")]
fn maybe_micros<S: Serializer>(value: &Option<Time>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(micros).serialize(serializer)
}
