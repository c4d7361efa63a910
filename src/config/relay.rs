//! `[[relay]]`: the SMTP servers that mail is handed to.

use std::fmt;
use std::path::PathBuf;

use chrono::NaiveDate;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Serialize};

use super::{Problem, secret};

/// Mails whose outcome nobody knows when a connection breaks.
const MOST_WINDOW: usize = 16;

/// An SMTP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Relay {
    pub name: String,
    url: Option<SecretString>,
    url_file: Option<PathBuf>,
    /// At a time, on each node; 0 = no limit.
    pub connections: usize,
    pub messages_per_connection: u32,
    /// Mails, over all nodes; 0 = no limit.
    pub per_second: f64,
    pub per_hour: u32,
    pub per_day: u32,
    /// The share of the mails while every relay keeps up.
    pub weight: u32,
    /// Used only while no other relay works.
    pub backup: bool,
    pub warm_up: Option<WarmUp>,
    pub pipelining: bool,
    /// Mails on the line at once on a connection, where the server offers CHUNKING.
    pub window: usize,
    pub auth: Auth,
    pub ca_file: Option<PathBuf>,
}

/// A daily ceiling that grows.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// The first day (UTC).
    pub since: NaiveDate,
    /// Mails on the first day.
    pub per_day: u32,
    /// By how much each day's ceiling exceeds that of the day before.
    #[serde(default = "growth")]
    pub growth: f64,
}

fn growth() -> f64 {
    1.5
}

/// How to sign in to a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// PLAIN, else LOGIN.
    #[default]
    Auto,
    Plain,
    Login,
    /// With a bearer token for a password.
    XOAuth2,
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            name: "main".to_owned(),
            url: None,
            url_file: None,
            connections: 10,
            messages_per_connection: 1000,
            per_second: 0.0,
            per_hour: 0,
            per_day: 0,
            weight: 1,
            backup: false,
            warm_up: None,
            pipelining: true,
            window: 8,
            auth: Auth::Auto,
            ca_file: None,
        }
    }
}

impl Relay {
    /// A relay at an address.
    pub fn at(url: &str) -> Self {
        Self {
            url: Some(SecretString::from(url.to_owned())),
            ..Self::default()
        }
    }

    fn check_limits(&self, problems: &mut Vec<Problem>) {
        let mut wrong = |key: &str, text: &str| {
            let field = format!("relay {:?}: {key}", self.name);
            problems.push(Problem::new(field, text));
        };
        if self.connections > 500 {
            wrong("connections", "must be 1 to 500, or 0 for no limit");
        }
        if !(0.0..=1e6).contains(&self.per_second) {
            wrong("per_second", "must be 0 (no limit) to 1000000");
        }
        if !(1..=MOST_WINDOW).contains(&self.window) {
            wrong("window", "must be 1 (mails go one by one) to 16");
        }
        if self.weight == 0 || self.weight > 1000 {
            wrong(
                "weight",
                "must be 1 to 1000; use backup = true for one in reserve",
            );
        }
        if let Some(warm_up) = self.warm_up {
            if warm_up.per_day == 0 {
                wrong("warm_up.per_day", "must be at least 1");
            }
            if !(1.0..=10.0).contains(&warm_up.growth) {
                wrong("warm_up.growth", "must be 1 to 10");
            }
        }
    }

    /// The files that it is made of beside the settings file.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.url_file.iter().chain(&self.ca_file)
    }

    /// The address; a mail server on this machine by default.
    pub fn url(&self) -> Result<SecretString, String> {
        let given = secret::read("url", self.url.as_ref(), self.url_file.as_ref())?;
        Ok(given.unwrap_or_else(|| SecretString::from("smtp://127.0.0.1:25".to_owned())))
    }
}

/// The relays; one on this machine by default.
#[derive(Debug, Clone)]
pub struct Relays(pub Vec<Relay>);

impl Default for Relays {
    fn default() -> Self {
        Self(vec![Relay::default()])
    }
}

impl Relays {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.0.iter().all(|relay| relay.backup) {
            problems.push(Problem::new(
                "relay",
                "at least one relay must be without `backup = true`",
            ));
        }
        for (at, relay) in self.0.iter().enumerate() {
            if relay.name.is_empty() || self.0[..at].iter().any(|r| r.name == relay.name) {
                problems.push(Problem::new(
                    "relay",
                    format!("the name {:?} is empty or given twice", relay.name),
                ));
            }
            relay.check_limits(problems);
            let field = |key: &str| format!("relay {:?}: {key}", relay.name);
            match relay.url() {
                Ok(url) => {
                    let scheme = url
                        .expose_secret()
                        .split("://")
                        .next()
                        .unwrap_or_default()
                        .to_owned();
                    if !["smtp", "smtp+starttls", "smtps"].contains(&scheme.as_str()) {
                        problems.push(Problem::new(
                            field("url"),
                            "must begin with smtp://, smtp+starttls:// or smtps://",
                        ));
                    }
                }
                Err(text) => problems.push(Problem::new(field("url"), text)),
            }
            if let Some(path) = &relay.ca_file
                && let Err(error) = std::fs::read(path)
            {
                let text = format!("{}: {error}", path.display());
                problems.push(Problem::new(field("ca_file"), text));
            }
        }
    }
}

/// `[[relay]]` is a list; the environment can give a single one (`PAPERROUND__RELAY__URL`).
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Relays, D::Error> {
    struct OneOrMany;

    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Relays;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("[[relay]] tables")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Relays, A::Error> {
            let mut relays = Vec::new();
            while let Some(relay) = list.next_element()? {
                relays.push(relay);
            }
            Ok(Relays(relays))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Relays, A::Error> {
            Relay::deserialize(MapAccessDeserializer::new(map)).map(|relay| Relays(vec![relay]))
        }
    }

    deserializer.deserialize_any(OneOrMany)
}
