//! Signing in and out.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::error::{AdminError, sentence};
use super::posted::{AtTheDoor, Posted, waiting};
use super::signed_in::{Reads, SignedIn};
use super::{cookies, frame};
use crate::render::admin::css_url;
use crate::render::admin::doors::{CodePage, SignInPage};
use crate::services::sign_in::{self, Entered, SignInError, Visitor};
use crate::web::Web;
use crate::web::client::Client;

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    pub(super) next: String,
}

/// The browser behind a request.
pub(super) fn visitor(client: &Client, headers: &HeaderMap) -> Visitor {
    let agent = headers.get(header::USER_AGENT);
    Visitor {
        address: client.0,
        user_agent: agent
            .and_then(|agent| agent.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
    }
}

/// A page of ours to go on with; anything else is the first page.
pub(super) fn next_page(wanted: &str) -> &str {
    let is_ours = (wanted == "/admin" || wanted.starts_with("/admin/"))
        && !wanted.contains("//")
        && wanted.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if is_ours { wanted } else { "/admin" }
}

/// `GET /admin/sign-in`
pub(super) async fn show(
    State(web): State<Web>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AdminError> {
    if SignedIn::<Reads>::of(&headers, &web).await.is_ok() {
        return Ok(Redirect::to(next_page(&wanted.next)).into_response());
    }
    let flash = cookies::flash(&web, &headers);
    let page = SignInPage {
        css_url: css_url(),
        email: String::new(),
        next: next_page(&wanted.next).to_owned(),
        note: flash.as_ref().map(|flash| flash.text.clone()),
        error: None,
        provider: provider_name(&web),
    };
    let mut response = Html(web.deps.renderer.page(&page)?).into_response();
    if flash.is_some() {
        cookies::clear_flash(&web, &mut response);
    }
    Ok(response)
}

/// The service elsewhere that one may sign in with.
fn provider_name(web: &Web) -> Option<String> {
    let provider = web.deps.provider.as_ref();
    provider.map(|provider| provider.name().to_owned())
}

/// `POST /admin/sign-in`
pub(super) async fn submit(
    State(web): State<Web>,
    client: Client,
    headers: HeaderMap,
    AtTheDoor(fields): AtTheDoor,
) -> Result<Response, AdminError> {
    let visitor = visitor(&client, &headers);
    let (email, password) = (fields.text("email"), fields.text("password"));
    let next = next_page(fields.text("next"));
    match sign_in::sign_in(&web.deps, email, password, &visitor).await {
        Ok(entered) => Ok(go_in(&web, &entered, next)),
        Err(error) => refused(&web, error, |error| SignInPage {
            css_url: css_url(),
            email: email.to_owned(),
            next: next.to_owned(),
            note: None,
            error: Some(error),
            provider: provider_name(&web),
        }),
    }
}

/// Gives a browser its session, and sends it on.
pub(super) fn go_in(web: &Web, entered: &Entered, next: &str) -> Response {
    let (token, path) = match entered {
        Entered::Open(token) => (token, next.to_owned()),
        Entered::CodeDue(token) => {
            let next = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("next", next)
                .finish();
            (token, format!("/admin/sign-in/code?{next}"))
        }
    };
    let mut response = Redirect::to(&path).into_response();
    cookies::set_session(web, &mut response, token);
    response
}

/// The page again, with why.
fn refused<P: crate::render::pages::Page>(
    web: &Web,
    error: SignInError,
    page: impl FnOnce(String) -> P,
) -> Result<Response, AdminError> {
    let (status, wait) = match &error {
        SignInError::Wrong | SignInError::WrongCode => (StatusCode::UNPROCESSABLE_ENTITY, None),
        SignInError::TooMany { retry_after } => (
            StatusCode::TOO_MANY_REQUESTS,
            Some(retry_after.as_secs().max(1)),
        ),
        SignInError::Late => {
            let text = sentence(&error.to_string());
            return Ok(frame::undone(web, "/admin/sign-in", text));
        }
        SignInError::Hash(_) => return Err(AdminError::Busy),
        SignInError::Store(_) => {
            let SignInError::Store(error) = error else {
                return Err(AdminError::Failed);
            };
            return Err(error.into());
        }
    };
    let html = web
        .deps
        .renderer
        .page(&page(sentence(&error.to_string())))?;
    let mut response = (status, Html(html)).into_response();
    if let Some(seconds) = wait {
        let seconds = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    Ok(response)
}

/// `GET /admin/sign-in/code`
pub(super) async fn show_code(
    State(web): State<Web>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AdminError> {
    waiting(&web, &headers).await?;
    let page = CodePage {
        css_url: css_url(),
        next: next_page(&wanted.next).to_owned(),
        error: None,
    };
    Ok(Html(web.deps.renderer.page(&page)?).into_response())
}

/// `POST /admin/sign-in/code`
pub(super) async fn submit_code(
    State(web): State<Web>,
    client: Client,
    headers: HeaderMap,
    AtTheDoor(fields): AtTheDoor,
) -> Result<Response, AdminError> {
    let token = waiting(&web, &headers).await?;
    let visitor = visitor(&client, &headers);
    let next = next_page(fields.text("next"));
    match sign_in::second_step(&web.deps, &token, fields.text("code"), &visitor).await {
        Ok(token) => Ok(go_in(&web, &Entered::Open(token), next)),
        Err(error) => refused(&web, error, |error| CodePage {
            css_url: css_url(),
            next: next.to_owned(),
            error: Some(error),
        }),
    }
}

/// `POST /admin/sign-out`
pub(super) async fn sign_out(
    State(web): State<Web>,
    posted: Posted<Reads>,
) -> Result<Response, AdminError> {
    let me = posted.me;
    sign_in::end_session(&me.deps, &me.operator, me.session.id).await?;
    let mut response = frame::done(&web, "/admin/sign-in", "You are signed out.");
    cookies::clear_session(&web, &mut response);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_pages_of_ours_only() {
        assert_eq!(
            next_page("/admin/audit?kind=feed"),
            "/admin/audit?kind=feed"
        );
        for wrong in [
            "",
            "https://x.example/admin/",
            "//x.example",
            "/admin//x.example",
            "/admin\\x.example",
            "/administration",
            "/ledger",
            "/admin/\r\nx",
        ] {
            assert_eq!(next_page(wrong), "/admin", "{wrong:?}");
        }
    }
}
