//! Operators set up a second step of signing in, and take it away.

use serde_json::json;
use thiserror::Error;

use super::Deps;
use super::audit::note;
use crate::domain::audit::{Change, Kind};
use crate::domain::ids::OperatorId;
use crate::domain::operator::Operator;
use crate::domain::totp::{RECOVERY_CODES, RecoveryCode, TotpSecret};
use crate::store::operators::Account;
use crate::store::{StoreError, Tx, operators, recovery_codes};

/// Why the second step was left as it is.
#[derive(Debug, Error)]
pub enum SecondStepError {
    #[error("the code does not fit; check the time of the device, and wait for the next one")]
    WrongCode,
    #[error("the second step is in force already; turn it off first")]
    InForce,
    #[error("there is nothing to confirm; begin anew")]
    NotBegun,
    #[error("the secret could not be sealed")]
    Unsealed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Begins: makes a secret, which is in force once a code of it has come.
pub async fn begin(deps: &Deps, id: OperatorId) -> Result<TotpSecret, SecondStepError> {
    let secret = TotpSecret::new(&*deps.random);
    let sealed = deps.keys.seal_totp(&*deps.random, id, &secret);
    let sealed = sealed.ok_or(SecondStepError::Unsealed)?;
    let mut tx = deps.store.begin().await?;
    if account(&mut tx, id).await?.operator.has_totp {
        return Err(SecondStepError::InForce);
    }
    operators::set_totp(&mut tx, id, Some(&sealed), None).await?;
    tx.commit().await?;
    Ok(secret)
}

/// The secret that waits for its first code, to be shown again; `None` where none does.
pub async fn begun(deps: &Deps, operator: &Operator) -> Result<Option<TotpSecret>, StoreError> {
    let mut tx = deps.store.read().await?;
    let account = operators::account(&mut tx, &operator.email).await?;
    let waiting = account.filter(|a| !a.operator.has_totp);
    let sealed = waiting.and_then(|a| a.totp_secret);
    Ok(sealed.and_then(|sealed| deps.keys.open_totp(operator.id, &sealed)))
}

/// Puts it in force with a first code; returns the codes for when the device is lost, this once.
pub async fn confirm(
    deps: &Deps,
    id: OperatorId,
    code: &str,
) -> Result<Vec<RecoveryCode>, SecondStepError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    let account = account(&mut tx, id).await?;
    if account.operator.has_totp {
        return Err(SecondStepError::InForce);
    }
    let sealed = account.totp_secret.ok_or(SecondStepError::NotBegun)?;
    let secret = deps.keys.open_totp(id, &sealed);
    let secret = secret.ok_or(SecondStepError::NotBegun)?;
    let step = secret.accepts(code, now, account.totp_step);
    let step = step.ok_or(SecondStepError::WrongCode)?;
    operators::use_step(&mut tx, id, step).await?;
    operators::set_totp(&mut tx, id, Some(&sealed), Some(now)).await?;
    let codes = new_codes(deps, &mut tx, id).await?;
    let entry = Change::of("turn on second step", Kind::Operator, id);
    let entry = entry.from(json!({ "second_step": false }));
    note(deps, &mut tx, entry.to(json!({ "second_step": true }))).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Makes other codes for when the device is lost; those before no longer work.
pub async fn renew_codes(
    deps: &Deps,
    id: OperatorId,
) -> Result<Vec<RecoveryCode>, SecondStepError> {
    let mut tx = deps.store.begin().await?;
    if !account(&mut tx, id).await?.operator.has_totp {
        return Err(SecondStepError::NotBegun);
    }
    let codes = new_codes(deps, &mut tx, id).await?;
    note(
        deps,
        &mut tx,
        Change::of("renew recovery codes", Kind::Operator, id),
    )
    .await?;
    tx.commit().await?;
    Ok(codes)
}

async fn new_codes(
    deps: &Deps,
    tx: &mut Tx,
    id: OperatorId,
) -> Result<Vec<RecoveryCode>, StoreError> {
    let codes: Vec<RecoveryCode> = (0..RECOVERY_CODES)
        .map(|_| RecoveryCode::new(&*deps.random))
        .collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(RecoveryCode::hash).collect();
    recovery_codes::replace(tx, id, &hashes).await?;
    Ok(codes)
}

async fn account(tx: &mut Tx, id: OperatorId) -> Result<Account, SecondStepError> {
    let found = operators::account_locked(tx, id).await?;
    found.ok_or(SecondStepError::NotBegun)
}
