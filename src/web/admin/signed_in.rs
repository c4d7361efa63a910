//! Who is signed in, and whether they may do what a handler does.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use super::cookies;
use super::error::AdminError;
use crate::domain::audit::Actor;
use crate::domain::operator::{Operator, Role};
use crate::domain::session::{Session, SessionToken, Stage};
use crate::domain::slug::Slug;
use crate::render::admin::frame::Flash;
use crate::services::{Deps, sign_in};
use crate::web::Web;

/// What a handler needs somebody to be allowed.
pub(super) trait Right: Send + Sync + 'static {
    /// What is missing, in words; `None` where they may.
    fn missing(operator: &Operator) -> Option<&'static str>;
}

/// To see.
pub(super) struct Reads;
/// To add and change.
pub(super) struct Changes;
/// To manage operators, tokens and settings.
pub(super) struct Manages;
/// To approve, send, pause and end issues.
pub(super) struct Sends;

impl Right for Reads {
    fn missing(_: &Operator) -> Option<&'static str> {
        None
    }
}

impl Right for Changes {
    fn missing(operator: &Operator) -> Option<&'static str> {
        let may = operator.role.covers(Role::Editor);
        (!may).then_some("the role of an editor")
    }
}

impl Right for Manages {
    fn missing(operator: &Operator) -> Option<&'static str> {
        let may = operator.role.covers(Role::Owner);
        (!may).then_some("the role of an owner")
    }
}

impl Right for Sends {
    fn missing(operator: &Operator) -> Option<&'static str> {
        (!operator.may_send).then_some("the right to send")
    }
}

/// An operator whose session is open, and who has a right.
pub(super) struct SignedIn<R: Right = Reads> {
    pub(super) operator: Operator,
    pub(super) session: Session,
    /// By the operator's hand, for the audit log.
    pub(super) deps: Deps,
    pub(super) token: SessionToken,
    /// What was just done, to be said once.
    pub(super) flash: Option<Flash>,
    /// The publication that was at hand last.
    pub(super) last_publication: Option<Slug>,
    right: PhantomData<R>,
}

impl<R: Right> SignedIn<R> {
    /// Whether the operator has another right too, for what a page offers.
    pub(super) fn may<O: Right>(&self) -> bool {
        O::missing(&self.operator).is_none()
    }

    pub(super) async fn of(headers: &HeaderMap, web: &Web) -> Result<Self, AdminError> {
        let ended = || AdminError::SignIn { next: None };
        let token = cookies::session(web, headers).ok_or_else(ended)?;
        let found = sign_in::session(&web.deps, &token, Stage::Open).await?;
        let (session, operator) = found.ok_or_else(ended)?;
        if let Some(missing) = R::missing(&operator) {
            return Err(AdminError::Right(missing));
        }
        Ok(Self {
            deps: web.deps.by(Actor::from(&operator)),
            operator,
            session,
            token,
            flash: cookies::flash(web, headers),
            last_publication: cookies::publication(web, headers),
            right: PhantomData,
        })
    }
}

impl<R: Right> FromRequestParts<Web> for SignedIn<R> {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, AdminError> {
        Self::of(&parts.headers, web)
            .await
            .map_err(|error| match error {
                AdminError::SignIn { .. } if parts.method == Method::GET => AdminError::SignIn {
                    next: parts.uri.path_and_query().map(ToString::to_string),
                },
                other => other,
            })
    }
}
