//! What commands that work on the database share.

use anyhow::{Context as _, Result, anyhow, bail};

use super::Global;
use super::output::Output;
use crate::app::{App, Nature};
use crate::config;
use crate::domain::audit::Actor;
use crate::domain::digest::Digest;
use crate::domain::publication::Publication;
use crate::services::Deps;
use crate::store::{digests, holds, migrate, nodes, publications};

/// Connects to the database of the settings, which must be up to date.
pub(super) async fn open(global: &Global) -> Result<Deps> {
    let app = connect(global).await?;
    if !migrate::is_current(&app.deps.store).await? {
        // A first command on an empty database makes its schema, as `serve` does.
        if app.settings().database.migrate {
            app.migrate().await?;
        } else {
            bail!("the database's schema is not up to date; run `paperround migrate`");
        }
    }
    Ok(app.deps.by(Actor::CommandLine))
}

/// Connects without looking at the schema.
pub(super) async fn connect(global: &Global) -> Result<App> {
    let settings = config::load(global.config.as_deref())?;
    App::connect(settings, Nature::system()?).await
}

/// Finds a publication by its slug.
pub(super) async fn publication(deps: &Deps, slug: &str) -> Result<Publication> {
    let mut tx = deps.store.read().await?;
    let found = publications::find_by_slug(&mut tx, slug).await?;
    found.ok_or_else(|| {
        anyhow!("there is no publication {slug:?}; `paperround publication list` shows them")
    })
}

/// Finds a digest by `PUB/SLUG`.
pub(super) async fn digest(deps: &Deps, name: &str) -> Result<(Publication, Digest)> {
    let (publication_slug, slug) = name
        .split_once('/')
        .with_context(|| format!("{name:?} is not of the form PUBLICATION/DIGEST"))?;
    let publication = publication(deps, publication_slug).await?;
    let mut tx = deps.store.read().await?;
    let all = digests::list(&mut tx, publication.id).await?;
    let found = all.into_iter().find(|d| d.slug.as_str() == slug);
    let digest = found.ok_or_else(|| {
        anyhow!("{publication_slug} has no digest {slug:?}; `paperround digest list {publication_slug}` shows them")
    })?;
    Ok((publication, digest))
}

/// Says that nothing will happen before a worker runs, where none does, or while sending is held.
pub(super) async fn warn_without_worker(deps: &Deps, out: &Output) -> Result<()> {
    let mut tx = deps.store.read().await?;
    if let Some(hold) = holds::find(&mut tx).await? {
        out.warn(&hold.says());
    }
    if nodes::workers(&mut tx, deps.now()).await? == 0 {
        out.remark("no worker is running: this goes on as soon as `paperround serve` does");
    }
    Ok(())
}
