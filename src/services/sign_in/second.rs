//! The second step of signing in.

use super::{SignInError, Visitor, attempts, open};
use crate::domain::operator::OperatorState;
use crate::domain::session::{SessionToken, Stage};
use crate::domain::totp::RecoveryCode;
use crate::services::Deps;
use crate::store::operators::Account;
use crate::store::{StoreError, Tx, operators, recovery_codes, sessions};

/// Checks the code that is due in a session, by time or for when the device is lost, and puts an open
/// session with a new token in its place.
pub async fn second_step(
    deps: &Deps,
    token: &SessionToken,
    code: &str,
    from: &Visitor,
) -> Result<SessionToken, SignInError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    let waiting = sessions::find(&mut tx, &token.hash()).await?;
    let waiting = waiting.filter(|s| s.stage == Stage::CodeDue && s.is_alive(now));
    let waiting = waiting.ok_or(SignInError::Late)?;
    let counted = attempts::of_code(deps, waiting.operator);
    attempts::begin_in(deps, &mut tx, &counted).await?;
    let account = operators::account_locked(&mut tx, waiting.operator).await?;
    let account = account.filter(|a| a.operator.state() == OperatorState::Active);
    let account = account.ok_or(SignInError::Late)?;
    let Some(by) = accepted(deps, &mut tx, &account, code).await? else {
        // The failure stays.
        tx.commit().await?;
        return Err(SignInError::WrongCode);
    };
    attempts::succeeded(deps, &mut tx, &counted).await?;
    sessions::end(&mut tx, waiting.operator, waiting.id).await?;
    let token = open(deps, &mut tx, &account.operator, by, from).await?;
    tx.commit().await?;
    Ok(token)
}

/// Uses a code up; tells which kind it is of.
async fn accepted(
    deps: &Deps,
    tx: &mut Tx,
    account: &Account,
    code: &str,
) -> Result<Option<&'static str>, StoreError> {
    let id = account.operator.id;
    let sealed = account.totp_secret.as_deref();
    let secret = sealed.and_then(|sealed| deps.keys.open_totp(id, sealed));
    let step = secret.and_then(|s| s.accepts(code, deps.now(), account.totp_step));
    if let Some(step) = step
        && operators::use_step(tx, id, step).await?
    {
        return Ok(Some("password and code"));
    }
    if let Some(code) = RecoveryCode::parse(code)
        && recovery_codes::take(tx, id, &code.hash(), deps.now()).await?
    {
        return Ok(Some("password and recovery code"));
    }
    Ok(None)
}
