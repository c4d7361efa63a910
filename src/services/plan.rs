//! What may change while the service runs: relays, domain rules, and the keys that sign.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::deliver::Routes;
use crate::mail::dkim::DkimKeys;

/// One state of it. A turn of the engine keeps to the one with which it began.
#[derive(Clone)]
pub struct Plan {
    pub routes: Arc<Routes>,
    pub dkim: Arc<DkimKeys>,
    /// All settings that it goes with, passwords left out: to be shown.
    pub settings: Arc<Value>,
    /// Cancelled when another has taken its place.
    pub replaced: CancellationToken,
}

impl Plan {
    pub fn new(routes: Routes, dkim: DkimKeys, settings: Value) -> Self {
        Self {
            routes: Arc::new(routes),
            dkim: Arc::new(dkim),
            settings: Arc::new(settings),
            replaced: CancellationToken::new(),
        }
    }
}

/// The state in force; clones share it.
#[derive(Clone)]
pub struct Plans(Arc<RwLock<Plan>>);

impl Plans {
    pub fn new(plan: Plan) -> Self {
        Self(Arc::new(RwLock::new(plan)))
    }

    /// The present state.
    pub fn current(&self) -> Plan {
        let plan = self.0.read().unwrap_or_else(PoisonError::into_inner);
        plan.clone()
    }

    /// Puts another in its place, and tells whoever works with the old one.
    pub fn replace(&self, plan: Plan) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, plan);
        drop(current);
        old.replaced.cancel();
    }
}
