//! Links with which a password is chosen: the first owner's, an invitation, or after a reset.

use serde_json::json;
use thiserror::Error;

use super::{Entered, Visitor, enter};
use crate::domain::audit::{Actor, Change, Kind};
use crate::domain::email_address::EmailAddress;
use crate::domain::operator::{Operator, OperatorState, Password, PasswordToken, Role};
use crate::services::Deps;
use crate::services::audit::note;
use crate::services::manage_operator::{self, NewOperator, OperatorError};
use crate::services::passwords::HashError;
use crate::store::{StoreError, Tx, operators, password_links};

/// Why a link opened nothing.
#[derive(Debug, Error)]
pub enum LinkError {
    #[error("the link was used, has ended, or is none of ours")]
    Ended,
    #[error(transparent)]
    Operator(#[from] OperatorError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose password a link chooses.
#[derive(Debug, Clone)]
pub enum LinkFor {
    /// Who also chooses the address.
    FirstOwner,
    Operator(Operator),
}

/// What a link opens; changes nothing.
pub async fn find_link(deps: &Deps, token: &PasswordToken) -> Result<Option<LinkFor>, StoreError> {
    let mut tx = deps.store.read().await?;
    opens(deps, &mut tx, token).await
}

async fn opens(
    deps: &Deps,
    tx: &mut Tx,
    token: &PasswordToken,
) -> Result<Option<LinkFor>, StoreError> {
    let link = password_links::find(tx, &token.hash()).await?;
    let Some(link) = link.filter(|link| link.is_open(deps.now())) else {
        return Ok(None);
    };
    let Some(id) = link.operator else {
        let is_first = operators::is_empty(tx).await?;
        return Ok(is_first.then_some(LinkFor::FirstOwner));
    };
    let operator = operators::find(tx, id).await?;
    let operator = operator.filter(|o| o.state() != OperatorState::Disabled);
    Ok(operator.map(LinkFor::Operator))
}

/// Sets the password, and the address of the first owner; lets the operator in.
pub async fn use_link(
    deps: &Deps,
    token: &PasswordToken,
    email: &EmailAddress,
    password: &Password,
    from: &Visitor,
) -> Result<Entered, LinkError> {
    let hash = deps.passwords.hash(deps, password).await?;
    let mut tx = deps.store.begin().await?;
    // Nobody else becomes the first owner meanwhile.
    operators::list_locked(&mut tx).await?;
    let link_for = opens(deps, &mut tx, token).await?.ok_or(LinkError::Ended)?;
    if !password_links::take(&mut tx, &token.hash(), deps.now()).await? {
        return Err(LinkError::Ended);
    }
    let operator = match link_for {
        LinkFor::FirstOwner => first_owner(deps, &mut tx, email, &hash).await?,
        LinkFor::Operator(operator) => {
            let own = deps.by(Actor::from(&operator));
            manage_operator::set_password_in(&own, &mut tx, operator.id, &hash, None).await?
        }
    };
    let entered = enter(deps, &mut tx, &operator, "link", from).await?;
    tx.commit().await?;
    Ok(entered)
}

async fn first_owner(
    deps: &Deps,
    tx: &mut Tx,
    email: &EmailAddress,
    hash: &str,
) -> Result<Operator, OperatorError> {
    let new = NewOperator {
        email: email.clone(),
        role: Role::Owner,
        may_send: true,
    };
    let operator = manage_operator::insert_in(deps, tx, new, Some(hash)).await?;
    let after = json!({ "email": operator.email, "role": operator.role, "may_send": true });
    let entry = Change::of("add", Kind::Operator, operator.id).to(after);
    note(&deps.by(Actor::from(&operator)), tx, entry).await?;
    Ok(operator)
}
