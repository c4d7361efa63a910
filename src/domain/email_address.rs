//! The address of a reader: what a person can type and a mail server will take today.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

/// RFC 5321, 4.5.3.1.3: a path has 256 octets with its angle brackets.
const MAX_ADDRESS: usize = 254;
/// RFC 5321, 4.5.3.1.1.
const MAX_LOCAL: usize = 64;
/// RFC 5321, 4.5.3.1.2, less the room that any local part needs.
const MAX_DOMAIN: usize = 253;
/// RFC 1035, 2.3.4.
const MAX_LABEL: usize = 63;

/// A syntactically valid address: the local part as typed, the domain in lower-case A-labels.
///
/// Quoted local parts, comments, address literals and dotless domains are refused: they are
/// legal in RFC 5322 but on a sign-up form they are mistakes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct EmailAddress {
    text: String,
    at: usize,
}

/// Why an address was refused, in words for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    #[error("Please type your email address.")]
    Empty,
    #[error("An email address needs an @ sign, as in name@example.org.")]
    NoAt,
    #[error("The address is longer than mail servers accept (254 characters).")]
    TooLong,
    #[error("The part before the @ is missing or longer than 64 characters.")]
    LocalLength,
    #[error("The part before the @ has a dot at its start or end, or two dots in a row.")]
    LocalDots,
    #[error("The address contains a character that does not belong there: {0:?}.")]
    Character(char),
    #[error("The part after the @ is not a domain name such as example.org.")]
    Domain,
}

impl EmailAddress {
    /// The part before the `@`.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// The part after the `@`: lower case, A-labels (RFC 5891).
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form under which the address is looked up: all lower case, since no mail server in
    /// use tells `Ann@` from `ann@` and one person must not be subscribed twice.
    pub fn key(&self) -> String {
        self.text.to_lowercase()
    }

    /// The inbox that the address most likely leads to, for counting only: without what stands
    /// behind a plus sign, and at Gmail without dots.
    pub fn inbox(&self) -> String {
        let local = self.local().to_lowercase();
        let local = match local.split_once('+') {
            Some((name, _)) if !name.is_empty() => name,
            _ => &local,
        };
        match self.domain() {
            "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
            domain => format!("{local}@{domain}"),
        }
    }

    /// The address with all but the first letter of its local part hidden, for logs. No line breaks at
    /// a bullet, as one does after an ellipsis.
    pub fn masked(&self) -> String {
        let first = self.local().chars().next().unwrap_or('?');
        format!("{first}•••@{}", self.domain())
    }
}

impl FromStr for EmailAddress {
    type Err = AddressError;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let trimmed = typed.trim_matches(' ');
        if trimmed.is_empty() {
            return Err(AddressError::Empty);
        }
        if trimmed.len() > MAX_ADDRESS * 4 {
            return Err(AddressError::TooLong);
        }
        if let Some(wrong) = trimmed
            .chars()
            .find(|c| c.is_control() || c.is_whitespace())
        {
            return Err(AddressError::Character(wrong));
        }
        let (local, domain) = trimmed.rsplit_once('@').ok_or(AddressError::NoAt)?;
        check_local(local)?;
        let domain = check_domain(domain)?;
        let text = format!("{local}@{domain}");
        if text.len() > MAX_ADDRESS {
            return Err(AddressError::TooLong);
        }
        Ok(Self {
            at: local.len(),
            text,
        })
    }
}

/// A dot-atom of RFC 5322, 3.2.3, widened to UTF-8 by RFC 6531, 3.3.
fn check_local(local: &str) -> Result<(), AddressError> {
    if local.is_empty() || local.len() > MAX_LOCAL {
        return Err(AddressError::LocalLength);
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(AddressError::LocalDots);
    }
    match local.chars().find(|&c| !is_local_char(c)) {
        Some(wrong) => Err(AddressError::Character(wrong)),
        None => Ok(()),
    }
}

fn is_local_char(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~.".contains(c)
        || (!c.is_ascii() && c.is_alphanumeric())
}

fn check_domain(domain: &str) -> Result<String, AddressError> {
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::STD3)
        .map_err(|_| AddressError::Domain)?;
    let labels: Vec<&str> = ascii.split('.').collect();
    let fits = ascii.len() <= MAX_DOMAIN && labels.len() >= 2;
    let ends_in_name = labels
        .last()
        .is_some_and(|l| l.chars().any(|c| !c.is_ascii_digit()));
    if fits && ends_in_name && labels.iter().all(|label| is_label(label)) {
        Ok(ascii.into_owned())
    } else {
        Err(AddressError::Domain)
    }
}

/// RFC 1123, 2.1: letters, digits and inner hyphens.
fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str) -> Result<String, AddressError> {
        typed.parse::<EmailAddress>().map(String::from)
    }

    #[test]
    fn takes_what_people_type() {
        assert_eq!(
            parse(" Ann.Lee+news@Example.ORG "),
            Ok("Ann.Lee+news@example.org".into())
        );
        assert_eq!(parse("jörg@bücher.de"), Ok("jörg@xn--bcher-kva.de".into()));
        assert_eq!(parse("o'neil@example.ie"), Ok("o'neil@example.ie".into()));
    }

    #[test]
    fn refuses_what_could_break_a_header_or_a_session() {
        assert_eq!(
            parse("a@example.org\r\nBcc: b@c.de"),
            Err(AddressError::Character('\r'))
        );
        assert_eq!(parse("a\0@example.org"), Err(AddressError::Character('\0')));
        assert_eq!(
            parse("\"a b\"@example.org"),
            Err(AddressError::Character(' '))
        );
        assert_eq!(parse("<a@example.org>"), Err(AddressError::Character('<')));
        assert_eq!(parse("a@b@example.org"), Err(AddressError::Character('@')));
    }

    #[test]
    fn refuses_domains_without_a_name() {
        for typed in [
            "a@localhost",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@-x.org",
            "a@x..org",
            "a@",
        ] {
            assert_eq!(parse(typed), Err(AddressError::Domain), "{typed}");
        }
    }

    #[test]
    fn bounds_every_length() {
        let long = format!("{}@example.org", "a".repeat(65));
        assert_eq!(parse(&long), Err(AddressError::LocalLength));
        let total = format!("{}@{}.org", "a".repeat(64), "b.".repeat(100));
        assert!(parse(&total).is_err());
        assert_eq!(parse(&"a".repeat(5000)), Err(AddressError::TooLong));
    }

    #[test]
    fn ways_to_write_one_inbox_are_known() {
        let inbox = |typed: &str| typed.parse::<EmailAddress>().unwrap().inbox();
        for typed in [
            "A.n.n+news@gmail.com",
            "ann@googlemail.com",
            "ANN+@Gmail.com",
        ] {
            assert_eq!(inbox(typed), "ann@gmail.com", "{typed}");
        }
        assert_eq!(inbox("a.nn+news+2@example.org"), "a.nn@example.org");
        assert_eq!(inbox("+news@example.org"), "+news@example.org");
        assert_ne!(inbox("a.nn@example.org"), inbox("ann@example.org"));
    }

    #[test]
    fn looks_up_without_regard_to_case() {
        let typed: EmailAddress = "Ann@Example.org".parse().unwrap();
        assert_eq!(typed.key(), "ann@example.org");
        assert_eq!(typed.as_str(), "Ann@example.org");
        assert_eq!(typed.masked(), "A•••@example.org");
    }
}
