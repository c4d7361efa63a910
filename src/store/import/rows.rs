//! The rows of an import as they are handed to the database.

use std::marker::PhantomData;

use chrono::SecondsFormat;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::domain::clock::Time;
use crate::domain::ids::{NoticeId, SignUpId, SubscriberId, SubscriptionId};
use crate::domain::subscription::{ConsentKind, SubscriptionState};
use crate::store::StoreError;
use crate::store::lists::json;

/// Rows as a statement takes them. Written out before the transaction begins, since that takes its time
/// and others wait for the database.
#[derive(Debug)]
pub struct List<T> {
    pub(super) json: String,
    rows: usize,
    kind: PhantomData<fn(T)>,
}

impl<T: Serialize> List<T> {
    pub fn of(rows: &[T]) -> Result<Self, StoreError> {
        Ok(Self {
            json: json(rows)?,
            rows: rows.len(),
            kind: PhantomData,
        })
    }
}

impl<T> List<T> {
    pub fn len(&self) -> usize {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

/// A reader whose subscription is new.
#[derive(Debug, Clone, Serialize)]
pub struct NewReader<'a> {
    #[serde(serialize_with = "id")]
    pub subscriber: SubscriberId,
    #[serde(serialize_with = "id")]
    pub subscription: SubscriptionId,
    pub email: &'a str,
    pub email_key: &'a str,
    /// Given to a subscriber who is new as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    pub state: SubscriptionState,
    pub topic_key: &'a str,
    pub digest_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<&'a str>,
    #[serde(serialize_with = "moment", skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Time>,
}

/// A pending subscription that is confirmed.
#[derive(Debug, Clone, Serialize)]
pub struct Confirmed<'a> {
    #[serde(serialize_with = "id")]
    pub subscription: SubscriptionId,
    pub topic_key: &'a str,
    pub digest_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<&'a str>,
    #[serde(serialize_with = "moment")]
    pub confirmed_at: Option<Time>,
}

/// A pending subscription whose reader has left elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct Leaving {
    #[serde(serialize_with = "id")]
    pub subscription: SubscriptionId,
}

/// The evidence that one row brought.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence<'a> {
    #[serde(serialize_with = "id")]
    pub subscription: SubscriptionId,
    pub kind: ConsentKind,
    #[serde(serialize_with = "moment")]
    pub at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What all evidence of an import shares.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The version of the text that confirmed readers agreed to.
    pub text_version: Option<&'a str>,
    pub source: &'a str,
}

/// A request to confirm, with the notice that asks for it.
#[derive(Debug, Clone, Serialize)]
pub struct Request<'a> {
    #[serde(serialize_with = "id")]
    pub sign_up: SignUpId,
    #[serde(serialize_with = "id")]
    pub notice: NoticeId,
    #[serde(serialize_with = "id")]
    pub subscription: SubscriptionId,
    #[serde(serialize_with = "bytes")]
    pub token_hash: Vec<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    pub topic_key: &'a str,
    pub digest_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<&'a str>,
    /// When its mail is due.
    #[serde(serialize_with = "moment")]
    pub created_at: Option<Time>,
    #[serde(serialize_with = "moment")]
    pub expires_at: Option<Time>,
}

fn id<S: Serializer>(id: &(impl Copy + Into<Uuid>), to: S) -> Result<S::Ok, S::Error> {
    let id: Uuid = (*id).into();
    to.collect_str(&id.simple())
}

/// As sqlx writes times on SQLite, so that they compare as text.
#[expect(clippy::ref_option, reason = "serde hands fields over so")]
fn moment<S: Serializer>(at: &Option<Time>, to: S) -> Result<S::Ok, S::Error> {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, false))
        .serialize(to)
}

/// As PostgreSQL writes bytes.
fn bytes<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    to.serialize_str(&format!("\\x{digits}"))
}
