//! DMARC (RFC 7489): a policy for the sender's domain, and signatures that count under it.

use super::{Case, Finding, is_within, organisation, unanswered};
use crate::mail::dns::Dns;

const CHECK: &str = "DMARC";

/// The part of a policy that matters here (RFC 7489, 6.3).
#[derive(Debug, PartialEq, Eq)]
struct Policy {
    /// For the domain that was asked about: `p`, or `sp` of the organisational domain.
    action: String,
    is_strict: bool,
    has_reports: bool,
}

/// The policy for a sender's domain and whether our signatures are aligned with it.
pub(super) async fn check(case: &Case, dns: &Dns, domain: &str) -> Finding {
    let organisation = organisation(domain);
    let publish = format!(
        "publish the TXT record _dmarc.{organisation}: v=DMARC1; p=none; rua=mailto:ADDRESS (p=none \
         suffices for Gmail and Yahoo, which want one of whoever sends much)"
    );
    let own = match policy(dns, domain, "p").await {
        Ok(own) => own,
        Err(finding) => return *finding,
    };
    let above = if domain == organisation {
        None
    } else {
        match policy(dns, organisation, "sp").await {
            Ok(above) => above,
            Err(finding) => return *finding,
        }
    };
    let is_lonely = domain != organisation && own.is_some() && above.is_none();
    let (at, policy) = match (own, above) {
        (Some(own), _) => (domain, own),
        (None, Some(above)) => (organisation, above),
        (None, None) => {
            return Finding::fail(CHECK, domain, "there is no DMARC record", publish);
        }
    };
    if let Some(finding) = alignment(case, domain, organisation, policy.is_strict) {
        return finding;
    }
    if is_lonely {
        let found = format!("there is a record, but none at {organisation}, whose mail counts too");
        return Finding::warn(CHECK, domain, found, publish);
    }
    let mut found = format!("p={} at _dmarc.{at}", policy.action);
    if policy.action == "none" {
        found.push_str("; when the reports are clean, quarantine or reject keeps forgers out");
    }
    if !policy.has_reports {
        found.push_str("; rua=mailto: would bring reports");
    }
    Finding::ok(CHECK, domain, found)
}

/// Whether a key of ours is for a domain that fits the sender's (RFC 7489, 3.1.1).
fn alignment(case: &Case, domain: &str, organisation: &str, is_strict: bool) -> Option<Finding> {
    let longest = case
        .keys
        .iter()
        .filter(|key| is_within(domain, &key.domain))
        .max_by_key(|key| key.domain.len())?;
    if longest.is_signed_by_relay {
        return None;
    }
    let signs = longest.domain.as_str();
    let is_aligned = if is_strict {
        signs == domain
    } else {
        is_within(signs, organisation)
    };
    if is_aligned {
        return None;
    }
    let found = format!(
        "signatures have d={signs}, which is not aligned with {domain}{}",
        if is_strict { " (adkim=s)" } else { "" }
    );
    let remedy = format!("add a [[dkim]] with domain = \"{domain}\"");
    Some(Finding::fail(CHECK, domain, found, remedy))
}

/// The policy that a domain publishes (RFC 7489, 6.6.3).
async fn policy(dns: &Dns, domain: &str, action: &str) -> Result<Option<Policy>, Box<Finding>> {
    let name = format!("_dmarc.{domain}");
    let texts = dns
        .texts(&name)
        .await
        .map_err(|text| Box::new(unanswered(CHECK, domain, &text)))?;
    let records: Vec<&String> = texts.iter().filter(|text| is_dmarc(text)).collect();
    match &records[..] {
        [] => Ok(None),
        [one] => match parse(one, action) {
            Some(policy) => Ok(Some(policy)),
            None => Err(Box::new(Finding::fail(
                CHECK,
                domain,
                format!("the record {name} has no p= of none, quarantine or reject"),
                "correct it, as in v=DMARC1; p=none",
            ))),
        },
        several => Err(Box::new(Finding::fail(
            CHECK,
            domain,
            format!("{name} has {} records, so that none counts", several.len()),
            "keep one of them",
        ))),
    }
}

fn is_dmarc(text: &str) -> bool {
    let first = text.split(';').next().unwrap_or_default();
    let version = first.split_once('=');
    version.is_some_and(|(tag, value)| tag.trim() == "v" && value.trim() == "DMARC1")
}

fn parse(record: &str, action: &str) -> Option<Policy> {
    let tag = |wanted: &str| {
        let mut parts = record.split(';').filter_map(|part| part.split_once('='));
        let found = parts.find(|(tag, _)| tag.trim().eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    let all = tag("p");
    let chosen = tag(action).or(all)?;
    ["none", "quarantine", "reject"]
        .contains(&chosen.as_str())
        .then(|| Policy {
            action: chosen,
            is_strict: tag("adkim").as_deref() == Some("s"),
            has_reports: tag("rua").is_some(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read() {
        let record = "v=DMARC1; p=Reject ; sp=quarantine;adkim=s; rua=mailto:d@a.example";
        let policy = parse(record, "sp").unwrap();
        assert_eq!(policy.action, "quarantine");
        assert!(policy.is_strict && policy.has_reports);
        assert_eq!(parse("v=DMARC1; p=none", "sp").unwrap().action, "none");
        assert_eq!(parse("v=DMARC1; p=later", "p"), None);
        assert_eq!(parse("v=DMARC1", "p"), None);
        assert!(is_dmarc("v = DMARC1 ;p=none") && !is_dmarc("v=DMARC2; p=none"));
        assert!(!is_dmarc("p=none; v=DMARC1"));
    }
}
