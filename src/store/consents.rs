//! Append-only evidence of consent.

use sqlx::FromRow;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::ids::SubscriptionId;
use crate::domain::subscription::ConsentKind;

/// What is kept of one act.
#[derive(Debug, Clone)]
pub struct Consent<'a> {
    pub subscription: SubscriptionId,
    pub kind: ConsentKind,
    pub at: Time,
    /// The version of the text that stood beside the form.
    pub text_version: Option<&'a str>,
    /// The network of the request, truncated.
    pub network: Option<&'a str>,
    /// The page that carried the form, or the door used.
    pub source: Option<&'a str>,
    pub detail: Option<&'a str>,
}

/// A record as read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRecord {
    pub kind: ConsentKind,
    pub at: Time,
    pub text_version: Option<String>,
    /// The text itself.
    pub text: Option<String>,
    pub network: Option<String>,
    pub source: Option<String>,
    /// As what was chosen.
    pub detail: Option<String>,
}

/// Adds a record.
pub async fn append(tx: &mut Tx, consent: &Consent<'_>) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO consents (subscription_id, kind, at, text_version, network, source, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(consent.subscription.0)
    .bind(consent.kind.as_str())
    .bind(consent.at)
    .bind(consent.text_version)
    .bind(consent.network)
    .bind(consent.source)
    .bind(consent.detail)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Keeps the text of a version of the form, once.
pub async fn keep_text(
    tx: &mut Tx,
    version: &str,
    text: &str,
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO consent_texts (version, text, first_used_at) VALUES ($1, $2, $3)
         ON CONFLICT (version) DO NOTHING"
    )
    .bind(version)
    .bind(text)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: i64,
    kind: String,
    at: Time,
    text_version: Option<String>,
    text: Option<String>,
    network: Option<String>,
    source: Option<String>,
    detail: Option<String>,
}

/// The records of a subscription, oldest first.
pub async fn list(tx: &mut Tx, id: SubscriptionId) -> Result<Vec<ConsentRecord>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT c.id, c.kind, c.at, c.text_version, t.text, c.network, c.source, c.detail
         FROM consents c LEFT JOIN consent_texts t ON t.version = c.text_version
         WHERE c.subscription_id = $1 ORDER BY c.id"
    )
    .bind(id.0)
    .fetch_all(conn)
    .await)?;
    rows.into_iter()
        .map(|row| {
            Ok(ConsentRecord {
                kind: read("consents", "kind", row.id, &row.kind)?,
                at: row.at,
                text_version: row.text_version,
                text: row.text,
                network: row.network,
                source: row.source,
                detail: row.detail,
            })
        })
        .collect()
}
