//! How the API shows readers.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::schemas::{At, DeliveryStateWord, ReasonWord, SubscriptionStateWord};
use crate::domain::digest::Digest;
use crate::domain::publication::Publication;
use crate::domain::subscription::{Subscription, SubscriptionState};
use crate::domain::suppression::Suppression;
use crate::store::bounces::Known;
use crate::store::consents::ConsentRecord;
use crate::store::ledger::Received;
use crate::store::subscribers::Found;

/// A reader as lists have them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriberInList)]
pub(super) struct Brief {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    email: String,
    name: Option<String>,
    /// Since when nothing is sent to the address, whatever it is subscribed to.
    suppressed_at: Option<At>,
    /// Those that the token reaches.
    subscriptions: Vec<Place>,
}

/// A place in a publication.
#[derive(Debug, Serialize, ToSchema)]
struct Place {
    publication: String,
    #[schema(value_type = SubscriptionStateWord)]
    state: String,
}

impl Brief {
    /// A reader, and all rows about them.
    pub(super) fn new(reader: &Found, rows: &[Found], reaches: impl Fn(&str) -> bool) -> Self {
        let places = rows.iter().filter_map(|row| {
            let (publication, state) = (row.publication.clone()?, row.state.clone()?);
            reaches(&publication).then_some(Place { publication, state })
        });
        Self {
            id: reader.id,
            email: reader.email.clone(),
            name: reader.name.clone(),
            suppressed_at: reader.suppressed_at.map(At),
            subscriptions: places.collect(),
        }
    }
}

/// A subscriber's place in a publication.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscription)]
pub(super) struct SubscriptionView {
    /// The slug of the publication.
    publication: String,
    state: SubscriptionStateWord,
    /// Empty for all; null while it is pending, since choices wait with the request.
    topics: Option<Vec<String>>,
    /// The digests that are taken; null while it is pending.
    digests: Option<Vec<String>>,
    /// Null for the publication's.
    language: Option<String>,
    timezone: Option<&'static str>,
    created_at: At,
    confirmed_at: Option<At>,
    unsubscribed_at: Option<At>,
    /// Nothing is sent before.
    paused_until: Option<At>,
}

impl SubscriptionView {
    pub(super) fn new(publication: &Publication, all: &[Digest], s: &Subscription) -> Self {
        let chosen = s.state != SubscriptionState::Pending;
        let digests = s.digests.among(all).map(|digest| digest.slug.to_string());
        let topics = s.topics.0.iter().map(ToString::to_string);
        Self {
            publication: publication.slug.to_string(),
            state: s.state.into(),
            topics: chosen.then(|| topics.collect()),
            digests: chosen.then(|| digests.collect()),
            language: s.language.clone(),
            timezone: s.timezone.map(chrono_tz::Tz::name),
            created_at: s.created_at.into(),
            confirmed_at: s.confirmed_at.map(At),
            unsubscribed_at: s.unsubscribed_at.map(At),
            paused_until: s.paused_until.map(At),
        }
    }
}

/// A reader with all that is known of them, as far as the token reaches.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscriber)]
pub(super) struct Whole {
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    pub email: String,
    pub name: Option<String>,
    /// Why nothing is sent to the address.
    pub suppressed: Option<Suppressed>,
    pub subscriptions: Vec<WholeSubscription>,
}

/// Why an address gets no mail.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Suppressed {
    reason: ReasonWord,
    source: Option<String>,
    created_at: At,
}

impl From<Suppression> for Suppressed {
    fn from(suppression: Suppression) -> Self {
        Self {
            reason: suppression.reason.into(),
            source: suppression.source,
            created_at: suppression.created_at.into(),
        }
    }
}

/// A place with its history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriptionWithHistory)]
pub(super) struct WholeSubscription {
    #[serde(flatten)]
    pub subscription: SubscriptionView,
    /// The evidence of consent, the oldest first.
    pub consents: Vec<ConsentView>,
    /// What became of each issue, the oldest first.
    pub deliveries: Vec<DeliveryView>,
    /// What came back of mails, or was said of them, the oldest first.
    pub bounces: Vec<BounceView>,
}

/// One act that proves, changes or withdraws consent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consent)]
pub(super) struct ConsentView {
    at: At,
    #[schema(examples("confirmed"))]
    kind: &'static str,
    /// The network of the request, cut.
    network: Option<String>,
    source: Option<String>,
    detail: Option<String>,
    text_version: Option<String>,
    /// The text that was agreed to.
    text: Option<String>,
}

impl From<ConsentRecord> for ConsentView {
    fn from(record: ConsentRecord) -> Self {
        Self {
            at: record.at.into(),
            kind: record.kind.as_str(),
            network: record.network,
            source: record.source,
            detail: record.detail,
            text_version: record.text_version,
            text: record.text,
        }
    }
}

/// What became of an issue for the reader.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceivedIssue)]
pub(super) struct DeliveryView {
    #[schema(value_type = String, format = "uuid")]
    issue: Uuid,
    digest: String,
    number: Option<i64>,
    state: DeliveryStateWord,
    reason: Option<String>,
    attempts: u32,
    reply: Option<String>,
    next_attempt_at: Option<At>,
    sent_at: Option<At>,
}

impl From<Received> for DeliveryView {
    fn from(received: Received) -> Self {
        let line = received.line;
        Self {
            issue: received.issue.0,
            digest: received.digest,
            number: received.number,
            state: line.state.into(),
            reason: line.reason,
            attempts: line.attempts,
            reply: line.reply,
            next_attempt_at: line.next_attempt_at.map(At),
            sent_at: line.sent_at.map(At),
        }
    }
}

/// A mail that came back, or was complained of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bounce)]
pub(super) struct BounceView {
    at: At,
    /// `hard`, `soft` or `complaint`.
    kind: &'static str,
    #[schema(examples("mailbox-unknown"))]
    reason: &'static str,
    /// The enhanced status code.
    status: Option<String>,
    /// The server's words.
    diagnostic: Option<String>,
    /// By which way it came: `return-path`, `feedback`, `refused`, `file` or `webhook`.
    source: &'static str,
    /// Null for a mail outside issues.
    #[schema(value_type = Option<String>, format = "uuid")]
    issue: Option<Uuid>,
}

impl From<Known> for BounceView {
    fn from(known: Known) -> Self {
        Self {
            at: known.received_at.into(),
            kind: known.kind.as_str(),
            reason: known.reason.as_str(),
            status: known.status,
            diagnostic: known.diagnostic,
            source: known.source.as_str(),
            issue: known.issue.map(|id| id.0),
        }
    }
}
