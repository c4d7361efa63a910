//! Signing in with a service elsewhere: there and back.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::error::{AdminError, sentence};
use super::sign_in::{Wanted, go_in, next_page, visitor};
use super::{cookies, frame};
use crate::services::sign_in::provider::{self, ByProviderError, Landing};
use crate::web::Web;
use crate::web::client::Client;

/// `GET /admin/sign-in/provider`
pub(super) async fn depart(
    State(web): State<Web>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AdminError> {
    match provider::depart(&web.deps).await {
        Ok((url, flight)) => {
            let mut response = Redirect::to(url.as_str()).into_response();
            cookies::set_flight(&web, &mut response, &flight, next_page(&wanted.next));
            Ok(response)
        }
        Err(error) => refused(&web, error),
    }
}

/// What stands in the address on the way back.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// `GET /admin/sign-in/provider/back`. It opens a session though it is a GET: that is how browsers come
/// back, and without the cookie of the way there nothing happens.
pub(super) async fn land(
    State(web): State<Web>,
    client: Client,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, AdminError> {
    let kept = cookies::flight(&web, &headers);
    let (flight, next) = kept.unzip();
    let landing = Landing {
        state: back.state,
        code: back.code,
        error: back.error,
        issuer: back.iss,
    };
    let from = visitor(&client, &headers);
    let landed = provider::land(&web.deps, flight, &landing, &from).await;
    let mut response = match landed {
        Ok(entered) => go_in(
            &web,
            &entered,
            next_page(next.as_deref().unwrap_or_default()),
        ),
        Err(error) => refused(&web, error)?,
    };
    cookies::clear_flight(&web, &mut response);
    Ok(response)
}

fn refused(web: &Web, error: ByProviderError) -> Result<Response, AdminError> {
    match error {
        ByProviderError::None => Err(AdminError::NotFound),
        ByProviderError::Store(error) => Err(error.into()),
        error => Ok(frame::undone(
            web,
            "/admin/sign-in",
            sentence(&error.to_string()),
        )),
    }
}
