//! The signed message of RFC 8463, made again; and the form of our own signatures.

use aws_lc_rs::signature::{
    ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};

use super::*;

const RFC_SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const RFC_RSA: &str = include_str!("../../../tests/fixtures/dkim/rfc8463-rsa.pem");
const RSA_2048: &str = include_str!("../../../tests/fixtures/dkim/rsa2048-pkcs1.pem");
const RSA_1536: &str = include_str!("../../../tests/fixtures/dkim/rsa1536.pem");

/// RFC 8463, A.3.
const RFC_MAIL: &str = "From: Joe SixPack <joe@football.example.com>\r\n\
    To: Suzie Q <suzie@shopping.example.net>\r\n\
    Subject: Is dinner ready?\r\n\
    Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
    Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\
    \r\n\
    Hi.\r\n\
    \r\n\
    We lost the game.  Are you hungry yet?\r\n\
    \r\n\
    Joe.\r\n\
    \r\n";
const RFC_BODY_HASH: &str = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=";
const RFC_ED25519: &str = "v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n \
    d=football.example.com; i=@football.example.com;\r\n \
    q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n \
    subject : date : message-id : from : subject : date;\r\n \
    bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";
const RFC_ED25519_SIGNATURE: &str =
    "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==";
const RFC_SHA256: &str = "v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n \
    d=football.example.com; i=@football.example.com;\r\n \
    q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n \
    date : message-id : from : subject : date;\r\n \
    bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";
const RFC_RSA_SIGNATURE: &str = "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\
    DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\
    dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=";

const MAIL: &str = "From: News <news@example.org>\r\n\
    To: ann@example.net\r\n\
    Subject: A long\r\n subject\r\n\
    Date: Mon, 2 Mar 2026 08:00:00 +0000\r\n\
    Message-ID: <1@example.org>\r\n\
    List-Unsubscribe: <https://news.example/u/1>\r\n\
    List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
    X-Other: not signed\r\n\
    \r\n\
    Body  \r\n";

fn signing_key(selector: &str, algorithm: Algorithm, text: &str) -> SigningKey {
    SigningKey {
        domain: "example.org".to_owned(),
        selector: selector.to_owned(),
        algorithm,
        key: PrivateKey::read(text, algorithm).unwrap(),
    }
}

fn signer(keys: Vec<SigningKey>) -> Signer {
    Signer { keys }
}

fn both() -> Signer {
    signer(vec![
        signing_key("r", Algorithm::RsaSha256, RSA_2048),
        signing_key("e", Algorithm::Ed25519Sha256, RFC_SEED),
    ])
}

fn now() -> Time {
    "2026-03-02T08:00:00.9Z".parse().unwrap()
}

fn sign(signer: &Signer, mail: &str) -> String {
    String::from_utf8(signer.sign(mail.as_bytes(), now()).unwrap()).unwrap()
}

/// The fields of a text, each without its folds.
fn unfolded(signatures: &str) -> Vec<String> {
    let whole = signatures.replace("\r\n ", "\u{0}");
    whole
        .lines()
        .map(|line| line.replace('\u{0}', " "))
        .collect()
}

fn tag(field: &str, name: &str) -> String {
    let (_, tags) = field.split_once(':').unwrap();
    let mut tags = tags.split(';').filter_map(|tag| tag.split_once('='));
    let value = tags.find(|(key, _)| key.trim() == name).unwrap().1;
    value.replace(' ', "")
}

/// The canonical fields of the RFC's message in the order of its `h=`: the repeated names stand
/// for nothing.
fn rfc_hash(own: &str) -> Digest {
    let (fields, _) = canon::split(RFC_MAIL.as_bytes()).unwrap();
    let mut canonical = Vec::new();
    for field in fields {
        canon::add_field(field, &mut canonical);
        canonical.extend(b"\r\n");
    }
    let text = format!("DKIM-Signature: {own}");
    header_hash(&canonical, &Folded { column: 0, text })
}

#[test]
fn the_signatures_of_rfc_8463_come_out_again() {
    let (_, body) = canon::split(RFC_MAIL.as_bytes()).unwrap();
    assert_eq!(BASE64.encode(body_hash(body)), RFC_BODY_HASH);

    let key = signing_key("brisbane", Algorithm::Ed25519Sha256, RFC_SEED);
    assert_eq!(
        key.key.public_base64(),
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    );
    let signature = key.key.sign(&rfc_hash(RFC_ED25519)).unwrap();
    assert_eq!(BASE64.encode(signature), RFC_ED25519_SIGNATURE);

    let key = signing_key("test", Algorithm::RsaSha256, RFC_RSA);
    let signature = key.key.sign(&rfc_hash(RFC_SHA256)).unwrap();
    assert_eq!(BASE64.encode(signature), RFC_RSA_SIGNATURE);
}

#[test]
fn a_signature_has_its_tags_and_short_lines() {
    let signatures = sign(&both(), MAIL);
    assert!(signatures.ends_with("\r\n") && !signatures.contains("\r\n\r\n"));
    assert!(
        signatures.split("\r\n").all(|line| line.len() < 78),
        "{signatures}"
    );
    let fields = unfolded(&signatures);
    assert_eq!(fields.len(), 2, "{signatures}");
    for (field, (algorithm, selector)) in fields
        .iter()
        .zip([("rsa-sha256", "r"), ("ed25519-sha256", "e")])
    {
        assert!(field.starts_with("DKIM-Signature: v=1; "), "{field}");
        assert_eq!(tag(field, "a"), algorithm);
        assert_eq!(tag(field, "s"), selector);
        assert_eq!(tag(field, "c"), "relaxed/relaxed");
        assert_eq!(tag(field, "d"), "example.org");
        assert_eq!(tag(field, "t"), "1772438400");
        assert_eq!(
            tag(field, "h"),
            "from:from:to:subject:date:message-id:list-unsubscribe:list-unsubscribe-post"
        );
        assert!(!field.contains("l=") && !field.contains("x="), "{field}");
    }
    assert_eq!(tag(&fields[0], "bh"), tag(&fields[1], "bh"));
}

#[test]
fn each_kind_of_key_signs_what_its_public_half_verifies() {
    let hash = digest::digest(&digest::SHA256, b"what is signed");
    let kinds: [(&str, Algorithm, &dyn VerificationAlgorithm); 3] = [
        (RSA_2048, Algorithm::RsaSha256, &RSA_PKCS1_2048_8192_SHA256),
        (
            RSA_1536,
            Algorithm::RsaSha256,
            &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        ),
        (RFC_SEED, Algorithm::Ed25519Sha256, &ED25519),
    ];
    for (text, algorithm, verifier) in kinds {
        let key = signing_key("x", algorithm, text).key;
        let signature = key.sign(&hash).unwrap();
        let public = BASE64.decode(key.public_base64()).unwrap();
        // Ed25519 takes the hash for the message (RFC 8463, 3).
        let message = match algorithm {
            Algorithm::RsaSha256 => &b"what is signed"[..],
            Algorithm::Ed25519Sha256 => hash.as_ref(),
        };
        UnparsedPublicKey::new(verifier, public)
            .verify(message, &signature)
            .unwrap();
    }
}

#[test]
fn what_is_not_signed_does_not_matter_and_the_rest_does() {
    let ours = |mail: &str| tag(&unfolded(&sign(&both(), mail))[1], "b");
    let same = ours(MAIL);
    for (from, to) in [
        ("X-Other: not", "X-Other: maybe"),
        ("Body  \r\n", "Body\r\n\r\n"),
        ("A long\r\n subject", "A  long subject "),
    ] {
        assert!(MAIL.contains(from));
        assert_eq!(ours(&MAIL.replace(from, to)), same, "{from}");
    }
    for (from, to) in [
        ("Body", "body"),
        ("A long", "Along"),
        ("u/1", "u/2"),
        ("=One-Click", "=Two"),
        ("ann@", "bob@"),
    ] {
        assert!(MAIL.contains(from));
        assert_ne!(ours(&MAIL.replace(from, to)), same, "{from}");
    }
}

#[test]
fn a_mail_needs_exactly_one_from_and_a_whole_header() {
    let error = |mail: &str| both().sign(mail.as_bytes(), now()).unwrap_err();
    assert_eq!(error("To: a@b.example\r\n\r\nx\r\n"), DkimError::From);
    assert_eq!(
        error(&format!("from: b@c.example\r\n{MAIL}")),
        DkimError::From
    );
    assert_eq!(error("From a\r\n\r\nx\r\n"), DkimError::Header);
}

#[test]
fn nothing_shows_a_key() {
    let shown = format!("{:?}", both());
    assert_eq!(
        shown,
        r#"["r._domainkey.example.org", "e._domainkey.example.org"]"#
    );
}
