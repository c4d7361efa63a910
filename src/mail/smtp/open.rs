//! From a TCP connection to a session: greeting, EHLO, STARTTLS, AUTH.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::capabilities::Capabilities;
use super::session::Session;
use super::stream::{Patience, Stream, Wire};
use super::{Broken, auth};
use crate::mail::dial::{self, Failure, late};
use crate::mail::relay::{Relay, Security, Settings};
use crate::mail::transport::{ConnectError, Fault};

impl Relay {
    /// Opens a session for bulk mail.
    pub async fn open(&self) -> Result<Session, ConnectError> {
        let opened = self.open_wire().await?;
        Ok(Session::new(self.clone(), opened.wire, opened.capabilities))
    }

    pub(super) async fn open_wire(&self) -> Result<Opened, ConnectError> {
        let opened = open(&self.0).await;
        opened.map_err(|(fault, problem)| ConnectError {
            relay: self.name().to_owned(),
            endpoint: self.endpoint(),
            fault,
            problem,
        })
    }
}

/// A connection on which mail may be sent.
pub(super) struct Opened {
    pub(super) wire: Wire,
    pub(super) capabilities: Capabilities,
    /// The first line that the server said.
    pub(super) greeting: String,
}

async fn open(relay: &Settings) -> Result<Opened, Failure> {
    let tcp = dial::tcp(relay).await?;
    let stream = match relay.security {
        Security::Implicit => tls(relay, tcp).await?,
        Security::Plain | Security::StartTls => Stream::Plain(tcp),
    };
    let mut wire = Wire::new(stream);
    let greeting = greeting(&mut wire, relay.command_timeout).await?;
    let mut server = hello(&mut wire, relay).await?;
    if relay.security == Security::StartTls {
        wire = start_tls(wire, &server, relay).await?;
        // RFC 3207, 4.2: nothing that was said in the clear counts.
        server = hello(&mut wire, relay).await?;
    }
    auth::sign_in(&mut wire, &server, relay).await?;
    Ok(Opened {
        wire,
        capabilities: server,
        greeting,
    })
}

async fn greeting(wire: &mut Wire, limit: Duration) -> Result<String, Failure> {
    let code = wire
        .reply(Instant::now(), limit)
        .await
        .map_err(|broken| match broken {
            Broken::Stalled(_) => late("the greeting", limit),
            other => (
                Fault::Network,
                format!("the server gave no greeting ({other}); is it an SMTP server?"),
            ),
        })?;
    if code / 100 == 2 {
        return Ok(wire.text().lines().next().unwrap_or_default().to_owned());
    }
    let said = wire.kept();
    Err((Fault::Server, format!("the server refused us: {said}")))
}

/// EHLO, and HELO for a server that does not know it (RFC 5321, 3.2).
async fn hello(wire: &mut Wire, relay: &Settings) -> Result<Capabilities, Failure> {
    let limit = relay.command_timeout;
    let code = exchange(wire, &format!("EHLO {}", relay.hello), "EHLO", limit).await?;
    if code / 100 == 2 {
        return Ok(Capabilities::parse(&wire.text()));
    }
    let said = wire.kept();
    if code / 100 == 5 {
        let code = exchange(wire, &format!("HELO {}", relay.hello), "HELO", limit).await?;
        if code / 100 == 2 {
            return Ok(Capabilities::default());
        }
    }
    Err((Fault::Server, format!("the server refused EHLO: {said}")))
}

/// STARTTLS (RFC 3207, 4) and the handshake.
async fn start_tls(
    mut wire: Wire,
    server: &Capabilities,
    relay: &Settings,
) -> Result<Wire, Failure> {
    if !server.starttls {
        return Err(dial::no_starttls());
    }
    let code = exchange(&mut wire, "STARTTLS", "STARTTLS", relay.command_timeout).await?;
    if code / 100 != 2 {
        let said = wire.kept();
        return Err((
            Fault::Server,
            format!("the server refused STARTTLS: {said}"),
        ));
    }
    // Whatever came after the reply was not protected, and would be taken for replies given
    // under TLS (CVE-2011-0411 and its kin).
    let tcp = wire.into_tcp().ok_or_else(dial::tampered)?;
    Ok(Wire::new(tls(relay, tcp).await?))
}

async fn tls(relay: &Settings, tcp: TcpStream) -> Result<Stream, Failure> {
    let Some((config, name)) = &relay.tls else {
        return Err((Fault::Tls, "TLS is not set up".to_owned()));
    };
    let limit = relay.command_timeout;
    let connecting = TlsConnector::from(Arc::clone(config)).connect(name.clone(), tcp);
    let stream = timeout(limit, connecting)
        .await
        .map_err(|_| late("the TLS handshake", limit))?
        .map_err(|error| dial::tls_failure(&error, relay.security))?;
    Ok(Stream::Tls(Box::new(stream)))
}

/// Says one line and waits for the code of the reply.
pub(super) async fn exchange(
    wire: &mut Wire,
    line: &str,
    what: &str,
    limit: Duration,
) -> Result<u16, Failure> {
    let patience = Patience {
        stall: limit,
        total: limit,
    };
    let failed = |broken| match broken {
        Broken::Stalled(_) => late(&format!("the reply to {what}"), limit),
        other => (Fault::Network, format!("no reply to {what}: {other}")),
    };
    let line = [line.as_bytes(), b"\r\n"].concat();
    wire.write(&[&line], &mut 0, patience)
        .await
        .map_err(failed)?;
    wire.reply(Instant::now(), limit).await.map_err(failed)
}
