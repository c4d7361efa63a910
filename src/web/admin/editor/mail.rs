//! The mail itself, for the frame of a page: as HTML, as text, or as its source. It stands in a sandbox
//! without scripts, forms and our cookies.

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::Named;
use super::views::{Asked, Scheme};
use crate::services::preview_digest::{self, Preview, PreviewError};
use crate::web::admin::error::AdminError;
use crate::web::admin::signed_in::{Reads, SignedIn};

/// Pictures come from where the articles are; nothing else is loaded, and nothing runs.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; \
     img-src https: http: data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

impl From<PreviewError> for AdminError {
    fn from(error: PreviewError) -> Self {
        match error {
            PreviewError::Store(error) => error.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// `GET /admin/p/{publication}/digests/{digest}/mail`
pub(in crate::web::admin) async fn show(
    me: SignedIn<Reads>,
    Path((publication, slug)): Named,
    RawQuery(query): RawQuery,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let asked = Asked::read(query.as_deref());
    let eyes = asked.eyes().map_err(AdminError::Refused)?;
    let made = preview_digest::digest(&me.deps, publication, digest, None, eyes).await?;
    let (kind, body) = match asked.form() {
        "text" => (TEXT, made.text().into_bytes()),
        "source" => (TEXT, made.message(&me.deps).map_err(PreviewError::from)?),
        _ => (HTML, in_scheme(&made, asked.scheme()).into_bytes()),
    };
    let mut response = ([(header::CONTENT_TYPE, kind)], body).into_response();
    let headers = response.headers_mut();
    let policy = HeaderValue::from_static(POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let own = HeaderValue::from_static("SAMEORIGIN");
    headers.insert(header::X_FRAME_OPTIONS, own);
    let quiet = HeaderValue::from_static("no-referrer");
    headers.insert(header::REFERRER_POLICY, quiet);
    let kind = HeaderName::from_static("x-content-type-options");
    headers.insert(kind, HeaderValue::from_static("nosniff"));
    Ok(response)
}

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// The HTML as mail programs show it in the light or in the dark, whatever this browser prefers.
fn in_scheme(made: &Preview, scheme: Scheme) -> String {
    let (is_dark, other) = match scheme {
        Scheme::Dark => ("(min-width:0)", "not all"),
        Scheme::Light => ("not all", "(min-width:0)"),
    };
    let mut html = made.html();
    for (name, instead) in [("dark", is_dark), ("light", other)] {
        for blank in ["", " "] {
            let asked = format!("(prefers-color-scheme:{blank}{name})");
            html = html.replace(&asked, instead);
        }
    }
    html
}
