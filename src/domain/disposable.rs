//! Domains whose addresses are thrown away after use.

use std::collections::HashSet;
use std::sync::LazyLock;

static LIST: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("disposable.txt").lines();
    lines.filter(|line| !line.starts_with('#')).collect()
});

/// Whether a domain, or one above it, is on the list.
pub fn is_disposable(domain: &str) -> bool {
    with_parents(domain).any(|name| LIST.contains(name))
}

/// A domain and those above it, the top one included: `a.b.org`, `b.org`, `org`.
pub(super) fn with_parents(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |name| {
        name.split_once('.').map(|(_, parent)| parent)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email_address::EmailAddress;

    #[test]
    fn the_list_is_known_with_its_subdomains() {
        for domain in ["mailinator.com", "yopmail.com", "in.box.mailinator.com"] {
            assert!(is_disposable(domain), "{domain}");
        }
        for domain in [
            "gmail.com",
            "gmx.de",
            "example.org",
            "inbox.example",
            "almostmailinator.com",
            "com",
        ] {
            assert!(!is_disposable(domain), "{domain}");
        }
    }

    #[test]
    fn every_entry_is_a_domain_as_addresses_have_it() {
        assert!(LIST.len() > 10_000, "{}", LIST.len());
        for domain in LIST.iter() {
            let email: EmailAddress = format!("a@{domain}").parse().unwrap();
            assert_eq!(email.domain(), *domain);
        }
    }
}
