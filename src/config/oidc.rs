//! `[oidc]`

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::{Problem, secret};

/// A service elsewhere that operators may sign in with (OpenID Connect); none where `issuer` is empty.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Oidc {
    /// As the service itself gives it, https://...
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    pub client_secret_file: Option<PathBuf>,
    /// What the button calls the service.
    pub name: String,
}

impl Default for Oidc {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret: None,
            client_secret_file: None,
            name: "single sign-on".to_owned(),
        }
    }
}

impl Oidc {
    /// Whether there is such a service.
    pub fn is_set(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// What we prove ourselves with.
    pub fn secret(&self) -> Result<Option<SecretString>, String> {
        let file = self.client_secret_file.as_ref();
        secret::read("client_secret", self.client_secret.as_ref(), file)
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let mut wrong = |field: &str, text: &str| {
            problems.push(Problem::new(format!("oidc.{field}"), text));
        };
        if !self.is_set() {
            if !self.client_id.is_empty() {
                wrong("issuer", "is missing, and client_id is set");
            }
            return;
        }
        if !is_issuer(&self.issuer) {
            wrong(
                "issuer",
                "must be an https:// address without query, as the service gives it",
            );
        }
        if self.client_id.is_empty() {
            wrong(
                "client_id",
                "is missing: the service gives it to its clients",
            );
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 40 {
            wrong("name", "must have 1 to 40 characters");
        }
        match self.secret() {
            Ok(Some(_)) => {}
            Ok(None) => wrong(
                "client_secret",
                "is missing: the service gives it to its clients",
            ),
            Err(text) => wrong("client_secret", &text),
        }
    }
}

/// Without TLS only on this machine, for trying out.
fn is_issuer(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    scheme && url.query().is_none() && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(oidc: &Oidc) -> Vec<String> {
        let mut problems = Vec::new();
        oidc.check(&mut problems);
        problems.into_iter().map(|p| p.field).collect()
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(problems(&Oidc::default()), [""; 0]);
        let mut oidc = Oidc {
            issuer: "http://id.example".to_owned(),
            ..Oidc::default()
        };
        assert_eq!(
            problems(&oidc),
            ["oidc.issuer", "oidc.client_id", "oidc.client_secret"]
        );
        oidc.issuer = "https://id.example/realms/desk".to_owned();
        oidc.client_id = "paperround".to_owned();
        oidc.client_secret = Some(SecretString::from("x".to_owned()));
        assert_eq!(problems(&oidc), [""; 0]);
        oidc.issuer.clear();
        assert_eq!(problems(&oidc), ["oidc.issuer"]);
    }
}
