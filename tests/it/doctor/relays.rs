//! Relays: connection, TLS, signing in, and the name that they hear.

use std::io::Write as _;

use paperround::mail::RelayConfig;
use paperround::services::doctor::Level;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::*;
use crate::smtp_session::acceptor;
use crate::smtp_session::player::{Deed, Heard, Player, Tls, say};

const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/tls/localhost.pem");

const OFFERS: &str = "250-player\r\n250-PIPELINING\r\n250-SIZE 35000000\r\n250-8BITMIME\r\n\
                      250-SMTPUTF8\r\n250-DSN\r\n250 AUTH PLAIN\r\n";

/// Offers everything and knows one password.
fn able(heard: &Heard) -> Option<Vec<Deed>> {
    match heard.verb.as_str() {
        "EHLO" => Some(vec![say(OFFERS)]),
        "AUTH" => Some(vec![say("235 2.7.0 welcome\r\n")]),
        _ => None,
    }
}

async fn patient(url: &str, change: impl FnOnce(&mut RelayConfig)) -> Patient {
    let mut config = RelayConfig::new("main", url);
    config.command_timeout = paperround::services::doctor::STEP_LIMIT;
    change(&mut config);
    Patient::new(Zone::default()).await.relay(&config)
}

fn trust(config: &mut RelayConfig) {
    let der = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    config.extra_roots = vec![der.to_vec()];
}

#[tokio::test]
async fn a_relay_shows_what_it_can_do() {
    let player = Player::start(Tls::Implicit(acceptor()), able).await;
    let url = format!("smtps://ann:pencil@localhost:{}", player.address.port());
    let patient = patient(&url, trust).await;
    let finding = patient.finding("relay").await;
    assert_finding(&finding, Level::Ok, "signed in", "");
    for word in [
        "\"player\"",
        "PIPELINING",
        "SIZE 35000000",
        "8BITMIME",
        "SMTPUTF8",
        "DSN",
    ] {
        assert!(finding.found.contains(word), "{word}: {finding:?}");
    }
    let tls = patient.finding("relay TLS").await;
    assert_finding(&tls, Level::Ok, "TLS 1.3, certificate until 2126-10-31", "");
    // It signs in, takes leave, and begins no mail.
    let lines = player.lines();
    assert!(lines.iter().any(|line| line.starts_with("AUTH PLAIN")));
    assert!(lines.iter().any(|line| line == "QUIT"), "{lines:?}");
    assert!(!lines.iter().any(|line| line.starts_with("MAIL")));
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_worth_a_warning() {
    let player = Player::start(Tls::Implicit(acceptor()), able).await;
    let url = format!("smtps://localhost:{}", player.address.port());
    let soon = patient(&url, trust).await.at("2126-10-20T00:00:00Z");
    assert_finding(
        &soon.finding("relay TLS").await,
        Level::Warn,
        "until 2126-10-31",
        "renew",
    );
}

#[tokio::test]
async fn a_certificate_of_somebody_else_fails() {
    let player = Player::start(Tls::Implicit(acceptor()), able).await;
    let url = format!("smtps://127.0.0.1:{}", player.address.port());
    let finding = patient(&url, trust).await.finding("relay").await;
    assert_finding(&finding, Level::Fail, "TLS failed", "the certificate has");
    // Nobody vouches for it.
    let url = format!("smtps://localhost:{}", player.address.port());
    let finding = patient(&url, |_| {}).await.finding("relay").await;
    assert_finding(&finding, Level::Fail, "TLS failed", "relay.ca_file");
}

#[tokio::test]
async fn a_wrong_password_fails_and_is_not_shown() {
    let player = Player::plain(|heard| match heard.verb.as_str() {
        "AUTH" => Some(vec![say("535 5.7.8 no\r\n")]),
        _ => able(heard),
    })
    .await;
    let url = format!("smtp://ann:s3cret-pencil@{}", player.address);
    let patient = patient(&url, |_| {}).await;
    let finding = patient.finding("relay").await;
    assert_finding(&finding, Level::Fail, "535", "password in relay.url");
    let all = format!("{:?}", patient.examine().await);
    assert!(!all.contains("s3cret"), "{all}");
}

#[tokio::test]
async fn a_password_never_travels_in_the_clear() {
    let patient = patient("smtp://ann:s3cret@mail.example", |_| {}).await;
    let finding = patient.finding("relay").await;
    assert_finding(&finding, Level::Fail, "in the clear; not tried", "smtps://");
    assert!(!format!("{finding:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_relay_that_is_away_or_unfriendly_fails() {
    let away = patient("smtp://127.0.0.1:1", |_| {}).await;
    assert_finding(
        &away.finding("relay").await,
        Level::Fail,
        "no connection",
        "firewalls",
    );
    let player = Player::plain(|heard| {
        (heard.verb == "CONNECT").then(|| vec![say("554 5.7.1 not you\r\n"), Deed::Cut])
    })
    .await;
    let unfriendly = patient(&format!("smtp://{}", player.address), |_| {}).await;
    assert_finding(
        &unfriendly.finding("relay").await,
        Level::Fail,
        "not you",
        "let this machine in",
    );
    let wrong = patient("smtp://127.0.0.1:25/x", |_| {}).await;
    assert_finding(
        &wrong.finding("relay").await,
        Level::Fail,
        "after the port",
        "[[relay]]",
    );
}

#[tokio::test]
async fn a_relay_that_hangs_takes_no_longer_than_the_limit() {
    let player = Player::plain(|heard| (heard.verb == "CONNECT").then(|| vec![Deed::Hang])).await;
    let hanging = patient(&format!("smtp://{}", player.address), |_| {}).await;
    let began = std::time::Instant::now();
    let finding = hanging.finding("relay").await;
    assert_finding(&finding, Level::Fail, "greeting took longer", "firewalls");
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_private_authority_comes_from_its_file() {
    let player = Player::start(Tls::Implicit(acceptor()), able).await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(CERTIFICATE).unwrap();
    let url = format!("smtps://localhost:{}", player.address.port());
    let patient = patient(&url, |config| {
        config.ca_file = Some(file.path().to_owned());
    });
    let finding = patient.await.finding("relay").await;
    assert_finding(&finding, Level::Ok, "PIPELINING", "");
}

/// A relay elsewhere, at an address that nobody has (RFC 5737).
fn far() -> RelayConfig {
    let mut config = RelayConfig::new("far", "smtps://192.0.2.1");
    config.command_timeout = std::time::Duration::from_millis(100);
    config
}

#[tokio::test]
async fn the_name_in_ehlo_means_something_elsewhere() {
    let zone = Zone::default().address("news.example.org", "9.9.9.9");
    let far_away = |hello: &'static str| {
        let zone = zone.clone();
        async move {
            let mut patient = Patient::new(zone).await.relay(&far());
            hello.clone_into(&mut patient.case.hello);
            patient.finding("EHLO name").await
        }
    };
    let named = far_away("news.example.org").await;
    assert_finding(&named, Level::Ok, "has 9.9.9.9", "");
    let unknown = far_away("nowhere.example.org").await;
    assert_finding(&unknown, Level::Fail, "no address", "http.public_url");
    let local = far_away("localhost").await;
    assert_finding(&local, Level::Fail, "this machine", "http.public_url");
    let literal = far_away("9.9.9.9").await;
    assert_finding(&literal, Level::Warn, "an address", "http.public_url");
    let near = patient("smtp://127.0.0.1:1", |_| {}).await;
    assert_finding(&near.finding("EHLO name").await, Level::Ok, "skipped", "");
}

#[tokio::test]
async fn addresses_lead_back_to_their_name() {
    let zone = Zone::default()
        .address("news.example.org", "9.9.9.9")
        .address("news.example.org", "2620:fe::9");
    let both = zone
        .clone()
        .ptr("9.9.9.9", "news.example.org")
        .ptr("2620:fe::9", "news.example.org");
    let finding = Patient::new(both).await.finding("reverse DNS").await;
    assert_finding(&finding, Level::Ok, "leads back", "");
    // A name that does not have the address does not count.
    let lies = zone
        .ptr("9.9.9.9", "news.example.org")
        .ptr("2620:fe::9", "other.example");
    let finding = Patient::new(lies).await.finding("reverse DNS").await;
    assert_finding(&finding, Level::Warn, "2620:fe::9 leads back to no", "PTR");
    let private = Zone::default().address("news.example.org", "10.0.0.1");
    let finding = Patient::new(private).await.finding("reverse DNS").await;
    assert_finding(&finding, Level::Ok, "skipped", "");
}
