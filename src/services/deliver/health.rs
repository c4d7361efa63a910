//! What is learnt about relays while they are used: faults, rests, recoveries.

use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::routes::{RelayHealth, Route, Routes, State};
use crate::domain::clock::Time;
use crate::domain::relay::RelayState;
use crate::mail::{Fault, Session};

/// Faults in a row after which a relay is left alone for a while.
const MOST_FAULTS: u32 = 3;
/// Mails in a row whose sender is refused for good, after which the rest is spared.
const MOST_REFUSED: u32 = 10;
/// The first and the longest time for which a relay is left alone.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);
/// A wrong password is not tried again so soon: many servers lock the account.
const SIGN_IN_REST: Duration = Duration::from_secs(60);

/// How a relay is doing, as this process has found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub name: String,
    /// Its share of the mails.
    pub weight: u32,
    pub is_backup: bool,
    /// Left alone for a while, after trouble or at its limit.
    pub is_resting: bool,
    /// Whether it has answered as it should since the last fault.
    pub is_proven: bool,
    pub trouble: Option<String>,
}

impl Condition {
    pub fn relay_state(&self) -> RelayState {
        if self.is_resting {
            RelayState::Resting
        } else if self.trouble.is_some() {
            RelayState::Troubled
        } else if self.is_proven {
            RelayState::Working
        } else {
            RelayState::Unused
        }
    }
}

impl Routes {
    /// How all relays are doing.
    pub fn conditions(&self) -> Vec<Condition> {
        let now = Instant::now();
        let condition = |route: &Route| {
            let is_resting = route.is_resting(now);
            let state = route.state();
            Condition {
                name: route.config.relay.name().to_owned(),
                weight: route.config.weight,
                is_backup: route.config.backup,
                is_resting,
                is_proven: state.is_proven || state.health == RelayHealth::Works,
                trouble: state.trouble.clone().or_else(|| state.health.trouble()),
            }
        };
        self.all.iter().map(condition).collect()
    }

    /// Notes that a connection could not be opened or broke.
    pub(super) fn fault(&self, at: usize, fault: Option<Fault>, text: &str) {
        let route = &self.all[at];
        let mut state = route.state();
        state.faults += 1;
        state.is_proven = false;
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
        state.health = RelayHealth::Works;
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
        self.accepted.fetch_add(1, Ordering::Relaxed);
        let mut state = self.all[at].state();
        (state.refused, state.trouble, state.is_proven) = (0, None, true);
    }

    /// What this process knows of each relay, by its name.
    pub fn health(&self) -> Vec<(String, RelayHealth)> {
        let known = |route: &Route| {
            let name = route.config.relay.name().to_owned();
            (name, route.state().health.clone())
        };
        self.all.iter().map(known).collect()
    }

    /// Notes whether a relay could be reached for a notice, which keeps mails from none.
    pub fn note_notice(&self, name: &str, trouble: Option<String>) {
        let found = self
            .all
            .iter()
            .find(|route| route.config.relay.name() == name);
        if let Some(route) = found {
            route.state().health = trouble.map_or(RelayHealth::Works, RelayHealth::Down);
        }
    }

    /// How many mails the relays have taken.
    pub(super) fn accepted_mails(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Opens a connection; the first one by itself, so that a wrong password is tried once and not
    /// once for each connection.
    pub(super) async fn connect(&self, at: usize) -> Option<Session> {
        let route = &self.all[at];
        let mut door = None;
        if !route.state().is_proven {
            door = Some(route.door.lock().await);
        }
        if route.is_resting(Instant::now()) {
            return None;
        }
        let opened = route.config.relay.open().await;
        let session = match opened {
            Ok(session) => {
                route.state().is_proven = true;
                Some(session)
            }
            Err(error) => {
                self.fault(at, Some(error.fault), &error.to_string());
                None
            }
        };
        drop(door);
        session
    }
}

impl Route {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_resting(&self, now: Instant) -> bool {
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
        let trouble = state.trouble.clone().unwrap_or_default();
        state.health = RelayHealth::Down(trouble.clone());
        tracing::warn!(
            relay = self.config.relay.name(),
            trouble,
            seconds = rest.as_secs(),
            "a relay is left alone for a while"
        );
    }

    pub(super) fn exhausted(&self, until: Time, now: Time) {
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
