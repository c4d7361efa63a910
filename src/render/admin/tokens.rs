//! The tokens of the API.

use serde::Serialize;

use super::frame::{Choice, Frame, State};
use super::when::When;

/// A token in the list; the token itself is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenRow {
    pub name: String,
    pub role: String,
    pub may_send: bool,
    /// The publications that it reaches; empty for all.
    pub publications: Vec<String>,
    pub state: State,
    pub is_active: bool,
    pub created: When,
    pub last_used: Option<When>,
    pub expires: Option<When>,
}

/// `GET /admin/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokensPage {
    pub frame: Frame,
    pub tokens: Vec<TokenRow>,
    /// As typed.
    pub name: String,
    pub roles: Vec<Choice>,
    pub may_send: bool,
    pub publications: Vec<Choice>,
    pub spans: Vec<Choice>,
    pub error: Option<String>,
}

/// A token, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenMadePage {
    pub frame: Frame,
    pub name: String,
    pub token: String,
}

super::admin_pages! {
    TokensPage => "admin/tokens.html",
    TokenMadePage => "admin/token_made.html",
}
