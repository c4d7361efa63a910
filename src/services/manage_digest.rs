//! Operators define digests.

use chrono_tz::Tz;
use thiserror::Error;

use super::Deps;
use crate::domain::digest::{Digest, Window};
use crate::domain::ids::{DigestId, PublicationId};
use crate::domain::schedule::{Schedule, ScheduleError};
use crate::domain::slug::Slug;
use crate::domain::text::{self, LineError};
use crate::store::{StoreError, digests, publications};

/// Why a digest was refused.
#[derive(Debug, Error)]
pub enum DigestError {
    #[error("the publication has a digest {0:?} already")]
    Exists(String),
    #[error("there is no topic {given:?}; the topics are: {known}")]
    Topic { given: String, known: String },
    #[error("--max-items must be 1 to 100 and --min-items at most that")]
    Items,
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator says of a new digest.
#[derive(Debug, Clone)]
pub struct NewDigest {
    pub publication: PublicationId,
    pub slug: Slug,
    pub name: String,
    pub cron: Option<String>,
    pub timezone: Tz,
    pub max_items: u32,
    pub min_items: u32,
    pub window: Window,
    pub topics: Vec<Slug>,
}

/// Makes a digest; the first of a publication is what readers get who chose none.
pub async fn create(deps: &Deps, new: NewDigest) -> Result<Digest, DigestError> {
    let now = deps.now();
    if !(1..=100).contains(&new.max_items) || new.min_items > new.max_items || new.min_items == 0 {
        return Err(DigestError::Items);
    }
    let schedule = new
        .cron
        .as_deref()
        .map(|cron| Schedule::parse(cron, new.timezone.name(), now))
        .transpose()?;
    let digest = Digest {
        id: deps.new_id(DigestId::new),
        publication: new.publication,
        slug: new.slug,
        name: text::line("the name", &new.name, 60)?,
        timezone: new.timezone,
        max_items: new.max_items,
        min_items: new.min_items,
        window: new.window,
        topics: new.topics,
        paused_at: None,
        next_run_at: schedule.as_ref().and_then(|s| s.next_after(now)),
        cron: schedule.map(|s| s.expression().to_owned()),
        created_at: now,
    };
    let mut tx = deps.store.begin().await?;
    let known = publications::topics(&mut tx, new.publication).await?;
    let mut topics = Vec::new();
    for slug in &digest.topics {
        let found = known
            .iter()
            .find(|t| t.slug == *slug)
            .ok_or_else(|| DigestError::Topic {
                given: slug.to_string(),
                known: known
                    .iter()
                    .map(|t| t.slug.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })?;
        topics.push(found.id);
    }
    match digests::insert(&mut tx, &digest, &topics).await {
        Err(StoreError::Conflict) => return Err(DigestError::Exists(digest.slug.to_string())),
        other => other?,
    }
    tx.commit().await?;
    Ok(digest)
}

/// Pauses or resumes a digest. A run that fell into the pause is left out: the schedule goes on
/// with the next one.
pub async fn set_paused(deps: &Deps, digest: &Digest, paused: bool) -> Result<(), DigestError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    digests::set_paused(&mut tx, digest.id, paused.then_some(now)).await?;
    if let (false, Some(cron), Some(missed)) = (paused, &digest.cron, digest.next_run_at)
        && missed <= now
    {
        let schedule = Schedule::parse(cron, digest.timezone.name(), now)?;
        if let Some(next) = schedule.next_after(now) {
            digests::advance(&mut tx, digest.id, missed, next).await?;
        }
    }
    Ok(tx.commit().await?)
}
