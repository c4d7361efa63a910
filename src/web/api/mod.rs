//! The API for programs: `/api/v1/...`, with a token in `Authorization` and problems as of RFC 9457.

mod articles;
mod caller;
mod cursor;
mod once;
mod problem;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::routing::{any, get};
use tower_http::set_header::SetResponseHeaderLayer;

use super::Web;
use problem::Problem;

/// Hundreds of articles with their texts.
const MAX_BODY: usize = 4_000_000;

/// All routes of the API.
pub(super) fn routes() -> Router<Web> {
    let own_header = SetResponseHeaderLayer::if_not_present;
    Router::new()
        .route(
            "/api/v1/articles",
            get(articles::list)
                .post(articles::add)
                .fallback(async || Problem::Method),
        )
        .route(
            "/api/v1/articles/{id}",
            get(articles::show).fallback(async || Problem::Method),
        )
        .route("/api/{*rest}", any(async || Problem::nothing_here()))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        // What one token may see is no business of a cache that others use too.
        .layer(own_header(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ))
        .layer(own_header(
            header::VARY,
            HeaderValue::from_static("authorization"),
        ))
}
