//! Questions to the DNS about mail: who may send for a domain, with which keys, and who answers.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

/// For each try; the second one follows within the patience of whoever asks.
const TRY: Duration = Duration::from_secs(2);

/// A resolver; clones share its cache.
#[derive(Clone)]
pub struct Dns(Arc<TokioResolver>);

/// A mail server of a domain (RFC 5321, 5.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exchange {
    pub preference: u16,
    /// Without the dot at the end; empty for a domain that takes no mail (RFC 7505).
    pub host: String,
}

impl Dns {
    /// The resolver that this machine is set up with.
    pub fn system() -> Result<Self, String> {
        let builder = TokioResolver::builder_tokio()
            .map_err(|error| format!("this machine's resolver cannot be found out: {error}"))?;
        Self::build(builder)
    }

    /// The resolver at an address.
    pub fn at(address: SocketAddr) -> Result<Self, String> {
        let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
        for way in &mut ways {
            way.port = address.port();
        }
        let server = NameServerConfig::new(address.ip(), true, ways.to_vec());
        let config = ResolverConfig::from_name_servers(vec![server]);
        Self::build(TokioResolver::builder_with_config(
            config,
            TokioRuntimeProvider::default(),
        ))
    }

    fn build(
        mut builder: hickory_resolver::ResolverBuilder<TokioRuntimeProvider>,
    ) -> Result<Self, String> {
        let options = builder.options_mut();
        options.timeout = TRY;
        options.attempts = 2;
        // Long keys fit into one answer; where they do not, TCP is asked.
        options.edns0 = true;
        let resolver = builder
            .build()
            .map_err(|error| format!("the resolver cannot be set up: {error}"))?;
        Ok(Self(Arc::new(resolver)))
    }

    /// The texts of a name, the strings of each joined (RFC 6376, 3.6.2.2; RFC 7208, 3.3). None
    /// where there is no such name or no text.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let found = self.ask(name, RecordType::TXT).await?;
        let text = |data: &RData| match data {
            RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
            _ => None,
        };
        Ok(found.iter().filter_map(text).collect())
    }

    /// The addresses of a host, of both families.
    pub async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, String> {
        let (four, six) = tokio::join!(
            self.ask(name, RecordType::A),
            self.ask(name, RecordType::AAAA)
        );
        let address = |data: &RData| match data {
            RData::A(a) => Some(IpAddr::V4(a.0)),
            RData::AAAA(aaaa) => Some(IpAddr::V6(aaaa.0)),
            _ => None,
        };
        let mut found: Vec<IpAddr> = four?.iter().chain(&six?).filter_map(address).collect();
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// The mail servers of a domain, the preferred ones first.
    pub async fn exchanges(&self, name: &str) -> Result<Vec<Exchange>, String> {
        let found = self.ask(name, RecordType::MX).await?;
        let exchange = |data: &RData| match data {
            RData::MX(mx) => Some(Exchange {
                preference: mx.preference,
                host: plain(&mx.exchange),
            }),
            _ => None,
        };
        let mut exchanges: Vec<Exchange> = found.iter().filter_map(exchange).collect();
        exchanges.sort();
        Ok(exchanges)
    }

    /// Whether a domain takes mail: it names a mail server, or is one itself (RFC 5321, 5.1), and does
    /// not say that it takes none (RFC 7505).
    pub async fn takes_mail(&self, name: &str) -> Result<bool, String> {
        let exchanges = self.exchanges(name).await?;
        if exchanges.is_empty() {
            return Ok(!self.addresses(name).await?.is_empty());
        }
        Ok(exchanges.iter().any(|exchange| !exchange.host.is_empty()))
    }

    /// The names that an address is said to have (RFC 1035, 3.5).
    pub async fn names(&self, address: IpAddr) -> Result<Vec<String>, String> {
        let found = self
            .ask(&Name::from(address).to_ascii(), RecordType::PTR)
            .await?;
        let name = |data: &RData| match data {
            RData::PTR(ptr) => Some(plain(&ptr.0)),
            _ => None,
        };
        Ok(found.iter().filter_map(name).collect())
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, String> {
        let failed = |error: &dyn std::fmt::Display| format!("DNS: {name} {kind}: {error}");
        let mut question = Name::from_ascii(name).map_err(|error| failed(&error))?;
        // As it stands, without the domains that this machine would try behind it.
        question.set_fqdn(true);
        match self.0.lookup(question, kind).await {
            Ok(answer) => Ok(answer
                .answers()
                .iter()
                .map(|record| record.data.clone())
                .collect()),
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}
