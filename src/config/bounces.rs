//! `[bounces]`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Problem, secret};
use crate::domain::email_address::EmailAddress;

/// The shortest secret in an address that anybody may try.
const LEAST_SECRET: usize = 24;

/// Where reports about mails come back, how they are read, and what they lead to.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounces {
    /// The domain of the return paths; empty for the sender's address.
    pub return_path_domain: String,
    /// Where a mail server hands mails over by LMTP; empty for nowhere.
    pub lmtp_listen: String,
    /// A Maildir that a mail server delivers to; empty for none.
    pub maildir: String,
    /// What mail providers that call us have in their addresses; nobody may call without it.
    pub webhook_secret: Option<SecretString>,
    pub webhook_secret_file: Option<PathBuf>,
    /// From how many mails on that bounced softly an address gets no more; 0 for never.
    pub soft_limit: u32,
    /// How long a soft bounce counts.
    pub soft_days: u32,
}

impl Default for Bounces {
    fn default() -> Self {
        Self {
            return_path_domain: String::new(),
            lmtp_listen: String::new(),
            maildir: String::new(),
            webhook_secret: None,
            webhook_secret_file: None,
            soft_limit: 5,
            soft_days: 60,
        }
    }
}

impl Bounces {
    /// The domain of the return paths in small letters, where one is set.
    pub fn domain(&self) -> Option<String> {
        let domain = self.return_path_domain.trim();
        (!domain.is_empty()).then(|| domain.to_ascii_lowercase())
    }

    /// Where to listen, where that is asked for.
    pub fn listen(&self) -> Option<SocketAddr> {
        self.lmtp_listen.trim().parse().ok()
    }

    /// The Maildir, where there is one.
    pub fn maildir(&self) -> Option<PathBuf> {
        let folder = self.maildir.trim();
        (!folder.is_empty()).then(|| PathBuf::from(folder))
    }

    /// What the addresses end in that mail providers call.
    pub fn secret(&self) -> Result<Option<SecretString>, String> {
        let (given, file) = (&self.webhook_secret, &self.webhook_secret_file);
        let secret = secret::read("webhook_secret", given.as_ref(), file.as_ref())?;
        // An empty one in the environment is none.
        Ok(secret.filter(|secret| !secret.expose_secret().is_empty()))
    }

    fn check_secret(&self) -> Result<(), String> {
        let Some(secret) = self.secret()? else {
            return Ok(());
        };
        let secret = secret.expose_secret();
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
        if secret.len() < LEAST_SECRET || !secret.bytes().all(is_plain) {
            return Err(format!(
                "must have at least {LEAST_SECRET} letters and digits, as `openssl rand -hex 24` prints them: it is a \
                 part of an address"
            ));
        }
        Ok(())
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let domain = self.return_path_domain.trim();
        if !domain.is_empty() && !is_domain(domain) {
            let text = format!("{domain:?} is no domain, as in \"bounces.example.org\"");
            problems.push(Problem::new("bounces.return_path_domain", text));
        }
        let listen = self.lmtp_listen.trim();
        if !listen.is_empty() && self.listen().is_none() {
            let text = format!("{listen:?} is no address and port, as in \"127.0.0.1:2424\"");
            problems.push(Problem::new("bounces.lmtp_listen", text));
        }
        if domain.is_empty() && self.listen().is_some() {
            let text = "needs bounces.return_path_domain: mails to that domain are taken";
            problems.push(Problem::new("bounces.lmtp_listen", text));
        }
        if let Some(folder) = self.maildir()
            && !is_maildir(&folder)
        {
            let text = format!(
                "{} is no Maildir: it has no folders new, cur and tmp",
                folder.display()
            );
            problems.push(Problem::new("bounces.maildir", text));
        }
        if let Err(text) = self.check_secret() {
            problems.push(Problem::new("bounces.webhook_secret", text));
        }
        if !(1..=3650).contains(&self.soft_days) {
            problems.push(Problem::new("bounces.soft_days", "must be 1 to 3650"));
        }
    }
}

fn is_maildir(folder: &Path) -> bool {
    ["new", "cur", "tmp"]
        .iter()
        .all(|part| folder.join(part).is_dir())
}

/// In ASCII: what goes into an envelope is read by servers of any age.
fn is_domain(text: &str) -> bool {
    let address: Result<EmailAddress, _> = format!("bounce@{text}").parse();
    text.is_ascii() && text.contains('.') && address.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(change: impl FnOnce(&mut Bounces)) -> Vec<String> {
        let mut settings = Bounces::default();
        change(&mut settings);
        let mut problems = Vec::new();
        settings.check(&mut problems);
        problems.into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn what_cannot_work_is_named() {
        let none: [&str; 0] = [];
        assert_eq!(complaints(|_| {}), none);
        let domain = |b: &mut Bounces| b.return_path_domain = "bounces.example.org".into();
        assert_eq!(complaints(domain), none);
        for wrong in [
            "bounces",
            "a@b.example",
            "büro.example",
            "a b.example",
            "http://a.example",
        ] {
            let named = complaints(|b| b.return_path_domain = wrong.into());
            assert_eq!(named, ["bounces.return_path_domain"], "{wrong}");
        }
        let listens = |text: &str, domain: &str| {
            complaints(|b| {
                b.lmtp_listen = text.into();
                b.return_path_domain = domain.into();
            })
        };
        assert_eq!(listens("127.0.0.1:2424", "b.example"), none);
        assert_eq!(listens("127.0.0.1:2424", ""), ["bounces.lmtp_listen"]);
        assert_eq!(listens("2424", "b.example"), ["bounces.lmtp_listen"]);
        let secret = |text: &str| complaints(|b| b.webhook_secret = Some(text.to_owned().into()));
        assert_eq!(secret(""), none);
        assert_eq!(secret("0123456789abcdef0123456789abcdef"), none);
        assert_eq!(secret("short"), ["bounces.webhook_secret"]);
        assert_eq!(
            secret("0123456789abcdef/123456789abcdef"),
            ["bounces.webhook_secret"]
        );
        assert_eq!(complaints(|b| b.soft_days = 0), ["bounces.soft_days"]);
    }

    #[test]
    fn a_maildir_has_its_three_folders() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display().to_string();
        let named = complaints(|b| b.maildir.clone_from(&path));
        assert_eq!(named, ["bounces.maildir"]);
        for part in ["new", "cur", "tmp"] {
            std::fs::create_dir(folder.path().join(part)).unwrap();
        }
        assert!(complaints(|b| b.maildir.clone_from(&path)).is_empty());
    }
}
