//! Owners manage operators.

use axum::extract::{Path, State};
use axum::response::Response;
use chrono_tz::Tz;

use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::frame::done;
use super::posted::Posted;
use super::signed_in::{Manages, SignedIn};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::OperatorId;
use crate::domain::operator::{Operator, OperatorState, Role};
use crate::render::admin::frame::{Choice, State as Shown, Tone};
use crate::render::admin::nav::Section;
use crate::render::admin::people::{LinkMadePage, OperatorPage, OperatorRow, OperatorsPage};
use crate::render::admin::when::When;
use crate::services::manage_operator::{self, Invited, NewOperator, OperatorError, Rights};
use crate::store::{operators, sessions};
use crate::web::Web;

type Me = SignedIn<Manages>;

fn row(operator: &Operator, me: &Me, zone: Tz) -> OperatorRow {
    let tone = match operator.state() {
        OperatorState::Active => Tone::Good,
        OperatorState::Invited => Tone::Busy,
        OperatorState::Disabled => Tone::Calm,
    };
    OperatorRow {
        id: operator.id.to_string(),
        email: operator.email.to_string(),
        role: operator.role.to_string(),
        may_send: operator.may_send,
        state: Shown::new(operator.state(), tone),
        has_totp: operator.has_totp,
        signed_in: When::maybe(operator.signed_in_at, zone),
        is_self: operator.id == me.operator.id,
    }
}

fn roles(chosen: Role) -> Vec<Choice> {
    Choice::of_words(Role::WORDS, chosen.as_str())
}

/// `GET /admin/operators`
pub(super) async fn list(State(web): State<Web>, me: Me) -> Result<Response, AdminError> {
    let page = list_page(&me, Role::Editor).await?;
    me.page(&web, &page)
}

async fn list_page(me: &Me, role: Role) -> Result<OperatorsPage, AdminError> {
    let framing = me.frame(Section::Operators, "Operators").await?;
    let mut tx = me.deps.store.read().await?;
    let all = operators::list(&mut tx).await?;
    Ok(OperatorsPage {
        operators: all.iter().map(|o| row(o, me, framing.zone)).collect(),
        frame: framing.frame,
        email: String::new(),
        roles: roles(role),
        may_send: true,
        error: None,
    })
}

/// The rights that a form gives.
fn rights(fields: &Fields) -> Result<Rights, AdminError> {
    let role = fields.read_as("role").map_err(AdminError::Refused)?;
    let may_send = fields.ticked("may_send");
    Ok(Rights { role, may_send })
}

/// `POST /admin/operators`
pub(super) async fn add(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let Rights { role, may_send } = rights(&fields)?;
    let made = match fields.read_as::<EmailAddress>("email") {
        Ok(email) => {
            let new = NewOperator {
                email,
                role,
                may_send,
            };
            match manage_operator::add(&me.deps, new, None).await {
                Err(error @ OperatorError::Exists(_)) => Err(error.to_string()),
                other => Ok(other?),
            }
        }
        Err(why) => Err(why),
    };
    match made {
        Ok((operator, Some(invited))) => link_made(&web, &me, &operator, &invited).await,
        Ok((_, None)) => Err(AdminError::Failed),
        Err(why) => {
            let mut page = list_page(&me, role).await?;
            fields.text("email").clone_into(&mut page.email);
            page.may_send = may_send;
            page.error = Some(sentence(&why));
            me.refused(&web, &page)
        }
    }
}

async fn link_made(
    web: &Web,
    me: &Me,
    operator: &Operator,
    invited: &Invited,
) -> Result<Response, AdminError> {
    let framing = me
        .frame(Section::Operators, "A link to choose a password")
        .await?;
    let page = LinkMadePage {
        frame: framing.frame,
        email: operator.email.to_string(),
        url: format!("{}{}", me.deps.limits.public_url, invited.link.path()),
        by_mail: invited.by_mail,
    };
    me.page(web, &page)
}

async fn find(me: &Me, id: &str) -> Result<Operator, AdminError> {
    let id: OperatorId = id.parse().map_err(|_| AdminError::NotFound)?;
    let mut tx = me.deps.store.read().await?;
    let found = operators::find(&mut tx, id).await?;
    found.ok_or(AdminError::NotFound)
}

/// `GET /admin/operators/{id}`
pub(super) async fn show(
    State(web): State<Web>,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let operator = find(&me, &id).await?;
    let page = operator_page(&me, &operator, None).await?;
    me.page(&web, &page)
}

async fn operator_page(
    me: &Me,
    operator: &Operator,
    error: Option<String>,
) -> Result<OperatorPage, AdminError> {
    let framing = me
        .frame(Section::Operators, operator.email.as_str())
        .await?;
    let mut tx = me.deps.store.read().await?;
    let sessions = sessions::of_operator(&mut tx, operator.id).await?;
    let now = me.deps.now();
    Ok(OperatorPage {
        operator: row(operator, me, framing.zone),
        roles: roles(operator.role),
        created: When::at(operator.created_at, framing.zone),
        is_disabled: operator.disabled_at.is_some(),
        sessions: sessions.iter().filter(|s| s.is_alive(now)).count(),
        frame: framing.frame,
        error: error.map(|why| sentence(&why)),
    })
}

fn path(operator: &Operator) -> String {
    format!("/admin/operators/{}", operator.id)
}

/// The page of an operator where a change was refused.
async fn or_page(
    web: &Web,
    me: &Me,
    operator: &Operator,
    result: Result<String, OperatorError>,
) -> Result<Response, AdminError> {
    match result {
        Ok(text) => Ok(done(web, &path(operator), text)),
        Err(error @ OperatorError::LastOwner(_)) => {
            let page = operator_page(me, operator, Some(error.to_string())).await?;
            me.refused(web, &page)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /admin/operators/{id}/rights`
pub(super) async fn set_rights(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, fields }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let operator = find(&me, &id).await?;
    let changed = manage_operator::set_rights(&me.deps, operator.id, rights(&fields)?).await;
    let said = changed.map(|o| format!("{} is {} now.", o.email, rights_in_words(&o)));
    or_page(&web, &me, &operator, said).await
}

fn rights_in_words(operator: &Operator) -> String {
    let sends = if operator.may_send {
        "may send"
    } else {
        "may not send"
    };
    format!("{} and {sends}", operator.role)
}

/// `POST /admin/operators/{id}/disable`
pub(super) async fn disable(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let operator = find(&me, &id).await?;
    let changed = manage_operator::set_disabled(&me.deps, operator.id, true).await;
    let said = changed.map(|o| format!("{} cannot sign in any more.", o.email));
    or_page(&web, &me, &operator, said).await
}

/// `POST /admin/operators/{id}/enable`
pub(super) async fn enable(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let operator = find(&me, &id).await?;
    let changed = manage_operator::set_disabled(&me.deps, operator.id, false).await;
    let said = changed.map(|o| format!("{} can sign in again.", o.email));
    or_page(&web, &me, &operator, said).await
}

/// `POST /admin/operators/{id}/reset`
pub(super) async fn reset(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, fields }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let operator = find(&me, &id).await?;
    let second_step = fields.ticked("second_step");
    let invited = manage_operator::reset(&me.deps, operator.id, second_step).await?;
    link_made(&web, &me, &operator, &invited).await
}
