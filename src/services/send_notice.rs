//! Sends one notice: a mail that somebody is waiting for.

use std::time::Duration;

use thiserror::Error;

use super::{Deps, links};
use crate::domain::delivery::{Lane, Outcome, next_attempt};
use crate::domain::ids::NoticeId;
use crate::domain::notice::{Notice, NoticeKind, NoticeState};
use crate::domain::publication::Publication;
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::{SignUp, SubscriptionState};
use crate::mail::dkim::DkimError;
use crate::mail::{ComposeError, Draft, compose, notice_headers};
use crate::render::contexts::{ConfirmationMail, PublicationView};
use crate::render::{RenderError, dates};
use crate::store::{
    StoreError, digests, notices, publications, sign_ups, subscribers, subscriptions,
};

/// How often recording a result is tried, a second apart.
const MOST_TRIES: u32 = 60;

/// Why a notice could not even be written.
#[derive(Debug, Error)]
pub enum NoticeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Sign(#[from] DkimError),
}

/// Claims the notice, sends it, and records how it ended. Harmless to run twice.
pub async fn send(deps: &Deps, id: NoticeId) -> Result<(), NoticeError> {
    let mut tx = deps.store.begin().await?;
    let Some(notice) = notices::claim(&mut tx, id, &deps.node, deps.now()).await? else {
        return Ok(());
    };
    tx.commit().await?;
    let outcome = match write(deps, &notice).await {
        Ok(Some((draft, bytes))) => hand_over(deps, &draft, &bytes).await,
        Ok(None) => Outcome::Refused(reply("its sign-up is gone or its address suppressed")),
        Err(error) => {
            tracing::error!(notice = %id, %error, "a notice could not be written");
            Outcome::Refused(reply(&error.to_string()))
        }
    };
    // A result that cannot be written now (a full disk, a lock) must not leave the notice claimed.
    let mut tries = 0;
    while let Err(error) = record(deps, &notice, &outcome).await {
        tries += 1;
        if tries >= MOST_TRIES {
            return Err(error.into());
        }
        tracing::error!(notice = %id, %error, "the result of a notice cannot be recorded; trying again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

fn reply(text: &str) -> crate::domain::delivery::Reply {
    crate::domain::delivery::Reply {
        code: 0,
        enhanced: None,
        text: text.to_owned(),
    }
}

/// Everything about the notice, read in one transaction that ends before the mail is rendered.
struct Material {
    sign_up: SignUp,
    subscriber: Subscriber,
    publication: Publication,
    topics: Vec<String>,
    digests: Vec<String>,
    changes: bool,
}

async fn material(deps: &Deps, notice: &Notice) -> Result<Option<Material>, StoreError> {
    let mut tx = deps.store.read().await?;
    let Some(sign_up) = sign_ups::find(&mut tx, notice.sign_up).await? else {
        return Ok(None);
    };
    let Some(subscription) = subscriptions::find(&mut tx, sign_up.subscription).await? else {
        return Ok(None);
    };
    let Some(subscriber) = subscribers::find(&mut tx, subscription.subscriber).await? else {
        return Ok(None);
    };
    if subscriber.suppressed_at.is_some() {
        return Ok(None);
    }
    let Some(publication) = publications::find(&mut tx, subscription.publication).await? else {
        return Ok(None);
    };
    let all = publications::topics(&mut tx, publication.id).await?;
    let chosen = all
        .into_iter()
        .filter(|t| sign_up.topics.0.contains(&t.slug))
        .map(|t| t.name)
        .collect();
    let all = digests::list(&mut tx, publication.id).await?;
    let digests = sign_up
        .digests
        .among(&all)
        .map(|digest| digest.name.clone())
        .collect();
    let changes = subscription.state == SubscriptionState::Confirmed;
    Ok(Some(Material {
        sign_up,
        subscriber,
        publication,
        topics: chosen,
        digests,
        changes,
    }))
}

async fn write(deps: &Deps, notice: &Notice) -> Result<Option<(Draft, Vec<u8>)>, NoticeError> {
    let Some(m) = material(deps, notice).await? else {
        return Ok(None);
    };
    let NoticeKind::Confirmation = notice.kind;
    let zone = m.publication.timezone;
    let texts = deps.renderer.texts();
    let language = texts.best_of(&m.publication, m.sign_up.language.as_deref());
    let view = PublicationView::new(&m.publication, &deps.limits.public_url);
    let context = ConfirmationMail {
        publication: view.told_in(language),
        confirm_url: links::confirm(deps, m.sign_up.id),
        never_url: links::never_mail(deps, m.sign_up.subscription),
        requested_at: dates::moment(m.sign_up.created_at, zone, language),
        source: m.sign_up.source.as_deref().map(site_of),
        topics: m.topics,
        digests: m.digests,
        expires_days: deps.limits.pending_days,
        changes: m.changes,
    };
    let mail = deps.renderer.confirmation(&context)?;
    let draft = Draft {
        message_id: format!(
            "{}.notice@{}",
            notice.id.0.simple(),
            m.publication.from.email.domain()
        ),
        from: m.publication.from,
        reply_to: m.publication.reply_to,
        to: m.subscriber.email,
        to_name: None,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        // The date of the request, so that a repeated attempt is the same mail.
        date: m.sign_up.created_at,
        headers: notice_headers(),
    };
    let domain = draft.from.email.domain();
    let bytes = deps.dkim.seal(domain, compose(&draft)?, deps.now())?;
    Ok(Some((draft, bytes)))
}

/// The site of a page, which says more to a reader than its whole address.
pub(super) fn site_of(source: &str) -> String {
    let host = url::Url::parse(source)
        .ok()
        .and_then(|u| u.host_str().map(str::to_owned));
    host.unwrap_or_else(|| crate::domain::text::cut(source, 100).to_owned())
}

/// Gives a mail to the first relay that answers.
pub(super) async fn hand_over(deps: &Deps, draft: &Draft, bytes: &[u8]) -> Outcome {
    let mut troubles = Vec::new();
    for relay in deps.routes.for_notices() {
        match relay.connect().await {
            Ok(mut connection) => {
                let outcome = connection
                    .send(draft.from.email.as_str(), &draft.to, bytes)
                    .await;
                connection.quit().await;
                return outcome;
            }
            Err(error) => troubles.push(error.to_string()),
        }
    }
    Outcome::NotBegun(troubles.join("; "))
}

async fn record(deps: &Deps, notice: &Notice, outcome: &Outcome) -> Result<(), StoreError> {
    let now = deps.now();
    let again = || {
        let first = notice.first_attempt_at.unwrap_or(now);
        next_attempt(
            Lane::Notice,
            notice.attempts,
            first,
            now,
            deps.limits.retry_for,
            deps.random.fraction(),
        )
    };
    let (state, text, next) = match outcome {
        Outcome::Accepted(reply) => (NoticeState::Sent, reply.to_string(), None),
        Outcome::Refused(reply) => (NoticeState::Failed, reply.to_string(), None),
        Outcome::Deferred(reply) => open(again(), reply.to_string()),
        Outcome::NotBegun(text) | Outcome::Unknown(text) => open(again(), text.clone()),
    };
    match (state, next) {
        (NoticeState::Sent, _) => tracing::info!(notice = %notice.id, "notice sent"),
        (NoticeState::Failed, _) => {
            tracing::warn!(notice = %notice.id, reply = %text, "notice failed");
        }
        (_, next) => {
            tracing::warn!(notice = %notice.id, reply = %text, ?next, "notice is tried again");
        }
    }
    let mut tx = deps.store.begin().await?;
    notices::record(&mut tx, notice.id, state, &text, next, now).await?;
    tx.commit().await
}

fn open(
    next: Option<crate::domain::clock::Time>,
    text: String,
) -> (NoticeState, String, Option<crate::domain::clock::Time>) {
    match next {
        Some(at) => (NoticeState::Pending, text, Some(at)),
        None => (NoticeState::Failed, text, None),
    }
}
