//! `[signup]`

use std::net::SocketAddr;

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, Serialize};
use url::{Origin, Url};

use super::Problem;
use crate::domain::feed::parse_span;
use crate::domain::proof::ProofOfWork;

/// The limits of the sign-up form; 0 means no limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignUp {
    /// Confirmation mails to one address in 24 hours.
    pub per_address_per_day: u32,
    /// Sign-ups from one network address in an hour.
    pub per_ip_per_hour: u32,
    /// Confirmation mails to one domain in an hour, over all nodes.
    pub per_domain_per_hour: u32,
    /// Confirmation mails in an hour, over all nodes.
    pub per_hour: u32,
    /// Days that a confirmation link lives.
    pub pending_days: u32,
    /// How long after a sign-up its reader is reminded, once; `None`, written as "off", means never.
    #[serde(deserialize_with = "off_or_span")]
    pub reminder_after: Option<TimeDelta>,
    /// The sites that may show the form in a frame and send it by script, as origins; empty for
    /// any site.
    #[serde(deserialize_with = "origins")]
    pub embed_origins: Vec<String>,
    /// When a form has to come with a proof of work.
    pub proof_of_work: ProofOfWork,
    /// The largest number of the sum; half of it is tried on average.
    pub proof_of_work_cost: u32,
    /// Confirmation mails in ten minutes, over all nodes, from which on `auto` asks.
    pub proof_of_work_from: u32,
    /// What becomes of addresses at throw-away domains.
    pub disposable: Disposable,
    /// Whether the DNS is asked if a domain takes mail.
    pub mx_check: bool,
    /// Who is asked; the machine's resolver where it is not set.
    #[serde(deserialize_with = "address_or_nothing")]
    pub resolver: Option<SocketAddr>,
    /// Mails with a link to one's own pages that one inbox may ask for in an hour.
    pub link_mails_per_hour: u32,
}

/// What becomes of addresses at throw-away domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposable {
    Refuse,
    Allow,
}

/// An address with a port, or an empty text.
fn address_or_nothing<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| serde::de::Error::custom("not an address with a port, as in 127.0.0.1:53");
    text.parse().map(Some).map_err(wrong)
}

impl Default for SignUp {
    fn default() -> Self {
        Self {
            per_address_per_day: 1,
            per_ip_per_hour: 20,
            per_domain_per_hour: 0,
            per_hour: 0,
            pending_days: 7,
            reminder_after: None,
            embed_origins: Vec::new(),
            proof_of_work: ProofOfWork::Auto,
            proof_of_work_cost: 200_000,
            proof_of_work_from: 3000,
            disposable: Disposable::Refuse,
            mx_check: false,
            resolver: None,
            link_mails_per_hour: 5,
        }
    }
}

impl SignUp {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if !(1..=365).contains(&self.pending_days) {
            problems.push(Problem::new("signup.pending_days", "must be 1 to 365"));
        }
        let life = TimeDelta::days(self.pending_days.into());
        if self.reminder_after.is_some_and(|after| after >= life) {
            let text = "must be \"off\" or shorter than pending_days";
            problems.push(Problem::new("signup.reminder_after", text));
        }
        if !(1000..=10_000_000).contains(&self.proof_of_work_cost) {
            let name = "signup.proof_of_work_cost";
            problems.push(Problem::new(name, "must be 1000 to 10000000"));
        }
    }

    /// The setting as it is written.
    pub(super) fn reminder_text(&self) -> String {
        self.reminder_after.map_or_else(
            || "off".to_owned(),
            |after| format!("{}s", after.num_seconds()),
        )
    }
}

fn off_or_span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<TimeDelta>, D::Error> {
    let text = String::deserialize(from)?;
    if text == "off" {
        return Ok(None);
    }
    let span = parse_span(&text).map_err(|error| {
        serde::de::Error::custom(format!("{error}; or \"off\" for no reminder"))
    })?;
    TimeDelta::from_std(span)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

/// Origins as browsers write them: no path, no port that the scheme implies.
fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: &String| {
        origin(text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "{text:?} is not the address of a site such as https://www.example.org"
            ))
        })
    };
    texts.iter().map(read).collect()
}

fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_bare = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.host_str().is_some_and(|host| !host.contains('*'));
    match url.origin() {
        Origin::Tuple(scheme, ..) if is_bare && matches!(scheme.as_str(), "http" | "https") => {
            Some(url.origin().ascii_serialization())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_named_by_its_origin() {
        let read = |text: &str| origin(text).unwrap_or_default();
        assert_eq!(read("https://WWW.Example.org/"), "https://www.example.org");
        assert_eq!(read("https://x.example:443"), "https://x.example");
        assert_eq!(read("http://localhost:8090"), "http://localhost:8090");
        for wrong in [
            "",
            "*",
            "www.example.org",
            "https://x.example/news",
            "https://x.example?a",
            "https://*.x.example",
            "ftp://x.example",
            "https://x.example; script-src *",
        ] {
            assert_eq!(read(wrong), "", "{wrong}");
        }
    }
}
