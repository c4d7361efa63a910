//! The mail of an issue, to be shown in a frame of its page.

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Whole;
use crate::domain::ids::EditionId;
use crate::services::preview_digest::{self, PreviewError};
use crate::web::Web;
use crate::web::admin::error::AdminError;
use crate::web::admin::signed_in::{Reads, SignedIn};

/// A mail runs no scripts, sends no forms and belongs to no origin; it may only stand in pages of ours.
const POLICY: &str = "sandbox; default-src 'none'; img-src https: http: data:; \
     style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::admin) struct Asked {
    /// The id of an edition; that with everything where it is empty.
    edition: String,
    /// `text` for the text part.
    part: String,
}

/// `GET /admin/issues/{id}/preview`
pub(in crate::web::admin) async fn show(
    State(_): State<Web>,
    me: SignedIn<Reads>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let (html, text) = if asked.edition.is_empty() {
        let made = preview_digest::issue(&me.deps, whole.issue.id, None).await;
        made.map(|made| (made.html(), made.text()))
    } else {
        let edition: Result<EditionId, _> = asked.edition.parse();
        let edition = edition.map_err(|_| AdminError::NotFound)?;
        preview_digest::edition(&me.deps, whole.issue.id, edition).await
    }
    .map_err(refusal)?;
    let (kind, body) = if asked.part == "text" {
        ("text/plain; charset=utf-8", text)
    } else {
        ("text/html; charset=utf-8", html)
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    Ok((headers, body).into_response())
}

fn refusal(error: PreviewError) -> AdminError {
    match error {
        PreviewError::Store(error) => error.into(),
        PreviewError::Render(error) => error.into(),
        PreviewError::Unknown(_) => AdminError::NotFound,
        other => AdminError::Refused(other.to_string()),
    }
}
