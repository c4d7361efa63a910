//! Links that a reader asks for by mail: whoever reads the inbox may do with them what a link in an
//! old mail, which may have been passed on, may not.

use super::clock::Time;
use super::email_address::EmailAddress;
use super::ids::{FreshLinkId, PublicationId, SubscriberId, SubscriptionId};

named_states! {
    /// What a link that was asked for by mail opens.
    LinkPurpose {
        Choices => "choices",
        Address => "address",
        NewAddress => "new-address",
        OldAddress => "old-address",
        Data => "data",
        Erasure => "erasure",
    }
}

/// A reader asks for a link: kept before anything is looked up.
#[derive(Debug, Clone)]
pub struct LinkRequest {
    /// Stays the id of the link that comes of it.
    pub id: FreshLinkId,
    pub purpose: LinkPurpose,
    /// The one from whose page it was asked for.
    pub publication: PublicationId,
    /// Who asked, where a link of theirs told; else the address tells.
    pub subscriber: Option<SubscriberId>,
    pub email: EmailAddress,
    /// The language of the page.
    pub language: Option<String>,
    pub asked_at: Time,
}

/// A link that works for a short time.
#[derive(Debug, Clone)]
pub struct FreshLink {
    pub id: FreshLinkId,
    pub purpose: LinkPurpose,
    pub subscriber: SubscriberId,
    /// The place from which it was asked for: its publication writes the mail.
    pub subscription: SubscriptionId,
    /// Where the mail goes, if not to the subscriber's address.
    pub email: Option<EmailAddress>,
    pub language: Option<String>,
    pub created_at: Time,
    pub expires_at: Time,
    pub used_at: Option<Time>,
}

impl FreshLink {
    /// Whether it still opens something.
    pub fn is_open(&self, now: Time) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}
