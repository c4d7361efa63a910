//! `/api/v1/publications/{publication}/templates`: the parts of a publication's mails, and their versions.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Nothing;
use super::caller::{Caller, Editor};
use super::input::{Asked, Input, Named};
use super::once::done;
use super::page::{Page, Paging, changed, shown};
use super::problem::Problem;
use super::unchanged::IfMatch;
use crate::domain::template::TemplateVersion;
use crate::render::own::Checked;
use crate::services::manage_template::{self as service, PartState};
use crate::services::output::templates::{PartOutput, VersionOutput};
use crate::store::idempotency_keys::Answer;
use crate::web::Web;

/// A part with its source.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TemplatePartWithSource)]
pub(super) struct WithSource {
    #[serde(flatten)]
    about: PartOutput,
    /// Of the version that was asked for, else of the one in use.
    source: String,
}

/// A part of the publication's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateSource)]
pub(super) struct New {
    #[schema(max_length = 200_000)]
    source: String,
}

/// Which version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateRestore)]
pub(super) struct Restore {
    /// One of the list of versions.
    #[schema(minimum = 1)]
    version: i64,
}

/// Which version to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// An earlier one; the one in use where it is not given.
    #[param(minimum = 1)]
    version: Option<i64>,
}

/// How large mails made of samples become with a part.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TemplateChecked)]
pub(super) struct InOrder {
    html_bytes: usize,
    text_bytes: usize,
}

impl From<Checked> for InOrder {
    fn from(checked: Checked) -> Self {
        Self {
            html_bytes: checked.html_bytes,
            text_bytes: checked.text_bytes,
        }
    }
}

type Names = (String, String);

/// Refuses a publication that the caller does not reach.
async fn reached(web: &Web, caller: &Caller, slug: &str) -> Result<(), Problem> {
    let mut tx = web.deps.store.read().await?;
    caller.publication(&mut tx, slug).await.map(drop)
}

/// A part as it is now; `version` of its source.
async fn whole(web: &Web, names: &Names, version: Option<i64>) -> Result<WithSource, Problem> {
    let (slug, part) = names;
    let source = service::source(&web.deps, slug, part, version).await?;
    let all = service::list(&web.deps, slug).await?;
    let state = all.iter().find(|state| state.part.name == part);
    let state = state.ok_or_else(Problem::nothing_here)?;
    let about = state.into();
    Ok(WithSource { about, source })
}

/// Lists the parts of digest mails, and which of them the publication has of its own.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/templates", tag = "Templates", operation_id = "listTemplates",
    params(("publication" = String, Path, description = "Its slug."), Paging), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of parts.", body = Page<PartOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Named(slug): Named<String>,
    Asked(paging): Asked<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    reached(&web, &caller, &slug).await?;
    let all = service::list(&web.deps, &slug).await?;
    let key = |state: &PartState| state.part.name.to_owned();
    let page = Page::of_all(all, &paging, key, |state| PartOutput::from(&state))?;
    Ok(shown(&headers, &page))
}

/// Shows a part with its source.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/templates/{part}", tag = "Templates", operation_id = "showTemplate",
    params(("publication" = String, Path, description = "Its slug."), ("part" = String, Path, description = "As it is listed."), Wanted),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The part.", body = WithSource)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<Names>,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    reached(&web, &caller, &names.0).await?;
    let part = whole(&web, &names, wanted.version).await?;
    Ok(shown(&headers, &part))
}

/// Gives the publication a part of its own, as a new version; the next issue is made with it.
///
/// 422 with the mistakes where it is not in order.
#[utoipa::path(put, path = "/api/v1/publications/{publication}/templates/{part}", tag = "Templates", operation_id = "putTemplate",
    params(("publication" = String, Path, description = "Its slug."), ("part" = String, Path, description = "As it is listed.")),
    security(("token" = ["editor"])), request_body = New,
    responses((status = 200, description = "As it is now.", body = WithSource),
        (status = 412, description = "It has changed since.")))]
pub(super) async fn put(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<Names>,
    known: IfMatch,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    reached(&web, &caller, &names.0).await?;
    if !known.holds(&whole(&web, &names, None).await?) {
        return Err(Problem::Changed);
    }
    service::set(&web.deps, &names.0, &names.1, input.value.source).await?;
    Ok(changed(&whole(&web, &names, None).await?))
}

/// Says whether a source would be taken as the part; changes nothing.
///
/// 422 with the mistakes where it would not.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/templates/{part}/check", tag = "Templates", operation_id = "checkTemplate",
    params(("publication" = String, Path, description = "Its slug."), ("part" = String, Path, description = "As it is listed.")),
    security(("token" = ["editor"])), request_body = New,
    responses((status = 200, description = "It is in order.", body = InOrder)))]
pub(super) async fn check(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<Names>,
    input: Input<New>,
) -> Result<Response, Problem> {
    reached(&web, &caller, &names.0).await?;
    let work = async {
        let source = input.value.source;
        let checked = service::check(&web.deps, &names.0, &names.1, source).await?;
        Ok(done(&InOrder::from(checked)))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Lists the versions of a part, the oldest first.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/templates/{part}/versions", tag = "Templates", operation_id = "listTemplateVersions",
    params(("publication" = String, Path, description = "Its slug."), ("part" = String, Path, description = "As it is listed."), Paging),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of versions.", body = Page<VersionOutput>)))]
pub(super) async fn versions(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<Names>,
    Asked(paging): Asked<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    reached(&web, &caller, &names.0).await?;
    let all = service::history(&web.deps, &names.0, &names.1).await?;
    let key = |version: &TemplateVersion| format!("{:019}", version.version);
    let page = Page::of_all(all, &paging, key, |version| VersionOutput::from(&version))?;
    Ok(shown(&headers, &page))
}

/// Takes an earlier version up again, as a new one.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/templates/{part}/restore", tag = "Templates", operation_id = "restoreTemplate",
    params(("publication" = String, Path, description = "Its slug."), ("part" = String, Path, description = "As it is listed.")),
    security(("token" = ["editor"])), request_body = Restore,
    responses((status = 200, description = "As it is now.", body = WithSource)))]
pub(super) async fn restore(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<Names>,
    input: Input<Restore>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    reached(&web, &caller, &names.0).await?;
    let work = async {
        let version = input.value.version;
        service::restore(&web.deps, &names.0, &names.1, version).await?;
        present(&web, &names).await
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Goes back to the part that comes with the program; the versions stay.
///
/// 409 where it is in use already.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/templates/{part}/reset", tag = "Templates", operation_id = "resetTemplate",
    params(("publication" = String, Path, description = "Its slug."), ("part" = String, Path, description = "As it is listed.")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = WithSource)))]
pub(super) async fn reset(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<Names>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    reached(&web, &caller, &names.0).await?;
    let work = async {
        service::reset(&web.deps, &names.0, &names.1).await?;
        present(&web, &names).await
    };
    input.once.carry_out(&web, &caller, work).await
}

async fn present(web: &Web, names: &Names) -> Result<Answer, Problem> {
    Ok(done(&whole(web, names, None).await?))
}
