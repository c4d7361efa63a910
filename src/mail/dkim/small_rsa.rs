//! RSA keys of 1024 to 2047 bits, which the fast library refuses. RFC 8301, 3.2 has signers use
//! 2048 and lets them use 1024; a domain may have such a key in a record that it cannot change.
//!
//! Plain exponentiation, in constant time, without the prime factors: slower, and with nothing
//! that a fault or a clock could give away.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};

use super::der::RsaNumbers;

/// What stands before a SHA-256 in a signature (RFC 8017, 9.2, note 1).
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// A small RSA key, ready to sign.
pub(super) struct SmallRsa {
    modulus: BoxedMontyParams,
    private_exponent: BoxedUint,
    public_exponent: BoxedUint,
    /// In bytes.
    length: usize,
}

impl SmallRsa {
    /// Nothing where the numbers are no key.
    pub(super) fn new(numbers: &RsaNumbers<'_>) -> Option<Self> {
        let length = numbers.modulus.len();
        let bits = u32::try_from(length * 8).ok()?;
        let modulus = BoxedUint::from_be_slice(numbers.modulus, bits).ok()?;
        let modulus: Odd<BoxedUint> = Option::from(Odd::new(modulus))?;
        let key = Self {
            modulus: BoxedMontyParams::new(modulus),
            private_exponent: BoxedUint::from_be_slice(numbers.private_exponent, bits).ok()?,
            public_exponent: BoxedUint::from_be_slice(numbers.public_exponent, bits).ok()?,
            length,
        };
        // Exponents that do not belong together would make signatures that nobody can verify.
        key.sign(&[0x5a; 32]).map(|_| key)
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.1) over a SHA-256; checked before it is handed out.
    pub(super) fn sign(&self, sha256: &[u8]) -> Option<Vec<u8>> {
        let encoded = self.encode(sha256)?;
        let signature = self.power(&encoded, &self.private_exponent)?;
        let again = self.power(&signature, &self.public_exponent)?;
        (again == encoded).then_some(signature)
    }

    /// EMSA-PKCS1-v1_5 (RFC 8017, 9.2).
    fn encode(&self, sha256: &[u8]) -> Option<Vec<u8>> {
        let filler = self.length.checked_sub(SHA256_PREFIX.len() + 32 + 3)?;
        let mut encoded = vec![0x00, 0x01];
        encoded.resize(2 + filler, 0xff);
        encoded.push(0x00);
        encoded.extend(SHA256_PREFIX);
        encoded.extend(sha256);
        (encoded.len() == self.length).then_some(encoded)
    }

    fn power(&self, number: &[u8], exponent: &BoxedUint) -> Option<Vec<u8>> {
        let bits = u32::try_from(self.length * 8).ok()?;
        let number = BoxedUint::from_be_slice(number, bits).ok()?;
        let power = BoxedMontyForm::new(number, &self.modulus).pow(exponent);
        let bytes = power.retrieve().to_be_bytes();
        // Whole words; the first ones are empty where the size is no multiple of theirs.
        let (empty, bytes) = bytes.split_at_checked(bytes.len().checked_sub(self.length)?)?;
        empty.iter().all(|&byte| byte == 0).then(|| bytes.to_vec())
    }
}
