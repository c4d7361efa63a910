//! What operators, servers and hubs change about a feed.

use uuid::Uuid;

use super::super::{StoreError, Tx, on};
use super::count;
use crate::domain::clock::Time;
use crate::domain::feed::{Every, FeedState};
use crate::domain::ids::{FeedId, PublicationId};

/// What an operator changes; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// An interval, or the feed's own rhythm.
    pub every: Option<Every>,
    pub article_pages: Option<bool>,
}

/// Changes how a feed is asked; it is due at once.
pub async fn change(tx: &mut Tx, id: FeedId, change: &Change, now: Time) -> Result<(), StoreError> {
    let adaptive = change.every.map(|every| every == Every::Adaptive);
    let every = change.every.and_then(|every| match every {
        Every::Fixed(span) => Some(count(span)),
        Every::Adaptive => None,
    });
    on!(tx, |conn| {
        sqlx::query(
        "UPDATE feeds SET adaptive = COALESCE($2, adaptive), every_seconds = COALESCE($3, every_seconds),
            article_pages = COALESCE($4, article_pages), next_fetch_at = $5
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(adaptive)
    .bind(every)
    .bind(change.article_pages)
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Finds the feed of a publication at an address.
pub async fn find_by_url(
    tx: &mut Tx,
    publication: PublicationId,
    url: &str,
) -> Result<Option<FeedId>, StoreError> {
    let id: Option<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM feeds WHERE publication_id = $1 AND url = $2"
    )
    .bind(publication.0)
    .bind(url)
    .fetch_optional(conn)
    .await)?;
    Ok(id.map(FeedId))
}

/// Gives a feed its new address; what is known of the version there is kept or forgotten.
pub async fn set_url(
    tx: &mut Tx,
    id: FeedId,
    url: &str,
    keep_version: bool,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feeds SET url = $2, moved_to = NULL, moved_seen = 0,
            etag = CASE WHEN $3 THEN etag END, last_modified = CASE WHEN $3 THEN last_modified END
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(url)
    .bind(keep_version)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Stops asking a feed, and says why.
pub async fn stop(
    tx: &mut Tx,
    id: FeedId,
    state: FeedState,
    reason: &str,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feeds SET state = $2, last_error = $3 WHERE id = $1"
    )
    .bind(id.0)
    .bind(state.as_str())
    .bind(reason)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Holds a feed's row until the end of the transaction, so that a fetch and a push of the same feed
/// take turns; false where there is no such feed.
pub async fn hold(tx: &mut Tx, id: FeedId) -> Result<bool, StoreError> {
    let held = on!(tx, |conn| sqlx::query(
        "UPDATE feeds SET state = state WHERE id = $1"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(held > 0)
}

/// An item of this date is the newest, unless there is a newer one.
pub async fn set_newest(tx: &mut Tx, id: FeedId, date: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feeds SET last_new_at = $2
         WHERE id = $1 AND (last_new_at IS NULL OR last_new_at < $2)"
    )
    .bind(id.0)
    .bind(date)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Lets the next fetch read the whole feed, changed or not.
pub async fn forget_version(tx: &mut Tx, id: FeedId) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feeds SET etag = NULL, last_modified = NULL WHERE id = $1"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Lets all feeds of a publication be read as a whole, changed or not, by a time.
pub async fn read_again(
    tx: &mut Tx,
    publication: PublicationId,
    by: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feeds SET etag = NULL, last_modified = NULL,
            next_fetch_at = CASE WHEN next_fetch_at > $2 THEN $2 ELSE next_fetch_at END
         WHERE publication_id = $1"
    )
    .bind(publication.0)
    .bind(by)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Lets a feed be fetched no later than at a time.
pub async fn fetch_by(tx: &mut Tx, id: FeedId, at: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE feeds SET next_fetch_at = $2 WHERE id = $1 AND next_fetch_at > $2"
    )
    .bind(id.0)
    .bind(at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
