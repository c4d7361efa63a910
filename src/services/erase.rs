//! Everything about a reader is taken away. A keyed hash of the address stays among the suppressed
//! ones, so that no import brings it back.

use super::audit::note;
use super::{Deps, fresh_link, suppress, tell};
use crate::domain::audit::{Change, Kind};
use crate::domain::email_address::EmailAddress;
use crate::domain::fresh_link::LinkPurpose;
use crate::domain::publication::Publication;
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::SubscriptionState;
use crate::domain::suppression::SuppressionReason;
use crate::domain::webhook::EventKind;
use crate::store::{StoreError, Tx, erasure, subscribers, subscriptions, suppressions};

/// Erases the holder of a link that was asked for by mail; their publication, or `None` where the
/// link does not work.
pub async fn by_link(deps: &Deps, token: &str) -> Result<Option<Publication>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let found = fresh_link::find_in(deps, &mut tx, token, LinkPurpose::Erasure).await?;
    let Some(holder) = found else {
        return Ok(None);
    };
    erase(deps, &mut tx, &holder.subscriber, "reader").await?;
    tx.commit().await?;
    Ok(Some(holder.publication))
}

/// Erases an address for the operator; false where nobody has it. Its hash is kept either way.
pub async fn by_operator(deps: &Deps, email: &EmailAddress) -> Result<bool, StoreError> {
    let mut tx = deps.store.begin().await?;
    let found = subscribers::find_by_email(&mut tx, email).await?;
    match &found {
        Some(subscriber) => erase(deps, &mut tx, subscriber, "operator").await?,
        None => keep_hash(deps, &mut tx, email, "operator").await?,
    }
    let entry = Change::of("erase", Kind::Subscriber, deps.keys.email_hash(email));
    note(deps, &mut tx, entry).await?;
    tx.commit().await?;
    Ok(found.is_some())
}

async fn erase(
    deps: &Deps,
    tx: &mut Tx,
    subscriber: &Subscriber,
    source: &str,
) -> Result<(), StoreError> {
    // First: it keeps others from bringing the address back, and skips what is on its way to it.
    keep_hash(deps, tx, &subscriber.email, source).await?;
    let mut places = subscriptions::of_subscriber(tx, subscriber.id).await?;
    places.retain(|place| place.state != SubscriptionState::Unsubscribed);
    tell::subscribers(deps, tx, EventKind::Unsubscribed, &places, Some("erased")).await?;
    for id in subscribers::absorbed(tx, subscriber.id).await? {
        erasure::erase(tx, id, deps.now()).await?;
    }
    erasure::erase(tx, subscriber.id, deps.now()).await?;
    tracing::info!(subscriber = %subscriber.id, "reader erased");
    Ok(())
}

async fn keep_hash(
    deps: &Deps,
    tx: &mut Tx,
    email: &EmailAddress,
    source: &str,
) -> Result<(), StoreError> {
    let reason = SuppressionReason::Erased;
    suppress::add_in(deps, tx, email, reason, Some(source)).await?;
    suppressions::renew_erased(tx, deps.keys.email_hash(email), deps.now()).await
}
