//! Operators define digests.

use std::collections::BTreeSet;

use serde_json::json;
use thiserror::Error;

use super::audit::{images, note};
use super::ingest_article::known_topics;
use super::{Deps, plan_issue, words};
use crate::domain::audit::{Change, Kind};
use crate::domain::clock::Time;
use crate::domain::digest::{Digest, Rules, Window};
use crate::domain::ids::{DigestId, TopicId};
use crate::domain::publication::Publication;
use crate::domain::run::Runs;
use crate::domain::schedule::{Schedule, ScheduleError};
use crate::domain::slug::Slug;
use crate::domain::text::{self, LineError};
use crate::render::RenderError;
use crate::render::subject::{SubjectView, subject};
use crate::store::{StoreError, Tx, digests, drafts, publications, run_changes};

/// Why a digest was refused.
#[derive(Debug, Error)]
pub enum DigestError {
    #[error("the publication has a digest {0:?} already")]
    Exists(String),
    #[error("there is no topic {given:?}; {known}")]
    Topic { given: String, known: String },
    #[error("there is no such digest any more")]
    Unknown,
    #[error("the digest has changed since it was read")]
    Changed,
    #[error(
        "--max-items and --full-items must be 1 to 100, and --min-items at least 1 and at most --max-items"
    )]
    Items,
    #[error("there are two sections for the topic {0:?}; give it once")]
    SectionTwice(String),
    #[error(
        "a digest goes out by schedule (--cron) or when there is news (--breaking), not both; --by-hand takes away what it has"
    )]
    TwoWays,
    #[error("--local-time needs a schedule: give --cron")]
    LocalTime,
    #[error("--max-per-day must be 1 to 100")]
    MostADay,
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
        design: None,
        paused_at: None,
        cron: None,
        next_run_at: None,
        look_at: None,
        since_at: None,
        changes: Vec::new(),
        created_at: deps.now(),
    }
}

/// Makes a digest; the first of a publication is what readers get who chose none.
pub async fn create(deps: &Deps, draft: Digest) -> Result<Digest, DigestError> {
    let mut digest = draft;
    let mut tx = deps.store.begin().await?;
    let topics = check(&mut tx, &mut digest).await?;
    schedule(&mut tx, &mut digest, deps.now()).await?;
    match digests::insert(&mut tx, &digest, &topics).await {
        Err(StoreError::Conflict) => return Err(DigestError::Exists(digest.slug.to_string())),
        other => other?,
    }
    let entry = entry("add", &digest).to(images::digest(&digest));
    note(deps, &mut tx, entry).await?;
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
    update_if(deps, id, next_intro, |_| true, change).await
}

/// The same where the digest is `still` as whoever changes it has read it.
pub async fn update_if(
    deps: &Deps,
    id: DigestId,
    next_intro: Option<&str>,
    still: impl FnOnce(&Digest) -> bool,
    change: impl FnOnce(&mut Digest),
) -> Result<Digest, DigestError> {
    let mut tx = deps.store.begin().await?;
    // Its next run stays what it is by now.
    run_changes::lock(&mut tx, id).await?;
    let mut digest = digests::find(&mut tx, id)
        .await?
        .ok_or(DigestError::Unknown)?;
    if !still(&digest) {
        return Err(DigestError::Changed);
    }
    let before = digest.clone();
    change(&mut digest);
    let topics = check(&mut tx, &mut digest).await?;
    let at = |d: &Digest| {
        let rules = (d.rules.local_time, d.rules.breaking);
        (d.cron.clone(), d.timezone, rules)
    };
    // The calendar is asked when a run has come; what waits for news may not have to wait any more.
    let opens = digest.rules.breaking.is_some() && digest.rules.calendar != before.rules.calendar;
    if opens || at(&digest) != at(&before) {
        schedule(&mut tx, &mut digest, deps.now()).await?;
    }
    digests::update(&mut tx, &digest, &topics).await?;
    let (was, is) = (images::digest(&before), images::digest(&digest));
    if was != is {
        note(deps, &mut tx, entry("change", &digest).from(was).to(is)).await?;
    }
    if let Some(text) = next_intro {
        words::check("the intro", text)?;
        let text = Some(text.trim()).filter(|text| !text.is_empty());
        digests::set_next_intro(&mut tx, id, text).await?;
        drafts::note_intro(&mut tx, id, deps.actor.name(), deps.now()).await?;
        let said = entry("introduce the next issue of", &digest);
        note(deps, &mut tx, said.to(json!({ "intro": text }))).await?;
    }
    tx.commit().await?;
    Ok(digest)
}

/// A digest's recipe as one short text, which changes with it: for whoever has read it and is about to
/// change it.
pub fn fingerprint(digest: &Digest) -> String {
    let mut d = digest.clone();
    // Pausing is no change of the recipe, and the database has the topics in no order.
    d.paused_at = None;
    d.topics.sort();
    let recipe = images::digest(&d).to_string();
    let hash = ring::digest::digest(&ring::digest::SHA256, recipe.as_bytes());
    let bytes = &hash.as_ref()[..12];
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn entry(verb: &'static str, digest: &Digest) -> Change {
    Change::of(verb, Kind::Digest, &digest.slug).within(digest.publication)
}

/// Sets the first run of a digest from now on, and when the scheduler looks at it.
async fn schedule(tx: &mut Tx, digest: &mut Digest, now: Time) -> Result<(), DigestError> {
    (digest.next_run_at, digest.look_at) = (None, None);
    digest.since_at = Some(now);
    run_changes::forget_after(tx, digest.id, now).await?;
    if digest.rules.breaking.is_some() {
        digest.look_at = Some(now);
    }
    let Some(cron) = &digest.cron else {
        return Ok(());
    };
    let schedule = Schedule::parse(cron, digest.timezone.name(), now)?;
    digest.cron = Some(schedule.expression().to_owned());
    digest.next_run_at = schedule.next_after(now);
    if let Some(run) = digest.next_run_at {
        digest.look_at = Some(plan_issue::look_at(tx, digest, run).await?);
    }
    Ok(())
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
    match (&digest.cron, &digest.rules.breaking) {
        (Some(_), Some(_)) => return Err(DigestError::TwoWays),
        (None, _) if digest.rules.local_time => return Err(DigestError::LocalTime),
        _ => {}
    }
    if let Some(rule) = digest.rules.breaking
        && !(1..=100).contains(&rule.most_a_day)
    {
        return Err(DigestError::MostADay);
    }
    words::check("the intro", &digest.rules.intro)?;
    words::check("the outro", &digest.rules.outro)?;
    words::check("the notice", &digest.rules.notice)?;
    if !digest.rules.notice_label.is_empty() {
        let label = text::line("the notice's label", &digest.rules.notice_label, 40)?;
        digest.rules.notice_label = label;
    }
    if let Some(template) = &digest.rules.subject {
        let template = text::line("the subject", template, 200)?;
        subject(&template, &SubjectView::sample())?;
        digest.rules.subject = Some(template);
    }
    let known = publications::topics(tx, digest.publication).await?;
    let find = |slug: &Slug| {
        let found = known.iter().find(|topic| topic.slug == *slug);
        found
            .map(|topic| topic.id)
            .ok_or_else(|| DigestError::Topic {
                given: slug.to_string(),
                known: known_topics(&known),
            })
    };
    let sections = &digest.rules.sections;
    for (at, rule) in sections.iter().enumerate() {
        find(&rule.topic)?;
        if sections[..at].iter().any(|other| other.topic == rule.topic) {
            return Err(DigestError::SectionTwice(rule.topic.to_string()));
        }
    }
    let topics: BTreeSet<Slug> = digest.topics.drain(..).collect();
    digest.topics = topics.into_iter().collect();
    digest.topics.iter().map(find).collect()
}

/// Pauses or resumes a digest. A run that fell into the pause is left out: the schedule goes on
/// with the next one.
pub async fn set_paused(deps: &Deps, digest: &Digest, paused: bool) -> Result<(), DigestError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    digests::set_paused(&mut tx, digest.id, paused.then_some(now)).await?;
    if paused != digest.paused_at.is_some() {
        let verb = if paused { "pause" } else { "resume" };
        note(deps, &mut tx, entry(verb, digest)).await?;
    }
    if !paused && digest.paused_at.is_some() {
        digests::set_since(&mut tx, digest.id, now).await?;
    }
    if let (false, Some(schedule), Some(missed)) =
        (paused, digest.schedule(now)?, digest.next_run_at)
        && missed <= now
    {
        let runs = Runs::new(&schedule, &digest.changes);
        if let Some(next) = runs.next_after(now) {
            let look = plan_issue::look_at(&mut tx, digest, next.at).await?;
            digests::advance(&mut tx, digest, next.at, look).await?;
        }
    }
    Ok(tx.commit().await?)
}
