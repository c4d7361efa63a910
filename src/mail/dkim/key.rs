//! Private keys: read once at start, ready to sign afterwards.
//!
//! RSA and Ed25519 come from aws-lc-rs; `docs/architecture.md` has the figures that decided it.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::Digest;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::zeroize::Zeroizing;

use super::der::{self, Found, RsaNumbers};
use super::small_rsa::SmallRsa;

/// RFC 8301, 3.2: what signers must use at least, what they should use, and what verifiers must
/// be able to check.
const LEAST_BITS: usize = 1024;
const GOOD_BITS: usize = 2048;
const MOST_BITS: usize = 4096;

/// How a mail is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RFC 6376, 3.3.2; rsa-sha1 must not be used (RFC 8301, 3.1).
    RsaSha256,
    /// RFC 8463.
    Ed25519Sha256,
}

impl Algorithm {
    /// Its name in a signature and in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa-sha256",
            Self::Ed25519Sha256 => "ed25519-sha256",
        }
    }

    /// The kind of its keys, as a key record names it.
    pub(super) fn key_kind(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa",
            Self::Ed25519Sha256 => "ed25519",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "rsa-sha256" => Ok(Self::RsaSha256),
            "ed25519-sha256" => Ok(Self::Ed25519Sha256),
            other => Err(format!(
                "{other:?} is not an algorithm; it is rsa-sha256 or ed25519-sha256"
            )),
        }
    }
}

/// A private key, with all that a signature needs worked out; never shown.
pub(super) struct PrivateKey {
    secret: Secret,
    /// What the key record publishes: SubjectPublicKeyInfo of RSA, the bare key of Ed25519.
    public: Vec<u8>,
    /// What is allowed and yet not good.
    pub(super) warning: Option<String>,
}

enum Secret {
    Rsa(rsa::KeyPair),
    SmallRsa(Box<SmallRsa>),
    Ed25519(Ed25519KeyPair),
}

impl PrivateKey {
    /// Reads a key in PEM, or the base64 of an Ed25519 seed. The error says what is wrong and what
    /// would be right; it never quotes the text.
    pub(super) fn read(text: &str, algorithm: Algorithm) -> Result<Self, String> {
        let key = Self::parse(text, algorithm)?;
        // The first signature sets up what later ones share, and shows that the key works.
        key.sign(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b""))
            .ok_or("the numbers of the key do not belong together; make a new one")?;
        Ok(key)
    }

    fn parse(text: &str, algorithm: Algorithm) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty; `paperround dkim generate` makes a key".to_owned());
        }
        if !text.contains("-----BEGIN") {
            return match algorithm {
                Algorithm::Ed25519Sha256 => seed(text),
                Algorithm::RsaSha256 => Err(
                    "it is not a key in PEM form (PKCS#1 or PKCS#8), as `paperround dkim generate` \
                     or `openssl genrsa` write it"
                        .to_owned(),
                ),
            };
        }
        match (der::read_pem(text)?, algorithm) {
            (Found::Rsa(pkcs1), Algorithm::RsaSha256) => rsa_key(&pkcs1),
            (Found::Ed25519(pkcs8), Algorithm::Ed25519Sha256) => {
                let pair = Ed25519KeyPair::from_pkcs8(&pkcs8)
                    .map_err(|_| "the Ed25519 key is damaged".to_owned())?;
                Ok(Self::ed25519(pair))
            }
            (Found::Rsa(_), _) => Err(
                "it is an RSA key, but algorithm is \"ed25519-sha256\"; set \"rsa-sha256\""
                    .to_owned(),
            ),
            (Found::Ed25519(_), _) => Err(
                "it is an Ed25519 key, but algorithm is \"rsa-sha256\"; set \"ed25519-sha256\""
                    .to_owned(),
            ),
        }
    }

    fn ed25519(pair: Ed25519KeyPair) -> Self {
        Self {
            public: pair.public_key().as_ref().to_vec(),
            secret: Secret::Ed25519(pair),
            warning: None,
        }
    }

    /// Makes a new key and its file's text (PKCS#8).
    pub(super) fn generate(
        algorithm: Algorithm,
        bits: u32,
    ) -> Result<(Self, Zeroizing<String>), String> {
        let failed = |_| "the key could not be made".to_owned();
        let pem = match algorithm {
            Algorithm::RsaSha256 => {
                let size = match bits {
                    2048 => KeySize::Rsa2048,
                    3072 => KeySize::Rsa3072,
                    4096 => KeySize::Rsa4096,
                    _ => return Err(format!("{bits} bits; an RSA key has 2048, 3072 or 4096")),
                };
                let pair = rsa::KeyPair::generate(size).map_err(failed)?;
                let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                der::write_pem("PRIVATE KEY", pkcs8.as_ref())
            }
            Algorithm::Ed25519Sha256 => {
                let pair = Ed25519KeyPair::generate().map_err(failed)?;
                let pkcs8 = pair.to_pkcs8v1().map_err(failed)?;
                der::write_pem("PRIVATE KEY", pkcs8.as_ref())
            }
        };
        // Read back: what the file will hold is what works.
        Ok((Self::read(&pem, algorithm)?, pem))
    }

    /// Signs a hash: as RFC 8017, 8.2 does, or the hash as the message (RFC 8463, 3).
    pub(super) fn sign(&self, hash: &Digest) -> Option<Vec<u8>> {
        match &self.secret {
            Secret::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, hash, &mut signature)
                    .ok()?;
                Some(signature)
            }
            Secret::SmallRsa(key) => key.sign(hash.as_ref()),
            Secret::Ed25519(pair) => {
                let signature = pair.try_sign(hash.as_ref()).ok()?;
                Some(signature.as_ref().to_vec())
            }
        }
    }

    /// The public key in base64, as a key record has it after `p=`.
    pub(super) fn public_base64(&self) -> String {
        BASE64.encode(&self.public)
    }
}

/// RFC 8463 keys are often passed on as 32 bytes in base64.
fn seed(text: &str) -> Result<PrivateKey, String> {
    let wrong = || {
        "it is neither an Ed25519 key in PEM form (PKCS#8) nor the 32 bytes of its seed in base64"
            .to_owned()
    };
    let text: Zeroizing<String> = Zeroizing::new(text.split_ascii_whitespace().collect());
    let seed = Zeroizing::new(BASE64.decode(text.as_bytes()).map_err(|_| wrong())?);
    if seed.len() != 32 {
        return Err(wrong());
    }
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| wrong())?;
    Ok(PrivateKey::ed25519(pair))
}

fn rsa_key(pkcs1: &[u8]) -> Result<PrivateKey, String> {
    let damaged = || "the RSA key is damaged".to_owned();
    let numbers = RsaNumbers::read(pkcs1).ok_or_else(damaged)?;
    let bits = numbers.bits();
    let (secret, warning) = match bits {
        GOOD_BITS..=MOST_BITS => {
            let pair = rsa::KeyPair::from_der(pkcs1).map_err(|_| damaged())?;
            (Secret::Rsa(pair), None)
        }
        LEAST_BITS..GOOD_BITS => {
            let key = SmallRsa::new(&numbers).ok_or_else(damaged)?;
            let warning = format!(
                "the RSA key has {bits} bits; use {GOOD_BITS} (RFC 8301, 3.2): some mailbox \
                 providers ignore shorter ones, and signing with them is slow here"
            );
            (Secret::SmallRsa(Box::new(key)), Some(warning))
        }
        _ => {
            return Err(format!(
                "the RSA key has {bits} bits; it must have {LEAST_BITS} to {MOST_BITS}, and \
                 {GOOD_BITS} is right for most (RFC 8301, 3.2)"
            ));
        }
    };
    Ok(PrivateKey {
        secret,
        public: der::rsa_public_key(&numbers),
        warning,
    })
}
