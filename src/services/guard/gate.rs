//! Whose sign-ups are taken: the rules of operators, throw-away domains, and domains that take no
//! mail. All from memory, and the same whether or not the address is known.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chrono::TimeDelta;

use crate::domain::clock::Time;
use crate::domain::disposable::is_disposable;
use crate::domain::email_address::EmailAddress;
use crate::domain::mail_domain::{MailAnswer, is_set_aside};
use crate::domain::signup_rule::{Effect, Rules, SignUpRule};
use crate::services::Deps;
use crate::store::mail_domains::MailDomain;
use crate::store::{StoreError, Tx, mail_domains, signup_rules};

/// Rules read at a time.
const PAGE: i64 = 5000;
/// Domains that are remembered; of others the database is asked again.
const MOST_DOMAINS: usize = 50_000;
/// Dead domains taken over in one look.
const MOST_DEAD: i64 = 5000;

/// What a process knows of addresses.
#[derive(Default)]
pub(super) struct Gate {
    rules: RwLock<Arc<Rules>>,
    version: Mutex<i64>,
    domains: RwLock<HashMap<String, (MailAnswer, Time)>>,
    dead_seen: Mutex<Option<Time>>,
    dropped: AtomicU64,
}

/// What becomes of a sign-up by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Open,
    /// Answered as always, and forgotten.
    Dropped,
    Refused(Refusal),
}

/// Why the form does not take an address, which it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Rule,
    Disposable,
    /// Its domain takes no mail.
    NoMail,
}

impl Gate {
    fn rules(&self) -> Arc<Rules> {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&rules)
    }

    /// What is known of a domain, where that still holds.
    pub(super) fn known(&self, domain: &str, now: Time) -> Option<MailAnswer> {
        let domains = self.domains.read().unwrap_or_else(PoisonError::into_inner);
        let (answer, expires_at) = domains.get(domain)?;
        (*expires_at > now).then_some(*answer)
    }

    pub(super) fn remember(&self, found: impl IntoIterator<Item = MailDomain>, now: Time) {
        let mut domains = self.domains.write().unwrap_or_else(PoisonError::into_inner);
        for one in found {
            if domains.len() >= MOST_DOMAINS {
                domains.retain(|_, (_, expires_at)| *expires_at > now);
            }
            if domains.len() >= MOST_DOMAINS {
                domains.clear();
            }
            domains.insert(one.domain, (one.answer, one.expires_at));
        }
    }

    /// Reads what has changed since the last look.
    pub(super) async fn refresh(&self, deps: &Deps, tx: &mut Tx) -> Result<(), StoreError> {
        let version = signup_rules::version(tx).await?;
        let known = *self.version.lock().unwrap_or_else(PoisonError::into_inner);
        if version != known {
            let rules = Arc::new(read_rules(tx).await?);
            *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
            *self.version.lock().unwrap_or_else(PoisonError::into_inner) = version;
        }
        if deps.limits.mx_check {
            self.refresh_dead(deps, tx).await?;
        }
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::info!(dropped, "sign-ups were dropped by the rules");
        }
        Ok(())
    }

    async fn refresh_dead(&self, deps: &Deps, tx: &mut Tx) -> Result<(), StoreError> {
        let now = deps.now();
        let seen = *self
            .dead_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // A little back: what was asked before may be committed after.
        let since = seen.unwrap_or(now - MailAnswer::TakesNone.lives());
        let found = mail_domains::dead_since(tx, since, MOST_DEAD).await?;
        self.remember(found, now);
        *self
            .dead_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(now - TimeDelta::minutes(1));
        Ok(())
    }
}

async fn read_rules(tx: &mut Tx) -> Result<Rules, StoreError> {
    let mut all: Vec<SignUpRule> = Vec::new();
    loop {
        let after = all.last().map(|rule| rule.subject.to_string());
        let page = signup_rules::page(tx, after.as_deref().unwrap_or_default(), PAGE).await?;
        if page.is_empty() {
            let rules = all.into_iter();
            return Ok(Rules::new(rules.map(|rule| (rule.subject, rule.effect))));
        }
        all.extend(page);
    }
}

/// What becomes of a sign-up by its address, and by where it comes from, where that is known.
pub fn admit(deps: &Deps, email: &EmailAddress, from: Option<IpAddr>) -> Admission {
    let gate = &deps.guard.gate;
    match gate.rules().effect(email, from) {
        Some(Effect::Allow) => return Admission::Open,
        Some(Effect::Block) => {
            gate.dropped.fetch_add(1, Ordering::Relaxed);
            return Admission::Dropped;
        }
        Some(Effect::Refuse) => return Admission::Refused(Refusal::Rule),
        None => {}
    }
    let domain = email.domain();
    if deps.limits.refuses_disposable && is_disposable(domain) {
        return Admission::Refused(Refusal::Disposable);
    }
    let is_dead = || gate.known(domain, deps.now()) == Some(MailAnswer::TakesNone);
    if deps.limits.mx_check && !is_set_aside(domain) && is_dead() {
        return Admission::Refused(Refusal::NoMail);
    }
    Admission::Open
}

/// Whether the DNS has to be asked about an address before a mail is sent to it.
pub(super) fn is_open_question(deps: &Deps, email: &EmailAddress) -> bool {
    let gate = &deps.guard.gate;
    deps.limits.mx_check
        && !is_set_aside(email.domain())
        && gate.rules().effect(email, None) != Some(Effect::Allow)
        && gate.known(email.domain(), deps.now()).is_none()
}
