//! Things as they stand in the audit log.

use serde_json::{Map, Value, json};

use crate::domain::digest::Digest;
use crate::domain::draft::{Decision, Draft};
use crate::domain::feed::Feed;
use crate::domain::issue::Issue;
use crate::domain::publication::Publication;
use crate::domain::signup_rule::SignUpRule;
use crate::domain::subscription::Subscription;

/// A publication.
pub fn publication(p: &Publication) -> Value {
    json!({
        "slug": p.slug, "name": p.name, "from": p.from.to_string(), "reply_to": p.reply_to,
        "postal_address": p.postal_address, "language": p.language, "languages": p.languages,
        "timezone": p.timezone.name(), "description": p.description,
        "privacy_url": p.privacy_url, "relays": p.relays, "welcome": p.welcome,
        "links": p.links, "count_opens": p.count_opens, "look": p.look,
        "archived_at": p.archived_at,
    })
}

/// A digest, without what the scheduler alone knows.
pub fn digest(d: &Digest) -> Value {
    json!({
        "slug": d.slug, "name": d.name, "timezone": d.timezone.name(), "max_items": d.max_items,
        "min_items": d.min_items, "window": d.window, "topics": d.topics,
        "rules": d.rules, "design": d.design, "cron": d.cron, "paused_at": d.paused_at,
    })
}

/// What is wanted of a coming issue: the order as one value.
pub fn draft(d: &Draft) -> Value {
    let mut order: Vec<_> = d
        .articles
        .iter()
        .filter_map(|(id, a)| Some((a.place?, id)))
        .collect();
    order.sort();
    let order: Vec<_> = order.into_iter().map(|(_, id)| id).collect();
    let articles = d.articles.iter().filter_map(|(id, a)| {
        let mut rest = a.clone();
        rest.place = None;
        (rest != Decision::default()).then(|| (id.to_string(), json!(rest)))
    });
    let articles: Map<String, Value> = articles.collect();
    json!({ "subject": d.subject, "intro": d.intro, "order": order, "articles": articles })
}

/// A feed, without how it is doing.
pub fn feed(f: &Feed) -> Value {
    json!({
        "url": f.url, "state": f.state, "topics": f.topics, "mapping": f.mapping,
        "every_seconds": if f.adaptive { None } else { Some(f.every.as_secs()) },
        "article_pages": f.article_pages,
    })
}

/// Where an issue stands.
pub fn issue(i: &Issue) -> Value {
    json!({ "state": i.state, "number": i.number })
}

/// A rule about sign-ups.
pub fn signup_rule(rule: &SignUpRule) -> Value {
    json!({ "effect": rule.effect, "reason": rule.reason, "source": rule.source })
}

/// A reader's place in a publication. Whose it is stands with the entry, as a hash.
pub fn subscription(s: &Subscription) -> Value {
    json!({
        "state": s.state, "topics": s.topics.0, "digests": s.digests.0, "language": s.language,
        "timezone": s.timezone.map(chrono_tz::Tz::name), "paused_until": s.paused_until,
    })
}
