//! What became of the subscriptions that an import made, and taking them away.

use sqlx::FromRow;
use uuid::Uuid;

use crate::domain::ids::{SignUpId, SubscriberId, SubscriptionId};
use crate::store::expired::{self, Expired};
use crate::store::lists::{Texts, json, with_ids};
use crate::store::{StoreError, Tx, on};

const LOCK: Texts = with_ids!("UPDATE subscriptions SET state = state WHERE id IN ", "");

const FATES: Texts = with_ids!(
    "SELECT s.id, s.subscriber_id,
        (r.suppressed_at IS NOT NULL) AS is_suppressed,
        (r.erased_at IS NOT NULL) AS is_erased,
        (SELECT COUNT(*) FROM consents c WHERE c.subscription_id = s.id) AS acts,
        (SELECT COUNT(*) FROM sign_ups u WHERE u.subscription_id = s.id) AS sign_ups,
        EXISTS (SELECT 1 FROM deliveries d WHERE d.subscription_id = s.id) AS has_mail,
        EXISTS (SELECT 1 FROM fresh_links f WHERE f.subscription_id = s.id) AS has_links
     FROM subscriptions s JOIN subscribers r ON r.id = s.subscriber_id WHERE s.id IN ",
    ""
);

/// Evidence of who is not confirmed may go: what was imported by mistake proves nothing.
const UNCONFIRM: Texts = with_ids!(
    "UPDATE subscriptions SET state = 'pending', confirmed_at = NULL WHERE id IN ",
    ""
);

/// What is known of a subscription that an import made.
#[derive(Debug, FromRow)]
pub struct Fate {
    pub id: Uuid,
    pub subscriber_id: Uuid,
    pub is_suppressed: bool,
    pub is_erased: bool,
    /// Records of evidence; the import wrote one.
    pub acts: i64,
    /// Requests to confirm; the import wrote one at most.
    pub sign_ups: i64,
    pub has_mail: bool,
    pub has_links: bool,
}

impl Fate {
    /// Whether somebody did something that stands in the evidence, or asked for something.
    pub fn is_touched(&self) -> bool {
        self.acts != 1 || self.sign_ups > 1 || self.has_links
    }
}

fn list(ids: &[SubscriptionId]) -> Result<String, StoreError> {
    let ids: Vec<String> = ids.iter().map(|id| id.0.simple().to_string()).collect();
    json(&ids)
}

/// What became of subscriptions. Whoever is at them is waited for, and waits until the end.
pub async fn fates(tx: &mut Tx, ids: &[SubscriptionId]) -> Result<Vec<Fate>, StoreError> {
    let list = list(ids)?;
    let statement = LOCK.on(tx);
    on!(&mut *tx, |conn| sqlx::query(statement)
        .bind(&list)
        .execute(conn)
        .await
        .map(drop))?;
    let statement = FATES.on(tx);
    let fates = on!(tx, |conn| sqlx::query_as(statement)
        .bind(&list)
        .fetch_all(conn)
        .await)?;
    Ok(fates)
}

/// Takes subscriptions away, with their evidence, requests and notices, and those of their readers of
/// whom nothing else is known.
pub async fn remove(
    tx: &mut Tx,
    ids: &[SubscriptionId],
    subscribers: &[SubscriberId],
    requests: &[Expired],
) -> Result<(), StoreError> {
    let list = list(ids)?;
    let statement = UNCONFIRM.on(tx);
    on!(&mut *tx, |conn| sqlx::query(statement)
        .bind(&list)
        .execute(conn)
        .await
        .map(drop))?;
    let requests: Vec<SignUpId> = requests.iter().map(|request| request.sign_up).collect();
    expired::remove(tx, &requests).await?;
    expired::remove_readers(tx, ids, subscribers).await
}
