//! What people subscribe to, and its topics.

use std::collections::BTreeSet;
use std::fmt;

use chrono_tz::Tz;
use thiserror::Error;

use super::clock::Time;
use super::email_address::{AddressError, EmailAddress};
use super::ids::{PublicationId, TopicId};
use super::language::primary;
use super::links::LinkRules;
use super::look::Look;
use super::slug::{self, Slug};
use super::text::{self, LineError};

/// A sender as it appears in `From`: a name for people and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: String,
    pub email: EmailAddress,
}

/// Why a mailbox was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailboxError {
    #[error("{0:?} is not of the form: Name <address@example.org>")]
    Form(String),
    #[error("the address in {text:?} is wrong: {reason}")]
    Address { text: String, reason: AddressError },
    #[error(transparent)]
    Name(#[from] LineError),
}

impl std::str::FromStr for Mailbox {
    type Err = MailboxError;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let given = given.trim();
        let (name, email) = given
            .strip_suffix('>')
            .and_then(|rest| rest.rsplit_once('<'))
            .ok_or_else(|| MailboxError::Form(given.to_owned()))?;
        let name = text::line("the sender's name", name.trim().trim_matches('"'), 80)?;
        let email = email
            .trim()
            .parse()
            .map_err(|reason| MailboxError::Address {
                text: given.to_owned(),
                reason,
            })?;
        Ok(Self { name, email })
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

named_states! {
    /// What a reader gets at once on confirming.
    Welcome {
        Off => "off",
        On => "on",
        LatestIssue => "latest-issue",
    }
}

/// What people subscribe to; `List-Id` comes from it.
#[derive(Debug, Clone)]
pub struct Publication {
    pub id: PublicationId,
    pub slug: Slug,
    pub name: String,
    pub from: Mailbox,
    pub reply_to: Option<EmailAddress>,
    pub postal_address: String,
    pub language: String,
    /// Those of its pages and mails; empty for all that there are.
    pub languages: Vec<String>,
    pub timezone: Tz,
    pub description: Option<String>,
    pub privacy_url: Option<String>,
    /// The names of the relays that its digests go through; empty for any of them.
    pub relays: Vec<String>,
    /// The mail to a reader who has just confirmed.
    pub welcome: Welcome,
    /// How its mails link to articles.
    pub links: LinkRules,
    /// Whether its mails carry a picture of which is counted how often it is loaded.
    pub count_opens: bool,
    /// How its mails look.
    pub look: Look,
    pub archived_at: Option<Time>,
    pub created_at: Time,
}

impl Publication {
    /// Whether its pages and mails may be in a language.
    pub fn offers(&self, tag: &str) -> bool {
        self.languages.is_empty() || self.languages.contains(&primary(tag))
    }
}

/// A part of a publication that a subscription may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub id: TopicId,
    pub slug: Slug,
    pub name: String,
}

/// The topics that a reader chose; empty means all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicChoice(pub BTreeSet<Slug>);

impl TopicChoice {
    /// Readers with the same key share an edition.
    pub fn key(&self) -> String {
        slug::joined(&self.0)
    }

    /// Reads a key back; unknown forms are dropped.
    pub fn from_key(key: &str) -> Self {
        Self(slug::split(key))
    }

    /// Whether an article of these topics belongs into the reader's digest.
    pub fn wants<'a>(&self, mut topics: impl Iterator<Item = &'a Slug>) -> bool {
        self.0.is_empty() || topics.any(|topic| self.0.contains(topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_has_a_name_and_an_address() {
        let mailbox: Mailbox = "\"The Ledger\" <news@ledger.example>".parse().unwrap();
        assert_eq!(mailbox.to_string(), "The Ledger <news@ledger.example>");
        assert!("news@ledger.example".parse::<Mailbox>().is_err());
        assert!("A\r\nBcc: x <a@b.example>".parse::<Mailbox>().is_err());
    }

    #[test]
    fn a_choice_survives_its_key() {
        let choice = TopicChoice::from_key("energy,banking");
        assert_eq!(choice.key(), "banking,energy");
        let energy: Slug = "energy".parse().unwrap();
        let sport: Slug = "sport".parse().unwrap();
        assert!(choice.wants([&sport, &energy].into_iter()));
        assert!(!choice.wants([&sport].into_iter()));
        assert!(TopicChoice::default().wants(std::iter::empty()));
    }
}
