//! Key records: what DNS must say so that signatures can be checked (RFC 6376, 3.6).

use super::key::{Algorithm, PrivateKey};

/// A key record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    pub domain: String,
    pub selector: String,
    pub algorithm: Algorithm,
    value: String,
}

impl KeyRecord {
    pub(super) fn new(
        domain: &str,
        selector: &str,
        algorithm: Algorithm,
        key: &PrivateKey,
    ) -> Self {
        let (kind, public) = (algorithm.key_kind(), key.public_base64());
        Self {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            algorithm,
            value: format!("v=DKIM1; k={kind}; p={public}"),
        }
    }

    /// Its name, without the dot at the end.
    pub fn name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// Its value as one text.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value in the strings of a TXT record, at most 255 octets each (RFC 1035, 3.3.14).
    pub fn strings(&self) -> Vec<&str> {
        let mut strings = Vec::new();
        let mut rest = self.value.as_str();
        while !rest.is_empty() {
            // ASCII throughout, so that every place is a boundary of characters.
            let (string, more) = rest.split_at(rest.len().min(255));
            strings.push(string);
            rest = more;
        }
        strings
    }

    /// The line for a zone file.
    pub fn zone_line(&self) -> String {
        let strings: Vec<String> = self.strings().iter().map(|s| format!("\"{s}\"")).collect();
        format!("{}. IN TXT ( {} )", self.name(), strings.join(" "))
    }
}
