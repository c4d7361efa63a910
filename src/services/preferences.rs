//! A reader changes topics, digests, language and time zone.

use chrono::SecondsFormat;
use chrono_tz::Tz;

use super::unsubscribe::{Reader, find, find_in};
use super::{Deps, consent, plan_issue};
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::ids::SubscriptionId;
use crate::domain::job::Queue;
use crate::domain::publication::TopicChoice;
use crate::domain::slug::Slug;
use crate::domain::subscription::{ConsentKind, Subscription, SubscriptionState};
use crate::domain::token::Purpose;
use crate::store::consents::{self, Consent};
use crate::store::{StoreError, Tx, deliveries, subscriptions};

/// Who is named in the evidence.
const SOURCE: &str = "preferences";

/// What a reader can choose.
#[derive(Debug, Clone)]
pub struct Choices {
    pub topics: TopicChoice,
    pub digests: DigestChoice,
    /// `None` leaves it as it is.
    pub language: Option<String>,
    pub timezone: ZoneWish,
}

/// What becomes of the reader's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneWish {
    Keep,
    Forget,
    Take(Tz),
}

impl ZoneWish {
    /// The zone after a wish.
    fn applied(self, known: Option<Tz>) -> Option<Tz> {
        match self {
            Self::Keep => known,
            Self::Forget => None,
            Self::Take(zone) => Some(zone),
        }
    }
}

/// Saves the choices of a confirmed reader; `None` where the link is not one of ours. The
/// choices of somebody who left are not touched.
pub async fn change(
    deps: &Deps,
    token: &str,
    choices: &Choices,
) -> Result<Option<Reader>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let Some(mut reader) = find_in(deps, &mut tx, token, Purpose::Preferences).await? else {
        return Ok(None);
    };
    if reader.subscription.state == SubscriptionState::Confirmed {
        save(deps, &mut tx, &mut reader.subscription, choices, SOURCE).await?;
        tx.commit().await?;
    }
    Ok(Some(reader))
}

/// Saves the choices of a confirmed subscription inside the caller's transaction.
pub(super) async fn save(
    deps: &Deps,
    tx: &mut Tx,
    subscription: &mut Subscription,
    choices: &Choices,
    source: &str,
) -> Result<(), StoreError> {
    let Choices {
        topics,
        digests,
        language,
        timezone,
    } = choices;
    let id = subscription.id;
    subscriptions::set_choices(tx, id, topics, digests, language.as_deref()).await?;
    let zone = timezone.applied(subscription.timezone);
    if zone != subscription.timezone {
        subscriptions::set_timezone(tx, id, zone).await?;
        plan_issue::reader_came(tx, subscription.publication).await?;
        subscription.timezone = zone;
    }
    note(deps, tx, id, source, &consent::chosen(topics, digests)).await?;
    subscription.topics = topics.clone();
    subscription.digests = digests.clone();
    if language.is_some() {
        subscription.language.clone_from(language);
    }
    Ok(())
}

/// Writes down that something was changed.
async fn note(
    deps: &Deps,
    tx: &mut Tx,
    subscription: SubscriptionId,
    source: &str,
    detail: &str,
) -> Result<(), StoreError> {
    let evidence = Consent {
        subscription,
        kind: ConsentKind::Changed,
        at: deps.now(),
        text_version: None,
        network: None,
        source: Some(source),
        detail: Some(detail),
    };
    consents::append(tx, &evidence).await
}

/// Leaves a reader with one digest, and the rest as it is.
pub async fn only(deps: &Deps, token: &str, digest: Slug) -> Result<Option<Reader>, StoreError> {
    let found = find(deps, token, Purpose::Preferences).await?;
    let Some(reader) = found else {
        return Ok(None);
    };
    let choices = Choices {
        topics: reader.subscription.topics,
        digests: DigestChoice([digest].into()),
        language: None,
        timezone: ZoneWish::Keep,
    };
    change(deps, token, &choices).await
}

/// Sends nothing to a confirmed reader before `until`, also of issues that are going out, or ends such
/// a pause; `None` where the link is not one of ours.
pub async fn pause(
    deps: &Deps,
    token: &str,
    until: Option<Time>,
) -> Result<Option<Reader>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let Some(mut reader) = find_in(deps, &mut tx, token, Purpose::Preferences).await? else {
        return Ok(None);
    };
    if reader.subscription.state != SubscriptionState::Confirmed {
        return Ok(Some(reader));
    }
    rest(deps, &mut tx, &mut reader.subscription, until, SOURCE).await?;
    tx.commit().await?;
    deps.wakeups.wake(Queue::Issues);
    Ok(Some(reader))
}

/// Pauses a confirmed subscription, or ends its pause, inside the caller's transaction. The issues'
/// queue is to be woken after the commit.
pub(super) async fn rest(
    deps: &Deps,
    tx: &mut Tx,
    subscription: &mut Subscription,
    until: Option<Time>,
    source: &str,
) -> Result<(), StoreError> {
    let id = subscription.id;
    // Another end of the pause may let go out what the old one held back.
    deliveries::unskip_paused(tx, id).await?;
    let detail = match until {
        Some(until) => {
            deliveries::skip_paused(tx, id, until).await?;
            let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!("paused until {until}")
        }
        None => "pause ended".to_owned(),
    };
    subscriptions::set_pause(tx, id, until).await?;
    note(deps, tx, id, source, &detail).await?;
    subscription.paused_until = until;
    Ok(())
}
