//! One numbered outcome of a digest.

use serde::Serialize;

use super::clock::Time;
use super::digest::Words;
use super::ids::{DigestId, EditionId, IssueId, PublicationId};
use super::publication::TopicChoice;

named_states! {
    /// Where an issue stands.
    IssueState {
        Planned => "planned",
        Awaiting => "awaiting approval",
        Composing => "composing",
        Sending => "sending",
        Paused => "paused",
        Sent => "sent",
        SentWithFailures => "sent with failures",
        Skipped => "skipped",
        Cancelled => "cancelled",
    }
}

impl IssueState {
    /// Whether its page may be seen: it went out, or began to.
    pub fn is_public(self) -> bool {
        !matches!(
            self,
            Self::Planned | Self::Awaiting | Self::Composing | Self::Skipped
        )
    }

    /// Whether nothing more will happen to the issue by itself.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Sent | Self::SentWithFailures | Self::Skipped | Self::Cancelled
        )
    }
}

/// One numbered outcome of a digest.
#[derive(Debug, Clone)]
pub struct Issue {
    pub id: IssueId,
    pub digest: DigestId,
    pub publication: PublicationId,
    /// Counted per digest; a skipped issue has none.
    pub number: Option<i64>,
    pub state: IssueState,
    /// Why it was skipped, or has paused itself.
    pub reason: Option<String>,
    /// What kept it from going out last: its parts, or a relay.
    pub trouble: Option<String>,
    /// How many readers took the digest when it began to wait for approval, where it did.
    pub audience: Option<i64>,
    /// Whether its ledger is whole.
    pub is_filled: bool,
    /// What the editor said when the articles were frozen.
    pub words: Words,
    pub planned_at: Time,
    /// The time on the clocks of the digest's zone that it is for; its waves may begin before.
    pub slot_at: Option<Time>,
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
}

impl Issue {
    /// The time that it is for.
    pub fn dated(&self) -> Time {
        self.slot_at.unwrap_or(self.planned_at)
    }
}

/// One rendered variant of an issue.
#[derive(Debug, Clone)]
pub struct Edition {
    pub id: EditionId,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// What tells the editions of an issue apart. Readers with the same key share one rendering.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EditionKey {
    pub topics: TopicChoice,
    /// The language without region; `None` for all articles, in the publication's language.
    pub language: Option<String>,
}

impl EditionKey {
    /// Reads the text of a key back.
    pub fn read(text: &str) -> Self {
        let (language, topics) = match text.split_once(':') {
            Some((language, topics)) => (Some(language.to_owned()), topics),
            None => (None, text),
        };
        Self {
            topics: TopicChoice::from_key(topics),
            language,
        }
    }

    /// The key as one text, as in `de:energy,markets`; empty for the edition of the archive.
    pub fn text(&self) -> String {
        match &self.language {
            Some(language) => format!("{language}:{}", self.topics.key()),
            None => self.topics.key(),
        }
    }
}

/// The ledger of an issue, summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub recipients: i64,
    pub pending: i64,
    pub sending: i64,
    pub sent: i64,
    pub deferred: i64,
    pub failed: i64,
    pub skipped: i64,
    pub unknown: i64,
}

impl Counts {
    /// Deliveries whose outcome is still open.
    pub fn open(&self) -> i64 {
        self.pending + self.sending + self.deferred
    }

    /// The state in which an issue with no open delivery ends.
    pub fn final_state(&self) -> IssueState {
        if self.failed + self.unknown > 0 {
            IssueState::SentWithFailures
        } else {
            IssueState::Sent
        }
    }
}
