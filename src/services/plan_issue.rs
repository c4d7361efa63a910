//! Plans an issue: takes the slot, freezes the articles, gives the number.

use chrono::TimeDelta;
use thiserror::Error;

use super::Deps;
use crate::domain::article::Article;
use crate::domain::clock::Time;
use crate::domain::digest::{Digest, Window};
use crate::domain::ids::{IssueId, PublicationId};
use crate::domain::issue::IssueState;
use crate::domain::job::Job;
use crate::domain::publication::TopicChoice;
use crate::domain::schedule::{Schedule, ScheduleError};
use crate::domain::selection;
use crate::store::{StoreError, Tx, articles, digests, issues, subscriptions};

/// The most articles that one issue looks at.
const MOST_CANDIDATES: i64 = 500;

/// Why nothing was planned.
#[derive(Debug, Error)]
pub enum PlanError {
    #[error("the digest has an issue at that very time")]
    Taken,
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Plans the issues of all digests whose time has come, and freezes issues that were planned by
/// hand for now. Returns how many were planned here.
pub async fn plan_due(deps: &Deps) -> Result<usize, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let due = digests::due(&mut tx, now).await?;
    let planned = issues::in_state(&mut tx, IssueState::Planned, now).await?;
    drop(tx);
    let mut count = 0;
    for digest in due {
        match scheduled(deps, &digest).await {
            Ok(Some(_)) => count += 1,
            Ok(None) => {}
            Err(error) => {
                tracing::error!(digest = %digest.id, %error, "a digest could not be planned");
            }
        }
    }
    for issue in planned {
        let mut tx = deps.store.begin().await?;
        if let Some(digest) = digests::find(&mut tx, issue.digest).await? {
            freeze(deps, &mut tx, &digest, issue.id, now).await?;
            commit_and_wake(deps, tx, issue.id).await?;
            count += 1;
        }
    }
    Ok(count)
}

/// Plans the issue of a digest whose time has come; `None` where another node was first.
///
/// After a standstill over several slots one issue goes out, for the first of them.
pub async fn scheduled(deps: &Deps, digest: &Digest) -> Result<Option<IssueId>, PlanError> {
    let now = deps.now();
    let (Some(cron), Some(slot)) = (&digest.cron, digest.next_run_at) else {
        return Ok(None);
    };
    let schedule = Schedule::parse(cron, digest.timezone.name(), now)?;
    let next = schedule
        .next_after(now.max(slot))
        .ok_or_else(|| ScheduleError::Never(cron.clone()))?;
    let mut tx = deps.store.begin().await?;
    if !digests::advance(&mut tx, digest.id, slot, next).await? {
        return Ok(None);
    }
    let id = deps.new_id(IssueId::new);
    insert(&mut tx, id, digest, slot, now).await?;
    freeze(deps, &mut tx, digest, id, now).await?;
    commit_and_wake(deps, tx, id).await?;
    Ok(Some(id))
}

/// Plans an issue by hand: now, or for a later time, when its articles are chosen.
pub async fn by_hand(deps: &Deps, digest: &Digest, at: Option<Time>) -> Result<IssueId, PlanError> {
    let now = deps.now();
    let id = deps.new_id(IssueId::new);
    let mut tx = deps.store.begin().await?;
    insert(&mut tx, id, digest, at.unwrap_or(now), now).await?;
    if at.is_none_or(|at| at <= now) {
        freeze(deps, &mut tx, digest, id, now).await?;
    }
    commit_and_wake(deps, tx, id).await?;
    Ok(id)
}

async fn insert(
    tx: &mut Tx,
    id: IssueId,
    digest: &Digest,
    slot: Time,
    now: Time,
) -> Result<(), PlanError> {
    match issues::insert(tx, id, digest.id, digest.publication, slot, now).await {
        Err(StoreError::Conflict) => Err(PlanError::Taken),
        other => other.map_err(PlanError::from),
    }
}

/// Chooses the articles, or skips the issue and says why.
async fn freeze(
    deps: &Deps,
    tx: &mut Tx,
    digest: &Digest,
    id: IssueId,
    now: Time,
) -> Result<(), StoreError> {
    if !subscriptions::any_confirmed(tx, digest.publication).await? {
        return issues::skip(tx, id, "no confirmed readers", now).await;
    }
    let chosen = candidates(tx, digest, digest.publication, now).await?;
    if chosen.len() < digest.min_items.max(1) as usize {
        let reason = too_few(chosen.len(), digest);
        tracing::info!(issue = %id, digest = %digest.id, %reason, "issue skipped");
        return issues::skip(tx, id, &reason, now).await;
    }
    let number = digests::take_number(tx, digest.id).await?;
    if !issues::freeze(tx, id, number, now).await? {
        return Ok(());
    }
    for (place, article) in (0..).zip(&chosen) {
        issues::add_article(tx, id, digest.id, article.id, place).await?;
    }
    let next_intro = digests::next_intro(tx, digest.id).await?;
    let intro = next_intro.as_ref().unwrap_or(&digest.rules.intro);
    issues::set_words(tx, id, intro, &digest.rules.outro).await?;
    if next_intro.is_some() {
        digests::set_next_intro(tx, digest.id, None).await?;
    }
    deps.push(tx, &Job::ComposeIssue { issue: id }).await
}

fn too_few(found: usize, digest: &Digest) -> String {
    match found {
        0 => "nothing new".to_owned(),
        1 => format!(
            "only 1 new article, at least {} are wanted",
            digest.min_items
        ),
        n => format!(
            "only {n} new articles, at least {} are wanted",
            digest.min_items
        ),
    }
}

/// What counts as news for a digest now: not considered for an earlier issue, not too old, of
/// the digest's topics; in the order of the mail.
///
/// "Since the last issue" rests on what earlier issues considered, not on times: an article that
/// was on its way into the database while the last issue was frozen is not lost.
pub(super) async fn candidates(
    tx: &mut Tx,
    digest: &Digest,
    publication: PublicationId,
    now: Time,
) -> Result<Vec<Article>, StoreError> {
    let oldest = digest.oldest(now);
    let seen_after = match digest.window {
        // The overlap only bounds the search.
        Window::LastIssue => issues::last_frozen(tx, digest.id)
            .await?
            .map_or(oldest, |at| at - TimeDelta::days(1)),
        Window::Day | Window::Week => oldest,
    };
    let mut found =
        articles::candidates(tx, publication, digest.id, seen_after, now, MOST_CANDIDATES).await?;
    let topics = TopicChoice(digest.topics.iter().cloned().collect());
    found.retain(|article| article.dated() >= oldest && topics.wants(article.topics.iter()));
    selection::order(&mut found);
    Ok(found)
}

async fn commit_and_wake(deps: &Deps, tx: Tx, issue: IssueId) -> Result<(), StoreError> {
    tx.commit().await?;
    deps.wake(&Job::ComposeIssue { issue });
    Ok(())
}
