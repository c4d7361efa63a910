//! `/api/v1/issues/{id}/deliveries`: who got an issue and who did not.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use serde::Deserialize;
use utoipa::IntoParams;

use super::accept::wanted;
use super::caller::Caller;
use super::cursor;
use super::input::{Asked, Named};
use super::issues::{Found, find};
use super::page::{Page, limit, shown};
use super::problem::Problem;
use super::schemas::DeliveryStateWord;
use crate::domain::delivery::DeliveryState;
use crate::domain::ids::DeliveryId;
use crate::services::Deps;
use crate::services::output::ledger::LedgerOutput;
use crate::store::StoreError;
use crate::store::ledger::{self, Line};
use crate::web::Web;

/// Lines of a table that are read at a time.
const AT_ONCE: i64 = 1000;

/// Which deliveries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those in this state.
    #[param(inline, value_type = Option<DeliveryStateWord>)]
    state: Option<DeliveryStateWord>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// Lists the deliveries of an issue, in the order of the ledger.
///
/// With `Accept: text/csv` the whole ledger comes as one table, without pages; a cell that a
/// spreadsheet would take for a formula is defused.
#[utoipa::path(get, path = "/api/v1/issues/{id}/deliveries", tag = "Issues", operation_id = "listDeliveries",
    params(("id" = String, Path, description = "Its id."), Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of deliveries, or all as a table.",
        content((Page<LedgerOutput> = "application/json"), (String = "text/csv")))))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    Asked(asked): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(asked.limit)?;
    let after = asked.cursor.as_deref().map(place).transpose()?;
    let after = after.unwrap_or(DeliveryId(0));
    let state = asked.state.map(|word| word.0);
    let mut tx = web.deps.store.read().await?;
    let found = find(&mut tx, &caller, &id).await?;
    let mut response = if wanted(&headers, &["application/json", "text/csv"]) == "text/csv" {
        table(web.deps.clone(), found, state)
    } else {
        let lines = ledger::page(&mut tx, found.issue.id, state, after, limit + 1).await?;
        let place = |line: &Line| cursor::of_text(&line.id.to_string());
        let page = Page::of(lines, limit, place, |line| {
            LedgerOutput::new(found.issue.id, &found.publication, line)
        });
        shown(&headers, &page)
    };
    let vary = HeaderValue::from_static("authorization, accept");
    response.headers_mut().insert(header::VARY, vary);
    Ok(response)
}

fn place(cursor: &str) -> Result<DeliveryId, Problem> {
    let number = cursor::text(cursor)?.parse();
    number.map(DeliveryId).map_err(|_| cursor::foreign())
}

/// The whole ledger, read while it goes out, so that a million lines need no memory.
fn table(deps: Deps, found: Found, state: Option<DeliveryState>) -> Response {
    let head = format!("{}\n", LedgerOutput::HEAD);
    let first = stream::iter([Ok(head)]);
    let rest = lines(deps, found, state);
    let body = Body::from_stream(stream::StreamExt::chain(first, rest));
    let kind = [(
        header::CONTENT_TYPE,
        "text/csv; charset=utf-8; header=present",
    )];
    (kind, body).into_response()
}

/// Where reading stands; `None` at the end.
type Place = Option<DeliveryId>;

fn lines(
    deps: Deps,
    found: Found,
    state: Option<DeliveryState>,
) -> impl Stream<Item = io::Result<String>> {
    let read = async move |deps: &Deps, found: &Found, after| -> Result<_, StoreError> {
        let mut tx = deps.store.read().await?;
        ledger::page(&mut tx, found.issue.id, state, after, AT_ONCE).await
    };
    let begin = (deps, found, Some(DeliveryId(0)) as Place, read);
    stream::try_unfold(begin, async |(deps, found, at, read)| {
        let Some(after) = at else { return Ok(None) };
        let page = read(&deps, &found, after).await.map_err(io::Error::other)?;
        let next = page.last().map(|line| line.id);
        let mut text = String::new();
        for line in page {
            text.push_str(&LedgerOutput::new(found.issue.id, &found.publication, line).csv());
            text.push('\n');
        }
        Ok(Some((text, (deps, found, next, read))))
    })
}
