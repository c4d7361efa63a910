//! `paperround subscriber show`: all that is known of one reader.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::output::Output;
use crate::domain::email_address::EmailAddress;
use crate::domain::suppression::Suppression;
use crate::services::trace_reader::{self, Place};
use crate::services::{Deps, export_reader};
use crate::store::subscribers;

pub(super) async fn show(deps: &Deps, email: &EmailAddress, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    let Some(subscriber) = subscribers::find_by_email(&mut tx, email).await? else {
        let suppression = trace_reader::suppression(deps, &mut tx, email).await?;
        let suppressed = suppression.map_or(String::new(), |s| format!("; it is {}", told(&s)));
        bail!("nobody has signed up with {email}{suppressed}");
    };
    let trace = trace_reader::trace(deps, &mut tx, subscriber).await?;
    drop(tx);
    let subscriber = &trace.subscriber;
    if out.is_json() {
        let shown = json!({
            "email": subscriber.email, "name": subscriber.name,
            "suppressed": trace.suppression.as_ref().map(|s| json!({
                "reason": s.reason, "source": s.source, "created_at": s.created_at,
            })),
            "subscriptions": trace.places.iter().map(as_json).collect::<Vec<_>>(),
        });
        return out.line(&shown.to_string());
    }
    let name = subscriber.name.as_ref().map(|name| format!(" ({name})"));
    out.line(&format!("{}{}", subscriber.email, name.unwrap_or_default()))?;
    if let Some(suppression) = &trace.suppression {
        out.line(&told(suppression))?;
    }
    trace.places.iter().try_for_each(|one| print(one, out))
}

fn told(suppression: &Suppression) -> String {
    let since = suppression.created_at.format("%F %R");
    format!("suppressed since {since}: {}", suppression.reason)
}

fn as_json(place: &Place) -> Value {
    let s = &place.subscription;
    let digests = place.taken().map(|d| &d.slug);
    json!({
        "publication": place.publication.slug, "state": s.state,
        "topics": place.has_chosen().then_some(&s.topics.0),
        "digests": place.has_chosen().then(|| digests.collect::<Vec<_>>()),
        "language": s.language, "timezone": s.timezone.map(chrono_tz::Tz::name),
        "created_at": s.created_at, "confirmed_at": s.confirmed_at,
        "unsubscribed_at": s.unsubscribed_at, "paused_until": s.paused_until,
        "consents": place.consents.iter().map(export_reader::consent).collect::<Vec<_>>(),
        "deliveries": place.received.iter().map(export_reader::delivery).collect::<Vec<_>>(),
        "bounces": place.bounces.iter().map(export_reader::bounce).collect::<Vec<_>>(),
    })
}

fn print(place: &Place, out: &Output) -> Result<()> {
    let s = &place.subscription;
    out.line(&format!("\n{}: {}", place.publication.slug, s.state))?;
    let topics = match s.topics.key() {
        key if key.is_empty() => "all".to_owned(),
        key => key,
    };
    let digests: Vec<&str> = place.taken().map(|d| d.slug.as_str()).collect();
    let chosen = |text: String| place.has_chosen().then_some(text);
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
    let mut events = place.events().into_iter();
    events.try_for_each(|event| {
        let at = event.at.format("%F %R");
        out.line(&format!("  {at}  {}", event.text))
    })
}
