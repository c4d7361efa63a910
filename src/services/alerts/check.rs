//! Looks for what is wrong, and opens and closes alerts accordingly.

use chrono::TimeDelta;

use super::{close, open, rates};
use crate::domain::alert::{AlertKind, Finding};
use crate::domain::clock::Time;
use crate::domain::ids::{IssueId, PublicationId};
use crate::services::Deps;
use crate::services::deliver::RelayHealth;
use crate::store::alerts::{self as rows, checks, relays};
use crate::store::{StoreError, Tx, holds, webhooks};

/// How long a skipped issue is worth an alert, if no other follows.
const SKIPS: TimeDelta = TimeDelta::days(7);
/// How an issue says that it came too late.
const TOO_LATE: &str = "missed: ";

/// Opens an alert for what has come to be wrong, and closes those on what is well again. Of several
/// nodes that look at once each alert has one.
pub async fn check(deps: &Deps) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    // Everything is late then, and the pages say why.
    if holds::find(&mut tx).await?.is_some() {
        return Ok(());
    }
    let found = findings(deps, &mut tx).await?;
    let known = rows::opened(&mut tx).await?;
    drop(tx);
    let is_known = |finding: &&Finding| {
        known
            .iter()
            .any(|alert| alert.kind == finding.kind && alert.subject == finding.subject)
    };
    let fresh: Vec<&Finding> = found.iter().filter(|one| !is_known(one)).collect();
    let is_over = |kind: AlertKind, subject: &str| {
        !found
            .iter()
            .any(|finding| finding.kind == kind && finding.subject == subject)
    };
    let over: Vec<_> = known
        .iter()
        .filter(|alert| is_over(alert.kind, &alert.subject))
        .collect();
    if fresh.is_empty() && over.is_empty() {
        return Ok(());
    }
    let mut tx = deps.store.begin().await?;
    for finding in fresh {
        if open(deps, &mut tx, finding).await? {
            rates::stop(deps, &mut tx, finding).await?;
        }
    }
    for alert in over {
        close(deps, &mut tx, alert.clone()).await?;
    }
    tx.commit().await
}

async fn findings(deps: &Deps, tx: &mut Tx) -> Result<Vec<Finding>, StoreError> {
    let mut found = Vec::new();
    digests(deps, tx, &mut found).await?;
    feeds(deps, tx, &mut found).await?;
    relays_down(deps, tx, &mut found).await?;
    found.extend(checks::failing(tx).await?.iter().map(failing));
    rates::look(deps, tx, &mut found).await?;
    queues(deps, tx, &mut found).await?;
    for webhook in webhooks::list(tx).await? {
        if webhook.gave_up() {
            let reason = webhook.disabled_reason.unwrap_or_default();
            found.push(Finding {
                kind: AlertKind::WebhookDisabled,
                subject: webhook.id.to_string(),
                publication: webhook.publication,
                summary: format!("the webhook {} was disabled: {reason}", webhook.url),
            });
        }
    }
    Ok(found)
}

/// What is said of an issue that has paused itself.
fn failing(issue: &checks::Failing) -> Finding {
    let (name, reason) = (&issue.name, &issue.reason);
    Finding {
        kind: AlertKind::IssueFailing,
        subject: issue.issue.to_string(),
        publication: Some(PublicationId(issue.publication)),
        summary: format!("an issue of {name} has paused itself: {reason}"),
    }
}

/// Opens the alert of an issue that has just paused itself.
pub(in crate::services) async fn open_failing(
    deps: &Deps,
    tx: &mut Tx,
    id: IssueId,
) -> Result<(), StoreError> {
    let all = checks::failing(tx).await?;
    match all.iter().find(|issue| issue.issue == id.0) {
        Some(issue) => open(deps, tx, &failing(issue)).await.map(drop),
        None => Ok(()),
    }
}

async fn digests(deps: &Deps, tx: &mut Tx, found: &mut Vec<Finding>) -> Result<(), StoreError> {
    let now = deps.now();
    let skipped = checks::skipped(tx, now - SKIPS).await?;
    let mut add = |kind, missing: &checks::Missing, summary: String| {
        let subject = missing.digest.to_string();
        // One line for each digest, the first reason there is.
        if !found
            .iter()
            .any(|one: &Finding| one.kind == kind && one.subject == subject)
        {
            found.push(Finding {
                kind,
                subject,
                publication: Some(PublicationId(missing.publication)),
                summary,
            });
        }
    };
    if let Some(limit) = deps.limits.alerts.digest_late {
        let mut late = checks::unplanned(tx, now - limit).await?;
        late.extend(checks::stuck(tx, now - limit).await?);
        for missing in &late {
            let because = missing.reason.as_deref();
            let because = because.map_or_else(String::new, |why| format!(": {why}"));
            let (name, due) = (&missing.name, minute(missing.planned_at));
            let summary = format!("{name}, due at {due}, has not gone out{because}");
            add(AlertKind::DigestMissed, missing, summary);
        }
        for missing in &skipped {
            if let Some(why) = missing.reason.as_deref()
                && why.starts_with(TOO_LATE)
            {
                let summary = format!("{} was left out: {why}", missing.name);
                add(AlertKind::DigestMissed, missing, summary);
            }
        }
    }
    if deps.limits.alerts.digest_empty {
        for missing in &skipped {
            if let Some(why) = missing.reason.as_deref()
                && is_want_of_news(why)
            {
                let (name, due) = (&missing.name, minute(missing.planned_at));
                let summary = format!("{name}, due at {due}, was left out: {why}");
                add(AlertKind::DigestEmpty, missing, summary);
            }
        }
    }
    Ok(())
}

/// As `candidates::too_few` says it.
fn is_want_of_news(reason: &str) -> bool {
    reason == "nothing new" || reason.starts_with("only ")
}

fn minute(at: Time) -> String {
    at.format("%F %R UTC").to_string()
}

async fn feeds(deps: &Deps, tx: &mut Tx, found: &mut Vec<Finding>) -> Result<(), StoreError> {
    let failures = deps.limits.alerts.feed_failures;
    if failures == 0 {
        return Ok(());
    }
    for feed in checks::dead(tx, failures).await? {
        let what = if feed.state == "gone" {
            "is gone for good".to_owned()
        } else {
            let why = feed.last_error.unwrap_or_default();
            format!("has failed {} times in a row: {why}", feed.failures)
        };
        found.push(Finding {
            kind: AlertKind::FeedDead,
            subject: feed.feed.to_string(),
            publication: Some(PublicationId(feed.publication)),
            summary: format!("the feed {} of {} {what}", feed.url, feed.slug),
        });
    }
    Ok(())
}

async fn relays_down(deps: &Deps, tx: &mut Tx, found: &mut Vec<Finding>) -> Result<(), StoreError> {
    let Some(limit) = deps.limits.alerts.relay_down else {
        return Ok(());
    };
    for trouble in relays::list(tx).await? {
        let is_known = found
            .iter()
            .any(|one| one.kind == AlertKind::RelayDown && one.subject == trouble.relay);
        if trouble.since <= deps.now() - limit && !is_known {
            let since = minute(trouble.since);
            found.push(Finding {
                kind: AlertKind::RelayDown,
                subject: trouble.relay.clone(),
                publication: None,
                summary: format!(
                    "the relay {:?} is out of order since {since}: {}",
                    trouble.relay, trouble.trouble
                ),
            });
        }
    }
    Ok(())
}

async fn queues(deps: &Deps, tx: &mut Tx, found: &mut Vec<Finding>) -> Result<(), StoreError> {
    let Some(limit) = deps.limits.alerts.queue_late else {
        return Ok(());
    };
    let (now, minutes) = (deps.now(), limit.num_minutes());
    for late in checks::late(tx, now - limit).await? {
        if late.count > 0 {
            found.push(Finding {
                kind: AlertKind::QueueLate,
                publication: None,
                summary: format!(
                    "{} of the {} have been due for more than {minutes} minutes",
                    late.count, late.what
                ),
                subject: late.what,
            });
        }
    }
    for issue in checks::idle(tx, now - limit, now).await? {
        found.push(Finding {
            kind: AlertKind::QueueLate,
            subject: issue.issue.to_string(),
            publication: Some(PublicationId(issue.publication)),
            summary: format!(
                "mails of an issue of {} have been due for more than {minutes} minutes, and nobody \
                 sends",
                issue.name
            ),
        });
    }
    Ok(())
}

/// Writes down what this process has found of its relays since the last look: rows, so that the look
/// at alerts sees what all processes know.
pub async fn note_relays(deps: &Deps) -> Result<(), StoreError> {
    let deps = &deps.present();
    let mut tx = deps.store.read().await?;
    let known = relays::list(&mut tx).await?;
    drop(tx);
    let health = deps.routes.health();
    let is_listed = |relay: &str| known.iter().any(|one| one.relay == relay);
    let gone: Vec<&str> = known
        .iter()
        .map(|one| one.relay.as_str())
        .filter(|relay| !health.iter().any(|(name, _)| name == relay))
        .collect();
    let is_news = |(relay, health): &&(String, RelayHealth)| match health {
        RelayHealth::Unknown => false,
        RelayHealth::Works => is_listed(relay),
        RelayHealth::Down(trouble) => !known
            .iter()
            .any(|one| one.relay == *relay && one.node == deps.node && one.trouble == *trouble),
    };
    let news: Vec<&(String, RelayHealth)> = health.iter().filter(is_news).collect();
    if news.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    for (relay, health) in news {
        match health {
            RelayHealth::Down(trouble) => {
                relays::down(&mut tx, relay, &deps.node, trouble, now).await?;
            }
            RelayHealth::Works | RelayHealth::Unknown => {
                relays::works(&mut tx, relay, &deps.node, now).await?;
            }
        }
    }
    for relay in gone {
        relays::works(&mut tx, relay, &deps.node, now).await?;
    }
    tx.commit().await
}
