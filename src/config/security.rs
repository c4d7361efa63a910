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
    previous_secret_keys: Vec<SecretString>,
    /// Files with the keys that were in use before, the latest first.
    pub previous_secret_key_files: Vec<PathBuf>,
}

impl Default for Security {
    fn default() -> Self {
        Self {
            secret_key: None,
            secret_key_file: PathBuf::from("paperround.key"),
            previous_secret_keys: Vec::new(),
            previous_secret_key_files: Vec::new(),
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

    /// The same with keys that were in use before.
    #[must_use]
    pub fn after(mut self, previous: &[&str]) -> Self {
        let keys = previous
            .iter()
            .map(|key| SecretString::from((*key).to_owned()));
        self.previous_secret_keys = keys.collect();
        self
    }

    /// The keys that were in use before, the latest first.
    pub fn previous(&self) -> Result<Vec<SecretString>, String> {
        let files = &self.previous_secret_key_files;
        if !files.is_empty() && !self.previous_secret_keys.is_empty() {
            let name = "previous_secret_keys";
            return Err(format!(
                "both {name} and previous_secret_key_files are set; keep one of them"
            ));
        }
        let mut keys = self.previous_secret_keys.clone();
        for file in files {
            keys.extend(secret::read("previous_secret_keys", None, Some(file))?);
        }
        if keys.iter().any(|key| key.expose_secret().len() < MIN_KEY) {
            return Err(format!("each key must have at least {MIN_KEY} characters"));
        }
        Ok(keys)
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if let Err(text) = self.key() {
            problems.push(Problem::new("security.secret_key_file", text));
        }
        if let Err(text) = self.previous() {
            problems.push(Problem::new("security.previous_secret_key_files", text));
        }
    }
}
