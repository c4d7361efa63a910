//! `GET /metrics`, on an address of its own: what Prometheus reads.

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::{Recorder as _, counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::time::Instant;

use crate::services::Deps;
use crate::services::measure::{GAUGES, Gauge, measure};

/// The text format of version 0.0.4, which every Prometheus reads.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is counted by its name: whoever asks could make up any number of others, and each would be kept.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

#[derive(Clone)]
struct Shown {
    deps: Deps,
    counted: PrometheusHandle,
}

/// The page of what was counted and how things stand.
pub fn metrics_router(deps: Deps, counted: PrometheusHandle) -> Router {
    Router::new()
        .route("/metrics", get(show))
        .with_state(Shown { deps, counted })
}

async fn show(State(shown): State<Shown>) -> Response {
    match measure(&shown.deps).await {
        Ok(gauges) => {
            let text = format!("{}{}", shown.counted.render(), written(&gauges));
            ([(header::CONTENT_TYPE, FORMAT)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the database cannot be asked how things stand");
            (StatusCode::SERVICE_UNAVAILABLE, "no database\n").into_response()
        }
    }
}

/// By a recorder of their own, so that what is gone since the last time is not shown.
fn written(gauges: &[Gauge]) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    for (name, help) in GAUGES {
        recorder.describe_gauge(name.into(), None, help.into());
    }
    with_local_recorder(&recorder, || {
        for one in gauges {
            let labels: Vec<metrics::Label> = one
                .labels
                .iter()
                .map(|(name, value)| metrics::Label::new(*name, value.clone()))
                .collect();
            gauge!(one.name, labels).set(one.value);
        }
    });
    recorder.handle().render()
}

/// Counts a request by its route, never by its path: paths hold tokens.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |matched| matched.as_str().to_owned());
    let method = request.method().as_str();
    let method = METHODS
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other");
    let began = Instant::now();
    let answer = next.run(request).await;
    let status = answer.status().as_str().to_owned();
    histogram!("paperround_http_request_seconds", "route" => route.clone())
        .record(began.elapsed().as_secs_f64());
    counter!(
        "paperround_http_requests_total",
        "method" => method, "route" => route, "status" => status
    )
    .increment(1);
    answer
}
