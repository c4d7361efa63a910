//! `/api/v1/publications/{publication}/digests`: the recipes of recurring mails.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::caller::{Caller, Editor};
use super::digest_body::{Change, New};
use super::input::{Asked, Input, Named};
use super::once::made;
use super::page::{Page, Paging, changed, shown};
use super::problem::Problem;
use super::unchanged::IfMatch;
use crate::domain::digest::Digest;
use crate::domain::publication::Publication;
use crate::services::manage_digest;
use crate::services::output::digests::DigestOutput;
use crate::store::{Tx, digests};
use crate::web::Web;

/// Finds a digest of a publication that the caller reaches.
pub(super) async fn find(
    tx: &mut Tx,
    caller: &Caller,
    (publication, digest): &(String, String),
) -> Result<(Publication, Digest), Problem> {
    let publication = caller.publication(tx, publication).await?;
    let all = digests::list(tx, publication.id).await?;
    let mut found = all.into_iter().filter(|one| one.slug.as_str() == digest);
    let missing = || Problem::NotFound(format!("There is no digest {digest:?}."));
    Ok((publication, found.next().ok_or_else(missing)?))
}

/// Lists the digests of a publication, the oldest first: that is what readers get who chose none.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/digests", tag = "Digests", operation_id = "listDigests",
    params(("publication" = String, Path, description = "Its slug."), Paging), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of digests.", body = Page<DigestOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Named(publication): Named<String>,
    Asked(paging): Asked<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &publication).await?;
    let all = digests::list(&mut tx, publication.id).await?;
    let show = |digest: Digest| DigestOutput::new(&publication, &digest);
    let page = Page::of_all(all, &paging, |digest| digest.id.to_string(), show)?;
    Ok(shown(&headers, &page))
}

/// Makes a digest.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/digests", tag = "Digests", operation_id = "createDigest",
    params(("publication" = String, Path, description = "Its slug.")), security(("token" = ["editor"])),
    request_body = New,
    responses((status = 201, description = "It is made.", body = DigestOutput)))]
pub(super) async fn create(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(publication): Named<String>,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &publication).await?;
    drop(tx);
    let work = async {
        let (slug, name) = input.value.names();
        let mut draft = manage_digest::draft(&web.deps, &publication, slug, &name);
        input.value.apply(&mut draft);
        let digest = manage_digest::create(&web.deps, draft).await?;
        let place = format!(
            "/api/v1/publications/{}/digests/{}",
            publication.slug, digest.slug
        );
        Ok(made(place, &DigestOutput::new(&publication, &digest)))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Shows a digest.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/digests/{digest}", tag = "Digests", operation_id = "showDigest",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The digest.", body = DigestOutput)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (publication, digest) = find(&mut tx, &caller, &names).await?;
    Ok(shown(&headers, &DigestOutput::new(&publication, &digest)))
}

/// Changes a digest; what is left out stays.
///
/// Issues that are planned keep what they have frozen.
#[utoipa::path(patch, path = "/api/v1/publications/{publication}/digests/{digest}", tag = "Digests", operation_id = "updateDigest",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])), request_body = Change,
    responses((status = 200, description = "As it is now.", body = DigestOutput)))]
pub(super) async fn update(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<(String, String)>,
    known: IfMatch,
    input: Input<Change>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (publication, digest) = find(&mut tx, &caller, &names).await?;
    drop(tx);
    let mut change = input.value;
    let next_intro = change.next_intro();
    let still = |digest: &Digest| known.holds(&DigestOutput::new(&publication, digest));
    let done = manage_digest::update_if(
        &web.deps,
        digest.id,
        next_intro.as_deref(),
        still,
        |digest| change.apply(digest),
    );
    Ok(changed(&DigestOutput::new(&publication, &done.await?)))
}
