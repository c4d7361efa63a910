//! Operators change a reader's subscription, end it, and have the mail sent again that asks to confirm.

use std::collections::BTreeSet;

use thiserror::Error;

use super::audit::{images, note};
use super::preferences::{self, Choices, ZoneWish};
use super::{Deps, unsubscribe};
use crate::domain::article::language_tag;
use crate::domain::audit::{Change, Kind};
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::ids::SubscriptionId;
use crate::domain::job::Queue;
use crate::domain::publication::TopicChoice;
use crate::domain::slug::Slug;
use crate::domain::subscription::{LeaveReason, Subscription, SubscriptionState};
use crate::store::{StoreError, Tx, digests, publications, subscribers, subscriptions};

/// Who is named in the evidence.
const SOURCE: &str = "operator";

/// Why a subscription was left as it is.
#[derive(Debug, Error)]
pub enum SubscriptionError {
    #[error("there is no such subscription any more")]
    Unknown,
    #[error("the subscription has changed since it was read")]
    Changed,
    #[error("the subscription is {0}; only one that is confirmed can be changed")]
    State(SubscriptionState),
    #[error("there is no topic {0:?} in the publication")]
    Topic(Slug),
    #[error("there is no digest {0:?} in the publication")]
    Digest(Slug),
    #[error("{0:?} is not a language tag such as en or pt-BR")]
    Language(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator changes; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    /// Empty for all.
    pub topics: Option<BTreeSet<Slug>>,
    /// Empty for the first.
    pub digests: Option<BTreeSet<Slug>>,
    pub language: Option<String>,
    pub timezone: Option<Option<chrono_tz::Tz>>,
    /// Nothing is sent before; `Some(None)` ends a pause.
    pub paused_until: Option<Option<Time>>,
}

/// Changes a confirmed subscription that is `still` as whoever changes it has read it.
pub async fn change(
    deps: &Deps,
    id: SubscriptionId,
    edits: Edits,
    still: impl FnOnce(&Subscription) -> bool,
) -> Result<Subscription, SubscriptionError> {
    let mut tx = deps.store.begin().await?;
    let found = subscriptions::find(&mut tx, id).await?;
    let mut subscription = found.ok_or(SubscriptionError::Unknown)?;
    if !still(&subscription) {
        return Err(SubscriptionError::Changed);
    }
    if subscription.state != SubscriptionState::Confirmed {
        return Err(SubscriptionError::State(subscription.state));
    }
    let before = subscription.clone();
    let pause = edits.paused_until;
    if let Some(choices) = choices(&mut tx, &subscription, edits).await? {
        preferences::save(deps, &mut tx, &mut subscription, &choices, SOURCE).await?;
    }
    if let Some(until) = pause {
        preferences::rest(deps, &mut tx, &mut subscription, until, SOURCE).await?;
    }
    write_down(deps, &mut tx, "update", &before, &subscription).await?;
    tx.commit().await?;
    deps.wakeups.wake(Queue::Issues);
    Ok(subscription)
}

/// The choices after the edits; `None` where these are about none of them.
async fn choices(
    tx: &mut Tx,
    subscription: &Subscription,
    edits: Edits,
) -> Result<Option<Choices>, SubscriptionError> {
    let Edits {
        topics,
        digests,
        language,
        timezone,
        ..
    } = edits;
    if topics.is_none() && digests.is_none() && language.is_none() && timezone.is_none() {
        return Ok(None);
    }
    if let Some(chosen) = &topics {
        let known = publications::topics(tx, subscription.publication).await?;
        let other = chosen
            .iter()
            .find(|slug| !known.iter().any(|t| t.slug == **slug));
        if let Some(slug) = other {
            return Err(SubscriptionError::Topic(slug.clone()));
        }
    }
    if let Some(chosen) = &digests {
        let known = digests::list(tx, subscription.publication).await?;
        let other = chosen
            .iter()
            .find(|slug| !known.iter().any(|d| d.slug == **slug));
        if let Some(slug) = other {
            return Err(SubscriptionError::Digest(slug.clone()));
        }
    }
    let language = match language {
        Some(tag) => Some(language_tag(&tag).ok_or(SubscriptionError::Language(tag))?),
        None => None,
    };
    let timezone = match timezone {
        Some(Some(zone)) => ZoneWish::Take(zone),
        Some(None) => ZoneWish::Forget,
        None => ZoneWish::Keep,
    };
    Ok(Some(Choices {
        topics: topics.map_or_else(|| subscription.topics.clone(), TopicChoice),
        digests: digests.map_or_else(|| subscription.digests.clone(), DigestChoice),
        language,
        timezone,
    }))
}

/// Ends a subscription, and skips what was still to go out to it; harmless where it has ended.
pub async fn leave(deps: &Deps, id: SubscriptionId) -> Result<Subscription, SubscriptionError> {
    let mut tx = deps.store.begin().await?;
    let found = subscriptions::find(&mut tx, id).await?;
    let place = found.ok_or(SubscriptionError::Unknown)?;
    let publication = publications::find(&mut tx, place.publication).await?;
    let publication = publication.ok_or(SubscriptionError::Unknown)?;
    let reason = LeaveReason::Operator;
    let has_ended = unsubscribe::end(deps, &mut tx, &publication, &place, reason, None).await?;
    let found = subscriptions::find(&mut tx, id).await?;
    let ended = found.ok_or(SubscriptionError::Unknown)?;
    if has_ended {
        write_down(deps, &mut tx, "unsubscribe", &place, &ended).await?;
    }
    tx.commit().await?;
    Ok(ended)
}

/// Writes down what an operator has made of a subscription.
async fn write_down(
    deps: &Deps,
    tx: &mut Tx,
    verb: &'static str,
    before: &Subscription,
    after: &Subscription,
) -> Result<(), StoreError> {
    let Some(subscriber) = subscribers::find(tx, before.subscriber).await? else {
        return Ok(());
    };
    let object = deps.keys.email_hash(&subscriber.email);
    let entry = Change::of(verb, Kind::Subscriber, object).within(before.publication);
    let (before, after) = (images::subscription(before), images::subscription(after));
    note(deps, tx, entry.from(before).to(after)).await
}
