//! `[security]`

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Problem, secret};

/// The secret key that links are signed with.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    secret_key: Option<SecretString>,
    /// A file with the key; made on first start where it is missing.
    pub secret_key_file: PathBuf,
}

impl Default for Security {
    fn default() -> Self {
        Self {
            secret_key: None,
            secret_key_file: PathBuf::from("paperround.key"),
        }
    }
}

/// A key has at least 32 characters: 128 bits in hexadecimal, 192 in base64.
pub const MIN_KEY: usize = 32;

impl Security {
    /// Settings with the key given in place.
    pub fn with_key(key: &str) -> Self {
        Self {
            secret_key: Some(SecretString::from(key.to_owned())),
            ..Self::default()
        }
    }

    /// Whether the key stands in the settings themselves.
    pub fn is_in_place(&self) -> bool {
        self.secret_key.is_some()
    }

    /// The key where it is given or its file exists.
    pub fn key(&self) -> Result<Option<SecretString>, String> {
        let key = match &self.secret_key {
            Some(key) => Some(key.clone()),
            None if self.secret_key_file.exists() => {
                secret::read("secret_key", None, Some(&self.secret_key_file))?
            }
            None => None,
        };
        match key {
            Some(key) if key.expose_secret().len() < MIN_KEY => Err(format!(
                "the key must have at least {MIN_KEY} characters; `paperround init` makes one"
            )),
            key => Ok(key),
        }
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if let Err(text) = self.key() {
            problems.push(Problem::new("security.secret_key_file", text));
        }
    }
}
