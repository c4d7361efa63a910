//! What a process has done since its start, counted for Prometheus. Rooms count through the `metrics`
//! crate; where nobody listens, that costs next to nothing.

use std::sync::OnceLock;

use anyhow::{Context, Result};
use metrics::{Unit, describe_counter, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Seconds up to which answers are counted.
const SPANS: [f64; 9] = [0.005, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0, 40.0];

/// One counts for a whole process.
static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts counting; the second time it only says where.
pub fn install() -> Result<PrometheusHandle> {
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SPANS)
        .context("metrics")?
        .build_recorder();
    let handle = recorder.handle();
    // Somebody else's recorder stays; nothing is counted here then.
    if metrics::set_global_recorder(recorder).is_ok() {
        describe();
    }
    Ok(HANDLE.get_or_init(|| handle).clone())
}

fn describe() {
    describe_counter!(
        "paperround_mails_total",
        Unit::Count,
        "Attempts to deliver mails of issues, by relay and outcome."
    );
    describe_counter!(
        "paperround_notices_total",
        Unit::Count,
        "Attempts to deliver single mails such as confirmations, by outcome."
    );
    describe_counter!(
        "paperround_feed_fetches_total",
        Unit::Count,
        "Times that feeds were asked, by outcome."
    );
    describe_counter!(
        "paperround_webhook_calls_total",
        Unit::Count,
        "Calls of webhooks, by outcome."
    );
    describe_counter!(
        "paperround_http_requests_total",
        Unit::Count,
        "Requests answered, by method, route and status."
    );
    describe_histogram!(
        "paperround_http_request_seconds",
        Unit::Seconds,
        "Time until the answer began, by route."
    );
}
