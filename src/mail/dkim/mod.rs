//! DKIM (RFC 6376, with RFC 8301 and RFC 8463): signing with the keys of a domain.
//!
//! All work that does not depend on the mail is done when the keys are loaded.

mod canon;
pub(super) mod der;
mod key;
mod record;
mod signer;
mod small_rsa;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

pub use key::Algorithm;
pub use record::KeyRecord;
pub use signer::Signer;

use crate::domain::clock::Time;
use key::PrivateKey;
use signer::SigningKey;

/// A `[[dkim]]` as the settings give it.
#[derive(Debug, Clone)]
pub struct DkimKeyConfig {
    /// The domain of the signature: that of From, or a parent of it.
    pub domain: String,
    pub signed_by: SignedBy,
}

/// Who signs the mails of a domain.
#[derive(Debug, Clone)]
pub enum SignedBy {
    /// The relay; nothing is signed here.
    Relay,
    /// This program.
    Key {
        selector: String,
        algorithm: Algorithm,
        /// PEM, or the base64 of an Ed25519 seed.
        private_key: SecretString,
        /// Where the key comes from, for messages: a file, or the name of the setting.
        origin: String,
    },
}

/// Why keys cannot be used, or a mail cannot be signed; never shows anything of a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DkimError {
    #[error("dkim {entry}: {origin}: {problem}")]
    Key {
        /// The record's name, or the domain.
        entry: String,
        origin: String,
        problem: String,
    },
    #[error("dkim {domain}: {problem}")]
    Entry { domain: String, problem: String },
    #[error("a mail without exactly one From field cannot be signed")]
    From,
    #[error("a mail with a malformed header cannot be signed")]
    Header,
    #[error("the key {0} could not sign")]
    Sign(String),
}

/// Who signs for a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// This program.
    Here,
    /// The relay.
    Relay,
    /// Nobody, as far as the settings say.
    Nobody,
}

/// The keys of all domains.
#[derive(Default)]
pub struct DkimKeys {
    /// `None`: the relay signs.
    domains: HashMap<String, Option<Arc<Signer>>>,
    warnings: Vec<String>,
}

impl DkimKeys {
    /// Reads the keys and prepares them. The first entry that is wrong is the error.
    pub fn load(entries: &[DkimKeyConfig]) -> Result<Self, DkimError> {
        let mut keys: HashMap<String, Vec<SigningKey>> = HashMap::new();
        let mut loaded = Self::default();
        for entry in entries {
            let domain = entry.domain.to_ascii_lowercase();
            let held = keys.entry(domain.clone()).or_default();
            match &entry.signed_by {
                SignedBy::Relay => {
                    loaded.domains.insert(domain, None);
                }
                SignedBy::Key { selector, .. } if held.iter().any(|k| k.selector == *selector) => {
                    let problem = format!("the selector {selector:?} is given twice");
                    return Err(DkimError::Entry { domain, problem });
                }
                SignedBy::Key {
                    selector,
                    algorithm,
                    private_key,
                    origin,
                } => held.push(loaded.read(&domain, selector, *algorithm, private_key, origin)?),
            }
        }
        for (domain, keys) in keys {
            if keys.is_empty() {
                continue;
            }
            let signer = Arc::new(Signer { keys });
            if loaded
                .domains
                .insert(domain.clone(), Some(signer))
                .is_some()
            {
                let problem =
                    "one entry has a key and another says that the relay signs".to_owned();
                return Err(DkimError::Entry { domain, problem });
            }
        }
        Ok(loaded)
    }

    fn read(
        &mut self,
        domain: &str,
        selector: &str,
        algorithm: Algorithm,
        private_key: &SecretString,
        origin: &str,
    ) -> Result<SigningKey, DkimError> {
        let entry = format!("{selector}._domainkey.{domain}");
        let key = PrivateKey::read(private_key.expose_secret(), algorithm).map_err(|problem| {
            DkimError::Key {
                entry: entry.clone(),
                origin: origin.to_owned(),
                problem,
            }
        })?;
        if let Some(warning) = &key.warning {
            self.warnings
                .push(format!("dkim {entry}: {origin}: {warning}"));
        }
        Ok(SigningKey {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            algorithm,
            key,
        })
    }

    /// The signer for mails from a domain: that of the longest configured domain which is the
    /// given one or a parent of it. `None` where nobody or the relay signs.
    pub fn signer(&self, from_domain: &str) -> Option<Arc<Signer>> {
        self.find(from_domain)?.clone()
    }

    /// Who signs mails from a domain.
    pub fn coverage(&self, from_domain: &str) -> Coverage {
        match self.find(from_domain) {
            Some(Some(_)) => Coverage::Here,
            Some(None) => Coverage::Relay,
            None => Coverage::Nobody,
        }
    }

    fn find(&self, from_domain: &str) -> Option<&Option<Arc<Signer>>> {
        let domain = from_domain.to_ascii_lowercase();
        let mut rest = domain.as_str();
        loop {
            if let Some(found) = self.domains.get(rest) {
                return Some(found);
            }
            (_, rest) = rest.split_once('.')?;
        }
    }

    /// Puts the signatures for a domain before a message; without a signer it stays as it is.
    pub fn seal(
        &self,
        from_domain: &str,
        message: Vec<u8>,
        now: Time,
    ) -> Result<Vec<u8>, DkimError> {
        let Some(signer) = self.signer(from_domain) else {
            return Ok(message);
        };
        let mut sealed = signer.sign(&message, now)?;
        sealed.extend(message);
        Ok(sealed)
    }

    /// What is allowed and yet not good, such as a short key.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The records that DNS must have, in the order of their names.
    pub fn records(&self) -> Vec<KeyRecord> {
        let signers = self.domains.values().flatten();
        let mut records: Vec<KeyRecord> = signers
            .flat_map(|signer| signer.keys.iter().map(SigningKey::record))
            .collect();
        records.sort_by_key(|record| (record.domain.clone(), record.name()));
        records
    }
}

impl fmt::Debug for DkimKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.domains).finish()
    }
}

/// A new key, to be written to a file.
pub struct NewKey {
    /// The text of the file (PKCS#8 in PEM).
    pub pem: Zeroizing<String>,
    pub record: KeyRecord,
}

/// Makes a new key; `bits` matter for RSA alone.
pub fn generate(
    domain: &str,
    selector: &str,
    algorithm: Algorithm,
    bits: u32,
) -> Result<NewKey, String> {
    let (key, pem) = PrivateKey::generate(algorithm, bits)?;
    Ok(NewKey {
        pem,
        record: KeyRecord::new(domain, selector, algorithm, &key),
    })
}

#[cfg(test)]
mod tests;
