//! Imports as programs see them: listed, shown, and taken back.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Nothing;
use super::caller::{Caller, Editor};
use super::cursor;
use super::input::{Asked, Input, Named};
use super::once::accepted;
use super::page::{Page, limit, shown};
use super::problem::Problem;
use crate::domain::ids::ImportId;
use crate::domain::import::Import;
use crate::services::import;
use crate::services::output::imports::ImportOutput;
use crate::store::{Tx, imports, publications};
use crate::web::Web;

/// Which imports to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The slug of the publication.
    #[param(required)]
    publication: Option<String>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// Finds an import that the caller reaches.
pub(super) async fn find(
    tx: &mut Tx,
    caller: &Caller,
    id: &str,
) -> Result<(String, Import), Problem> {
    let missing = || Problem::NotFound(format!("There is no import {id:?}."));
    let known: ImportId = id.parse().map_err(|_| missing())?;
    let found = imports::find(tx, known).await?;
    let found = found.filter(|import| caller.reaches(import.publication));
    let import = found.ok_or_else(missing)?;
    let publication = publications::find(tx, import.publication).await?;
    let slug = publication.ok_or_else(missing)?.slug.to_string();
    Ok((slug, import))
}

/// Lists the imports of a publication, the latest first. They are kept for 90 days.
#[utoipa::path(get, path = "/api/v1/imports", tag = "Subscribers", operation_id = "listImports",
    params(Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of imports.", body = Page<ImportOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(wanted.limit)?;
    let before = wanted.cursor.as_deref().map(place).transpose()?;
    let mut tx = web.deps.store.read().await?;
    let slug = wanted.publication.as_deref();
    let publication = caller.named_publication(&mut tx, slug).await?;
    let found = imports::page(&mut tx, publication.id, before, limit + 1).await?;
    let place = |last: &Import| cursor::of_text(&last.id.to_string());
    let page = Page::of(found, limit, place, |import| {
        ImportOutput::new(publication.slug.as_str(), import)
    });
    Ok(shown(&headers, &page))
}

fn place(cursor: &str) -> Result<ImportId, Problem> {
    let id = cursor::text(cursor)?.parse();
    id.map_err(|_| cursor::foreign())
}

/// Shows an import: how far it is, and what became of its rows.
#[utoipa::path(get, path = "/api/v1/imports/{id}", tag = "Subscribers", operation_id = "showImport",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The import.", body = ImportOutput)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (slug, import) = find(&mut tx, &caller, &id).await?;
    Ok(shown(&headers, &ImportOutput::new(&slug, import)))
}

/// Takes an import back.
///
/// The subscriptions that it made go, and their readers where nothing else is known of them. Left alone
/// is who has done something since, has got an issue, or is suppressed, and who was there before. Nobody
/// is mailed. It is done in the background: ask for the import until its state is `undone`.
#[utoipa::path(post, path = "/api/v1/imports/{id}/undo", tag = "Subscribers", operation_id = "undoImport",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 202, description = "It is being taken back.", body = ImportOutput)))]
pub(super) async fn undo(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = async {
        let mut tx = web.deps.store.read().await?;
        let (_, found) = find(&mut tx, &caller, &id).await?;
        drop(tx);
        import::take_back(&web.deps, found.id).await?;
        let mut tx = web.deps.store.read().await?;
        let (slug, begun) = find(&mut tx, &caller, &id).await?;
        Ok(accepted(&ImportOutput::new(&slug, begun)))
    };
    input.once.carry_out(&web, &caller, work).await
}
