//! The settings: one TOML file, then environment variables `PAPERROUND__SECTION__KEY`.

pub mod alerts;
pub mod api;
pub mod bounces;
pub mod database;
pub mod delivery;
pub mod dkim;
pub mod feeds;
pub mod http;
pub mod init;
mod list;
pub mod load;
pub mod metrics;
pub mod oidc;
pub mod relay;
pub mod secret;
pub mod security;
pub mod show;
pub mod signup;
pub mod texts;
pub mod webhooks;

use serde::Deserialize;

pub use load::{ConfigError, load};

/// All settings; every field has a default, so that the service starts without a file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub database: database::Database,
    pub http: http::Http,
    pub security: security::Security,
    #[serde(deserialize_with = "relay::one_or_many")]
    pub relay: relay::Relays,
    pub delivery: delivery::Delivery,
    #[serde(deserialize_with = "list::one_or_many")]
    pub dkim: Vec<dkim::Dkim>,
    pub feeds: feeds::Feeds,
    pub signup: signup::SignUp,
    pub bounces: bounces::Bounces,
    pub metrics: metrics::Metrics,
    pub api: api::Api,
    pub webhooks: webhooks::Webhooks,
    pub oidc: oidc::Oidc,
    pub alerts: alerts::Alerts,
    pub texts: texts::Texts,
}

/// One thing wrong with the settings: the field, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub field: String,
    pub text: String,
}

impl Problem {
    fn new(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            text: text.into(),
        }
    }
}

impl Settings {
    /// Everything that is wrong beyond the form of the file.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.database.check(&mut problems);
        self.http.check(&mut problems);
        self.security.check(&mut problems);
        self.relay.check(&mut problems);
        self.delivery.check(&mut problems);
        for entry in &self.dkim {
            entry.check(&mut problems);
        }
        self.feeds.check(&mut problems);
        self.signup.check(&mut problems);
        self.bounces.check(&mut problems);
        self.metrics.check(&mut problems);
        self.api.check(&mut problems);
        self.webhooks.check(&mut problems);
        self.oidc.check(&mut problems);
        self.alerts.check(&mut problems);
        self.texts.check(&mut problems);
        problems
    }
}
