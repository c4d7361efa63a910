//! The cookies of operators' browsers. Over TLS their names begin with `__Host-`, so that no other site
//! of the same domain can set them.
//!
//! `SameSite=Lax` rather than `Strict`: a link in an alert's mail has to lead to its page and not to
//! the sign-in page. What `Strict` would add is guarded by other means: GET changes nothing, and a
//! form needs the token of its session and has to come from a page of ours.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::flight::Flight;
use crate::domain::session::SessionToken;
use crate::domain::slug::Slug;
use crate::render::admin::frame::Flash;
use crate::web::Web;

const SESSION: &str = "paperround";
const FLASH: &str = "paperround-said";
const FLIGHT: &str = "paperround-flight";
const PUBLICATION: &str = "paperround-publication";

/// Longer than a redirect takes.
const FLASH_SECONDS: u32 = 60;
/// As long as one may take at a service elsewhere.
const FLIGHT_SECONDS: u32 = 600;
const PUBLICATION_SECONDS: u32 = 365 * 24 * 60 * 60;

fn is_secure(web: &Web) -> bool {
    web.deps.limits.public_url.starts_with("https://")
}

fn name(web: &Web, base: &str) -> String {
    let prefix = if is_secure(web) { "__Host-" } else { "" };
    format!("{prefix}{base}")
}

fn find<'h>(web: &Web, headers: &'h HeaderMap, base: &str) -> Option<&'h str> {
    let name = name(web, base);
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    values.next()
}

/// The session that a browser brings.
pub(super) fn session(web: &Web, headers: &HeaderMap) -> Option<SessionToken> {
    SessionToken::parse(find(web, headers, SESSION)?)
}

/// What was just done, to be said once.
pub(super) fn flash(web: &Web, headers: &HeaderMap) -> Option<Flash> {
    let bytes = URL_SAFE_NO_PAD.decode(find(web, headers, FLASH)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The publication that was at hand last.
pub(super) fn publication(web: &Web, headers: &HeaderMap) -> Option<Slug> {
    find(web, headers, PUBLICATION)?.parse().ok()
}

/// `max_age` of `None` is for as long as the browser runs; the session ends by itself.
fn set(web: &Web, response: &mut Response, base: &str, value: &str, max_age: Option<u32>) {
    let secure = if is_secure(web) { "; Secure" } else { "" };
    let life = max_age.map_or(String::new(), |seconds| format!("; Max-Age={seconds}"));
    let name = name(web, base);
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{life}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

pub(super) fn set_session(web: &Web, response: &mut Response, token: &SessionToken) {
    set(web, response, SESSION, token.reveal(), None);
}

pub(super) fn clear_session(web: &Web, response: &mut Response) {
    set(web, response, SESSION, "", Some(0));
}

pub(super) fn set_flash(web: &Web, response: &mut Response, flash: &Flash) {
    let json = serde_json::to_vec(flash).unwrap_or_default();
    let value = URL_SAFE_NO_PAD.encode(json);
    set(web, response, FLASH, &value, Some(FLASH_SECONDS));
}

pub(super) fn clear_flash(web: &Web, response: &mut Response) {
    set(web, response, FLASH, "", Some(0));
}

/// A sign-in through a service elsewhere, and where to go on after it.
pub(super) fn flight(web: &Web, headers: &HeaderMap) -> Option<(Flight, String)> {
    let bytes = URL_SAFE_NO_PAD.decode(find(web, headers, FLIGHT)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

pub(super) fn set_flight(web: &Web, response: &mut Response, flight: &Flight, next: &str) {
    let json = serde_json::to_vec(&(flight, next)).unwrap_or_default();
    let value = URL_SAFE_NO_PAD.encode(json);
    set(web, response, FLIGHT, &value, Some(FLIGHT_SECONDS));
}

pub(super) fn clear_flight(web: &Web, response: &mut Response) {
    set(web, response, FLIGHT, "", Some(0));
}

pub(super) fn set_publication(web: &Web, response: &mut Response, slug: &str) {
    set(web, response, PUBLICATION, slug, Some(PUBLICATION_SECONDS));
}
