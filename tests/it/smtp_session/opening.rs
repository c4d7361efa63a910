//! Greeting, EHLO, TLS and signing in.

use std::io::Write as _;
use std::sync::Arc;

use paperround::mail::smtp::{Auth, Mechanism};
use paperround::mail::{ConnectError, Fault};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::*;

const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/tls/localhost.pem");
const KEY: &[u8] = include_bytes!("../../fixtures/tls/test-only-key.pem");

pub fn acceptor() -> TlsAcceptor {
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

/// A file with the certificate that the server shows.
fn ca_file(pem: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem).unwrap();
    file
}

/// The usual server, with STARTTLS on offer until TLS has begun.
fn with_starttls(heard: &Heard) -> Option<Vec<Deed>> {
    let offers = "250-player\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n";
    (heard.verb == "EHLO" && heard.turn == 1).then(|| vec![say(offers)])
}

async fn refused(player: &Player, change: impl FnOnce(&mut RelayConfig)) -> ConnectError {
    relay(player, change).open().await.unwrap_err()
}

#[tokio::test]
async fn mail_goes_through_tls_with_a_private_ca() {
    let ca = ca_file(CERTIFICATE);
    for (scheme, tls) in [
        ("smtps", Tls::Implicit(acceptor())),
        ("smtp+starttls", Tls::Later(acceptor())),
    ] {
        let is_starttls = matches!(tls, Tls::Later(_));
        let player = Player::start(tls, move |heard| {
            is_starttls.then(|| with_starttls(heard)).flatten()
        })
        .await;
        let port = player.address.port();
        let trusting = relay(&player, |config| {
            config.url = format!("{scheme}://localhost:{port}");
            config.ca_file = Some(ca.path().to_owned());
        });
        let mut session = trusting.open().await.unwrap();
        // What was offered in the clear is forgotten.
        assert!(session.capabilities().auth.is_empty() && session.pipelines());
        let big = b"0123456789012345678901234567890123456789\r\n".repeat(20_000);
        session.announce(&mail(1)).await;
        session.ready().await.unwrap();
        assert!(is_accepted(&session.send(&big, Some(&mail(2))).await));
        session.ready().await.unwrap();
        assert!(is_accepted(&session.send(MESSAGE, None).await));
        session.quit().await;
        assert_eq!(player.messages(), [big, MESSAGE.to_vec()]);

        for (host, ca) in [
            ("localhost", None),
            ("127.0.0.1", Some(ca.path().to_owned())),
        ] {
            let error = refused(&player, |config| {
                config.url = format!("{scheme}://{host}:{port}");
                config.ca_file = ca;
            })
            .await;
            assert_eq!(error.fault, Fault::Tls, "{error}");
            assert!(error.problem.contains("certificate"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_ca_file_that_holds_no_certificate_is_named() {
    let player = Player::plain(|_| None).await;
    for pem in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let file = ca_file(pem.as_bytes());
        let mut config = config(&player);
        config.url = "smtps://localhost".to_owned();
        config.ca_file = Some(file.path().to_owned());
        let error = Relay::parse(&config).unwrap_err().to_string();
        let named = format!("ca_file {}", file.path().display());
        assert!(error.contains(&named), "{error}");
        drop(file);
        assert!(
            Relay::parse(&config)
                .unwrap_err()
                .to_string()
                .contains("ca_file")
        );
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    for (starttls, fault, says) in [
        (None, Fault::Tls, "does not offer STARTTLS"),
        (
            Some("454 4.7.0 not now\r\n"),
            Fault::Server,
            "refused STARTTLS: 454",
        ),
        (Some("220 go\r\n250 hi\r\n"), Fault::Tls, "went on talking"),
    ] {
        let player = Player::plain(move |heard| match heard.verb.as_str() {
            "STARTTLS" => Some(vec![say(starttls.unwrap_or_default())]),
            "EHLO" if starttls.is_none() => Some(vec![say("250 player\r\n")]),
            _ => with_starttls(heard),
        })
        .await;
        let port = player.address.port();
        let error = refused(&player, |config| {
            config.url = format!("smtp+starttls://u:p@localhost:{port}");
        })
        .await;
        assert_eq!(error.fault, fault, "{error}");
        assert!(error.problem.contains(says), "{error}");
        assert!(!player.lines().iter().any(|line| line.starts_with("AUTH")));
    }
}

#[tokio::test]
async fn tls_that_ends_in_the_middle_is_a_broken_connection() {
    let ca = ca_file(CERTIFICATE);
    for (verb, is_unknown) in [("DATA", false), ("BODY", false), ("DOT", true)] {
        let player = Player::start(Tls::Implicit(acceptor()), move |heard| {
            (heard.verb == verb).then(|| vec![Deed::Cut])
        })
        .await;
        let relay = relay(&player, |config| {
            config.url = format!("smtps://localhost:{}", player.address.port());
            config.ca_file = Some(ca.path().to_owned());
        });
        let mut session = relay.open().await.unwrap();
        // More than the buffers of both sockets hold, where the end comes in its middle.
        let length = if verb == "BODY" { 500_000 } else { 10 };
        let message = b"0123456789012345678901234567890123456789\r\n".repeat(length);
        session.announce(&mail(1)).await;
        let outcome = match session.ready().await {
            Ok(()) => session.send(&message, None).await,
            Err(refusal) => refusal.outcome,
        };
        assert_eq!(
            matches!(outcome, Outcome::Unknown(_)),
            is_unknown,
            "{outcome:?}"
        );
        assert!(
            is_unknown || matches!(outcome, Outcome::NotBegun(_)),
            "{outcome:?}"
        );
        assert!(!session.is_usable());
    }
}

#[tokio::test]
async fn a_server_without_ehlo_is_greeted_as_of_old() {
    let player =
        Player::plain(|heard| (heard.verb == "EHLO").then(|| vec![say("502 5.5.1 what\r\n")]))
            .await;
    let mut session = open(&player).await;
    assert!(!session.pipelines());
    assert!(is_accepted(&one(&mut session, &mail(1)).await.unwrap()));
    assert_eq!(player.lines()[1], "HELO localhost");
}

#[tokio::test]
async fn a_server_that_does_not_greet_is_a_fault_of_the_relay() {
    for (deeds, fault, says) in [
        (vec![Deed::Cut], Fault::Network, "no greeting"),
        (vec![Deed::Hang], Fault::Network, "the greeting took longer"),
        (
            vec![Deed::Spell("220-never".into()), Deed::Hang],
            Fault::Network,
            "the greeting took longer",
        ),
        (vec![say("SSH-2.0-x\r\n")], Fault::Network, "SMTP server"),
        (
            vec![say("554 5.7.1 go away\r\n")],
            Fault::Server,
            "554 5.7.1 go away",
        ),
        (
            vec![say("421 4.3.2 busy\r\n")],
            Fault::Server,
            "421 4.3.2 busy",
        ),
    ] {
        let hangs = deeds.iter().any(|deed| matches!(deed, Deed::Hang));
        let player = Player::plain(move |_| Some(deeds.clone())).await;
        let error = refused(&player, |config| {
            if hangs {
                hasty(config);
            }
        })
        .await;
        assert_eq!(error.fault, fault, "{error}");
        assert!(error.problem.contains(says), "{error}");
    }
}

/// The server's part in signing in: what it offers, and what it says to the first line and then
/// to each other one.
async fn sign_in(
    auth: Auth,
    password: &str,
    offer: &str,
    replies: &'static [&'static str],
) -> (Result<Session, ConnectError>, Vec<String>) {
    let offer = format!("250-player\r\n250 AUTH {offer}\r\n");
    let said = std::sync::atomic::AtomicUsize::new(0);
    let player = Player::plain(move |heard| match heard.verb.as_str() {
        "CONNECT" => None,
        "EHLO" => Some(vec![say(&offer)]),
        _ => {
            let at = said.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Some(vec![say(replies.get(at)?)])
        }
    })
    .await;
    let relay = relay(&player, |config| {
        config.url = format!("smtp://ann:{password}@{}", player.address);
        config.auth = auth;
    });
    let result = relay.open().await;
    (result, player.lines()[1..].to_vec())
}

#[tokio::test]
async fn signing_in_speaks_what_is_offered_and_wanted() {
    const WELCOME: &str = "235 2.7.0 welcome\r\n";
    let welcome: &[&str] = &[WELCOME];
    let asked: &[&str] = &["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", WELCOME];
    for (auth, offer, replies, lines) in [
        (
            Auth::Auto,
            "LOGIN PLAIN",
            welcome,
            &["AUTH PLAIN AGFubgBzZWNyZXQ="][..],
        ),
        (
            Auth::Auto,
            "LOGIN",
            asked,
            &["AUTH LOGIN", "YW5u", "c2VjcmV0"],
        ),
        (
            Auth::Only(Mechanism::Login),
            "PLAIN LOGIN",
            asked,
            &["AUTH LOGIN", "YW5u", "c2VjcmV0"],
        ),
        (
            Auth::Only(Mechanism::XOAuth2),
            "PLAIN XOAUTH2",
            welcome,
            &["AUTH XOAUTH2 dXNlcj1hbm4BYXV0aD1CZWFyZXIgc2VjcmV0AQE="],
        ),
    ] {
        let (result, heard) = sign_in(auth, "secret", offer, replies).await;
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(heard, lines);
    }
}

#[tokio::test]
async fn a_long_password_follows_on_a_line_of_its_own() {
    let password = "x".repeat(400);
    let (result, heard) = sign_in(
        Auth::Only(Mechanism::XOAuth2),
        &password,
        "XOAUTH2",
        &["334 \r\n", "235 2.7.0 welcome\r\n"],
    )
    .await;
    assert!(result.is_ok(), "{result:?}");
    assert!(heard[0] == "AUTH XOAUTH2" && heard[1].len() > 510 && heard.len() == 2);
}

#[tokio::test]
async fn a_refused_password_is_a_fault_of_the_relay() {
    let xoauth2 = Auth::Only(Mechanism::XOAuth2);
    for (auth, offer, replies, says) in [
        (
            Auth::Auto,
            "PLAIN",
            &["535 5.7.8 wrong\r\n"][..],
            "refused user name or password",
        ),
        (
            Auth::Auto,
            "LOGIN",
            &["334 \r\n", "334 \r\n", "535 5.7.8 no\r\n"],
            "refused user name",
        ),
        (
            xoauth2,
            "XOAUTH2",
            &["334 eyJzIjo0MDF9\r\n", "535 5.7.8 no\r\n"],
            "refused user name",
        ),
        (
            Auth::Auto,
            "PLAIN",
            &["454 4.7.0 later\r\n"],
            "cannot check the password now",
        ),
        (
            Auth::Auto,
            "CRAM-MD5 XOAUTH2",
            &[],
            "neither AUTH PLAIN nor AUTH LOGIN",
        ),
        (xoauth2, "PLAIN LOGIN", &[], "does not offer AUTH XOAUTH2"),
    ] {
        let (result, heard) = sign_in(auth, "geheim", offer, replies).await;
        let error = result.unwrap_err();
        assert_eq!(error.fault, Fault::SignIn, "{error}");
        assert!(error.problem.contains(says), "{error}");
        assert!(!error.to_string().contains("geheim"));
        assert_eq!(heard.len(), replies.len());
    }
}
