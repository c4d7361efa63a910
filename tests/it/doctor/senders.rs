//! Senders: DKIM keys, SPF, DMARC, MX.

use std::fmt::Write as _;

use paperround::mail::dkim::{Algorithm, DkimKeyConfig, DkimKeys, SignedBy, generate};
use paperround::services::Deps;
use paperround::services::doctor::{ComingBackCase, KeyCase};
use paperround::services::manage_publication;

use super::*;
use crate::support::new_publication;

const DOMAIN: &str = "ledger.example";

/// A zone in which all is well with the sender.
fn good() -> Zone {
    Zone::default()
        .txt(DOMAIN, "v=spf1 ip4:9.9.9.9 ~all")
        .txt(
            "_dmarc.ledger.example",
            "v=DMARC1; p=none; rua=mailto:d@ledger.example",
        )
        .mx(DOMAIN, "mx.ledger.example")
        .address("mx.ledger.example", "9.9.9.9")
}

async fn deps(patient: &Patient) -> Deps {
    let settings = paperround::config::Settings {
        database: paperround::config::database::Database::at(&format!(
            "sqlite://{}",
            patient.folder.path().join("test.db").display()
        )),
        security: paperround::config::security::Security::with_key(&"x".repeat(40)),
        ..Default::default()
    };
    let nature = paperround::app::Nature::system().unwrap();
    let app = paperround::app::App::connect(settings, nature)
        .await
        .unwrap();
    app.migrate().await.unwrap();
    app.deps.clone()
}

async fn publication(deps: &Deps, slug: &str, from: &str) {
    let new = new_publication(slug, from);
    manage_publication::create(deps, new).await.unwrap();
}

/// A publication from a domain.
async fn sender(zone: Zone, domain: &str) -> Patient {
    let patient = Patient::new(zone).await;
    let deps = deps(&patient).await;
    publication(&deps, "ledger", &format!("The Ledger <news@{domain}>")).await;
    patient
}

async fn check(check: &str, zone: Zone) -> Finding {
    sender(zone, DOMAIN).await.finding(check).await
}

/// A key, and the record that belongs to it.
fn key(domain: &str, algorithm: Algorithm, pem: Option<&str>) -> (KeyCase, String) {
    let new = generate(domain, "s1", algorithm, 2048).unwrap();
    let text = pem.map_or_else(|| new.pem.to_string(), str::to_owned);
    let config = DkimKeyConfig {
        domain: domain.to_owned(),
        signed_by: SignedBy::Key {
            selector: "s1".to_owned(),
            algorithm,
            private_key: text.into(),
            origin: "k.pem".to_owned(),
        },
    };
    let keys = DkimKeys::load(&[config]).map_err(|error| error.to_string());
    let record = keys.as_ref().map_or_else(
        |_| String::new(),
        |keys| keys.records()[0].value().to_owned(),
    );
    let case = KeyCase {
        name: format!("s1._domainkey.{domain}"),
        domain: domain.to_owned(),
        is_signed_by_relay: false,
        keys,
    };
    (case, record)
}

#[tokio::test]
async fn a_key_must_be_published_as_it_is() {
    let name = "s1._domainkey.ledger.example";
    for algorithm in [Algorithm::Ed25519Sha256, Algorithm::RsaSha256] {
        let (key, record) = key(DOMAIN, algorithm, None);
        let other = generate(DOMAIN, "s1", algorithm, 2048).unwrap();
        let mut patient = Patient::new(Zone::default()).await;
        patient.case.keys.push(key);
        let cases = [
            (Some(record.clone()), Level::Ok, "published"),
            // As some interfaces write it.
            (
                Some(record.replace("; ", " ;\t").replace("p=", "p= ")),
                Level::Ok,
                "published",
            ),
            (Some(format!("{record}; t=y")), Level::Warn, "test mode"),
            (None, Level::Fail, "no such record"),
            (
                Some(other.record.value().to_owned()),
                Level::Fail,
                "another key",
            ),
            (Some("v=DKIM1; p=".to_owned()), Level::Fail, "revoked"),
            (Some(format!("{record}; h=sha1")), Level::Fail, "sha256"),
        ];
        for (published, level, found) in cases {
            let zone = match &published {
                Some(text) => Zone::default().txt(name, text),
                None => Zone::default(),
            };
            patient.case.dns = Dns::at(zone.serve().await);
            let finding = patient.finding("DKIM").await;
            assert_finding(&finding, level, found, "");
            let prints = finding.remedy.contains(&record);
            assert_eq!(
                prints,
                level != Level::Ok,
                "the record to publish: {finding:?}"
            );
        }
        let twice = Zone::default().txt(name, &record).txt(name, &record);
        patient.case.dns = Dns::at(twice.serve().await);
        let finding = patient.finding("DKIM").await;
        assert_finding(&finding, Level::Fail, "2 records", "all but one");
    }
}

#[tokio::test]
async fn a_key_that_is_short_or_broken_is_told() {
    let short = include_str!("../../fixtures/dkim/rsa1536.pem");
    let (short, record) = key(DOMAIN, Algorithm::RsaSha256, Some(short));
    let zone = Zone::default().txt("s1._domainkey.ledger.example", &record);
    let mut patient = Patient::new(zone).await;
    patient.case.keys.push(short);
    let finding = patient.finding("DKIM").await;
    assert_finding(&finding, Level::Warn, "1536 bits", "2048");

    let broken = include_str!("../../fixtures/dkim/rsa768.pem");
    let (broken, _) = key(DOMAIN, Algorithm::RsaSha256, Some(broken));
    patient.case.keys = vec![broken];
    let finding = patient.finding("DKIM").await;
    assert_finding(&finding, Level::Fail, "768 bits", "dkim generate");
}

#[tokio::test]
async fn somebody_should_sign() {
    let mut patient = sender(good(), DOMAIN).await;
    let finding = patient.finding("signing").await;
    assert_finding(&finding, Level::Warn, "nobody signs", "Gmail");
    let (mut key, _) = key(DOMAIN, Algorithm::Ed25519Sha256, None);
    key.is_signed_by_relay = true;
    patient.case.keys.push(key);
    let finding = patient.finding("signing").await;
    assert_finding(&finding, Level::Ok, "relay signs", "");
    assert_finding(&patient.finding("DKIM").await, Level::Ok, "relay signs", "");
}

fn spf(record: &str) -> Zone {
    good()
        .without(DOMAIN)
        .txt(DOMAIN, record)
        .mx(DOMAIN, "mx.ledger.example")
}

#[tokio::test]
async fn an_spf_record_is_there_and_closed() {
    for (record, level, found) in [
        (
            "v=spf1 a mx ip4:9.9.9.0/24 -all",
            Level::Ok,
            "-all; 2 lookups",
        ),
        ("v=spf1 mx +all", Level::Warn, "whole world"),
        ("v=spf1 ?all", Level::Warn, "?all"),
        ("v=spf1 mx", Level::Warn, "neither all nor redirect"),
        (
            "v=spf1 a:x.example a:y.example a:z.example ~all",
            Level::Warn,
            "3 lookups find nothing",
        ),
        ("v=spf1 ipv4:9.9.9.9 ~all", Level::Fail, "not a term"),
        (
            "v=spf1 include:none.example ~all",
            Level::Fail,
            "none.example, which has no",
        ),
        (
            "v=spf1 include:ledger.example ~all",
            Level::Fail,
            "leads back",
        ),
        ("something else", Level::Fail, "no SPF record"),
    ] {
        let finding = check("SPF", spf(record)).await;
        assert_finding(&finding, level, found, "");
    }
    let two = good().txt(DOMAIN, "v=spf1 -all");
    assert_finding(
        &check("SPF", two).await,
        Level::Fail,
        "2 SPF records",
        "correct",
    );
    let broken = sender(Zone::default(), "broken.example").await;
    assert_finding(
        &broken.finding("SPF").await,
        Level::Fail,
        "DNS",
        "--resolver",
    );
}

#[tokio::test]
async fn spf_stays_within_ten_lookups() {
    // `one` costs itself, what it includes, and that one's two.
    let zone = |count: usize| {
        let mut record = "v=spf1 redirect=spf.example".to_owned();
        let mut zone = Zone::default()
            .txt("one.example", "v=spf1 include:two.example ?all")
            .txt(
                "two.example",
                "v=spf1 a:mx.ledger.example exists:%{i}.example -all",
            );
        let mut deep = "v=spf1 include:one.example".to_owned();
        for _ in 0..count {
            let _ = write!(deep, " a:mx.ledger.example");
        }
        zone = zone.txt("spf.example", &(deep + " ~all"));
        record.push_str(" exp=why.example");
        zone.txt(DOMAIN, &record)
            .mx(DOMAIN, "mx.ledger.example")
            .address("mx.ledger.example", "9.9.9.9")
    };
    let finding = check("SPF", zone(5)).await;
    assert_finding(&finding, Level::Ok, "~all; 10 lookups", "");
    let finding = check("SPF", zone(6)).await;
    assert_finding(
        &finding,
        Level::Fail,
        "more than 10 lookups",
        "RFC 7208, 4.6.4",
    );
}

#[tokio::test]
async fn a_dmarc_record_stands_at_the_domain_or_above_it() {
    let dmarc = |name: &str, record: &str| {
        let name = format!("_dmarc.{name}");
        good().without("_dmarc.ledger.example").txt(&name, record)
    };
    let finding = check("DMARC", good()).await;
    assert_finding(&finding, Level::Ok, "p=none", "");
    assert!(finding.found.contains("quarantine or reject"));
    let reject = check("DMARC", dmarc(DOMAIN, "v=DMARC1;p=reject")).await;
    assert_finding(&reject, Level::Ok, "p=reject at _dmarc.ledger.example", "");
    assert!(reject.found.contains("rua"));
    let wrong = check("DMARC", dmarc(DOMAIN, "v=DMARC1;p=soon")).await;
    assert_finding(&wrong, Level::Fail, "no p= of", "v=DMARC1; p=none");
    let missing = check("DMARC", good().without("_dmarc.ledger.example")).await;
    assert_finding(&missing, Level::Fail, "no DMARC", "_dmarc.ledger.example");
    let two = good().txt("_dmarc.ledger.example", "v=DMARC1; p=none");
    assert_finding(
        &check("DMARC", two).await,
        Level::Fail,
        "2 records",
        "one of them",
    );

    let above = sender(
        dmarc(DOMAIN, "v=DMARC1; p=reject; sp=quarantine"),
        "mail.ledger.example",
    );
    let above = above.await.finding("DMARC").await;
    assert_finding(
        &above,
        Level::Ok,
        "p=quarantine at _dmarc.ledger.example",
        "",
    );
    let lonely = sender(
        dmarc("mail.ledger.example", "v=DMARC1; p=none"),
        "mail.ledger.example",
    );
    let lonely = lonely.await.finding("DMARC").await;
    assert_finding(
        &lonely,
        Level::Warn,
        "none at ledger.example",
        "_dmarc.ledger.example",
    );
}

#[tokio::test]
async fn signatures_are_aligned_with_the_sender() {
    let strict = good()
        .without("_dmarc.ledger.example")
        .txt("_dmarc.ledger.example", "v=DMARC1; p=none; adkim=s");
    let (key, _) = key(DOMAIN, Algorithm::Ed25519Sha256, None);
    let mut patient = sender(strict, "mail.ledger.example").await;
    patient.case.keys.push(key);
    let finding = patient.finding("DMARC").await;
    assert_finding(&finding, Level::Fail, "not aligned", "[[dkim]]");
    // Without adkim=s the domain above is near enough.
    patient.case.dns = Dns::at(good().serve().await);
    assert_finding(&patient.finding("DMARC").await, Level::Ok, "p=none", "");
}

#[tokio::test]
async fn somebody_can_answer() {
    let mx = |zone: Zone| async move { check("MX", zone).await };
    assert_finding(&mx(good()).await, Level::Ok, "mx.ledger.example", "");
    let own = Zone::default().address(DOMAIN, "9.9.9.9");
    assert_finding(&mx(own).await, Level::Warn, "no MX", "publish");
    assert_finding(
        &mx(Zone::default()).await,
        Level::Fail,
        "neither",
        "publish",
    );
    let null = Zone::default().mx(DOMAIN, ".");
    assert_finding(&mx(null).await, Level::Fail, "takes no mail", "publish");
    let lost = good().without("mx.ledger.example");
    assert_finding(&mx(lost).await, Level::Fail, "no such host", "correct");
}

#[tokio::test]
async fn one_publication_can_be_asked_about() {
    let mut patient = sender(good(), DOMAIN).await;
    publication(&deps(&patient).await, "other", "O <o@other.example>").await;
    let count = |found: &[Finding]| found.iter().filter(|f| f.check == "SPF").count();
    assert_eq!(count(&patient.examine().await), 2);
    patient
        .case
        .keys
        .push(key("other.example", Algorithm::Ed25519Sha256, None).0);
    patient.case.publication = Some("ledger".to_owned());
    let found = patient.examine().await;
    assert_eq!(count(&found), 1);
    assert!(!found.iter().any(|f| f.check == "DKIM"), "another's key");
    patient.case.publication = Some("nothing".to_owned());
    let error = examine(&patient.case).await.unwrap_err().to_string();
    assert!(error.contains("publication list"), "{error}");
}

#[tokio::test]
async fn the_domain_of_the_return_paths_is_looked_at_too() {
    let back = "bounces.ledger.example";
    let zone = good()
        .txt(back, "v=spf1 ip4:9.9.9.9 ~all")
        .mx(back, "mx.ledger.example");
    let mut patient = sender(zone, DOMAIN).await;
    let of = async |patient: &Patient, check: &str| {
        let all = patient.examine().await;
        let found = all
            .into_iter()
            .find(|one| one.check == check && one.subject == back);
        found.unwrap()
    };
    patient.case.coming_back = Some(ComingBackCase {
        domain: back.to_owned(),
        is_read: false,
    });
    assert_finding(&of(&patient, "SPF").await, Level::Ok, "ends in ~all", "");
    assert_finding(
        &of(&patient, "MX").await,
        Level::Ok,
        "mx.ledger.example",
        "",
    );
    let unread = of(&patient, "bounces").await;
    assert_finding(
        &unread,
        Level::Warn,
        "nothing here reads",
        "bounces.lmtp_listen",
    );
    patient.case.coming_back.as_mut().unwrap().is_read = true;
    assert_finding(&of(&patient, "bounces").await, Level::Ok, "is read", "");
    let mut bare = sender(good(), DOMAIN).await;
    bare.case.coming_back = patient.case.coming_back.take();
    assert_eq!(of(&bare, "MX").await.result, Level::Fail);
}
