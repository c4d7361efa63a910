//! Renders the editions of an issue and fills its ledger.

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;

use super::edition::{self, Material, RenderedEdition};
use super::{Deps, tell};
use crate::domain::clock::Time;
use crate::domain::ids::{EditionId, IssueId};
use crate::domain::issue::{Edition, IssueState};
use crate::domain::job::Job;
use crate::domain::schedule;
use crate::domain::selection::Nothing;
use crate::render::RenderError;
use crate::store::deliveries::{self, Audience, Choice};
use crate::store::{StoreError, Tx, digests, editions as rows, issues, opens, publications, waves};

/// Why an issue could not be composed.
#[derive(Debug, Error)]
pub enum ComposeIssueError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("the readers' choices changed faster than the issue could be rendered")]
    Restless,
}

/// Readers whose rows are written in one transaction.
const PART: i64 = 20_000;
/// Times that a part is begun again because readers changed their topics meanwhile.
const MOST_TRIES: u32 = 10;

/// The issue, and what its editions are made from.
struct Work {
    id: IssueId,
    is_first: bool,
    /// The time on readers' clocks at which they get it; `None` where all get it at once.
    slot_at: Option<Time>,
    material: Arc<Material>,
}

/// Which readers get which edition, as far as it is known.
#[derive(Default)]
struct Editions {
    /// Those that are rendered, by their keys.
    keys: BTreeSet<String>,
    choices: BTreeSet<Choice>,
    /// What is not in the database yet.
    fresh: Vec<RenderedEdition>,
    chosen: Vec<(Choice, Result<String, Nothing>)>,
}

/// What came of an attempt to fill a part.
enum Filled {
    Part,
    Whole,
    /// A reader chose topics for which there is no edition yet.
    Again,
    /// Another process fills the ledger, or the issue was cancelled.
    Elsewhere,
}

/// Composes an issue: renders its editions and fills its ledger, part by part, while the first
/// mails go out. Harmless to run twice, and to break off: the next run goes on.
pub async fn compose(deps: &Deps, id: IssueId) -> Result<(), ComposeIssueError> {
    let done = compose_parts(deps, id).await;
    if let Err(ComposeIssueError::Render(error)) = &done {
        // It is tried again; until then whoever looks at the issue sees why it stays as it is.
        let mut tx = deps.store.begin().await?;
        let trouble = format!("it could not be composed: {error}");
        issues::set_trouble(&mut tx, id, Some(&trouble)).await?;
        tx.commit().await?;
    }
    done
}

async fn compose_parts(deps: &Deps, id: IssueId) -> Result<(), ComposeIssueError> {
    let Some((work, mut editions)) = load(deps, id).await? else {
        return Ok(());
    };
    let mut tries = 0;
    loop {
        match fill_part(deps, &work, &mut editions).await? {
            Filled::Part => tries = 0,
            Filled::Whole => {
                tracing::info!(issue = %id, editions = editions.keys.len(), "issue composed");
                return Ok(());
            }
            Filled::Elsewhere => return Ok(()),
            Filled::Again => {
                tries += 1;
                if tries > MOST_TRIES {
                    return Err(ComposeIssueError::Restless);
                }
            }
        }
    }
}

async fn load(deps: &Deps, id: IssueId) -> Result<Option<(Work, Editions)>, StoreError> {
    let mut tx = deps.store.read().await?;
    let Some(issue) = issues::find(&mut tx, id).await? else {
        return Ok(None);
    };
    let is_open = match issue.state {
        IssueState::Composing => true,
        IssueState::Sending | IssueState::Paused => !issue.is_filled,
        _ => false,
    };
    let Some(publication) = publications::find(&mut tx, issue.publication).await? else {
        return Ok(None);
    };
    let is_first = digests::first(&mut tx, issue.publication).await? == Some(issue.digest);
    let Some(digest) = digests::find(&mut tx, issue.digest).await? else {
        return Ok(None);
    };
    if !is_open {
        return Ok(None);
    }
    let editions = Editions {
        keys: rows::keys(&mut tx, id).await?.into_iter().collect(),
        choices: rows::choices(&mut tx, id).await?.into_iter().collect(),
        ..Editions::default()
    };
    let material = Material {
        issue: Some(id),
        topics: publications::topics(&mut tx, publication.id).await?,
        articles: edition::frozen(&mut tx, &issue, deps.now()).await?,
        written: edition::written(&mut tx, publication.id, issue.planned_at).await?,
        number: issue.number.unwrap_or_default(),
        dated: issue.dated(),
        words: issue.words,
        digest,
        publication,
    };
    let material = Arc::new(material);
    Ok(Some((
        Work {
            id,
            is_first,
            slot_at: issue.slot_at,
            material,
        },
        editions,
    )))
}

/// Renders what the next part needs, and fills it.
async fn fill_part(
    deps: &Deps,
    work: &Work,
    editions: &mut Editions,
) -> Result<Filled, ComposeIssueError> {
    let mut tx = deps.store.read().await?;
    let mut audience = Audience {
        publication: work.material.publication.id,
        digest: work.material.digest.slug.clone(),
        is_first: work.is_first,
        after: issues::filled_to(&mut tx, work.id).await?,
        until: None,
    };
    audience.until = deliveries::part_end(&mut tx, &audience, PART).await?;
    let choices = deliveries::audience_choices(&mut tx, &audience).await?;
    drop(tx);
    render_missing(deps, work, choices, editions).await?;
    let filled = write_part(deps, work, &audience, editions).await?;
    if matches!(filled, Filled::Part | Filled::Whole) {
        editions.fresh.clear();
        editions.chosen.clear();
        deps.wake(&Job::Deliver { issue: work.id });
        if audience.after.0.is_nil() || audience.until.is_none() {
            let mut tx = deps.store.begin().await?;
            deliveries::analyse(&mut tx, work.id).await?;
            tx.commit().await?;
        }
    }
    Ok(filled)
}

/// Writes a part of the ledger with its editions, and with the first one starts the send.
async fn write_part(
    deps: &Deps,
    work: &Work,
    audience: &Audience,
    editions: &Editions,
) -> Result<Filled, StoreError> {
    let (id, now) = (work.id, deps.now());
    let mut tx = deps.store.begin().await?;
    let choices = deliveries::audience_choices(&mut tx, audience).await?;
    if choices
        .iter()
        .any(|choice| !editions.choices.contains(choice))
    {
        return Ok(Filled::Again);
    }
    let (composing, sending) = (IssueState::Composing, IssueState::Sending);
    let is_begun = issues::advance(&mut tx, id, composing, sending, now).await?;
    let state = issues::find(&mut tx, id).await?.map(|issue| issue.state);
    let goes_on = matches!(state, Some(IssueState::Sending | IssueState::Paused));
    let (after, until) = (audience.after, audience.until);
    if !goes_on || !issues::fill_to(&mut tx, id, after, until, now).await? {
        return Ok(Filled::Elsewhere);
    }
    for (key, count, mail) in &editions.fresh {
        let edition = Edition {
            id: deps.new_id(EditionId::new),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
        };
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        rows::insert(&mut tx, id, &key.text(), count, &edition).await?;
    }
    for (choice, edition) in &editions.chosen {
        let edition = edition.as_deref().map_err(|nothing| nothing.reason());
        rows::choose(&mut tx, id, choice, edition).await?;
    }
    if let Some(slot) = work.slot_at {
        note_waves(&mut tx, work, audience, slot, now).await?;
    }
    deliveries::fill(&mut tx, id, audience, now).await?;
    if deliveries::any_undecided(&mut tx, id, audience).await? {
        // Another choice was made between the statements, which PostgreSQL allows.
        return Ok(Filled::Again);
    }
    if is_begun {
        deps.push(&mut tx, &Job::Deliver { issue: id }).await?;
        tell::issue(deps, &mut tx, id).await?;
        if work.material.publication.count_opens {
            opens::begin(&mut tx, id).await?;
        }
    }
    tx.commit().await?;
    Ok(if until.is_some() {
        Filled::Part
    } else {
        Filled::Whole
    })
}

/// Says when the readers of each time zone get the issue, or that it is too late for them. Readers
/// who told none live in the zone of the publication.
async fn note_waves(
    tx: &mut Tx,
    work: &Work,
    audience: &Audience,
    slot: Time,
    now: Time,
) -> Result<(), StoreError> {
    let (digest, publication) = (&work.material.digest, &work.material.publication);
    for name in waves::audience_zones(tx, audience).await? {
        let zone = name.parse().unwrap_or(publication.timezone);
        let due = schedule::wave(slot, digest.timezone, zone);
        let missed = digest.rules.calendar.too_late(due, now);
        waves::note(tx, work.id, &name, due.max(now), missed.as_deref()).await?;
    }
    Ok(())
}

/// Finds the edition of each choice that is new, and renders those that are not there yet.
async fn render_missing(
    deps: &Deps,
    work: &Work,
    choices: Vec<Choice>,
    editions: &mut Editions,
) -> Result<(), ComposeIssueError> {
    let material = &work.material;
    let mut missing = Vec::new();
    // The archive shows the edition with everything.
    for choice in std::iter::once(Choice::default()).chain(choices) {
        if !editions.choices.insert(choice.clone()) {
            continue;
        }
        let key = material.key(&choice);
        let found = material.arrange(&key).map(|_| key.text());
        if let Ok(text) = &found
            && editions.keys.insert(text.clone())
        {
            missing.push(key);
        }
        editions.chosen.push((choice, found));
    }
    let rendered = edition::render_all(deps, material, missing).await?;
    editions.fresh.extend(rendered);
    Ok(())
}
