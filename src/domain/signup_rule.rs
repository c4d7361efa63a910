//! Whom operators keep out of the sign-up form, and whom they let in whatever else speaks against it.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use thiserror::Error;

use super::clock::Time;
use super::disposable::with_parents;
use super::email_address::EmailAddress;

named_states! {
    /// What a rule does with a sign-up.
    Effect {
        Allow => "allow",
        Block => "block",
        Refuse => "refuse",
    }
}

/// Whom a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An inbox, however its address is written.
    Address(EmailAddress),
    /// A domain with all below it.
    Domain(String),
    /// Where the request comes from.
    Network(IpNet),
}

/// The text is neither address, domain nor network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no address, domain or network, as in ann@example.org, example.org or 192.0.2.0/24"
)]
pub struct BadSubject(String);

/// A rule as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUpRule {
    pub subject: Subject,
    pub effect: Effect,
    pub reason: Option<String>,
    /// Who said so.
    pub source: Option<String>,
    pub created_at: Time,
}

impl FromStr for Subject {
    type Err = BadSubject;

    fn from_str(text: &str) -> Result<Self, BadSubject> {
        let text = text.trim();
        let bad = || BadSubject(super::text::cut(text, 100).to_owned());
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address.to_canonical().into()));
        }
        let domain = match text.split_once('@') {
            Some(("" | "*", domain)) => domain,
            Some(_) => {
                let email: EmailAddress = text.parse().map_err(|_| bad())?;
                return Ok(Self::Address(email));
            }
            None => text.strip_prefix("*.").unwrap_or(text),
        };
        // Domains at the top are rules too, though nobody has an address there.
        let email: EmailAddress = format!("a@b.{}", domain.trim_start_matches('.'))
            .parse()
            .map_err(|_| bad())?;
        let domain = email.domain().strip_prefix("b.").ok_or_else(bad)?;
        Ok(Self::Domain(domain.to_owned()))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(email) => f.write_str(&email.key()),
            Self::Domain(domain) => f.write_str(domain),
            Self::Network(network) => network.fmt(f),
        }
    }
}

/// All rules, ready to be asked.
#[derive(Debug, Default)]
pub struct Rules {
    /// By the inbox that an address leads to.
    inboxes: HashMap<String, Effect>,
    domains: HashMap<String, Effect>,
    networks: Vec<(IpNet, Effect)>,
}

impl Rules {
    pub fn new(rules: impl IntoIterator<Item = (Subject, Effect)>) -> Self {
        let mut all = Self::default();
        for (subject, effect) in rules {
            match subject {
                Subject::Address(email) => {
                    // Several ways to write one inbox: the stronger rule counts.
                    let known = all.inboxes.entry(email.inbox()).or_insert(effect);
                    *known = strongest(Some(*known), effect);
                }
                Subject::Domain(domain) => {
                    all.domains.insert(domain, effect);
                }
                Subject::Network(network) => all.networks.push((network, effect)),
            }
        }
        all
    }

    /// What the rules say of a sign-up: `allow` goes before `block`, and that before `refuse`.
    pub fn effect(&self, email: &EmailAddress, address: Option<IpAddr>) -> Option<Effect> {
        let mut found = None;
        let mut add = |effect: &Effect| found = Some(strongest(found, *effect));
        if !self.inboxes.is_empty() {
            self.inboxes
                .get(&email.inbox())
                .into_iter()
                .for_each(&mut add);
        }
        for name in with_parents(email.domain()) {
            self.domains.get(name).into_iter().for_each(&mut add);
        }
        if let Some(address) = address.map(|address| address.to_canonical()) {
            let networks = self.networks.iter();
            let around = networks.filter(|(network, _)| network.contains(&address));
            around.for_each(|(_, effect)| add(effect));
        }
        found
    }
}

fn strongest(one: Option<Effect>, other: Effect) -> Effect {
    match (one, other) {
        (Some(Effect::Allow), _) | (_, Effect::Allow) => Effect::Allow,
        (Some(Effect::Block), _) | (_, Effect::Block) => Effect::Block,
        _ => Effect::Refuse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        text.parse::<Subject>().map_or_else(
            |e| e.to_string(),
            |subject| format!("{subject:?} {subject}"),
        )
    }

    #[test]
    fn subjects_are_told_apart_by_their_form() {
        for (typed, subject) in [
            ("Ann@Example.ORG", "ann@example.org"),
            ("Example.ORG", "example.org"),
            ("@example.org", "example.org"),
            ("*.example.org", "example.org"),
            (".xyz", "xyz"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("192.0.2.9", "192.0.2.9/32"),
            ("192.0.2.9/24", "192.0.2.0/24"),
            ("2001:db8::1/32", "2001:db8::/32"),
        ] {
            assert_eq!(typed.parse::<Subject>().unwrap().to_string(), subject);
        }
        assert!(read("192.0.2.9").starts_with("Network"));
        assert!(read("xyz").starts_with("Domain"));
        for typed in ["", "@", "a b.org", "ann@", "exa_mple..org", "192.0.2.0/99"] {
            assert!(
                read(typed).contains("is no address, domain or network"),
                "{typed}"
            );
        }
    }

    #[test]
    fn allow_goes_before_block_and_block_before_refuse() {
        let rule = |subject: &str, effect| (subject.parse().unwrap(), effect);
        let rules = Rules::new([
            rule("spam.example", Effect::Block),
            rule("good.spam.example", Effect::Allow),
            rule("throw.example", Effect::Refuse),
            rule("v.ictim@gmail.com", Effect::Block),
            rule("198.51.100.0/24", Effect::Block),
            rule("ann@inbox.example", Effect::Allow),
        ]);
        let effect = |email: &str, from: &str| {
            let from = from.parse().unwrap();
            rules.effect(&email.parse().unwrap(), Some(from))
        };
        let home = "203.0.113.7";
        assert_eq!(effect("a@spam.example", home), Some(Effect::Block));
        assert_eq!(effect("a@x.spam.example", home), Some(Effect::Block));
        assert_eq!(effect("a@notspam.example", home), None);
        assert_eq!(effect("a@x.good.spam.example", home), Some(Effect::Allow));
        assert_eq!(effect("a@throw.example", home), Some(Effect::Refuse));
        assert_eq!(effect("victim+x@googlemail.com", home), Some(Effect::Block));
        assert_eq!(
            effect("a@throw.example", "198.51.100.9"),
            Some(Effect::Block)
        );
        assert_eq!(
            effect("a@b.example", "::ffff:198.51.100.9"),
            Some(Effect::Block)
        );
        assert_eq!(
            effect("ann@inbox.example", "198.51.100.9"),
            Some(Effect::Allow)
        );
    }
}
