//! `/api/v1/suppressions`: addresses that get no mail, whatever they are subscribed to.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Editor};
use super::cursor;
use super::input::{Asked, Input, Named};
use super::once::{done, made};
use super::page::{Page, limit, shown};
use super::problem::Problem;
use super::schemas::{AddressText, At, ReasonWord};
use crate::domain::suppression::{EmailHash, Suppression, SuppressionReason};
use crate::services::suppress;
use crate::store::{Tx, suppressions};
use crate::web::Web;

/// An address that gets no mail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suppression)]
pub(super) struct View {
    /// The keyed hash of the address.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    email_hash: String,
    /// Null where it was erased.
    email: Option<String>,
    reason: ReasonWord,
    /// Who said so.
    source: Option<String>,
    created_at: At,
}

impl From<Suppression> for View {
    fn from(suppression: Suppression) -> Self {
        Self {
            email_hash: suppression.email_hash.to_string(),
            email: suppression.email.map(|email| email.to_string()),
            reason: suppression.reason.into(),
            source: suppression.source,
            created_at: suppression.created_at.into(),
        }
    }
}

/// An address that is to get no more mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSuppression)]
pub(super) struct New {
    email: AddressText,
    /// manual where it is not given; erased keeps a hash of the address only.
    reason: Option<ReasonWord>,
    /// Who said so; the token's name where it is not given.
    #[schema(max_length = 200)]
    source: Option<String>,
}

/// Who says so: what was given, or the token.
pub(super) fn source(caller: &Caller, given: Option<String>) -> Result<String, Problem> {
    let source = given.unwrap_or_else(|| format!("token {}", caller.0.name));
    if source.chars().count() > 200 {
        return Err(Problem::field("source", "has more than 200 characters"));
    }
    Ok(source)
}

/// Finds a suppression by its hash.
async fn find(tx: &mut Tx, hash: &str) -> Result<Suppression, Problem> {
    let missing = || Problem::NotFound(format!("There is no suppression {hash:?}."));
    let known: EmailHash = hash.parse().map_err(|_| missing())?;
    suppressions::find(tx, known).await?.ok_or_else(missing)
}

/// Which suppressions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only that of this address, which is found by its hash, also where it was erased.
    #[param(inline, value_type = Option<AddressText>)]
    email: Option<AddressText>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// Lists suppressed addresses in the order of their hashes.
///
/// For a token that reaches all publications.
#[utoipa::path(get, path = "/api/v1/suppressions", tag = "Suppressions", operation_id = "listSuppressions",
    params(Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of suppressions.", body = Page<View>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_reach_all()?;
    let limit = limit(wanted.limit)?;
    let after = match &wanted.cursor {
        Some(text) => Some(cursor::text(text)?.parse().map_err(|_| cursor::foreign())?),
        None => None,
    };
    let mut tx = web.deps.store.read().await?;
    let found = match wanted.email {
        Some(AddressText(email)) => {
            let hash = web.deps.keys.email_hash(&email);
            let found = suppressions::find(&mut tx, hash).await?;
            let is_behind = |one: &Suppression| after.is_none_or(|after| one.email_hash > after);
            found.into_iter().filter(is_behind).collect()
        }
        None => suppressions::page(&mut tx, after, limit + 1).await?,
    };
    let place = |last: &Suppression| cursor::of_text(&last.email_hash.to_string());
    Ok(shown(&headers, &Page::of(found, limit, place, View::from)))
}

/// Sends nothing more to an address, whatever it is subscribed to.
///
/// What is on its way is stopped. One that is there already stays as it is. For a token that reaches
/// all publications.
#[utoipa::path(post, path = "/api/v1/suppressions", tag = "Suppressions", operation_id = "addSuppression",
    security(("token" = ["editor"])), request_body = New,
    responses((status = 201, description = "It gets no more mail.", body = View),
        (status = 200, description = "It was suppressed already.", body = View)))]
pub(super) async fn add(
    State(web): State<Web>,
    Editor(caller): Editor,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    caller.must_reach_all()?;
    let New {
        email,
        reason,
        source: given,
    } = input.value;
    let source = source(&caller, given)?;
    let work = async {
        let email = email.0;
        let reason = reason.map_or(SuppressionReason::Manual, |r| r.0);
        let added = suppress::add(&web.deps, &email, reason, Some(&source)).await?;
        let hash = web.deps.keys.email_hash(&email).to_string();
        let mut tx = web.deps.store.read().await?;
        let view = View::from(find(&mut tx, &hash).await?);
        Ok(if added {
            made(format!("/api/v1/suppressions/{hash}"), &view)
        } else {
            done(&view)
        })
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Shows a suppression.
///
/// For a token that reaches all publications.
#[utoipa::path(get, path = "/api/v1/suppressions/{hash}", tag = "Suppressions", operation_id = "showSuppression",
    params(("hash" = String, Path, description = "The hash of the address.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The suppression.", body = View)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(hash): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_reach_all()?;
    let mut tx = web.deps.store.read().await?;
    Ok(shown(&headers, &View::from(find(&mut tx, &hash).await?)))
}

/// Lets an address get mail again; what was skipped stays skipped.
///
/// For a token that reaches all publications.
#[utoipa::path(delete, path = "/api/v1/suppressions/{hash}", tag = "Suppressions", operation_id = "removeSuppression",
    params(("hash" = String, Path, description = "The hash of the address.")), security(("token" = ["editor"])),
    responses((status = 204, description = "It may get mail again.")))]
pub(super) async fn remove(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(hash): Named<String>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    caller.must_reach_all()?;
    let missing = || Problem::NotFound(format!("There is no suppression {hash:?}."));
    let known: EmailHash = hash.parse().map_err(|_| missing())?;
    if !suppress::remove_hash(&web.deps, known).await? {
        return Err(missing());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
