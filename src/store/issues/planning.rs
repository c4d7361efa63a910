//! What is frozen into an issue, and what a digest had before.

use uuid::Uuid;

use crate::domain::clock::Time;
use crate::domain::digest::{Lately, Words};
use crate::domain::ids::{DigestId, IssueId};
use crate::domain::issue::IssueState;
use crate::store::{StoreError, Tx, on};

/// What is next for an issue whose articles are frozen.
#[derive(Debug, Clone, Copy)]
pub enum Frozen {
    /// It is composed under its number.
    Numbered(i64),
    /// It waits for approval, for so many readers.
    Awaiting(i64),
}

/// Notes that the articles of an issue are frozen. False where it is no longer planned.
pub async fn freeze(
    tx: &mut Tx,
    id: IssueId,
    frozen: Frozen,
    now: Time,
) -> Result<bool, StoreError> {
    let (state, number, audience) = match frozen {
        Frozen::Numbered(number) => (IssueState::Composing, Some(number), None),
        Frozen::Awaiting(audience) => (IssueState::Awaiting, None, Some(audience)),
    };
    let changed = on!(tx, |conn| {
        sqlx::query(
            "UPDATE issues SET state = $4, number = $2, frozen_at = $3, audience = $5
             WHERE id = $1 AND state = 'planned'",
        )
        .bind(id.0)
        .bind(number)
        .bind(now)
        .bind(state.as_str())
        .bind(audience)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(changed > 0)
}

/// Numbers an issue that waited for approval; false where it does not.
pub async fn approve(tx: &mut Tx, id: IssueId, number: i64) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE issues SET state = 'composing', number = $2
         WHERE id = $1 AND state = 'awaiting approval'"
    )
    .bind(id.0)
    .bind(number)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Says why an issue stands as it does, or takes that back.
pub async fn set_reason(tx: &mut Tx, id: IssueId, reason: Option<&str>) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE issues SET reason = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(reason)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Lets the articles of an issue that nobody got be news again.
pub async fn release_articles(tx: &mut Tx, id: IssueId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM issue_articles WHERE issue_id = $1"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Notes the time that an issue is for, where it is planned before it.
pub async fn set_slot(tx: &mut Tx, id: IssueId, slot_at: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE issues SET slot_at = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(slot_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Whether a digest has an issue that was planned for a time.
pub async fn is_taken(tx: &mut Tx, digest: DigestId, at: Time) -> Result<bool, StoreError> {
    let found: Option<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM issues WHERE digest_id = $1 AND planned_at = $2"
    )
    .bind(digest.0)
    .bind(at)
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}

/// When a digest took articles last, and how often since the beginning of a day. What is only planned
/// does not count, nor what was skipped or refused: readers got nothing of it.
pub async fn lately(tx: &mut Tx, digest: DigestId, day: Time) -> Result<Lately, StoreError> {
    let (last_at, today): (Option<Time>, i64) = on!(tx, |conn| sqlx::query_as(
        "SELECT MAX(frozen_at), COUNT(*) FILTER (WHERE frozen_at >= $2)
         FROM issues WHERE digest_id = $1 AND state <> 'skipped'
            AND (state <> 'cancelled' OR number IS NOT NULL)"
    )
    .bind(digest.0)
    .bind(day)
    .fetch_one(conn)
    .await)?;
    Ok(Lately { last_at, today })
}

/// The number that the next issue of a digest will have, or that one frozen at a time would have had.
pub async fn next_number(
    tx: &mut Tx,
    digest: DigestId,
    as_of: Option<Time>,
) -> Result<i64, StoreError> {
    let last: Option<i64> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT MAX(number) FROM issues WHERE digest_id = $1 AND ($2 IS NULL OR frozen_at < $2)"
    )
    .bind(digest.0)
    .bind(as_of)
    .fetch_one(conn)
    .await)?;
    Ok(last.unwrap_or_default() + 1)
}

/// Freezes what the editor says in an issue.
pub async fn set_words(tx: &mut Tx, id: IssueId, words: &Words) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE issues SET intro = $2, outro = $3, notice = $4, notice_label = $5, subject = $6
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(&words.intro)
    .bind(&words.outro)
    .bind(&words.notice)
    .bind(&words.notice_label)
    .bind(&words.subject)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// When an issue of a digest took articles last, or did so before a time. One that gave them back
/// since `oldest` does not count, nor what came after it: what it had was new before.
pub async fn last_frozen(
    tx: &mut Tx,
    digest: DigestId,
    oldest: Time,
    as_of: Option<Time>,
) -> Result<Option<Time>, StoreError> {
    let at: Option<Time> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT MAX(i.frozen_at) FROM issues i
         WHERE i.digest_id = $1 AND i.state <> 'skipped' AND ($2 IS NULL OR i.frozen_at < $2)
            AND NOT EXISTS (SELECT 1 FROM issues r WHERE r.digest_id = $1 AND r.state = 'cancelled'
                AND r.number IS NULL AND r.frozen_at > $3 AND r.frozen_at <= i.frozen_at)"
    )
    .bind(digest.0)
    .bind(as_of)
    .bind(oldest)
    .fetch_one(conn)
    .await)?;
    Ok(at)
}
