//! Forms: from a page of ours, and of the session that sends them.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;

use super::error::AdminError;
use super::fields::Fields;
use super::signed_in::{Right, SignedIn};
use super::{cookies, origin};
use crate::domain::session::{SessionToken, Stage};
use crate::services::sign_in;
use crate::web::Web;

/// A form of somebody who is signed in and has a right.
pub(super) struct Posted<R: Right> {
    pub(super) me: SignedIn<R>,
    pub(super) fields: Fields,
}

impl<R: Right> FromRequest<Web> for Posted<R> {
    type Rejection = AdminError;

    async fn from_request(request: Request, web: &Web) -> Result<Self, AdminError> {
        origin::check(web, request.headers())?;
        let me = SignedIn::of(request.headers(), web).await?;
        let fields = read(request, web).await?;
        if !me.token.has_made(fields.text("form_token")) {
            return Err(AdminError::Forged);
        }
        Ok(Self { me, fields })
    }
}

/// A form of somebody who is not signed in yet: it has no session to belong to.
pub(super) struct AtTheDoor(pub(super) Fields);

impl FromRequest<Web> for AtTheDoor {
    type Rejection = AdminError;

    async fn from_request(request: Request, web: &Web) -> Result<Self, AdminError> {
        origin::check(web, request.headers())?;
        read(request, web).await.map(Self)
    }
}

async fn read(request: Request, web: &Web) -> Result<Fields, AdminError> {
    let body = Bytes::from_request(request, web).await;
    body.map(|body| Fields::read(&body))
        .map_err(|_| AdminError::TooLarge)
}

/// The session that waits for its second step.
pub(super) async fn waiting(web: &Web, headers: &HeaderMap) -> Result<SessionToken, AdminError> {
    let ended = || AdminError::SignIn { next: None };
    let token = cookies::session(web, headers).ok_or_else(ended)?;
    let found = sign_in::session(&web.deps, &token, Stage::CodeDue).await?;
    found.map(|_| token).ok_or_else(ended)
}
