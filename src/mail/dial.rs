//! Reaching a relay: TCP, then TLS where asked for, before the SMTP session proper.
//!
//! STARTTLS is spoken here and not by lettre, because the stream must be ours: without Nagle's
//! algorithm (lettre writes body and final dot apart, which would cost 40 ms a mail), and with
//! nothing that was said in the clear left in a buffer when TLS begins.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
    ReadBuf,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::outcome;
use super::relay::{Security, Settings};
use super::transport::Fault;

/// Per address: whoever does not answer a TCP connection by then is not there.
const DIAL_TIMEOUT: Duration = Duration::from_secs(30);
/// RFC 5321, 4.5.3.1.5 allows 512 octets; servers send more.
const MAX_REPLY_LINE: u64 = 4096;
const MAX_REPLY_LINES: usize = 100;

/// What went wrong, and the text for it.
pub(super) type Failure = (Fault, String);

/// A stream on which the SMTP session can begin.
pub(super) async fn dial(relay: &Settings) -> Result<Box<dyn AsyncTokioStream>, Failure> {
    let tcp = tcp(relay).await?;
    let Some((config, name)) = &relay.tls else {
        return Ok(Box::new(tcp));
    };
    let limit = relay.command_timeout;
    let (tcp, greeting) = match relay.security {
        Security::StartTls => {
            let asked = timeout(limit, ask_for_tls(tcp, &relay.hello.to_string())).await;
            let tcp = asked.map_err(|_| late("the reply to STARTTLS", limit))??;
            // lettre starts a session by reading a greeting; this server has given its own, in
            // the clear, and RFC 3207, 4.2 has both sides start anew with EHLO.
            (tcp, b"220 encrypted\r\n".as_slice())
        }
        Security::Plain | Security::Implicit => (tcp, b"".as_slice()),
    };
    let connecting = TlsConnector::from(Arc::clone(config)).connect(name.clone(), tcp);
    let stream = timeout(limit, connecting)
        .await
        .map_err(|_| late("the TLS handshake", limit))?
        .map_err(|error| tls_failure(&error, relay.security))?;
    Ok(Box::new(Encrypted { greeting, stream }))
}

/// The first address that answers.
pub(super) async fn tcp(relay: &Settings) -> Result<TcpStream, Failure> {
    let unreachable = |text: String| (Fault::Network, text);
    let target = (relay.host.as_str(), relay.port);
    let limit = relay.command_timeout.min(DIAL_TIMEOUT);
    let addresses = timeout(limit, tokio::net::lookup_host(target))
        .await
        .map_err(|_| late("the address of the host", limit))?
        .map_err(|error| {
            unreachable(format!(
                "the host name could not be resolved ({error}); check relay.url and the DNS"
            ))
        })?;
    let mut last = "the host name has no address; check relay.url".to_owned();
    for address in addresses {
        match timeout(limit, open(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => {
                last = format!(
                    "no connection ({error}); check that the server runs, the port, and firewalls"
                );
            }
            Err(_) => return Err(late("the connection", limit)),
        }
    }
    Err(unreachable(last))
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Greeting, EHLO and STARTTLS (RFC 3207, 4), all in the clear.
async fn ask_for_tls(tcp: TcpStream, hello: &str) -> Result<TcpStream, Failure> {
    let mut stream = BufReader::new(tcp);
    expect(&mut stream, "the greeting").await?;
    say(&mut stream, &format!("EHLO {hello}\r\n")).await?;
    let offers = expect(&mut stream, "EHLO").await?;
    let has_starttls = offers
        .iter()
        .skip(1)
        .any(|offer| offer.trim().eq_ignore_ascii_case("STARTTLS"));
    if !has_starttls {
        return Err(no_starttls());
    }
    say(&mut stream, "STARTTLS\r\n").await?;
    expect(&mut stream, "STARTTLS").await?;
    // Whatever came after the reply was not protected, and would be taken for replies given
    // under TLS (CVE-2011-0411 and its kin).
    if stream.buffer().is_empty() {
        Ok(stream.into_inner())
    } else {
        Err(tampered())
    }
}

/// The failure where a server has no STARTTLS.
pub(super) fn no_starttls() -> Failure {
    (
        Fault::Tls,
        "the server does not offer STARTTLS; nothing was sent. Use smtps:// if it speaks TLS \
         from the start, or smtp:// if it needs none"
            .to_owned(),
    )
}

/// The failure where something was said in the clear that TLS should protect.
pub(super) fn tampered() -> Failure {
    (
        Fault::Tls,
        "the server went on talking after its reply to STARTTLS; somebody may be tampering with \
         the connection"
            .to_owned(),
    )
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> Result<(), Failure> {
    stream
        .write_all(line.as_bytes())
        .await
        .map_err(|error| (Fault::Network, format!("the connection broke ({error})")))
}

/// The text of each line of a positive reply.
async fn expect(stream: &mut BufReader<TcpStream>, to: &str) -> Result<Vec<String>, Failure> {
    let broke = |text: String| (Fault::Network, format!("no reply to {to}: {text}"));
    let mut lines = Vec::new();
    while lines.len() < MAX_REPLY_LINES {
        let mut line = Vec::new();
        stream
            .take(MAX_REPLY_LINE)
            .read_until(b'\n', &mut line)
            .await
            .map_err(|error| broke(error.to_string()))?;
        let line = String::from_utf8_lossy(&line);
        let Some(line) = line.strip_suffix('\n') else {
            return Err(broke("the server closed the connection".to_owned()));
        };
        let line = line.trim_end();
        let (code, is_last) = outcome::line_code(line)
            .ok_or_else(|| broke(format!("{:?} is not SMTP", outcome::clean(line))))?;
        lines.push(line.get(4..).unwrap_or_default().to_owned());
        if is_last && outcome::is_completion(code) {
            return Ok(lines);
        }
        if is_last {
            let said = outcome::reply(code, &lines.join("\n"));
            return Err((Fault::Server, format!("the server refused {to}: {said}")));
        }
    }
    Err(broke("it never ends".to_owned()))
}

/// Public authorities, and those that the settings add.
pub(super) fn tls_config(
    extra_roots: &[Vec<u8>],
    ca_file: Option<&Path>,
) -> Result<Arc<rustls::ClientConfig>, String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in extra_roots {
        roots
            .add(CertificateDer::from(root.clone()))
            .map_err(|error| format!("a certificate to trust cannot be read: {error}"))?;
    }
    if let Some(path) = ca_file {
        add_file(&mut roots, path)
            .map_err(|problem| format!("ca_file {}: {problem}", path.display()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The certificates of a PEM file (RFC 7468, 5).
fn add_file(roots: &mut rustls::RootCertStore, path: &Path) -> Result<(), String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| format!("it is not PEM ({error})"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("a certificate in it cannot be used ({error})"))?;
        count += 1;
    }
    if count == 0 {
        return Err("it holds no certificate (-----BEGIN CERTIFICATE-----)".to_owned());
    }
    Ok(())
}

pub(super) fn tls_failure(error: &io::Error, security: Security) -> Failure {
    let cause = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let remedy = match (cause, security) {
        (Some(rustls::Error::InvalidCertificate(why)), _)
            if format!("{why:?}").contains("CaUsedAsEndEntity") =>
        {
            "the server shows the certificate of an authority as its own; make it one without CA:TRUE (openssl req -x509 ... -addext basicConstraints=critical,CA:FALSE)"
        }
        (Some(rustls::Error::InvalidCertificate(_)), _) => {
            "use a name in relay.url that the certificate has, and a certificate that is in date and from a public authority or one in relay.ca_file"
        }
        (_, Security::Implicit) => {
            "if the port expects STARTTLS, as 587 does, use smtp+starttls:// in relay.url"
        }
        _ => "check the TLS settings of the server",
    };
    (Fault::Tls, format!("TLS failed ({error}); {remedy}"))
}

/// The text for a step that took too long.
pub(super) fn late(what: &str, limit: Duration) -> Failure {
    let text = format!("{what} took longer than {limit:?}; check host, port and firewalls");
    (Fault::Network, text)
}

/// A TLS stream that lettre can use, with a greeting put before what the server says.
struct Encrypted {
    greeting: &'static [u8],
    stream: TlsStream<TcpStream>,
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.greeting.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let (now, later) = self
            .greeting
            .split_at(buffer.remaining().min(self.greeting.len()));
        buffer.put_slice(now);
        self.greeting = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.get_ref().0.peer_addr()
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn small_writes_do_not_wait_for_acknowledgements() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = open(listener.local_addr().unwrap()).await.unwrap();
        assert!(stream.nodelay().unwrap());
    }
}
