//! Operators, as programs read them.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::{At, OperatorStateWord, RoleWord};
use crate::domain::ids::OperatorId;
use crate::domain::operator::Operator;

/// Somebody who runs newsletters.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Operator)]
pub struct OperatorOutput {
    #[schema(value_type = String, format = "uuid")]
    id: OperatorId,
    email: String,
    role: RoleWord,
    /// Whether they may approve, send, pause and end issues.
    may_send: bool,
    state: OperatorStateWord,
    /// Whether signing in takes a code besides the password.
    second_step: bool,
    created_at: At,
    signed_in_at: Option<At>,
    disabled_at: Option<At>,
}

impl From<&Operator> for OperatorOutput {
    fn from(operator: &Operator) -> Self {
        Self {
            id: operator.id,
            email: operator.email.to_string(),
            role: operator.role.into(),
            may_send: operator.may_send,
            state: operator.state().into(),
            second_step: operator.has_totp,
            created_at: operator.created_at.into(),
            signed_in_at: operator.signed_in_at.map(At),
            disabled_at: operator.disabled_at.map(At),
        }
    }
}
