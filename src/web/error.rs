//! The only place where errors become HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use super::Web;
use super::answer::Wants;
use super::language::Asked;
use crate::domain::look::Direction;
use crate::render::RenderError;
use crate::render::pages::{MessageLink, MessagePage};
use crate::services::mail_link::AskError;
use crate::services::sign_up::SignUpError;
use crate::store::StoreError;

/// The media type of RFC 9457.
pub(super) const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
/// When to come again to a database that is busy.
pub(super) const BUSY_SECONDS: u64 = 5;

/// What can go wrong with a request.
#[derive(Debug)]
pub(super) enum WebError {
    NotFound,
    BadLink,
    /// One that was asked for by mail, and is used, expired or none of ours.
    OldLink,
    TooMany(Duration),
    TooManyLinks(Duration),
    Spent(Duration),
    TooLarge,
    BadBody(String),
    Store(Arc<StoreError>),
    Render(RenderError),
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
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
            SignUpError::Spent { retry_after } => Self::Spent(retry_after),
            SignUpError::Unproven => Self::BadBody("The proof was used before.".to_owned()),
            SignUpError::Store(error) => Self::Store(error),
        }
    }
}

impl From<AskError> for WebError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::TooMany { retry_after } => Self::TooManyLinks(retry_after),
            AskError::Store(error) => error.into(),
        }
    }
}

impl WebError {
    /// The status, and the keys of title and text.
    fn words(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "error-not-found-title",
                "error-not-found",
            ),
            Self::BadLink => (
                StatusCode::NOT_FOUND,
                "error-bad-link-title",
                "error-bad-link",
            ),
            Self::OldLink => (
                StatusCode::NOT_FOUND,
                "error-old-link-title",
                "error-old-link",
            ),
            Self::TooManyLinks(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "error-too-many-title",
                "error-too-many-links",
            ),
            Self::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "error-too-many-title",
                "error-too-many",
            ),
            Self::Spent(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "error-too-many-title",
                "error-spent",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "error-too-large-title",
                "error-too-large",
            ),
            Self::BadBody(_) => (
                StatusCode::BAD_REQUEST,
                "error-bad-form-title",
                "error-bad-form",
            ),
            Self::Store(error) if is_passing(error) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "error-busy-title",
                "error-busy",
            ),
            Self::Store(_) | Self::Render(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "error-ours-title",
                "error-ours",
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

    /// The answer in a language, as a page or as JSON.
    pub(super) fn answer(&self, web: &Web, wants: Wants, language: &str) -> Response {
        self.log();
        let (status, title, text) = self.words();
        let texts = web.deps.renderer.texts();
        let title = texts.say(language, title, &[]);
        let text = match self {
            // Programs are told exactly; people would not know what to do with it.
            Self::BadBody(reason) if wants == Wants::Json => reason.clone(),
            _ => texts.say(language, text, &[]),
        };
        let mut response = match wants {
            Wants::Json => {
                let body =
                    Json(json!({ "title": title, "status": status.as_u16(), "detail": text }));
                let mut response = (status, body).into_response();
                response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM);
                response
            }
            Wants::Page => {
                let is_link = matches!(self, Self::BadLink | Self::OldLink);
                let page = MessagePage {
                    link: is_link.then(|| MessageLink {
                        url: "/reader/link".to_owned(),
                        text: texts.say(language, "error-new-link", &[]),
                    }),
                    language: language.to_owned(),
                    direction: Direction::of(language),
                    title,
                    text: text.clone(),
                };
                let html = web.deps.renderer.page(&page).unwrap_or(text);
                (status, Html(html)).into_response()
            }
        };
        let wait = match self {
            Self::TooMany(wait) | Self::Spent(wait) | Self::TooManyLinks(wait) => {
                Some(wait.as_secs().max(1))
            }
            Self::Store(_) if status == StatusCode::SERVICE_UNAVAILABLE => Some(BUSY_SECONDS),
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

/// Whether the same request may succeed in a moment.
pub(super) fn is_passing(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Busy | StoreError::Full | StoreError::Unreachable(_)
    )
}

/// Any other address.
pub(super) async fn not_found(State(web): State<Web>, wants: Wants, asked: Asked) -> Response {
    WebError::NotFound.answer(&web, wants, asked.alone(&web))
}
