//! A reader asks for a link by mail: to their choices where no mail is at hand, or for what a link in
//! an old mail may not do. The answer is the same whether or not the address is known, and so is the
//! work before it: the request is written down, and a worker looks the address up.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use chrono::TimeDelta;
use thiserror::Error;

use super::Deps;
use super::guard::{self, AtLast};
use super::sign_up::{hour_of, inbox_counter, rest_of_hour};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::fresh_link::{FreshLink, LinkPurpose, LinkRequest};
use crate::domain::ids::{FreshLinkId, NoticeId, SubscriberId};
use crate::domain::job::Job;
use crate::domain::publication::Publication;
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::{self, Subscription, SubscriptionState};
use crate::domain::token::token_hash;
use crate::store::{
    StoreError, Tx, counters, fresh_links, inbox_turns, link_requests, notices, subscribers,
    subscriptions, suppressions,
};

/// Requests in one transaction.
const GROUP: i64 = 25;
/// How long a link works.
const LIFETIME: TimeDelta = TimeDelta::hours(1);
/// How long a new address may be confirmed.
pub(super) const MOVE_LIFETIME: TimeDelta = TimeDelta::days(1);

/// Who asks for what, and from where.
#[derive(Debug, Clone)]
pub struct Request {
    pub purpose: LinkPurpose,
    /// Who asks, where a link of theirs told.
    pub subscriber: Option<SubscriberId>,
    pub email: EmailAddress,
    /// The language of the page.
    pub language: Option<String>,
    pub address: IpAddr,
}

/// Why a request was refused, whoever's address it names.
#[derive(Debug, Error)]
pub enum AskError {
    #[error("too many requests from your network; try again later")]
    TooMany { retry_after: Duration },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps the request, durably, and looks nothing up about its address.
pub async fn ask(
    deps: &Deps,
    publication: &Publication,
    request: &Request,
) -> Result<(), AskError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    let is_too_many = count(deps, &mut tx, request.address, now).await?;
    if !is_too_many {
        let kept = LinkRequest {
            id: deps.new_id(FreshLinkId::new),
            purpose: request.purpose,
            publication: publication.id,
            subscriber: request.subscriber,
            email: request.email.clone(),
            language: request.language.clone(),
            asked_at: now,
        };
        link_requests::insert(&mut tx, &kept).await?;
    }
    tx.commit().await?;
    if is_too_many {
        let retry_after = rest_of_hour(now);
        return Err(AskError::TooMany { retry_after });
    }
    Ok(())
}

/// Counts the request against its network; true where that is too many.
async fn count(deps: &Deps, tx: &mut Tx, address: IpAddr, now: Time) -> Result<bool, StoreError> {
    let limit = i64::from(deps.limits.per_ip_per_hour);
    let network = format!("links {}", subscription::counted(address));
    let name = deps.keys.counter_name(&network);
    let counts = counters::add(tx, &BTreeMap::from([(name.clone(), 1)]), hour_of(now)).await?;
    let used = counts.get(&name).copied().unwrap_or(0);
    Ok(limit > 0 && used > limit)
}

/// Takes in some of the requests that wait; true where there may be more. As with sign-ups the
/// commit does not wait for the disk: a request that is lost with it is still there.
pub async fn take_in(deps: &Deps) -> Result<bool, StoreError> {
    let mut tx = deps.store.read().await?;
    let any = link_requests::any(&mut tx).await?;
    if !any {
        return Ok(false);
    }
    let moves = link_requests::next_moves(&mut tx, GROUP).await?;
    drop(tx);
    guard::look_up(deps, moves.iter()).await?;
    let now = deps.now();
    let mut tx = deps.store.begin_relaxed().await?;
    let requests = link_requests::take(&mut tx, GROUP).await?;
    let taken = requests.len();
    let mut jobs = Vec::new();
    for request in requests {
        jobs.extend(answer(deps, &mut tx, request, now).await?);
    }
    tx.commit().await?;
    for job in &jobs {
        deps.wake(job);
    }
    Ok(i64::try_from(taken).is_ok_and(|taken| taken == GROUP))
}

/// Has the mail written, where the address is a reader's who gets mail and has some left.
async fn answer(
    deps: &Deps,
    tx: &mut Tx,
    request: LinkRequest,
    now: Time,
) -> Result<Option<Job>, StoreError> {
    let Some(subscriber) = subscriber(tx, &request).await? else {
        return Ok(None);
    };
    let Some(subscription) = place(tx, &request, &subscriber).await? else {
        return Ok(None);
    };
    if subscriber.suppressed_at.is_some() || !has_turn(deps, tx, &request, &subscriber, now).await?
    {
        return Ok(None);
    }
    let is_move = request.purpose == LinkPurpose::NewAddress;
    let link = FreshLink {
        id: request.id,
        purpose: request.purpose,
        subscriber: subscriber.id,
        subscription: subscription.id,
        email: is_move.then_some(request.email),
        language: request.language,
        created_at: request.asked_at,
        expires_at: now + if is_move { MOVE_LIFETIME } else { LIFETIME },
        used_at: None,
    };
    bring(deps, tx, &link, now).await.map(Some)
}

/// Keeps a link and has the mail written that brings it.
pub(super) async fn bring(
    deps: &Deps,
    tx: &mut Tx,
    link: &FreshLink,
    now: Time,
) -> Result<Job, StoreError> {
    let hash = token_hash(&deps.keys.fresh_token(link.id));
    fresh_links::insert(tx, link, &hash).await?;
    let notice = deps.new_id(NoticeId::new);
    notices::insert_link(tx, notice, link.id, now).await?;
    let job = Job::SendNotice { notice };
    deps.push(tx, &job).await?;
    Ok(job)
}

async fn subscriber(tx: &mut Tx, request: &LinkRequest) -> Result<Option<Subscriber>, StoreError> {
    match request.subscriber {
        Some(id) => subscribers::find(tx, id).await,
        None => subscribers::find_by_email(tx, &request.email).await,
    }
}

/// The reader's place in the publication that was asked, else a confirmed one, else the latest. What
/// was never confirmed is no place: anybody may have typed the address in.
async fn place(
    tx: &mut Tx,
    request: &LinkRequest,
    subscriber: &Subscriber,
) -> Result<Option<Subscription>, StoreError> {
    let all = subscriptions::of_subscriber(tx, subscriber.id).await?;
    let rank = |s: &Subscription| {
        let is_asked = s.publication == request.publication;
        (is_asked, s.state == SubscriptionState::Confirmed)
    };
    let all = all.into_iter();
    let own = all.filter(|s| s.state != SubscriptionState::Pending);
    Ok(own.max_by_key(rank))
}

/// Takes one of the mails that the reader's inbox may ask for in an hour. An address that somebody wants
/// to move to may be anybody's: it has no more of these mails than of those that ask to confirm a
/// sign-up, and none where it is suppressed or would not be let in by the form.
async fn has_turn(
    deps: &Deps,
    tx: &mut Tx,
    request: &LinkRequest,
    subscriber: &Subscriber,
    now: Time,
) -> Result<bool, StoreError> {
    let is_move = request.purpose == LinkPurpose::NewAddress;
    if is_move && is_unwanted(deps, tx, request).await? {
        return Ok(false);
    }
    let own = format!("links to {}", subscriber.email.inbox());
    let own = deps.keys.counter_name(&own);
    let (hour, day) = (now - TimeDelta::hours(1), now - TimeDelta::hours(24));
    let asked = i64::from(deps.limits.link_mails_per_hour);
    if asked > 0 && !inbox_turns::take(tx, &own, hour, now, asked).await? {
        return Ok(false);
    }
    let sent = i64::from(deps.limits.per_address_per_day);
    if !is_move || sent == 0 {
        return Ok(true);
    }
    let other = inbox_counter(deps, &request.email);
    inbox_turns::take(tx, &other, day, now, sent).await
}

/// Whether no mail may go to the new address.
async fn is_unwanted(deps: &Deps, tx: &mut Tx, request: &LinkRequest) -> Result<bool, StoreError> {
    if guard::at_last(deps, &request.email) == AtLast::Dropped {
        return Ok(true);
    }
    let hash = deps.keys.email_hash(&request.email);
    let found = suppressions::find(tx, hash).await?;
    Ok(found.is_some_and(|found| {
        !(found.reason.ends_with_confirmation() && request.asked_at > found.created_at)
    }))
}
