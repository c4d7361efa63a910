//! What operators should look at.

use serde::{Deserialize, Serialize};

use super::clock::Time;
use super::ids::{AlertId, PublicationId};

named_states! {
    /// What is wrong.
    AlertKind {
        DigestMissed => "digest-missed",
        DigestEmpty => "digest-empty",
        FeedDead => "feed-dead",
        RelayDown => "relay-down",
        IssueFailing => "issue-failing",
        BounceRate => "bounce-rate",
        ComplaintRate => "complaint-rate",
        QueueLate => "queue-late",
        WebhookDisabled => "webhook-disabled",
    }
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: AlertKind,
    /// What it is about: an id or a name. There is one open alert of a kind for each.
    pub subject: String,
    pub publication: Option<PublicationId>,
    /// What operators read.
    pub summary: String,
}

/// Something that was wrong since a time, and is or is over.
#[derive(Debug, Clone)]
pub struct Alert {
    pub id: AlertId,
    pub kind: AlertKind,
    pub subject: String,
    pub publication: Option<PublicationId>,
    pub summary: String,
    pub opened_at: Time,
    /// When a mail told of it.
    pub told_at: Option<Time>,
    /// When a mail reminded of it last.
    pub reminded_at: Option<Time>,
    /// When an operator said that they know: it is not reminded of any more.
    pub acknowledged_at: Option<Time>,
    pub closed_at: Option<Time>,
}

named_states! {
    /// Whether something is still wrong, and somebody knows.
    AlertState {
        Open => "open",
        Acknowledged => "acknowledged",
        Over => "over",
    }
}

impl Alert {
    pub fn state(&self) -> AlertState {
        match (self.closed_at, self.acknowledged_at) {
            (Some(_), _) => AlertState::Over,
            (None, Some(_)) => AlertState::Acknowledged,
            (None, None) => AlertState::Open,
        }
    }
}

/// What a mail says of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    Opened,
    Reminded,
    Over,
}

/// One line of such a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertLine {
    pub said: Said,
    pub kind: AlertKind,
    pub summary: String,
    pub opened_at: Time,
    pub closed_at: Option<Time>,
}

/// After which time an open alert is reminded of.
pub const REMIND_AFTER: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// Whether so many failures among so many mails stop an issue: counted only from `minimum` on.
pub fn is_failing(failed: u64, ended: u64, percent: u32, minimum: u32) -> bool {
    percent > 0 && ended >= u64::from(minimum) && failed * 100 >= ended * u64::from(percent)
}

#[cfg(test)]
mod tests {
    use super::is_failing;

    #[test]
    fn failures_count_from_a_number_on() {
        assert!(!is_failing(99, 99, 10, 100));
        assert!(is_failing(10, 100, 10, 100));
        assert!(!is_failing(9, 100, 10, 100));
        assert!(!is_failing(100, 100, 0, 100), "switched off");
    }
}
