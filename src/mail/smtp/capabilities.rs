//! What the server says that it can do, in its reply to EHLO (RFC 5321, 4.1.1.1).

use super::auth::Mechanism;

/// The extensions that we use or that an operator wants to know of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 1870: the longest message; 0 where no limit is named, `None` where SIZE is not
    /// offered.
    pub size: Option<u64>,
    /// RFC 6152.
    pub eight_bit_mime: bool,
    /// RFC 6531.
    pub smtp_utf8: bool,
    /// RFC 3461.
    pub dsn: bool,
    /// RFC 3030.
    pub chunking: bool,
    /// RFC 2034.
    pub enhanced_status_codes: bool,
    /// RFC 3207; not offered again once TLS is on.
    pub starttls: bool,
    /// RFC 4954: those that we speak.
    pub auth: Vec<Mechanism>,
}

impl Capabilities {
    /// Reads the lines of the reply, of which the first is a greeting.
    pub(super) fn parse(lines: &str) -> Self {
        let mut found = Self::default();
        for line in lines.lines().skip(1) {
            // Some servers of old wrote AUTH=LOGIN.
            let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
            let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
            match keyword.as_str() {
                "PIPELINING" => found.pipelining = true,
                "SIZE" => {
                    // A limit that cannot be read is none that could be kept to.
                    found.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0));
                }
                "8BITMIME" => found.eight_bit_mime = true,
                "SMTPUTF8" => found.smtp_utf8 = true,
                "DSN" => found.dsn = true,
                "CHUNKING" => found.chunking = true,
                "ENHANCEDSTATUSCODES" => found.enhanced_status_codes = true,
                "STARTTLS" => found.starttls = true,
                "AUTH" => {
                    for mechanism in words.filter_map(Mechanism::parse) {
                        if !found.auth.contains(&mechanism) {
                            found.auth.push(mechanism);
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_in_any_case_and_order() {
        let found = Capabilities::parse(
            "PIPELINING greets you\n8bitmime\nSIZE 1000\nAUTH=LOGIN\nAUTH LOGIN PLAIN CRAM-MD5\n\
             StartTLS\nXCLIENT ADDR\n",
        );
        let expected = Capabilities {
            eight_bit_mime: true,
            size: Some(1000),
            auth: vec![Mechanism::Login, Mechanism::Plain],
            starttls: true,
            ..Capabilities::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_size_without_a_number_is_no_limit() {
        for (line, size) in [("SIZE", 0), ("SIZE 0", 0), ("SIZE many", 0), ("size 5", 5)] {
            let found = Capabilities::parse(&format!("hi\n{line}"));
            assert_eq!(found.size, Some(size), "{line}");
        }
        assert_eq!(Capabilities::parse("hi\nDSN").size, None);
    }
}
