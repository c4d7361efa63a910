//! For load balancers and supervisors.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Web;
use crate::store::{StoreError, holds, migrate, nodes};

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Database, schema and a worker are there.
pub(super) async fn readyz(State(web): State<Web>) -> Response {
    match check(&web).await {
        Ok(seen) => {
            let (schema, worker) = (seen.schema, seen.worker);
            let ready = schema && worker;
            let status = if ready {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            let body = json!({
                "ready": ready, "database": true, "migrations": schema, "workers": worker,
                "sending": if seen.is_held { "held" } else { "open" },
            });
            (status, Json(body)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "not ready");
            let body =
                json!({ "ready": false, "database": false, "migrations": false, "workers": false });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

struct Seen {
    schema: bool,
    worker: bool,
    /// A restored copy takes sign-ups and shows its pages, and is as ready for those.
    is_held: bool,
}

async fn check(web: &Web) -> Result<Seen, StoreError> {
    let schema = migrate::is_current(&web.deps.store).await?;
    let mut tx = web.deps.store.read().await?;
    Ok(Seen {
        schema,
        worker: nodes::workers(&mut tx, web.deps.now()).await? > 0,
        is_held: schema && holds::find(&mut tx).await?.is_some(),
    })
}

/// Readers' own pages are no business of search engines.
pub(super) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /confirm/\nDisallow: /unsubscribe/\nDisallow: /preferences/\nDisallow: /websub/\nDisallow: /click/\nDisallow: /open/\nDisallow: /admin/\n"
}

/// Browsers ask for a picture that no page has; a 404 would stand in every reader's console.
pub(super) async fn favicon() -> impl IntoResponse {
    (
        StatusCode::NO_CONTENT,
        [(header::CACHE_CONTROL, "max-age=86400")],
    )
}
