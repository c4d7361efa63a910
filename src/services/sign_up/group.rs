//! Requests that are written down together: counted, judged, and kept in one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{all_counter, hour_of};
use crate::domain::arrival::Arrival;
use crate::domain::clock::Time;
use crate::domain::proof::{Proof, ProofKind};
use crate::services::Deps;
use crate::store::{StoreError, Tx, arrivals, counters, used_proofs};

/// Forms from one network in an hour that may prove themselves by having been open for a while: few,
/// since that costs a program nothing but patience.
const WAITS_PER_HOUR: i64 = 5;

/// A request, and what it is counted by.
pub(super) struct Entry {
    /// The counter of its network.
    pub network: Vec<u8>,
    /// The counter of its address's domain.
    pub domain: Vec<u8>,
    /// False for one that only a program sends: it is counted, answered and forgotten.
    pub is_kept: bool,
    /// What it was let in by, where a proof was asked for.
    pub proof: Option<Proof>,
    /// The counter of waits of its network.
    pub waits: Vec<u8>,
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
    /// Its proof was used before, or its network has waited too often.
    Unproven,
}

/// Writes a group down. The verdicts are in the order of the requests; the hour is the one that
/// they were counted in.
pub(super) async fn write(
    deps: &Deps,
    entries: &[Entry],
) -> Result<(Time, Vec<Verdict>), StoreError> {
    let now = deps.now();
    let hour = hour_of(now);
    let mut tx = deps.store.begin_first().await?;
    let counted = count(deps, &mut tx, entries, hour).await?;
    let spent = spent(deps, &mut tx, entries, hour).await?;
    let mut verdicts: Vec<Verdict> = counted
        .into_iter()
        .zip(spent)
        .map(|verdicts| match verdicts {
            (Verdict::Kept, true) => Verdict::Spent,
            (verdict, _) => verdict,
        })
        .collect();
    use_up(&mut tx, entries, &mut verdicts).await?;
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

/// Counts the requests against their networks, refused ones too, and says where that is too many.
async fn count(
    deps: &Deps,
    tx: &mut Tx,
    entries: &[Entry],
    hour: Time,
) -> Result<Vec<Verdict>, StoreError> {
    let limit = i64::from(deps.limits.per_ip_per_hour);
    let has_waited =
        |entry: &Entry| matches!(&entry.proof, Some(proof) if proof.kind == ProofKind::Wait);
    let mut numbers: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    for entry in entries {
        if limit > 0 {
            *numbers.entry(entry.network.clone()).or_default() += 1;
        }
        if has_waited(entry) {
            *numbers.entry(entry.waits.clone()).or_default() += 1;
        }
    }
    let mut used = counters::add(tx, &numbers, hour).await?;
    for (name, number) in &numbers {
        if let Some(used) = used.get_mut(name) {
            *used -= number;
        }
    }
    // In the order in which they came.
    let mut goes_beyond = |name: &Vec<u8>, limit: i64| {
        let used = used.entry(name.clone()).or_default();
        *used += 1;
        *used > limit
    };
    let judge = |entry: &Entry| {
        if limit > 0 && goes_beyond(&entry.network, limit) {
            Verdict::TooMany
        } else if has_waited(entry) && goes_beyond(&entry.waits, WAITS_PER_HOUR) {
            Verdict::Unproven
        } else {
            Verdict::Kept
        }
    };
    Ok(entries.iter().map(judge).collect())
}

/// Lets each proof count once.
async fn use_up(
    tx: &mut Tx,
    entries: &[Entry],
    verdicts: &mut [Verdict],
) -> Result<(), StoreError> {
    let used = entries.iter().zip(&*verdicts);
    let used = used.filter(|(_, verdict)| **verdict == Verdict::Kept);
    let proofs: Vec<&Proof> = used.filter_map(|(entry, _)| entry.proof.as_ref()).collect();
    if proofs.is_empty() {
        return Ok(());
    }
    let mut fresh: HashSet<Vec<u8>> = used_proofs::add(tx, &proofs).await?.into_iter().collect();
    for (entry, verdict) in entries.iter().zip(verdicts) {
        if let (Some(proof), Verdict::Kept) = (&entry.proof, &verdict)
            && !fresh.remove(&proof.id)
        {
            *verdict = Verdict::Unproven;
        }
    }
    Ok(())
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
