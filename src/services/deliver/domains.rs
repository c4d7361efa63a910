//! What the domains of readers bear: rules from the settings, and domains that ask for patience.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::pace::{Bucket, Yielding};

/// A `[[delivery.domain]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainRule {
    pub name: String,
    /// Mails on their way at a time on each node; 0 = no limit.
    pub connections: usize,
    /// Mails a second, over all nodes; 0 = no limit.
    pub per_second: f64,
}

/// The rules and what is on its way.
#[derive(Debug)]
pub(super) struct Domains {
    rules: HashMap<String, DomainRule>,
    known: Mutex<HashMap<String, State>>,
}

#[derive(Debug)]
struct State {
    on_their_way: usize,
    bucket: Option<Bucket>,
    pace: Yielding,
    touched: Instant,
}

/// Domains that are remembered; a list with more of them forgets those that were quiet.
const MOST_KNOWN: usize = 10_000;
const QUIET: Duration = Duration::from_secs(300);

impl Domains {
    pub(super) fn new(rules: Vec<DomainRule>) -> Self {
        let rules = rules.into_iter().map(|rule| (rule.name.clone(), rule));
        Self {
            rules: rules.collect(),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets one mail pass, or says after which time to ask again.
    pub(super) fn enter(&self, domain: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let mut known = self.known();
        let rule = self.rules.get(domain);
        let state = match known.get_mut(domain) {
            Some(state) => state,
            // Most domains have no rule and never complain.
            None if rule.is_none() => return Ok(()),
            None => known
                .entry(domain.to_owned())
                .or_insert_with(|| State::new(rule, now)),
        };
        state.touched = now;
        if rule.is_some_and(|rule| rule.connections > 0 && state.on_their_way >= rule.connections) {
            return Err(Duration::from_millis(10));
        }
        if let Some(bucket) = &mut state.bucket {
            bucket.take(now)?;
        }
        state.pace.take(now)?;
        state.on_their_way += 1;
        Ok(())
    }

    /// Notes that a mail is no longer on its way, and whether the domain asked for patience.
    pub(super) fn leave(&self, domain: &str, slower: Option<bool>) {
        let now = Instant::now();
        let mut known = self.known();
        let state = match known.get_mut(domain) {
            Some(state) => state,
            None if slower != Some(true) => return,
            None => {
                if known.len() >= MOST_KNOWN {
                    known.retain(|_, state| state.on_their_way > 0 || state.touched + QUIET > now);
                }
                let rule = self.rules.get(domain);
                known
                    .entry(domain.to_owned())
                    .or_insert_with(|| State::new(rule, now))
            }
        };
        state.on_their_way = state.on_their_way.saturating_sub(1);
        if let Some(slower) = slower
            && state.pace.note(slower, now)
        {
            tracing::warn!(
                domain,
                rate = state.pace.rate(),
                "a domain asks for patience; sending slower"
            );
        }
    }

    /// Mails a second that a domain gets at present, where it has a limit.
    pub(super) fn rate(&self, domain: &str) -> Option<f64> {
        let known = self.known();
        let state = known.get(domain)?;
        let ruled = state.bucket.map(|bucket| bucket.rate());
        match (ruled, state.pace.rate()) {
            (Some(ruled), Some(yielding)) => Some(ruled.min(yielding)),
            (one, other) => one.or(other),
        }
    }

    /// Forgets what was on its way when the last turn ended.
    pub(super) fn reset(&self) {
        for state in self.known().values_mut() {
            state.on_their_way = 0;
        }
    }

    pub(super) fn set_nodes(&self, nodes: f64, now: Instant) {
        for (name, state) in self.known().iter_mut() {
            if let (Some(bucket), Some(rule)) = (&mut state.bucket, self.rules.get(name)) {
                bucket.set_rate(rule.per_second / nodes, now);
            }
        }
    }
}

impl State {
    fn new(rule: Option<&DomainRule>, now: Instant) -> Self {
        let rate = rule.map_or(0.0, |rule| rule.per_second);
        Self {
            on_their_way: 0,
            bucket: (rate > 0.0).then(|| Bucket::new(rate, now)),
            pace: Yielding::new(now),
            touched: now,
        }
    }
}
