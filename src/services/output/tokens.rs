//! API tokens, as programs read of them.

use serde::Serialize;
use utoipa::ToSchema;

use super::Slugs;
use super::words::{At, RoleWord, TokenStateWord};
use crate::domain::api_token::ApiToken;
use crate::domain::clock::Time;
use crate::domain::ids::ApiTokenId;

/// What is known of a token; the token itself is not.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenOutput {
    #[schema(value_type = String, format = "uuid")]
    id: ApiTokenId,
    name: String,
    role: RoleWord,
    /// Whether it may approve, send, pause and end issues.
    may_send: bool,
    state: TokenStateWord,
    /// The slugs of those that it reaches; null for all.
    publications: Option<Vec<String>>,
    created_at: At,
    expires_at: Option<At>,
    /// To the hour.
    last_used_at: Option<At>,
    revoked_at: Option<At>,
}

impl TokenOutput {
    pub fn new(token: &ApiToken, slugs: &Slugs, now: Time) -> Self {
        let reached = token.publications.iter();
        let reached = reached.filter_map(|id| slugs.get(id).cloned());
        Self {
            id: token.id,
            name: token.name.clone(),
            role: token.role.into(),
            may_send: token.may_send,
            state: token.state(now).into(),
            publications: (!token.reaches_all()).then(|| reached.collect()),
            created_at: token.created_at.into(),
            expires_at: token.expires_at.map(At),
            last_used_at: token.last_used_at.map(At),
            revoked_at: token.revoked_at.map(At),
        }
    }
}
