//! The little of PEM (RFC 7468) and DER that keys need: finding the key, telling its kind, and
//! saying what else was found. The cryptographic library reads the key itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::zeroize::Zeroizing;

/// The object identifiers of RSA (RFC 8017, A.1) and of Ed25519 (RFC 8410, 3).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT_ID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// A private key as its file holds it, in DER.
pub(super) enum Found {
    /// PKCS#1 (RFC 8017, A.1.2).
    Rsa(Zeroizing<Vec<u8>>),
    /// PKCS#8 (RFC 5958) around an Ed25519 key.
    Ed25519(Zeroizing<Vec<u8>>),
}

/// Finds the private key in a PEM text. The error says what was found instead.
pub(super) fn read_pem(text: &str) -> Result<Found, String> {
    let broken = || "the PEM text is cut off or damaged; copy the whole file".to_owned();
    let mut rest = text;
    let mut others = Vec::new();
    while let Some((_, block)) = rest.split_once("-----BEGIN ") {
        let (label, after) = block.split_once("-----").ok_or_else(broken)?;
        let end = format!("-----END {label}-----");
        let (base64, after) = after.split_once(end.as_str()).ok_or_else(broken)?;
        rest = after;
        if !label.ends_with("PRIVATE KEY") {
            others.push(label);
            continue;
        }
        if label == "ENCRYPTED PRIVATE KEY" || base64.contains("ENCRYPTED") {
            return Err(
                "the key has a passphrase, which nobody could type at start; \
                        `openssl pkcs8 -topk8 -nocrypt` takes it off"
                    .to_owned(),
            );
        }
        let base64: Zeroizing<String> = Zeroizing::new(base64.split_ascii_whitespace().collect());
        let der = Zeroizing::new(BASE64.decode(base64.as_bytes()).map_err(|_| broken())?);
        return match label {
            "RSA PRIVATE KEY" => Ok(Found::Rsa(der)),
            "PRIVATE KEY" => kind(&der),
            other => Err(format!("it is a key of another kind ({other})")),
        };
    }
    Err(match others.first() {
        Some(label) if label.ends_with("PUBLIC KEY") => {
            "it is a public key; the private key is needed to sign".to_owned()
        }
        Some(label) => format!("it has no private key, but {label}"),
        None => "it is not a private key in PEM form".to_owned(),
    })
}

/// Tells the kind of a PKCS#8 key: version, algorithm, key.
fn kind(der: &Zeroizing<Vec<u8>>) -> Result<Found, String> {
    let broken = || "it is not a PKCS#8 key, though it says so".to_owned();
    let (outer, _) = value(der, SEQUENCE).ok_or_else(broken)?;
    let (_, rest) = value(outer, INTEGER).ok_or_else(broken)?;
    let (algorithm, rest) = value(rest, SEQUENCE).ok_or_else(broken)?;
    let (id, _) = value(algorithm, OBJECT_ID).ok_or_else(broken)?;
    if id == ED25519 {
        return Ok(Found::Ed25519(der.clone()));
    }
    if id == RSA {
        let (key, _) = value(rest, OCTET_STRING).ok_or_else(broken)?;
        return Ok(Found::Rsa(Zeroizing::new(key.to_vec())));
    }
    Err("it is neither an RSA nor an Ed25519 key; DKIM knows no others".to_owned())
}

/// The numbers of a PKCS#1 key that a signature needs.
pub(super) struct RsaNumbers<'a> {
    pub(super) modulus: &'a [u8],
    pub(super) public_exponent: &'a [u8],
    pub(super) private_exponent: &'a [u8],
}

impl<'a> RsaNumbers<'a> {
    /// Reads version, modulus and both exponents.
    pub(super) fn read(pkcs1: &'a [u8]) -> Option<Self> {
        let (numbers, _) = value(pkcs1, SEQUENCE)?;
        let (_version, rest) = value(numbers, INTEGER)?;
        let (modulus, rest) = number(rest)?;
        let (public_exponent, rest) = number(rest)?;
        let (private_exponent, _) = number(rest)?;
        Some(Self {
            modulus,
            public_exponent,
            private_exponent,
        })
    }

    /// The size of the key.
    pub(super) fn bits(&self) -> usize {
        let unused = self
            .modulus
            .first()
            .map_or(0, |first| first.leading_zeros());
        self.modulus.len() * 8 - unused as usize
    }
}

/// A number without leading zeros.
fn number(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (bytes, rest) = value(der, INTEGER)?;
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    Some((&bytes[zeros..], rest))
}

/// The content of the first value, which must have this tag, and what follows it.
pub(in crate::mail) fn value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.len() > 4 {
            return None;
        }
        let length = bytes
            .iter()
            .fold(0, |length, &byte| length << 8 | usize::from(byte));
        (length, rest)
    };
    (found == tag).then_some(())?;
    rest.split_at_checked(length)
}

/// SubjectPublicKeyInfo (RFC 5280, 4.1) of an RSA key: what a key record holds (RFC 6376, 3.6.1).
pub(super) fn rsa_public_key(numbers: &RsaNumbers<'_>) -> Vec<u8> {
    let key = [positive(numbers.modulus), positive(numbers.public_exponent)].concat();
    let algorithm = [encoded(OBJECT_ID, RSA), encoded(NULL, &[])].concat();
    // No bits of the last octet are unused.
    let bits = [vec![0], encoded(SEQUENCE, &key)].concat();
    let info = [encoded(SEQUENCE, &algorithm), encoded(BIT_STRING, &bits)].concat();
    encoded(SEQUENCE, &info)
}

/// A number; a zero in front keeps one with a set first bit from being negative.
fn positive(number: &[u8]) -> Vec<u8> {
    let zero = number.first().is_none_or(|&first| first >= 0x80);
    let bytes = [&[0][..usize::from(zero)], number].concat();
    encoded(INTEGER, &bytes)
}

fn encoded(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let bytes = length.to_be_bytes();
    let used = &bytes[bytes.iter().take_while(|&&byte| byte == 0).count()..];
    let mut der = vec![tag];
    match length {
        0..0x80 => der.extend(length.to_be_bytes().last()),
        _ => {
            der.extend(used.len().to_be_bytes().last().map(|count| 0x80 | count));
            der.extend(used);
        }
    }
    der.extend(content);
    der
}

/// Writes PEM: lines of 64 characters (RFC 7468, 2).
pub(super) fn write_pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(BASE64.encode(der));
    // Room for all of it at once, so that no copy stays behind.
    let mut pem = Zeroizing::new(String::with_capacity(base64.len() * 2 + 100));
    pem.push_str("-----BEGIN ");
    pem.push_str(label);
    pem.push_str("-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}
