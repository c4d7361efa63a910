//! Checks of a publication's sender: what the DNS says of the domain in From.

use super::{Case, Finding, dmarc, dns, is_within, limited, spf, unanswered};
use crate::domain::publication::Publication;
use crate::mail::dns::Dns;

/// Signing, SPF, DMARC and MX.
pub(super) async fn check(case: &Case, publication: &Publication) -> Vec<Finding> {
    let domain = publication.from.email.domain();
    let (spf, dmarc, mx) = tokio::join!(
        limited("SPF", domain, async {
            match dns(case, "SPF", domain) {
                Ok(dns) => spf::check(dns, domain).await,
                Err(finding) => finding,
            }
        }),
        limited("DMARC", domain, async {
            match dns(case, "DMARC", domain) {
                Ok(dns) => dmarc::check(case, dns, domain).await,
                Err(finding) => finding,
            }
        }),
        limited("MX", domain, async {
            match dns(case, "MX", domain) {
                Ok(dns) => exchanges(dns, domain).await,
                Err(finding) => finding,
            }
        }),
    );
    vec![signing(case, publication), spf, dmarc, mx]
}

/// Whether anybody signs for the domain, as far as the settings say.
fn signing(case: &Case, publication: &Publication) -> Finding {
    let check = "signing";
    let domain = publication.from.email.domain();
    let subject = publication.slug.as_str();
    let covering = case
        .keys
        .iter()
        .filter(|key| is_within(domain, &key.domain))
        .max_by_key(|key| key.domain.len());
    match covering {
        Some(key) if key.is_signed_by_relay => {
            Finding::ok(check, subject, format!("the relay signs for {domain}"))
        }
        Some(key) => {
            let found = format!("mails from {domain} are signed with d={}", key.domain);
            Finding::ok(check, subject, found)
        }
        None => Finding::warn(
            check,
            subject,
            format!("nobody signs for {domain}, as far as the settings say"),
            format!(
                "`paperround dkim generate {domain}` makes a key; where the relay signs, say so \
                 with signed_by = \"relay\". Gmail and Yahoo want SPF and DKIM of whoever sends \
                 much, and one-click unsubscribing counts under a signature only (RFC 8058, 4)"
            ),
        ),
    }
}

/// Whether somebody can answer (RFC 5321, 5.1).
pub(super) async fn exchanges(dns: &Dns, domain: &str) -> Finding {
    let check = "MX";
    let remedy = "publish an MX record: answers and bounces go to this domain, and some servers \
                  refuse senders that cannot be answered";
    let found = match dns.exchanges(domain).await {
        Ok(found) => found,
        Err(text) => return unanswered(check, domain, &text),
    };
    if found.iter().any(|exchange| exchange.host.is_empty()) {
        let text = "the domain says that it takes no mail (RFC 7505)";
        return Finding::fail(check, domain, text, remedy);
    }
    if found.is_empty() {
        return match dns.addresses(domain).await {
            Err(text) => unanswered(check, domain, &text),
            Ok(own) if own.is_empty() => {
                Finding::fail(check, domain, "neither MX record nor address", remedy)
            }
            Ok(_) => {
                let text = "no MX record; mail goes to the domain's own address, if that takes it";
                Finding::warn(check, domain, text, remedy)
            }
        };
    }
    for exchange in &found {
        match dns.addresses(&exchange.host).await {
            Err(text) => return unanswered(check, domain, &text),
            Ok(addresses) if !addresses.is_empty() => {
                return Finding::ok(check, domain, format!("mail goes to {}", exchange.host));
            }
            Ok(_) => {}
        }
    }
    let hosts: Vec<&str> = found
        .iter()
        .map(|exchange| exchange.host.as_str())
        .collect();
    let text = format!("{}: no such host has an address", hosts.join(", "));
    Finding::fail(check, domain, text, "correct the MX record")
}
