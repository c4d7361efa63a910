//! How many readers an issue would reach. Counting a million of them takes a moment, so that a process
//! counts again after a minute only.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use super::Deps;
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::ids::DigestId;
use crate::store::StoreError;
use crate::store::audience::{self, Numbers};

/// How long a count is good.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(1);

/// What was counted last, and when.
#[derive(Debug, Default)]
pub struct Counted(Mutex<HashMap<DigestId, (Time, Numbers)>>);

/// The readers of a digest, and when they were counted.
pub async fn of(deps: &Deps, digest: &Digest) -> Result<(Numbers, Time), StoreError> {
    let now = deps.now();
    if let Some((at, numbers)) = deps.counted.known(digest.id)
        && now - at < GOOD_FOR
    {
        return Ok((numbers, at));
    }
    let mut tx = deps.store.read().await?;
    let numbers = audience::count(&mut tx, digest, now).await?;
    drop(tx);
    deps.counted.keep(digest.id, now, numbers);
    Ok((numbers, now))
}

impl Counted {
    fn known(&self, digest: DigestId) -> Option<(Time, Numbers)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&digest).copied()
    }

    fn keep(&self, digest: DigestId, at: Time, numbers: Numbers) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(digest, (at, numbers));
    }
}
