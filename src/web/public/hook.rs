//! `POST /hooks/{provider}/{secret}`: mail providers tell of bounces, complaints and readers who left.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::domain::bounced::MailProvider;
use crate::services::receive_hook::{ReceiveHookError, is_known, receive_hook};
use crate::web::Web;

/// Providers gather events, each of some kilobytes.
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// What does not begin with 2 is sent again by all providers.
pub(in crate::web) async fn receive(
    State(web): State<Web>,
    Path((provider, secret)): Path<(String, String)>,
    body: Body,
) -> Response {
    let provider = provider.parse::<MailProvider>().ok();
    let Some(provider) = provider.filter(|_| is_known(&web.deps, &secret)) else {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    let Ok(body) = to_bytes(body, MOST_BYTES).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "too large\n").into_response();
    };
    match receive_hook(&web.deps, provider, &body).await {
        Ok((reports, matched)) => {
            Json(json!({ "reports": reports, "matched": matched })).into_response()
        }
        Err(ReceiveHookError::Read(error)) => {
            tracing::warn!(%provider, %error, "a provider's call was not understood");
            (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response()
        }
        Err(error) => {
            tracing::error!(%provider, %error, "a provider's call was not taken");
            (StatusCode::SERVICE_UNAVAILABLE, "try again\n").into_response()
        }
    }
}
