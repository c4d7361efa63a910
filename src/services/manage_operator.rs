//! Owners take operators on, say what they may do, and let them go.

use chrono::TimeDelta;
use serde_json::{Value, json};
use thiserror::Error;

use super::audit::note;
use super::passwords::HashError;
use super::{Deps, alerts};
use crate::domain::audit::{Change, Kind};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{NoticeId, OperatorId, SessionId};
use crate::domain::job::Job;
use crate::domain::operator::{Operator, Password, PasswordLink, PasswordToken, Role};
use crate::store::{StoreError, Tx, notices, operators, password_links, recovery_codes, sessions};

/// How long a link works with which a password is chosen.
const LINK_FOR: TimeDelta = TimeDelta::hours(24);

/// Why an operator was left as it is.
#[derive(Debug, Error)]
pub enum OperatorError {
    #[error(
        "there is an operator {0} already; `paperround operator reset-password` gives another password"
    )]
    Exists(EmailAddress),
    #[error("there is no operator {0}; `paperround operator list` shows them")]
    Unknown(String),
    #[error(
        "{0} is the last owner who can sign in; make somebody else an owner first, or nobody could manage operators"
    )]
    LastOwner(EmailAddress),
    #[error("the operator has been changed meanwhile")]
    Changed,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whom an owner takes on.
#[derive(Debug, Clone)]
pub struct NewOperator {
    pub email: EmailAddress,
    pub role: Role,
    pub may_send: bool,
}

fn image(operator: &Operator) -> Value {
    json!({
        "email": operator.email, "role": operator.role, "may_send": operator.may_send,
        "state": operator.state(), "second_step": operator.has_totp,
    })
}

fn change(verb: &'static str, operator: &Operator) -> Change {
    Change::of(verb, Kind::Operator, operator.id)
}

/// A link to choose a password, to be shown once.
#[derive(Debug)]
pub struct Invited {
    pub link: PasswordToken,
    /// Whether it is on its way to the operator by mail, too.
    pub by_mail: bool,
    job: Option<Job>,
}

impl Invited {
    fn wake(&self, deps: &Deps) {
        if let Some(job) = &self.job {
            deps.wake(job);
        }
    }
}

/// Takes an operator on, with a password or, without one, with a link to choose it.
pub async fn add(
    deps: &Deps,
    new: NewOperator,
    password: Option<&Password>,
) -> Result<(Operator, Option<Invited>), OperatorError> {
    let hash = match password {
        Some(password) => Some(deps.passwords.hash(deps, password).await?),
        None => None,
    };
    let writes = alerts::sender(deps).await?.is_some();
    let mut tx = deps.store.begin().await?;
    let operator = insert_in(deps, &mut tx, new, hash.as_deref()).await?;
    let invited = match hash {
        Some(_) => None,
        None => Some(invite_in(deps, &mut tx, &operator, writes).await?),
    };
    note(deps, &mut tx, change("add", &operator).to(image(&operator))).await?;
    tx.commit().await?;
    if let Some(invited) = &invited {
        invited.wake(deps);
    }
    Ok((operator, invited))
}

/// Makes a link, and a notice that brings it, where there is a sender to write it. The database has its
/// hash alone: the mail is written with what the secret key makes of the notice's id.
async fn invite_in(
    deps: &Deps,
    tx: &mut Tx,
    operator: &Operator,
    writes: bool,
) -> Result<Invited, StoreError> {
    let notice = deps.new_id(NoticeId::new);
    let made = deps.keys.password_tokens(notice).next();
    let token = match made.filter(|_| writes) {
        Some(text) => PasswordToken::of_link(&text),
        None => PasswordToken::new(&*deps.random),
    };
    link_in(deps, tx, Some(operator.id), &token).await?;
    let mut job = None;
    if writes {
        notices::insert_password(tx, notice, &operator.email, deps.now()).await?;
        let send = Job::SendNotice { notice };
        deps.push(tx, &send).await?;
        job = Some(send);
    }
    Ok(Invited {
        link: token,
        by_mail: writes,
        job,
    })
}

/// The same inside the caller's transaction, without a link or an entry in the log.
pub(super) async fn insert_in(
    deps: &Deps,
    tx: &mut Tx,
    new: NewOperator,
    hash: Option<&str>,
) -> Result<Operator, OperatorError> {
    let operator = Operator {
        id: deps.new_id(OperatorId::new),
        email: new.email,
        role: new.role,
        may_send: new.may_send,
        has_password: hash.is_some(),
        has_totp: false,
        created_at: deps.now(),
        signed_in_at: None,
        disabled_at: None,
    };
    match operators::insert(tx, &operator).await {
        Err(StoreError::Conflict) => return Err(OperatorError::Exists(operator.email)),
        other => other?,
    }
    if hash.is_some() {
        operators::set_password(tx, operator.id, hash).await?;
    }
    Ok(operator)
}

async fn link_in(
    deps: &Deps,
    tx: &mut Tx,
    operator: Option<OperatorId>,
    token: &PasswordToken,
) -> Result<(), StoreError> {
    let now = deps.now();
    let link = PasswordLink {
        operator,
        created_at: now,
        expires_at: now + LINK_FOR,
        used_at: None,
    };
    if let Some(operator) = operator {
        password_links::close(tx, operator, now).await?;
    }
    password_links::insert(tx, &link, &token.hash()).await
}

/// Makes the link with which the first owner chooses address and password; `None` where there is an
/// operator already.
pub async fn first_link(deps: &Deps) -> Result<Option<PasswordToken>, StoreError> {
    let mut tx = deps.store.begin().await?;
    if !operators::is_empty(&mut tx).await? {
        return Ok(None);
    }
    let token = PasswordToken::new(&*deps.random);
    link_in(deps, &mut tx, None, &token).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// What an owner changes about an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    pub role: Role,
    pub may_send: bool,
}

/// Says what an operator may do; it counts from the next request on.
pub async fn set_rights(
    deps: &Deps,
    id: OperatorId,
    rights: Rights,
) -> Result<Operator, OperatorError> {
    change_rights_if(deps, id, |_| true, |_| rights).await
}

/// The same where the operator is `still` as whoever changes it has read it; the rights may come of
/// those that it had.
pub async fn change_rights_if(
    deps: &Deps,
    id: OperatorId,
    still: impl FnOnce(&Operator) -> bool,
    rights: impl FnOnce(&Operator) -> Rights,
) -> Result<Operator, OperatorError> {
    edit(deps, id, "change rights", |operator| {
        if !still(operator) {
            return Err(OperatorError::Changed);
        }
        let rights = rights(operator);
        (operator.role, operator.may_send) = (rights.role, rights.may_send);
        Ok(())
    })
    .await
}

/// Keeps an operator out at once, or lets them in again.
pub async fn set_disabled(
    deps: &Deps,
    id: OperatorId,
    disabled: bool,
) -> Result<Operator, OperatorError> {
    let now = deps.now();
    let verb = if disabled { "disable" } else { "enable" };
    edit(deps, id, verb, |operator| {
        operator.disabled_at = disabled.then(|| operator.disabled_at.unwrap_or(now));
        Ok(())
    })
    .await
}

async fn edit(
    deps: &Deps,
    id: OperatorId,
    verb: &'static str,
    make: impl FnOnce(&mut Operator) -> Result<(), OperatorError>,
) -> Result<Operator, OperatorError> {
    let mut tx = deps.store.begin().await?;
    let all = operators::list_locked(&mut tx).await?;
    let before = all.iter().find(|operator| operator.id == id);
    let before = before.ok_or_else(|| OperatorError::Unknown(id.to_string()))?;
    let mut operator = before.clone();
    make(&mut operator)?;
    let others = all.iter().filter(|other| other.id != id);
    let is_last = before.is_working_owner() && !others.into_iter().any(Operator::is_working_owner);
    if is_last && !operator.is_working_owner() {
        return Err(OperatorError::LastOwner(operator.email));
    }
    operators::set_rights(
        &mut tx,
        id,
        operator.role,
        operator.may_send,
        operator.disabled_at,
    )
    .await?;
    if operator.disabled_at.is_some() {
        sessions::end_others(&mut tx, id, None).await?;
        password_links::close(&mut tx, id, deps.now()).await?;
    }
    let entry = change(verb, &operator).from(image(before));
    note(deps, &mut tx, entry.to(image(&operator))).await?;
    tx.commit().await?;
    Ok(operator)
}

/// Sets a password, and ends the operator's sessions but for the one that asks.
pub async fn set_password(
    deps: &Deps,
    id: OperatorId,
    password: &Password,
    keep: Option<SessionId>,
) -> Result<Operator, OperatorError> {
    let hash = deps.passwords.hash(deps, password).await?;
    let mut tx = deps.store.begin().await?;
    let operator = set_password_in(deps, &mut tx, id, &hash, keep).await?;
    tx.commit().await?;
    Ok(operator)
}

/// The same inside the caller's transaction.
pub(super) async fn set_password_in(
    deps: &Deps,
    tx: &mut Tx,
    id: OperatorId,
    hash: &str,
    keep: Option<SessionId>,
) -> Result<Operator, OperatorError> {
    let operator = known(operators::find(tx, id).await?, id)?;
    operators::set_password(tx, id, Some(hash)).await?;
    let ended = sessions::end_others(tx, id, keep).await?;
    password_links::close(tx, id, deps.now()).await?;
    let entry = change("set password", &operator).to(json!({ "sessions_ended": ended }));
    note(deps, tx, entry).await?;
    Ok(operator)
}

/// Takes the password away, ends all sessions, and makes a link to choose another; with it the second
/// step, where its device is lost.
pub async fn reset(
    deps: &Deps,
    id: OperatorId,
    second_step_too: bool,
) -> Result<Invited, OperatorError> {
    let writes = alerts::sender(deps).await?.is_some();
    let mut tx = deps.store.begin().await?;
    let operator = known(operators::find(&mut tx, id).await?, id)?;
    operators::set_password(&mut tx, id, None).await?;
    let ended = sessions::end_others(&mut tx, id, None).await?;
    if second_step_too {
        drop_second_step(&mut tx, id).await?;
    }
    let invited = invite_in(deps, &mut tx, &operator, writes).await?;
    let after =
        json!({ "sessions_ended": ended, "second_step": operator.has_totp && !second_step_too });
    let before = json!({ "second_step": operator.has_totp });
    note(
        deps,
        &mut tx,
        change("reset", &operator).from(before).to(after),
    )
    .await?;
    tx.commit().await?;
    invited.wake(deps);
    Ok(invited)
}

/// Takes the second step away, where its device is lost.
pub async fn remove_second_step(deps: &Deps, id: OperatorId) -> Result<(), OperatorError> {
    let mut tx = deps.store.begin().await?;
    let operator = known(operators::find(&mut tx, id).await?, id)?;
    drop_second_step(&mut tx, id).await?;
    let before = json!({ "second_step": operator.has_totp });
    let after = json!({ "second_step": false });
    let entry = change("remove second step", &operator).from(before);
    note(deps, &mut tx, entry.to(after)).await?;
    Ok(tx.commit().await?)
}

async fn drop_second_step(tx: &mut Tx, id: OperatorId) -> Result<(), StoreError> {
    operators::set_totp(tx, id, None, None).await?;
    recovery_codes::replace(tx, id, &[]).await
}

/// Finds an operator by address.
pub async fn by_email(deps: &Deps, email: &EmailAddress) -> Result<Operator, OperatorError> {
    let mut tx = deps.store.read().await?;
    let found = operators::account(&mut tx, email).await?;
    found
        .map(|account| account.operator)
        .ok_or_else(|| OperatorError::Unknown(email.to_string()))
}

fn known(found: Option<Operator>, id: OperatorId) -> Result<Operator, OperatorError> {
    found.ok_or_else(|| OperatorError::Unknown(id.to_string()))
}
