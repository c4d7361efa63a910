//! All that is kept about a reader, as one JSON document: for themselves and for the operator who is
//! asked. `docs/operations.md` describes its shape.

use serde_json::{Value, json};

use super::Deps;
use super::audit::note;
use crate::domain::audit::{Change, Kind};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::SubscriberId;
use crate::domain::subscription::{SignUp, Subscription};
use crate::store::address_changes::{self, AddressChange};
use crate::store::bounces::{self, Known};
use crate::store::consents::{self, ConsentRecord};
use crate::store::ledger::{self, Received};
use crate::store::notices::{self, Told};
use crate::store::{
    StoreError, Tx, publications, sign_ups, subscribers, subscriptions, suppressions,
};

/// The document; `None` where nobody has the address.
pub async fn export(deps: &Deps, email: &EmailAddress) -> Result<Option<Value>, StoreError> {
    let mut tx = deps.store.read().await?;
    let Some(subscriber) = subscribers::find_by_email(&mut tx, email).await? else {
        return Ok(None);
    };
    let hash = deps.keys.email_hash(email);
    let suppressed = suppressions::find(&mut tx, hash).await?.map(|found| {
        json!({
            "reason": found.reason, "source": found.source, "created_at": found.created_at,
        })
    });
    let mut places = Vec::new();
    let mut notices = Vec::new();
    for id in everyone(&mut tx, subscriber.id).await? {
        for subscription in subscriptions::of_subscriber(&mut tx, id).await? {
            places.push(place(&mut tx, &subscription).await?);
        }
        notices.extend(notices::of_subscriber(&mut tx, id).await?);
    }
    let changes = address_changes::of_subscriber(&mut tx, subscriber.id).await?;
    Ok(Some(json!({
        "exported_at": deps.now(),
        "email": subscriber.email,
        "name": subscriber.name,
        "suppressed": suppressed,
        "subscriptions": places,
        "address_changes": changes.iter().map(change).collect::<Vec<_>>(),
        "notices": notices.iter().map(notice).collect::<Vec<_>>(),
    })))
}

/// The document for an operator, who is written down as having taken it.
pub async fn by_operator(deps: &Deps, email: &EmailAddress) -> Result<Option<Value>, StoreError> {
    let document = export(deps, email).await?;
    if document.is_some() {
        let mut tx = deps.store.begin().await?;
        let entry = Change::of("export", Kind::Subscriber, deps.keys.email_hash(email));
        note(deps, &mut tx, entry).await?;
        tx.commit().await?;
    }
    Ok(document)
}

/// The subscriber, and those whose places they have taken over.
pub async fn everyone(tx: &mut Tx, id: SubscriberId) -> Result<Vec<SubscriberId>, StoreError> {
    let mut all = vec![id];
    all.extend(subscribers::absorbed(tx, id).await?);
    Ok(all)
}

/// A subscription with all that belongs to it.
async fn place(tx: &mut Tx, subscription: &Subscription) -> Result<Value, StoreError> {
    let publication = publications::find(tx, subscription.publication).await?;
    let asked = sign_ups::of_subscription(tx, subscription.id).await?;
    let consents = consents::list(tx, subscription.id).await?;
    let received = ledger::of_subscription(tx, subscription.id).await?;
    let bounced = bounces::of_subscription(tx, subscription.id).await?;
    Ok(json!({
        "publication": publication.as_ref().map(|p| &p.slug),
        "publication_name": publication.as_ref().map(|p| &p.name),
        "state": subscription.state,
        "topics": subscription.topics.0,
        "digests": subscription.digests.0,
        "language": subscription.language,
        "timezone": subscription.timezone.map(chrono_tz::Tz::name),
        "created_at": subscription.created_at,
        "confirmed_at": subscription.confirmed_at,
        "unsubscribed_at": subscription.unsubscribed_at,
        "paused_until": subscription.paused_until,
        "sign_ups": asked.iter().map(sign_up).collect::<Vec<_>>(),
        "consents": consents.iter().map(consent).collect::<Vec<_>>(),
        "deliveries": received.iter().map(delivery).collect::<Vec<_>>(),
        "bounces": bounced.iter().map(bounce).collect::<Vec<_>>(),
    }))
}

fn sign_up(asked: &SignUp) -> Value {
    json!({
        "asked_at": asked.created_at, "confirmed_at": asked.used_at,
        "expires_at": asked.expires_at, "name": asked.name, "topics": asked.topics.0,
        "digests": asked.digests.0, "language": asked.language, "source": asked.source,
        "network": asked.network,
    })
}

/// A record of consent.
pub fn consent(record: &ConsentRecord) -> Value {
    json!({
        "at": record.at, "kind": record.kind, "network": record.network,
        "source": record.source, "detail": record.detail, "text_version": record.text_version,
        "text": record.text,
    })
}

/// What became of an issue for the reader.
pub fn delivery(received: &Received) -> Value {
    let line = &received.line;
    json!({
        "issue": received.issue, "digest": received.digest, "number": received.number,
        "state": line.state, "reason": line.reason, "attempts": line.attempts,
        "reply": line.reply, "next_attempt_at": line.next_attempt_at, "sent_at": line.sent_at,
    })
}

/// What came back of a mail, or was said of it.
pub fn bounce(known: &Known) -> Value {
    json!({
        "at": known.received_at, "kind": known.kind, "reason": known.reason,
        "status": known.status, "diagnostic": known.diagnostic, "source": known.source,
        "issue": known.issue, "delivery": known.delivery,
    })
}

fn notice(told: &Told) -> Value {
    json!({
        "kind": told.kind, "purpose": told.purpose, "state": told.state, "reply": told.reply,
        "created_at": told.created_at, "sent_at": told.sent_at,
    })
}

fn change(change: &AddressChange) -> Value {
    json!({
        "from": change.old, "to": change.new, "network": change.network,
        "changed_at": change.changed_at, "undone_at": change.undone_at,
    })
}
