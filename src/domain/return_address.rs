//! The addresses to which reports about a mail, and wishes to leave, come back. Each is signed: whoever
//! did not get the mail cannot make one up.

use ring::hmac;
use uuid::Uuid;

use super::ids::{DeliveryId, NoticeId, SubscriptionId};
use super::token::{BadLink, Keys, same};

/// Bytes of a signature: HMAC-SHA256 cut to 80 bits, since a local part has 64 octets at most
/// (RFC 5321, 4.5.3.1.1).
const MAC_LEN: usize = 10;

/// RFC 4648, 6, in small letters: local parts come back in either case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What an address stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnAddress {
    /// The return path of a mail of an issue.
    Bounce(DeliveryId),
    /// The return path of a notice.
    Notice(NoticeId),
    /// Where a mail ends a subscription; the mail that named it, where it was one of an issue.
    Leave(SubscriptionId, Option<DeliveryId>),
}

impl ReturnAddress {
    fn word(self) -> &'static str {
        match self {
            Self::Bounce(_) => "bounce",
            Self::Notice(_) => "notice",
            Self::Leave(..) => "leave",
        }
    }

    fn content(self) -> Vec<u8> {
        match self {
            Self::Bounce(delivery) => delivery.0.to_be_bytes().to_vec(),
            Self::Notice(notice) => notice.0.as_bytes().to_vec(),
            Self::Leave(subscription, delivery) => {
                let mut bytes = subscription.0.as_bytes().to_vec();
                bytes.extend_from_slice(&delivery.map_or(0, |id| id.0).to_be_bytes());
                bytes
            }
        }
    }

    fn read(word: &str, content: &[u8]) -> Option<Self> {
        let number = |bytes: &[u8]| Some(i64::from_be_bytes(bytes.try_into().ok()?));
        match word {
            "bounce" => Some(Self::Bounce(DeliveryId(number(content)?))),
            "notice" => Some(Self::Notice(NoticeId(Uuid::from_slice(content).ok()?))),
            "leave" => {
                let (id, delivery) = content.split_at_checked(16)?;
                let subscription = SubscriptionId(Uuid::from_slice(id).ok()?);
                let delivery = Some(number(delivery)?).filter(|number| *number != 0);
                Some(Self::Leave(subscription, delivery.map(DeliveryId)))
            }
            _ => None,
        }
    }
}

impl Keys {
    /// The local part of an address: a word, a plus sign, and what it stands for with a signature, in
    /// base32. At most 61 octets.
    pub fn local_part(&self, address: ReturnAddress) -> String {
        let (word, mut bytes) = (address.word(), address.content());
        if let Some(newest) = self.return_keys().next() {
            let mac = signature(newest, word, &bytes);
            bytes.extend_from_slice(&mac.as_ref()[..MAC_LEN]);
        }
        let mut local = String::with_capacity(64);
        local.push_str(word);
        local.push('+');
        base32(&bytes, &mut local);
        local
    }

    /// Reads such a local part, in small or capital letters, signed with any of the secrets.
    pub fn read_local_part(&self, local: &str) -> Result<ReturnAddress, BadLink> {
        let local = local.to_ascii_lowercase();
        let (word, coded) = local.split_once('+').ok_or(BadLink)?;
        let bytes = from_base32(coded).ok_or(BadLink)?;
        let length = bytes.len().checked_sub(MAC_LEN).ok_or(BadLink)?;
        let (content, mac) = bytes.split_at(length);
        let is_signed = |key| same(&signature(key, word, content).as_ref()[..MAC_LEN], mac);
        if !self.return_keys().any(is_signed) {
            return Err(BadLink);
        }
        ReturnAddress::read(word, content).ok_or(BadLink)
    }
}

/// The word is signed too: the address that a bounce goes to ends no subscription.
fn signature(key: &hmac::Key, word: &str, content: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(word.as_bytes());
    context.update(b"+");
    context.update(content);
    context.sign()
}

fn base32(bytes: &[u8], out: &mut String) {
    let (mut bits, mut count) = (0_u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            out.push(char::from(ALPHABET[(bits >> count & 31) as usize]));
        }
    }
    if count > 0 {
        out.push(char::from(ALPHABET[(bits << (5 - count) & 31) as usize]));
    }
}

/// The bytes; `None` where there are other characters, or bits that mean nothing.
fn from_base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for c in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == c)?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    let rest = bits & ((1 << count) - 1);
    (count < 5 && rest == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::derive(&[7; 32])
    }

    fn all() -> [ReturnAddress; 4] {
        let id = Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0abc);
        [
            ReturnAddress::Bounce(DeliveryId(i64::MAX)),
            ReturnAddress::Notice(NoticeId(id)),
            ReturnAddress::Leave(SubscriptionId(id), None),
            ReturnAddress::Leave(SubscriptionId(id), Some(DeliveryId(12))),
        ]
    }

    #[test]
    fn an_address_comes_back_in_either_case() {
        for address in all() {
            let local = keys().local_part(address);
            assert!(local.len() <= 64, "{local}");
            assert_eq!(keys().read_local_part(&local), Ok(address));
            let capitals = local.to_ascii_uppercase();
            assert_eq!(keys().read_local_part(&capitals), Ok(address));
        }
    }

    #[test]
    fn what_was_not_signed_here_is_refused() {
        for address in all() {
            let local = keys().local_part(address);
            let other = Keys::derive(&[8; 32]);
            assert_eq!(other.read_local_part(&local), Err(BadLink));
            for at in 0..local.len() {
                let mut wrong = local.clone().into_bytes();
                wrong[at] = if wrong[at] == b'b' { b'c' } else { b'b' };
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(keys().read_local_part(&wrong), Err(BadLink), "{wrong}");
                assert_eq!(keys().read_local_part(&local[..at]), Err(BadLink));
            }
            let longer = format!("{local}a");
            assert_eq!(keys().read_local_part(&longer), Err(BadLink));
        }
        for wrong in ["", "+", "bounce+", "bounce+ä", "leave+aaaa", "x"] {
            assert_eq!(keys().read_local_part(wrong), Err(BadLink), "{wrong}");
        }
    }

    #[test]
    fn where_a_bounce_goes_ends_no_subscription() {
        let local = keys().local_part(ReturnAddress::Bounce(DeliveryId(12)));
        let turned = local.replacen("bounce", "leave", 1);
        assert_eq!(keys().read_local_part(&turned), Err(BadLink));
    }

    #[test]
    fn a_replaced_secret_is_still_read() {
        let local = keys().local_part(ReturnAddress::Bounce(DeliveryId(12)));
        let replaced = Keys::with_previous(&[9; 32], &[&[7; 32]]);
        assert!(replaced.read_local_part(&local).is_ok());
    }
}
