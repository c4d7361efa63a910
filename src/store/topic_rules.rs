//! Rules that put articles under topics.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::ids::{PublicationId, TopicId, TopicRuleId};
use crate::domain::topic_rule::{RuleField, TopicRule};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    slug: String,
    field: String,
    contains: String,
}

/// Adds a rule; `Conflict` where the topic has it.
pub async fn insert(
    tx: &mut Tx,
    id: TopicRuleId,
    publication: PublicationId,
    topic: TopicId,
    (field, contains): (RuleField, &str),
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO topic_rules (id, publication_id, topic_id, field, contains, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(id.0)
    .bind(publication.0)
    .bind(topic.0)
    .bind(field.as_str())
    .bind(contains)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The rules of a publication.
pub async fn list(tx: &mut Tx, publication: PublicationId) -> Result<Vec<TopicRule>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT r.id, t.slug, r.field, r.contains FROM topic_rules r
         JOIN topics t ON t.id = r.topic_id
         WHERE r.publication_id = $1 ORDER BY t.slug, r.field, r.contains"
    )
    .bind(publication.0)
    .fetch_all(conn)
    .await)?;
    rows.into_iter()
        .map(|row| {
            Ok(TopicRule {
                id: TopicRuleId(row.id),
                topic: read("topics", "slug", row.id, &row.slug)?,
                field: read("topic_rules", "field", row.id, &row.field)?,
                contains: row.contains,
            })
        })
        .collect()
}

/// Removes a rule; false where there is none.
pub async fn remove(tx: &mut Tx, id: TopicRuleId) -> Result<bool, StoreError> {
    let removed = on!(tx, |conn| sqlx::query(
        "DELETE FROM topic_rules WHERE id = $1"
    )
    .bind(id.0)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(removed > 0)
}
