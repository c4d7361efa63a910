//! `/api/v1/alerts`: what is wrong, or was.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Nothing;
use super::caller::{Caller, Editor};
use super::cursor;
use super::input::{Asked, Input, Named};
use super::once::done;
use super::page::{Page, limit, shown};
use super::problem::Problem;
use crate::domain::alert::Alert;
use crate::domain::ids::AlertId;
use crate::services::alerts as service;
use crate::services::output::alerts::AlertOutput;
use crate::services::output::slugs;
use crate::store::alerts::{self, Filter};
use crate::web::Web;

/// Which alerts to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those that concern this publication, by its slug. A token that reaches several, but not all,
    /// has to name one.
    publication: Option<String>,
    /// Also what is over.
    all: Option<bool>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// Lists alerts, those opened last first.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "Service", operation_id = "listAlerts",
    params(Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of alerts.", body = Page<AlertOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(wanted.limit)?;
    let mut tx = web.deps.store.read().await?;
    let slug = wanted.publication.as_deref();
    let filter = Filter {
        publication: caller.scope(&mut tx, slug).await?,
        with_closed: wanted.all.unwrap_or_default(),
        after: wanted.cursor.as_deref().map(cursor::moment).transpose()?,
    };
    let found = alerts::page(&mut tx, &filter, limit + 1).await?;
    let slugs = slugs(&mut tx).await?;
    drop(tx);
    let place = |last: &Alert| cursor::of_moment(last.opened_at, last.id.0);
    let page = Page::of(found, limit, place, |alert| {
        AlertOutput::new(&alert, &slugs)
    });
    Ok(shown(&headers, &page))
}

/// An alert that the caller may know of, with how it is shown.
async fn find(web: &Web, caller: &Caller, id: &str) -> Result<(AlertId, AlertOutput), Problem> {
    let missing = || Problem::NotFound(format!("There is no alert {id:?}."));
    let known: AlertId = id.parse().map_err(|_| missing())?;
    let mut tx = web.deps.store.read().await?;
    let found = alerts::find(&mut tx, known).await?;
    let found = found.filter(|alert| caller.reaches_what(alert.publication));
    let alert = found.ok_or_else(missing)?;
    let slugs = slugs(&mut tx).await?;
    Ok((alert.id, AlertOutput::new(&alert, &slugs)))
}

/// Shows an alert.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", tag = "Service", operation_id = "showAlert",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The alert.", body = AlertOutput)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (_, alert) = find(&web, &caller, &id).await?;
    Ok(shown(&headers, &alert))
}

/// Says that somebody knows: nobody is reminded of it any more.
///
/// 409 where it is over.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", tag = "Service", operation_id = "acknowledgeAlert",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = AlertOutput)))]
pub(super) async fn acknowledge(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let (known, _) = find(&web, &caller, &id).await?;
    let work = async {
        service::acknowledge(&web.deps, known).await?;
        Ok(done(&find(&web, &caller, &id).await?.1))
    };
    input.once.carry_out(&web, &caller, work).await
}
