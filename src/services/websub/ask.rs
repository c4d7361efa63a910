//! Asks hubs to tell of news, again before a promise ends, and to stop.

use chrono::TimeDelta;

use super::super::Deps;
use super::super::fetch_feed::one_of_each_host;
use super::{after, callback, callback_base, may_ask};
use crate::domain::clock::Time;
use crate::domain::feed::host_of;
use crate::domain::hub::{Hub, LEASE, wait};
use crate::domain::ids::HubId;
use crate::domain::job::Job;
use crate::store::feeds::{self, hubs};
use crate::store::{StoreError, Tx, holds, publications};

/// How long a hub that is being asked is left alone by others.
const TAKEN_FOR: TimeDelta = TimeDelta::minutes(5);
/// How often a hub is asked to stop before its promise is left to run out.
const MOST_PARTINGS: u32 = 3;
const SILENT: &str = "it took the request and has not called back";

/// Takes the hubs that are due and enqueues a job for each, at most one of a host at a time. Of
/// several nodes one gets a hub.
pub async fn enqueue_due(deps: &Deps) -> Result<usize, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    // A hub would tell the copy what it tells the service that the copy was made of.
    if holds::find(&mut tx).await?.is_some() {
        return Ok(0);
    }
    let due = hubs::due(&mut tx, now, 500).await?;
    drop(tx);
    one_of_each_host(deps, due, now + TAKEN_FOR, hubs::take, |hub| Job::AskHub {
        hub,
    })
    .await
}

/// Asks a hub to tell of its feed's news or, where the feed is gone or paused, to stop.
pub async fn ask(deps: &Deps, id: HubId) -> Result<(), StoreError> {
    let Some(hub) = begin(deps, id).await? else {
        return Ok(());
    };
    let mode = match hub.feed {
        Some(_) => "subscribe",
        None => "unsubscribe",
    };
    let callback = callback(deps, &hub.base, id);
    let lease = LEASE.as_secs().to_string();
    let secret = deps.keys.hub_secret(id);
    let mut form = vec![
        ("hub.mode", mode),
        ("hub.topic", hub.topic.as_str()),
        ("hub.callback", callback.as_str()),
    ];
    if hub.feed.is_some() {
        form.push(("hub.lease_seconds", &lease));
        form.push(("hub.secret", &secret));
    }
    let asked = deps.fetcher.ask_hub(&hub.url, &form, deps.now()).await;
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    match (asked, hub.asked_at) {
        (Err(error), Some(asked_at)) => {
            tracing::warn!(hub = %hub.url, mode, %error, "a hub cannot be asked");
            let next = after(now, wait(hub.failures, error.retry_after()));
            hubs::ask_failed(&mut tx, id, asked_at, &error.to_string(), next).await?;
        }
        // Its call back tells the rest, and may have come before its answer.
        _ => tracing::info!(hub = %hub.url, mode, "a hub was asked"),
    }
    free(deps, &mut tx, &hub.url, now).await?;
    tx.commit().await
}

/// Writes down that the hub is asked before it is, since it may call back at once; says what to ask,
/// if anything.
async fn begin(deps: &Deps, id: HubId) -> Result<Option<Hub>, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    let found = hubs::find(&mut tx, id).await?;
    // A job may come twice; by then the hub is not to be asked for long.
    let Some(mut hub) = found.filter(|hub| hub.next_ask_at <= now + TAKEN_FOR) else {
        return Ok(None);
    };
    if let Some(feed) = hub.feed
        && !is_wanted(deps, &mut tx, &hub).await?
    {
        hubs::part(&mut tx, feed, now).await?;
        hub = Hub {
            feed: None,
            asked_at: None,
            failures: 0,
            ..hub
        };
    }
    if hub.asked_at.is_some() {
        hub.failures = hub.failures.saturating_add(1);
        hub.last_error = Some(SILENT.to_owned());
        tracing::warn!(hub = %hub.url, failures = hub.failures, "a hub is silent");
    }
    if hub.feed.is_none() && (!hub.is_verified(now) || hub.failures >= MOST_PARTINGS) {
        hubs::remove(&mut tx, id).await?;
        free(deps, &mut tx, &hub.url, now).await?;
        tx.commit().await?;
        return Ok(None);
    }
    // A promise that is to end was made for the address of then.
    if hub.feed.is_some() {
        callback_base(deps, &hub.url)
            .unwrap_or_default()
            .clone_into(&mut hub.base);
    }
    hub.asked_at = Some(now);
    // Unless it calls back until then, it is silent.
    hub.next_ask_at = after(now, wait(hub.failures, None));
    hubs::begin_ask(&mut tx, &hub, now).await?;
    tx.commit().await?;
    Ok(Some(hub))
}

/// Whether there is still a feed that wants news.
async fn is_wanted(deps: &Deps, tx: &mut Tx, hub: &Hub) -> Result<bool, StoreError> {
    let Some(feed) = hub.feed else {
        return Ok(false);
    };
    let Some(feed) = feeds::find(tx, feed).await? else {
        return Ok(false);
    };
    let publication = publications::find(tx, feed.publication).await?;
    let is_archived = publication.is_none_or(|publication| publication.archived_at.is_some());
    Ok(!is_archived && may_ask(deps, &feed, &hub.url))
}

/// The hub's host may be asked again after a moment.
async fn free(deps: &Deps, tx: &mut Tx, hub: &str, now: Time) -> Result<(), StoreError> {
    let gap = TimeDelta::from_std(deps.fetcher.host_gap()).unwrap_or_default();
    feeds::free_host(tx, &host_of(hub), now + gap).await
}
