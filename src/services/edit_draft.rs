//! Operators edit the coming issue of a digest: order, pins, what is dropped, and words for this issue
//! alone. Whoever edits says which version they have seen, so that nobody overwrites what they have not.

use std::collections::BTreeSet;

use thiserror::Error;

use super::audit::{images, note};
use super::coming_issue::{self, Coming, Placed};
use super::{Deps, words};
use crate::domain::audit::{Change, Kind};
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::draft::{Decision, Draft, Step};
use crate::domain::ids::{ArticleId, DigestId};
use crate::domain::text::{self, LineError};
use crate::feeds::sanitize::plain_line;
use crate::render::RenderError;
use crate::render::subject::{SubjectView, subject};
use crate::store::{StoreError, digests, drafts};

/// Why the draft was left as it is.
#[derive(Debug, Error)]
pub enum DraftError {
    #[error("{} since it was read", match by.as_str() {
        "" => "an issue has taken the draft".to_owned(),
        by => format!("{by} has changed the draft"),
    })]
    Changed { by: String, at: Option<Time> },
    #[error("there is no such digest any more")]
    Unknown,
    #[error("the article {0} is not one of the coming issue any more")]
    Article(ArticleId),
    #[error(transparent)]
    Subject(#[from] RenderError),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A direction to move an article in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
    /// It becomes the lead.
    First,
}

/// The draft as it is now.
pub async fn find(deps: &Deps, digest: DigestId) -> Result<Draft, StoreError> {
    let mut tx = deps.store.read().await?;
    drafts::find(&mut tx, digest).await
}

/// Moves an article by one place of its part of the mail, or before all others.
pub async fn step(
    deps: &Deps,
    digest: &Digest,
    seen: i64,
    id: ArticleId,
    direction: Direction,
) -> Result<Draft, DraftError> {
    edit(deps, digest.id, seen, |draft, coming| {
        let parts = coming_issue::parts(coming, digest);
        let mut all = parts.into_iter().flat_map(|(_, articles)| articles);
        let placed: Placed = all
            .find(|placed| placed.original.id == id)
            .ok_or(DraftError::Article(id))?;
        let step = match direction {
            Direction::Up => placed.up,
            Direction::Down => placed.down,
            Direction::First => Some(Step::First),
        };
        if let Some(step) = step {
            draft.step(coming.order(), id, step);
        }
        Ok(())
    })
    .await
}

/// Puts articles into an order; those that it leaves out stand behind, as they do now.
pub async fn set_order(
    deps: &Deps,
    digest: &Digest,
    seen: i64,
    mut order: Vec<ArticleId>,
) -> Result<Draft, DraftError> {
    edit(deps, digest.id, seen, |draft, coming| {
        let known = coming.order();
        order.retain(|id| known.contains(id));
        let rest: Vec<ArticleId> = known.into_iter().filter(|id| !order.contains(id)).collect();
        order.extend(rest);
        draft.set_order(&order);
        Ok(())
    })
    .await
}

/// Changes what is wanted of one article.
pub async fn decide(
    deps: &Deps,
    digest: &Digest,
    seen: i64,
    id: ArticleId,
    change: impl FnOnce(&mut Decision),
) -> Result<Draft, DraftError> {
    edit(deps, digest.id, seen, |draft, coming| {
        let known = coming.articles.iter().chain(&coming.dropped);
        if !known.into_iter().any(|article| article.id == id) {
            return Err(DraftError::Article(id));
        }
        draft.decide(id, change);
        Ok(())
    })
    .await
}

/// Gives the issue a subject and an intro of its own; `None` for those of the digest.
pub async fn set_words(
    deps: &Deps,
    digest: &Digest,
    seen: i64,
    subject: Option<String>,
    intro: Option<String>,
) -> Result<Draft, DraftError> {
    edit(deps, digest.id, seen, |draft, _| {
        (draft.subject, draft.intro) = (subject, intro);
        Ok(())
    })
    .await
}

/// Puts a whole draft in the place of the one that is there.
pub async fn replace(
    deps: &Deps,
    digest: &Digest,
    seen: Option<i64>,
    wanted: Draft,
) -> Result<Draft, DraftError> {
    let seen = match seen {
        Some(seen) => seen,
        None => find(deps, digest.id).await?.version,
    };
    edit(deps, digest.id, seen, |draft, coming| {
        let news = coming.articles.iter().chain(&coming.dropped);
        let mut known: BTreeSet<ArticleId> = news.map(|article| article.id).collect();
        known.extend(draft.articles.keys());
        let stranger = wanted.articles.keys().find(|id| !known.contains(id));
        if let Some(id) = stranger {
            return Err(DraftError::Article(*id));
        }
        draft.subject = wanted.subject;
        draft.intro = wanted.intro;
        draft.articles = wanted.articles;
        Ok(())
    })
    .await
}

/// Makes a change in one transaction, unless somebody else has made one since.
async fn edit(
    deps: &Deps,
    digest: DigestId,
    seen: i64,
    change: impl FnOnce(&mut Draft, &Coming) -> Result<(), DraftError>,
) -> Result<Draft, DraftError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    let digest = digests::find(&mut tx, digest).await?;
    let digest = digest.ok_or(DraftError::Unknown)?;
    drafts::begin(&mut tx, digest.id, now).await?;
    let coming = coming_issue::find_locked(&mut tx, &digest, now).await?;
    if coming.draft.version != seen {
        return Err(DraftError::Changed {
            by: coming.draft.changed_by,
            at: coming.draft.changed_at,
        });
    }
    let mut draft = coming.draft.clone();
    change(&mut draft, &coming)?;
    check(&mut draft)?;
    if draft == coming.draft {
        return Ok(draft);
    }
    drafts::save(&mut tx, &draft, deps.actor.name(), now).await?;
    let entry = Change::of("edit the coming issue of", Kind::Digest, &digest.slug);
    let (was, is) = (images::draft(&coming.draft), images::draft(&draft));
    let entry = entry.within(digest.publication).from(was).to(is);
    note(deps, &mut tx, entry).await?;
    let kept = drafts::find(&mut tx, digest.id).await?;
    tx.commit().await?;
    Ok(kept)
}

/// Checks all that was written, and brings it into form.
fn check(draft: &mut Draft) -> Result<(), DraftError> {
    let filled = |text: Option<String>| {
        let text = text.map(|text| text.trim().to_owned());
        text.filter(|text| !text.is_empty())
    };
    if let Some(template) = filled(draft.subject.take()) {
        let template = text::line("the subject", &template, 200)?;
        subject(&template, &SubjectView::sample())?;
        draft.subject = Some(template);
    }
    draft.intro = filled(draft.intro.take());
    words::check("the intro", draft.intro.as_deref().unwrap_or_default())?;
    for decision in draft.articles.values_mut() {
        if let Some(title) = filled(decision.title.take()) {
            let title = text::line("the title", &title, 1000)?;
            decision.title = Some(plain_line(&title));
        }
        decision.summary = filled(decision.summary.take());
        words::check(
            "the summary",
            decision.summary.as_deref().unwrap_or_default(),
        )?;
    }
    draft.articles.retain(|_, d| *d != Decision::default());
    Ok(())
}
