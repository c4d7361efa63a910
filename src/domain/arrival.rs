//! A sign-up as it came in, kept before anything is looked up: so the answer cannot depend on what
//! is known of the address.

use chrono_tz::Tz;

use super::clock::Time;
use super::digest::DigestChoice;
use super::email_address::EmailAddress;
use super::ids::{PublicationId, SignUpId};
use super::publication::TopicChoice;

/// What a reader asked for, with the evidence of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Stays the id of the sign-up that comes of it.
    pub id: SignUpId,
    pub publication: PublicationId,
    pub email: EmailAddress,
    pub name: Option<String>,
    pub topics: TopicChoice,
    pub digests: DigestChoice,
    pub language: Option<String>,
    pub timezone: Option<Tz>,
    /// The page that carried the form.
    pub source: Option<String>,
    /// The network of the request, truncated.
    pub network: String,
    /// The text that stood beside the button.
    pub consent_text: String,
    pub arrived_at: Time,
}
