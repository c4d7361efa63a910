//! Mails whose domain asks for patience: a few wait here, the others get a later time in their
//! rows, spread over it, so that they do not stand in the way of other domains.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use super::item::Item;
use crate::domain::clock::Time;
use crate::services::Deps;

const MOST_PARKED: usize = 200;
/// A later time is not later than this: limits change, and domains recover.
const FURTHEST: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Default)]
pub(super) struct Parking {
    parked: Vec<(Instant, Item)>,
    /// The last time given to a mail for a domain.
    slots: HashMap<String, Time>,
}

impl Parking {
    pub(super) fn is_empty(&self) -> bool {
        self.parked.is_empty()
    }

    /// Keeps a mail for a while; gives it back where there is no room or the wait is long.
    pub(super) fn park(&mut self, item: Item, wait: Duration) -> Option<Item> {
        if self.parked.len() >= MOST_PARKED || wait > Duration::from_secs(5) {
            return Some(item);
        }
        self.park_again(item, wait);
        None
    }

    pub(super) fn park_again(&mut self, item: Item, wait: Duration) {
        self.parked.push((Instant::now() + wait, item));
    }

    /// Those whose time has come.
    pub(super) fn due(&mut self) -> Vec<Item> {
        let now = Instant::now();
        let due = self.parked.extract_if(.., |(at, _)| *at <= now);
        due.map(|(_, item)| item).collect()
    }

    /// How long until the first of them is.
    pub(super) fn wait(&self) -> Option<Duration> {
        let first = self.parked.iter().map(|(at, _)| *at).min()?;
        Some(first.saturating_duration_since(Instant::now()))
    }

    /// A time for a mail that finds no room here: one after the other at the domain's rate.
    pub(super) fn slot(&mut self, deps: &Deps, item: &Item, rate: Option<f64>) -> Time {
        let now = deps.now();
        let soon = now + TimeDelta::seconds(2);
        let domain = item.claimed.email.domain();
        let step = rate.map_or(0.02, |rate| 1.0 / rate.max(0.001));
        let step = TimeDelta::from_std(Duration::from_secs_f64(step.min(300.0)));
        let last = self.slots.entry(domain.to_owned()).or_insert(soon);
        *last = (*last).max(soon) + step.unwrap_or(TimeDelta::seconds(1));
        let furthest = now + FURTHEST;
        if *last > furthest {
            // All that comes after it is spread over the last minute.
            *last = furthest - TimeDelta::seconds(60);
        }
        *last
    }
}
