//! What the delivery engine writes of each mail: that it begins, and how it ended. Rows are written
//! in groups, one statement for each kind of change.

use std::collections::{BTreeMap, HashSet};

use chrono::SecondsFormat;
use serde::{Serialize, Serializer};

use super::lists::json;
use super::{StoreError, Tx, on, postgres, sqlite};
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
    let times: BTreeMap<i64, String> = begins
        .iter()
        .map(|begin| (begin.id.0, written(&begin.at)))
        .collect();
    let ids: Vec<i64> = on!(tx, |conn| sqlx::query_scalar(statement)
        .bind(json(&times)?)
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
    #[serde(serialize_with = "maybe_time")]
    next: Option<Time>,
    #[serde(serialize_with = "maybe_time")]
    sent_at: Option<Time>,
    repeats: u8,
    relay: Option<&'a str>,
    tries: u8,
    #[serde(serialize_with = "maybe_time")]
    tried_at: Option<Time>,
}

/// Records how attempts ended; nothing where the claim is no longer ours.
pub async fn record(tx: &mut Tx, records: &[Record], node: &str) -> Result<(), StoreError> {
    let mut sent: BTreeMap<_, Vec<&Record>> = BTreeMap::new();
    let mut others = Vec::new();
    for record in records {
        match &record.reply {
            Some(reply) if record.state == DeliveryState::Sent && record.first_at.is_none() => {
                let alike = (reply.code, &reply.enhanced, &record.relay);
                sent.entry(alike).or_default().push(record);
            }
            _ => others.push(record),
        }
    }
    for alike in sent.into_values() {
        record_sent(tx, &alike, node).await?;
    }
    if others.is_empty() {
        return Ok(());
    }
    record_others(tx, &others, node).await
}

/// Mails that were taken with the same code through the same relay, which are nearly all.
async fn record_sent(tx: &mut Tx, alike: &[&Record], node: &str) -> Result<(), StoreError> {
    let Some((reply, first)) = alike
        .first()
        .and_then(|first| Some((first.reply.as_ref()?, first)))
    else {
        return Ok(());
    };
    let texts: BTreeMap<i64, &str> = alike
        .iter()
        .map(|record| {
            let text = record.reply.as_ref().map_or("", |reply| &reply.text);
            (record.id.0, text)
        })
        .collect();
    let statement = match tx {
        Tx::Sqlite(_) => sqlite::SENT_DELIVERIES,
        Tx::Postgres(_) => postgres::SENT_DELIVERIES,
    };
    on!(tx, |conn| sqlx::query(statement)
        .bind(json(&texts)?)
        .bind(node)
        .bind(i64::from(reply.code))
        .bind(&reply.enhanced)
        .bind(&first.relay)
        .bind(alike.iter().map(|record| record.at).max())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

async fn record_others(tx: &mut Tx, records: &[&Record], node: &str) -> Result<(), StoreError> {
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

/// A time as the driver writes it on SQLite, where times are compared as text.
fn written(time: &Time) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

#[expect(clippy::ref_option, reason = "the form that serde asks for")]
pub(super) fn maybe_time<S: Serializer>(
    value: &Option<Time>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(time) => serializer.serialize_str(&written(time)),
        None => serializer.serialize_none(),
    }
}
