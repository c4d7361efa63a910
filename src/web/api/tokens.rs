//! `/api/v1/tokens`: the ways into this API, for owners.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Owner;
use super::input::{Asked, Input, Named};
use super::once::{made, without_secret};
use super::page::{Page, Paging, shown};
use super::problem::Problem;
use super::schemas::{RoleWord, SlugText, SpanText};
use crate::domain::api_token::ApiToken;
use crate::domain::ids::ApiTokenId;
use crate::domain::operator::sends_by_default;
use crate::services::manage_token::{self, NewToken};
use crate::services::output::tokens::TokenOutput;
use crate::services::output::{Slugs, slugs};
use crate::store::api_tokens;
use crate::web::Web;

/// A token, shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedToken)]
pub(super) struct Created {
    #[serde(flatten)]
    about: TokenOutput,
    /// What goes into the header. A repetition with the same Idempotency-Key gets null here, since the
    /// token is not kept.
    #[schema(examples("paperround_4f1c..."))]
    token: Option<String>,
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub(super) struct New {
    /// What it is for.
    #[schema(min_length = 1, max_length = 80, examples("web site"))]
    name: String,
    role: RoleWord,
    /// Whether it may approve, send, pause and end issues, whatever its role; left out, owners and editors
    /// may.
    may_send: Option<bool>,
    /// The slugs of the only publications that it reaches; empty or left out for all.
    #[serde(default)]
    publications: Vec<SlugText>,
    /// For how long it is valid; without this until it is revoked.
    expires: Option<SpanText>,
}

impl New {
    /// The same with the publications' ids.
    fn checked(self, slugs: &Slugs) -> Result<NewToken, Problem> {
        let mut publications = Vec::with_capacity(self.publications.len());
        for slug in &self.publications {
            let slug = slug.0.as_str();
            let found = slugs.iter().find(|(_, known)| *known == slug);
            let (id, _) = found.ok_or_else(|| {
                Problem::field("publications", format!("there is no publication {slug:?}"))
            })?;
            publications.push(*id);
        }
        Ok(NewToken {
            name: self.name,
            role: self.role.0,
            may_send: self
                .may_send
                .unwrap_or_else(|| sends_by_default(self.role.0)),
            publications,
            valid_for: self.expires.map(|span| span.0),
        })
    }
}

/// Lists the tokens, the oldest first.
///
/// For a token that reaches all publications.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "Tokens", operation_id = "listTokens",
    params(Paging), security(("token" = ["owner"])),
    responses((status = 200, description = "A page of tokens.", body = Page<TokenOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    Owner(caller): Owner,
    Asked(paging): Asked<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    caller.must_reach_all()?;
    let now = web.deps.now();
    let mut tx = web.deps.store.read().await?;
    let slugs = slugs(&mut tx).await?;
    let all = api_tokens::list(&mut tx).await?;
    let key = |token: &ApiToken| token.id.to_string();
    let page = Page::of_all(all, &paging, key, |token| {
        TokenOutput::new(&token, &slugs, now)
    })?;
    Ok(shown(&headers, &page))
}

/// Makes a token, and tells it this once.
///
/// For a token that reaches all publications.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "Tokens", operation_id = "createToken",
    security(("token" = ["owner"])), request_body = New,
    responses((status = 201, description = "The token.", body = Created)))]
pub(super) async fn create(
    State(web): State<Web>,
    Owner(caller): Owner,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    caller.must_reach_all()?;
    let mut tx = web.deps.store.read().await?;
    let slugs = slugs(&mut tx).await?;
    drop(tx);
    let new = input.value.checked(&slugs)?;
    let work = async {
        let (token, bearer) = manage_token::create(&web.deps, new).await?;
        let about = TokenOutput::new(&token, &slugs, web.deps.now());
        let place = format!("/api/v1/tokens/{}", token.id);
        let token = Some(bearer.reveal().to_owned());
        Ok(made(place, &Created { about, token }))
    };
    input
        .once
        .carry_out_keeping(&web, &caller, work, without_secret)
        .await
}

fn missing(id: &str) -> Problem {
    Problem::NotFound(format!("There is no token {id:?}."))
}

/// Shows what is known of a token.
///
/// For a token that reaches all publications.
#[utoipa::path(get, path = "/api/v1/tokens/{id}", tag = "Tokens", operation_id = "showToken",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    responses((status = 200, description = "The token, but for itself.", body = TokenOutput)))]
pub(super) async fn show(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    caller.must_reach_all()?;
    let mut tx = web.deps.store.read().await?;
    let slugs = slugs(&mut tx).await?;
    let all = api_tokens::list(&mut tx).await?;
    let known: ApiTokenId = id.parse().map_err(|_| missing(&id))?;
    let found = all.iter().find(|token| token.id == known);
    let token = found.ok_or_else(|| missing(&id))?;
    Ok(shown(
        &headers,
        &TokenOutput::new(token, &slugs, web.deps.now()),
    ))
}

/// Ends a token at once.
///
/// For a token that reaches all publications.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "Tokens", operation_id = "revokeToken",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["owner"])),
    responses((status = 204, description = "It opens nothing any more.")))]
pub(super) async fn revoke(
    State(web): State<Web>,
    Owner(caller): Owner,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    caller.must_reach_all()?;
    let known: ApiTokenId = id.parse().map_err(|_| missing(&id))?;
    if !manage_token::revoke_by_id(&web.deps, known).await? {
        return Err(missing(&id));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
