//! What operators want of the coming issues of digests.

use std::collections::BTreeMap;

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, digests, on, unsigned};
use crate::domain::clock::Time;
use crate::domain::draft::{Decision, Draft};
use crate::domain::ids::{ArticleId, DigestId, IssueId};

#[derive(FromRow)]
struct Row {
    version: i64,
    subject: Option<String>,
    changed_at: Time,
    changed_by: String,
}

#[derive(FromRow)]
struct ArticleRow {
    article_id: Uuid,
    place: Option<i64>,
    pinned: Option<bool>,
    dropped: bool,
    title: Option<String>,
    summary: Option<String>,
}

impl From<ArticleRow> for (ArticleId, Decision) {
    fn from(row: ArticleRow) -> Self {
        let decision = Decision {
            place: row.place.map(unsigned),
            pinned: row.pinned,
            dropped: row.dropped,
            title: row.title,
            summary: row.summary,
        };
        (ArticleId(row.article_id), decision)
    }
}

/// The draft of a digest's coming issue; one that wants nothing where there is none.
pub async fn find(tx: &mut Tx, digest: DigestId) -> Result<Draft, StoreError> {
    let row = on!(&mut *tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT version, subject, changed_at, changed_by FROM drafts WHERE digest_id = $1"
    )
    .bind(digest.0)
    .fetch_optional(conn)
    .await)?;
    whole(tx, digest, row).await
}

/// The same, and nobody else changes it until the transaction ends.
pub async fn find_locked(tx: &mut Tx, digest: DigestId) -> Result<Draft, StoreError> {
    let row = on!(&mut *tx, |conn| sqlx::query_as::<_, Row>(
        "UPDATE drafts SET version = version WHERE digest_id = $1
         RETURNING version, subject, changed_at, changed_by"
    )
    .bind(digest.0)
    .fetch_optional(conn)
    .await)?;
    whole(tx, digest, row).await
}

async fn whole(tx: &mut Tx, digest: DigestId, row: Option<Row>) -> Result<Draft, StoreError> {
    let intro = digests::next_intro(tx, digest).await?;
    let Some(row) = row else {
        return Ok(Draft {
            intro,
            ..Draft::none(digest)
        });
    };
    let rows = on!(tx, |conn| sqlx::query_as::<_, ArticleRow>(
        "SELECT article_id, place, pinned, dropped, title, summary FROM draft_articles
         WHERE digest_id = $1"
    )
    .bind(digest.0)
    .fetch_all(conn)
    .await)?;
    Ok(Draft {
        digest,
        version: row.version,
        subject: row.subject,
        intro,
        articles: rows.into_iter().map(Into::into).collect(),
        changed_at: Some(row.changed_at),
        changed_by: row.changed_by,
    })
}

/// Makes sure that there is a row to lock.
pub async fn begin(tx: &mut Tx, digest: DigestId, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO drafts (digest_id, version, changed_at, changed_by) VALUES ($1, 0, $2, '')
         ON CONFLICT (digest_id) DO NOTHING"
    )
    .bind(digest.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Keeps a draft, by who changed it, as the next version.
pub async fn save(tx: &mut Tx, draft: &Draft, by: &str, now: Time) -> Result<(), StoreError> {
    set(tx, draft.digest, draft.subject.as_deref(), by, now).await?;
    digests::set_next_intro(tx, draft.digest, draft.intro.as_deref()).await?;
    for (id, decision) in &draft.articles {
        insert(tx, draft.digest, *id, decision).await?;
    }
    Ok(())
}

/// Empties a draft that an issue has taken; its version counts on.
pub async fn spend(tx: &mut Tx, draft: &Draft, now: Time) -> Result<(), StoreError> {
    if draft.intro.is_some() {
        digests::set_next_intro(tx, draft.digest, None).await?;
    }
    if draft.version > 0 {
        set(tx, draft.digest, None, "", now).await?;
    }
    Ok(())
}

/// Counts a draft's version up where somebody has changed its intro by another door.
pub async fn note_intro(
    tx: &mut Tx,
    digest: DigestId,
    by: &str,
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO drafts (digest_id, version, changed_at, changed_by) VALUES ($1, 1, $2, $3)
         ON CONFLICT (digest_id) DO UPDATE SET version = drafts.version + 1,
            changed_at = excluded.changed_at, changed_by = excluded.changed_by"
    )
    .bind(digest.0)
    .bind(now)
    .bind(by)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The next version, without articles.
async fn set(
    tx: &mut Tx,
    digest: DigestId,
    subject: Option<&str>,
    by: &str,
    now: Time,
) -> Result<(), StoreError> {
    on!(&mut *tx, |conn| sqlx::query(
        "UPDATE drafts SET version = version + 1, subject = $2, changed_by = $3, changed_at = $4
         WHERE digest_id = $1"
    )
    .bind(digest.0)
    .bind(subject)
    .bind(by)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    on!(tx, |conn| sqlx::query(
        "DELETE FROM draft_articles WHERE digest_id = $1"
    )
    .bind(digest.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Keeps what is wanted of an article; nothing where the article is gone.
async fn insert(
    tx: &mut Tx,
    digest: DigestId,
    article: ArticleId,
    decision: &Decision,
) -> Result<(), StoreError> {
    let d = decision;
    on!(tx, |conn| sqlx::query(
        "INSERT INTO draft_articles (digest_id, article_id, place, pinned, dropped, title, summary)
         SELECT $1, a.id, $3, $4, $5, $6, $7 FROM articles a WHERE a.id = $2"
    )
    .bind(digest.0)
    .bind(article.0)
    .bind(d.place.map(i64::from))
    .bind(d.pinned)
    .bind(d.dropped)
    .bind(&d.title)
    .bind(&d.summary)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Freezes an article into an issue, with what is wanted of it.
pub async fn freeze(
    tx: &mut Tx,
    issue: IssueId,
    digest: DigestId,
    article: ArticleId,
    decision: &Decision,
) -> Result<(), StoreError> {
    let d = decision;
    on!(tx, |conn| sqlx::query(
        "INSERT INTO issue_articles (issue_id, digest_id, article_id, place, pinned, dropped,
            title, summary)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(issue.0)
    .bind(digest.0)
    .bind(article.0)
    .bind(i64::from(d.place.unwrap_or_default()))
    .bind(d.pinned)
    .bind(d.dropped)
    .bind(&d.title)
    .bind(&d.summary)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// What was wanted of the articles of an issue, of those that are in it.
pub async fn of_issue(
    tx: &mut Tx,
    issue: IssueId,
) -> Result<BTreeMap<ArticleId, Decision>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, ArticleRow>(
        "SELECT article_id, place, pinned, dropped, title, summary FROM issue_articles
         WHERE issue_id = $1"
    )
    .bind(issue.0)
    .fetch_all(conn)
    .await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
