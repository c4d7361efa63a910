//! The only place where errors become HTTP.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use super::Web;
use super::answer::Wants;
use crate::render::RenderError;
use crate::render::pages::MessagePage;
use crate::services::sign_up::SignUpError;
use crate::store::StoreError;

/// What can go wrong with a request.
#[derive(Debug)]
pub(super) enum WebError {
    NotFound,
    BadLink,
    TooMany(Duration),
    TooLarge,
    BadBody(String),
    Store(StoreError),
    Render(RenderError),
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<RenderError> for WebError {
    fn from(error: RenderError) -> Self {
        Self::Render(error)
    }
}

impl From<SignUpError> for WebError {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::TooMany { retry_after } => Self::TooMany(retry_after),
            SignUpError::Store(error) => Self::Store(error),
        }
    }
}

impl WebError {
    fn words(&self) -> (StatusCode, &'static str, String) {
        match self {
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "Nothing here", "There is no page at this address.".to_owned())
            }
            Self::BadLink => (
                StatusCode::NOT_FOUND,
                "This link does not work",
                "It is damaged or incomplete. Please open it from the mail itself, or copy it as a whole.".to_owned(),
            ),
            Self::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too many requests",
                "There were many sign-ups from your network. Please try again later.".to_owned(),
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too much at once",
                "The form was larger than it can be. Nothing was changed.".to_owned(),
            ),
            Self::BadBody(reason) => (StatusCode::BAD_REQUEST, "The form could not be read", reason.clone()),
            Self::Store(StoreError::Busy | StoreError::Full | StoreError::Unreachable(_)) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Please try again in a moment",
                "We could not save this just now. Nothing was changed.".to_owned(),
            ),
            Self::Store(_) | Self::Render(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong",
                "It is our fault, not yours, and it has been noted. Please try again later.".to_owned(),
            ),
        }
    }

    fn log(&self) {
        match self {
            Self::Store(error) => tracing::error!(%error, "a request failed"),
            Self::Render(error) => tracing::error!(%error, "a page could not be rendered"),
            _ => {}
        }
    }

    /// The answer, as a page or as JSON.
    pub(super) fn answer(&self, web: &Web, wants: Wants) -> Response {
        self.log();
        let (status, title, text) = self.words();
        let mut response = match wants {
            Wants::Json => {
                let body =
                    Json(json!({ "title": title, "status": status.as_u16(), "detail": text }));
                let mut response = (status, body).into_response();
                let problem = HeaderValue::from_static("application/problem+json");
                response.headers_mut().insert(header::CONTENT_TYPE, problem);
                response
            }
            Wants::Page => {
                let page = MessagePage {
                    title: title.to_owned(),
                    text: text.clone(),
                    back_url: None,
                };
                let html = web.deps.renderer.page(&page).unwrap_or(text);
                (status, Html(html)).into_response()
            }
        };
        let wait = match self {
            Self::TooMany(wait) => Some(wait.as_secs().max(1)),
            Self::Store(_) if status == StatusCode::SERVICE_UNAVAILABLE => Some(5),
            _ => None,
        };
        if let Some(value) =
            wait.and_then(|seconds| HeaderValue::from_str(&seconds.to_string()).ok())
        {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

/// Any other address.
pub(super) async fn not_found(State(web): State<Web>, wants: Wants) -> Response {
    WebError::NotFound.answer(&web, wants)
}
