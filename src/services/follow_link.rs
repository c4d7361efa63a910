//! A reader follows a link that is counted: where to, and whether a person did.

use chrono::TimeDelta;

use super::Deps;
use super::visit::{Visit, times};
use crate::domain::links::{CountedLink, MOST_A_MINUTE, is_program};
use crate::store::{StoreError, Tx, clicks, digests, issues, publications};

/// Where a link leads; `None` where it is not one of ours.
pub async fn target(deps: &Deps, token: &str) -> Result<Option<(CountedLink, String)>, StoreError> {
    let Ok(link) = deps.keys.read_counted_link(token) else {
        return Ok(None);
    };
    let mut tx = deps.store.read().await?;
    let Some(address) = clicks::target(&mut tx, link).await? else {
        return Ok(None);
    };
    let Some(issue) = issues::find(&mut tx, link.issue).await? else {
        return Ok(None);
    };
    let publication = publications::find(&mut tx, issue.publication).await?;
    let digest = digests::find(&mut tx, issue.digest).await?;
    let Some((publication, digest)) = publication.zip(digest) else {
        return Ok(None);
    };
    let campaign = super::links::campaign(&digest.slug, issue.number.unwrap_or_default());
    Ok(Some((link, publication.links.tagged(&address, &campaign))))
}

/// Counts a step on a link. A count is worth no wait for the disk.
pub async fn count(deps: &Deps, link: CountedLink, visit: &Visit<'_>) -> Result<(), StoreError> {
    let mut tx = deps.store.begin_relaxed().await?;
    let is_counted = is_first_of_a_person(deps, &mut tx, link, visit).await?;
    clicks::count(&mut tx, link, is_counted).await?;
    tx.commit().await
}

async fn is_first_of_a_person(
    deps: &Deps,
    tx: &mut Tx,
    link: CountedLink,
    visit: &Visit<'_>,
) -> Result<bool, StoreError> {
    if visit.is_ahead || is_program(visit.user_agent) {
        return Ok(false);
    }
    let CountedLink { issue, article } = link;
    let of_link = format!("click {issue} {article}");
    if times(deps, tx, &of_link, visit, TimeDelta::days(1)).await? > 1 {
        return Ok(false);
    }
    let of_issue = format!("clicks {issue}");
    Ok(times(deps, tx, &of_issue, visit, TimeDelta::minutes(1)).await? <= MOST_A_MINUTE)
}
