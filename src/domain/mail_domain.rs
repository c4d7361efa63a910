//! Whether a domain takes mail, as the DNS has it (RFC 5321, 5.1; RFC 7505).

use chrono::TimeDelta;

named_states! {
    /// What the DNS said of a domain.
    MailAnswer {
        Takes => "takes mail",
        TakesNone => "takes none",
        Unknown => "unknown",
    }
}

impl MailAnswer {
    /// How long it holds. Whoever sets a domain up should not wait long; and trouble passes.
    pub fn lives(self) -> TimeDelta {
        match self {
            Self::Takes => TimeDelta::days(3),
            Self::TakesNone => TimeDelta::hours(1),
            Self::Unknown => TimeDelta::minutes(5),
        }
    }
}

/// Names that are set aside for tests, examples and networks of one's own (RFC 2606, RFC 6761,
/// RFC 6762, RFC 7686, RFC 9476): the public DNS knows nothing of them.
pub fn is_set_aside(domain: &str) -> bool {
    const TOPS: [&str; 8] = [
        "alt",
        "example",
        "internal",
        "invalid",
        "local",
        "localhost",
        "onion",
        "test",
    ];
    let (rest, top) = domain.rsplit_once('.').unwrap_or(("", domain));
    let name = rest.rsplit('.').next().unwrap_or_default();
    TOPS.contains(&top) || (name == "example" && ["com", "net", "org"].contains(&top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_set_aside() {
        for domain in [
            "inbox.example",
            "mail.test",
            "example.org",
            "d17.example.com",
            "printer.local",
            "localhost",
        ] {
            assert!(is_set_aside(domain), "{domain}");
        }
        for domain in [
            "example.de",
            "myexample.org",
            "gmail.com",
            "test.com",
            "org",
        ] {
            assert!(!is_set_aside(domain), "{domain}");
        }
    }
}
