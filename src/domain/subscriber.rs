//! A person with one address.

use super::clock::Time;
use super::email_address::EmailAddress;
use super::ids::SubscriberId;
use super::subscription::SubscriptionState;

/// A person with one address.
#[derive(Debug, Clone)]
pub struct Subscriber {
    pub id: SubscriberId,
    pub email: EmailAddress,
    pub name: Option<String>,
    /// Set while the address is suppressed: then nothing is sent to it.
    pub suppressed_at: Option<Time>,
    /// Set once everything about them was erased: what is left is nobody's.
    pub erased_at: Option<Time>,
    /// The same person under another address, who has taken this one's places over.
    pub merged_into: Option<SubscriberId>,
}

named_states! {
    /// How it stands with a reader of a publication: as their subscription says, unless the address
    /// gets no mail at all.
    ReaderState {
        Pending => "pending",
        Confirmed => "confirmed",
        Unsubscribed => "unsubscribed",
        Suppressed => "suppressed",
    }
}

impl ReaderState {
    /// The state of a subscription, suppressed or not.
    pub fn of(subscription: SubscriptionState, is_suppressed: bool) -> Self {
        match subscription {
            _ if is_suppressed => Self::Suppressed,
            SubscriptionState::Pending => Self::Pending,
            SubscriptionState::Confirmed => Self::Confirmed,
            SubscriptionState::Unsubscribed => Self::Unsubscribed,
        }
    }

    /// The state that the subscription must have; `None` where any will do.
    pub fn subscription(self) -> Option<SubscriptionState> {
        match self {
            Self::Pending => Some(SubscriptionState::Pending),
            Self::Confirmed => Some(SubscriptionState::Confirmed),
            Self::Unsubscribed => Some(SubscriptionState::Unsubscribed),
            Self::Suppressed => None,
        }
    }
}
