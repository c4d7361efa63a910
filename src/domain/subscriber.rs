//! A person with one address.

use super::clock::Time;
use super::email_address::EmailAddress;
use super::ids::SubscriberId;

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
