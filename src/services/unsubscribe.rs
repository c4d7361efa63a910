//! A reader leaves: at once, also in the middle of a send, and as often as they like.

use super::{Deps, tell};
use crate::domain::ids::{DeliveryId, SubscriptionId};
use crate::domain::publication::Publication;
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::{ConsentKind, LeaveReason, Subscription, SubscriptionState, Why};
use crate::domain::token::{Link, Purpose};
use crate::domain::webhook::EventKind;
use crate::store::consents::{self, Consent};
use crate::store::{StoreError, Tx, deliveries, publications, subscribers, subscriptions};

/// Whose link it is.
#[derive(Debug, Clone)]
pub struct Reader {
    pub link: Link,
    pub subscription: Subscription,
    pub subscriber: Subscriber,
    pub publication: Publication,
}

impl Reader {
    async fn tell(
        &self,
        deps: &Deps,
        tx: &mut Tx,
        kind: EventKind,
        reason: &str,
    ) -> Result<(), StoreError> {
        let (publication, place) = (&self.publication, &self.subscription);
        tell::subscriber(deps, tx, kind, publication, place, Some(reason)).await
    }
}

/// Reads a signed link and finds whose it is; changes nothing. `None` where the link is not one
/// of ours.
pub async fn find(
    deps: &Deps,
    token: &str,
    purpose: Purpose,
) -> Result<Option<Reader>, StoreError> {
    let mut tx = deps.store.read().await?;
    find_in(deps, &mut tx, token, purpose).await
}

pub(super) async fn find_in(
    deps: &Deps,
    tx: &mut Tx,
    token: &str,
    purpose: Purpose,
) -> Result<Option<Reader>, StoreError> {
    match deps.keys.verify(token, purpose) {
        Ok(link) => find_link(tx, link).await,
        Err(_) => Ok(None),
    }
}

async fn find_link(tx: &mut Tx, link: Link) -> Result<Option<Reader>, StoreError> {
    let Some(mut subscription) = subscriptions::find(tx, link.subscription).await? else {
        return Ok(None);
    };
    let mut subscriber = subscribers::find(tx, subscription.subscriber).await?;
    if let Some(now) = subscriber.as_ref().and_then(|s| s.merged_into) {
        let publication = subscription.publication;
        let Some(found) = subscriptions::find_by_subscriber(tx, now, publication).await? else {
            return Ok(None);
        };
        subscription = found;
        subscriber = subscribers::find(tx, now).await?;
    }
    // Of who was erased nothing is left to show or to change. Leaving works as often as before.
    let subscriber =
        subscriber.filter(|s| s.erased_at.is_none() || link.purpose == Purpose::Unsubscribe);
    let publication = publications::find(tx, subscription.publication).await?;
    Ok(match (subscriber, publication) {
        (Some(subscriber), Some(publication)) => Some(Reader {
            link,
            subscription,
            subscriber,
            publication,
        }),
        _ => None,
    })
}

/// Ends the subscription and skips what was still to go out to it.
pub async fn leave(
    deps: &Deps,
    token: &str,
    reason: LeaveReason,
) -> Result<Option<Reader>, StoreError> {
    match deps.keys.verify(token, Purpose::Unsubscribe) {
        Ok(link) => leave_with(deps, link, reason).await,
        Err(_) => Ok(None),
    }
}

/// The same for who wrote a mail to say so.
pub(super) async fn leave_by_mail(
    deps: &Deps,
    subscription: SubscriptionId,
    delivery: Option<DeliveryId>,
) -> Result<Option<Reader>, StoreError> {
    let link = Link {
        purpose: Purpose::Unsubscribe,
        subscription,
        delivery,
    };
    leave_with(deps, link, LeaveReason::Mail).await
}

async fn leave_with(
    deps: &Deps,
    link: Link,
    reason: LeaveReason,
) -> Result<Option<Reader>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let Some(reader) = find_link(&mut tx, link).await? else {
        return Ok(None);
    };
    let delivery = reader.link.delivery;
    let (publication, place) = (&reader.publication, &reader.subscription);
    if end(deps, &mut tx, publication, place, reason, delivery).await? {
        tx.commit().await?;
    }
    Ok(Some(reader))
}

/// Ends a subscription inside the caller's transaction; false where it had ended before.
pub(super) async fn end(
    deps: &Deps,
    tx: &mut Tx,
    publication: &Publication,
    subscription: &Subscription,
    reason: LeaveReason,
    delivery: Option<DeliveryId>,
) -> Result<bool, StoreError> {
    let id = subscription.id;
    if !subscriptions::leave(tx, id, reason, deps.now()).await? {
        return Ok(false);
    }
    deliveries::skip_open(tx, id).await?;
    note(
        deps,
        tx,
        (id, delivery),
        ConsentKind::Withdrawn,
        reason.as_str(),
    )
    .await?;
    let (kind, why) = (EventKind::Unsubscribed, Some(reason.as_str()));
    tell::subscriber(deps, tx, kind, publication, subscription, why).await?;
    tracing::info!(subscription = %id, %reason, "reader left");
    Ok(true)
}

/// Takes leaving back. Only what had been confirmed can come back.
pub async fn undo(deps: &Deps, token: &str) -> Result<Option<Reader>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let Some(reader) = find_in(deps, &mut tx, token, Purpose::Unsubscribe).await? else {
        return Ok(None);
    };
    if reader.subscriber.erased_at.is_some() {
        return Ok(None);
    }
    if subscriptions::restore(&mut tx, reader.subscription.id).await? {
        deliveries::unskip(&mut tx, reader.subscription.id).await?;
        let place = (reader.subscription.id, reader.link.delivery);
        note(deps, &mut tx, place, ConsentKind::Restored, "undo").await?;
        let kind = EventKind::Confirmed;
        reader.tell(deps, &mut tx, kind, "undo").await?;
        tx.commit().await?;
        tracing::info!(subscription = %reader.subscription.id, "reader came back");
    }
    Ok(Some(reader))
}

/// Writes down why somebody left, once for each time that they do.
pub async fn explain(deps: &Deps, token: &str, why: Why) -> Result<Option<Reader>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let Some(reader) = find_in(deps, &mut tx, token, Purpose::Unsubscribe).await? else {
        return Ok(None);
    };
    let id = reader.subscription.id;
    let records = consents::list(&mut tx, id).await?;
    let has_just_left = records
        .last()
        .is_some_and(|last| last.kind == ConsentKind::Withdrawn);
    if has_just_left && reader.subscription.state == SubscriptionState::Unsubscribed {
        let evidence = Consent {
            subscription: id,
            kind: ConsentKind::Explained,
            at: deps.now(),
            text_version: None,
            network: None,
            source: Some("page"),
            detail: Some(why.as_str()),
        };
        consents::append(&mut tx, &evidence).await?;
        tx.commit().await?;
    }
    Ok(Some(reader))
}

async fn note(
    deps: &Deps,
    tx: &mut Tx,
    (subscription, delivery): (SubscriptionId, Option<DeliveryId>),
    kind: ConsentKind,
    source: &str,
) -> Result<(), StoreError> {
    let detail = delivery.map(|id| format!("delivery {id}"));
    let evidence = Consent {
        subscription,
        kind,
        at: deps.now(),
        text_version: None,
        network: None,
        source: Some(source),
        detail: detail.as_deref(),
    };
    consents::append(tx, &evidence).await
}
