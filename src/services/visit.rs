//! What is known of whoever follows a link that is counted or loads a picture that is.
//!
//! Who it is is kept nowhere. Repetitions are known by a keyed hash of network and browser, which is
//! forgotten within two days.

use std::collections::BTreeMap;

use chrono::{DurationRound as _, TimeDelta};

use super::Deps;
use crate::store::{StoreError, Tx, counters};

/// Who asks, as far as is known.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'v> {
    /// One IPv4 address, or a /64 of IPv6.
    pub network: &'v str,
    pub user_agent: &'v str,
    /// The browser says that nobody has asked for it yet.
    pub is_ahead: bool,
}

/// How often the same network and browser has asked for something within the window of now, this time
/// included.
pub(super) async fn times(
    deps: &Deps,
    tx: &mut Tx,
    what: &str,
    visit: &Visit<'_>,
    window: TimeDelta,
) -> Result<i64, StoreError> {
    let who = format!("{what} {} {}", visit.network, visit.user_agent);
    let name = deps.keys.counter_name(&who);
    let now = deps.now();
    let window_at = now.duration_trunc(window).unwrap_or(now);
    let one = BTreeMap::from([(name.clone(), 1)]);
    let counts = counters::add(tx, &one, window_at).await?;
    Ok(counts.get(&name).copied().unwrap_or(1))
}
