//! Operators define digests.

use thiserror::Error;

use super::{Deps, words};
use crate::domain::clock::Time;
use crate::domain::digest::{Digest, Rules, Window};
use crate::domain::ids::{DigestId, TopicId};
use crate::domain::publication::Publication;
use crate::domain::schedule::{Schedule, ScheduleError};
use crate::domain::slug::Slug;
use crate::domain::text::{self, LineError};
use crate::render::RenderError;
use crate::render::subject::{SubjectView, subject};
use crate::store::{StoreError, Tx, digests, publications};

/// Why a digest was refused.
#[derive(Debug, Error)]
pub enum DigestError {
    #[error("the publication has a digest {0:?} already")]
    Exists(String),
    #[error("there is no topic {given:?}; the topics are: {known}")]
    Topic { given: String, known: String },
    #[error("there is no such digest any more")]
    Unknown,
    #[error(
        "--max-items and --full-items must be 1 to 100, and --min-items at least 1 and at most --max-items"
    )]
    Items,
    #[error("there are two sections for the topic {0:?}; give it once")]
    SectionTwice(String),
    #[error(transparent)]
    Subject(#[from] RenderError),
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A digest as it is before an operator says more of it: by hand, with everything that is new.
pub fn draft(deps: &Deps, publication: &Publication, slug: Slug, name: &str) -> Digest {
    Digest {
        id: deps.new_id(DigestId::new),
        publication: publication.id,
        slug,
        name: name.to_owned(),
        timezone: publication.timezone,
        max_items: 12,
        min_items: 1,
        window: Window::LastIssue,
        topics: Vec::new(),
        rules: Rules::default(),
        paused_at: None,
        cron: None,
        next_run_at: None,
        created_at: deps.now(),
    }
}

/// Makes a digest; the first of a publication is what readers get who chose none.
pub async fn create(deps: &Deps, draft: Digest) -> Result<Digest, DigestError> {
    let mut digest = draft;
    let now = deps.now();
    digest.next_run_at = schedule(&mut digest, now)?;
    let mut tx = deps.store.begin().await?;
    let topics = check(&mut tx, &mut digest).await?;
    match digests::insert(&mut tx, &digest, &topics).await {
        Err(StoreError::Conflict) => return Err(DigestError::Exists(digest.slug.to_string())),
        other => other?,
    }
    tx.commit().await?;
    Ok(digest)
}

/// Changes a digest; issues that are planned keep what they have frozen.
pub async fn update(
    deps: &Deps,
    id: DigestId,
    next_intro: Option<&str>,
    change: impl FnOnce(&mut Digest),
) -> Result<Digest, DigestError> {
    let mut tx = deps.store.begin().await?;
    let mut digest = digests::find(&mut tx, id)
        .await?
        .ok_or(DigestError::Unknown)?;
    let (cron, timezone) = (digest.cron.clone(), digest.timezone);
    change(&mut digest);
    if digest.cron != cron || digest.timezone != timezone {
        digest.next_run_at = schedule(&mut digest, deps.now())?;
    }
    let topics = check(&mut tx, &mut digest).await?;
    digests::update(&mut tx, &digest, &topics).await?;
    if let Some(text) = next_intro {
        check_words("the intro", text)?;
        let text = Some(text.trim()).filter(|text| !text.is_empty());
        digests::set_next_intro(&mut tx, id, text).await?;
    }
    tx.commit().await?;
    Ok(digest)
}

/// The first run of a digest from now on.
fn schedule(digest: &mut Digest, now: Time) -> Result<Option<Time>, DigestError> {
    let Some(cron) = &digest.cron else {
        return Ok(None);
    };
    let schedule = Schedule::parse(cron, digest.timezone.name(), now)?;
    digest.cron = Some(schedule.expression().to_owned());
    Ok(schedule.next_after(now))
}

/// Checks what an operator says of a digest; returns the topics that it is limited to.
async fn check(tx: &mut Tx, digest: &mut Digest) -> Result<Vec<TopicId>, DigestError> {
    digest.name = text::line("the name", &digest.name, 60)?;
    let items = 1..=digest.max_items;
    if digest.max_items > 100
        || !items.contains(&digest.min_items)
        || !(1..=100).contains(&digest.rules.full_items)
    {
        return Err(DigestError::Items);
    }
    check_words("the intro", &digest.rules.intro)?;
    check_words("the outro", &digest.rules.outro)?;
    if let Some(template) = &digest.rules.subject {
        let template = text::line("the subject", template, 200)?;
        subject(&template, &SubjectView::sample())?;
        digest.rules.subject = Some(template);
    }
    let known = publications::topics(tx, digest.publication).await?;
    let find = |slug: &Slug| {
        let found = known.iter().find(|topic| topic.slug == *slug);
        found.map(|topic| topic.id).ok_or_else(|| {
            let known: Vec<&str> = known.iter().map(|t| t.slug.as_str()).collect();
            DigestError::Topic {
                given: slug.to_string(),
                known: known.join(", "),
            }
        })
    };
    let sections = &digest.rules.sections;
    for (at, rule) in sections.iter().enumerate() {
        find(&rule.topic)?;
        if sections[..at].iter().any(|other| other.topic == rule.topic) {
            return Err(DigestError::SectionTwice(rule.topic.to_string()));
        }
    }
    digest.topics.iter().map(find).collect()
}

fn check_words(field: &'static str, markdown: &str) -> Result<(), DigestError> {
    let length = markdown.chars().count();
    if length > words::MOST_CHARS {
        let max = words::MOST_CHARS;
        return Err(LineError::TooLong { field, length, max }.into());
    }
    Ok(())
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
