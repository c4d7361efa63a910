//! Operators give programs a token for the API, and take it back.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use thiserror::Error;

use super::Deps;
use super::audit::note;
use crate::domain::api_token::{ApiToken, Bearer, Role};
use crate::domain::audit::{Change, Kind};
use crate::domain::ids::{ApiTokenId, PublicationId};
use crate::domain::text::{self, LineError};
use crate::store::{StoreError, api_tokens};

/// Why a token was refused.
#[derive(Debug, Error)]
pub enum TokenError {
    #[error("there is a token {0:?} already; `paperround token revoke` ends it")]
    Exists(String),
    #[error("there is no token {0:?} in force; `paperround token list` shows them")]
    Unknown(String),
    #[error(transparent)]
    Name(#[from] LineError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator says of a new token.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub name: String,
    pub role: Role,
    /// Whether it may approve, send, pause and end issues, whatever the role.
    pub may_send: bool,
    /// Empty for all.
    pub publications: Vec<PublicationId>,
    /// For how long it is valid; `None` until it is revoked.
    pub valid_for: Option<Duration>,
}

/// Makes a token. It is given back this once; the database holds its hash.
pub async fn create(deps: &Deps, new: NewToken) -> Result<(ApiToken, Bearer), TokenError> {
    let now = deps.now();
    let bearer = Bearer::new(&*deps.random);
    let mut publications = new.publications;
    publications.sort();
    publications.dedup();
    let valid_for = new
        .valid_for
        .and_then(|span| TimeDelta::from_std(span).ok());
    let token = ApiToken {
        id: deps.new_id(ApiTokenId::new),
        name: text::line("the name", &new.name, 80)?,
        role: new.role,
        may_send: new.may_send,
        publications,
        created_at: now,
        expires_at: valid_for.map(|span| now + span),
        last_used_at: None,
        revoked_at: None,
    };
    let mut tx = deps.store.begin().await?;
    match api_tokens::insert(&mut tx, &token, &bearer.hash()).await {
        Err(StoreError::Conflict) => return Err(TokenError::Exists(token.name)),
        other => other?,
    }
    let after = json!({
        "name": token.name, "role": token.role, "may_send": token.may_send,
        "publications": token.publications, "expires_at": token.expires_at,
    });
    let entry = Change::of("make", Kind::Token, &token.name).to(after);
    note(deps, &mut tx, entry).await?;
    tx.commit().await?;
    Ok((token, bearer))
}

/// Ends a token that is known by its id; false where there is none. One that has ended stays so.
pub async fn revoke_by_id(deps: &Deps, id: ApiTokenId) -> Result<bool, StoreError> {
    let mut tx = deps.store.begin().await?;
    let known = api_tokens::list(&mut tx).await?;
    let Some(token) = known.into_iter().find(|token| token.id == id) else {
        return Ok(false);
    };
    if token.revoked_at.is_none() {
        api_tokens::revoke(&mut tx, &token.name, deps.now()).await?;
        let entry = Change::of("revoke", Kind::Token, &token.name);
        note(deps, &mut tx, entry).await?;
        tx.commit().await?;
    }
    Ok(true)
}

/// Ends a token at once.
pub async fn revoke(deps: &Deps, name: &str) -> Result<(), TokenError> {
    let mut tx = deps.store.begin().await?;
    if !api_tokens::revoke(&mut tx, name.trim(), deps.now()).await? {
        return Err(TokenError::Unknown(name.to_owned()));
    }
    note(
        deps,
        &mut tx,
        Change::of("revoke", Kind::Token, name.trim()),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
