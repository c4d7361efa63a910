//! The settings as `doctor` looks at them: each relay and key by itself.

use std::net::SocketAddr;

use anyhow::{Result, anyhow};

use super::relays::{hello_name, relay_config};
use super::{Nature, key_entry};
use crate::config::dkim::Dkim;
use crate::config::{Settings, relay};
use crate::mail::dkim::{DkimKeys, SignedBy};
use crate::mail::dns::Dns;
use crate::mail::{Relay, RelayConfig};
use crate::services::doctor::{Case, ComingBackCase, DatabaseCase, KeyCase, RelayCase, STEP_LIMIT};

/// What there is to look at; makes no secret key and opens no database.
pub fn case(
    settings: &Settings,
    resolver: Option<SocketAddr>,
    publication: Option<String>,
) -> Result<Case> {
    let hello = hello_name(settings);
    let security = &settings.security;
    Ok(Case {
        database: DatabaseCase {
            url: settings
                .database
                .url()
                .map_err(|e| anyhow!("database.url: {e}"))?,
            migrates: settings.database.migrate,
        },
        key_file: (!security.is_in_place()).then(|| security.secret_key_file.clone()),
        public_url: settings.http.base().to_owned(),
        relays: settings
            .relay
            .0
            .iter()
            .map(|relay| relay_case(relay, &hello))
            .collect(),
        keys: settings.dkim.iter().map(key_case).collect(),
        coming_back: settings.bounces.domain().map(|domain| ComingBackCase {
            domain,
            is_read: settings.bounces.listen().is_some() || settings.bounces.maildir().is_some(),
        }),
        hello,
        dns: resolver.map_or_else(Dns::system, Dns::at),
        clock: Nature::system()?.clock,
        publication,
    })
}

fn relay_case(relay: &relay::Relay, hello: &str) -> RelayCase {
    let parsed = relay_config(relay, hello).and_then(|config| {
        let config = RelayConfig {
            command_timeout: STEP_LIMIT,
            ..config
        };
        Ok(Relay::parse(&config)?)
    });
    RelayCase {
        name: relay.name.clone(),
        relay: parsed.map_err(|error| format!("{error:#}")),
    }
}

fn key_case(entry: &Dkim) -> KeyCase {
    let read = key_entry(entry);
    let (domain, name) = match &read {
        Ok(config) => (
            config.domain.clone(),
            match &config.signed_by {
                SignedBy::Relay => config.domain.clone(),
                SignedBy::Key { selector, .. } => {
                    format!("{selector}._domainkey.{}", config.domain)
                }
            },
        ),
        Err(_) => (entry.domain.clone(), entry.domain.clone()),
    };
    let keys = read.and_then(|config| Ok(DkimKeys::load(&[config])?));
    KeyCase {
        name,
        domain,
        is_signed_by_relay: entry.is_signed_by_relay(),
        keys: keys.map_err(|error| format!("{error:#}")),
    }
}
