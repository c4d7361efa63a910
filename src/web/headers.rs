//! Headers that every answer carries.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

use super::Web;
use crate::render::contexts::Brand;
use crate::render::pages::{brand_hash, script_hashes, style_hash};

/// Adds the security headers that a handler has not set itself.
pub(super) async fn add(State(web): State<Web>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let private = [
        "/confirm/",
        "/unsubscribe/",
        "/preferences/",
        "/never/",
        "/websub/",
        "/hooks/",
        "/reader/",
    ]
    .iter()
    .any(|p| path.starts_with(p));
    let is_framed = path.starts_with("/embed/");
    let mut response = next.run(request).await;
    let mut set = |name: HeaderName, value: &str| {
        if let (false, Ok(value)) = (
            response.headers().contains_key(&name),
            HeaderValue::from_str(value),
        ) {
            response.headers_mut().insert(name, value);
        }
    };
    let policy = if is_framed {
        frame_policy(&web, &style_hash())
    } else {
        pages_policy(&style_hash(), "'none'")
    };
    set(header::CONTENT_SECURITY_POLICY, &policy);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::VARY, "accept-language");
    // Addresses of pages hold tokens; no other site may learn them.
    set(header::REFERRER_POLICY, "no-referrer");
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    if private {
        set(header::CACHE_CONTROL, "no-store");
        set(HeaderName::from_static("x-robots-tag"), "noindex, nofollow");
    } else {
        set(header::CACHE_CONTROL, "no-cache");
    }
    if web.deps.limits.public_url.starts_with("https://") {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

/// Lets a page of a publication show its accent and its logo, and nothing else.
pub(super) fn allow_brand(response: &mut Response, brand: Option<&Brand>) {
    let Some(brand) = brand else { return };
    let styles = format!("{}{}", style_hash(), brand_hash(brand));
    let logo = brand.logo.as_ref().and_then(|logo| picture(&logo.url));
    let policy = pages_policy(&styles, "'none'");
    let policy = match logo {
        Some(source) => format!("{policy}; img-src {source}"),
        None => policy,
    };
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, value);
    }
}

/// A picture's address as a source expression, which has no query and none of the marks between
/// sources.
fn picture(url: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    let source = url.as_str().replace(';', "%3B").replace(',', "%2C");
    Some(source)
}

/// The policy of a page in a frame of somebody else's page, with its style.
pub(super) fn frame_policy(web: &Web, styles: &str) -> String {
    if web.embed_origins.is_empty() {
        pages_policy(styles, "*")
    } else {
        pages_policy(styles, &web.embed_origins.join(" "))
    }
}

/// Our style, our scripts and forms to ourselves; nothing else.
fn pages_policy(styles: &str, ancestors: &str) -> String {
    format!(
        "default-src 'none'; style-src {styles}; script-src {}; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}",
        script_hashes()
    )
}

/// The policy of an issue's page: a mail styles its elements and shows pictures.
pub(super) const MAIL_POLICY: &str = "default-src 'none'; img-src https: http: data:; \
     style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
