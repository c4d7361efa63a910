//! Which keys are taken, what is said about the others, and whose mails are signed by whom.

use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/dkim/", $name))
    };
}

const ED25519: &str = fixture!("ed25519.pem");
const RSA: &str = fixture!("rsa2048-pkcs8.pem");
const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

fn key(domain: &str, selector: &str, algorithm: Algorithm, text: &str) -> DkimKeyConfig {
    DkimKeyConfig {
        domain: domain.to_owned(),
        signed_by: SignedBy::Key {
            selector: selector.to_owned(),
            algorithm,
            private_key: SecretString::from(text.to_owned()),
            origin: "keys/dkim.pem".to_owned(),
        },
    }
}

fn ed25519(domain: &str, selector: &str) -> DkimKeyConfig {
    key(domain, selector, Algorithm::Ed25519Sha256, ED25519)
}

fn relay(domain: &str) -> DkimKeyConfig {
    DkimKeyConfig {
        domain: domain.to_owned(),
        signed_by: SignedBy::Relay,
    }
}

/// What is said about a key, after the places that it names.
fn refusal(algorithm: Algorithm, text: &str) -> String {
    let error = DkimKeys::load(&[key("example.org", "s1", algorithm, text)]).unwrap_err();
    let said = error.to_string();
    let places = "dkim s1._domainkey.example.org: keys/dkim.pem: ";
    let said = said
        .strip_prefix(places)
        .unwrap_or_else(|| panic!("{said}"));
    for line in text
        .lines()
        .filter(|line| line.len() > 10 && !line.contains("KEY"))
    {
        assert!(!said.contains(line), "{said} shows {line}");
    }
    said.to_owned()
}

#[test]
fn keys_are_taken_in_every_usual_form() {
    for (algorithm, text) in [
        (Algorithm::RsaSha256, fixture!("rsa2048-pkcs1.pem")),
        (Algorithm::RsaSha256, RSA),
        (Algorithm::Ed25519Sha256, ED25519),
        (Algorithm::Ed25519Sha256, SEED),
    ] {
        let keys = DkimKeys::load(&[key("example.org", "s1", algorithm, text)]).unwrap();
        assert!(keys.warnings().is_empty(), "{:?}", keys.warnings());
    }
    let crlf = RSA.replace('\n', "\r\n");
    let between = format!("Bag Attributes\n\n{RSA}\n");
    for text in [crlf, between] {
        DkimKeys::load(&[key("example.org", "s1", Algorithm::RsaSha256, &text)]).unwrap();
    }
}

#[test]
fn both_forms_of_an_rsa_key_have_the_same_record() {
    let value = |text| {
        let keys = DkimKeys::load(&[key("a.example", "s", Algorithm::RsaSha256, text)]).unwrap();
        keys.records().remove(0).value().to_owned()
    };
    assert_eq!(value(RSA), value(fixture!("rsa2048-pkcs1.pem")));
    // The body of `openssl rsa -pubout`.
    let public: String = fixture!("public.pem")
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    assert_eq!(value(RSA), format!("v=DKIM1; k=rsa; p={public}"));
}

#[test]
fn a_key_that_cannot_be_used_is_described() {
    let cases = [
        (Algorithm::RsaSha256, "", "empty"),
        (Algorithm::RsaSha256, "secret", "PEM"),
        (Algorithm::RsaSha256, SEED, "PEM"),
        (
            Algorithm::RsaSha256,
            fixture!("rsa768.pem"),
            "768 bits; it must have 1024",
        ),
        (
            Algorithm::RsaSha256,
            fixture!("ec-pkcs8.pem"),
            "neither an RSA nor an Ed25519",
        ),
        (
            Algorithm::RsaSha256,
            fixture!("ec-sec1.pem"),
            "EC PRIVATE KEY",
        ),
        (Algorithm::RsaSha256, fixture!("public.pem"), "public key"),
        (
            Algorithm::RsaSha256,
            fixture!("encrypted-pkcs8.pem"),
            "passphrase",
        ),
        (
            Algorithm::RsaSha256,
            fixture!("encrypted-pkcs1.pem"),
            "passphrase",
        ),
        (Algorithm::RsaSha256, ED25519, "set \"ed25519-sha256\""),
        (Algorithm::Ed25519Sha256, RSA, "set \"rsa-sha256\""),
        (Algorithm::Ed25519Sha256, "c2hvcnQ=", "32 bytes"),
        (Algorithm::Ed25519Sha256, "not base64!", "32 bytes"),
    ];
    for (algorithm, text, expected) in cases {
        let said = refusal(algorithm, text);
        assert!(
            said.contains(expected),
            "{said:?} says nothing of {expected:?}"
        );
    }
}

#[test]
fn a_damaged_key_is_refused_wherever_it_is_damaged() {
    for text in [RSA, ED25519, fixture!("rsa1536.pem")] {
        let algorithm = if text == ED25519 {
            Algorithm::Ed25519Sha256
        } else {
            Algorithm::RsaSha256
        };
        let cut = &text[..text.len() / 2];
        assert!(refusal(algorithm, cut).contains("cut off"));
        let whole: Vec<&str> = text.lines().collect();
        let short = [&whole[..1], &whole[whole.len() - 1..]].concat().join("\n");
        refusal(algorithm, &short);
    }
    // A digit of the private exponent.
    let mut lines: Vec<String> = fixture!("rsa1536.pem").lines().map(str::to_owned).collect();
    lines[6] = lines[6].chars().rev().collect();
    assert!(refusal(Algorithm::RsaSha256, &lines.join("\n")).contains("damaged"));
}

#[test]
fn a_short_key_is_taken_with_a_warning() {
    let keys = DkimKeys::load(&[key(
        "example.org",
        "s1",
        Algorithm::RsaSha256,
        fixture!("rsa1536.pem"),
    )])
    .unwrap();
    let [warning] = keys.warnings() else {
        panic!("{:?}", keys.warnings());
    };
    assert!(
        warning.contains("s1._domainkey.example.org: keys/dkim.pem") && warning.contains("1536")
    );
}

#[test]
fn the_longest_domain_signs() {
    let keys = DkimKeys::load(&[
        ed25519("Example.org", "s"),
        ed25519("news.example.org", "s"),
        relay("shop.example.org"),
    ])
    .unwrap();
    let signed_as = |from: &str| keys.signer(from).map(|signer| signer.domain().to_owned());
    assert_eq!(signed_as("example.org").as_deref(), Some("example.org"));
    assert_eq!(signed_as("EXAMPLE.ORG").as_deref(), Some("example.org"));
    assert_eq!(
        signed_as("mail.example.org").as_deref(),
        Some("example.org")
    );
    assert_eq!(
        signed_as("a.news.example.org").as_deref(),
        Some("news.example.org")
    );
    for other in [
        "org",
        "example.com",
        "myexample.org",
        "shop.example.org",
        "",
    ] {
        assert!(keys.signer(other).is_none(), "{other}");
    }
    assert_eq!(keys.coverage("mail.example.org"), Coverage::Here);
    assert_eq!(keys.coverage("a.shop.example.org"), Coverage::Relay);
    assert_eq!(keys.coverage("example.com"), Coverage::Nobody);
}

#[test]
fn entries_that_contradict_each_other_are_refused() {
    let twice = DkimKeys::load(&[ed25519("example.org", "s"), ed25519("Example.Org", "s")]);
    assert!(twice.unwrap_err().to_string().contains("given twice"));
    for entries in [
        [ed25519("example.org", "s"), relay("example.org")],
        [relay("example.org"), ed25519("example.org", "s")],
    ] {
        let error = DkimKeys::load(&entries).unwrap_err().to_string();
        assert!(error.contains("relay signs"), "{error}");
    }
}

#[test]
fn a_sealed_mail_begins_with_its_signatures() {
    let keys = DkimKeys::load(&[ed25519("example.org", "s")]).unwrap();
    let now = "2026-03-02T08:00:00Z".parse().unwrap();
    let mail = b"From: a@example.org\r\n\r\nx\r\n".to_vec();
    let sealed = keys.seal("example.org", mail.clone(), now).unwrap();
    assert!(sealed.starts_with(b"DKIM-Signature: ") && sealed.ends_with(&mail));
    assert_eq!(keys.seal("example.com", mail.clone(), now).unwrap(), mail);
}

#[test]
fn a_new_key_comes_with_its_record() {
    for (algorithm, kind) in [
        (Algorithm::RsaSha256, "rsa"),
        (Algorithm::Ed25519Sha256, "ed25519"),
    ] {
        let new = generate("example.org", "s1", algorithm, 2048).unwrap();
        assert!(new.pem.lines().all(|line| line.len() <= 64));
        let keys = DkimKeys::load(&[key("example.org", "s1", algorithm, &new.pem)]).unwrap();
        assert_eq!(keys.records(), std::slice::from_ref(&new.record));
        assert_eq!(new.record.name(), "s1._domainkey.example.org");
        let start = format!("v=DKIM1; k={kind}; p=");
        assert!(new.record.value().starts_with(&start));
        let strings = new.record.strings();
        assert!(strings.iter().all(|s| s.len() <= 255));
        assert_eq!(strings.concat(), new.record.value());
    }
    assert!(generate("example.org", "s1", Algorithm::RsaSha256, 1024).is_err());
}
