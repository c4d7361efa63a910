//! Looks whether everything that mail needs is in order: the machine, the relays, and what the DNS
//! says of the senders. Changes nothing and sends nothing.
//!
//! All checks run at the same time, each with a limit, and report in a fixed order.

mod coming_back;
mod dmarc;
mod domain;
mod finding;
mod keys;
mod machine;
mod names;
mod relay;
mod spf;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use secrecy::SecretString;
use thiserror::Error;

use crate::domain::clock::Clock;
use crate::domain::publication::Publication;
use crate::mail::Relay;
use crate::mail::dkim::DkimKeys;
use crate::mail::dns::Dns;

pub use finding::{Finding, Level};

/// The time that each check may take.
const LIMIT: Duration = Duration::from_secs(5);
/// For one step of talking to a relay: it must be told what took too long.
pub const STEP_LIMIT: Duration = Duration::from_secs(4);

/// What is looked at: the settings, taken apart so that one that is wrong hides no other.
pub struct Case {
    pub database: DatabaseCase,
    /// Where the secret key is; `None` where it stands in the settings.
    pub key_file: Option<PathBuf>,
    pub public_url: String,
    /// The name that EHLO gives.
    pub hello: String,
    pub relays: Vec<RelayCase>,
    pub keys: Vec<KeyCase>,
    /// Where mails come back to, if not to the sender.
    pub coming_back: Option<ComingBackCase>,
    pub dns: Result<Dns, String>,
    pub clock: Arc<dyn Clock>,
    /// Where only one publication is asked about.
    pub publication: Option<String>,
}

/// The database's settings.
pub struct DatabaseCase {
    pub url: SecretString,
    /// Whether `serve` brings the schema up to date.
    pub migrates: bool,
}

/// A relay of the settings.
pub struct RelayCase {
    pub name: String,
    pub relay: Result<Relay, String>,
}

/// A `[[dkim]]` of the settings, by itself.
pub struct KeyCase {
    /// The name of its record, or the domain.
    pub name: String,
    pub domain: String,
    pub is_signed_by_relay: bool,
    pub keys: Result<DkimKeys, String>,
}

/// Where mails come back to, as the settings have it.
pub struct ComingBackCase {
    pub domain: String,
    /// Whether anything here reads what comes.
    pub is_read: bool,
}

/// Why nothing was looked at.
#[derive(Debug, Error)]
pub enum DoctorError {
    #[error("there is no publication {0:?}; `paperround publication list` shows them")]
    NoPublication(String),
}

/// Runs all checks.
pub async fn examine(case: &Case) -> Result<Vec<Finding>, DoctorError> {
    let (here, url, relays, hello, reverse, keys, coming_back) = tokio::join!(
        // Large: on the heap rather than within whatever waits for it.
        Box::pin(machine_and_senders(case)),
        machine::public_url(case),
        join_all(case.relays.iter().map(|relay| relay::check(case, relay))),
        names::hello(case),
        names::reverse(case),
        join_all(case.keys.iter().map(|key| keys::check(case, key))),
        Box::pin(coming_back::check(case)),
    );
    let here = here?;
    let wanted = |relay: &RelayCase| {
        here.only
            .as_ref()
            .is_none_or(|p| p.relays.is_empty() || p.relays.contains(&relay.name))
    };
    let covers = |key: &KeyCase| {
        here.only
            .as_ref()
            .is_none_or(|p| is_within(p.from.email.domain(), &key.domain))
    };
    let mut findings = here.machine;
    findings.push(url);
    for (relay, found) in case.relays.iter().zip(relays) {
        findings.extend(found.into_iter().filter(|_| wanted(relay)));
    }
    findings.extend([hello, reverse]);
    for (key, found) in case.keys.iter().zip(keys) {
        findings.extend(found.into_iter().filter(|_| covers(key)));
    }
    findings.extend(coming_back);
    findings.extend(here.senders);
    Ok(findings)
}

/// What the database tells.
struct Here {
    machine: Vec<Finding>,
    senders: Vec<Finding>,
    only: Option<Publication>,
}

async fn machine_and_senders(case: &Case) -> Result<Here, DoctorError> {
    let key = machine::key_file(case);
    let (mut machine, publications) = machine::database(case).await;
    machine.insert(0, key);
    let mut only = None;
    let mut senders = Vec::new();
    if let Some(publications) = publications {
        let chosen: Vec<Publication> = match &case.publication {
            None => publications
                .into_iter()
                .filter(|p| p.archived_at.is_none())
                .collect(),
            Some(slug) => {
                let mut all = publications.into_iter();
                let found = all.find(|p| p.slug.as_str() == slug);
                only.clone_from(&found);
                vec![found.ok_or_else(|| DoctorError::NoPublication(slug.clone()))?]
            }
        };
        let checked = join_all(chosen.iter().map(|p| domain::check(case, p))).await;
        senders = checked.into_iter().flatten().collect();
    }
    Ok(Here {
        machine,
        senders,
        only,
    })
}

/// Waits no longer than a check may take.
async fn limited(
    check: &'static str,
    subject: &str,
    work: impl Future<Output = Finding>,
) -> Finding {
    match tokio::time::timeout(LIMIT, work).await {
        Ok(finding) => finding,
        Err(_) => Finding::fail(
            check,
            subject,
            format!("no answer within {} seconds", LIMIT.as_secs()),
            "check that it runs and that no firewall is in between; for DNS, try another resolver \
             with --resolver",
        ),
    }
}

/// The resolver, or the finding that there is none.
fn dns<'a>(case: &'a Case, check: &'static str, subject: &str) -> Result<&'a Dns, Finding> {
    case.dns.as_ref().map_err(|text| {
        let remedy = "name one with --resolver HOST:PORT";
        Finding::fail(check, subject, text.as_str(), remedy)
    })
}

/// A question that got no answer, which is not the answer that there is nothing.
fn unanswered(check: &'static str, subject: &str, text: &str) -> Finding {
    let remedy = "look again later, or ask another resolver with --resolver HOST:PORT";
    Finding::fail(check, subject, text, remedy)
}

/// Whether a domain is another or below it.
fn is_within(domain: &str, other: &str) -> bool {
    domain
        .strip_suffix(other)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The organisational domain (RFC 7489, 3.2), by the public suffix list.
fn organisation(domain: &str) -> &str {
    psl::domain_str(domain).unwrap_or(domain)
}
