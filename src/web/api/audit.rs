//! `/api/v1/audit`: who changed what, for owners.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::caller::Owner;
use super::cursor;
use super::input::Asked;
use super::page::{Page, limit, shown};
use super::problem::Problem;
use super::schemas::AuditKindWord;
use crate::domain::audit::Entry;
use crate::services::output::audit::AuditOutput;
use crate::services::output::slugs;
use crate::store::audit::{self, Filter};
use crate::web::Web;

/// Which entries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those of this hand: an operator's address, a token's name, or `command line`.
    actor: Option<String>,
    /// Only those about this kind of thing.
    #[param(inline, value_type = Option<AuditKindWord>)]
    kind: Option<AuditKindWord>,
    /// Only those that concern this publication, by its slug. A token that reaches several, but not all,
    /// has to name one.
    publication: Option<String>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

fn place(cursor: &str) -> Result<i64, Problem> {
    let number = cursor::text(cursor)?.parse();
    number.map_err(|_| cursor::foreign())
}

/// Lists the entries of the audit log, the latest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "Service", operation_id = "listAuditEntries",
    params(Wanted), security(("token" = ["owner"])),
    responses((status = 200, description = "A page of entries.", body = Page<AuditOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    Owner(caller): Owner,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(wanted.limit)?;
    let mut tx = web.deps.store.read().await?;
    let slug = wanted.publication.as_deref();
    let filter = Filter {
        actor: wanted.actor.filter(|actor| !actor.is_empty()),
        kind: wanted.kind.map(|word| word.0),
        publication: caller.scope(&mut tx, slug).await?,
        before: wanted.cursor.as_deref().map(place).transpose()?,
    };
    let found = audit::page(&mut tx, &filter, limit + 1).await?;
    let slugs = slugs(&mut tx).await?;
    drop(tx);
    let place = |last: &Entry| cursor::of_text(&last.id.to_string());
    let page = Page::of(found, limit, place, |entry| AuditOutput::new(entry, &slugs));
    Ok(shown(&headers, &page))
}
