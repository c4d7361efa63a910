//! What goes wrong with a request to the API, as problem+json (RFC 9457).

use axum::Json;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::api_token::Role;
use crate::services::article_input::{InputError, Mistake};
use crate::services::ingest_article::IngestError;
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
    /// The token does not reach this publication.
    Reach {
        publication: String,
    },
    NotFound(String),
    Method,
    MediaType,
    TooLarge,
    /// Something about address, headers or syntax; the text says what would be right.
    Request(String),
    Wrong(Vec<Mistake>),
    /// What can be read and still not be done.
    Refused(String),
    /// The same request is being carried out.
    Running,
    Store(StoreError),
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<InputError> for Problem {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Json(error) => Self::Request(format!("The body is not JSON: {error}.")),
            InputError::Articles(mistakes) => Self::Wrong(mistakes),
            InputError::Store(error) => Self::Store(error),
        }
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Store(error) => Self::Store(error),
            IngestError::Lost(_) => Self::Running,
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::Request(rejection.body_text())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::Request("The request broke off.".to_owned()),
        }
    }
}

impl Problem {
    /// An address that means nothing.
    pub(super) fn nothing_here() -> Self {
        Self::NotFound("There is nothing at this address.".to_owned())
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::Role { .. } | Self::Reach { .. } => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Request(_) => StatusCode::BAD_REQUEST,
            Self::Wrong(_) | Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Running => StatusCode::CONFLICT,
            Self::Store(error) if is_passing(error) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
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
            Self::Reach { publication } => {
                return format!("This token does not reach the publication {publication:?}.");
            }
            Self::NotFound(text) | Self::Request(text) | Self::Refused(text) => text,
            Self::Method => {
                "This address does not know the method; Allow names those that it does."
            }
            Self::MediaType => "Send JSON, with Content-Type: application/json.",
            Self::TooLarge => "The body is too large; send fewer articles at a time, 4 MB at most.",
            Self::Wrong(mistakes) if mistakes.len() > LISTED => {
                let (all, listed) = (mistakes.len(), LISTED);
                return format!("Nothing was taken: {all} mistakes, of which {listed} are listed.");
            }
            Self::Wrong(_) => "Nothing was taken; errors names article, field and reason.",
            Self::Running => "The same request is still being carried out; try again in a moment.",
            Self::Store(error) if is_passing(error) => {
                "The database is busy; try again in a moment."
            }
            Self::Store(_) => "Something went wrong on our side; the log of the service says what.",
        };
        text.to_owned()
    }

    /// A header that belongs to the problem.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let challenge = |text| Some((header::WWW_AUTHENTICATE, HeaderValue::from_static(text)));
        match self {
            // RFC 6750, 3: who sent no token is told no error.
            Self::NoToken => challenge("Bearer realm=\"paperround\""),
            Self::BadToken => challenge("Bearer realm=\"paperround\", error=\"invalid_token\""),
            Self::Role { .. } | Self::Reach { .. } => {
                challenge("Bearer realm=\"paperround\", error=\"insufficient_scope\"")
            }
            Self::MediaType => Some((
                HeaderName::from_static("accept-post"),
                HeaderValue::from_static("application/json"),
            )),
            Self::Running => Some((header::RETRY_AFTER, HeaderValue::from(1_u64))),
            Self::Store(error) if is_passing(error) => {
                Some((header::RETRY_AFTER, HeaderValue::from(BUSY_SECONDS)))
            }
            _ => None,
        }
    }
}

/// The body of a problem.
#[derive(Debug, Serialize)]
struct Body<'a> {
    title: &'a str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "<[Mistake]>::is_empty")]
    errors: &'a [Mistake],
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::Store(error) = &self {
            tracing::error!(%error, "a request to the API failed");
        }
        let status = self.status();
        let errors = match &self {
            Self::Wrong(mistakes) => &mistakes[..mistakes.len().min(LISTED)],
            _ => &[],
        };
        let body = Body {
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.detail(),
            errors,
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
