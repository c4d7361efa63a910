//! `[http]`

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};
use url::Url;

use super::Problem;

/// Where the service listens, and under which address readers know it.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    pub listen: SocketAddr,
    pub public_url: String,
    /// Addresses or networks whose `X-Forwarded-For` counts.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: "http://127.0.0.1:8080".to_owned(),
            trusted_proxies: Vec::new(),
        }
    }
}

impl Http {
    /// The public address without a closing slash.
    pub fn base(&self) -> &str {
        self.public_url.trim_end_matches('/')
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let url = Url::parse(&self.public_url);
        let fits = url.as_ref().is_ok_and(|u| {
            matches!(u.scheme(), "http" | "https")
                && u.has_host()
                && u.query().is_none()
                && u.fragment().is_none()
        });
        if !fits {
            problems.push(Problem::new(
                "http.public_url",
                format!(
                    "{:?} is not an address such as https://news.example.org",
                    self.public_url
                ),
            ));
        }
    }
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts
        .iter()
        .map(|text| {
            let net = text
                .parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            net.map_err(|_| {
                serde::de::Error::custom(format!(
                    "{text:?} is not an address or network such as 10.0.0.0/8"
                ))
            })
        })
        .collect()
}
