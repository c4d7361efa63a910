//! `[[relay]]`: the SMTP servers that mail is handed to.

use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

use super::{Problem, secret};

/// An SMTP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Relay {
    pub name: String,
    url: Option<SecretString>,
    url_file: Option<PathBuf>,
    pub connections: usize,
    pub messages_per_connection: u32,
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            name: "main".to_owned(),
            url: None,
            url_file: None,
            connections: 10,
            messages_per_connection: 1000,
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
        if self.0.len() != 1 {
            problems.push(Problem::new(
                "relay",
                format!("{} relays are given; one is used", self.0.len()),
            ));
        }
        for relay in &self.0 {
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
            if relay.connections == 0 || relay.connections > 500 {
                problems.push(Problem::new(field("connections"), "must be 1 to 500"));
            }
            if relay.messages_per_connection == 0 {
                problems.push(Problem::new(
                    field("messages_per_connection"),
                    "must be at least 1",
                ));
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
