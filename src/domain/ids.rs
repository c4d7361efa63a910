//! Ids as newtypes, so that one cannot be passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clock::{Clock, Time};
use super::random::Random;

/// Makes a UUIDv7 (RFC 9562) from the injected clock and randomness.
pub fn new_uuid(clock: &dyn Clock, random: &dyn Random) -> Uuid {
    let mut chance = [0_u8; 10];
    random.fill(&mut chance);
    let millis = u64::try_from(clock.now().timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid()
}

/// The first id of a time: all that were made before are less.
pub fn first_of(time: Time) -> Uuid {
    let millis = u64::try_from(time.timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, ordered by time.
            pub fn new(clock: &dyn Clock, random: &dyn Random) -> Self {
                Self(new_uuid(clock, random))
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text.trim()).map(Self)
            }
        }
    )+};
}

uuid_ids! {
    /// What people subscribe to.
    PublicationId,
    /// A part of a publication.
    TopicId,
    /// A person with one address.
    SubscriberId,
    /// A subscriber's place in a publication.
    SubscriptionId,
    /// One request to subscribe, waiting for its confirmation or already used.
    SignUpId,
    /// An RSS, Atom or JSON Feed source.
    FeedId,
    /// What a hub has promised for one feed.
    HubId,
    /// One item from a feed, the API or the command line.
    ArticleId,
    /// The recipe of a recurring mail.
    DigestId,
    /// One numbered outcome of a digest.
    IssueId,
    /// One rendered variant of an issue.
    EditionId,
    /// A rule that puts articles under a topic.
    TopicRuleId,
    /// A single mail outside issues.
    NoticeId,
    /// A link that was asked for by mail.
    FreshLinkId,
    /// A program's way into the API.
    ApiTokenId,
    /// Somebody who runs newsletters.
    OperatorId,
    /// A browser that has signed in.
    SessionId,
    /// Where a program is told of events.
    WebhookId,
    /// Something that has happened.
    WebhookEventId,
    /// One event on its way to one webhook.
    WebhookCallId,
    /// Something that operators should look at.
    AlertId,
    /// Readers brought along from elsewhere as a file.
    ImportId,
    /// One report about one mail.
    BounceId,
}

/// One issue to one subscription; counted up by the database, so that a million rows can be
/// inserted by one statement and claimed in ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(pub i64);

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
