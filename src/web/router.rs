//! All routes in one list.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use super::{Web, admin, api, cors, error, headers, metrics, public, status};

/// A sign-up with every field at its limit stays well below.
const MAX_BODY: usize = 64 * 1024;
/// Longer than the database waits for its write lock.
const MAX_TIME: Duration = Duration::from_secs(40);

/// The same for a file that is sent, however slow the line.
const UPLOAD_TIME: Duration = Duration::from_mins(20);

/// The service as an axum router.
pub fn router(web: Web) -> Router {
    let slow = admin::uploads(&web).layer(timeout(UPLOAD_TIME));
    pages(&web)
        .layer(timeout(MAX_TIME))
        .merge(slow)
        .layer(from_fn_with_state(web.clone(), headers::add))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(metrics::count))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .with_state(web)
}

fn timeout(span: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, span)
}

fn pages(web: &Web) -> Router<Web> {
    Router::new()
        .route("/healthz", get(status::healthz))
        .route("/readyz", get(status::readyz))
        .route("/robots.txt", get(status::robots))
        .route("/favicon.ico", get(status::favicon))
        .route(
            "/confirm/{token}",
            get(public::confirm::show).post(public::confirm::press),
        )
        .route(
            "/unsubscribe/{token}",
            get(public::unsubscribe::show).post(public::unsubscribe::press),
        )
        .route(
            "/preferences/{token}",
            get(public::preferences::show).post(public::preferences::save),
        )
        .route("/click/{token}", get(public::click::follow))
        .route("/open/{picture}", get(public::open::picture))
        .route(
            "/websub/{token}",
            get(public::websub::called_back).post(public::websub::push),
        )
        .route(
            "/never/{token}",
            get(public::never_mail::show).post(public::never_mail::press),
        )
        .route(
            "/embed/{publication}",
            get(public::embed::show).post(public::embed::submit),
        )
        .route("/reader/link", get(public::link::which))
        .route(
            "/reader/address/{token}",
            get(public::address::ask).post(public::address::send),
        )
        .route(
            "/reader/new-address/{token}",
            get(public::address::show_new).post(public::address::confirm),
        )
        .route(
            "/reader/old-address/{token}",
            get(public::address::show_old).post(public::address::undo),
        )
        .route(
            "/reader/data/{token}",
            get(public::data::show).post(public::data::download),
        )
        .route(
            "/reader/erase/{token}",
            get(public::erase::show).post(public::erase::press),
        )
        .route("/hooks/{provider}/{secret}", post(public::hook::receive))
        .route("/{publication}", get(public::sign_up::show))
        .route("/proof.js", get(public::guard::script))
        .route(
            "/{publication}/challenge",
            get(public::guard::challenge).layer(cors::of_forms(&web.embed_origins)),
        )
        .route(
            "/{publication}/link",
            get(public::link::show).post(public::link::submit),
        )
        .route(
            "/{publication}/subscribe",
            post(public::sign_up::submit)
                .get(public::sign_up::back)
                .layer(cors::of_forms(&web.embed_origins)),
        )
        .route("/{publication}/archive", get(public::archive::list))
        .route("/{publication}/archive.xml", get(public::archive::feed))
        .route(
            "/{publication}/archive/{issue}",
            get(public::archive::issue),
        )
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .merge(api::routes())
        .merge(admin::routes(web))
        .fallback(error::not_found)
}

/// The route, never the path: paths hold tokens.
fn span(request: &Request) -> tracing::Span {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    tracing::debug_span!("request", method = %request.method(), route)
}
