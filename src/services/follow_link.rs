//! A reader follows a link that is counted: where to, and whether a person did.
//!
//! Who follows is kept nowhere. Repetitions are known by a keyed hash of network and browser, which is
//! forgotten within two days.

use std::collections::BTreeMap;

use chrono::{DurationRound as _, TimeDelta};

use super::Deps;
use crate::domain::links::{CountedLink, MOST_A_MINUTE, is_program};
use crate::store::{StoreError, Tx, clicks, counters, digests, issues, publications};

/// Who follows a link, as far as is known.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'v> {
    /// One IPv4 address, or a /64 of IPv6.
    pub network: &'v str,
    pub user_agent: &'v str,
    /// The browser says that nobody has pressed it yet.
    pub is_ahead: bool,
}

/// Where a link leads; `None` where it is not one of ours.
pub async fn target(deps: &Deps, token: &str) -> Result<Option<(CountedLink, String)>, StoreError> {
    let Ok(link) = deps.keys.read_counted_link(token) else {
        return Ok(None);
    };
    let mut tx = deps.store.read().await?;
    let Some(address) = clicks::target(&mut tx, link).await? else {
        return Ok(None);
    };
    let Some(issue) = issues::find(&mut tx, link.issue).await? else {
        return Ok(None);
    };
    let publication = publications::find(&mut tx, issue.publication).await?;
    let digest = digests::find(&mut tx, issue.digest).await?;
    let Some((publication, digest)) = publication.zip(digest) else {
        return Ok(None);
    };
    let campaign = super::links::campaign(&digest.slug, issue.number.unwrap_or_default());
    Ok(Some((link, publication.links.tagged(&address, &campaign))))
}

/// Counts a step on a link. A count is worth no wait for the disk.
pub async fn count(deps: &Deps, link: CountedLink, visit: &Visit<'_>) -> Result<(), StoreError> {
    let mut tx = deps.store.begin_relaxed().await?;
    let is_counted = is_first_of_a_person(deps, &mut tx, link, visit).await?;
    clicks::count(&mut tx, link, is_counted).await?;
    tx.commit().await
}

async fn is_first_of_a_person(
    deps: &Deps,
    tx: &mut Tx,
    link: CountedLink,
    visit: &Visit<'_>,
) -> Result<bool, StoreError> {
    if visit.is_ahead || is_program(visit.user_agent) {
        return Ok(false);
    }
    let CountedLink { issue, article } = link;
    let who = format!("{} {}", visit.network, visit.user_agent);
    let of_link = deps
        .keys
        .counter_name(&format!("click {issue} {article} {who}"));
    if add(deps, tx, of_link, TimeDelta::days(1)).await? > 1 {
        return Ok(false);
    }
    let of_issue = deps.keys.counter_name(&format!("clicks {issue} {who}"));
    Ok(add(deps, tx, of_issue, TimeDelta::minutes(1)).await? <= MOST_A_MINUTE)
}

/// One more in the window of now.
async fn add(
    deps: &Deps,
    tx: &mut Tx,
    name: Vec<u8>,
    window: TimeDelta,
) -> Result<i64, StoreError> {
    let now = deps.now();
    let window_at = now.duration_trunc(window).unwrap_or(now);
    let one = BTreeMap::from([(name.clone(), 1)]);
    let counts = counters::add(tx, &one, window_at).await?;
    Ok(counts.get(&name).copied().unwrap_or(1))
}
