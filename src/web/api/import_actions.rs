//! What is done with an import: begun after a check, forgotten, and the rows that could not be read.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};

use super::Nothing;
use super::caller::Editor;
use super::import_view::find;
use super::input::{Input, Named};
use super::once::accepted;
use super::problem::Problem;
use super::readers::csv;
use crate::domain::ids::ImportId;
use crate::services::output::imports::ImportOutput;
use crate::services::{Deps, import};
use crate::web::Web;

/// Begins an import that has been checked by a dry run.
///
/// It is done in the background: ask for it until its state is no longer `importing`. 409 where it has
/// not been checked.
#[utoipa::path(post, path = "/api/v1/imports/{id}/start", tag = "Subscribers", operation_id = "startImport",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 202, description = "It has begun.", body = ImportOutput)))]
pub(super) async fn start(
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
        import::start(&web.deps, found.id).await?;
        let mut tx = web.deps.store.read().await?;
        let (slug, begun) = find(&mut tx, &caller, &id).await?;
        Ok(accepted(&ImportOutput::new(&slug, begun)))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Forgets a file of which nothing has been imported.
///
/// 409 where something has been, or is.
#[utoipa::path(delete, path = "/api/v1/imports/{id}", tag = "Subscribers", operation_id = "discardImport",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 204, description = "It is forgotten.")))]
pub(super) async fn discard(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (_, found) = find(&mut tx, &caller, &id).await?;
    drop(tx);
    import::discard(&web.deps, found.id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Hands out the rows that could not be read as a table, each with the reason, to be corrected and
/// imported.
///
/// 404 where there are none.
#[utoipa::path(get, path = "/api/v1/imports/{id}/rejected", tag = "Subscribers", operation_id = "showRejectedRows",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 200, description = "The table.", body = String, content_type = "text/csv")))]
pub(super) async fn rejected(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (_, found) = find(&mut tx, &caller, &id).await?;
    drop(tx);
    let first = import::rejected_piece(&web.deps, found.id, 0).await?;
    if first.is_none() {
        let text = "The import has no rejected rows, or they are not kept any more.";
        return Err(Problem::NotFound(text.to_owned()));
    }
    let body = Body::from_stream(table(web.deps, found.id));
    Ok((csv(), body).into_response())
}

fn table(deps: Deps, id: ImportId) -> impl Stream<Item = io::Result<Vec<u8>>> {
    stream::try_unfold((deps, id, 0), async |(deps, id, number)| {
        let piece = import::rejected_piece(&deps, id, number).await;
        let piece = piece.map_err(io::Error::other)?;
        Ok(piece.map(|piece| (piece, (deps, id, number + 1))))
    })
}
