//! `/api/v1/operators`: who signs in to the pages, for owners.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Nothing;
use super::caller::{Caller, Owner};
use super::input::{Asked, Input, Named};
use super::once::{done, made, without_secret};
use super::page::{Page, Paging, changed, shown};
use super::problem::Problem;
use super::schemas::{AddressText, RoleWord, changes};
use super::unchanged::IfMatch;
use crate::domain::ids::OperatorId;
use crate::domain::operator::{Operator, sends_by_default};
use crate::services::manage_operator::{self as service, Invited, NewOperator, Rights};
use crate::services::output::operators::OperatorOutput;
use crate::store::idempotency_keys::Answer;
use crate::store::operators;
use crate::web::Web;

/// Whom to take on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOperator)]
pub(super) struct New {
    /// The address to sign in with.
    email: AddressText,
    role: RoleWord,
    /// Whether they may approve, send, pause and end issues; left out, owners and editors may.
    may_send: Option<bool>,
}

/// An operator with the link to choose a password, shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorWithLink)]
pub(super) struct WithLink {
    #[serde(flatten)]
    about: OperatorOutput,
    /// Works once, for 24 hours. A repetition with the same Idempotency-Key gets null here, since the
    /// link is not kept.
    link: Option<String>,
    /// Whether the link goes to their address by mail, too.
    by_mail: bool,
}

changes! {
    /// What is to change about what an operator may do.
    #[schema(as = OperatorChange)]
    Change {
        role: RoleWord,
        /// Whether they may approve, send, pause and end issues.
        may_send: bool,
    }
}

/// What else to take away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    /// The second step too, where its device is lost.
    #[serde(default)]
    second_step: bool,
}

async fn find(web: &Web, caller: &Caller, id: &str) -> Result<Operator, Problem> {
    caller.must_reach_all()?;
    let missing = || Problem::NotFound(format!("There is no operator {id:?}."));
    let known: OperatorId = id.parse().map_err(|_| missing())?;
    let mut tx = web.deps.store.read().await?;
    operators::find(&mut tx, known).await?.ok_or_else(missing)
}

fn with_link(web: &Web, operator: &Operator, invited: Option<&Invited>) -> WithLink {
    let url = |made: &Invited| format!("{}{}", web.deps.limits.public_url, made.link.path());
    WithLink {
        about: operator.into(),
        link: invited.map(url),
        by_mail: invited.is_some_and(|made| made.by_mail),
    }
}

/// Lists the operators, the oldest first.
///
/// For a token that reaches all publications.
#[utoipa::path(get, path = "/api/v1/operators", tag = "Operators", operation_id = "listOperators",
    params(Paging), security(("token" = ["owner"])),
    responses((status = 200, description = "A page of operators.", body = Page<OperatorOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    Owner(caller): Owner,
    Asked(paging): Asked<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_reach_all()?;
    let mut tx = web.deps.store.read().await?;
    let all = operators::list(&mut tx).await?;
    let key = |operator: &Operator| operator.id.to_string();
    let show = |operator: Operator| OperatorOutput::from(&operator);
    Ok(shown(&headers, &Page::of_all(all, &paging, key, show)?))
}

/// Takes an operator on, and tells the link to choose a password this once.
///
/// For a token that reaches all publications.
#[utoipa::path(post, path = "/api/v1/operators", tag = "Operators", operation_id = "addOperator",
    security(("token" = ["owner"])), request_body = New,
    responses((status = 201, description = "They may choose a password.", body = WithLink)))]
pub(super) async fn add(
    State(web): State<Web>,
    Owner(caller): Owner,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    caller.must_reach_all()?;
    let New {
        email,
        role,
        may_send,
    } = input.value;
    let new = NewOperator {
        email: email.0,
        role: role.0,
        may_send: may_send.unwrap_or_else(|| sends_by_default(role.0)),
    };
    let work = async {
        let (operator, invited) = service::add(&web.deps, new, None).await?;
        let place = format!("/api/v1/operators/{}", operator.id);
        Ok(made(place, &with_link(&web, &operator, invited.as_ref())))
    };
    let once = &input.once;
    once.carry_out_keeping(&web, &caller, work, without_secret)
        .await
}

/// Shows an operator.
///
/// For a token that reaches all publications.
#[utoipa::path(get, path = "/api/v1/operators/{id}", tag = "Operators", operation_id = "showOperator",
    params(("id" = String, Path, description = "Their id.")), security(("token" = ["owner"])),
    responses((status = 200, description = "The operator.", body = OperatorOutput)))]
pub(super) async fn show(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let operator = find(&web, &caller, &id).await?;
    Ok(shown(&headers, &OperatorOutput::from(&operator)))
}

/// Changes what an operator may do, from their next request on; what is left out stays.
///
/// 409 for the last owner who can sign in. For a token that reaches all publications.
#[utoipa::path(patch, path = "/api/v1/operators/{id}", tag = "Operators", operation_id = "updateOperator",
    params(("id" = String, Path, description = "Their id.")), security(("token" = ["owner"])),
    request_body = Change,
    responses((status = 200, description = "As they are now.", body = OperatorOutput)))]
pub(super) async fn update(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    known: IfMatch,
    input: Input<Change>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let operator = find(&web, &caller, &id).await?;
    let change = input.value;
    let still = |present: &Operator| known.holds(&OperatorOutput::from(present));
    let rights = |present: &Operator| Rights {
        role: change.role.map_or(present.role, |role| role.0),
        may_send: change.may_send.unwrap_or(present.may_send),
    };
    let operator = service::change_rights_if(&web.deps, operator.id, still, rights).await?;
    Ok(changed(&OperatorOutput::from(&operator)))
}

/// Keeps an operator out at once; all sessions end.
///
/// 409 for the last owner who can sign in. For a token that reaches all publications.
#[utoipa::path(post, path = "/api/v1/operators/{id}/disable", tag = "Operators", operation_id = "disableOperator",
    params(("id" = String, Path, description = "Their id.")), security(("token" = ["owner"])),
    responses((status = 200, description = "As they are now.", body = OperatorOutput)))]
pub(super) async fn disable(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let operator = find(&web, &caller, &id).await?;
    let work = set_disabled(&web, operator.id, true);
    input.once.carry_out(&web, &caller, work).await
}

/// Lets an operator in again.
///
/// For a token that reaches all publications.
#[utoipa::path(post, path = "/api/v1/operators/{id}/enable", tag = "Operators", operation_id = "enableOperator",
    params(("id" = String, Path, description = "Their id.")), security(("token" = ["owner"])),
    responses((status = 200, description = "As they are now.", body = OperatorOutput)))]
pub(super) async fn enable(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let operator = find(&web, &caller, &id).await?;
    let work = set_disabled(&web, operator.id, false);
    input.once.carry_out(&web, &caller, work).await
}

async fn set_disabled(web: &Web, id: OperatorId, disabled: bool) -> Result<Answer, Problem> {
    let operator = service::set_disabled(&web.deps, id, disabled).await?;
    Ok(done(&OperatorOutput::from(&operator)))
}

/// Takes an operator's password away, ends all sessions, and tells the link to choose another this once.
///
/// For a token that reaches all publications.
#[utoipa::path(post, path = "/api/v1/operators/{id}/reset", tag = "Operators", operation_id = "resetOperator",
    params(("id" = String, Path, description = "Their id.")), security(("token" = ["owner"])),
    request_body = Option<Reset>,
    responses((status = 200, description = "They may choose another password.", body = WithLink)))]
pub(super) async fn reset(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    input: Input<Option<Reset>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let operator = find(&web, &caller, &id).await?;
    let too = input.value.unwrap_or_default().second_step;
    let work = async {
        let invited = service::reset(&web.deps, operator.id, too).await?;
        let operator = find(&web, &caller, &id).await?;
        Ok(done(&with_link(&web, &operator, Some(&invited))))
    };
    let once = &input.once;
    once.carry_out_keeping(&web, &caller, work, without_secret)
        .await
}
