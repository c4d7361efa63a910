//! What comes of a request that was written down: subscriber, subscription, evidence, and the mail
//! that asks to confirm.

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;

use super::{all_counter, domain_counter, hour_of, inbox_counter};
use crate::domain::arrival::Arrival;
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::funnel::FunnelStep;
use crate::domain::ids::{NoticeId, SubscriberId, SubscriptionId};
use crate::domain::job::Job;
use crate::domain::notice::NoticeKind;
use crate::domain::subscription::{
    ConsentKind, SignUp, Subscription, SubscriptionState, is_own_machine,
};
use crate::domain::token::token_hash;
use crate::domain::webhook::EventKind;
use crate::services::guard::{self, AtLast};
use crate::services::{Deps, consent, tell};
use crate::store::consents::{self, Consent};
use crate::store::funnel::{self, Steps};
use crate::store::{
    StoreError, Tx, arrivals, counters, inbox_turns, notices, sign_ups, subscribers, subscriptions,
    suppressions,
};

/// Requests in one transaction: few, so that readers who sign up meanwhile hardly wait for it.
const GROUP: i64 = 25;

/// Takes in some of the requests that wait; true where there may be more.
///
/// The commit does not wait for the disk. Should it be lost, the requests are still there, and no
/// mail of it is out: a mail is begun by a commit that does wait, and that comes after.
pub async fn take_in(deps: &Deps) -> Result<bool, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let are_due = arrivals::are_due(&mut tx, now).await?;
    drop(tx);
    if !are_due {
        return Ok(false);
    }
    if deps.limits.mx_check {
        ask_dns(deps, now).await?;
    }
    let mut tx = deps.store.begin_relaxed().await?;
    suppressions::hold_off(&mut tx).await?;
    let mut budget = Budget::open(deps, &mut tx, now).await?;
    let mut due = arrivals::take(&mut tx, now, GROUP).await?;
    let taken = due.len();
    due = at_last(deps, &mut tx, due, now).await?;
    due.sort_by_key(|arrival| arrival.id);
    let emails = due.iter().map(|arrival| &arrival.email);
    budget.look_up(deps, &mut tx, emails).await?;
    let mut jobs = Vec::new();
    let mut asked = Vec::new();
    let mut late = Vec::new();
    let mut steps = Steps::default();
    let mut strangers = 0;
    for arrival in due {
        let is_unwanted = is_unwanted(deps, &mut tx, &arrival, now).await?;
        if !is_unwanted && !budget.has_room(deps, &arrival.email) {
            late.push(arrival);
            continue;
        }
        if is_unwanted || !has_turn(deps, &mut tx, &arrival.email, now).await? {
            steps.add(arrival.publication, FunnelStep::Asked, 1);
            steps.add(arrival.publication, FunnelStep::Spared, 1);
            continue;
        }
        let subscription = subscription(deps, &mut tx, &arrival, now).await?;
        if subscription.confirmed_at > Some(arrival.arrived_at) {
            // Settled meanwhile, by an import or by an earlier mail: nothing is left to ask.
            continue;
        }
        if subscription.state != SubscriptionState::Confirmed {
            steps.add(arrival.publication, FunnelStep::Asked, 1);
        }
        budget.spend(deps, &arrival.email);
        strangers += i64::from(!is_own_machine(&arrival.network));
        keep(deps, &mut tx, &arrival, subscription.id, now).await?;
        jobs.push(ask(deps, &mut tx, &arrival, now).await?);
        if subscription.state != SubscriptionState::Confirmed {
            asked.push(subscription);
        }
    }
    if !late.is_empty() {
        arrivals::insert(&mut tx, &late, hour_of(now) + TimeDelta::hours(1)).await?;
        tracing::warn!(
            number = late.len(),
            "sign-ups wait for the next hour: the confirmation mails of this one are used up \
             (signup.per_hour, signup.per_domain_per_hour)"
        );
    }
    guard::count_mails(deps, &mut tx, strangers, now).await?;
    budget.close(&mut tx).await?;
    tell::subscribers(deps, &mut tx, EventKind::Subscribed, &asked, None).await?;
    funnel::count(&mut tx, &steps, now).await?;
    tx.commit().await?;
    for job in &jobs {
        deps.wake(job);
    }
    Ok(i64::try_from(taken).is_ok_and(|taken| taken == GROUP))
}

/// Leaves out whom the guard does not let in any more, and puts back those whose domain nobody has
/// asked about yet.
async fn at_last(
    deps: &Deps,
    tx: &mut Tx,
    due: Vec<Arrival>,
    now: Time,
) -> Result<Vec<Arrival>, StoreError> {
    let (mut going, mut open) = (Vec::with_capacity(due.len()), Vec::new());
    for arrival in due {
        match guard::at_last(deps, &arrival.email) {
            AtLast::Goes => going.push(arrival),
            AtLast::Open => open.push(arrival),
            AtLast::Dropped => {}
        }
    }
    if !open.is_empty() {
        arrivals::insert(tx, &open, now).await?;
    }
    Ok(going)
}

/// Has the DNS asked about the domains of those that come next. Of what else is taken meanwhile the
/// next round sees to.
async fn ask_dns(deps: &Deps, now: Time) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    let next = arrivals::next(&mut tx, now, GROUP).await?;
    drop(tx);
    guard::look_up(deps, next.iter().map(|arrival| &arrival.email)).await
}

/// The confirmation mails of an hour, for each domain and for all.
pub(super) struct Budget {
    hour: Time,
    all: Vec<u8>,
    used: HashMap<Vec<u8>, i64>,
    spent: BTreeMap<Vec<u8>, i64>,
}

impl Budget {
    /// Locks the counter of all, so that nodes take requests in one after the other: no budget is
    /// spent twice, and no two of them wait for each other's rows.
    pub(super) async fn open(deps: &Deps, tx: &mut Tx, now: Time) -> Result<Self, StoreError> {
        let (hour, all) = (hour_of(now), all_counter(deps));
        let used = counters::add(tx, &BTreeMap::from([(all.clone(), 0)]), hour).await?;
        Ok(Self {
            hour,
            all,
            used,
            spent: BTreeMap::new(),
        })
    }

    /// Reads the counters of the domains.
    pub(super) async fn look_up(
        &mut self,
        deps: &Deps,
        tx: &mut Tx,
        emails: impl Iterator<Item = &EmailAddress>,
    ) -> Result<(), StoreError> {
        let names: Vec<Vec<u8>> = emails.map(|email| domain_counter(deps, email)).collect();
        let found = counters::read(tx, names.iter().map(Vec::as_slice), self.hour).await?;
        self.used.extend(found);
        Ok(())
    }

    pub(super) fn has_room(&self, deps: &Deps, email: &EmailAddress) -> bool {
        let domain = domain_counter(deps, email);
        let is_below = |name: &[u8], limit: u32| {
            let used = self.used.get(name).copied().unwrap_or(0);
            limit == 0 || used < i64::from(limit)
        };
        is_below(&self.all, deps.limits.per_hour)
            && is_below(&domain, deps.limits.per_domain_per_hour)
    }

    pub(super) fn spend(&mut self, deps: &Deps, email: &EmailAddress) {
        for name in [self.all.clone(), domain_counter(deps, email)] {
            *self.used.entry(name.clone()).or_default() += 1;
            *self.spent.entry(name).or_default() += 1;
        }
    }

    pub(super) async fn close(self, tx: &mut Tx) -> Result<(), StoreError> {
        counters::add(tx, &self.spent, self.hour).await.map(drop)
    }
}

/// Whether the address gets no mail: it is suppressed, or was asked today, be it by an import.
/// Nothing is kept of such a request.
async fn is_unwanted(
    deps: &Deps,
    tx: &mut Tx,
    arrival: &Arrival,
    now: Time,
) -> Result<bool, StoreError> {
    let hash = deps.keys.email_hash(&arrival.email);
    if let Some(found) = suppressions::find(tx, hash).await? {
        // Who was erased may sign up anew. What was asked for before is void.
        let is_new = arrival.arrived_at > found.created_at;
        if !(found.reason.ends_with_confirmation() && is_new) {
            return Ok(true);
        }
    }
    let limit = i64::from(deps.limits.per_address_per_day);
    let day_ago = now - TimeDelta::hours(24);
    Ok(limit > 0 && sign_ups::count_since(tx, &arrival.email, day_ago).await? >= limit)
}

/// Takes one of the mails that the inbox may get in a day. Ways to write the same inbox share them.
pub(super) async fn has_turn(
    deps: &Deps,
    tx: &mut Tx,
    email: &EmailAddress,
    now: Time,
) -> Result<bool, StoreError> {
    let limit = i64::from(deps.limits.per_address_per_day);
    if limit == 0 {
        return Ok(true);
    }
    let inbox = inbox_counter(deps, email);
    inbox_turns::take(tx, &inbox, now - TimeDelta::hours(24), now, limit).await
}

/// The subscription that is asked for, made as pending where there is none.
async fn subscription(
    deps: &Deps,
    tx: &mut Tx,
    arrival: &Arrival,
    now: Time,
) -> Result<Subscription, StoreError> {
    let new_id = deps.new_id(SubscriberId::new);
    let subscriber = subscribers::find_or_insert(tx, &arrival.email, new_id, now).await?;
    let new_id = deps.new_id(SubscriptionId::new);
    subscriptions::find_or_insert(tx, new_id, subscriber, arrival.publication, now).await
}

/// Writes the request down, and what was agreed to.
async fn keep(
    deps: &Deps,
    tx: &mut Tx,
    arrival: &Arrival,
    subscription: SubscriptionId,
    now: Time,
) -> Result<(), StoreError> {
    let sign_up = SignUp {
        id: arrival.id,
        subscription,
        name: arrival.name.clone(),
        topics: arrival.topics.clone(),
        digests: arrival.digests.clone(),
        language: arrival.language.clone(),
        source: arrival.source.clone(),
        network: Some(arrival.network.clone()).filter(|network| !network.is_empty()),
        created_at: arrival.arrived_at,
        expires_at: now + TimeDelta::days(i64::from(deps.limits.pending_days)),
        used_at: None,
    };
    let token = deps.keys.confirm_token(sign_up.id);
    sign_ups::insert(tx, &sign_up, &token_hash(&token)).await?;
    if let Some(zone) = arrival.timezone {
        sign_ups::set_timezone(tx, sign_up.id, zone.name()).await?;
    }
    let version = consent::version(&arrival.consent_text);
    consents::keep_text(tx, &version, &arrival.consent_text, now).await?;
    let chosen = consent::chosen(&sign_up.topics, &sign_up.digests);
    let evidence = Consent {
        subscription,
        kind: ConsentKind::Requested,
        at: arrival.arrived_at,
        text_version: Some(&version),
        network: Some(&arrival.network),
        source: arrival.source.as_deref(),
        detail: Some(&chosen),
    };
    consents::append(tx, &evidence).await
}

/// Has the mail written that asks to confirm.
async fn ask(deps: &Deps, tx: &mut Tx, arrival: &Arrival, now: Time) -> Result<Job, StoreError> {
    let notice = deps.new_id(NoticeId::new);
    notices::insert(tx, notice, NoticeKind::Confirmation, arrival.id, now).await?;
    let job = Job::SendNotice { notice };
    deps.push(tx, &job).await?;
    tracing::info!(sign_up = %arrival.id, "sign-up kept");
    Ok(job)
}
