//! TLS: required where asked for, and the certificate checked.

use paperround::mail::{ConnectError, Fault};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncWrite, BufReader, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::*;

/// For `localhost` only, signed by itself; the key protects nothing.
const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/tls/localhost.pem");
const KEY: &[u8] = include_bytes!("../../fixtures/tls/test-only-key.pem");

/// How the front door of a server behaves before TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Implicit,
    StartTls,
    /// Offers no STARTTLS.
    Without,
    /// Refuses STARTTLS after offering it.
    Refusing,
    /// Puts a reply of its own into the clear text before TLS begins.
    Injecting,
}

fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A TLS door before a plain SMTP server.
async fn door(kind: Door, inside: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (outer, _) = listener.accept().await.unwrap();
        let Some(outer) = before_tls(kind, outer).await else {
            return;
        };
        // The client may turn away from the certificate.
        let Ok(mut tls) = acceptor().accept(outer).await else {
            return;
        };
        let mut inner = BufReader::new(TcpStream::connect(inside).await.unwrap());
        if kind != Door::Implicit {
            let mut greeting = String::new();
            inner.read_line(&mut greeting).await.unwrap();
        }
        let _ = copy_bidirectional(&mut tls, &mut inner).await;
    });
    address
}

async fn before_tls(kind: Door, outer: TcpStream) -> Option<TcpStream> {
    if kind == Door::Implicit {
        return Some(outer);
    }
    let mut outer = BufReader::new(outer);
    let mut heard = String::new();
    say(&mut outer, "220 door\r\n").await;
    outer.read_line(&mut heard).await.unwrap();
    if kind == Door::Without {
        say(&mut outer, "250-door\r\n250 PIPELINING\r\n").await;
        // Nothing must follow but the end.
        heard.clear();
        assert_eq!(outer.read_line(&mut heard).await.unwrap(), 0, "{heard}");
        return None;
    }
    say(&mut outer, "250-door\r\n250-PIPELINING\r\n250 StartTLS\r\n").await;
    outer.read_line(&mut heard).await.unwrap();
    assert!(heard.ends_with("STARTTLS\r\n"));
    match kind {
        Door::Refusing => say(&mut outer, "454 4.7.0 not now\r\n").await,
        Door::Injecting => say(&mut outer, "220 go\r\n250 AUTH PLAIN\r\n").await,
        _ => say(&mut outer, "220 go\r\n").await,
    }
    Some(outer.into_inner())
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), line: &str) {
    stream.write_all(line.as_bytes()).await.unwrap();
}

/// A door with a server behind it, and what connecting to it by this URL comes to.
async fn knock(
    kind: Door,
    scheme: &str,
    host: &str,
    trusted: bool,
) -> (SmtpServer, Mailbox, Result<Connection, ConnectError>) {
    let mailbox = Mailbox::new();
    let server = SmtpServer::start(ANY_PORT.parse().unwrap(), Arc::new(mailbox.clone()))
        .await
        .unwrap();
    let port = door(kind, server.address()).await.port();
    let mut config = RelayConfig::new("main", format!("{scheme}://{host}:{port}"));
    config.command_timeout = LONG;
    if trusted {
        let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
        config.extra_roots = vec![certificate.to_vec()];
    }
    let result = Relay::parse(&config).unwrap().connect().await;
    (server, mailbox, result)
}

#[tokio::test]
async fn mail_goes_through_tls() {
    for (kind, scheme) in [(Door::Implicit, "smtps"), (Door::StartTls, "smtp+starttls")] {
        let (_server, mailbox, result) = knock(kind, scheme, "localhost", true).await;
        let mut connection = result.unwrap();
        for _ in 0..2 {
            let outcome = connection.send(FROM, &ann(), MESSAGE).await;
            assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
        }
        connection.quit().await;
        assert_eq!(mailbox.list().len(), 2);
    }
}

#[tokio::test]
async fn a_wrong_certificate_is_a_fault_of_the_relay() {
    for (kind, scheme) in [(Door::Implicit, "smtps"), (Door::StartTls, "smtp+starttls")] {
        for (host, trusted) in [("localhost", false), ("127.0.0.1", true)] {
            let (_server, _, result) = knock(kind, scheme, host, trusted).await;
            let error = result.unwrap_err();
            assert_eq!(error.fault, Fault::Tls, "{error}");
            assert!(error.problem.contains("certificate"), "{error}");
            assert!(error.endpoint.starts_with(host));
        }
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    for (kind, fault, says) in [
        (Door::Without, Fault::Tls, "does not offer STARTTLS"),
        (
            Door::Refusing,
            Fault::Server,
            "refused STARTTLS: 454 4.7.0 not now",
        ),
        (Door::Injecting, Fault::Tls, "went on talking"),
    ] {
        let (_server, mailbox, result) = knock(kind, "smtp+starttls", "localhost", true).await;
        let error = result.unwrap_err();
        assert_eq!(error.fault, fault, "{error}");
        assert!(error.problem.contains(says), "{error}");
        assert!(mailbox.list().is_empty());
    }
}

#[tokio::test]
async fn a_server_without_tls_on_the_port_is_explained() {
    let address = replies(&["220 plain\r\n"]).await;
    let mut config = RelayConfig::new("main", format!("smtps://localhost:{}", address.port()));
    config.command_timeout = LONG;
    let error = Relay::parse(&config).unwrap().connect().await.unwrap_err();
    assert_eq!(error.fault, Fault::Tls, "{error}");
    assert!(error.problem.contains("smtp+starttls://"), "{error}");
}
