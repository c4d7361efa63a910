//! How to answer: a page for people, JSON for programs.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::Web;
use super::error::WebError;
use super::headers;
use super::language::Asked;
use crate::render::pages::Page;

/// What the client wants to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    Page,
    Json,
}

impl Wants {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accept = headers
            .get(header::ACCEPT)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        let json = accept.contains("application/json") && !accept.contains("text/html");
        if json { Self::Json } else { Self::Page }
    }

    /// What the sender of a form wants: who sends JSON is a program.
    pub(super) fn of_form(headers: &HeaderMap) -> Self {
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|v| v.to_str().ok()).unwrap_or_default();
        if kind.contains("application/json") {
            Self::Json
        } else {
            Self::of(headers)
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Wants {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// A page with a status.
pub(super) fn page<P: Page>(web: &Web, status: StatusCode, page: &P) -> Result<Response, WebError> {
    let html = web.deps.renderer.page(page)?;
    let mut response = (status, Html(html)).into_response();
    headers::allow_brand(&mut response, page.brand());
    Ok(response)
}

/// Turns a handler's error into a page.
pub(super) fn or_page(web: &Web, asked: &Asked, result: Result<Response, WebError>) -> Response {
    result.unwrap_or_else(|error| error.answer(web, Wants::Page, asked.alone(web)))
}
