//! Finds out whose token a request brings.

use chrono::TimeDelta;

use super::Deps;
use crate::domain::api_token::{ApiToken, Bearer, TokenState};
use crate::domain::clock::Time;
use crate::store::{StoreError, api_tokens};

/// How exact `last_used_at` is: one write an hour rather than one for each request.
const USE_STEP: TimeDelta = TimeDelta::hours(1);

/// The token that a request brings; `None` where it is unknown, expired or revoked.
pub async fn bearer(deps: &Deps, text: &str) -> Result<Option<ApiToken>, StoreError> {
    let Some(bearer) = Bearer::parse(text) else {
        return Ok(None);
    };
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let found = api_tokens::find_by_hash(&mut tx, &bearer.hash()).await?;
    drop(tx);
    let Some(token) = found.filter(|token| token.state(now) == TokenState::Active) else {
        return Ok(None);
    };
    if token.last_used_at.is_none_or(|at| at <= now - USE_STEP)
        && let Err(error) = used(deps, &token, now).await
    {
        // A full disk must not keep anybody from reading.
        tracing::warn!(%error, token = %token.id, "the use of a token could not be written down");
    }
    Ok(Some(token))
}

async fn used(deps: &Deps, token: &ApiToken, now: Time) -> Result<(), StoreError> {
    let mut tx = deps.store.begin_relaxed().await?;
    api_tokens::used(&mut tx, token.id, now).await?;
    tx.commit().await
}
