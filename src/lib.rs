//! Paperround: newsletter subscription and delivery.
//!
//! The rooms, from the top down; `docs/architecture.md` says which may use which.

/// The composition root: settings become `Deps`, web server and workers.
pub mod app;
/// One file per command.
pub mod cli;
/// The settings: one TOML file, then environment variables.
pub mod config;
/// The self-contained show: a small news site, an SMTP inbox, and the whole round.
pub mod demo;
/// Types that cannot be wrong, and pure rules.
pub mod domain;
/// Fetching, parsing and sanitising feeds.
pub mod feeds;
/// Mail that comes in: LMTP and a Maildir.
pub mod inbound;
/// Workers: queues, the scheduler's tick, the sweep and the delivery engine.
pub mod jobs;
/// SMTP and MIME.
pub mod mail;
/// What a process has done since its start, counted for Prometheus.
pub mod metrics;
/// Signing in with a service elsewhere (OpenID Connect).
pub mod oidc;
/// Tera: pages and mails from typed contexts.
pub mod render;
/// Reading what comes back: bounces, complaints, automatic answers.
pub mod reports;
/// What the product does, one verb per file.
pub mod services;
/// The only room that knows SQL.
pub mod store;
/// Logs: text on a terminal, JSON elsewhere.
pub mod telemetry;
/// The HTTP side.
pub mod web;
