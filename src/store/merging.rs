//! Two subscribers who turn out to be one person: the places of one go to the other.

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::{SubscriberId, SubscriptionId};

/// What stands in the place of an address that leads to another subscriber now.
fn nobody(id: SubscriberId) -> String {
    format!("merged-{}@erased.invalid", id.0.simple())
}

/// Gives a place to another subscriber, who has none in its publication.
pub async fn move_place(
    tx: &mut Tx,
    id: SubscriptionId,
    to: SubscriberId,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE subscriptions SET subscriber_id = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(to.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Lets a place that is not confirmed go on as another one that is.
pub async fn take_over(
    tx: &mut Tx,
    id: SubscriptionId,
    from: SubscriptionId,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE subscriptions SET state = 'confirmed', topic_key = f.topic_key,
            digest_key = f.digest_key, language = f.language, timezone = f.timezone,
            source = f.source, confirmed_at = f.confirmed_at, paused_until = f.paused_until,
            unsubscribed_at = NULL, leave_reason = NULL
         FROM (SELECT topic_key, digest_key, language, timezone, source, confirmed_at, paused_until
            FROM subscriptions WHERE id = $2 AND state = 'confirmed') f
         WHERE id = $1 AND state <> 'confirmed'"
    )
    .bind(id.0)
    .bind(from.0)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Gives what is still to go out to one place to the other, but for issues that it gets itself, and
/// lets open requests for the first end.
pub async fn hand_over(
    tx: &mut Tx,
    from: SubscriptionId,
    to: SubscriptionId,
    now: Time,
) -> Result<(), StoreError> {
    on!(&mut *tx, |conn| sqlx::query(
        "UPDATE deliveries SET subscription_id = $2
         WHERE subscription_id = $1 AND state IN ('pending', 'deferred')
            AND id NOT IN (SELECT delivery_id FROM begun)
            AND issue_id NOT IN (SELECT o.issue_id FROM deliveries o WHERE o.subscription_id = $2)"
    )
    .bind(from.0)
    .bind(to.0)
    .execute(conn)
    .await
    .map(drop))?;
    on!(tx, |conn| sqlx::query(
        "UPDATE sign_ups SET used_at = $2 WHERE subscription_id = $1 AND used_at IS NULL"
    )
    .bind(from.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Leaves nothing of a subscriber but the way to the other one.
pub async fn absorb(
    tx: &mut Tx,
    id: SubscriberId,
    into: SubscriberId,
    now: Time,
) -> Result<(), StoreError> {
    let statements = [
        "UPDATE subscribers SET name = (SELECT a.name FROM subscribers a WHERE a.id = $1)
         WHERE id = $2 AND name IS NULL",
        "UPDATE address_changes SET subscriber_id = $2 WHERE subscriber_id = $1",
        "UPDATE fresh_links SET subscriber_id = $2 WHERE subscriber_id = $1",
        "UPDATE subscribers SET merged_into = $2 WHERE merged_into = $1 OR id = $1",
    ];
    for statement in statements {
        on!(&mut *tx, |conn| sqlx::query(statement)
            .bind(id.0)
            .bind(into.0)
            .execute(conn)
            .await
            .map(drop))?;
    }
    on!(tx, |conn| sqlx::query(
        "UPDATE subscribers SET email = $2, email_key = $2, name = NULL, suppressed_at = $3
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(nobody(id))
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
