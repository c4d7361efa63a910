//! Addresses that get no mail: adding them stops what is on its way at once.

use std::collections::HashSet;

use serde_json::json;

use super::Deps;
use super::audit::note;
use crate::domain::audit::{Actor, Change, Kind};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::SubscriberId;
use crate::domain::suppression::{EmailHash, Suppression, SuppressionReason};
use crate::store::{StoreError, Tx, suppressions};

/// Rows of a list in one transaction.
const BATCH: usize = 1000;
/// Subscribers that are looked up at once.
const SETTLED_AT_ONCE: i64 = 5000;

/// Suppresses an address; false where it was suppressed already.
pub async fn add(
    deps: &Deps,
    email: &EmailAddress,
    reason: SuppressionReason,
    source: Option<&str>,
) -> Result<bool, StoreError> {
    let mut tx = deps.store.begin().await?;
    let added = add_in(deps, &mut tx, email, reason, source).await?;
    // What a reader or a bounce leads to stands in the evidence; the log is of operators.
    if added && *deps.actor != Actor::Service {
        let entry = Change::of("add", Kind::Suppression, deps.keys.email_hash(email));
        let after = json!({ "reason": reason, "source": source });
        note(deps, &mut tx, entry.to(after)).await?;
    }
    tx.commit().await?;
    Ok(added)
}

/// The same inside the caller's transaction, which must not have touched subscribers before.
pub async fn add_in(
    deps: &Deps,
    tx: &mut Tx,
    email: &EmailAddress,
    reason: SuppressionReason,
    source: Option<&str>,
) -> Result<bool, StoreError> {
    let entry = Entry {
        who: Who::Address(email.clone()),
        reason,
        source: source.map(str::to_owned),
    };
    let added = add_all(deps, tx, &[entry], deps.now()).await?;
    if added > 0 {
        tracing::info!(%reason, hash = %deps.keys.email_hash(email), "address suppressed");
    }
    Ok(added > 0)
}

/// Ends a suppression; false where there was none. What was skipped stays skipped.
pub async fn remove(deps: &Deps, email: &EmailAddress) -> Result<bool, StoreError> {
    let hash = deps.keys.email_hash(email);
    let mut tx = deps.store.begin().await?;
    suppressions::lock_out(&mut tx).await?;
    let before = suppressions::find(&mut tx, hash).await?;
    let removed = suppressions::remove(&mut tx, hash, email).await?;
    if let Some(before) = before {
        note(deps, &mut tx, ended(&before)).await?;
    }
    tx.commit().await?;
    if removed {
        tracing::info!(%hash, "address no longer suppressed");
    }
    Ok(removed)
}

fn ended(was: &Suppression) -> Change {
    let before = json!({ "reason": was.reason, "source": was.source });
    Change::of("remove", Kind::Suppression, was.email_hash).from(before)
}

/// Ends a suppression that is known by its hash; false where there is none. Of who was erased only
/// that is known, and no subscriber bears the mark.
pub async fn remove_hash(deps: &Deps, hash: EmailHash) -> Result<bool, StoreError> {
    let mut tx = deps.store.begin().await?;
    suppressions::lock_out(&mut tx).await?;
    let Some(found) = suppressions::find(&mut tx, hash).await? else {
        return Ok(false);
    };
    match &found.email {
        Some(email) => suppressions::remove(&mut tx, hash, email).await?,
        None => suppressions::remove_hash(&mut tx, hash).await?,
    };
    note(deps, &mut tx, ended(&found)).await?;
    tx.commit().await?;
    tracing::info!(%hash, "address no longer suppressed");
    Ok(true)
}

/// Whom an entry of a list names: by address, or by the hash that an erasure left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    Address(EmailAddress),
    Hash(EmailHash),
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub who: Who,
    pub reason: SuppressionReason,
    pub source: Option<String>,
}

/// Suppresses all of a list, some at a time; returns how many are new.
pub async fn add_list(deps: &Deps, entries: &[Entry]) -> Result<u64, StoreError> {
    let mut added = 0;
    for batch in entries.chunks(BATCH) {
        let mut tx = deps.store.begin().await?;
        let new = add_all(deps, &mut tx, batch, deps.now()).await?;
        if new > 0 {
            let entry = Change::of("import", Kind::Suppression, "list");
            note(deps, &mut tx, entry.to(json!({ "added": new }))).await?;
        }
        added += new;
        tx.commit().await?;
        tokio::time::sleep(deps.store.breather()).await;
    }
    if entries.iter().any(|e| matches!(e.who, Who::Hash(_))) {
        settle(deps).await?;
    }
    Ok(added)
}

/// Marks the subscribers of hashes that came without an address: all are hashed and looked up.
/// Happens where a restored database has readers who were erased later.
async fn settle(deps: &Deps) -> Result<(), StoreError> {
    let mut after = SubscriberId(uuid::Uuid::nil());
    loop {
        let mut tx = deps.store.read().await?;
        let page = suppressions::unmarked(&mut tx, after, SETTLED_AT_ONCE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = *last;
        let hashed: Vec<_> = page
            .iter()
            .map(|(_, email)| (deps.keys.email_hash(email), email.key()))
            .collect();
        let hashes: Vec<EmailHash> = hashed.iter().map(|(hash, _)| *hash).collect();
        let known = suppressions::known(&mut tx, &hashes).await?;
        drop(tx);
        let keys: Vec<String> = hashed
            .into_iter()
            .filter(|(hash, _)| known.contains(hash))
            .map(|(_, key)| key)
            .collect();
        if !keys.is_empty() {
            let mut tx = deps.store.begin().await?;
            suppressions::lock_out(&mut tx).await?;
            suppressions::mark(&mut tx, &keys, deps.now()).await?;
            suppressions::skip_open(&mut tx, &keys).await?;
            tx.commit().await?;
        }
    }
}

async fn add_all(
    deps: &Deps,
    tx: &mut Tx,
    entries: &[Entry],
    now: Time,
) -> Result<u64, StoreError> {
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    let mut keys = Vec::new();
    for entry in entries {
        let (email_hash, email) = match &entry.who {
            Who::Address(email) => (deps.keys.email_hash(email), Some(email)),
            Who::Hash(hash) => (*hash, None),
        };
        if !seen.insert(email_hash) {
            continue;
        }
        keys.extend(email.map(EmailAddress::key));
        rows.push(Suppression {
            email_hash,
            email: email.filter(|_| entry.reason.keeps_address()).cloned(),
            reason: entry.reason,
            source: entry.source.clone(),
            created_at: now,
        });
    }
    suppressions::lock_out(tx).await?;
    let added = suppressions::insert(tx, &rows, now).await?;
    suppressions::mark(tx, &keys, now).await?;
    suppressions::skip_open(tx, &keys).await?;
    Ok(added)
}
