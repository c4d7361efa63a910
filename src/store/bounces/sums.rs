//! How many mails of issues came back.

use chrono::NaiveDate;
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::super::lists::Texts;
use super::super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::{IssueId, PublicationId};

/// Mails of an issue that came back: each counts once, for the worst that is known of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow, Serialize)]
pub struct Counts {
    pub hard: i64,
    pub soft: i64,
    pub complaints: i64,
}

/// Mails of an issue that came back.
pub async fn counts(tx: &mut Tx, issue: IssueId) -> Result<Counts, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(
        "SELECT COUNT(DISTINCT CASE WHEN kind = 'hard' THEN delivery_id END) AS hard,
            COUNT(DISTINCT CASE WHEN kind = 'soft' THEN delivery_id END)
                - COUNT(DISTINCT CASE WHEN kind = 'soft' AND EXISTS (SELECT 1 FROM bounces h
                    WHERE h.issue_id = b.issue_id AND h.kind = 'hard'
                        AND h.delivery_id = b.delivery_id) THEN delivery_id END) AS soft,
            COUNT(DISTINCT CASE WHEN kind = 'complaint' THEN delivery_id END) AS complaints
         FROM bounces b WHERE issue_id = $1"
    )
    .bind(issue.0)
    .fetch_one(conn)
    .await)?)
}

/// How an issue fares of which something came back.
#[derive(Debug, Clone, FromRow)]
pub struct Rate {
    pub issue: Uuid,
    pub publication: Uuid,
    /// As in `ledger/daily`.
    pub name: String,
    pub recipients: i64,
    pub bounced: i64,
    pub complained: i64,
}

/// Issues of which something came back after a time, with all that did.
pub async fn rates(tx: &mut Tx, after: Time) -> Result<Vec<Rate>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(
        "SELECT i.id AS issue, p.id AS publication, p.slug || '/' || d.slug AS name, i.recipients,
            COUNT(DISTINCT CASE WHEN b.kind IN ('hard', 'soft') THEN b.delivery_id END) AS bounced,
            COUNT(DISTINCT CASE WHEN b.kind = 'complaint' THEN b.delivery_id END) AS complained
         FROM (SELECT DISTINCT issue_id FROM bounces
                WHERE received_at > $1 AND issue_id IS NOT NULL) n
            JOIN issues i ON i.id = n.issue_id JOIN digests d ON d.id = i.digest_id
            JOIN publications p ON p.id = i.publication_id
            JOIN bounces b ON b.issue_id = i.id
         GROUP BY i.id, p.id, p.slug, d.slug, i.recipients ORDER BY i.id"
    )
    .bind(after)
    .fetch_all(conn)
    .await)?)
}

/// What came back on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// UTC.
    pub day: NaiveDate,
    pub counts: Counts,
}

#[derive(FromRow)]
struct DayRow {
    day: NaiveDate,
    #[sqlx(flatten)]
    counts: Counts,
}

const DAYS: Texts = Texts {
    sqlite:
        "SELECT substr(received_at, 1, 10) AS day, COUNT(*) FILTER (WHERE kind = 'hard') AS hard,
            COUNT(*) FILTER (WHERE kind = 'soft') AS soft,
            COUNT(*) FILTER (WHERE kind = 'complaint') AS complaints
        FROM bounces WHERE publication_id = $1 AND received_at >= $2 GROUP BY 1 ORDER BY 1",
    postgres: "SELECT CAST(received_at AT TIME ZONE 'UTC' AS date) AS day,
            COUNT(*) FILTER (WHERE kind = 'hard') AS hard,
            COUNT(*) FILTER (WHERE kind = 'soft') AS soft,
            COUNT(*) FILTER (WHERE kind = 'complaint') AS complaints
        FROM bounces WHERE publication_id = $1 AND received_at >= $2 GROUP BY 1 ORDER BY 1",
};

/// Reports about mails of a publication by the day on which they came, from a time on, the earliest first.
pub async fn by_day(
    tx: &mut Tx,
    publication: PublicationId,
    since: Time,
) -> Result<Vec<Day>, StoreError> {
    let statement = DAYS.on(tx);
    let rows: Vec<DayRow> = on!(tx, |conn| sqlx::query_as(statement)
        .bind(publication.0)
        .bind(since)
        .fetch_all(conn)
        .await)?;
    let day = |row: DayRow| Day {
        day: row.day,
        counts: row.counts,
    };
    Ok(rows.into_iter().map(day).collect())
}

#[derive(FromRow)]
struct DomainRow {
    domain: String,
    #[sqlx(flatten)]
    counts: Counts,
}

/// The same by the domain of the address, the most reports first; that of erased readers is empty.
pub async fn by_domain(
    tx: &mut Tx,
    publication: PublicationId,
    since: Time,
    limit: i64,
) -> Result<Vec<(String, Counts)>, StoreError> {
    let rows: Vec<DomainRow> = on!(tx, |conn| sqlx::query_as(
        "SELECT domain, COUNT(*) FILTER (WHERE kind = 'hard') AS hard,
            COUNT(*) FILTER (WHERE kind = 'soft') AS soft,
            COUNT(*) FILTER (WHERE kind = 'complaint') AS complaints
         FROM bounces WHERE publication_id = $1 AND received_at >= $2
         GROUP BY domain ORDER BY COUNT(*) DESC, domain LIMIT $3"
    )
    .bind(publication.0)
    .bind(since)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    let typed = |row: DomainRow| (row.domain, row.counts);
    Ok(rows.into_iter().map(typed).collect())
}

/// Why mails of an issue came back, the most frequent reason first: kind, reason, and how many mails.
pub async fn reasons(
    tx: &mut Tx,
    issue: IssueId,
) -> Result<Vec<(String, String, i64)>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(
        "SELECT kind, reason, COUNT(DISTINCT delivery_id) FROM bounces WHERE issue_id = $1
         GROUP BY kind, reason ORDER BY 3 DESC, kind, reason"
    )
    .bind(issue.0)
    .fetch_all(conn)
    .await)?)
}
