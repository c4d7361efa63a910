//! `GET|POST /never/{token}`: the first shows a button, the second has no mail sent any more to an
//! address that others typed in, or takes that back.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::render::contexts::PublicationView;
use crate::render::pages::{NeverMailPage, NeverMailState};
use crate::services::never_mail::{self, Standing};
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::client::Client;
use crate::web::error::WebError;
use crate::web::form::field;
use crate::web::language::Asked;

/// The button; link scanners that open every link change nothing.
pub(in crate::web) async fn show(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
) -> Response {
    let shown = async {
        let found = never_mail::find(&web.deps, &token).await?;
        let (whose, standing) = found.ok_or(WebError::BadLink)?;
        answer(&web, &asked, &whose, token.clone(), state(standing))
    };
    or_page(&web, &asked, shown.await)
}

/// Stops all mail to the address, or takes that back.
pub(in crate::web) async fn press(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    Client(address): Client,
    body: Bytes,
) -> Response {
    let asked = asked.or_form(&field(&body, "lang").unwrap_or_default());
    let pressed = async {
        let is_undo = field(&body, "action").as_deref() == Some("undo");
        let done = if is_undo {
            never_mail::undo(&web.deps, &token, address).await?
        } else {
            never_mail::stop(&web.deps, &token, address).await?
        };
        let (whose, standing) = done.ok_or(WebError::BadLink)?;
        let state = match standing {
            Standing::Open => NeverMailState::Undone,
            stopped => state(stopped),
        };
        answer(&web, &asked, &whose, token.clone(), state)
    };
    or_page(&web, &asked, pressed.await)
}

fn state(standing: Standing) -> NeverMailState {
    match standing {
        Standing::Open => NeverMailState::Open,
        Standing::Stopped => NeverMailState::Stopped,
        Standing::StoppedByOthers => NeverMailState::StoppedByOthers,
    }
}

fn answer(
    web: &Web,
    asked: &Asked,
    whose: &never_mail::Asked,
    token: String,
    state: NeverMailState,
) -> Result<Response, WebError> {
    let language = asked.of_reader(web, whose.language.as_deref(), &whose.publication);
    let view = PublicationView::new(&whose.publication, &web.deps.limits.public_url);
    let shown = NeverMailPage {
        publication: view.told_in(language),
        token,
        email: whose.email.masked(),
        state,
    };
    page(web, StatusCode::OK, &shown)
}
