//! `[[dkim]]`: which keys sign the mails of which domain.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Problem, secret};

/// A key of a domain, or the word that the relay signs for it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dkim {
    /// The domain of From, or a parent of it.
    pub domain: String,
    pub selector: Option<String>,
    pub algorithm: Option<String>,
    private_key: Option<SecretString>,
    pub private_key_file: Option<PathBuf>,
    /// "relay", and nothing else beside the domain.
    pub signed_by: Option<String>,
}

/// RFC 8463 and RFC 8301, 3.1.
const ALGORITHMS: [&str; 2] = ["rsa-sha256", "ed25519-sha256"];

impl Dkim {
    /// An entry with a key in a file.
    pub fn with_key_file(
        domain: &str,
        selector: &str,
        algorithm: &str,
        file: impl Into<PathBuf>,
    ) -> Self {
        Self {
            domain: domain.to_owned(),
            selector: Some(selector.to_owned()),
            algorithm: Some(algorithm.to_owned()),
            private_key_file: Some(file.into()),
            ..Self::default()
        }
    }

    /// Whether the relay signs.
    pub fn is_signed_by_relay(&self) -> bool {
        self.signed_by.is_some()
    }

    /// The name of the algorithm; rsa-sha256 where none is given.
    pub fn algorithm(&self) -> &str {
        self.algorithm.as_deref().unwrap_or(ALGORITHMS[0])
    }

    /// The domain as DNS has it: lower case, A-labels.
    pub fn ascii_domain(&self) -> Result<String, String> {
        domain_name(&self.domain)
    }

    /// The key's text.
    pub fn key(&self) -> Result<SecretString, String> {
        let (value, file) = (self.private_key.as_ref(), self.private_key_file.as_ref());
        secret::read("private_key", value, file)?.ok_or_else(|| {
            "missing: name the key's file; `paperround dkim generate` makes one. Where the relay \
             signs, set signed_by = \"relay\" instead"
                .to_owned()
        })
    }

    /// Where the key's text comes from.
    pub fn origin(&self) -> String {
        match &self.private_key_file {
            Some(path) => path.display().to_string(),
            None => "private_key".to_owned(),
        }
    }

    /// The entry in messages.
    fn name(&self) -> String {
        match &self.selector {
            Some(selector) => format!("dkim {selector}._domainkey.{}", self.domain),
            None => format!("dkim {:?}", self.domain),
        }
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let mut wrong = |key: &str, text: String| {
            problems.push(Problem::new(format!("{}: {key}", self.name()), text));
        };
        if let Err(text) = self.ascii_domain() {
            wrong("domain", text);
        }
        if let Some(other) = self.signed_by.as_deref().filter(|who| *who != "relay") {
            wrong(
                "signed_by",
                format!("{other:?} is not known; only \"relay\" is"),
            );
        }
        let has_key_settings = self.selector.is_some()
            || self.algorithm.is_some()
            || self.private_key.is_some()
            || self.private_key_file.is_some();
        if self.is_signed_by_relay() {
            if has_key_settings {
                wrong(
                    "signed_by",
                    "the relay signs, so selector, algorithm and key do not belong here".to_owned(),
                );
            }
            return;
        }
        match self.selector.as_deref() {
            None => wrong(
                "selector",
                "missing: the first part of the key record's name".to_owned(),
            ),
            Some(selector) if !is_selector(selector) => wrong(
                "selector",
                "must be letters, digits and hyphens, in parts joined by dots".to_owned(),
            ),
            Some(_) => {}
        }
        if !ALGORITHMS.contains(&self.algorithm()) {
            let known = ALGORITHMS.join("\" or \"");
            wrong(
                "algorithm",
                format!("{:?}; must be \"{known}\"", self.algorithm()),
            );
        }
        if let Err(text) = self.key() {
            wrong("private_key_file", text);
        }
    }

    /// For showing.
    pub(super) fn redacted(&self) -> Value {
        if self.is_signed_by_relay() {
            return json!({ "domain": self.domain, "signed_by": self.signed_by });
        }
        json!({
            "domain": self.domain,
            "selector": self.selector,
            "algorithm": self.algorithm(),
            "private_key": self.private_key.as_ref().map(|_| "***"),
            "private_key_file": self.private_key_file,
        })
    }
}

/// A domain in lower-case A-labels (RFC 5891); one part alone is no domain that sends mail.
pub fn domain_name(text: &str) -> Result<String, String> {
    let wrong = || format!("{text:?} is not a domain such as example.org");
    let ascii = idna::domain_to_ascii(text.trim()).map_err(|_| wrong())?;
    let fits = ascii.contains('.') && ascii.len() <= 253 && ascii.split('.').all(is_label);
    fits.then_some(ascii).ok_or_else(wrong)
}

/// Whether a selector may be used: labels joined by dots (RFC 6376, 3.1).
pub fn is_selector(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// RFC 1123, 2.1.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(toml: &str) -> Vec<String> {
        let entry: Dkim = toml_entry(toml);
        let mut problems = Vec::new();
        entry.check(&mut problems);
        let said = problems
            .into_iter()
            .map(|p| format!("{}: {}", p.field, p.text));
        said.collect()
    }

    fn toml_entry(toml: &str) -> Dkim {
        let source = config::File::from_str(toml, config::FileFormat::Toml);
        let read = config::Config::builder()
            .add_source(source)
            .build()
            .unwrap();
        read.try_deserialize().unwrap()
    }

    #[test]
    fn an_entry_has_a_key_or_names_the_relay() {
        let key = "domain = \"example.org\"\nselector = \"s1\"\nprivate_key = \"x\"\n";
        assert!(problems(key).is_empty(), "{:?}", problems(key));
        let relay = "domain = \"example.org\"\nsigned_by = \"relay\"\n";
        assert!(problems(relay).is_empty(), "{:?}", problems(relay));

        let both = problems(&format!("{key}signed_by = \"relay\"\n"));
        assert!(both[0].starts_with("dkim s1._domainkey.example.org: signed_by: the relay signs"));
        let neither = problems("domain = \"example.org\"\n");
        assert!(neither[0].contains("selector: missing") && neither[1].contains("signed_by"));
        assert!(problems(&relay.replace("relay", "me"))[0].contains("\"me\" is not known"));
        let two = problems(&format!("{key}private_key_file = \"y\"\n"));
        assert!(two[0].contains("keep one of them"), "{two:?}");
    }

    #[test]
    fn each_wrong_value_is_named() {
        let key = "domain = \"example.org\"\nselector = \"s1\"\nprivate_key = \"x\"\n";
        for (from, to, field) in [
            ("example.org", "org", "domain"),
            ("example.org", "exa mple.org", "domain"),
            ("example.org", "", "domain"),
            ("\"s1\"", "\"s_1\"", "selector"),
            ("\"s1\"", "\"\"", "selector"),
            (
                "private_key",
                "algorithm = \"rsa-sha1\"\nprivate_key",
                "algorithm",
            ),
            (
                "private_key = \"x\"",
                "private_key_file = \"/nowhere/k.pem\"",
                "/nowhere/k.pem",
            ),
        ] {
            let found = problems(&key.replace(from, to));
            assert!(
                found.len() == 1 && found[0].contains(field),
                "{to}: {found:?}"
            );
        }
    }

    #[test]
    fn domains_are_written_as_dns_has_them() {
        assert_eq!(
            domain_name("Bücher.Example").unwrap(),
            "xn--bcher-kva.example"
        );
    }

    #[test]
    fn a_key_in_place_is_not_shown() {
        let entry =
            toml_entry("domain = \"a.example\"\nselector = \"s\"\nprivate_key = \"tell-none\"\n");
        let shown = format!("{}{entry:?}", entry.redacted());
        assert!(
            !shown.contains("tell-none") && shown.contains("***"),
            "{shown}"
        );
    }
}
