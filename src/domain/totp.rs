//! The second step of signing in: codes by time (RFC 6238) and codes for when the device is lost.

use std::fmt;

use ring::hmac;

use super::clock::Time;
use super::ids::OperatorId;
use super::random::Random;
use super::sealed;
use super::token::{Keys, same, token_hash, token_of};

/// The length of a code's life, as every app has it.
const STEP_SECONDS: i64 = 30;
/// Steps that a clock may be off by, to either side.
const DRIFT: i64 = 1;
const DIGITS: usize = 6;
/// How many codes are made for when the device is lost.
pub const RECOVERY_CODES: usize = 10;

/// What an app and we share; 160 bits, as RFC 4226 recommends.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; 20]);

impl TotpSecret {
    /// A new one.
    pub fn new(random: &dyn Random) -> Self {
        let mut bytes = [0; 20];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// As apps take it when it is typed.
    pub fn base32(&self) -> String {
        base32(&self.0)
    }

    /// The address that a picture for an app says.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let encode = |text: &str| -> String {
            let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            encoded.replace('+', "%20")
        };
        format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}",
            self.base32(),
            issuer = encode(issuer),
            account = encode(account)
        )
    }

    /// The step of time whose code this is; `None` where it is none of the present or was used:
    /// each code counts once, and none counts that is older than one which was used.
    pub fn accepts(&self, code: &str, now: Time, last_step: i64) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let present = now.timestamp() / STEP_SECONDS;
        let steps = present - DRIFT..=present + DRIFT;
        // All are compared, whichever fits.
        let fits = steps.filter(|step| same(self.code(*step).as_bytes(), code.as_bytes()));
        fits.fold(None, |found, step| found.or(Some(step)))
            .filter(|step| *step > last_step)
    }

    /// The code of the present.
    pub fn code_at(&self, now: Time) -> String {
        self.code(now.timestamp() / STEP_SECONDS)
    }

    fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let mac = hmac::sign(&key, &step.to_be_bytes());
        let mac = mac.as_ref();
        let offset = usize::from(mac[mac.len() - 1] & 0xf);
        let number = mac[offset..offset + 4]
            .iter()
            .fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        format!("{:0DIGITS$}", (number & 0x7fff_ffff) % 1_000_000)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl Keys {
    /// Seals a secret of an operator, so that the database alone makes no codes. `None` where that
    /// cannot be done, which no input causes.
    pub fn seal_totp(
        &self,
        random: &dyn Random,
        operator: OperatorId,
        secret: &TotpSecret,
    ) -> Option<Vec<u8>> {
        let key = self.sealing().next()?;
        sealed::seal(random, &token_of(key, operator.0), &secret.0)
    }

    /// Opens what was sealed for this operator, with this key of the settings or one before it.
    pub fn open_totp(&self, operator: OperatorId, sealed: &[u8]) -> Option<TotpSecret> {
        let mut opened = self
            .sealing()
            .filter_map(|key| sealed::open(&token_of(key, operator.0), sealed));
        Some(TotpSecret(opened.next()?.try_into().ok()?))
    }
}

/// A code for when the device is lost: 80 bits, in groups that can be read out.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// A new one.
    pub fn new(random: &dyn Random) -> Self {
        let mut bytes = [0; 10];
        random.fill(&mut bytes);
        Self(base32(&bytes).to_lowercase())
    }

    /// Reads what is typed, with or without the hyphens; `None` for what cannot be a code of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let code: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .flat_map(char::to_lowercase)
            .collect();
        (code.len() == 16 && code.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(Self(code))
    }

    /// The hash under which it is kept.
    pub fn hash(&self) -> Vec<u8> {
        token_hash(&self.0)
    }

    /// In groups of four, to be shown once.
    pub fn reveal(&self) -> String {
        let groups = self.0.as_bytes().chunks(4);
        let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
        groups.join("-")
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// Base32 of RFC 4648 for whole groups of five bytes.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(bytes.len() * 8 / 5);
    for group in bytes.chunks_exact(5) {
        let bits = group
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for at in (0..8).rev() {
            let index = usize::try_from(bits >> (5 * at) & 31).unwrap_or_default();
            text.push(char::from(LETTERS[index]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::StdRandom;

    fn at(seconds: i64) -> Time {
        Time::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B, cut to six digits.
        let secret = TotpSecret(*b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code_at(at(seconds)), code);
        }
        assert_eq!(secret.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            secret.uri("The Ledger", "ann@x.example"),
            "otpauth://totp/The%20Ledger:ann%40x.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=The%20Ledger"
        );
    }

    #[test]
    fn a_code_counts_once_and_not_for_long() {
        let secret = TotpSecret::new(&StdRandom::seeded(1));
        let now = at(1_800_000_000);
        let code = secret.code_at(now);
        let step = secret.accepts(&code, now, 0).unwrap();
        assert_eq!(secret.accepts(&code, now, step), None);
        assert_eq!(secret.accepts(&code, at(1_800_000_030), 0), Some(step));
        assert_eq!(secret.accepts(&code, at(1_800_000_060), 0), None);
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(secret.accepts(&spaced, now, 0), Some(step));
        assert_eq!(secret.accepts("", now, 0), None);
        let older = secret.code_at(at(1_800_000_000 - 30));
        assert_eq!(secret.accepts(&older, now, step), None);
    }

    #[test]
    fn a_secret_is_sealed_for_its_operator() {
        let random = StdRandom::seeded(1);
        let (old, new) = ([1; 32], [2; 32]);
        let keys = Keys::derive(&old);
        let (ann, ben) = (
            OperatorId(uuid::Uuid::from_u128(1)),
            OperatorId(uuid::Uuid::from_u128(2)),
        );
        let secret = TotpSecret::new(&random);
        let sealed = keys.seal_totp(&random, ann, &secret).unwrap();
        assert_eq!(keys.open_totp(ann, &sealed), Some(secret.clone()));
        assert_eq!(keys.open_totp(ben, &sealed), None);
        assert_eq!(Keys::derive(&new).open_totp(ann, &sealed), None);
        let after = Keys::with_previous(&new, &[&old]);
        assert_eq!(after.open_totp(ann, &sealed), Some(secret));
    }

    #[test]
    fn recovery_codes_are_read_as_they_are_shown() {
        let code = RecoveryCode::new(&StdRandom::seeded(1));
        let shown = code.reveal();
        assert_eq!(shown.len(), 19);
        assert_eq!(
            RecoveryCode::parse(&shown.to_uppercase()),
            Some(code.clone())
        );
        assert_eq!(RecoveryCode::parse(&shown.replace('-', " ")), Some(code));
        assert_eq!(RecoveryCode::parse("123456"), None);
    }
}
