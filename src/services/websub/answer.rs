//! Answers a hub that calls back: did we ask for this?

use super::super::Deps;
use super::after;
use crate::domain::hub::{Hub, lease, renewal, wait};
use crate::domain::text;
use crate::store::StoreError;
use crate::store::feeds::hubs;

/// The longest reason of a hub that is kept.
const MOST_WORDS: usize = 200;

/// What a hub says or asks when it calls back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question<'a> {
    /// Whether we want news, for so many seconds.
    Subscribe { lease_seconds: Option<u64> },
    /// Whether we want no more news.
    Unsubscribe,
    /// It will not tell of news.
    Denied { reason: &'a str },
}

/// Says whether the hub is right: only a request of ours is confirmed, for the feed that we named.
pub async fn answer(
    deps: &Deps,
    token: &str,
    topic: &str,
    question: Question<'_>,
) -> Result<bool, StoreError> {
    let Ok(id) = deps.keys.read_hub_token(token) else {
        return Ok(false);
    };
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    let found = hubs::find(&mut tx, id).await?;
    let Some(hub) = found.filter(|hub| hub.topic == topic) else {
        return Ok(false);
    };
    match question {
        Question::Subscribe { lease_seconds } => {
            // Some hubs ask again by themselves before a promise ends.
            if hub.feed.is_none() || (hub.asked_at.is_none() && !hub.is_verified(now)) {
                return Ok(false);
            }
            let lease = lease(lease_seconds);
            let next = renewal(now, lease, deps.random.fraction());
            hubs::verified(&mut tx, id, after(now, lease), next).await?;
            tracing::info!(hub = %hub.url, days = lease.as_secs() / 86_400, "a hub tells of news");
        }
        Question::Unsubscribe => {
            if hub.feed.is_some() || hub.asked_at.is_none() {
                return Ok(false);
            }
            hubs::remove(&mut tx, id).await?;
        }
        Question::Denied { reason } => {
            let error = denial(&hub, reason);
            let next = after(now, wait(hub.failures.saturating_add(1), None));
            hubs::denied(&mut tx, id, &error, next).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}

fn denial(hub: &Hub, reason: &str) -> String {
    let words = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().filter(|c| !c.is_control()).collect();
    let words = text::cut(&words, MOST_WORDS);
    tracing::warn!(hub = %hub.url, reason = words, "a hub denies a feed");
    if words.is_empty() {
        "it will not tell of news".to_owned()
    } else {
        format!("it will not tell of news: {words}")
    }
}
