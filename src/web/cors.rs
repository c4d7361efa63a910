//! Which pages of other sites may send the form by script and read the answer. There are no cookies,
//! so that such a page learns nothing about its reader that the reader does not type into it.

use std::time::Duration;

use axum::http::{HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// A browser asks once a day whether it may.
const AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The answers for forms on these sites; on any site where none is named.
pub(super) fn of_forms(origins: &[String]) -> CorsLayer {
    let allowed = if origins.is_empty() {
        AllowOrigin::any()
    } else {
        let named = origins.iter().filter_map(|o| HeaderValue::from_str(o).ok());
        AllowOrigin::list(named)
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::ACCEPT, header::CONTENT_TYPE])
        .expose_headers([header::RETRY_AFTER])
        .max_age(AGE)
}
