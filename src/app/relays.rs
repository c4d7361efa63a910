//! Relays, and what domains bear, from the settings.

use anyhow::{Result, anyhow};
use secrecy::ExposeSecret;
use url::Url;

use crate::config::{Settings, relay};
use crate::mail::smtp::{Auth, Mechanism};
use crate::mail::{Relay, RelayConfig};
use crate::services::deliver::{Budget, DomainRule, RouteConfig, Routes, WarmUp};

/// The name that we give to relays.
pub(super) fn hello_name(settings: &Settings) -> String {
    let url = Url::parse(settings.http.base()).ok();
    let host = url.and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "localhost".to_owned())
}

/// The ways that mails take, from the settings.
pub(super) fn routes(settings: &Settings) -> Result<Routes> {
    let host = hello_name(settings);
    let relays = settings.relay.0.iter().map(|relay| route(relay, &host));
    let rules = settings.delivery.domain.iter().filter_map(|rule| {
        Some(DomainRule {
            name: rule.ascii()?,
            connections: rule.connections,
            per_second: rule.per_second,
        })
    });
    Ok(Routes::new(relays.collect::<Result<_>>()?, rules.collect()))
}

fn route(relay: &relay::Relay, host: &str) -> Result<RouteConfig> {
    let warm_up = relay.warm_up.map(|warm_up| WarmUp {
        since: warm_up.since,
        per_day: warm_up.per_day,
        growth: warm_up.growth,
    });
    Ok(RouteConfig {
        relay: Relay::parse(&relay_config(relay, host)?)?,
        weight: relay.weight,
        backup: relay.backup,
        per_second: relay.per_second,
        budget: Budget {
            per_hour: relay.per_hour,
            per_day: relay.per_day,
            warm_up,
        },
    })
}

/// What the transport has to know of a relay.
pub(super) fn relay_config(relay: &relay::Relay, host: &str) -> Result<RelayConfig> {
    let url = relay
        .url()
        .map_err(|e| anyhow!("relay {:?}: {e}", relay.name))?;
    Ok(RelayConfig {
        connections: relay.connections,
        messages_per_connection: relay.messages_per_connection,
        pipelining: relay.pipelining,
        window: relay.window,
        auth: match relay.auth {
            relay::Auth::Auto => Auth::Auto,
            relay::Auth::Plain => Auth::Only(Mechanism::Plain),
            relay::Auth::Login => Auth::Only(Mechanism::Login),
            relay::Auth::XOAuth2 => Auth::Only(Mechanism::XOAuth2),
        },
        ca_file: relay.ca_file.clone(),
        hello_name: host.to_owned(),
        ..RelayConfig::new(relay.name.as_str(), url.expose_secret())
    })
}
