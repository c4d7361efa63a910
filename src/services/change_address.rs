//! A reader moves to another address. The link comes to the old one; the new one confirms, and the
//! old one is told and may take it back.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::fresh_link::{self, Holder};
use super::{Deps, mail_link, tell};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::fresh_link::{FreshLink, LinkPurpose};
use crate::domain::ids::{FreshLinkId, SubscriberId, SubscriptionId};
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::{ConsentKind, LeaveReason, SubscriptionState, truncated};
use crate::domain::webhook::EventKind;
use crate::store::address_changes::{self, AddressChange};
use crate::store::consents::{self, Consent};
use crate::store::{
    StoreError, Tx, deliveries, fresh_links, merging, subscribers, subscriptions, suppressions,
};

/// How long the old address may take it back.
pub(super) const REGRET: TimeDelta = TimeDelta::days(14);
/// What stands in the evidence.
const SOURCE: &str = "change of address";

/// Moves the reader to the address that the link was mailed to. `None` where the link does not work,
/// or no mail may go to that address.
pub async fn confirm(
    deps: &Deps,
    token: &str,
    address: IpAddr,
) -> Result<Option<Holder>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let found = fresh_link::find_any(&mut tx, token, LinkPurpose::NewAddress).await?;
    let Some((holder, new)) = found.and_then(|h| h.link.email.clone().map(|new| (h, new))) else {
        return Ok(None);
    };
    if !holder.link.is_open(deps.now()) {
        // A second press finds it done.
        let is_done = holder.link.used_at.is_some() && holder.subscriber.email == new;
        return Ok(Some(holder).filter(|_| is_done));
    }
    if !may_be_mailed(deps, &mut tx, &new).await? {
        return Ok(None);
    }
    let now = deps.now();
    let reader = &holder.subscriber;
    let change = AddressChange {
        id: deps.new_id(FreshLinkId::new).0,
        old: reader.email.clone(),
        new: new.clone(),
        network: Some(truncated(address)),
        changed_at: now,
        undone_at: None,
    };
    for place in subscriptions::of_subscriber(&mut tx, reader.id).await? {
        let network = change.network.as_deref();
        note(&mut tx, place.id, ConsentKind::Changed, network, now).await?;
    }
    address_changes::insert(&mut tx, reader.id, &change).await?;
    // Whatever else lies in the old inbox opens nothing any more.
    fresh_links::close(&mut tx, reader.id, now).await?;
    let owner = subscribers::find_by_email(&mut tx, &new).await?;
    let (survivor, place) = match owner.filter(|owner| owner.id != reader.id) {
        Some(owner) => {
            let network = change.network.as_deref();
            merge(deps, &mut tx, &holder, owner.id, network, now).await?
        }
        None => {
            subscribers::set_email(&mut tx, reader.id, &new).await?;
            (reader.id, holder.subscription.id)
        }
    };
    let told = FreshLink {
        id: deps.new_id(FreshLinkId::new),
        purpose: LinkPurpose::OldAddress,
        subscriber: survivor,
        subscription: place,
        email: Some(change.old.clone()),
        language: holder.link.language.clone(),
        created_at: now,
        expires_at: now + REGRET,
        used_at: None,
    };
    let job = mail_link::bring(deps, &mut tx, &told, now).await?;
    tx.commit().await?;
    deps.wake(&job);
    tracing::info!(subscriber = %survivor, "address changed");
    Ok(Some(holder))
}

/// Whether mail may go to an address. Who was erased has just shown that they want it again.
async fn may_be_mailed(deps: &Deps, tx: &mut Tx, email: &EmailAddress) -> Result<bool, StoreError> {
    suppressions::lock_out(tx).await?;
    let hash = deps.keys.email_hash(email);
    match suppressions::find(tx, hash).await? {
        None => Ok(true),
        Some(found) if found.reason.ends_with_confirmation() => {
            suppressions::remove(tx, hash, email).await
        }
        Some(_) => Ok(false),
    }
}

/// Gives all places of the link's holder to the reader who has the new address already. Where both
/// have one, what was chosen at the new address stands, unless only the other was confirmed.
async fn merge(
    deps: &Deps,
    tx: &mut Tx,
    holder: &Holder,
    owner: SubscriberId,
    network: Option<&str>,
    now: Time,
) -> Result<(SubscriberId, SubscriptionId), StoreError> {
    let mut here = holder.subscription.id;
    for place in subscriptions::of_subscriber(tx, holder.subscriber.id).await? {
        let found = subscriptions::find_by_subscriber(tx, owner, place.publication).await?;
        let Some(kept) = found else {
            merging::move_place(tx, place.id, owner).await?;
            continue;
        };
        if place.state == SubscriptionState::Confirmed {
            merging::take_over(tx, kept.id, place.id).await?;
            note(tx, kept.id, ConsentKind::Changed, network, now).await?;
        }
        merging::hand_over(tx, place.id, kept.id, now).await?;
        deliveries::skip_open(tx, place.id).await?;
        if subscriptions::leave(tx, place.id, LeaveReason::Merged, now).await? {
            let (kind, reason) = (EventKind::Unsubscribed, LeaveReason::Merged.as_str());
            tell::subscribers(deps, tx, kind, std::slice::from_ref(&place), Some(reason)).await?;
        }
        if here == place.id {
            here = kept.id;
        }
    }
    merging::absorb(tx, holder.subscriber.id, owner, now).await?;
    Ok((owner, here))
}

/// What became of a change that the old address was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It can be taken back.
    Open(Change),
    Undone,
    /// It stands: two readers have become one, or the old address is somebody else's now.
    Kept,
}

/// A change that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// It, and those that came after it.
    ids: Vec<uuid::Uuid>,
    old: EmailAddress,
}

/// What became of the change that a link is about.
pub async fn standing(deps: &Deps, holder: &Holder) -> Result<Standing, StoreError> {
    let mut tx = deps.store.read().await?;
    standing_in(&mut tx, holder).await
}

async fn standing_in(tx: &mut Tx, holder: &Holder) -> Result<Standing, StoreError> {
    let id = holder.subscriber.id;
    let changes = address_changes::of_subscriber(tx, id).await?;
    let from_here = |change: &AddressChange| holder.link.email.as_ref() == Some(&change.old);
    let Some(at) = changes.iter().rposition(from_here) else {
        return Ok(Standing::Kept);
    };
    if changes[at].undone_at.is_some() {
        return Ok(Standing::Undone);
    }
    let old = changes[at].old.clone();
    let taken = subscribers::find_by_email(tx, &old).await?;
    let is_free = taken.is_none_or(|owner| owner.id == id);
    // Two readers who became one cannot be told apart again.
    let is_alone = subscribers::absorbed(tx, id).await?.is_empty();
    Ok(if is_free && is_alone {
        // Whoever moved the mail away may have moved it on.
        let ids = changes[at..].iter().map(|change| change.id).collect();
        Standing::Open(Change { ids, old })
    } else {
        Standing::Kept
    })
}

/// Takes a change back, where it can be; `None` where the link does not work.
pub async fn undo(deps: &Deps, token: &str) -> Result<Option<(Holder, Standing)>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let found = fresh_link::find_in(deps, &mut tx, token, LinkPurpose::OldAddress).await?;
    let Some(holder) = found else {
        return Ok(None);
    };
    let change = match standing_in(&mut tx, &holder).await? {
        Standing::Open(change) => change,
        other => return Ok(Some((holder, other))),
    };
    if !may_be_mailed(deps, &mut tx, &change.old).await? {
        return Ok(Some((holder, Standing::Kept)));
    }
    let now = deps.now();
    let id = holder.subscriber.id;
    subscribers::set_email(&mut tx, id, &change.old).await?;
    for id in change.ids {
        address_changes::undone(&mut tx, id, now).await?;
    }
    fresh_links::close(&mut tx, id, now).await?;
    for place in subscriptions::of_subscriber(&mut tx, id).await? {
        note(&mut tx, place.id, ConsentKind::Restored, None, now).await?;
    }
    tx.commit().await?;
    tracing::info!(subscriber = %id, "change of address taken back");
    Ok(Some((holder, Standing::Undone)))
}

/// The addresses themselves stand with the changes.
async fn note(
    tx: &mut Tx,
    place: SubscriptionId,
    kind: ConsentKind,
    network: Option<&str>,
    now: Time,
) -> Result<(), StoreError> {
    let evidence = Consent {
        subscription: place,
        kind,
        at: now,
        text_version: None,
        network,
        source: Some(SOURCE),
        detail: None,
    };
    consents::append(tx, &evidence).await
}

/// Whether an address is the one that the reader has.
pub fn is_own(reader: &Subscriber, typed: &EmailAddress) -> bool {
    reader.email.key() == typed.key()
}
