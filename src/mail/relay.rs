//! An SMTP server that we hand mail to: where it is, how to sign in, and its limits.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use secrecy::SecretString;
use thiserror::Error;
use url::Url;

use super::dial;
use super::smtp::Auth;

/// So many windows in a row that were not answered are no accident.
const BROKEN_WINDOWS: usize = 4;

/// A `[[relay]]` as the settings give it.
#[derive(Clone)]
pub struct RelayConfig {
    pub name: String,
    /// `smtp://`, `smtp+starttls://` or `smtps://`, with `user:password@` where needed.
    pub url: String,
    /// Connections at a time; 0 = no limit.
    pub connections: usize,
    /// Mails per connection; 0 = no limit.
    pub messages_per_connection: u32,
    /// For each step of connecting and for each command (RFC 5321, 4.5.3.2).
    pub command_timeout: Duration,
    /// For writing the message, and again for the reply after its final dot (RFC 5321,
    /// 4.5.3.2.6): too short a wait makes duplicates (RFC 1047).
    pub data_timeout: Duration,
    /// The name that EHLO gives: this host, as the world knows it.
    pub hello_name: String,
    /// Certificates (DER) to trust beside the public authorities.
    pub extra_roots: Vec<Vec<u8>>,
    /// A PEM file of certificates to trust beside those.
    pub ca_file: Option<PathBuf>,
    /// How to sign in, where the URL has a user name.
    pub auth: Auth,
    /// Whether commands go out in groups where the server takes that (RFC 2920).
    pub pipelining: bool,
    /// Mails on the line at once on a connection, where the server takes commands in groups and
    /// messages in chunks (RFC 3030).
    pub window: usize,
}

impl RelayConfig {
    /// The usual limits for the server at `url`.
    pub fn new(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            connections: 10,
            messages_per_connection: 1000,
            command_timeout: Duration::from_secs(5 * 60),
            data_timeout: Duration::from_secs(10 * 60),
            hello_name: "localhost".to_owned(),
            extra_roots: Vec::new(),
            ca_file: None,
            auth: Auth::Auto,
            pipelining: true,
            window: 8,
        }
    }
}

impl fmt::Debug for RelayConfig {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayConfig")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Why the settings of a relay were refused; never shows the password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("relay {name:?}: {problem}")]
pub struct RelayError {
    pub name: String,
    pub problem: String,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    Plain,
    /// TLS after STARTTLS (RFC 3207), never without.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
}

/// An SMTP server, ready to be connected to; clones share it.
#[derive(Clone)]
pub struct Relay(pub(super) Arc<Settings>);

/// The checked settings.
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<(String, SecretString)>,
    pub(super) hello: ClientId,
    pub(super) tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
    connections: usize,
    pub(super) messages_per_connection: u32,
    pub(super) command_timeout: Duration,
    pub(super) data_timeout: Duration,
    pub(super) auth: Auth,
    /// Cleared for good where the server turns out to lose commands.
    pipelining: AtomicBool,
    /// One for good where the server turns out not to bear more.
    window: AtomicUsize,
    /// Connections that broke in a row with mails on the line that were not answered.
    broken_windows: AtomicUsize,
}

impl Relay {
    /// Checks the settings.
    pub fn parse(config: &RelayConfig) -> Result<Self, RelayError> {
        Settings::parse(config)
            .map(|settings| Self(Arc::new(settings)))
            .map_err(|problem| RelayError {
                name: config.name.clone(),
                problem,
            })
    }

    /// Its name in the settings.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Host and port.
    pub fn endpoint(&self) -> String {
        self.0.endpoint()
    }

    /// How connections to it are protected.
    pub fn security(&self) -> Security {
        self.0.security
    }

    /// How many connections it takes at a time; 0 = no limit.
    pub fn connections(&self) -> usize {
        self.0.connections
    }

    /// Whether the password would travel where others could read it.
    pub fn sends_password_in_clear(&self) -> bool {
        self.has_credentials() && self.0.security == Security::Plain && !self.is_loopback()
    }

    /// Whether it runs on this machine.
    pub fn is_loopback(&self) -> bool {
        match self.0.host.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback(),
            Err(_) => self.0.host == "localhost",
        }
    }

    /// Whether it is signed in to.
    pub fn has_credentials(&self) -> bool {
        self.0.credentials.is_some()
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("name", &self.0.name)
            .field("endpoint", &self.0.endpoint())
            .field("security", &self.0.security)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Whether commands may go out in groups.
    pub(super) fn may_pipeline(&self) -> bool {
        self.pipelining.load(Ordering::Relaxed)
    }

    /// No more groups, on any connection to this relay.
    pub(super) fn stop_pipelining(&self) {
        if self.pipelining.swap(false, Ordering::Relaxed) {
            tracing::warn!(
                relay = self.name,
                "the relay offers PIPELINING but loses commands; from now on each waits for the \
                 reply to the one before (pipelining = false)"
            );
        }
    }

    /// How many mails may be on the line at once on a connection.
    pub(super) fn window(&self) -> usize {
        self.window.load(Ordering::Relaxed)
    }

    /// Mails go one by one, on every connection to this relay.
    pub(super) fn stop_windows(&self) {
        if self.window.swap(1, Ordering::Relaxed) > 1 {
            tracing::warn!(
                relay = self.name,
                "the relay offers CHUNKING but falls silent, out of step or breaks off when mails are \
                 sent that way; from now on they go one by one (window = 1)"
            );
        }
    }

    /// Whether the mails of a window were answered, or their connection broke.
    pub(super) fn note_window(&self, is_whole: bool) {
        if is_whole {
            self.broken_windows.store(0, Ordering::Relaxed);
        } else if self.broken_windows.fetch_add(1, Ordering::Relaxed) + 1 >= BROKEN_WINDOWS {
            self.stop_windows();
        }
    }

    pub(super) fn endpoint(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The texts of errors must not repeat the URL, which may hold a password.
    fn parse(config: &RelayConfig) -> Result<Self, String> {
        let url = Url::parse(config.url.trim()).map_err(|error| {
            format!("url is not a URL ({error}); use a form such as smtp://host:25, and percent-encode special characters in a password")
        })?;
        let (security, default_port) = match url.scheme() {
            "smtp" => (Security::Plain, 25),
            "smtp+starttls" => (Security::StartTls, 587),
            "smtps" => (Security::Implicit, 465),
            other => {
                return Err(format!(
                    "url begins with {other:?}; use smtp, smtp+starttls or smtps"
                ));
            }
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("url goes on after the port; a / ? or # in a password must be percent-encoded (%2F, %3F, %23)".to_owned());
        }
        let host = host(&url)?;
        let port = url.port().unwrap_or(default_port);
        if port == 0 {
            return Err("url has port 0".to_owned());
        }
        let zero = Duration::ZERO;
        if config.command_timeout == zero || config.data_timeout == zero {
            return Err("a time limit is zero".to_owned());
        }
        let tls = match security {
            Security::Plain => None,
            Security::StartTls | Security::Implicit => Some((
                dial::tls_config(&config.extra_roots, config.ca_file.as_deref())?,
                ServerName::try_from(host.clone())
                    .map_err(|_| format!("{host:?} is not a name that a certificate can have"))?,
            )),
        };
        Ok(Self {
            name: config.name.clone(),
            credentials: credentials(&url)?,
            hello: hello(&config.hello_name)?,
            host,
            port,
            security,
            tls,
            connections: config.connections,
            messages_per_connection: config.messages_per_connection,
            command_timeout: config.command_timeout,
            data_timeout: config.data_timeout,
            auth: config.auth,
            pipelining: AtomicBool::new(config.pipelining),
            window: AtomicUsize::new(config.window),
            broken_windows: AtomicUsize::new(0),
        })
    }
}

/// The host: a name in A-labels, or an IP address without brackets.
fn host(url: &Url) -> Result<String, String> {
    let given = url.host_str().unwrap_or_default();
    if let Some(ip) = given.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return Ok(ip.to_owned());
    }
    let decoded = decode(given).ok_or("the host in url is not UTF-8")?;
    let ascii = idna::domain_to_ascii(&decoded)
        .map_err(|_| format!("{decoded:?} is not the name of a host"))?;
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if ascii.is_empty() || !ascii.chars().all(fits) {
        return Err("url names no host".to_owned());
    }
    Ok(ascii)
}

fn credentials(url: &Url) -> Result<Option<(String, SecretString)>, String> {
    let user = decode(url.username()).ok_or("the user name in url is not UTF-8")?;
    let password = url
        .password()
        .map(|text| decode(text).ok_or("the password in url is not UTF-8"))
        .transpose()?
        .unwrap_or_default();
    match (user.is_empty(), password.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some((user, SecretString::from(password)))),
        (true, false) => Err("url has a password but no user name".to_owned()),
        (false, true) => Err("url has a user name but no password".to_owned()),
    }
}

/// The argument of EHLO: a domain, or an address literal (RFC 5321, 4.1.1.1 and 4.1.3).
fn hello(name: &str) -> Result<ClientId, String> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let bare = bare.strip_prefix("IPv6:").unwrap_or(bare);
    match bare.parse() {
        Ok(IpAddr::V4(ip)) => return Ok(ClientId::Ipv4(ip)),
        Ok(IpAddr::V6(ip)) => return Ok(ClientId::Ipv6(ip)),
        Err(_) => {}
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if name.is_empty() || name.len() > 253 || !name.chars().all(fits) {
        return Err(format!("{name:?} is not a name to greet a server with"));
    }
    Ok(ClientId::Domain(name.to_owned()))
}

/// Percent-decoding (RFC 3986, 2.1); a percent sign that starts no code stands for itself.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, more)) = rest.split_first() {
        let code = (first == b'%')
            .then(|| more.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &more[2..] } else { more };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[path = "relay_tests.rs"]
mod tests;
