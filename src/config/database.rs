//! `[database]`

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Problem, secret};

/// Where the data lives.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    url: Option<SecretString>,
    url_file: Option<PathBuf>,
    /// Whether `serve` brings the schema up to date on start.
    pub migrate: bool,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            migrate: true,
        }
    }
}

impl Database {
    /// Settings for a given address.
    pub fn at(url: &str) -> Self {
        Self {
            url: Some(SecretString::from(url.to_owned())),
            ..Self::default()
        }
    }

    /// The address of the database; an SQLite file in the working folder by default.
    pub fn url(&self) -> Result<SecretString, String> {
        let given = secret::read("url", self.url.as_ref(), self.url_file.as_ref())?;
        Ok(given.unwrap_or_else(|| SecretString::from("sqlite://paperround.db".to_owned())))
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        match self.url() {
            Ok(url) if is_known(url.expose_secret()) => {}
            Ok(_) => problems.push(Problem::new(
                "database.url",
                "must begin with sqlite:// (a file) or postgres:// (a server)",
            )),
            Err(text) => problems.push(Problem::new("database.url", text)),
        }
    }
}

fn is_known(url: &str) -> bool {
    ["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
}
