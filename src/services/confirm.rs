//! A reader confirms. The link may be opened any number of times; the button may be pressed
//! twice.

use std::net::IpAddr;

use super::{Deps, consent, plan_issue, tell};
use crate::domain::funnel::FunnelStep;
use crate::domain::ids::NoticeId;
use crate::domain::job::Job;
use crate::domain::notice::NoticeKind;
use crate::domain::publication::{Publication, Welcome};
use crate::domain::subscription::{
    ConsentKind, SignUp, Subscription, SubscriptionState, truncated,
};
use crate::domain::token::token_hash;
use crate::domain::webhook::EventKind;
use crate::store::consents::{self, Consent};
use crate::store::funnel::{self, Steps};
use crate::store::{
    StoreError, Tx, notices, publications, sign_ups, subscribers, subscriptions, suppressions,
};

/// What a confirmation link leads to.
#[derive(Debug, Clone)]
pub struct Found {
    pub sign_up: SignUp,
    pub subscription: Subscription,
    pub publication: Publication,
    pub standing: Standing,
}

/// What the link can still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It waits for its button.
    Open,
    /// It was used, and the subscription stands.
    Confirmed,
    /// Too old.
    Expired,
    /// Used, and left since.
    Ended,
}

/// Looks a token up; changes nothing.
pub async fn find(deps: &Deps, token: &str) -> Result<Option<Found>, StoreError> {
    let mut tx = deps.store.read().await?;
    find_in(deps, &mut tx, token).await
}

pub(super) async fn find_in(
    deps: &Deps,
    tx: &mut Tx,
    token: &str,
) -> Result<Option<Found>, StoreError> {
    let Some(sign_up) = sign_ups::find_by_token(tx, &token_hash(token)).await? else {
        return Ok(None);
    };
    let Some(subscription) = subscriptions::find(tx, sign_up.subscription).await? else {
        return Ok(None);
    };
    let Some(publication) = publications::find(tx, subscription.publication).await? else {
        return Ok(None);
    };
    let confirmed = subscription.state == SubscriptionState::Confirmed;
    let standing = match sign_up.used_at {
        Some(_) if confirmed => Standing::Confirmed,
        Some(_) => Standing::Ended,
        None if sign_up.expires_at <= deps.now() => Standing::Expired,
        None => Standing::Open,
    };
    Ok(Some(Found {
        sign_up,
        subscription,
        publication,
        standing,
    }))
}

/// Confirms; a second press finds the subscription confirmed and changes nothing.
pub async fn confirm(
    deps: &Deps,
    token: &str,
    address: IpAddr,
) -> Result<Option<Found>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let Some(mut found) = find_in(deps, &mut tx, token).await? else {
        return Ok(None);
    };
    let now = deps.now();
    let mut welcome = None;
    if found.standing == Standing::Open {
        end_erasure(deps, &mut tx, &found.subscription).await?;
    }
    if found.standing == Standing::Open
        && sign_ups::mark_used(&mut tx, found.sign_up.id, now).await?
    {
        subscriptions::confirm(&mut tx, &found.sign_up, now).await?;
        plan_issue::reader_came(&mut tx, found.publication.id).await?;
        if let Some(name) = &found.sign_up.name {
            subscribers::set_name(&mut tx, found.subscription.subscriber, name).await?;
        }
        let chosen = consent::chosen(&found.sign_up.topics, &found.sign_up.digests);
        let evidence = Consent {
            subscription: found.subscription.id,
            kind: ConsentKind::Confirmed,
            at: now,
            text_version: None,
            network: Some(&truncated(address)),
            source: found.sign_up.source.as_deref(),
            detail: Some(&chosen),
        };
        consents::append(&mut tx, &evidence).await?;
        if found.subscription.state != SubscriptionState::Confirmed {
            let (kind, place) = (EventKind::Confirmed, &found.subscription);
            tell::subscriber(deps, &mut tx, kind, &found.publication, place, None).await?;
            let steps = Steps::one(found.publication.id, FunnelStep::Confirmed);
            funnel::count(&mut tx, &steps, now).await?;
            welcome = welcome_notice(deps, &mut tx, &found).await?;
        }
        tx.commit().await?;
        if let Some(job) = &welcome {
            deps.wake(job);
        }
        found.standing = Standing::Confirmed;
        tracing::info!(subscription = %found.subscription.id, "subscription confirmed");
    }
    Ok(Some(found))
}

/// Has the mail written that welcomes, where the publication has one.
async fn welcome_notice(
    deps: &Deps,
    tx: &mut Tx,
    found: &Found,
) -> Result<Option<Job>, StoreError> {
    if found.publication.welcome == Welcome::Off {
        return Ok(None);
    }
    let notice = deps.new_id(NoticeId::new);
    notices::insert(
        tx,
        notice,
        NoticeKind::Welcome,
        found.sign_up.id,
        deps.now(),
    )
    .await?;
    let job = Job::SendNotice { notice };
    deps.push(tx, &job).await?;
    Ok(Some(job))
}

/// Whoever was erased and has signed up anew gets mail again.
async fn end_erasure(
    deps: &Deps,
    tx: &mut Tx,
    subscription: &Subscription,
) -> Result<(), StoreError> {
    let Some(subscriber) = subscribers::find(tx, subscription.subscriber).await? else {
        return Ok(());
    };
    let hash = deps.keys.email_hash(&subscriber.email);
    let found = suppressions::find(tx, hash).await?;
    if found.is_some_and(|found| found.reason.ends_with_confirmation()) {
        suppressions::lock_out(tx).await?;
        suppressions::remove(tx, hash, &subscriber.email).await?;
    }
    Ok(())
}
