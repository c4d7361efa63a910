//! Lets operators in: by password, by a code where they have a second step, and by a link with which
//! a password is chosen. Whoever is refused learns nothing but that.

mod attempts;
mod link;
pub mod provider;
mod second;

use std::net::IpAddr;
use std::time::Duration;

use serde_json::json;
use thiserror::Error;

pub use link::{LinkError, LinkFor, find_link, use_link};
pub use second::second_step;

use super::Deps;
use super::audit::note;
use super::passwords::HashError;
use crate::domain::audit::{Actor, Change, Kind};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::SessionId;
use crate::domain::operator::{Operator, OperatorState};
use crate::domain::session::{FOR_CODE, LONGEST, SEEN_STEP, Session, SessionToken, Stage};
use crate::domain::subscription::truncated;
use crate::domain::text::cut;
use crate::store::{StoreError, Tx, operators, sessions};

/// Why nobody was let in.
#[derive(Debug, Error)]
pub enum SignInError {
    /// The same for an address that is unknown, a wrong password, and an account that is closed.
    #[error("address and password do not fit")]
    Wrong,
    #[error("the code does not fit, or was used")]
    WrongCode,
    /// The time for the second step is over.
    #[error("sign in again: the password was given too long ago")]
    Late,
    #[error("too many attempts; the next one in {} seconds", retry_after.as_secs())]
    TooMany { retry_after: Duration },
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The browser that asks.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub address: IpAddr,
    pub user_agent: String,
}

/// How far it went.
#[derive(Debug)]
pub enum Entered {
    Open(SessionToken),
    /// The code of the second step is due.
    CodeDue(SessionToken),
}

/// Checks address and password.
pub async fn sign_in(
    deps: &Deps,
    email: &str,
    password: &str,
    from: &Visitor,
) -> Result<Entered, SignInError> {
    let email: Option<EmailAddress> = email.trim().parse().ok();
    let counted = attempts::of_account(deps, email.as_ref(), from).await?;
    // It counts as failed before it is tried, so that many at once are not all free.
    attempts::begin(deps, &counted).await?;
    let mut tx = deps.store.read().await?;
    let account = match &email {
        Some(email) => operators::account(&mut tx, email).await?,
        None => None,
    };
    drop(tx);
    let hash = account.as_ref().and_then(|a| a.password_hash.clone());
    let fits = deps.passwords.fits(hash.clone(), password).await?;
    let Some(account) = account.filter(|_| fits) else {
        return Err(SignInError::Wrong);
    };
    let mut tx = deps.store.begin().await?;
    // It may have been closed, or given another password, in the meantime.
    let account = operators::account_locked(&mut tx, account.operator.id).await?;
    let account = account.filter(|a| a.password_hash == hash);
    let account = account.filter(|a| a.operator.state() == OperatorState::Active);
    let operator = account.ok_or(SignInError::Wrong)?.operator;
    attempts::succeeded(deps, &mut tx, &counted).await?;
    let entered = enter(deps, &mut tx, &operator, "password", from).await?;
    tx.commit().await?;
    Ok(entered)
}

/// Whether a password is the one of an operator who is signed in already; wrong ones keep the next one
/// waiting here too.
pub async fn is_password(
    deps: &Deps,
    operator: &Operator,
    given: &str,
) -> Result<bool, SignInError> {
    let counted = attempts::of_self(deps, operator.id);
    attempts::begin(deps, &counted).await?;
    let mut tx = deps.store.read().await?;
    let account = operators::account(&mut tx, &operator.email).await?;
    drop(tx);
    let hash = account.and_then(|account| account.password_hash);
    let fits = deps.passwords.fits(hash, given).await?;
    if fits {
        let mut tx = deps.store.begin().await?;
        attempts::succeeded(deps, &mut tx, &counted).await?;
        tx.commit().await?;
    }
    Ok(fits)
}

/// Makes a session for an operator who has given a password, or the wait for the second step.
async fn enter(
    deps: &Deps,
    tx: &mut Tx,
    operator: &Operator,
    by: &str,
    from: &Visitor,
) -> Result<Entered, StoreError> {
    if operator.has_totp {
        let (_, token) = new_session(deps, tx, operator, Stage::CodeDue, from).await?;
        return Ok(Entered::CodeDue(token));
    }
    open(deps, tx, operator, by, from).await.map(Entered::Open)
}

/// Opens a session.
async fn open(
    deps: &Deps,
    tx: &mut Tx,
    operator: &Operator,
    by: &str,
    from: &Visitor,
) -> Result<SessionToken, StoreError> {
    let (session, token) = new_session(deps, tx, operator, Stage::Open, from).await?;
    operators::signed_in(tx, operator.id, &session.network, deps.now()).await?;
    let deps = deps.by(Actor::from(operator));
    let after = json!({ "by": by, "network": session.network });
    let entry = Change::of("sign in", Kind::Session, session.id).to(after);
    note(&deps, tx, entry).await?;
    Ok(token)
}

async fn new_session(
    deps: &Deps,
    tx: &mut Tx,
    operator: &Operator,
    stage: Stage,
    from: &Visitor,
) -> Result<(Session, SessionToken), StoreError> {
    let now = deps.now();
    let token = SessionToken::new(&*deps.random);
    let life = match stage {
        Stage::CodeDue => FOR_CODE,
        Stage::Open => LONGEST,
    };
    let session = Session {
        id: deps.new_id(SessionId::new),
        operator: operator.id,
        stage,
        created_at: now,
        seen_at: now,
        expires_at: now + life,
        user_agent: cut(&from.user_agent, 200).to_owned(),
        network: truncated(from.address),
    };
    sessions::insert(tx, &session, &token.hash()).await?;
    Ok((session, token))
}

/// The session and the operator of a cookie, where both count.
pub async fn session(
    deps: &Deps,
    token: &SessionToken,
    stage: Stage,
) -> Result<Option<(Session, Operator)>, StoreError> {
    let now = deps.now();
    let Some((session, operator)) = unseen(deps, token, stage).await? else {
        return Ok(None);
    };
    if stage == Stage::Open
        && now >= session.seen_at + SEEN_STEP
        && let Err(error) = seen(deps, session.id).await
    {
        // A full disk must not keep anybody from reading.
        tracing::warn!(%error, session = %session.id, "the use of a session could not be written down");
    }
    Ok(Some((session, operator)))
}

/// The same, without this being a use of the session.
pub async fn unseen(
    deps: &Deps,
    token: &SessionToken,
    stage: Stage,
) -> Result<Option<(Session, Operator)>, StoreError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let session = sessions::find(&mut tx, &token.hash()).await?;
    let session = session.filter(|session| session.stage == stage && session.is_alive(now));
    let Some(session) = session else {
        return Ok(None);
    };
    let operator = operators::find(&mut tx, session.operator).await?;
    let operator = operator.filter(|o| o.state() == OperatorState::Active);
    Ok(operator.map(|operator| (session, operator)))
}

async fn seen(deps: &Deps, id: SessionId) -> Result<(), StoreError> {
    let mut tx = deps.store.begin_relaxed().await?;
    sessions::seen(&mut tx, id, deps.now()).await?;
    tx.commit().await
}

/// Ends a session of the operator by whose hand `deps` works; false where there is none.
pub async fn end_session(
    deps: &Deps,
    operator: &Operator,
    id: SessionId,
) -> Result<bool, StoreError> {
    let mut tx = deps.store.begin().await?;
    let ended = sessions::end(&mut tx, operator.id, id).await?;
    if ended {
        let before = json!({ "operator": operator.email });
        note(
            deps,
            &mut tx,
            Change::of("end", Kind::Session, id).from(before),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(ended)
}

/// Ends all sessions of an operator but one; returns how many.
pub async fn end_other_sessions(
    deps: &Deps,
    operator: &Operator,
    but: SessionId,
) -> Result<u64, StoreError> {
    let mut tx = deps.store.begin().await?;
    let ended = sessions::end_others(&mut tx, operator.id, Some(but)).await?;
    let after = json!({ "sessions_ended": ended });
    let entry = Change::of("end sessions", Kind::Operator, operator.id).to(after);
    note(deps, &mut tx, entry).await?;
    tx.commit().await?;
    Ok(ended)
}
