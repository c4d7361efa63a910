//! Sign-ups as they came in, until they are taken in.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::lists::{Texts, json};
use super::{StoreError, Tx, on, read};
use crate::domain::arrival::Arrival;
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::ids::{PublicationId, SignUpId};
use crate::domain::publication::TopicChoice;

/// Each text of the list is an id of 32 hexadecimal digits and a body. As objects they would be parsed
/// once for each of their fields.
const INSERT: Texts = Texts {
    sqlite: "INSERT INTO arrivals (id, due_at, body)
        SELECT unhex(substr(value, 1, 32)), $2, substr(value, 33) FROM json_each($1)",
    postgres: "INSERT INTO arrivals (id, due_at, body)
        SELECT substr(value, 1, 32)::uuid, $2, substr(value, 33)
        FROM json_array_elements_text($1::json) AS j (value)",
};

/// What the column `body` holds. A later field needs a default: rows may wait over an update.
#[derive(Serialize, Deserialize)]
struct Body {
    publication: PublicationId,
    email: String,
    name: Option<String>,
    topics: String,
    digests: String,
    language: Option<String>,
    timezone: Option<String>,
    source: Option<String>,
    network: String,
    consent_text: String,
    arrived_at: Time,
}

fn line(arrival: &Arrival) -> Result<String, StoreError> {
    let body = Body {
        publication: arrival.publication,
        email: arrival.email.to_string(),
        name: arrival.name.clone(),
        topics: arrival.topics.key(),
        digests: arrival.digests.key(),
        language: arrival.language.clone(),
        timezone: arrival.timezone.map(|zone| zone.name().to_owned()),
        source: arrival.source.clone(),
        network: arrival.network.clone(),
        consent_text: arrival.consent_text.clone(),
        arrived_at: arrival.arrived_at,
    };
    Ok(format!("{}{}", arrival.id.0.simple(), json(&body)?))
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    body: String,
}

impl TryFrom<Row> for Arrival {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let body: Body = serde_json::from_str(&row.body).map_err(|_| StoreError::Corrupt {
            table: "arrivals",
            column: "body",
            id: row.id.to_string(),
        })?;
        Ok(Self {
            id: SignUpId(row.id),
            publication: body.publication,
            email: read("arrivals", "body", row.id, &body.email)?,
            name: body.name,
            topics: TopicChoice::from_key(&body.topics),
            digests: DigestChoice::from_key(&body.digests),
            language: body.language,
            timezone: body.timezone.and_then(|name| name.parse().ok()),
            source: body.source,
            network: body.network,
            consent_text: body.consent_text,
            arrived_at: body.arrived_at,
        })
    }
}

/// Keeps arrivals, to be taken in from `due_at` on.
pub async fn insert(tx: &mut Tx, arrivals: &[Arrival], due_at: Time) -> Result<(), StoreError> {
    let rows: Vec<String> = arrivals.iter().map(line).collect::<Result<_, _>>()?;
    let statement = INSERT.on(tx);
    on!(tx, |conn| sqlx::query(statement)
        .bind(json(&rows)?)
        .bind(due_at)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Whether any is due.
pub async fn are_due(tx: &mut Tx, now: Time) -> Result<bool, StoreError> {
    let found: Option<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM arrivals WHERE due_at <= $1 ORDER BY due_at, id LIMIT 1"
    )
    .bind(now)
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}

/// Those that are due, oldest first; they stay. One that cannot be read is left out.
pub async fn next(tx: &mut Tx, now: Time, limit: i64) -> Result<Vec<Arrival>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT id, body FROM arrivals WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2"
    )
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    let arrivals = rows.into_iter().map(Arrival::try_from);
    Ok(arrivals.filter_map(Result::ok).collect())
}

/// How long a row that cannot be read is left alone: it must not keep others waiting.
const SET_ASIDE: TimeDelta = TimeDelta::days(1);

/// Takes those that are due out of the table, oldest first. One that cannot be read is kept and set
/// aside.
pub async fn take(tx: &mut Tx, now: Time, limit: i64) -> Result<Vec<Arrival>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "DELETE FROM arrivals WHERE (due_at, id) IN (
            SELECT due_at, id FROM arrivals WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2)
         RETURNING id, body"
    )
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, body) = (row.id, row.body.clone());
        match Arrival::try_from(row) {
            Ok(arrival) => taken.push(arrival),
            Err(error) => {
                tracing::error!(sign_up = %id, %error, "a sign-up is set aside for a day");
                set_aside(tx, id, &body, now + SET_ASIDE).await?;
            }
        }
    }
    Ok(taken)
}

/// Forgets those that came before an id; returns how many.
pub async fn prune(tx: &mut Tx, before: Uuid) -> Result<u64, StoreError> {
    let gone = on!(tx, |conn| sqlx::query("DELETE FROM arrivals WHERE id < $1")
        .bind(before)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(gone)
}

async fn set_aside(tx: &mut Tx, id: Uuid, body: &str, due_at: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO arrivals (id, due_at, body) VALUES ($1, $2, $3)"
    )
    .bind(id)
    .bind(due_at)
    .bind(body)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
