//! Operators give a publication parts of mails in versions of its own.

use std::sync::Arc;

use serde_json::json;
use thiserror::Error;

use super::Deps;
use super::audit::note;
use crate::domain::audit::{Change, Kind};
use crate::domain::ids::PublicationId;
use crate::domain::publication::Publication;
use crate::domain::template::TemplateVersion;
use crate::render::Renderer;
use crate::render::own::{Checked, Dressed, OwnPart, Refused};
use crate::render::parts::{self, PARTS, Part};
use crate::store::{StoreError, publications, templates};

/// Why a part was not changed.
#[derive(Debug, Error)]
pub enum TemplateError {
    #[error("there is no publication {0:?}; `paperround publication list` shows them")]
    Publication(String),
    #[error("there is no part {given:?}; the parts are: {known}")]
    Part { given: String, known: String },
    #[error("{part} has no version {version} in this publication; `template history` lists them")]
    Version { part: String, version: i64 },
    #[error("{0} is that of the program already")]
    Usual(String),
    #[error("{0} was changed by somebody else at the same moment; look at it, then try again")]
    Raced(String),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the part could not be tried out: {0}")]
    Broken(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A part, and the publication's version of it.
#[derive(Debug, Clone)]
pub struct PartState {
    pub part: &'static Part,
    /// The newest version that was stored, if any ever was.
    pub newest: Option<TemplateVersion>,
}

impl PartState {
    /// Whether the publication has a version of its own in use.
    pub fn is_own(&self) -> bool {
        self.newest.as_ref().is_some_and(|v| v.source.is_some())
    }
}

/// All parts as a publication has them.
pub async fn list(deps: &Deps, slug: &str) -> Result<Vec<PartState>, TemplateError> {
    let publication = find_publication(deps, slug).await?;
    let mut tx = deps.store.read().await?;
    let mut newest = templates::newest(&mut tx, publication.id).await?;
    Ok(PARTS
        .iter()
        .map(|part| PartState {
            part,
            newest: newest
                .iter()
                .position(|version| version.part == part.name)
                .map(|at| newest.swap_remove(at)),
        })
        .collect())
}

/// The versions of a part, the newest first.
pub async fn history(
    deps: &Deps,
    slug: &str,
    part: &str,
) -> Result<Vec<TemplateVersion>, TemplateError> {
    let (publication, part) = (find_publication(deps, slug).await?, find_part(part)?);
    let mut tx = deps.store.read().await?;
    Ok(templates::history(&mut tx, publication.id, part.name).await?)
}

/// The source of a part: of a version, else of the one in use.
pub async fn source(
    deps: &Deps,
    slug: &str,
    part: &str,
    version: Option<i64>,
) -> Result<String, TemplateError> {
    let known = find_part(part)?;
    let history = history(deps, slug, part).await?;
    let found = match version {
        None => history.into_iter().next(),
        Some(wanted) => Some(pick(history, known, wanted)?),
    };
    Ok(found
        .and_then(|version| version.source)
        .unwrap_or_else(|| known.source.to_owned()))
}

/// Whether a part would be taken, beside the others that the publication has.
pub async fn check(
    deps: &Deps,
    slug: &str,
    part: &str,
    source: String,
) -> Result<Checked, TemplateError> {
    let (publication, part) = (find_publication(deps, slug).await?, find_part(part)?);
    let mut tx = deps.store.read().await?;
    let newest = templates::newest(&mut tx, publication.id).await?;
    drop(tx);
    let others = newest.into_iter().filter(|own| own.part != part.name);
    let others: Vec<OwnPart> = others.filter_map(in_use).collect();
    let usual = Arc::clone(&deps.renderer);
    aside(move || {
        usual
            .dressed(&others)
            .renderer
            .check(&OwnPart { part, source })
    })
    .await?
    .map_err(TemplateError::Refused)
}

/// Gives a publication a part of its own, if it is in order; returns its version.
pub async fn set(
    deps: &Deps,
    slug: &str,
    part: &str,
    source: String,
) -> Result<(i64, Checked), TemplateError> {
    let checked = check(deps, slug, part, source.clone()).await?;
    let version = add(deps, slug, find_part(part)?, Some(source)).await?;
    Ok((version, checked))
}

/// Goes back to the part that comes with the program; the history stays.
pub async fn reset(deps: &Deps, slug: &str, part: &str) -> Result<i64, TemplateError> {
    let part = find_part(part)?;
    let newest = history(deps, slug, part.name).await?.into_iter().next();
    if newest.is_none_or(|newest| newest.source.is_none()) {
        return Err(TemplateError::Usual(part.name.to_owned()));
    }
    add(deps, slug, part, None).await
}

/// Takes an earlier version up again, as a new one.
pub async fn restore(
    deps: &Deps,
    slug: &str,
    part: &str,
    version: i64,
) -> Result<i64, TemplateError> {
    let known = find_part(part)?;
    let found = pick(history(deps, slug, part).await?, known, version)?;
    match found.source {
        Some(source) => set(deps, slug, part, source)
            .await
            .map(|(version, _)| version),
        None => reset(deps, slug, part).await,
    }
}

/// The renderer for the digests of a publication, with its own parts.
pub async fn renderer(
    deps: &Deps,
    publication: PublicationId,
) -> Result<Arc<Renderer>, StoreError> {
    let mut tx = deps.store.read().await?;
    let newest = templates::newest(&mut tx, publication).await?;
    drop(tx);
    let own: Vec<OwnPart> = newest.into_iter().filter_map(in_use).collect();
    if own.is_empty() {
        return Ok(Arc::clone(&deps.renderer));
    }
    let usual = Arc::clone(&deps.renderer);
    match aside(move || usual.dressed(&own)).await {
        Ok(Dressed { renderer, left_out }) => {
            for (part, reason) in left_out {
                tracing::warn!(
                    %publication, part = part.name, %reason,
                    "a part of the publication's own is wrong: the usual one is used"
                );
            }
            Ok(renderer)
        }
        Err(reason) => {
            tracing::warn!(%publication, %reason, "the publication's own parts are not used");
            Ok(Arc::clone(&deps.renderer))
        }
    }
}

/// A version as the renderer takes it; `None` where the part is the usual one.
fn in_use(version: TemplateVersion) -> Option<OwnPart> {
    OwnPart::stored(&version.part, version.source?)
}

/// Rendering is computing: not on the threads that serve requests.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TemplateError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|panic| TemplateError::Broken(panic.to_string()))
}

async fn find_publication(deps: &Deps, slug: &str) -> Result<Publication, TemplateError> {
    let mut tx = deps.store.read().await?;
    let found = publications::find_by_slug(&mut tx, slug).await?;
    found.ok_or_else(|| TemplateError::Publication(slug.to_owned()))
}

fn find_part(name: &str) -> Result<&'static Part, TemplateError> {
    parts::find(name).ok_or_else(|| TemplateError::Part {
        given: name.to_owned(),
        known: PARTS.map(|part| part.name).join(", "),
    })
}

fn pick(
    history: Vec<TemplateVersion>,
    part: &Part,
    version: i64,
) -> Result<TemplateVersion, TemplateError> {
    let found = history.into_iter().find(|known| known.version == version);
    found.ok_or_else(|| TemplateError::Version {
        part: part.name.to_owned(),
        version,
    })
}

async fn add(
    deps: &Deps,
    slug: &str,
    part: &Part,
    source: Option<String>,
) -> Result<i64, TemplateError> {
    let publication = find_publication(deps, slug).await?;
    let mut tx = deps.store.begin().await?;
    let history = templates::history(&mut tx, publication.id, part.name).await?;
    let version = TemplateVersion {
        part: part.name.to_owned(),
        version: history.first().map_or(1, |newest| newest.version + 1),
        source,
        created_at: deps.now(),
    };
    match templates::insert(&mut tx, publication.id, &version).await {
        Err(StoreError::Conflict) => return Err(TemplateError::Raced(part.name.to_owned())),
        other => other?,
    }
    let verb = if version.source.is_some() {
        "set"
    } else {
        "reset"
    };
    let entry = Change::of(verb, Kind::Template, part.name).within(publication.id);
    note(
        deps,
        &mut tx,
        entry.to(json!({ "version": version.version })),
    )
    .await?;
    tx.commit().await?;
    Ok(version.version)
}
