//! Checks of the name that this machine gives to relays in EHLO.

use std::net::IpAddr;

use super::{Case, Finding, dns, limited, unanswered};
use crate::feeds::guard;
use crate::mail::dns::Dns;

const REMEDY: &str = "the name comes from http.public_url: give that a host name which has an \
                      address in the DNS";

/// Whether the name means something to a server elsewhere (RFC 5321, 4.1.1.1).
pub(super) async fn hello(case: &Case) -> Finding {
    let check = "EHLO name";
    let name = case.hello.as_str();
    let is_far = |relay: &super::RelayCase| {
        let relay = relay.relay.as_ref();
        relay.is_ok_and(|relay| !relay.is_loopback())
    };
    if !case.relays.iter().any(is_far) {
        let found = "skipped: the relays run on this machine";
        return Finding::ok(check, name, found);
    }
    if name.eq_ignore_ascii_case("localhost") || literal(name).is_some_and(|ip| ip.is_loopback()) {
        let found = "means this machine to everybody who hears it";
        return Finding::fail(check, name, found, REMEDY);
    }
    if literal(name).is_some() {
        let found = "an address rather than a name; many servers distrust that";
        return Finding::warn(check, name, found, REMEDY);
    }
    limited(check, name, async {
        let dns = match dns(case, check, name) {
            Ok(dns) => dns,
            Err(finding) => return finding,
        };
        match dns.addresses(name).await {
            Err(text) => unanswered(check, name, &text),
            Ok(found) if found.is_empty() => {
                Finding::fail(check, name, "has no address in the DNS", REMEDY)
            }
            Ok(found) => Finding::ok(check, name, format!("has {}", list(&found))),
        }
    })
    .await
}

/// Whether the addresses of the name lead back to it, as Gmail wants of whoever sends.
pub(super) async fn reverse(case: &Case) -> Finding {
    let check = "reverse DNS";
    let name = case.hello.as_str();
    limited(check, name, async {
        let dns = match dns(case, check, name) {
            Ok(dns) => dns,
            Err(finding) => return finding,
        };
        let addresses = match literal(name) {
            Some(address) => vec![address],
            None if name.eq_ignore_ascii_case("localhost") => Vec::new(),
            None => match dns.addresses(name).await {
                Ok(found) => found,
                Err(text) => return unanswered(check, name, &text),
            },
        };
        let public: Vec<IpAddr> = addresses
            .into_iter()
            .filter(|address| guard::refusal(*address).is_none())
            .collect();
        if public.is_empty() {
            return Finding::ok(check, name, "skipped: it has no public address");
        }
        confirm(dns, name, &public).await
    })
    .await
}

async fn confirm(dns: &Dns, name: &str, public: &[IpAddr]) -> Finding {
    let check = "reverse DNS";
    let mut lost = Vec::new();
    for address in public {
        match leads_back(dns, *address).await {
            Ok(true) => {}
            Ok(false) => lost.push(*address),
            Err(text) => return unanswered(check, name, &text),
        }
    }
    if lost.is_empty() {
        let found = format!("{} leads back to a name of its own", list(public));
        return Finding::ok(check, name, found);
    }
    Finding::warn(
        check,
        name,
        format!("{} leads back to no name that has it", list(&lost)),
        "if mail leaves from this address, have its provider set a PTR record to a name with this \
         address (Gmail's sender guidelines ask for it); with a relay elsewhere that is the \
         relay's business",
    )
}

/// Forward-confirmed reverse DNS: a name of the address has the address.
async fn leads_back(dns: &Dns, address: IpAddr) -> Result<bool, String> {
    for name in dns.names(address).await?.iter().take(5) {
        if dns.addresses(name).await?.contains(&address) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The address that a name is, with or without the brackets of a literal.
fn literal(name: &str) -> Option<IpAddr> {
    name.trim_matches(['[', ']']).parse().ok()
}

fn list(addresses: &[IpAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
