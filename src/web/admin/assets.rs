//! Styles and scripts of the operators' pages, which are part of the program.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::error::AdminError;
use crate::render::admin::{CSS, EDITOR_SCRIPT, HERE_SCRIPT, ISSUE_SCRIPT, PROGRESS_SCRIPT};

/// Every file by its name. Its address carries a hash of it, so that it may be kept for good.
const FILES: &[(&str, &str, &str)] = &[
    ("admin.css", "text/css; charset=utf-8", CSS),
    ("editor.js", "text/javascript; charset=utf-8", EDITOR_SCRIPT),
    ("here.js", "text/javascript; charset=utf-8", HERE_SCRIPT),
    ("issue.js", "text/javascript; charset=utf-8", ISSUE_SCRIPT),
    (
        "progress.js",
        "text/javascript; charset=utf-8",
        PROGRESS_SCRIPT,
    ),
];

/// `GET /admin/assets/{file}`
pub(super) async fn show(Path(name): Path<String>) -> Result<Response, AdminError> {
    let found = FILES.iter().find(|(file, _, _)| *file == name);
    let (_, kind, content) = found.ok_or(AdminError::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, *kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, *content).into_response())
}
