//! What the plots are made of: readers by day, and what became of mails by domain.

use chrono::NaiveDate;
use sqlx::FromRow;
use uuid::Uuid;

use super::lists::Texts;
use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::{IssueId, PublicationId};
use crate::domain::statistics::{DomainSum, EndedIssue, MailSum, ReaderDay};

#[derive(FromRow)]
struct DayRow {
    day: NaiveDate,
    active: i64,
    pending: i64,
    left_all: i64,
}

impl From<DayRow> for ReaderDay {
    fn from(row: DayRow) -> Self {
        Self {
            day: row.day,
            active: row.active,
            pending: row.pending,
            left: row.left_all,
        }
    }
}

/// Notes the readers of a publication at the end of a day; what is noted stays.
pub async fn note_day(
    tx: &mut Tx,
    publication: PublicationId,
    day: &ReaderDay,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO reader_days (publication_id, day, active, pending, left_all)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
    )
    .bind(publication.0)
    .bind(day.day)
    .bind(day.active)
    .bind(day.pending)
    .bind(day.left)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The publications whose readers were not yet counted at the end of a day, of those that were there by
/// then.
pub async fn without_day(
    tx: &mut Tx,
    day: NaiveDate,
    made_before: Time,
) -> Result<Vec<PublicationId>, StoreError> {
    let ids: Vec<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM publications WHERE created_at < $2 AND NOT EXISTS (
            SELECT 1 FROM reader_days d WHERE d.publication_id = publications.id AND d.day = $1)"
    )
    .bind(day)
    .bind(made_before)
    .fetch_all(conn)
    .await)?;
    Ok(ids.into_iter().map(PublicationId).collect())
}

/// The readers of a publication at the end of each day from `since` on, the earliest first; days on which
/// nobody counted are left out.
pub async fn days(
    tx: &mut Tx,
    publication: PublicationId,
    since: NaiveDate,
) -> Result<Vec<ReaderDay>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, DayRow>(
        "SELECT day, active, pending, left_all FROM reader_days
         WHERE publication_id = $1 AND day >= $2 ORDER BY day"
    )
    .bind(publication.0)
    .bind(since)
    .fetch_all(conn)
    .await)?;
    Ok(rows.into_iter().map(ReaderDay::from).collect())
}

/// Issues that have ended before `until` and are not summed yet, the earliest first.
pub async fn unsummed(
    tx: &mut Tx,
    until: Time,
    limit: i64,
) -> Result<Vec<(IssueId, PublicationId)>, StoreError> {
    let ids: Vec<(Uuid, Uuid)> = on!(tx, |conn| sqlx::query_as(
        "SELECT id, publication_id FROM issues
         WHERE finished_at IS NOT NULL AND summed_at IS NULL AND finished_at < $1
         ORDER BY finished_at LIMIT $2"
    )
    .bind(until)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    let typed = |(issue, publication)| (IssueId(issue), PublicationId(publication));
    Ok(ids.into_iter().map(typed).collect())
}

/// The domain is what stands behind the only @ of the address; an erased reader has none. Along the
/// readers of the publication, as the ledger is kept: an index of its rows by issue would be written for
/// every mail, and without one all rows of all issues would be read.
const LARGEST: Texts = Texts {
    // CROSS JOIN keeps SQLite to this order.
    sqlite: "SELECT CASE instr(r.email, '@') WHEN 0 THEN ''
            ELSE substr(r.email, instr(r.email, '@') + 1) END AS domain,
            COUNT(*) FILTER (WHERE d.state = 'sent') AS sent,
            COUNT(*) FILTER (WHERE d.state = 'failed') AS failed,
            COUNT(*) FILTER (WHERE d.state = 'unknown') AS unknown,
            COUNT(*) FILTER (WHERE d.state = 'skipped') AS skipped
        FROM subscriptions s
        CROSS JOIN deliveries d ON d.subscription_id = s.id AND d.issue_id = $1
        CROSS JOIN subscribers r ON r.id = s.subscriber_id
        WHERE s.publication_id = $2 GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT $3",
    postgres: "SELECT split_part(r.email, '@', 2) AS domain,
            COUNT(*) FILTER (WHERE d.state = 'sent') AS sent,
            COUNT(*) FILTER (WHERE d.state = 'failed') AS failed,
            COUNT(*) FILTER (WHERE d.state = 'unknown') AS unknown,
            COUNT(*) FILTER (WHERE d.state = 'skipped') AS skipped
        FROM subscriptions s
        JOIN deliveries d ON d.subscription_id = s.id AND d.issue_id = $1
        JOIN subscribers r ON r.id = s.subscriber_id
        WHERE s.publication_id = $2 GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT $3",
};

#[derive(FromRow)]
struct DomainRow {
    domain: String,
    sent: i64,
    failed: i64,
    unknown: i64,
    skipped: i64,
}

impl From<DomainRow> for DomainSum {
    fn from(row: DomainRow) -> Self {
        Self {
            domain: row.domain,
            mails: MailSum {
                sent: row.sent,
                failed: row.failed,
                unknown: row.unknown,
                skipped: row.skipped,
            },
        }
    }
}

/// The largest domains of an issue; looks at every reader of its publication.
pub async fn largest_domains(
    tx: &mut Tx,
    issue: IssueId,
    publication: PublicationId,
    limit: i64,
) -> Result<Vec<DomainSum>, StoreError> {
    let statement = LARGEST.on(tx);
    let rows = on!(tx, |conn| sqlx::query_as::<_, DomainRow>(statement)
        .bind(issue.0)
        .bind(publication.0)
        .bind(limit)
        .fetch_all(conn)
        .await)?;
    Ok(rows.into_iter().map(DomainSum::from).collect())
}

/// Keeps the sums of an issue in place of those before; false, and nothing is kept, where the issue goes
/// on meanwhile.
pub async fn keep_sums(
    tx: &mut Tx,
    issue: IssueId,
    sums: &[DomainSum],
    now: Time,
) -> Result<bool, StoreError> {
    let marked = on!(&mut *tx, |conn| sqlx::query(
        "UPDATE issues SET summed_at = $2
         WHERE id = $1 AND finished_at IS NOT NULL AND summed_at IS NULL"
    )
    .bind(issue.0)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    if marked == 0 {
        return Ok(false);
    }
    on!(&mut *tx, |conn| sqlx::query(
        "DELETE FROM issue_domains WHERE issue_id = $1"
    )
    .bind(issue.0)
    .execute(conn)
    .await
    .map(drop))?;
    for sum in sums {
        on!(&mut *tx, |conn| sqlx::query(
            "INSERT INTO issue_domains (issue_id, domain, sent, failed, unknown, skipped)
             VALUES ($1, $2, $3, $4, $5, $6)"
        )
        .bind(issue.0)
        .bind(&sum.domain)
        .bind(sum.mails.sent)
        .bind(sum.mails.failed)
        .bind(sum.mails.unknown)
        .bind(sum.mails.skipped)
        .execute(conn)
        .await
        .map(drop))?;
    }
    Ok(true)
}

#[derive(FromRow)]
struct IssueRow {
    finished_at: Time,
    sent: i64,
    failed: i64,
    unknown: i64,
    skipped: i64,
}

/// What became of the mails of a publication's issues that ended from `since` on.
pub async fn ended(
    tx: &mut Tx,
    publication: PublicationId,
    since: Time,
) -> Result<Vec<EndedIssue>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, IssueRow>(
        "SELECT i.finished_at, CAST(SUM(d.sent) AS BIGINT) AS sent,
            CAST(SUM(d.failed) AS BIGINT) AS failed, CAST(SUM(d.unknown) AS BIGINT) AS unknown,
            CAST(SUM(d.skipped) AS BIGINT) AS skipped
         FROM issues i JOIN issue_domains d ON d.issue_id = i.id
         WHERE i.publication_id = $1 AND i.finished_at IS NOT NULL AND i.finished_at >= $2
         GROUP BY i.id, i.finished_at"
    )
    .bind(publication.0)
    .bind(since)
    .fetch_all(conn)
    .await)?;
    let ended = |row: IssueRow| EndedIssue {
        at: row.finished_at,
        mails: MailSum {
            sent: row.sent,
            failed: row.failed,
            unknown: row.unknown,
            skipped: row.skipped,
        },
    };
    Ok(rows.into_iter().map(ended).collect())
}

/// The same by domain, the most mails first; all but the largest domains of each issue are under the
/// empty one.
pub async fn by_domain(
    tx: &mut Tx,
    publication: PublicationId,
    since: Time,
) -> Result<Vec<DomainSum>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, DomainRow>(
        "SELECT d.domain, CAST(SUM(d.sent) AS BIGINT) AS sent,
            CAST(SUM(d.failed) AS BIGINT) AS failed, CAST(SUM(d.unknown) AS BIGINT) AS unknown,
            CAST(SUM(d.skipped) AS BIGINT) AS skipped
         FROM issues i JOIN issue_domains d ON d.issue_id = i.id
         WHERE i.publication_id = $1 AND i.finished_at IS NOT NULL AND i.finished_at >= $2
         GROUP BY d.domain
         ORDER BY SUM(d.sent + d.failed + d.unknown + d.skipped) DESC, d.domain"
    )
    .bind(publication.0)
    .bind(since)
    .fetch_all(conn)
    .await)?;
    Ok(rows.into_iter().map(DomainSum::from).collect())
}
