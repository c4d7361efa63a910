//! Which domains take mail, as the DNS said not long ago.

use serde_json::{Value, json};
use sqlx::FromRow;

use super::lists::{Texts, json as text};
use super::{StoreError, Tx, on, read as parse};
use crate::domain::clock::Time;
use crate::domain::mail_domain::MailAnswer;

const PUT: Texts = Texts {
    sqlite: "INSERT INTO mail_domains (domain, answer, checked_at, expires_at)
        SELECT value ->> 'domain', value ->> 'answer', $2, $3 FROM json_each($1) WHERE true
        ON CONFLICT (domain) DO UPDATE SET answer = excluded.answer,
            checked_at = excluded.checked_at, expires_at = excluded.expires_at",
    postgres: "INSERT INTO mail_domains (domain, answer, checked_at, expires_at)
        SELECT domain, answer, $2, $3 FROM json_to_recordset($1::json)
            AS j (domain text, answer text) ORDER BY domain
        ON CONFLICT (domain) DO UPDATE SET answer = excluded.answer,
            checked_at = excluded.checked_at, expires_at = excluded.expires_at",
};

const READ: Texts = Texts {
    sqlite: "SELECT domain, answer, checked_at, expires_at FROM mail_domains
        WHERE expires_at > $2 AND domain IN (SELECT value FROM json_each($1))",
    postgres: "SELECT domain, answer, checked_at, expires_at FROM mail_domains
        WHERE expires_at > $2 AND domain IN (SELECT json_array_elements_text($1::json))",
};

/// What is known of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailDomain {
    pub domain: String,
    pub answer: MailAnswer,
    pub checked_at: Time,
    pub expires_at: Time,
}

#[derive(FromRow)]
struct Row {
    domain: String,
    answer: String,
    checked_at: Time,
    expires_at: Time,
}

impl TryFrom<Row> for MailDomain {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            answer: parse("mail_domains", "answer", &row.domain, &row.answer)?,
            domain: row.domain,
            checked_at: row.checked_at,
            expires_at: row.expires_at,
        })
    }
}

/// Keeps an answer for each of some domains, all asked at one time with the same answer.
pub async fn put(
    tx: &mut Tx,
    domains: &[&str],
    answer: MailAnswer,
    now: Time,
) -> Result<(), StoreError> {
    let new = |domain: &&str| json!({ "domain": domain, "answer": answer });
    let list: Vec<Value> = domains.iter().map(new).collect();
    let statement = PUT.on(tx);
    on!(tx, |conn| sqlx::query(statement)
        .bind(text(&list)?)
        .bind(now)
        .bind(now + answer.lives())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// What still holds for some domains.
pub async fn read(
    tx: &mut Tx,
    domains: &[String],
    now: Time,
) -> Result<Vec<MailDomain>, StoreError> {
    let statement = READ.on(tx);
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(statement)
        .bind(text(domains)?)
        .bind(now)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(MailDomain::try_from).collect()
}

/// Domains that take no mail and were asked since, the latest first.
pub async fn dead_since(
    tx: &mut Tx,
    since: Time,
    limit: i64,
) -> Result<Vec<MailDomain>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(
        "SELECT domain, answer, checked_at, expires_at FROM mail_domains
         WHERE answer = 'takes none' AND checked_at >= $1 ORDER BY checked_at DESC LIMIT $2"
    )
    .bind(since)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(MailDomain::try_from).collect()
}

/// Forgets what holds no more.
pub async fn prune(tx: &mut Tx, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM mail_domains WHERE expires_at < $1"
    )
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
