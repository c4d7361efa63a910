//! A reader changes topics, digests, language and time zone.

use chrono::SecondsFormat;
use chrono_tz::Tz;

use super::unsubscribe::{Reader, find, find_in};
use super::{Deps, consent, plan_issue};
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::job::Queue;
use crate::domain::publication::TopicChoice;
use crate::domain::slug::Slug;
use crate::domain::subscription::{ConsentKind, SubscriptionState};
use crate::domain::token::Purpose;
use crate::store::consents::{self, Consent};
use crate::store::{StoreError, deliveries, subscriptions};

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
    let Choices {
        topics,
        digests,
        language,
        timezone,
    } = choices;
    let id = reader.subscription.id;
    if reader.subscription.state == SubscriptionState::Confirmed {
        subscriptions::set_choices(&mut tx, id, topics, digests, language.as_deref()).await?;
        let zone = timezone.applied(reader.subscription.timezone);
        if zone != reader.subscription.timezone {
            subscriptions::set_timezone(&mut tx, id, zone).await?;
            plan_issue::reader_came(&mut tx, reader.publication.id).await?;
            reader.subscription.timezone = zone;
        }
        let detail = consent::chosen(topics, digests);
        let evidence = Consent {
            subscription: id,
            kind: ConsentKind::Changed,
            at: deps.now(),
            text_version: None,
            network: None,
            source: Some("preferences"),
            detail: Some(&detail),
        };
        consents::append(&mut tx, &evidence).await?;
        tx.commit().await?;
        reader.subscription.topics = topics.clone();
        reader.subscription.digests = digests.clone();
        if language.is_some() {
            reader.subscription.language.clone_from(language);
        }
    }
    Ok(Some(reader))
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
    let id = reader.subscription.id;
    if reader.subscription.state != SubscriptionState::Confirmed {
        return Ok(Some(reader));
    }
    // Another end of the pause may let go out what the old one held back.
    deliveries::unskip_paused(&mut tx, id).await?;
    let detail = match until {
        Some(until) => {
            deliveries::skip_paused(&mut tx, id, until).await?;
            let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!("paused until {until}")
        }
        None => "pause ended".to_owned(),
    };
    subscriptions::set_pause(&mut tx, id, until).await?;
    let evidence = Consent {
        subscription: id,
        kind: ConsentKind::Changed,
        at: deps.now(),
        text_version: None,
        network: None,
        source: Some("preferences"),
        detail: Some(&detail),
    };
    consents::append(&mut tx, &evidence).await?;
    tx.commit().await?;
    deps.wakeups.wake(Queue::Issues);
    reader.subscription.paused_until = until;
    Ok(Some(reader))
}
