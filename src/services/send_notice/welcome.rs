//! The mail that welcomes a reader who has just confirmed: some words, or the latest issue of what
//! they chose.

use super::{Letter, NoticeError, message_id};
use crate::domain::digest::Digest;
use crate::domain::ids::IssueId;
use crate::domain::notice::Notice;
use crate::domain::publication::{Publication, Topic, Welcome};
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::{Subscription, SubscriptionState};
use crate::mail::{Draft, Header, ListHeaders, compose, list_unsubscribe, notice_headers};
use crate::render::contexts::{PublicationView, WelcomeMail};
use crate::render::dates;
use crate::render::slots::SlotValues;
use crate::services::{Deps, deliver, links, next_issue, preview_digest, words};
use crate::store::{
    StoreError, deliveries, digests, issues, publications, sign_ups, subscribers, subscriptions,
};

/// How old the latest issue may be, so that nobody is welcomed with stale news.
const OLDEST: chrono::TimeDelta = chrono::TimeDelta::days(35);

/// Everything about the notice, read in one transaction that ends before the mail is rendered.
struct Material {
    subscription: Subscription,
    subscriber: Subscriber,
    publication: Publication,
    topics: Vec<Topic>,
    /// Those that the reader takes.
    digests: Vec<Digest>,
    /// The latest issue of these, where the reader is to get it.
    issue: Option<IssueId>,
    source: Option<String>,
}

/// The words of the mail, in the reader's language.
struct Said {
    subject: String,
    text: String,
    html: String,
}

async fn material(deps: &Deps, notice: &Notice) -> Result<Option<Material>, StoreError> {
    let mut tx = deps.store.read().await?;
    let Some(id) = notice.sign_up else {
        return Ok(None);
    };
    let Some(sign_up) = sign_ups::find(&mut tx, id).await? else {
        return Ok(None);
    };
    let found = subscriptions::find(&mut tx, sign_up.subscription).await?;
    let Some(subscription) = found.filter(|s| s.state == SubscriptionState::Confirmed) else {
        return Ok(None);
    };
    let found = subscribers::find(&mut tx, subscription.subscriber).await?;
    let Some(subscriber) = found.filter(|reader| reader.suppressed_at.is_none()) else {
        return Ok(None);
    };
    let found = publications::find(&mut tx, subscription.publication).await?;
    let wanted = |p: &Publication| p.welcome != Welcome::Off && p.archived_at.is_none();
    let Some(publication) = found.filter(wanted) else {
        return Ok(None);
    };
    let all = digests::list(&mut tx, publication.id).await?;
    let digests: Vec<Digest> = subscription.digests.among(&all).cloned().collect();
    let mut issue = None;
    if publication.welcome == Welcome::LatestIssue {
        // Breaking news is none any more.
        let regular = digests
            .iter()
            .filter(|digest| digest.rules.breaking.is_none());
        let regular: Vec<_> = regular.map(|digest| digest.id).collect();
        issue = issues::latest_whole(&mut tx, &regular, deps.now() - OLDEST).await?;
    }
    if let Some(latest) = issue
        && deliveries::is_listed(&mut tx, latest, subscription.id).await?
    {
        // It has come already, or is on its way.
        issue = None;
    }
    Ok(Some(Material {
        topics: publications::topics(&mut tx, publication.id).await?,
        subscription,
        subscriber,
        publication,
        digests,
        issue,
        source: sign_up.source,
    }))
}

/// Writes the mail. Its list headers are those of a digest: a reader can leave by it.
pub(super) async fn write(deps: &Deps, notice: &Notice) -> Result<Option<Letter>, NoticeError> {
    let Some(m) = material(deps, notice).await? else {
        return Ok(None);
    };
    let texts = deps.renderer.texts();
    let language = texts.best_of(&m.publication, m.subscription.language.as_deref());
    let said = match with_issue(deps, &m, language).await? {
        Some(said) => said,
        None => alone(deps, &m, language)?,
    };
    let draft = Draft {
        message_id: message_id(notice, &m.publication),
        headers: headers(deps, &m)?,
        from: m.publication.from,
        reply_to: m.publication.reply_to,
        to: m.subscriber.email,
        to_name: m.subscriber.name,
        subject: said.subject,
        text: said.text,
        html: said.html,
        date: notice.created_at,
    };
    let domain = draft.from.email.domain();
    let bytes = deps.dkim.seal(domain, compose(&draft)?, deps.now())?;
    Ok(Some(Letter {
        from: draft.from.email,
        to: draft.to,
        bytes,
        counts: None,
    }))
}

fn headers(deps: &Deps, m: &Material) -> Result<Vec<Header>, NoticeError> {
    let list = ListHeaders {
        publication_name: m.publication.name.clone(),
        publication_slug: m.publication.slug.to_string(),
        list_domain: m.publication.from.email.domain().to_owned(),
        feedback_id: format!("welcome:{}:welcome:paperround", m.publication.slug),
    };
    let leave = links::unsubscribe(deps, m.subscription.id, None);
    let by_mail = links::unsubscribe_by_mail(deps, m.subscription.id, None);
    let ways_out = std::iter::once(leave.as_str()).chain(by_mail.as_deref());
    let mut headers = list.headers()?;
    headers.push(list_unsubscribe(ways_out)?);
    headers.extend(notice_headers());
    Ok(headers)
}

/// When the next issue comes, in words.
fn next(deps: &Deps, m: &Material, language: &str) -> Option<String> {
    let zone = m.subscription.timezone;
    let (at, zone) = next_issue::of(m.digests.iter(), zone, deps.now())?;
    Some(dates::moment(at, zone, language))
}

/// The words alone, with a link to the latest issue.
fn alone(deps: &Deps, m: &Material, language: &str) -> Result<Said, NoticeError> {
    let view = PublicationView::new(&m.publication, &deps.limits.public_url);
    let chosen = |topic: &&Topic| m.subscription.topics.0.contains(&topic.slug);
    let mail = WelcomeMail {
        publication: view.told_in(language),
        next_issue: next(deps, m, language),
        topics: m
            .topics
            .iter()
            .filter(chosen)
            .map(|topic| topic.name.clone())
            .collect(),
        digests: m.digests.iter().map(|digest| digest.name.clone()).collect(),
        archive_url: links::archive(deps, &m.publication),
        change_url: links::preferences(deps, m.subscription.id, None),
        leave_url: links::unsubscribe(deps, m.subscription.id, None),
    };
    let mail = deps.renderer.welcome(&mail)?;
    Ok(Said {
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
    })
}

/// The latest issue as this reader's edition, with a greeting before it; `None` where there is none
/// for them. It is only shown: no row of the ledger is written and no article is taken, so that the
/// next issue is the same with or without it.
async fn with_issue(
    deps: &Deps,
    m: &Material,
    language: &str,
) -> Result<Option<Said>, NoticeError> {
    let Some(issue) = m.issue else {
        return Ok(None);
    };
    let texts = deps.renderer.texts();
    let name = m.publication.name.as_str();
    let title = texts.say(
        language,
        "welcome-mail-subject",
        &[("publication", name.into())],
    );
    let follows = match next(deps, m, language) {
        Some(next) => texts.say(
            language,
            "welcome-mail-issue-next",
            &[("next", next.into())],
        ),
        None => texts.say(language, "welcome-mail-issue", &[]),
    };
    let greeting = format!("**{}**\n\n{}", words::plain(&title), words::plain(&follows));
    let email = &m.subscriber.email;
    let made = match preview_digest::greeting(deps, issue, email, &greeting).await {
        Ok(made) => made,
        Err(error) => {
            tracing::info!(%issue, %error, "a reader is welcomed without the latest issue");
            return Ok(None);
        }
    };
    let html = &made.edition.html;
    let values = SlotValues {
        unsubscribe_url: links::unsubscribe(deps, m.subscription.id, None),
        preferences_url: links::preferences(deps, m.subscription.id, None),
        email: email.to_string(),
        signed_up: deliver::signed_up(
            &m.publication,
            deliver::language_of(html, &m.publication),
            m.subscription.confirmed_at,
            m.source.as_deref(),
        ),
    };
    let made = made.with(values);
    Ok(Some(Said {
        subject: title,
        text: made.text(),
        html: made.html(),
    }))
}
