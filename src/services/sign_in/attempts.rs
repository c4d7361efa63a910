//! Failed attempts, counted by account and by network, in the database and thus for all nodes.
//!
//! An account is counted apart for each network that its operator has signed in from, and together for
//! all others: who guesses from elsewhere slows down nobody but themselves.

use crate::domain::back_off::Attempts;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::OperatorId;
use crate::domain::subscription::{counted, truncated};
use crate::services::Deps;
use crate::store::{StoreError, Tx, operators, sign_in_attempts};

use super::{SignInError, Visitor};

/// Under which names an attempt counts.
pub(super) struct Counted {
    account: Vec<u8>,
    network: Option<Vec<u8>>,
}

impl Counted {
    /// In one order, so that no two transactions wait for each other.
    fn names(&self) -> Vec<&[u8]> {
        let mut names: Vec<&[u8]> = vec![&self.account];
        names.extend(self.network.as_deref());
        names.sort_unstable();
        names
    }
}

/// Those of a password.
pub(super) async fn of_account(
    deps: &Deps,
    email: Option<&EmailAddress>,
    from: &Visitor,
) -> Result<Counted, StoreError> {
    let network = truncated(from.address);
    let mut account = match email {
        Some(email) => format!("sign-in account {}", email.key()),
        None => "sign-in no account".to_owned(),
    };
    if let Some(email) = email {
        let mut tx = deps.store.read().await?;
        if operators::knows_network(&mut tx, email, &network).await? {
            account = format!("{account} from {network}");
        }
    }
    let source = format!("sign-in network {}", counted(from.address));
    Ok(Counted {
        account: deps.keys.counter_name(&account),
        network: Some(deps.keys.counter_name(&source)),
    })
}

/// That of a code: whoever gives it knows the password, so that networks tell nothing.
pub(super) fn of_code(deps: &Deps, operator: OperatorId) -> Counted {
    within(deps, &format!("sign-in code {operator}"))
}

/// That of a password which is asked for again.
pub(super) fn of_self(deps: &Deps, operator: OperatorId) -> Counted {
    within(deps, &format!("sign-in again {operator}"))
}

fn within(deps: &Deps, name: &str) -> Counted {
    Counted {
        account: deps.keys.counter_name(name),
        network: None,
    }
}

/// Counts an attempt as failed, or refuses it while the last one keeps it waiting.
pub(super) async fn begin(deps: &Deps, counted: &Counted) -> Result<(), SignInError> {
    let mut tx = deps.store.begin().await?;
    begin_in(deps, &mut tx, counted).await?;
    Ok(tx.commit().await?)
}

/// The same inside the caller's transaction.
pub(super) async fn begin_in(
    deps: &Deps,
    tx: &mut Tx,
    counted: &Counted,
) -> Result<(), SignInError> {
    let now = deps.now();
    let mut known: Vec<(&[u8], Attempts)> = Vec::new();
    for name in counted.names() {
        known.push((name, sign_in_attempts::locked(tx, name, now).await?));
    }
    if let Some(wait) = known.iter().filter_map(|(_, a)| a.wait(now)).max() {
        let retry_after = wait.to_std().unwrap_or_default();
        return Err(SignInError::TooMany { retry_after });
    }
    for (name, attempts) in known {
        sign_in_attempts::set(tx, name, attempts.failed(now)).await?;
    }
    Ok(())
}

/// It was none: the account starts anew, and its network has one failure less. More would let whoever
/// has an account guess at others from the same place for ever.
pub(super) async fn succeeded(
    deps: &Deps,
    tx: &mut Tx,
    counted: &Counted,
) -> Result<(), StoreError> {
    for name in counted.names() {
        if name == counted.account {
            sign_in_attempts::forget(tx, name).await?;
        } else {
            sign_in_attempts::excuse(tx, name, deps.now()).await?;
        }
    }
    Ok(())
}
