//! Whether a form comes from a page of ours.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use url::Url;

use super::error::AdminError;
use crate::web::Web;

/// Refuses a form that another site has sent. Browsers say so in `Sec-Fetch-Site`, and those that do
/// not in `Origin`; what says neither is no browser, and has the API.
pub(super) fn check(web: &Web, headers: &HeaderMap) -> Result<(), AdminError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    if let Some(site) = text("sec-fetch-site")
        && site != "same-origin"
    {
        return Err(AdminError::Foreign);
    }
    let is_ours = match text(ORIGIN.as_str()) {
        Some(origin) => is_own(web, origin, text(HOST.as_str())),
        None => headers.contains_key("sec-fetch-site"),
    };
    if is_ours {
        Ok(())
    } else {
        Err(AdminError::Foreign)
    }
}

/// The public address, or the one that the request itself went to: a service on this machine may be
/// reached as localhost too.
fn is_own(web: &Web, origin: &str, host: Option<&str>) -> bool {
    let public = Url::parse(&web.deps.limits.public_url).ok();
    if public.is_some_and(|url| url.origin().ascii_serialization() == origin) {
        return true;
    }
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some() && authority == host
}
