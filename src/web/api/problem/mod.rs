//! What goes wrong with a request to the API, as problem+json (RFC 9457).

mod from;
mod from_service;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::api_token::Role;
use crate::services::article_input::Mistake;
use crate::store::StoreError;
use crate::web::error::{BUSY_SECONDS, PROBLEM, is_passing};

/// Mistakes that one answer lists; the rest is counted.
const LISTED: usize = 100;

#[derive(Debug)]
pub(super) enum Problem {
    /// The request brings no token at all.
    NoToken,
    /// The token is not in force; which of the reasons it is, nobody is told.
    BadToken,
    /// The token's role may not do this.
    Role {
        needed: Role,
    },
    /// The token may not send.
    Sending,
    /// It is about all publications, and the token reaches some.
    Narrow,
    /// The token has sent too many requests.
    TooMany {
        seconds: u64,
    },
    NotFound(String),
    Method,
    /// The body is not of the media type that is needed.
    MediaType(&'static str),
    TooLarge,
    /// Something about address, headers or syntax; the text says what would be right.
    Request(String),
    /// Mistakes in an article, or in an array of them.
    Wrong {
        mistakes: Vec<Mistake>,
        is_list: bool,
    },
    /// Fields of the body that are wrong.
    Invalid(Vec<FieldError>),
    /// What can be read and still not be done.
    Refused(String),
    /// What does not go together with what there is.
    Conflict(String),
    /// It has changed since the program read it.
    Changed,
    /// The same request is being carried out.
    Running,
    /// What cannot go wrong has.
    Broken(String),
    Store(StoreError),
}

/// One thing that is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct FieldError {
    /// Where, as a JSON pointer into the body (RFC 6901); empty for the body as a whole.
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub detail: String,
}

/// What a request that failed is told (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Body {
    /// The name of the status.
    title: &'static str,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What was wrong, and what would be right.
    detail: String,
    /// The fields of the body that are wrong; the first 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Listed>,
}

/// A mistake in the body.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mistake)]
struct Listed {
    /// Where, as a JSON pointer into the body (RFC 6901).
    pointer: String,
    detail: String,
    /// The place of the article in the array, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    /// The field of the article.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl Problem {
    /// An address that means nothing.
    pub(super) fn nothing_here() -> Self {
        Self::NotFound("There is nothing at this address.".to_owned())
    }

    /// One field of the body that is wrong.
    pub(super) fn field(name: &str, detail: impl ToString) -> Self {
        Self::Invalid(vec![FieldError {
            pointer: format!("/{name}"),
            detail: detail.to_string(),
        }])
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::Role { .. } | Self::Sending | Self::Narrow => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Request(_) => StatusCode::BAD_REQUEST,
            Self::Wrong { .. } | Self::Invalid(_) | Self::Refused(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Running | Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::Store(error) if is_passing(error) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn detail(&self) -> String {
        let text = match self {
            Self::NoToken | Self::BadToken => {
                "Send a token that is in force, as in: Authorization: Bearer paperround_..."
            }
            Self::Role { needed } => {
                return format!("This needs a token with the role {needed}, or a higher one.");
            }
            Self::Sending => "This needs a token with the right to send.",
            Self::Narrow => "This is about all publications, and this token reaches some only.",
            Self::TooMany { seconds } => {
                return format!("Too many requests with this token; go on in {seconds} s.");
            }
            Self::NotFound(text)
            | Self::Request(text)
            | Self::Refused(text)
            | Self::Conflict(text) => text,
            Self::Method => {
                "This address does not know the method; Allow names those that it does."
            }
            Self::MediaType(wanted) => {
                return format!("Send the body with Content-Type: {wanted}.");
            }
            Self::TooLarge => "The body is too large; send less at a time.",
            Self::Wrong { mistakes, .. } if mistakes.len() > LISTED => {
                let (all, listed) = (mistakes.len(), LISTED);
                return format!("Nothing was taken: {all} mistakes, of which {listed} are listed.");
            }
            Self::Wrong { .. } => "Nothing was taken; errors names article, field and reason.",
            Self::Invalid(errors) => match errors.as_slice() {
                [only] => return format!("Nothing was done: {}: {}.", only.pointer, only.detail),
                _ => "Nothing was done; errors names field and reason.",
            },
            Self::Changed => {
                "It has changed since you read it; read it again, and send the ETag of that."
            }
            Self::Running => "The same request is still being carried out; try again in a moment.",
            Self::Store(error) if is_passing(error) => {
                "The database is busy; try again in a moment."
            }
            Self::Store(_) | Self::Broken(_) => {
                "Something went wrong on our side; the log of the service says what."
            }
        };
        text.to_owned()
    }

    /// A header that belongs to the problem.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let challenge = |text| Some((header::WWW_AUTHENTICATE, HeaderValue::from_static(text)));
        let retry = |seconds: u64| Some((header::RETRY_AFTER, HeaderValue::from(seconds)));
        match self {
            // RFC 6750, 3: who sent no token is told no error.
            Self::NoToken => challenge("Bearer realm=\"paperround\""),
            Self::BadToken => challenge("Bearer realm=\"paperround\", error=\"invalid_token\""),
            Self::Role { .. } | Self::Sending | Self::Narrow => {
                challenge("Bearer realm=\"paperround\", error=\"insufficient_scope\"")
            }
            Self::MediaType(wanted) => Some((
                HeaderName::from_static("accept-post"),
                HeaderValue::from_static(wanted),
            )),
            Self::TooMany { seconds } => retry(*seconds),
            Self::Running => retry(1),
            Self::Store(error) if is_passing(error) => retry(BUSY_SECONDS),
            _ => None,
        }
    }

    fn errors(&self) -> Vec<Listed> {
        match self {
            Self::Wrong { mistakes, is_list } => {
                let listed = |mistake: &Mistake| Listed::of(mistake, *is_list);
                mistakes.iter().take(LISTED).map(listed).collect()
            }
            Self::Invalid(errors) => {
                let listed = |error: &FieldError| Listed {
                    pointer: error.pointer.clone(),
                    detail: error.detail.clone(),
                    index: None,
                    field: None,
                };
                errors.iter().take(LISTED).map(listed).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Listed {
    fn of(mistake: &Mistake, is_list: bool) -> Self {
        let mut pointer = String::new();
        if is_list {
            pointer = format!("/{}", mistake.index);
        }
        if !mistake.field.is_empty() {
            pointer = format!("{pointer}/{}", mistake.field);
        }
        Self {
            pointer,
            detail: mistake.detail.clone(),
            index: Some(mistake.index),
            field: Some(mistake.field.clone()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match &self {
            Self::Store(error) => tracing::error!(%error, "a request to the API failed"),
            Self::Broken(error) => tracing::error!(%error, "a request to the API failed"),
            _ => {}
        }
        let status = self.status();
        let body = Body {
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.detail(),
            errors: self.errors(),
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, PROBLEM);
        if let Some((name, value)) = self.header() {
            headers.insert(name, value);
        }
        response
    }
}
