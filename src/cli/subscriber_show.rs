//! `paperround subscriber show`: all that is known of one reader.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::output::Output;
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::email_address::EmailAddress;
use crate::domain::publication::Publication;
use crate::domain::subscription::{Subscription, SubscriptionState};
use crate::domain::suppression::Suppression;
use crate::services::{Deps, export_reader};
use crate::store::consents::{self, ConsentRecord};
use crate::store::ledger::{self, Received};
use crate::store::{Tx, digests, publications, subscribers, subscriptions, suppressions};

/// A subscription with what belongs to it.
struct Whole {
    subscription: Subscription,
    publication: Publication,
    /// Those that the reader takes.
    digests: Vec<Digest>,
    consents: Vec<ConsentRecord>,
    received: Vec<Received>,
}

pub(super) async fn show(deps: &Deps, email: &EmailAddress, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let hash = deps.keys.email_hash(email);
    let suppression = suppressions::find(&mut tx, hash).await?;
    let Some(subscriber) = subscribers::find_by_email(&mut tx, email).await? else {
        let suppressed = suppression.map_or(String::new(), |s| format!("; it is {}", told(&s)));
        bail!("nobody has signed up with {email}{suppressed}");
    };
    let mut all = Vec::new();
    for id in export_reader::everyone(&mut tx, subscriber.id).await? {
        for subscription in subscriptions::of_subscriber(&mut tx, id).await? {
            all.extend(whole(&mut tx, subscription).await?);
        }
    }
    drop(tx);
    if out.is_json() {
        let shown = json!({
            "email": subscriber.email, "name": subscriber.name,
            "suppressed": suppression.map(|s| json!({
                "reason": s.reason, "source": s.source, "created_at": s.created_at,
            })),
            "subscriptions": all.iter().map(as_json).collect::<Vec<_>>(),
        });
        return out.line(&shown.to_string());
    }
    let name = subscriber.name.map(|name| format!(" ({name})"));
    out.line(&format!("{}{}", subscriber.email, name.unwrap_or_default()))?;
    if let Some(suppression) = &suppression {
        out.line(&told(suppression))?;
    }
    all.iter().try_for_each(|one| print(one, out))
}

async fn whole(tx: &mut Tx, subscription: Subscription) -> Result<Option<Whole>> {
    let Some(publication) = publications::find(tx, subscription.publication).await? else {
        return Ok(None);
    };
    let all = digests::list(tx, publication.id).await?;
    Ok(Some(Whole {
        digests: subscription.digests.among(&all).cloned().collect(),
        consents: consents::list(tx, subscription.id).await?,
        received: ledger::of_subscription(tx, subscription.id).await?,
        publication,
        subscription,
    }))
}

fn told(suppression: &Suppression) -> String {
    let since = suppression.created_at.format("%F %R");
    format!("suppressed since {since}: {}", suppression.reason)
}

fn as_json(whole: &Whole) -> Value {
    let s = &whole.subscription;
    let digests = whole.digests.iter().map(|d| &d.slug);
    json!({
        "publication": whole.publication.slug, "state": s.state,
        "topics": has_chosen(s).then_some(&s.topics.0),
        "digests": has_chosen(s).then(|| digests.collect::<Vec<_>>()),
        "language": s.language, "timezone": s.timezone.map(chrono_tz::Tz::name),
        "created_at": s.created_at, "confirmed_at": s.confirmed_at,
        "unsubscribed_at": s.unsubscribed_at, "paused_until": s.paused_until,
        "consents": whole.consents.iter().map(export_reader::consent).collect::<Vec<_>>(),
        "deliveries": whole.received.iter().map(export_reader::delivery).collect::<Vec<_>>(),
    })
}

/// What a reader asks for waits with the request until they confirm it.
fn has_chosen(subscription: &Subscription) -> bool {
    subscription.state != SubscriptionState::Pending
}

fn print(whole: &Whole, out: &Output) -> Result<()> {
    let s = &whole.subscription;
    out.line(&format!("\n{}: {}", whole.publication.slug, s.state))?;
    let topics = match s.topics.key() {
        key if key.is_empty() => "all".to_owned(),
        key => key,
    };
    let digests: Vec<&str> = whole.digests.iter().map(|d| d.slug.as_str()).collect();
    let chosen = |text: String| has_chosen(s).then_some(text);
    let facts = [
        ("topics", chosen(topics)),
        ("digests", chosen(digests.join(","))),
        ("language", s.language.clone()),
        ("time zone", s.timezone.map(|zone| zone.name().to_owned())),
        (
            "paused until",
            s.paused_until.map(|at| at.format("%F %R").to_string()),
        ),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            out.line(&format!("  {name:<16}  {fact}"))?;
        }
    }
    let consents = whole.consents.iter().map(|c| (c.at, act(c)));
    let received = whole.received.iter().map(|r| (moment(r), outcome(r)));
    let mut timeline: Vec<(Time, String)> = consents.chain(received).collect();
    timeline.sort_by_key(|(at, _)| *at);
    timeline
        .iter()
        .try_for_each(|(at, text)| out.line(&format!("  {}  {text}", at.format("%F %R"))))
}

/// What a record of consent says.
fn act(record: &ConsentRecord) -> String {
    let mut text = record.kind.to_string();
    for (word, value) in [("from", &record.network), ("by", &record.source)] {
        if let Some(value) = value {
            text = format!("{text} {word} {value}");
        }
    }
    match &record.detail {
        Some(detail) => format!("{text} ({detail})"),
        None => text,
    }
}

/// When the issue reached the reader, or was meant to.
fn moment(received: &Received) -> Time {
    let line = &received.line;
    let tried = line.sent_at.or(line.first_attempt_at);
    tried.unwrap_or(received.planned_at)
}

/// What became of an issue.
fn outcome(received: &Received) -> String {
    let line = &received.line;
    let number = received.number.map(|number| format!(" No. {number}"));
    let why = line.reason.as_ref().or(line.reply.as_ref());
    let why = why.map(|why| format!(": {why}"));
    format!(
        "{}{} {}{}",
        received.digest,
        number.unwrap_or_default(),
        line.state,
        why.unwrap_or_default()
    )
}
