//! The relays as the engine sees them: which one takes the next mail, how fast, and which ones
//! are out of order. Trouble with a connection counts against its relay, never against a reader.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::budget::{Budget, Granted};
use super::domains::{DomainRule, Domains};
use crate::domain::clock::Time;
use crate::domain::pace::{Bucket, Yielding};
use crate::mail::{Fault, Relay};
use crate::services::Deps;
use crate::store::StoreError;

/// Faults in a row after which a relay is left alone for a while.
const MOST_FAULTS: u32 = 3;
/// Mails in a row whose sender is refused for good, after which the rest is spared.
const MOST_REFUSED: u32 = 10;
/// The first and the longest time for which a relay is left alone.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);
/// A wrong password is not tried again so soon: many servers lock the account.
const SIGN_IN_REST: Duration = Duration::from_secs(60);

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
    all: Vec<Route>,
    pub(super) domains: Domains,
    /// Live nodes that send; each takes its part of the limits a second.
    nodes: Mutex<f64>,
}

#[derive(Debug)]
struct Route {
    config: RouteConfig,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    faults: u32,
    refused: u32,
    rests: u32,
    resting_until: Option<Instant>,
    trouble: Option<String>,
    bucket: Option<Bucket>,
    pace: Yielding,
    /// Smooth weighted round robin: who has waited longest for its share.
    credit: i64,
    granted: Granted,
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
                }),
                config,
            })
            .collect();
        Self {
            all: routes,
            domains: Domains::new(rules),
            nodes: Mutex::new(1.0),
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

    /// Notes that a connection could not be opened or broke.
    pub(super) fn fault(&self, at: usize, fault: Option<Fault>, text: &str) {
        let route = &self.all[at];
        let mut state = route.state();
        state.faults += 1;
        let is_hopeless = fault == Some(Fault::SignIn);
        state.trouble = Some(text.to_owned());
        if state.faults >= MOST_FAULTS || is_hopeless {
            let least = if is_hopeless {
                SIGN_IN_REST
            } else {
                FIRST_REST
            };
            route.rest(&mut state, least);
        }
    }

    /// Notes that the relay refuses the sender for good, which is hardly about the reader.
    pub(super) fn sender_refused(&self, at: usize, text: &str) {
        let route = &self.all[at];
        let mut state = route.state();
        state.refused += 1;
        if state.refused >= MOST_REFUSED {
            let name = route.config.relay.name();
            state.trouble = Some(format!(
                "relay {name} refuses every mail before it hears of a reader: {text}"
            ));
            route.rest(&mut state, LONGEST_REST);
        }
    }

    /// Notes that a relay answered about a mail: it works. `slower` where it asked for patience.
    pub(super) fn answered(&self, at: usize, slower: bool) {
        let route = &self.all[at];
        let now = Instant::now();
        let mut state = route.state();
        (state.faults, state.rests, state.resting_until) = (0, 0, None);
        if state.pace.note(slower, now) {
            let rate = state.pace.rate();
            tracing::warn!(
                relay = route.config.relay.name(),
                rate,
                "the relay asks for patience; sending slower"
            );
        }
    }

    /// Notes that a relay took a mail.
    pub(super) fn accepted(&self, at: usize) {
        let mut state = self.all[at].state();
        state.refused = 0;
        state.trouble = None;
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

impl Route {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_resting(&self, now: Instant) -> bool {
        self.state().resting_until.is_some_and(|until| now < until)
    }

    fn rest(&self, state: &mut State, least: Duration) {
        let now = Instant::now();
        if state.resting_until.is_some_and(|until| now < until) {
            return;
        }
        let rest = least.max(FIRST_REST * 2_u32.saturating_pow(state.rests.min(10)));
        let rest = rest.min(LONGEST_REST);
        state.rests += 1;
        state.resting_until = Some(now + rest);
        let trouble = state.trouble.as_deref().unwrap_or_default();
        tracing::warn!(
            relay = self.config.relay.name(),
            trouble,
            seconds = rest.as_secs(),
            "a relay is left alone for a while"
        );
    }

    fn exhausted(&self, until: Time, now: Time) {
        let rest = (until - now).to_std().unwrap_or_default();
        let mut state = self.state();
        let name = self.config.relay.name();
        state.trouble = Some(format!(
            "relay {name} has reached its limit; it goes on at {}",
            until.format("%H:%M UTC")
        ));
        // Looked at again now and then, since the limit may be raised.
        state.resting_until = Some(Instant::now() + rest.min(LONGEST_REST));
    }
}
