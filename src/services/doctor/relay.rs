//! Checks of a relay: reachable, protected, and willing to take our mail.

use super::{Case, Finding, RelayCase, limited};
use crate::domain::clock::Time;
use crate::mail::smtp::{Examined, Protection};
use crate::mail::{ConnectError, Fault, Relay, Security};

/// A certificate that ends sooner is worth a warning.
const SOON: chrono::TimeDelta = chrono::TimeDelta::days(14);

/// Connecting, signing in and what the server offers; and its certificate apart.
pub(super) async fn check(case: &Case, relay: &RelayCase) -> Vec<Finding> {
    let name = relay.name.as_str();
    let relay = match &relay.relay {
        Ok(relay) => relay,
        Err(text) => {
            let remedy = "correct this [[relay]] in the settings";
            return vec![Finding::fail("relay", name, text.as_str(), remedy)];
        }
    };
    if relay.sends_password_in_clear() {
        return vec![Finding::fail(
            "relay",
            name,
            format!(
                "{}: user name and password would travel in the clear; not tried",
                relay.endpoint()
            ),
            "use smtp+starttls:// (port 587) or smtps:// (port 465) in relay.url",
        )];
    }
    let mut protection = None;
    let connected = limited("relay", name, async {
        match relay.examine().await {
            Ok(examined) => {
                protection.clone_from(&examined.protection);
                describe(name, relay, &examined)
            }
            Err(error) => refused(name, &error),
        }
    })
    .await;
    let mut findings = vec![connected];
    if let Some(protection) = protection {
        findings.push(certificate(name, &protection, case.clock.now()));
    }
    findings
}

fn describe(name: &str, relay: &Relay, examined: &Examined) -> Finding {
    let greeting: String = examined.greeting.chars().take(60).collect();
    let mut found = format!("{} \"{}\"", relay.endpoint(), greeting.trim());
    if relay.has_credentials() {
        found.push_str(", signed in");
    }
    found.push_str(", offers ");
    found.push_str(&offers(examined));
    if relay.security() == Security::Plain && !relay.is_loopback() {
        let remedy = "if the relay speaks TLS, use smtp+starttls:// or smtps:// in relay.url";
        return Finding::warn("relay", name, found + "; mail travels in the clear", remedy);
    }
    Finding::ok("relay", name, found)
}

fn offers(examined: &Examined) -> String {
    let server = &examined.capabilities;
    let size = match server.size {
        Some(0) => Some("SIZE without a limit".to_owned()),
        Some(most) => Some(format!("SIZE {most}")),
        None => None,
    };
    let word = |has: bool, word: &str| has.then(|| word.to_owned());
    let known: Vec<String> = [
        word(server.pipelining, "PIPELINING"),
        word(server.chunking, "CHUNKING"),
        size,
        word(server.eight_bit_mime, "8BITMIME"),
        word(server.smtp_utf8, "SMTPUTF8"),
        word(server.dsn, "DSN"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut text = if known.is_empty() {
        "no extension that is used".to_owned()
    } else {
        known.join(", ")
    };
    if !server.pipelining {
        text.push_str("; without PIPELINING each mail costs four round trips");
    }
    text
}

fn refused(name: &str, error: &ConnectError) -> Finding {
    let remedy = match error.fault {
        Fault::Network => "check host and port in relay.url, that the server runs, and firewalls",
        Fault::Tls => {
            "use a host name that the certificate has, a certificate that is in date, and \
             relay.ca_file for a private authority; or the scheme that fits the port (587 is \
             smtp+starttls://, 465 is smtps://)"
        }
        Fault::Server => "ask who runs the relay: it must let this machine in",
        Fault::SignIn => "correct user name and password in relay.url, or auth of this [[relay]]",
    };
    let found = format!("{}: {}", error.endpoint, error.problem);
    Finding::fail("relay", name, found, remedy)
}

fn certificate(name: &str, protection: &Protection, now: Time) -> Finding {
    let (check, version) = ("relay TLS", &protection.version);
    let Some(ends_at) = protection.ends_at else {
        let found = format!("{version}, a certificate that is valid");
        return Finding::ok(check, name, found);
    };
    let found = format!(
        "{version}, certificate until {}",
        ends_at.format("%Y-%m-%d")
    );
    if ends_at < now + SOON {
        let remedy = "renew the relay's certificate before it ends: no mail goes out after that";
        Finding::warn(check, name, found, remedy)
    } else {
        Finding::ok(check, name, found)
    }
}
