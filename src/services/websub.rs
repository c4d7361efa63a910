//! Hubs that tell of news in feeds (WebSub): a feed that names one is connected to it, and fetched
//! less often as long as the hub keeps its promise.
//!
//! The hub's row is the truth: whether it was asked, until when it has promised to tell of news, and
//! when it is asked again. A row without a feed is a promise that the hub is to be released from.

use url::Url;

use super::Deps;
use crate::domain::clock::Time;
use crate::domain::feed::{Feed, FeedState};
use crate::domain::hub::Hub;
use crate::domain::ids::HubId;
use crate::feeds::hub::HubOffer;
use crate::store::feeds::hubs;
use crate::store::{StoreError, Tx};

mod answer;
mod ask;
mod push;

pub use answer::{Question, answer};
pub use ask::{ask, enqueue_due};
pub use push::{Pushed, find, take};

/// What a fetch has seen of the feed's hub.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen<'a> {
    /// The feed has not changed since it was read last.
    Nothing,
    /// The feed was read, and names this hub or none.
    Feed(Option<&'a HubOffer>),
}

/// Keeps a feed's hub as the feed names it, within the transaction that records a fetch.
pub(super) async fn tend(
    deps: &Deps,
    tx: &mut Tx,
    feed: &Feed,
    seen: Seen<'_>,
) -> Result<Option<Hub>, StoreError> {
    let now = deps.now();
    let known = hubs::of_feed(tx, feed.id).await?;
    if let Some(hub) = known {
        if is_wanted(deps, feed, &hub, seen) {
            let base = callback_base(deps, &hub.url).unwrap_or_default();
            if !hub.base.is_empty() && hub.base != base {
                // The hub would tell an address that is ours no more.
                hubs::make_due(tx, hub.id, now).await?;
            }
            return Ok(Some(hub));
        }
        hubs::part(tx, feed.id, now).await?;
    }
    let Seen::Feed(Some(offer)) = seen else {
        return Ok(None);
    };
    let url = offer.hubs.iter().find(|url| may_ask(deps, feed, url));
    let Some(url) = url else {
        return Ok(None);
    };
    let id = deps.new_id(HubId::new);
    let hub = Hub::new(id, feed.id, url, &offer.topic, now);
    hubs::insert(tx, &hub, now).await?;
    Ok(Some(hub))
}

/// Whether a hub is still the one that the feed names.
fn is_wanted(deps: &Deps, feed: &Feed, hub: &Hub, seen: Seen<'_>) -> bool {
    may_ask(deps, feed, &hub.url)
        && match seen {
            Seen::Nothing => true,
            Seen::Feed(offer) => {
                offer.is_some_and(|offer| offer.hubs.contains(&hub.url) && offer.topic == hub.topic)
            }
        }
}

fn may_ask(deps: &Deps, feed: &Feed, hub: &str) -> bool {
    deps.limits.websub && feed.state == FeedState::Active && callback_base(deps, hub).is_some()
}

/// Our public address, where the hub can be expected to reach it safely: with TLS, or on this machine
/// where the hub is too.
fn callback_base<'a>(deps: &'a Deps, hub: &str) -> Option<&'a str> {
    let base = deps.limits.public_url.as_str();
    let ours = Url::parse(base).ok()?;
    let is_near = is_loopback(&ours) && Url::parse(hub).is_ok_and(|hub| is_loopback(&hub));
    (ours.scheme() == "https" || is_near).then_some(base)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Where a hub reaches us.
fn callback(deps: &Deps, base: &str, hub: HubId) -> String {
    format!("{base}/websub/{}", deps.keys.hub_token(hub))
}

/// When a hub is asked again that keeps us waiting.
fn after(now: Time, wait: std::time::Duration) -> Time {
    now + chrono::TimeDelta::from_std(wait).unwrap_or(chrono::TimeDelta::days(1))
}
