//! What hangs on a topic, and taking it away.

use super::{StoreError, Tx, on};
use crate::domain::ids::{PublicationId, TopicId};
use crate::domain::slug::Slug;

/// How many readers of a publication chose this topic and no other.
pub async fn sole_readers(
    tx: &mut Tx,
    publication: PublicationId,
    topic: &Slug,
) -> Result<i64, StoreError> {
    // What is said of the empty choice lets both databases use the index without it.
    Ok(on!(tx, |conn| sqlx::query_scalar(
        "SELECT COUNT(*) FROM subscriptions
         WHERE publication_id = $1 AND state = 'confirmed' AND topic_key = $2 AND topic_key <> ''"
    )
    .bind(publication.0)
    .bind(topic.as_str())
    .fetch_one(conn)
    .await)?)
}

/// Removes a topic with what puts articles under it; articles lose it, readers' choices stay.
pub async fn remove(tx: &mut Tx, id: TopicId) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM feed_topics WHERE topic_id = $1",
        "DELETE FROM feed_categories WHERE topic_id = $1",
        "DELETE FROM topic_rules WHERE topic_id = $1",
        "DELETE FROM article_topics WHERE topic_id = $1",
        "DELETE FROM topics WHERE id = $1",
    ] {
        on!(&mut *tx, |conn| sqlx::query(statement)
            .bind(id.0)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}
