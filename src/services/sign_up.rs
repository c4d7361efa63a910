//! A reader asks to subscribe. The answer is the same whether or not the address was known.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DurationRound, TimeDelta};
use chrono_tz::Tz;
use thiserror::Error;

use super::{Deps, consent};
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{NoticeId, SignUpId, SubscriberId, SubscriptionId};
use crate::domain::job::Job;
use crate::domain::notice::NoticeKind;
use crate::domain::publication::{Publication, TopicChoice};
use crate::domain::subscription::{self, ConsentKind, SignUp};
use crate::domain::token::token_hash;
use crate::store::consents::{self, Consent};
use crate::store::{
    StoreError, Tx, counters, notices, sign_ups, subscribers, subscriptions, suppressions,
};

/// A checked request.
#[derive(Debug, Clone)]
pub struct Request {
    pub email: EmailAddress,
    pub name: Option<String>,
    pub topics: TopicChoice,
    pub digests: DigestChoice,
    pub language: Option<String>,
    pub timezone: Option<Tz>,
    /// The page that carried the form.
    pub source: Option<String>,
    /// Where the request came from.
    pub address: IpAddr,
}

/// Why a request was refused, whoever's address it names.
#[derive(Debug, Error)]
pub enum SignUpError {
    #[error("too many sign-ups from your network; try again later")]
    TooMany { retry_after: Duration },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps the request, its evidence of consent and a confirmation notice in one transaction, so
/// that whatever was answered "check your inbox" leads to a mail.
pub async fn sign_up(
    deps: &Deps,
    publication: &Publication,
    request: &Request,
) -> Result<(), SignUpError> {
    let now = deps.now();
    count_network(deps, request.address, now).await?;
    let mut tx = deps.store.begin().await?;
    let Some(sign_up) = keep(deps, &mut tx, publication, request, now).await? else {
        tx.commit().await?;
        return Ok(());
    };
    let notice = deps.new_id(NoticeId::new);
    notices::insert(&mut tx, notice, NoticeKind::Confirmation, sign_up, now).await?;
    let job = Job::SendNotice { notice };
    deps.push(&mut tx, &job).await?;
    tx.commit().await?;
    deps.wake(&job);
    tracing::info!(publication = %publication.slug, %sign_up, "sign-up kept");
    Ok(())
}

/// Counts the request against its network. A transaction of its own: a refused request must be
/// counted too.
async fn count_network(deps: &Deps, address: IpAddr, now: Time) -> Result<(), SignUpError> {
    let limit = i64::from(deps.limits.per_ip_per_hour);
    if limit == 0 {
        return Ok(());
    }
    let hour = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
    let name = deps.keys.network_hash(&subscription::counted(address));
    let mut tx = deps.store.begin().await?;
    let count = counters::add(&mut tx, &name, hour).await?;
    tx.commit().await?;
    if count > limit {
        let retry_after = (hour + TimeDelta::hours(1) - now)
            .to_std()
            .unwrap_or(Duration::from_secs(60));
        return Err(SignUpError::TooMany { retry_after });
    }
    Ok(())
}

/// Writes subscriber, subscription, request and consent; `None` where the address has had its
/// confirmation mails for the day and gets no further one, or is suppressed: then nothing of it
/// is kept either.
async fn keep(
    deps: &Deps,
    tx: &mut Tx,
    publication: &Publication,
    request: &Request,
    now: Time,
) -> Result<Option<SignUpId>, StoreError> {
    suppressions::hold_off(tx).await?;
    let hash = deps.keys.email_hash(&request.email);
    if suppressions::find(tx, hash).await?.is_some() {
        return Ok(None);
    }
    let new_id = deps.new_id(SubscriberId::new);
    let subscriber = subscribers::find_or_insert(tx, &request.email, new_id, now).await?;
    let new_id = deps.new_id(SubscriptionId::new);
    let subscription = subscriptions::find_or_insert(tx, new_id, subscriber, publication.id, now)
        .await?
        .id;
    let limit = i64::from(deps.limits.per_address_per_day);
    if limit > 0
        && sign_ups::count_since(tx, subscriber, now - TimeDelta::hours(24)).await? >= limit
    {
        return Ok(None);
    }
    let sign_up = SignUp {
        id: deps.new_id(SignUpId::new),
        subscription,
        name: request.name.clone(),
        topics: request.topics.clone(),
        digests: request.digests.clone(),
        language: request.language.clone(),
        source: request.source.clone(),
        created_at: now,
        expires_at: now + TimeDelta::days(i64::from(deps.limits.pending_days)),
        used_at: None,
    };
    let token = deps.keys.confirm_token(sign_up.id);
    sign_ups::insert(tx, &sign_up, &token_hash(&token)).await?;
    if let Some(zone) = request.timezone {
        sign_ups::set_timezone(tx, sign_up.id, zone.name()).await?;
    }
    let texts = deps.renderer.texts();
    let language = texts.best_of(publication, request.language.as_deref());
    let text = consent::text(texts, language, publication);
    let version = consent::version(&text);
    consents::keep_text(tx, &version, &text, now).await?;
    let chosen = consent::chosen(&sign_up.topics, &sign_up.digests);
    let evidence = Consent {
        subscription,
        kind: ConsentKind::Requested,
        at: now,
        text_version: Some(&version),
        network: Some(&subscription::truncated(request.address)),
        source: request.source.as_deref(),
        detail: Some(&chosen),
    };
    consents::append(tx, &evidence).await?;
    Ok(Some(sign_up.id))
}
