//! All that is known of a reader, put together: their places with choices and evidence, what was sent
//! to them, and all of it in the order in which it happened.

use super::{Deps, export_reader};
use crate::domain::bounce::ReportKind;
use crate::domain::clock::Time;
use crate::domain::delivery::DeliveryState;
use crate::domain::digest::Digest;
use crate::domain::email_address::EmailAddress;
use crate::domain::notice::NoticeState;
use crate::domain::publication::Publication;
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::{ConsentKind, Subscription, SubscriptionState};
use crate::domain::suppression::Suppression;
use crate::store::address_changes::{self, AddressChange};
use crate::store::bounces::{self, Known};
use crate::store::consents::{self, ConsentRecord};
use crate::store::ledger::{self, Received};
use crate::store::notices::{self, Told};
use crate::store::{StoreError, Tx, digests, publications, subscriptions, suppressions};

/// A reader with all that belongs to them.
#[derive(Debug)]
pub struct Trace {
    pub subscriber: Subscriber,
    pub suppression: Option<Suppression>,
    pub places: Vec<Place>,
    pub notices: Vec<Told>,
    pub changes: Vec<AddressChange>,
}

/// A subscription with what belongs to it.
#[derive(Debug)]
pub struct Place {
    pub subscription: Subscription,
    pub publication: Publication,
    /// All of the publication.
    pub digests: Vec<Digest>,
    pub consents: Vec<ConsentRecord>,
    pub received: Vec<Received>,
    /// What came back of what was sent, or was said of it.
    pub bounces: Vec<Known>,
}

impl Place {
    /// The digests that the reader takes.
    pub fn taken(&self) -> impl Iterator<Item = &Digest> {
        self.subscription.digests.among(&self.digests)
    }

    /// What a reader asks for waits with the request until they confirm it.
    pub fn has_chosen(&self) -> bool {
        self.subscription.state != SubscriptionState::Pending
    }
}

/// How what happened turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// For the record only.
    Noted,
    Good,
    /// It is not over.
    Open,
    Bad,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    pub at: Time,
    /// The name of the publication that it is about, if it is about one.
    pub publication: Option<String>,
    pub text: String,
    /// The text that was agreed to.
    pub agreed: Option<String>,
    pub turn: Turn,
}

/// All that is known of a reader.
pub async fn trace(deps: &Deps, tx: &mut Tx, reader: Subscriber) -> Result<Trace, StoreError> {
    let suppression = suppression(deps, tx, &reader.email).await?;
    let (mut places, mut notices) = (Vec::new(), Vec::new());
    for id in export_reader::everyone(tx, reader.id).await? {
        for subscription in subscriptions::of_subscriber(tx, id).await? {
            places.extend(place(tx, subscription).await?);
        }
        notices.extend(notices::of_subscriber(tx, id).await?);
    }
    Ok(Trace {
        changes: address_changes::of_subscriber(tx, reader.id).await?,
        subscriber: reader,
        suppression,
        places,
        notices,
    })
}

/// Why an address gets no mail, if that is so.
pub async fn suppression(
    deps: &Deps,
    tx: &mut Tx,
    email: &EmailAddress,
) -> Result<Option<Suppression>, StoreError> {
    suppressions::find(tx, deps.keys.email_hash(email)).await
}

async fn place(tx: &mut Tx, subscription: Subscription) -> Result<Option<Place>, StoreError> {
    let Some(publication) = publications::find(tx, subscription.publication).await? else {
        return Ok(None);
    };
    Ok(Some(Place {
        digests: digests::list(tx, publication.id).await?,
        consents: consents::list(tx, subscription.id).await?,
        received: ledger::of_subscription(tx, subscription.id).await?,
        bounces: bounces::of_subscription(tx, subscription.id).await?,
        publication,
        subscription,
    }))
}

impl Trace {
    /// All that happened, the oldest first.
    pub fn events(&self) -> Vec<Event> {
        let mut events: Vec<Event> = self.places.iter().flat_map(Place::events).collect();
        events.extend(self.notices.iter().map(of_notice));
        events.extend(self.changes.iter().flat_map(of_change));
        events.extend(self.suppression.iter().map(of_suppression));
        events.sort_by_key(|event| event.at);
        events
    }
}

impl Place {
    /// What happened in the publication, the oldest first.
    pub fn events(&self) -> Vec<Event> {
        let name = Some(&self.publication.name);
        let consents = self.consents.iter().map(of_consent);
        let received = self.received.iter().map(of_delivery);
        let bounces = self.bounces.iter().map(|one| self.of_bounce(one));
        let mut events: Vec<Event> = consents
            .chain(received)
            .chain(bounces)
            .map(|event| Event {
                publication: name.cloned(),
                ..event
            })
            .collect();
        events.sort_by_key(|event| event.at);
        events
    }
}

impl Place {
    /// What came back, of which issue.
    fn of_bounce(&self, bounce: &Known) -> Event {
        let received = self
            .received
            .iter()
            .find(|one| Some(one.line.id) == bounce.delivery);
        let what = received.map_or_else(
            || "a mail".to_owned(),
            |one| match one.number {
                Some(number) => format!("{} No. {number}", one.digest),
                None => one.digest.clone(),
            },
        );
        let why = bounce.diagnostic.as_ref().or(bounce.status.as_ref());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let text = match bounce.kind {
            ReportKind::Complaint => format!("complained of {what}"),
            kind => format!("{what} came back ({kind}, {}){why}", bounce.reason),
        };
        event(bounce.received_at, text, Turn::Bad)
    }
}

fn event(at: Time, text: String, turn: Turn) -> Event {
    Event {
        at,
        publication: None,
        text,
        agreed: None,
        turn,
    }
}

/// What a record of consent says.
fn of_consent(record: &ConsentRecord) -> Event {
    let mut text = record.kind.to_string();
    for (word, value) in [("from", &record.network), ("by", &record.source)] {
        if let Some(value) = value {
            text = format!("{text} {word} {value}");
        }
    }
    if let Some(detail) = &record.detail {
        text = format!("{text} ({detail})");
    }
    let turn = match record.kind {
        ConsentKind::Confirmed | ConsentKind::Restored => Turn::Good,
        _ => Turn::Noted,
    };
    Event {
        agreed: record.text.clone(),
        ..event(record.at, text, turn)
    }
}

/// What became of an issue, when it reached the reader or was meant to.
fn of_delivery(received: &Received) -> Event {
    let line = &received.line;
    let tried = line.sent_at.or(line.first_attempt_at);
    let number = received.number.map(|number| format!(" No. {number}"));
    let why = line.reason.as_ref().or(line.reply.as_ref());
    let why = why.map(|why| format!(": {why}"));
    let text = format!(
        "{}{} {}{}",
        received.digest,
        number.unwrap_or_default(),
        line.state,
        why.unwrap_or_default()
    );
    let turn = match line.state {
        DeliveryState::Sent => Turn::Good,
        DeliveryState::Failed | DeliveryState::Unknown => Turn::Bad,
        DeliveryState::Skipped => Turn::Noted,
        _ => Turn::Open,
    };
    event(tried.unwrap_or(received.planned_at), text, turn)
}

fn of_notice(told: &Told) -> Event {
    let purpose = told.purpose.as_ref();
    let purpose = purpose.map_or(String::new(), |purpose| format!(" for {purpose}"));
    let reply = told.reply.as_ref().filter(|reply| !reply.is_empty());
    let reply = reply.map_or(String::new(), |reply| format!(": {reply}"));
    let text = format!("{} mail{purpose} {}{reply}", told.kind, told.state);
    let turn = match told.state.parse() {
        Ok(NoticeState::Sent) => Turn::Good,
        Ok(NoticeState::Failed) => Turn::Bad,
        _ => Turn::Open,
    };
    event(told.sent_at.unwrap_or(told.created_at), text, turn)
}

fn of_change(change: &AddressChange) -> Vec<Event> {
    let network = change.network.as_ref();
    let from = network.map_or(String::new(), |network| format!(" from {network}"));
    let text = format!("address changed{from}: {} to {}", change.old, change.new);
    let mut events = vec![event(change.changed_at, text, Turn::Noted)];
    let undone = change.undone_at.map(|at| {
        let text = format!("change taken back: {} again", change.old);
        event(at, text, Turn::Noted)
    });
    events.extend(undone);
    events
}

fn of_suppression(suppression: &Suppression) -> Event {
    let source = suppression.source.as_ref();
    let source = source.map_or(String::new(), |source| format!(" ({source})"));
    let text = format!("suppressed: {}{source}", suppression.reason);
    event(suppression.created_at, text, Turn::Bad)
}
