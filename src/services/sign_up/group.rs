//! Requests that are written down together: counted, judged, and kept in one transaction.

use std::collections::{BTreeMap, HashMap};

use super::{all_counter, hour_of};
use crate::domain::arrival::Arrival;
use crate::domain::clock::Time;
use crate::services::Deps;
use crate::store::{StoreError, Tx, arrivals, counters};

/// A request, and what it is counted by.
pub(super) struct Entry {
    /// The counter of its network.
    pub network: Vec<u8>,
    /// The counter of its address's domain.
    pub domain: Vec<u8>,
    /// False for one that only a program sends: it is counted, answered and forgotten.
    pub is_kept: bool,
    pub arrival: Arrival,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Kept,
    /// Its network has used up its sign-ups of the hour.
    TooMany,
    /// The confirmation mails of the hour are used up, for its domain or for all.
    Spent,
}

/// Writes a group down. The verdicts are in the order of the requests; the hour is the one that
/// they were counted in.
pub(super) async fn write(
    deps: &Deps,
    entries: &[Entry],
) -> Result<(Time, Vec<Verdict>), StoreError> {
    let now = deps.now();
    let hour = hour_of(now);
    let mut tx = deps.store.begin().await?;
    let networks = count(deps, &mut tx, entries, hour).await?;
    let spent = spent(deps, &mut tx, entries, hour).await?;
    let verdicts: Vec<Verdict> = networks
        .into_iter()
        .zip(spent)
        .map(|verdicts| match verdicts {
            (true, _) => Verdict::TooMany,
            (false, true) => Verdict::Spent,
            (false, false) => Verdict::Kept,
        })
        .collect();
    let kept: Vec<Arrival> = entries
        .iter()
        .zip(&verdicts)
        .filter(|(entry, verdict)| entry.is_kept && **verdict == Verdict::Kept)
        .map(|(entry, _)| entry.arrival.clone())
        .collect();
    if !kept.is_empty() {
        arrivals::insert(&mut tx, &kept, now).await?;
    }
    tx.commit().await?;
    Ok((hour, verdicts))
}

/// Counts the requests against their networks, refused ones too; true where that is too many.
async fn count(
    deps: &Deps,
    tx: &mut Tx,
    entries: &[Entry],
    hour: Time,
) -> Result<Vec<bool>, StoreError> {
    let limit = i64::from(deps.limits.per_ip_per_hour);
    if limit == 0 {
        return Ok(vec![false; entries.len()]);
    }
    let mut numbers: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    for entry in entries {
        *numbers.entry(entry.network.clone()).or_default() += 1;
    }
    let mut used = counters::add(tx, &numbers, hour).await?;
    for (name, number) in &numbers {
        if let Some(used) = used.get_mut(name) {
            *used -= number;
        }
    }
    // In the order in which they came.
    let is_too_many = |entry: &Entry| {
        let used = used.entry(entry.network.clone()).or_default();
        *used += 1;
        *used > limit
    };
    Ok(entries.iter().map(is_too_many).collect())
}

/// Where the hour's confirmation mails are used up. Those that are on their way to be counted are
/// seen to when they are taken in.
async fn spent(
    deps: &Deps,
    tx: &mut Tx,
    entries: &[Entry],
    hour: Time,
) -> Result<Vec<bool>, StoreError> {
    let (all, each) = (deps.limits.per_hour, deps.limits.per_domain_per_hour);
    if all == 0 && each == 0 {
        return Ok(vec![false; entries.len()]);
    }
    let name = all_counter(deps);
    let names = entries.iter().map(|entry| &entry.domain[..]);
    let counts = counters::read(tx, names.chain([&name[..]]), hour).await?;
    let is_full =
        |name: &[u8], limit: u32| limit > 0 && count_of(&counts, name) >= i64::from(limit);
    Ok(entries
        .iter()
        .map(|entry| is_full(&name, all) || is_full(&entry.domain, each))
        .collect())
}

fn count_of(counts: &HashMap<Vec<u8>, i64>, name: &[u8]) -> i64 {
    counts.get(name).copied().unwrap_or(0)
}
