//! Sets up the second step of one's own account, and takes it away. All of it asks for the password
//! again.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::account::{self, Me, is_me};
use super::error::{AdminError, sentence};
use super::frame::done;
use super::posted::Posted;
use super::signed_in::Reads;
use crate::domain::totp::{RecoveryCode, TotpSecret};
use crate::render::admin::nav::Section;
use crate::render::admin::people::{RecoveryCodesPage, SecondStepPage};
use crate::render::admin::qr;
use crate::services::manage_operator;
use crate::services::second_step::{self, SecondStepError};
use crate::web::Web;

const PATH: &str = "/admin/account";

impl From<SecondStepError> for AdminError {
    fn from(error: SecondStepError) -> Self {
        match error {
            SecondStepError::Store(error) => error.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// The account again: the password was wrong.
async fn not_me(web: &Web, me: &Me) -> Result<Response, AdminError> {
    let mut page = account::page(me).await?;
    page.totp_error = Some("The password that you have is another one.".to_owned());
    me.refused(web, &page)
}

/// `POST /admin/account/second-step`
pub(super) async fn begin(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Reads>,
) -> Result<Response, AdminError> {
    if !is_me(&me, &fields).await? {
        return not_me(&web, &me).await;
    }
    second_step::begin(&me.deps, me.operator.id).await?;
    Ok(Redirect::to("/admin/account/second-step").into_response())
}

/// `GET /admin/account/second-step`
pub(super) async fn show(State(web): State<Web>, me: Me) -> Result<Response, AdminError> {
    match page(&me, None).await? {
        Some(page) => me.page(&web, &page),
        None => Ok(Redirect::to(PATH).into_response()),
    }
}

async fn page(me: &Me, error: Option<String>) -> Result<Option<SecondStepPage>, AdminError> {
    let Some(secret) = second_step::begun(&me.deps, &me.operator).await? else {
        return Ok(None);
    };
    let framing = me.frame(Section::Account, "Set up the second step").await?;
    Ok(Some(SecondStepPage {
        picture: picture(me, &secret)?,
        secret: groups(&secret.base32()),
        frame: framing.frame,
        error,
    }))
}

/// In fours, which are easier to type.
fn groups(text: &str) -> String {
    let groups = text.as_bytes().chunks(4);
    let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
    groups.join(" ")
}

fn picture(me: &Me, secret: &TotpSecret) -> Result<String, AdminError> {
    let host = url::Url::parse(&me.deps.limits.public_url).ok();
    let host = host.and_then(|url| url.host_str().map(str::to_owned));
    let issuer = format!("Paperround {}", host.unwrap_or_default());
    let uri = secret.uri(issuer.trim(), me.operator.email.as_str());
    qr::svg(&uri).ok_or(AdminError::Failed)
}

/// `POST /admin/account/second-step/confirm`
pub(super) async fn confirm(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Reads>,
) -> Result<Response, AdminError> {
    match second_step::confirm(&me.deps, me.operator.id, fields.text("code")).await {
        Ok(codes) => show_codes(&web, &me, &codes).await,
        Err(error @ SecondStepError::WrongCode) => {
            let error = sentence(&error.to_string());
            match page(&me, Some(error)).await? {
                Some(page) => me.refused(&web, &page),
                None => Ok(Redirect::to(PATH).into_response()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

async fn show_codes(web: &Web, me: &Me, codes: &[RecoveryCode]) -> Result<Response, AdminError> {
    let framing = me.frame(Section::Account, "Your recovery codes").await?;
    let page = RecoveryCodesPage {
        frame: framing.frame,
        codes: codes.iter().map(RecoveryCode::reveal).collect(),
    };
    me.page(web, &page)
}

/// `POST /admin/account/recovery-codes`
pub(super) async fn renew_codes(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Reads>,
) -> Result<Response, AdminError> {
    if !is_me(&me, &fields).await? {
        return not_me(&web, &me).await;
    }
    let codes = second_step::renew_codes(&me.deps, me.operator.id).await?;
    show_codes(&web, &me, &codes).await
}

/// `POST /admin/account/second-step/off`
pub(super) async fn off(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Reads>,
) -> Result<Response, AdminError> {
    if !is_me(&me, &fields).await? {
        return not_me(&web, &me).await;
    }
    manage_operator::remove_second_step(&me.deps, me.operator.id).await?;
    Ok(done(&web, PATH, "The second step is off."))
}
