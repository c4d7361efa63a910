//! Rules about sign-ups, and the version that tells when they have changed.

use serde_json::{Value, json};
use sqlx::FromRow;

use super::lists::{Texts, json as text};
use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::signup_rule::{SignUpRule, Subject};

const PUT: Texts = Texts {
    sqlite: "INSERT INTO signup_rules (subject, effect, reason, source, created_at)
        SELECT value ->> 'subject', value ->> 'effect', value ->> 'reason', value ->> 'source', $2
        FROM json_each($1) WHERE true
        ON CONFLICT (subject) DO UPDATE SET effect = excluded.effect, reason = excluded.reason,
            source = excluded.source, created_at = excluded.created_at",
    postgres: "INSERT INTO signup_rules (subject, effect, reason, source, created_at)
        SELECT subject, effect, reason, source, $2 FROM json_to_recordset($1::json)
            AS j (subject text, effect text, reason text, source text) ORDER BY subject
        ON CONFLICT (subject) DO UPDATE SET effect = excluded.effect, reason = excluded.reason,
            source = excluded.source, created_at = excluded.created_at",
};

#[derive(FromRow)]
struct Row {
    subject: String,
    effect: String,
    reason: Option<String>,
    source: Option<String>,
    created_at: Time,
}

impl TryFrom<Row> for SignUpRule {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let table = "signup_rules";
        Ok(Self {
            subject: read(table, "subject", &row.subject, &row.subject)?,
            effect: read(table, "effect", &row.subject, &row.effect)?,
            reason: row.reason,
            source: row.source,
            created_at: row.created_at,
        })
    }
}

/// The number that grows with every change.
pub async fn version(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(
        "SELECT version FROM signup_rules_version"
    )
    .fetch_one(conn)
    .await)?)
}

async fn changed(tx: &mut Tx) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE signup_rules_version SET version = version + 1"
    )
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Writes rules, in place of those on the same subjects; no two may be on the same.
pub async fn put(tx: &mut Tx, rules: &[SignUpRule], now: Time) -> Result<(), StoreError> {
    let new = |rule: &SignUpRule| {
        json!({
            "subject": rule.subject.to_string(), "effect": rule.effect,
            "reason": rule.reason, "source": rule.source,
        })
    };
    let list: Vec<Value> = rules.iter().map(new).collect();
    // First, so that writers take turns.
    changed(tx).await?;
    let statement = PUT.on(tx);
    on!(tx, |conn| sqlx::query(statement)
        .bind(text(&list)?)
        .bind(now)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Takes the rule on a subject away; false where there is none.
pub async fn remove(tx: &mut Tx, subject: &Subject) -> Result<bool, StoreError> {
    changed(tx).await?;
    let removed = on!(tx, |conn| sqlx::query(
        "DELETE FROM signup_rules WHERE subject = $1"
    )
    .bind(subject.to_string())
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(removed > 0)
}

/// Rules in the order of their subjects, behind one of them.
pub async fn page(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<SignUpRule>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(
        "SELECT subject, effect, reason, source, created_at FROM signup_rules
         WHERE subject > $1 ORDER BY subject LIMIT $2"
    )
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(SignUpRule::try_from).collect()
}

/// The newest rules.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<SignUpRule>, StoreError> {
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(
        "SELECT subject, effect, reason, source, created_at FROM signup_rules
         ORDER BY created_at DESC, subject LIMIT $1"
    )
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(SignUpRule::try_from).collect()
}
