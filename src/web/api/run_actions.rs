//! What is done with single runs of a digest: left out, moved, or let go out after all.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Nothing;
use super::caller::{Caller, Editor};
use super::digests::find;
use super::input::{Input, Named};
use super::once::done;
use super::problem::Problem;
use super::schemas::At;
use crate::domain::ids::DigestId;
use crate::services::change_run;
use crate::services::output::digests::DigestOutput;
use crate::store::idempotency_keys::Answer;
use crate::web::Web;

/// A run that is still to come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SingleRun)]
pub(super) struct Run {
    /// When it is, as the list of runs tells it.
    at: At,
}

/// Where a run goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    /// When it is, as the list of runs tells it.
    at: At,
    /// When it is to be; back to where the schedule has it, where that is null or not given.
    to: Option<At>,
}

type Names = (String, String);

/// Leaves the next run out.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/digests/{digest}/skip-next", tag = "Digests", operation_id = "skipNextRun",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now; `skip_at` is the run.", body = DigestOutput)))]
pub(super) async fn skip_next(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<Names>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = set_next(&web, &caller, &names, false);
    input.once.carry_out(&web, &caller, work).await
}

/// Lets the next run go out after all.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/digests/{digest}/keep-next", tag = "Digests", operation_id = "keepNextRun",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = DigestOutput)))]
pub(super) async fn keep_next(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<Names>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = set_next(&web, &caller, &names, true);
    input.once.carry_out(&web, &caller, work).await
}

/// Leaves one run out.
///
/// 409 where the digest has no such run to come.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/digests/{digest}/skip-run", tag = "Digests", operation_id = "skipRun",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])), request_body = Run,
    responses((status = 200, description = "As it is now.", body = DigestOutput)))]
pub(super) async fn skip(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<Names>,
    input: Input<Run>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = set(&web, &caller, &names, &input.value, false);
    input.once.carry_out(&web, &caller, work).await
}

/// Lets one run go out after all.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/digests/{digest}/keep-run", tag = "Digests", operation_id = "keepRun",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])), request_body = Run,
    responses((status = 200, description = "As it is now.", body = DigestOutput)))]
pub(super) async fn keep(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<Names>,
    input: Input<Run>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = set(&web, &caller, &names, &input.value, true);
    input.once.carry_out(&web, &caller, work).await
}

/// Moves one run to another time.
///
/// 409 where the digest has no such run to come, where the other time is over or taken, or where the
/// digest may not go out then.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/digests/{digest}/move-run", tag = "Digests", operation_id = "moveRun",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])), request_body = Move,
    responses((status = 200, description = "As it is now.", body = DigestOutput)))]
pub(super) async fn move_to(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<Names>,
    input: Input<Move>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = async {
        let (at, to) = (input.value.at.0, input.value.to.as_ref().map(|to| to.0));
        let id = id(&web, &caller, &names).await?;
        change_run::move_to(&web.deps, id, at, to).await?;
        present(&web, &caller, &names).await
    };
    input.once.carry_out(&web, &caller, work).await
}

async fn set_next(
    web: &Web,
    caller: &Caller,
    names: &Names,
    undo: bool,
) -> Result<Answer, Problem> {
    let id = id(web, caller, names).await?;
    change_run::skip_next(&web.deps, id, undo).await?;
    present(web, caller, names).await
}

async fn set(
    web: &Web,
    caller: &Caller,
    names: &Names,
    run: &Run,
    undo: bool,
) -> Result<Answer, Problem> {
    let id = id(web, caller, names).await?;
    change_run::skip(&web.deps, id, run.at.0, undo).await?;
    present(web, caller, names).await
}

async fn id(web: &Web, caller: &Caller, names: &Names) -> Result<DigestId, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (_, digest) = find(&mut tx, caller, names).await?;
    Ok(digest.id)
}

/// The digest as it is now.
pub(super) async fn present(web: &Web, caller: &Caller, names: &Names) -> Result<Answer, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (publication, digest) = find(&mut tx, caller, names).await?;
    Ok(done(&DigestOutput::new(&publication, &digest)))
}
