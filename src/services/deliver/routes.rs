//! The relays as the engine sees them: which one takes the next mail, how fast, and which ones
//! are out of order. Trouble with a connection counts against its relay, never against a reader.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::budget::{Budget, Granted};
use super::domains::{DomainRule, Domains};
use crate::domain::pace::{Bucket, Yielding};
use crate::mail::Relay;
use crate::services::Deps;
use crate::store::StoreError;

/// A relay and how it is to be used.
#[derive(Debug, Clone)]
pub struct RouteConfig {
    pub relay: Relay,
    /// Its share of the mails while every relay keeps up.
    pub weight: u32,
    /// Used only while none of the others is.
    pub backup: bool,
    /// Mails a second, over all nodes; 0 = no limit.
    pub per_second: f64,
    pub budget: Budget,
}

impl RouteConfig {
    /// Without limits.
    pub fn new(relay: Relay) -> Self {
        Self {
            relay,
            weight: 1,
            backup: false,
            per_second: 0.0,
            budget: Budget::default(),
        }
    }
}

/// All relays and domain rules, with what the last hours have taught about them.
#[derive(Debug)]
pub struct Routes {
    pub(super) all: Vec<Route>,
    pub(super) domains: Domains,
    /// Live nodes that send; each takes its part of the limits a second.
    nodes: Mutex<f64>,
    pub(super) accepted: AtomicU64,
}

#[derive(Debug)]
pub(super) struct Route {
    pub(super) config: RouteConfig,
    pub(super) state: Mutex<State>,
    /// For those who connect while nobody knows whether the relay works.
    pub(super) door: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) faults: u32,
    pub(super) refused: u32,
    pub(super) rests: u32,
    pub(super) resting_until: Option<Instant>,
    pub(super) trouble: Option<String>,
    pub(super) bucket: Option<Bucket>,
    pub(super) pace: Yielding,
    /// Smooth weighted round robin: who has waited longest for its share.
    pub(super) credit: i64,
    pub(super) granted: Granted,
    /// Whether a connection has succeeded since the last fault.
    pub(super) is_proven: bool,
    pub(super) health: RelayHealth,
}

/// What this process knows of a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayHealth {
    /// It has not been used yet.
    Unknown,
    Works,
    /// Out of order, and why.
    Down(String),
}

impl RelayHealth {
    /// Why it is out of order.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Down(why) => Some(why.clone()),
            Self::Unknown | Self::Works => None,
        }
    }
}

/// Why no relay takes mail at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRelay(pub String);

/// Whether a relay takes one more mail now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Yes,
    /// Not before this time has passed.
    Wait(Duration),
    /// Its hour or day is used up, or it is resting.
    Closed,
}

impl Routes {
    /// Relays in their order of preference.
    pub fn new(configs: Vec<RouteConfig>, rules: Vec<DomainRule>) -> Self {
        let now = Instant::now();
        let routes = configs
            .into_iter()
            .map(|config| Route {
                state: Mutex::new(State {
                    faults: 0,
                    refused: 0,
                    rests: 0,
                    resting_until: None,
                    trouble: None,
                    bucket: (config.per_second > 0.0).then(|| Bucket::new(config.per_second, now)),
                    pace: Yielding::new(now),
                    credit: 0,
                    granted: Granted::default(),
                    is_proven: false,
                    health: RelayHealth::Unknown,
                }),
                door: tokio::sync::Mutex::default(),
                config,
            })
            .collect();
        Self {
            all: routes,
            domains: Domains::new(rules),
            nodes: Mutex::new(1.0),
            accepted: AtomicU64::new(0),
        }
    }

    /// The relays' names in the settings.
    pub fn names(&self) -> Vec<&str> {
        let names = self.all.iter().map(|route| route.config.relay.name());
        names.collect()
    }

    /// How many relays there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn relay(&self, at: usize) -> &Relay {
        &self.all[at].config.relay
    }

    /// The relays for a notice, those first that work. A notice waits for no limit; mail that can
    /// wait makes up for it.
    pub fn for_notices(&self) -> Vec<Relay> {
        let now = Instant::now();
        let mut routes: Vec<&Route> = self.all.iter().collect();
        routes.sort_by_key(|route| (route.is_resting(now), route.config.backup));
        if let Some(first) = routes.first()
            && let Some(bucket) = &mut first.state().bucket
        {
            bucket.borrow(now);
        }
        routes
            .into_iter()
            .map(|route| route.config.relay.clone())
            .collect()
    }

    /// Chooses the relay for the next mail among those that `fits` admits: by weight, the ones in
    /// reserve only where no other works.
    pub(super) fn choose(&self, fits: impl Fn(usize, &str) -> bool) -> Result<usize, NoRelay> {
        let now = Instant::now();
        let mut candidates: Vec<usize> = (0..self.all.len())
            .filter(|at| fits(*at, self.relay(*at).name()) && !self.all[*at].is_resting(now))
            .collect();
        if candidates.iter().any(|at| !self.all[*at].config.backup) {
            candidates.retain(|at| !self.all[*at].config.backup);
        } else {
            candidates.truncate(1);
        }
        match candidates[..] {
            [] => Err(self.why_none(&fits)),
            [only] => Ok(only),
            _ => Ok(self.by_weight(&candidates)),
        }
    }

    fn by_weight(&self, candidates: &[usize]) -> usize {
        let mut total = 0;
        let mut best = (candidates[0], i64::MIN);
        for &at in candidates {
            let weight = i64::from(self.all[at].config.weight.max(1));
            let mut state = self.all[at].state();
            state.credit += weight;
            total += weight;
            if state.credit > best.1 {
                best = (at, state.credit);
            }
        }
        self.all[best.0].state().credit -= total;
        best.0
    }

    fn why_none(&self, fits: &impl Fn(usize, &str) -> bool) -> NoRelay {
        let troubles: Vec<String> = (0..self.all.len())
            .filter(|at| fits(*at, self.relay(*at).name()))
            .filter_map(|at| self.all[at].state().trouble.clone())
            .collect();
        NoRelay(if troubles.is_empty() {
            "no relay may be used for this publication; check its relays against the settings"
                .to_owned()
        } else {
            troubles.join("; ")
        })
    }

    /// Whether a relay takes one more mail; where it does, the mail counts. `later` is for mail
    /// that could as well wait: then nothing is asked of the database.
    pub(super) async fn admit(
        &self,
        deps: &Deps,
        at: usize,
        later: bool,
    ) -> Result<Admission, StoreError> {
        let route = &self.all[at];
        let now = Instant::now();
        if route.is_resting(now) {
            return Ok(Admission::Closed);
        }
        if route.config.budget.is_limited() && !route.state().granted.has(deps.now()) {
            if later {
                return Ok(Admission::Wait(Duration::ZERO));
            }
            let name = route.config.relay.name();
            match route.config.budget.lease(deps, name).await? {
                Ok(more) => route.state().granted.add(more),
                Err(until) => {
                    route.exhausted(until, deps.now());
                    return Ok(Admission::Closed);
                }
            }
        }
        let mut state = route.state();
        let waits = [
            state
                .bucket
                .as_mut()
                .and_then(|bucket| bucket.take(now).err()),
            state.pace.take(now).err(),
        ];
        match waits.into_iter().flatten().max() {
            Some(wait) => Ok(Admission::Wait(wait)),
            None => {
                state.granted.take();
                Ok(Admission::Yes)
            }
        }
    }

    /// Takes an admission back that found no mail.
    pub(super) fn forgo(&self, at: usize) {
        let mut state = self.all[at].state();
        if let Some(bucket) = &mut state.bucket {
            bucket.put_back();
        }
        state.granted.put_back();
    }

    /// Gives back what was leased of hours and days and not used.
    pub(super) async fn settle(&self, deps: &Deps) -> Result<(), StoreError> {
        for route in &self.all {
            let left = std::mem::take(&mut route.state().granted);
            route
                .config
                .budget
                .give_back(deps, route.config.relay.name(), left)
                .await?;
        }
        Ok(())
    }

    /// Divides the limits a second among the nodes that send.
    pub(super) fn set_nodes(&self, nodes: i64) {
        #[expect(clippy::cast_precision_loss, reason = "a handful of nodes")]
        let nodes = nodes.max(1) as f64;
        let mut known = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if (*known - nodes).abs() < 0.5 {
            return;
        }
        *known = nodes;
        let now = Instant::now();
        for route in &self.all {
            if let Some(bucket) = &mut route.state().bucket {
                bucket.set_rate(route.config.per_second / nodes, now);
            }
        }
        self.domains.set_nodes(nodes, now);
    }
}
