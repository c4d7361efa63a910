//! What is taken away of a reader who wants to be erased. Rows that issues count are kept without
//! anything that tells whose they were.

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::SubscriberId;

/// What stands in the place of an address: a name under `.invalid`, which no server can have.
fn nobody(id: SubscriberId) -> String {
    format!("erased-{}@erased.invalid", id.0.simple())
}

/// Statements about the subscriber `$1`, in an order that keeps every reference whole.
const FORGET: [&str; 10] = [
    "DELETE FROM notices WHERE link_id IN (SELECT id FROM fresh_links WHERE subscriber_id = $1)",
    "DELETE FROM notices WHERE sign_up_id IN (SELECT u.id FROM sign_ups u
        JOIN subscriptions s ON s.id = u.subscription_id WHERE s.subscriber_id = $1)",
    "DELETE FROM fresh_links WHERE subscriber_id = $1",
    "DELETE FROM address_changes WHERE subscriber_id = $1",
    "DELETE FROM sign_ups WHERE subscription_id IN (
        SELECT id FROM subscriptions WHERE subscriber_id = $1)",
    "DELETE FROM consents WHERE subscription_id IN (
        SELECT id FROM subscriptions WHERE subscriber_id = $1)",
    // Servers like to repeat the address in what they answer.
    "UPDATE deliveries SET reply_text = NULL WHERE subscription_id IN (
        SELECT id FROM subscriptions WHERE subscriber_id = $1) AND reply_text IS NOT NULL",
    "UPDATE bounces SET diagnostic = NULL, domain = '' WHERE subscriber_id = $1",
    // So may programs that were told of the reader. Events themselves hold no address.
    "UPDATE webhook_calls SET reply = NULL WHERE reply IS NOT NULL AND event_id IN (
        SELECT id FROM webhook_events WHERE subscriber_id = $1)",
    "DELETE FROM link_requests WHERE email_key = (SELECT email_key FROM subscribers WHERE id = $1)",
];

/// Takes away all that is known of a subscriber, whose open deliveries have been skipped before.
pub async fn erase(tx: &mut Tx, id: SubscriberId, now: Time) -> Result<(), StoreError> {
    // First: the database lets go of the evidence only then.
    on!(&mut *tx, |conn| sqlx::query(
        "UPDATE subscribers SET erased_at = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    for statement in FORGET {
        on!(&mut *tx, |conn| sqlx::query(statement)
            .bind(id.0)
            .execute(conn)
            .await
            .map(drop))?;
    }
    on!(&mut *tx, |conn| {
        sqlx::query(
        "UPDATE subscriptions SET state = 'unsubscribed', topic_key = '', digest_key = '',
            digest_id = NULL, language = NULL, timezone = NULL, source = NULL, leave_reason = 'erased',
            unsubscribed_at = COALESCE(unsubscribed_at, $2), confirmed_at = NULL,
            paused_until = NULL
         WHERE subscriber_id = $1"
    )
    .bind(id.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
    })?;
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
