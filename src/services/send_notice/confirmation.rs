//! The mail that asks to confirm, and the one that reminds of it.

use chrono_tz::Tz;

use super::{Letter, NoticeError, message_id, site_of};
use crate::domain::clock::Time;
use crate::domain::funnel::FunnelStep;
use crate::domain::notice::{Notice, NoticeKind};
use crate::domain::publication::Publication;
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::{SignUp, SubscriptionState, beginning};
use crate::mail::{Draft, compose, notice_headers};
use crate::render::contexts::{ConfirmationMail, PublicationView};
use crate::render::dates;
use crate::services::{Deps, links};
use crate::store::{StoreError, digests, publications, sign_ups, subscribers, subscriptions};

/// Everything about the notice, read in one transaction that ends before the mail is rendered.
struct Material {
    sign_up: SignUp,
    /// The hash of its token.
    token_hash: Vec<u8>,
    subscriber: Subscriber,
    publication: Publication,
    topics: Vec<String>,
    digests: Vec<String>,
    timezone: Option<Tz>,
    changes: bool,
}

/// Whether there is a button left to press.
fn is_open(sign_up: &SignUp, now: Time) -> bool {
    sign_up.used_at.is_none() && sign_up.expires_at > now
}

async fn material(deps: &Deps, notice: &Notice) -> Result<Option<Material>, StoreError> {
    let mut tx = deps.store.read().await?;
    let found = match notice.sign_up {
        Some(id) => sign_ups::find(&mut tx, id).await?,
        None => None,
    };
    let Some(sign_up) = found.filter(|sign_up| is_open(sign_up, deps.now())) else {
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
    if changes && notice.kind == NoticeKind::Reminder {
        return Ok(None);
    }
    let timezone = sign_ups::timezone(&mut tx, sign_up.id).await?;
    Ok(Some(Material {
        token_hash: sign_ups::token_hash(&mut tx, sign_up.id).await?,
        sign_up,
        subscriber,
        publication,
        topics: chosen,
        digests,
        timezone,
        changes,
    }))
}

/// Writes the mail that asks to confirm, or reminds of it.
pub(super) async fn write(deps: &Deps, notice: &Notice) -> Result<Option<Letter>, NoticeError> {
    let Some(m) = material(deps, notice).await? else {
        return Ok(None);
    };
    let reminds = notice.kind == NoticeKind::Reminder;
    let mail = deps.renderer.confirmation(&context(deps, &m, reminds))?;
    let step = if reminds {
        FunnelStep::Reminded
    } else {
        FunnelStep::Mailed
    };
    let draft = Draft {
        message_id: message_id(notice, &m.publication),
        from: m.publication.from,
        reply_to: m.publication.reply_to,
        to: m.subscriber.email,
        to_name: None,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        // Never that of the attempt, so that a repeated one is the same mail.
        date: if reminds {
            notice.created_at
        } else {
            m.sign_up.created_at
        },
        headers: notice_headers(),
    };
    let domain = draft.from.email.domain();
    let bytes = deps.dkim.seal(domain, compose(&draft)?, deps.now())?;
    Ok(Some(Letter {
        from: draft.from.email,
        to: draft.to,
        bytes,
        counts: (!m.changes).then_some((m.publication.id, step)),
    }))
}

fn context(deps: &Deps, m: &Material, reminds: bool) -> ConfirmationMail {
    let zone = m.timezone.unwrap_or(m.publication.timezone);
    let texts = deps.renderer.texts();
    let language = texts.best_of(&m.publication, m.sign_up.language.as_deref());
    let view = PublicationView::new(&m.publication, &deps.limits.public_url);
    ConfirmationMail {
        publication: view.told_in(language),
        confirm_url: links::confirm(deps, m.sign_up.id, &m.token_hash),
        never_url: links::never_mail(deps, m.sign_up.subscription),
        requested_at: dates::moment(m.sign_up.created_at, zone, language),
        source: m.sign_up.source.as_deref().map(site_of),
        network: m.sign_up.network.as_deref().and_then(beginning),
        topics: m.topics.clone(),
        digests: m.digests.clone(),
        expires_days: deps.limits.pending_days,
        expires_at: reminds.then(|| dates::moment(m.sign_up.expires_at, zone, language)),
        changes: m.changes,
    }
}
