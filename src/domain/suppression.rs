//! Addresses that get no mail, whatever their subscriptions say.

use super::clock::Time;
use super::email_address::EmailAddress;

named_states! {
    /// Why an address gets no mail.
    SuppressionReason {
        Manual => "manual",
        Reader => "reader",
        HardBounce => "hard-bounce",
        SoftBounces => "soft-bounces",
        Complaint => "complaint",
        Erased => "erased",
    }
}

impl SuppressionReason {
    /// Whether the address itself may be kept beside its hash.
    pub fn keeps_address(self) -> bool {
        self != Self::Erased
    }

    /// Whether the owner of the address ends it by signing up and confirming that: who had their data
    /// erased did not say that they want no mail ever again.
    pub fn ends_with_confirmation(self) -> bool {
        self == Self::Erased
    }
}

/// An address that gets no mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The keyed hash of the address in its lookup form.
    pub email_hash: EmailHash,
    /// `None` once the address was erased.
    pub email: Option<EmailAddress>,
    pub reason: SuppressionReason,
    /// Who said so: an operator, a file, a bounce.
    pub source: Option<String>,
    pub created_at: Time,
}

/// The keyed hash of an address in its lookup form: it tells that an address comes back without
/// telling which one it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailHash(pub [u8; 16]);

impl std::fmt::Display for EmailHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Not the hash of an address as `suppression export` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hash of an address has 32 hexadecimal digits")]
pub struct BadHash;

impl std::str::FromStr for EmailHash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(BadHash);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| BadHash)?;
        Ok(Self(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_printed() {
        let mut bytes = [0; 16];
        bytes[1] = 0xab;
        let hash = EmailHash(bytes);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for wrong in [
            "",
            "00",
            "+0000000000000000000000000000000",
            "g".repeat(32).as_str(),
        ] {
            assert_eq!(wrong.parse::<EmailHash>(), Err(BadHash), "{wrong}");
        }
    }
}
