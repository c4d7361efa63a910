//! The HTTP side: extract, call one service or read, answer.

mod admin;
mod answer;
mod api;
mod client;
mod conditional;
mod cors;
mod error;
mod form;
mod headers;
mod language;
mod live;
mod metrics;
mod offers;
mod public;
mod router;
mod status;
mod views;

use std::sync::Arc;

use ipnet::IpNet;

use crate::services::Deps;

pub use api::Limiter;
pub use live::Live;
pub use metrics::metrics_router;
pub use offers::Offers;
pub use router::router;

/// What handlers share.
#[derive(Clone)]
pub struct Web {
    pub deps: Deps,
    pub offers: Arc<Offers>,
    /// Networks whose `X-Forwarded-For` counts.
    pub trusted_proxies: Arc<[IpNet]>,
    /// The sites that may embed the form; empty for any site.
    pub embed_origins: Arc<[String]>,
    /// The requests that API tokens have left.
    pub api_limiter: Arc<Limiter>,
    /// Answers that follow what happens.
    pub live: Live,
}
