//! The effective settings, with secrets redacted.

use serde_json::{Value, json};

use super::{Settings, dkim::Dkim, secret::redact_url};

impl Settings {
    /// The effective settings as JSON: every key, passwords replaced by `***`.
    pub fn redacted(&self) -> Value {
        let relays: Vec<Value> = self
            .relay
            .0
            .iter()
            .map(|relay| {
                json!({
                    "name": relay.name,
                    "url": relay.url().map_or_else(|e| e, |url| redact_url(&url)),
                    "connections": relay.connections,
                    "messages_per_connection": relay.messages_per_connection,
                    "per_second": relay.per_second,
                    "per_hour": relay.per_hour,
                    "per_day": relay.per_day,
                    "weight": relay.weight,
                    "backup": relay.backup,
                    "warm_up": relay.warm_up,
                    "pipelining": relay.pipelining,
                    "window": relay.window,
                    "auth": relay.auth,
                    "ca_file": relay.ca_file,
                })
            })
            .collect();
        json!({
            "database": {
                "url": self.database.url().map_or_else(|e| e, |url| redact_url(&url)),
                "migrate": self.database.migrate,
            },
            "http": {
                "listen": self.http.listen.to_string(),
                "public_url": self.http.public_url,
                "trusted_proxies": self.http.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(),
            },
            "security": {
                "secret_key_file": self.security.secret_key_file,
                "previous_secret_key_files": self.security.previous_secret_key_files,
            },
            "relay": relays,
            "delivery": {
                "on_unknown_outcome": self.delivery.on_unknown_outcome,
                "retry_for": format!("{}s", self.delivery.retry_for.as_secs()),
                "shutdown_seconds": self.delivery.shutdown_seconds,
                "domain": self.delivery.domain,
            },
            "dkim": self.dkim.iter().map(Dkim::redacted).collect::<Vec<_>>(),
            "feeds": {
                "max_bytes": self.feeds.max_bytes,
                "timeout_seconds": self.feeds.timeout_seconds,
                "allow_private_addresses": self.feeds.allow_private_addresses,
                "host_gap_seconds": self.feeds.host_gap_seconds,
                "websub": self.feeds.websub,
            },
            "signup": {
                "per_address_per_day": self.signup.per_address_per_day,
                "per_ip_per_hour": self.signup.per_ip_per_hour,
                "per_domain_per_hour": self.signup.per_domain_per_hour,
                "per_hour": self.signup.per_hour,
                "pending_days": self.signup.pending_days,
                "reminder_after": self.signup.reminder_text(),
                "embed_origins": self.signup.embed_origins,
                "proof_of_work": self.signup.proof_of_work,
                "proof_of_work_cost": self.signup.proof_of_work_cost,
                "proof_of_work_from": self.signup.proof_of_work_from,
                "disposable": self.signup.disposable,
                "mx_check": self.signup.mx_check,
                "resolver": self.signup.resolver.map_or_else(String::new, |at| at.to_string()),
                "link_mails_per_hour": self.signup.link_mails_per_hour,
            },
            "bounces": {
                "return_path_domain": self.bounces.return_path_domain,
                "lmtp_listen": self.bounces.lmtp_listen,
                "maildir": self.bounces.maildir,
                "webhook_secret": matches!(self.bounces.secret(), Ok(Some(_))).then_some("***"),
                "soft_limit": self.bounces.soft_limit,
                "soft_days": self.bounces.soft_days,
            },
            "metrics": { "listen": self.metrics.listen },
            "api": { "requests_per_minute": self.api.requests_per_minute },
            "webhooks": {
                "timeout_seconds": self.webhooks.timeout_seconds,
                "allow_private_addresses": self.webhooks.allow_private_addresses,
                "keep_days": self.webhooks.keep_days,
            },
            "oidc": {
                "issuer": self.oidc.issuer,
                "client_id": self.oidc.client_id,
                "client_secret": self.oidc.is_set().then_some("***"),
                "name": self.oidc.name,
            },
            "alerts": self.redacted_alerts(),
            "texts": { "folder": self.texts.folder },
        })
    }

    fn redacted_alerts(&self) -> Value {
        json!({
            "to": self.alerts.to,
            "from": self.alerts.from,
            "digest_late_minutes": self.alerts.digest_late_minutes,
            "digest_empty": self.alerts.digest_empty,
            "feed_failures": self.alerts.feed_failures,
            "relay_down_minutes": self.alerts.relay_down_minutes,
            "failure_percent": self.alerts.failure_percent,
            "failure_minimum": self.alerts.failure_minimum,
            "bounce_percent": self.alerts.bounce_percent,
            "complaint_percent": self.alerts.complaint_percent,
            "queue_late_minutes": self.alerts.queue_late_minutes,
            "collect_minutes": self.alerts.collect_minutes,
        })
    }
}
