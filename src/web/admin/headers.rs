//! Headers of the operators' pages.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::web::Web;

/// Styles and scripts are files of ours; nothing stands inline. Frames are for previews of mails, which
/// have a policy of their own.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Adds the headers that a handler has not set itself.
pub(super) async fn add(State(_): State<Web>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let mut set = |name: HeaderName, value: &'static str| {
        if !response.headers().contains_key(&name) {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::CACHE_CONTROL, "no-store");
    set(header::VARY, "cookie");
    set(header::X_FRAME_OPTIONS, "DENY");
    // Not `no-referrer`, with which browsers would hide the origin of our own forms from us.
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("x-robots-tag"), "noindex, nofollow");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    );
    response
}
