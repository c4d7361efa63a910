//! Asks the DNS whether domains take mail, before the first mail goes there. Never while somebody
//! waits for an answer of the form, and never inside a transaction.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;

use super::gate::is_open_question;
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::mail_domain::MailAnswer;
use crate::mail::dns::Dns;
use crate::services::Deps;
use crate::store::mail_domains::MailDomain;
use crate::store::{StoreError, Tx, mail_domains};

/// How long a domain may keep the others waiting.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long no domain is asked after not one answer came: the resolver is out of order.
const REST: TimeDelta = TimeDelta::seconds(30);

/// Finds out about the domains of some addresses. What the DNS does not tell counts as taking mail.
pub(in crate::services) async fn look_up(
    deps: &Deps,
    emails: impl Iterator<Item = &EmailAddress>,
) -> Result<(), StoreError> {
    let open = emails.filter(|email| is_open_question(deps, email));
    let open: BTreeSet<String> = open.map(|email| email.domain().to_owned()).collect();
    if open.is_empty() {
        return Ok(());
    }
    let now = deps.now();
    let mut open: Vec<String> = open.into_iter().collect();
    let mut tx = deps.store.read().await?;
    let kept = mail_domains::read(&mut tx, &open, now).await?;
    drop(tx);
    open.retain(|domain| kept.iter().all(|one| one.domain != *domain));
    deps.guard.gate.remember(kept, now);
    if open.is_empty() {
        return Ok(());
    }
    let answers = answers(deps, &open, now).await;
    let mut tx = deps.store.begin_relaxed().await?;
    for answer in [
        MailAnswer::Takes,
        MailAnswer::TakesNone,
        MailAnswer::Unknown,
    ] {
        keep(deps, &mut tx, &answers, answer, now).await?;
    }
    tx.commit().await
}

/// Asks about all of them at once.
async fn answers(deps: &Deps, domains: &[String], now: Time) -> Vec<(String, MailAnswer)> {
    let asked = match &deps.guard.dns {
        Some(dns) if !deps.guard.is_dns_resting(now) => {
            join_all(domains.iter().map(|domain| ask(dns, domain))).await
        }
        _ => vec![MailAnswer::Unknown; domains.len()],
    };
    if asked.iter().all(|answer| *answer == MailAnswer::Unknown) {
        deps.guard.rest_dns(now + REST);
    }
    domains.iter().cloned().zip(asked).collect()
}

async fn ask(dns: &Dns, domain: &str) -> MailAnswer {
    match tokio::time::timeout(PATIENCE, dns.takes_mail(domain)).await {
        Ok(Ok(true)) => MailAnswer::Takes,
        Ok(Ok(false)) => MailAnswer::TakesNone,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the DNS does not tell whether a domain takes mail");
            MailAnswer::Unknown
        }
        Err(_) => MailAnswer::Unknown,
    }
}

async fn keep(
    deps: &Deps,
    tx: &mut Tx,
    answers: &[(String, MailAnswer)],
    answer: MailAnswer,
    now: Time,
) -> Result<(), StoreError> {
    let domains = answers.iter().filter(|(_, one)| *one == answer);
    let domains: Vec<&str> = domains.map(|(domain, _)| domain.as_str()).collect();
    if domains.is_empty() {
        return Ok(());
    }
    mail_domains::put(tx, &domains, answer, now).await?;
    let known = domains.iter().map(|domain| MailDomain {
        domain: (*domain).to_owned(),
        answer,
        checked_at: now,
        expires_at: now + answer.lives(),
    });
    deps.guard.gate.remember(known, now);
    Ok(())
}
