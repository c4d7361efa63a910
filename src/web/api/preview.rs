//! Mails that were not sent, as the API shows them.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::accept::wanted;
use super::page::json;
use super::schemas::{AddressText, At};
use crate::services::preview_digest::Preview;
use crate::web::conditional;

const FORMS: [&str; 3] = ["application/json", "text/html", "text/plain"];

/// As whom.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Reader {
    /// As this confirmed reader gets it; without it the edition with everything.
    #[serde(rename = "as")]
    #[param(inline, rename = "as", value_type = Option<AddressText>)]
    pub reader: Option<AddressText>,
}

/// When, and as whom.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct When {
    /// What would have gone out at this time, or will.
    #[param(inline, value_type = Option<At>)]
    pub at: Option<At>,
    /// As this confirmed reader gets it; without it the edition with everything.
    #[serde(rename = "as")]
    #[param(inline, rename = "as", value_type = Option<AddressText>)]
    pub reader: Option<AddressText>,
}

/// A mail that was not sent; its links to leave and to change topics lead nowhere.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preview)]
pub(super) struct View {
    publication: String,
    digest: String,
    /// Of the issue that it would be.
    number: i64,
    /// The time that it is made for.
    at: At,
    subject: String,
    /// How many articles it has.
    articles: usize,
    /// The text part.
    text: String,
    /// The HTML part.
    html: String,
}

/// Answers in the form that is wanted.
pub(super) fn answer(headers: &HeaderMap, made: &Preview) -> Response {
    let form = wanted(headers, &FORMS);
    let (kind, body) = match form {
        "text/html" => ("text/html; charset=utf-8", made.html()),
        "text/plain" => ("text/plain; charset=utf-8", made.text()),
        _ => {
            let view = View {
                publication: made.publication.slug.to_string(),
                digest: made.digest.slug.to_string(),
                number: made.number,
                at: made.at.into(),
                subject: made.edition.subject.clone(),
                articles: made.articles,
                text: made.text(),
                html: made.html(),
            };
            ("application/json", json(&view))
        }
    };
    let mut response = conditional::answer(headers, kind, None, body);
    // Nobody looks at it as a page of ours.
    let sandbox = HeaderValue::from_static("sandbox");
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("content-security-policy"), sandbox);
    headers.insert(
        header::VARY,
        HeaderValue::from_static("authorization, accept"),
    );
    response
}
