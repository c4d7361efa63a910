//! Logs: text on a terminal, JSON elsewhere; always on standard error.
//!
//! Addresses of readers are never logged above debug: log ids.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging at `level` unless `RUST_LOG` says otherwise. Does nothing the second time.
pub fn init(level: &str) {
    let quiet_libraries =
        "sqlx=warn,apalis=warn,apalis_core=warn,hyper=warn,html5ever=error,selectors=error";
    let default = format!("{level},{quiet_libraries}");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let _ = if std::io::stderr().is_terminal() {
        builder.with_target(false).compact().try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
}
