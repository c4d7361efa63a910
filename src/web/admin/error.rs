//! Why an operator's request was not done. A rejection of an extractor has no renderer at hand:
//! it travels with its answer to [`tell`], which makes a page of it.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use url::form_urlencoded;

use crate::render::RenderError;
use crate::render::admin::css_url;
use crate::render::admin::doors::RefusalPage;
use crate::services::change_run::RunError;
use crate::services::manage_operator::OperatorError;
use crate::store::StoreError;
use crate::web::Web;
use crate::web::error::{BUSY_SECONDS, is_passing};

/// What can go wrong with a request of an operator.
#[derive(Debug, Clone)]
pub(super) enum AdminError {
    /// Nobody is signed in; `next` is where to go on afterwards.
    SignIn {
        next: Option<String>,
    },
    /// What is missing, as in "the right to send".
    Right(&'static str),
    /// The form comes from another site.
    Foreign,
    /// The form is not one of this session.
    Forged,
    NotFound,
    Method,
    TooLarge,
    /// What was asked for cannot be done; the text says why.
    Refused(String),
    /// The database, or everybody who signs in, is busy.
    Busy,
    /// Ours; it has been written to the log.
    Failed,
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request of an operator failed");
        if is_passing(&error) {
            Self::Busy
        } else {
            Self::Failed
        }
    }
}

impl From<RenderError> for AdminError {
    fn from(error: RenderError) -> Self {
        tracing::error!(%error, "a page could not be rendered");
        Self::Failed
    }
}

impl From<RunError> for AdminError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Store(error) => error.into(),
            RunError::Unknown => Self::NotFound,
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<OperatorError> for AdminError {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Store(error) => error.into(),
            OperatorError::Hash(_) => Self::Busy,
            OperatorError::Unknown(_) => Self::NotFound,
            other => Self::Refused(other.to_string()),
        }
    }
}

impl AdminError {
    /// Status, title and text.
    fn words(&self) -> (StatusCode, &'static str, String) {
        let said = |status, title, text: &str| (status, title, text.to_owned());
        match self {
            Self::SignIn { .. } => said(StatusCode::SEE_OTHER, "", ""),
            Self::Right(missing) => (
                StatusCode::FORBIDDEN,
                "Not allowed",
                format!(
                    "This takes {missing}, which you do not have. An owner can give it to you, on the page of operators."
                ),
            ),
            Self::Foreign => said(
                StatusCode::FORBIDDEN,
                "Not from here",
                "The form was sent from another site, or under another address than the service's own. Nothing was done. Open the service under its public address and try again.",
            ),
            Self::Forged => said(
                StatusCode::FORBIDDEN,
                "Not from this session",
                "The form belongs to a session that has ended, or was not ours. Nothing was done. Go back, load the page anew and try again.",
            ),
            Self::NotFound => said(
                StatusCode::NOT_FOUND,
                "Nothing here",
                "There is no such page, or what it was about is gone.",
            ),
            Self::Method => said(
                StatusCode::METHOD_NOT_ALLOWED,
                "Nothing here",
                "This address takes a form, and is no page to open.",
            ),
            Self::TooLarge => said(
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too large",
                "The form is larger than any of ours. Nothing was done.",
            ),
            Self::Refused(text) => (StatusCode::UNPROCESSABLE_ENTITY, "Not done", sentence(text)),
            Self::Busy => said(
                StatusCode::SERVICE_UNAVAILABLE,
                "Busy",
                "The service is busy at this moment. Nothing was done; try again in a few seconds.",
            ),
            Self::Failed => said(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Out of order",
                "Something failed on our side. It stands in the log of the service.",
            ),
        }
    }
}

/// The text of an error as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    // An address stays as it is.
    let begins_with_name = text
        .split(' ')
        .next()
        .is_some_and(|word| word.contains(['@', '/']));
    let first: String = match chars.next() {
        Some(c) if begins_with_name => c.to_string(),
        Some(c) => c.to_uppercase().collect(),
        None => String::new(),
    };
    let end = if text.ends_with(['.', '?', '!']) {
        ""
    } else {
        "."
    };
    format!("{first}{}{end}", chars.as_str())
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        if let Self::SignIn { next } = &self {
            return Redirect::to(&sign_in_url(next.as_deref())).into_response();
        }
        let (status, _, _) = self.words();
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn sign_in_url(next: Option<&str>) -> String {
    match next {
        Some(next) if next != "/admin" => {
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            format!("/admin/sign-in?next={next}")
        }
        _ => "/admin/sign-in".to_owned(),
    }
}

/// Makes a page of an error.
pub(super) async fn tell(State(web): State<Web>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<AdminError>() else {
        return response;
    };
    let (status, title, text) = error.words();
    let page = RefusalPage {
        css_url: css_url(),
        title: title.to_owned(),
        text: text.clone(),
        link_url: "/admin".to_owned(),
        link_text: "Go to Today".to_owned(),
    };
    let html = web.deps.renderer.page(&page).unwrap_or(text);
    let mut response = (status, Html(html)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = HeaderValue::from(BUSY_SECONDS);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_sentences() {
        assert_eq!(sentence("there is no x"), "There is no x.");
        assert_eq!(sentence("Done?"), "Done?");
    }

    #[test]
    fn one_goes_on_where_one_was() {
        assert_eq!(sign_in_url(None), "/admin/sign-in");
        assert_eq!(sign_in_url(Some("/admin")), "/admin/sign-in");
        assert_eq!(
            sign_in_url(Some("/admin/audit?kind=a b")),
            "/admin/sign-in?next=%2Fadmin%2Faudit%3Fkind%3Da+b"
        );
    }
}
