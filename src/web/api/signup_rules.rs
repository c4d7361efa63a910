//! `/api/v1/signup-rules`: whom the sign-up form lets in, and whom it keeps out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Editor};
use super::cursor;
use super::input::{Asked, Input, Named};
use super::once::done;
use super::page::{Page, Paging, limit, shown};
use super::problem::Problem;
use super::schemas::{At, EffectWord, SubjectText};
use super::suppressions::source;
use crate::domain::signup_rule::{SignUpRule, Subject};
use crate::services::signup_rules as service;
use crate::store::signup_rules;
use crate::web::Web;

/// What becomes of some sign-ups.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignUpRule)]
pub(super) struct View {
    #[schema(examples("spam.example"))]
    subject: String,
    effect: EffectWord,
    /// Why.
    reason: Option<String>,
    /// Who said so.
    source: Option<String>,
    created_at: At,
}

impl From<&SignUpRule> for View {
    fn from(rule: &SignUpRule) -> Self {
        Self {
            subject: rule.subject.to_string(),
            effect: rule.effect.into(),
            reason: rule.reason.clone(),
            source: rule.source.clone(),
            created_at: rule.created_at.into(),
        }
    }
}

/// A new rule, in place of the one on the same subject.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSignUpRule)]
pub(super) struct New {
    subject: SubjectText,
    effect: EffectWord,
    /// Why.
    #[schema(max_length = 200)]
    reason: Option<String>,
    /// Who said so; the token's name where it is not given.
    #[schema(max_length = 200)]
    source: Option<String>,
}

/// Lists the rules in the order of their subjects.
///
/// For a token that reaches all publications.
#[utoipa::path(get, path = "/api/v1/signup-rules", tag = "Sign-up rules", operation_id = "listSignUpRules",
    params(Paging), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of rules.", body = Page<View>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(paging): Asked<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_reach_all()?;
    let limit = limit(paging.limit)?;
    let after = paging.cursor.as_deref().map(cursor::text).transpose()?;
    let mut tx = web.deps.store.read().await?;
    let found = signup_rules::page(&mut tx, &after.unwrap_or_default(), limit + 1).await?;
    let place = |last: &SignUpRule| cursor::of_text(&last.subject.to_string());
    let page = Page::of(found, limit, place, |rule| View::from(&rule));
    Ok(shown(&headers, &page))
}

/// Writes a rule, in place of the one on the same subject.
///
/// Running processes know of it within a second. For a token that reaches all publications.
#[utoipa::path(post, path = "/api/v1/signup-rules", tag = "Sign-up rules", operation_id = "putSignUpRule",
    security(("token" = ["editor"])), request_body = New,
    responses((status = 200, description = "The rule.", body = View)))]
pub(super) async fn put(
    State(web): State<Web>,
    Editor(caller): Editor,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    caller.must_reach_all()?;
    let new = input.value;
    if new
        .reason
        .as_ref()
        .is_some_and(|reason| reason.chars().count() > 200)
    {
        return Err(Problem::field("reason", "has more than 200 characters"));
    }
    let rule = SignUpRule {
        subject: new.subject.0,
        effect: new.effect.0,
        reason: new.reason,
        source: Some(source(&caller, new.source)?),
        created_at: web.deps.now(),
    };
    let work = async {
        service::put(&web.deps, std::slice::from_ref(&rule)).await?;
        Ok(done(&View::from(&rule)))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Takes the rule on a subject away.
///
/// For a token that reaches all publications.
#[utoipa::path(delete, path = "/api/v1/signup-rules/{subject}", tag = "Sign-up rules", operation_id = "removeSignUpRule",
    params(("subject" = String, Path, description = "As it is listed, with / as %2F.")), security(("token" = ["editor"])),
    responses((status = 204, description = "There is no rule on it any more.")))]
pub(super) async fn remove(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(subject): Named<String>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    caller.must_reach_all()?;
    let missing = || Problem::NotFound(format!("There is no rule on {subject:?}."));
    let known: Subject = subject.parse().map_err(|_| missing())?;
    if !service::remove(&web.deps, &known).await? {
        return Err(missing());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
