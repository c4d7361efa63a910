//! Writes events down for webhooks, in the transaction of the change that they tell of. Where no
//! webhook is set up, that costs one look at an empty table and writes nothing.

use serde_json::{Value, json};

use super::Deps;
use crate::domain::alert::Alert;
use crate::domain::delivery::DeliveryState;
use crate::domain::ids::{IssueId, PublicationId, SubscriberId, WebhookCallId, WebhookEventId};
use crate::domain::import::Import;
use crate::domain::issue::IssueState;
use crate::domain::publication::Publication;
use crate::domain::subscription::Subscription;
use crate::domain::webhook::{Event, EventKind, Webhook};
use crate::store::results::Record;
use crate::store::webhook_calls::{self, NewCall};
use crate::store::{StoreError, Tx, deliveries, digests, issues, publications, webhooks};

/// What happened, before it has an id.
pub(super) struct News {
    pub kind: EventKind,
    pub publication: Option<PublicationId>,
    pub subscriber: Option<SubscriberId>,
    pub data: Value,
}

/// Who is told of anything at present. Asked once in a transaction.
pub(super) struct Listeners(Vec<Webhook>);

impl Listeners {
    pub(super) async fn read(tx: &mut Tx) -> Result<Self, StoreError> {
        webhooks::listening(tx).await.map(Self)
    }

    /// One webhook alone, whatever it chose.
    pub(super) fn only(webhook: Webhook) -> Self {
        Self(vec![webhook])
    }

    fn want(&self, kind: EventKind, publication: Option<PublicationId>) -> bool {
        self.0.iter().any(|hook| hook.wants(kind, publication))
    }

    /// Writes down what somebody wants to be told.
    pub(super) async fn tell(
        &self,
        deps: &Deps,
        tx: &mut Tx,
        news: Vec<News>,
    ) -> Result<Vec<WebhookCallId>, StoreError> {
        let now = deps.now();
        let (mut events, mut calls) = (Vec::new(), Vec::new());
        for one in news {
            let (kind, publication) = (one.kind, one.publication);
            let is_asked = |hook: &&Webhook| {
                kind == EventKind::Ping && hook.disabled_at.is_none()
                    || hook.wants(kind, publication)
            };
            let event = deps.new_id(WebhookEventId::new);
            let known = calls.len();
            calls.extend(self.0.iter().filter(is_asked).map(|hook| NewCall {
                id: deps.new_id(WebhookCallId::new),
                webhook: hook.id,
                event,
            }));
            if calls.len() > known {
                events.push(Event {
                    id: event,
                    kind,
                    publication,
                    subscriber: one.subscriber,
                    at: now,
                    data: one.data,
                });
            }
        }
        if !events.is_empty() {
            webhook_calls::insert(tx, &events, &calls, now).await?;
        }
        Ok(calls.into_iter().map(|call| call.id).collect())
    }
}

/// What is told of a reader: ids and the publication. The address comes in when the call is made,
/// where the webhook gets addresses.
pub(super) fn reader(
    kind: EventKind,
    publication: &Publication,
    subscription: &Subscription,
    reason: Option<&str>,
) -> News {
    let mut data = json!({
        "publication": publication.slug,
        "subscriber": subscription.subscriber,
        "subscription": subscription.id,
    });
    if let (Some(reason), Some(fields)) = (reason, data.as_object_mut()) {
        fields.insert("reason".to_owned(), reason.into());
    }
    News {
        kind,
        publication: Some(publication.id),
        subscriber: Some(subscription.subscriber),
        data,
    }
}

/// Tells of an import that is done, or taken back, by its counts.
pub(super) async fn import(
    deps: &Deps,
    tx: &mut Tx,
    kind: EventKind,
    import: &Import,
    counts: Value,
) -> Result<(), StoreError> {
    let publication = publications::find(tx, import.publication).await?;
    let listeners = Listeners::read(tx).await?;
    let news = News {
        kind,
        publication: Some(import.publication),
        subscriber: None,
        data: json!({
            "publication": publication.map(|p| p.slug), "import": import.id,
            "origin": import.origin, "counts": counts,
        }),
    };
    listeners.tell(deps, tx, vec![news]).await.map(drop)
}

/// Tells of a reader who came or left.
pub(super) async fn subscriber(
    deps: &Deps,
    tx: &mut Tx,
    kind: EventKind,
    publication: &Publication,
    subscription: &Subscription,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let listeners = Listeners::read(tx).await?;
    let news = vec![reader(kind, publication, subscription, reason)];
    listeners.tell(deps, tx, news).await.map(drop)
}

/// The same for several at once, where only their subscriptions are at hand.
pub(super) async fn subscribers(
    deps: &Deps,
    tx: &mut Tx,
    kind: EventKind,
    subscriptions: &[Subscription],
    reason: Option<&str>,
) -> Result<(), StoreError> {
    if subscriptions.is_empty() {
        return Ok(());
    }
    let listeners = Listeners::read(tx).await?;
    let mut news = Vec::new();
    for subscription in subscriptions {
        if listeners.want(kind, Some(subscription.publication))
            && let Some(publication) = publications::find(tx, subscription.publication).await?
        {
            news.push(reader(kind, &publication, subscription, reason));
        }
    }
    listeners.tell(deps, tx, news).await.map(drop)
}

fn issue_kind(state: IssueState) -> EventKind {
    match state {
        IssueState::Planned => EventKind::IssuePlanned,
        IssueState::Awaiting => EventKind::IssueAwaiting,
        IssueState::Composing => EventKind::IssueComposing,
        IssueState::Sending => EventKind::IssueSending,
        IssueState::Paused => EventKind::IssuePaused,
        IssueState::Sent => EventKind::IssueSent,
        IssueState::SentWithFailures => EventKind::IssueSentWithFailures,
        IssueState::Skipped => EventKind::IssueSkipped,
        IssueState::Cancelled => EventKind::IssueCancelled,
    }
}

/// Tells of the state that an issue has come to.
pub(super) async fn issue(deps: &Deps, tx: &mut Tx, id: IssueId) -> Result<(), StoreError> {
    let listeners = Listeners::read(tx).await?;
    if listeners.0.is_empty() {
        return Ok(());
    }
    let Some(issue) = issues::find(tx, id).await? else {
        return Ok(());
    };
    let kind = issue_kind(issue.state);
    if !listeners.want(kind, Some(issue.publication)) {
        return Ok(());
    }
    let (Some(publication), Some(digest)) = (
        publications::find(tx, issue.publication).await?,
        digests::find(tx, issue.digest).await?,
    ) else {
        return Ok(());
    };
    let counts = match issue.state {
        IssueState::Sent | IssueState::SentWithFailures | IssueState::Cancelled => {
            Some(issues::counts(tx, id).await?)
        }
        _ => None,
    };
    let news = News {
        kind,
        publication: Some(publication.id),
        subscriber: None,
        data: json!({
            "publication": publication.slug,
            "issue": id,
            "digest": digest.slug,
            "number": issue.number,
            "state": issue.state,
            "planned_at": issue.planned_at,
            "started_at": issue.started_at,
            "finished_at": issue.finished_at,
            "reason": issue.reason.or(issue.trouble),
            "counts": counts,
        }),
    };
    listeners.tell(deps, tx, vec![news]).await.map(drop)
}

/// Tells of mails that were given up. Looks only where there are any.
pub(super) async fn failures(
    deps: &Deps,
    tx: &mut Tx,
    records: &[&Record],
) -> Result<(), StoreError> {
    let failed: Vec<&&Record> = records
        .iter()
        .filter(|record| record.state == DeliveryState::Failed)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let kind = EventKind::DeliveryFailed;
    let listeners = Listeners::read(tx).await?;
    if !listeners.0.iter().any(|hook| hook.events.has(kind)) {
        return Ok(());
    }
    let ids: Vec<_> = failed.iter().map(|record| record.id).collect();
    let mut news = Vec::with_capacity(failed.len());
    for row in deliveries::whose(tx, &ids).await? {
        let record = failed.iter().find(|record| record.id == row.id);
        let reply = record.and_then(|record| record.reply.as_ref());
        news.push(News {
            kind,
            publication: Some(row.publication),
            subscriber: Some(row.subscriber),
            data: json!({
                "publication": row.publication_slug,
                "issue": row.issue,
                "delivery": row.id,
                "subscriber": row.subscriber,
                "subscription": row.subscription,
                // Servers like to repeat the address in their words: the codes tell enough.
                "code": reply.map(|reply| reply.code).filter(|code| *code > 0),
                "enhanced": reply.and_then(|reply| reply.enhanced.as_deref()),
            }),
        });
    }
    listeners.tell(deps, tx, news).await.map(drop)
}

/// Tells of an alert that was opened or is over.
pub(super) async fn alert(
    deps: &Deps,
    tx: &mut Tx,
    listeners: &Listeners,
    alert: &Alert,
) -> Result<(), StoreError> {
    let kind = match alert.closed_at {
        None => EventKind::AlertOpened,
        Some(_) => EventKind::AlertClosed,
    };
    let publication = match alert.publication {
        Some(id) => publications::find(tx, id).await?,
        None => None,
    };
    let news = News {
        kind,
        publication: alert.publication,
        subscriber: None,
        data: json!({
            "alert": alert.id,
            "kind": alert.kind,
            "about": alert.subject,
            "summary": alert.summary,
            "publication": publication.map(|publication| publication.slug),
            "opened_at": alert.opened_at,
            "closed_at": alert.closed_at,
        }),
    };
    listeners.tell(deps, tx, vec![news]).await.map(drop)
}
